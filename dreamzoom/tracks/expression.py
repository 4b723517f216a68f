"""Expressions: a formula of the time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from dreamzoom.errors import RecipeError
from dreamzoom.tracks.base import Clock, Curve, Kind
from dreamzoom.tracks.constant import refuse_unit_of_level, to_frames
from dreamzoom.tracks.formula import Call, Choice, Comparison, Formula, Node, Number, Variable, read_formula
from dreamzoom.tracks.functions import COMPARISONS, FUNCTIONS, OPERATORS
from dreamzoom.tracks.music import SIGNALS, number_at

VARIABLES: Final = ("t", "n", "N", "fps", "beat", "bar", *SIGNALS)
"""Seconds from the clip's start, the frame's number, the clip's frames, frames a second; then the music's:
beats and bars so far, with their fraction, and its signals.
"""


@dataclass(frozen=True)
class Expression:
    """A formula such as `1.03 + 0.02*sin(2*pi*t/4)`, worked out anew at every frame.

    A unit at the very end is the whole formula's: `(4 + sin(t))/s` is a growth per second. Angles are in
    degrees, those inside of sin and cos in radians.
    """

    source: str
    kind: Kind
    formula: Formula = field(repr=False)

    def at(self, frame: int, clock: Clock) -> float:
        return self.bind(clock)(frame)

    def bind(self, clock: Clock) -> Curve:
        curve = _compile(self.formula.root, clock)
        per_frame = to_frames(self.kind, clock, per_second=self.formula.unit == "s")
        growth_per_second = self.kind is Kind.FACTOR and self.formula.unit == "s"

        def value(frame: int) -> float:
            try:
                number = curve(frame)
            except (ZeroDivisionError, OverflowError, ValueError) as error:
                raise RecipeError(f"{_explain(error)} at {clock.moment(frame)}") from None
            if not math.isfinite(number):
                raise RecipeError(f"has no finite value at {clock.moment(frame)}")
            if growth_per_second and number <= 0:
                raise RecipeError(
                    f"is {number:g}/s at {clock.moment(frame)}: a factor per second must be above 0"
                )
            return per_frame(number)

        return value


def read_expression(text: str, kind: Kind) -> Expression:
    """Read an expression.

    Raises:
        RecipeError: it cannot be read (with the column), or its unit does not suit the kind.
    """
    formula = read_formula(text, VARIABLES)
    if formula.unit is not None:
        refuse_unit_of_level(kind, formula.unit)
    return Expression(text, kind, formula)


def _variable(name: str, clock: Clock) -> Curve:
    """A variable's value at each frame.

    Raises:
        RecipeError: it is the music's, and there is none, or it has no beats.
    """
    frames, fps = float(clock.frames), float(clock.fps)
    plain: dict[str, Curve] = {
        "t": clock.seconds, "n": float, "N": lambda frame: frames, "fps": lambda frame: fps,
    }  # fmt: skip
    if name in plain:
        return plain[name]
    music = clock.heard(name)
    if name in SIGNALS:
        return lambda frame: music.signal(name, clock.seconds(frame))
    times = music.beats if name == "beat" else music.bars
    if len(times) < 2:
        raise RecipeError(f"uses {name!r}, and no {name}s are heard in the song: give its music.tempo")
    return lambda frame: number_at(clock.seconds(frame), times)


def _compile(node: Node, clock: Clock) -> Curve:
    """A tree as nested functions of the frame: several times quicker than walking it at every frame."""
    match node:
        case Number(value):
            return lambda frame: value
        case Variable(name):
            return _variable(name, clock)
        case Call(name, arguments):
            return _compile_call(name, [_compile(argument, clock) for argument in arguments])
        case Comparison(names, operands):
            return _compile_comparison(names, [_compile(operand, clock) for operand in operands])
        case Choice():
            test, yes, no = (_compile(part, clock) for part in (node.test, node.yes, node.no))
            return lambda frame: yes(frame) if test(frame) else no(frame)


def _compile_call(name: str, arguments: list[Curve]) -> Curve:
    call = OPERATORS.get(name) or FUNCTIONS[name].call
    if len(arguments) == 1:
        (only,) = arguments
        return lambda frame: call(only(frame))
    if len(arguments) == 2:
        left, right = arguments
        return lambda frame: call(left(frame), right(frame))
    return lambda frame: call(*[argument(frame) for argument in arguments])


def _compile_comparison(names: tuple[str, ...], operands: list[Curve]) -> Curve:
    tests = [COMPARISONS[name] for name in names]

    def compare(frame: int) -> float:
        values = [operand(frame) for operand in operands]
        pairs = zip(tests, values, values[1:], strict=False)
        return float(all(test(left, right) for test, left, right in pairs))

    return compare


def _explain(error: ArithmeticError | ValueError) -> str:
    if isinstance(error, ZeroDivisionError):
        return "divides by zero"
    if isinstance(error, OverflowError):
        return "becomes too large a number"
    return "has no value (a root, logarithm or power of a number that has none)"
