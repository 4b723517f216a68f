"""Expressions: what they are worth, what is refused, and that nothing gets through."""

from __future__ import annotations

import ast
import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dreamzoom.errors import RecipeError
from dreamzoom.tracks.base import Clock, Kind
from dreamzoom.tracks.expression import Expression
from dreamzoom.tracks.parse import check_range, parse_track, track_values
from support.counting import counted_calls

CLOCK = Clock(Fraction(30), 300)


def worth(formula: str, frame: int = 0, kind: Kind = Kind.LEVEL) -> float:
    track = parse_track(formula, kind)
    assert isinstance(track, Expression)
    return track.at(frame, CLOCK)


def refusal(formula: str, kind: Kind = Kind.LEVEL) -> str:
    with pytest.raises(RecipeError) as caught:
        parse_track(formula, kind)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 200
    return message


# What formulas are worth


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("-2 ** 2", -4),
        ("2 ** 3 ** 2", 512),
        ("2 ** -1", 0.5),
        ("7 / 2", 3.5),
        ("7 % 3", 1),
        ("-7 % 3", 2),
        ("- -3", 3),
        ("+3 - 1", 2),
        ("10 - 4 - 3", 3),
        ("1e3 + .5 + 2.", 1002.5),
        ("2 < 3", 1),
        ("2 >= 3", 0),
        ("1 < 2 < 3", 1),
        ("1 < 3 < 2", 0),
        ("1 == 1 != 2", 1),
        ("2 and 3", 1),
        ("2 and 0", 0),
        ("0 or 5", 1),
        ("0 or 0 or 0", 0),
        ("not 0", 1),
        ("not 2", 0),
        ("4 if 1 > 2 else 5", 5),
        ("1 if 0 else 2 if 0 else 3", 3),
        ("\n 1 +\n\t2 \r\n", 3),
    ],
)
def test_arithmetic_is_school_s(formula: str, expected: float) -> None:
    assert worth(formula) == expected


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("sin(pi / 6)", 0.5),
        ("cos(pi)", -1),
        ("tan(pi / 4)", 1),
        ("exp(1) - e", 0),
        ("log(e ** 3)", 3),
        ("sqrt(2) ** 2", 2),
        ("abs(-3)", 3),
        ("floor(-1.5)", -2),
        ("ceil(-1.5)", -1),
        ("round(2.5) + round(3.5)", 6),
        ("sign(-9) + sign(0) * 10 + sign(4) * 100", 99),
        ("pow(2, 10)", 1024),
        ("mod(-1, 4)", 3),
        ("min(3, 1, 2)", 1),
        ("max(3, 1, 2, 7)", 7),
        ("clamp(5, 0, 2) + clamp(-5, 0, 2) + clamp(1, 0, 2)", 3),
        ("lerp(10, 20, 0.25)", 12.5),
        ("lerp(10, 20, 2)", 30),
        ("step(2, 1.9) + 10 * step(2, 2)", 10),
        ("pulse(1, 2, 0.9) + 10 * pulse(1, 2, 1) + 100 * pulse(1, 2, 2)", 10),
        ("smoothstep(2, 4, 1) + 10 * smoothstep(2, 4, 3) + 100 * smoothstep(2, 4, 5)", 105),
        ("smoothstep(0, 1, 0.25)", 3 / 16 - 2 / 64),
        ("tau / pi", 2),
    ],
)
def test_functions_are_what_their_names_say(formula: str, expected: float) -> None:
    assert worth(formula) == pytest.approx(expected, abs=1e-12)


def test_variables_are_seconds_frame_frames_and_rate() -> None:
    assert [worth(name, frame=45) for name in ("t", "n", "N", "fps")] == [1.5, 45, 300, 30]


@given(frame=st.integers(0, 100_000))
def test_a_swinging_zoom_is_its_closed_form(frame: int) -> None:
    expected = 1.03 + 0.02 * math.sin(2 * math.pi * (frame / 30) / 4)
    assert worth("1.03 + 0.02*sin(2*pi*t/4)", frame, Kind.FACTOR) == pytest.approx(expected, rel=1e-14)


@given(a=st.floats(-1e3, 1e3), b=st.floats(-1e3, 1e3), c=st.floats(-1e3, 1e3))
def test_a_formula_is_python_s_own_arithmetic(a: float, b: float, c: float) -> None:
    formula = f"{a!r} + {b!r} * t - {c!r} / 7 * n"
    assert worth(formula, frame=45) == a + b * 1.5 - c / 7 * 45


def test_the_branch_that_is_not_taken_is_not_worked_out() -> None:
    assert worth("5 if n == 0 else 1/n") == 5
    assert worth("n > 0 and 1/n > 0.1") == 0
    assert worth("n == 0 or 1/n > 0.1") == 1
    assert worth("2 < 1 < 1/n") == 0


def test_the_unit_at_the_end_is_the_whole_formula_s() -> None:
    assert worth("(4 + t)/s", 30, Kind.FACTOR) == pytest.approx(5 ** (1 / 30))
    assert worth("5 * 2 * t/s", 30, Kind.RATE) == pytest.approx(10 / 30)
    assert worth("(t + 1)/frame", 30, Kind.RATE) == 2


def test_a_formula_per_second_is_the_same_journey_at_every_frame_rate() -> None:
    for fps in (24, 30, 60):
        clock = Clock(Fraction(fps), fps * 10)
        zoom = track_values(parse_track("(5 - 0.7)/s", Kind.FACTOR), clock)
        turn = track_values(parse_track("(3 + 7)/s", Kind.RATE), clock)
        assert math.prod(zoom) == pytest.approx(4.3**10, rel=1e-11)
        assert math.fsum(turn) == pytest.approx(100, rel=1e-12)


# Noise


def noise_curve(formula: str) -> list[float]:
    return track_values(parse_track(formula, Kind.LEVEL), Clock(Fraction(100), 20_000))


def test_noise_stays_within_one_and_wanders_all_over_it() -> None:
    curve = noise_curve("noise(t)")
    assert -1 <= min(curve) < -0.9
    assert 0.9 < max(curve) <= 1
    assert abs(math.fsum(curve) / len(curve)) < 0.15


def test_noise_is_smooth() -> None:
    curve = noise_curve("noise(t)")
    steepest = max(abs(right - left) for left, right in pairwise(curve))
    assert steepest < 2 * 1.875 / 100 * 1.001  # the S's slope in its middle is 15/8, over at most 2


def test_noise_with_another_seed_is_another_path() -> None:
    one, other = noise_curve("noise(t)"), noise_curve("noise(t, 1)")
    assert max(abs(a - b) for a, b in zip(one, other, strict=True)) > 1


def test_noise_is_the_same_on_every_machine() -> None:
    expected = [
        -0.4553279809945272,
        -0.5630546802679139,
        -0.6769091437932881,
        0.1016393620905280,
        -0.6122885389595933,
    ]
    drawn = [worth("noise(n - 2, 5)", frame) for frame in range(5)]
    assert drawn == pytest.approx(expected, abs=1e-15)


# What is refused


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("", "is empty: write a number, such as 1.05, or a formula, such as '1 + 0.02*sin(t)'"),
        ("  \n", "is empty: write a number, such as 1.05, or a formula, such as '1 + 0.02*sin(t)'"),
        ("1 +", "has an error at its end: this is not how a formula goes on"),
        ("1 + * 2", "has an error at column 5, at '* 2': this is not how a formula goes on"),
        ("1 2", "has an error at column 1, at '1 2': this is not how a formula goes on"),
        ("2t", "has an error at column 1, at '2t': an operator is missing: write 2*t"),
        ("1 + 2pi", "has an error at column 5, at '2pi': an operator is missing: write 2*pi"),
        ("2(t)", "has an error at column 1, at '2(t)': an operator is missing: write 2*("),
        ("1if t else 2", "has an error at column 1, at '1if t else 2': a space is missing: write 1 if"),
        (
            "1,05",
            "has an error at column 2, at ',05': a comma stands only between a function's arguments",
        ),
        ("(1, 5) * 2", "has an error at column 1, at '(1, 5) * 2': a comma stands only between"),
        ("sin(t", "has an error at column 4, at '(t': this parenthesis is never closed"),
        ("1 + t)", "has an error at column 6, at ')': this parenthesis was never opened"),
        ("t ^ 2", "has an error at column 3, at '^ 2': write ** for a power"),
        ("t // 2", "has an error at column 3, at '// 2': write floor(a / b) for a whole division"),
        ("t & 1", "has an error at column 3, at '& 1': write 'and'"),
        ("t | 1", "has an error at column 3, at '| 1': write 'or'"),
        ("1 \u2212 t", "has an error at column 3, at '\u2212 t': '\u2212' has no meaning in a formula"),
        (
            "sni(t)",
            "has an error at column 1, at 'sni(t)': there is no function 'sni'; did you mean 'sin' or",
        ),
        (
            "1 + kick",
            "has an error at column 5, at 'kick': nothing is called 'kick'; there are t, n, N, fps, beat",
        ),
        ("Pi * t", "has an error at column 1, at 'Pi * t': nothing is called 'Pi'; did you mean 'pi'"),
        ("1 + sin", "has an error at column 5, at 'sin': sin is a function: write sin(x)"),
        ("t(2)", "has an error at column 1, at 't(2)': there is no function 't'"),
        (
            "clamp(t, 1)",
            "has an error at column 1, at 'clamp(t, 1)': clamp takes other arguments: write clamp(x, low, h",
        ),
        ("sin()", "has an error at column 1, at 'sin()': sin takes other arguments: write sin(x)"),
        ("min(t)", "has an error at column 1, at 'min(t)': min takes other arguments: write min(x, y, …)"),
        (
            "1 + t/s",
            "has an error at column 7, at 's': '/s' is a unit: it stands at the very end, as in",
        ),
        (
            "bass(release=80ms)",
            "has an error at column 14, at '80ms)': numbers have no unit here: write 80 without 'ms'",
        ),
        ("t * 10deg", "has an error at column 5, at '10deg': an operator is missing"),
        ("1 / 0", "has an error at column 1, at '1 / 0': this divides by zero"),
        ("5 % 0 + t", "has an error at column 1, at '5 % 0 + t': this divides by zero"),
        ("t + sqrt(-1)", "has an error at column 5, at 'sqrt(-1)': this has no value"),
        ("t + log(0)", "has an error at column 5, at 'log(0)': this has no value"),
        ("(-8) ** 0.5", "has an error at column 1, at '(-8) ** 0.5': this has no value"),
        ("t + 1e308 * 10", "has an error at column 5, at '1e308 * 10': this is too large a number"),
        ("t + 1e999", "has an error at column 5, at '1e999': this is too large a number"),
    ],
)
def test_a_wrong_formula_is_refused_with_its_column(formula: str, message: str) -> None:
    assert refusal(formula).startswith(message)


def test_a_level_has_no_unit() -> None:
    assert refusal("(1 + t)/s") == "is a level, not a motion: write it without '/s'"


@pytest.mark.parametrize(
    ("formula", "kind", "message"),
    [
        ("1/(n - 45)", Kind.LEVEL, "divides by zero at frame 45 (1.50 s)"),
        (
            "sqrt(1 - t)",
            Kind.LEVEL,
            "has no value (a root, logarithm or power of a number that has none) at frame 31 (1.03 s)",
        ),
        (
            "(0 - t) ** 0.5",
            Kind.LEVEL,
            "has no value (a root, logarithm or power of a number that has none) at frame 1",
        ),
        ("t / (2 - 2)", Kind.LEVEL, "divides by zero at frame 0 (0.00 s)"),
        ("exp(n * 100)", Kind.LEVEL, "becomes too large a number at frame 8 (0.27 s)"),
        ("n * 1e307 * 10", Kind.LEVEL, "has no finite value at frame 2 (0.07 s)"),
        ("n*1e308*10 - n*1e308*10", Kind.LEVEL, "has no finite value at frame 1 (0.03 s)"),
        ("noise(n*1e308*10)", Kind.LEVEL, "becomes too large a number at frame 1"),
        ("(1 - t)/s", Kind.FACTOR, "is 0/s at frame 30 (1.00 s): a factor per second must be above 0"),
    ],
)
def test_a_frame_where_a_formula_has_no_value_is_named(formula: str, kind: Kind, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        check_range(parse_track(formula, kind), CLOCK, -math.inf, math.inf)
    assert str(caught.value).startswith(message)


# What must not get through


def is_track_or_clear_line(text: str, kind: Kind) -> bool:
    try:
        return math.isfinite(parse_track(text, kind).at(7, CLOCK))
    except RecipeError as error:
        return len(str(error).splitlines()) == 1


@pytest.mark.parametrize(
    "formula",
    [
        "__import__('os').system('true')",
        "__import__(t)",
        "t.__class__",
        "sin.__globals__",
        "(1).real",
        "[t for t in t]",
        "(t for t in n)",
        "min(t for t in n)",
        "{t}",
        "t[0]",
        "lambda: 1",
        "lambda t",
        "(yield)",
        "(yield from t)",
        "await t",
        "(t := 3)",
        "t = 3",
        "min(t, key=n)",
        "min(*t)",
        "pow(2, y=3)",
        "sin(t)(t)",
        "t is n",
        "t in n",
        "t not in n",
        "'a' * 9",
        '"a"',
        'f"{t}"',
        "1j",
        "2 + 1J",
        "0x10 + t",
        "1_000 + t",
        "True",
        "None",
        "...",
        "print(t)",
        "eval(t)",
        "import os",
        "t; n",
        "t # n",
        "t \\\n + 1",
        "t @ n",
        "t << 2",
        "t >> 2",
        "~t",
        "t != ",
        "t <> n",
        "\x00",
        "t\x00",
        "\ud800",
        "\ufb01t",
        "\U0001d461",  # a mathematical italic t, which Python would take for t
        "\u0661",
        "assert t",
        "del t",
        "sin(t)sin(t)",
        ")(",
        "()",
        "(,)",
        ",",
        "=",
        "inf",
        "nan",
        "-inf",
    ],
)
def test_what_is_no_formula_is_refused(formula: str) -> None:
    refusal(formula)


@pytest.mark.parametrize(
    "formula",
    [
        "9**9**9**9",
        "t * 9**9**9**9",
        "9.0**9**9**9**9",
        "10**10**10",
        "2**(2**(2**(2**(2**2))))",
        "exp(exp(exp(10)))",
        "9" * 900 + "+t",
        "(" * 400 + "1" + ")" * 400,
        "-" * 900 + "1",
        "- " * 400 + "t",
        "+" * 900 + "t",
        "not " * 200 + "t",
        "+".join("t" * 400),
        "t**" * 250 + "t",
        "sin(" * 200 + "t" + ")" * 200,
        "max(t," * 140 + "t" + ")" * 140,
        "(" * 999,
        ")" * 999,
        "lambda " * 140,
        "t" * 100_000,
        "1" * 1_000_000 + "+t",
    ],
)
@pytest.mark.timeout(60)
def test_a_bomb_is_refused(formula: str) -> None:
    assert refusal(formula)


@pytest.mark.parametrize("name", ["open", "__builtins__", "__import__", "_compile", "math", "self"])
def test_a_compiled_formula_knows_the_names_of_formulas_alone(name: str) -> None:
    track = replace(parse_track("t + 0*n", Kind.LEVEL), tree=ast.Name(name, ast.Load()))
    with pytest.raises((NameError, TypeError)):
        track.at(0, CLOCK)


def test_nested_comparisons_do_not_multiply() -> None:
    formula = "t"
    for _ in range(40):
        formula = f"(0<{formula}<2)"
    with counted_calls() as calls:
        assert worth(formula, frame=30) == 1
    assert calls.total() < 50_000


def test_a_formula_as_large_as_allowed_is_worked_out() -> None:
    assert worth("+".join(["t"] * 99), frame=30) == 99
    assert worth("t if t else " * 80 + "5") == 5
    assert worth("(" * 50 + "t" + ")" * 50, frame=30) == 1


@settings(deadline=None)
@given(st.text(alphabet="tnN0123456789.e+-*/%() ,<>=!sincoxpmadfl\n", max_size=60))
@example("-\n0")
def test_any_text_is_a_track_or_one_clear_line(text: str) -> None:
    assert is_track_or_clear_line(text, Kind.FACTOR)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_unicode_text_is_a_track_or_one_clear_line(text: str) -> None:
    assert is_track_or_clear_line(text, Kind.RATE)
