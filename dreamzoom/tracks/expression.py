"""Expressions: a formula of the time, such as `1.03 + 0.02*sin(2*pi*t/4)`.

Python's own parser reads a formula in which `check_spelling` has found nothing but numbers, names and
operators. `_Checker` copies the parser's tree node by node, and what is not known here by name does not get
through. Only the copy is compiled: it knows the functions and variables of formulas alone, no builtins.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from dreamzoom.errors import RecipeError, nearest
from dreamzoom.tracks.base import Clock, Curve, Kind
from dreamzoom.tracks.constant import refuse_unit_of_level, to_frames
from dreamzoom.tracks.functions import CONSTANTS, FUNCTIONS
from dreamzoom.tracks.music import SIGNALS, number_at
from dreamzoom.tracks.signals import (
    BAND,
    KINDS,
    PARTS,
    PULSES,
    BeatPulse,
    Signal,
    beat_times,
    is_source,
    read_pulse,
    read_signal,
    usage,
)
from dreamzoom.tracks.spelling import COMMA, check_spelling, error_at

_DEEPEST: Final = 100  # operations inside one another

_UNITS: Final = ("s", "frame")
_OF_TIME: Final = ("t", "n", "N", "fps")
VARIABLES: Final = (*_OF_TIME, "beat", "bar", *SIGNALS, *PARTS)
"""Seconds from the clip's start, the frame's number, the clip's frames, frames a second; then the music's:
beats and bars so far, with their fraction, and its signals.
"""

_CALLS: Final = (*KINDS, *PULSES)  # what of the music takes arguments

_DOT: Final = "a dot stands only between a file of the music and what is heard of it, as in drums.onset"
_TOO_LARGE: Final = "this is too large a number"
_TOO_DEEP: Final = f"is a formula with more than {_DEEPEST} operations inside one another"

_OPERATORS: Final = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod, ast.Pow)
_COMPARISONS: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_FAULTS: Final[Mapping[type[Exception], tuple[str, str]]] = {  # of a part of numbers alone, and at a frame
    ZeroDivisionError: ("this divides by zero", "divides by zero"),
    OverflowError: (_TOO_LARGE, "becomes too large a number"),
    ValueError: ("this has no value", "has no value (a root, logarithm or power of a number that has none)"),
}
Variable: TypeAlias = str | Signal | BeatPulse
"""What a formula goes by: one of the time's or a counter by its name, a signal, or a pulse."""

_NAMESPACE: Final = {"__builtins__": {}, **{name: function.call for name, function in FUNCTIONS.items()}}


@dataclass(frozen=True)
class Expression:
    """A formula that is worked out anew at every frame.

    A unit at the very end is the whole formula's: `(4 + sin(t))/s` is a growth per second. Angles are in
    degrees, those inside of sin and cos in radians.

    Attributes:
        unit: "s", "frame" or none.
        variables: what of the time and of the music the formula names, in its order.
        tree: the formula as Python is to compile it.
    """

    source: str
    kind: Kind
    unit: str | None
    variables: tuple[Variable, ...]
    tree: ast.expr = field(repr=False, compare=False)

    @property
    def needs_music(self) -> bool:
        return not set(_OF_TIME).issuperset(self.variables)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """What it goes by of the music's signals."""
        return tuple(variable for variable in self.variables if isinstance(variable, Signal))

    @property
    def operations(self) -> int:
        """How many parts it has that are worked out at each frame, numbers and names among them."""
        return sum(1 for _ in ast.walk(self.tree))

    def at(self, frame: int, clock: Clock) -> float:
        return self.bind(clock)(frame)

    def bind(self, clock: Clock) -> Curve:
        formula = _compile(self.tree, [_parameter(variable) for variable in self.variables])
        variables = [_curve(variable, clock) for variable in self.variables]
        per_frame = to_frames(self.kind, clock, per_second=self.unit == "s")
        growth_per_second = self.kind is Kind.FACTOR and self.unit == "s"

        def value(frame: int) -> float:
            try:
                number = formula(*[variable(frame) for variable in variables])
            except tuple(_FAULTS) as error:
                raise RecipeError(f"{_FAULTS[type(error)][1]} at {clock.moment(frame)}") from None
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
    check_spelling(text)
    tree, unit = _parse(text), None
    match tree:
        case ast.BinOp(left=left, op=ast.Div(), right=ast.Name(id=name)) if name in _UNITS:
            tree, unit = left, name
    checker = _Checker(text)
    checked = checker.copy(tree, 1)
    if unit is not None:
        refuse_unit_of_level(kind, unit)
    return Expression(text, kind, unit, tuple(checker.variables), checked)


def _parse(text: str) -> ast.expr:
    # Parentheses let the text hold line breaks and leading blanks, and make Python's columns count from 1.
    wrapped = "(" + re.sub(r"\s", " ", text) + ")"
    try:
        return ast.parse(wrapped, mode="eval").body
    except SyntaxError as error:
        column = max(1, (error.offset or 1) - 1)
        raise error_at(text, column, "this is not how a formula goes on") from None
    except (RecursionError, MemoryError):  # what Python's parser says of a text too deep for it
        raise RecipeError(_TOO_DEEP) from None


class _Checker:
    """Copies the tree of one text: known nodes, names and functions only, and all numbers as floats.

    Parts of numbers alone are worked out; `variables` are those that were met, in the text's order.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self.variables: dict[Variable, None] = {}
        self._copiers: Mapping[type[ast.expr], Callable[[Any, int], ast.expr]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.Attribute: self._part,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._binary,
            ast.BoolOp: self._logic,
            ast.Compare: self._comparison,
            ast.IfExp: self._choice,
            ast.Call: self._call,
        }

    def copy(self, tree: ast.expr, depth: int) -> ast.expr:
        """The checked copy of a part; `depth` counts how far inside it is, from 1."""
        if depth > _DEEPEST:
            raise RecipeError(_TOO_DEEP)
        copier = self._copiers.get(type(tree))
        if copier is None:
            raise self._refusal(tree, COMMA if isinstance(tree, ast.Tuple) else None)
        return copier(tree, depth + 1)

    def _constant(self, tree: ast.Constant, _depth: int) -> ast.expr:
        if isinstance(tree.value, bool) or not isinstance(tree.value, (int, float)):
            raise self._refusal(tree)
        return self._number(tree.value, tree)

    def _name(self, tree: ast.Name, _depth: int) -> ast.expr:
        if tree.id in CONSTANTS:
            return ast.Constant(CONSTANTS[tree.id])
        if tree.id in KINDS and tree.id != BAND:
            return self._variable(Signal("", tree.id))
        if tree.id in VARIABLES:
            return self._variable(tree.id)
        if tree.id in PULSES:
            return self._variable(read_pulse(tree.id, [], {}))
        raise self._refusal(tree, _explain_name(tree.id))

    def _part(self, tree: ast.Attribute, _depth: int) -> ast.expr:
        """`drums.onset`: a signal of one of the recipe's files; the recipe knows which there are."""
        return self._variable(self._signal(tree, [], {}, tree))

    def _variable(self, variable: Variable) -> ast.Name:
        self.variables[variable] = None
        return ast.Name(_parameter(variable), ast.Load())

    def _unary(self, tree: ast.UnaryOp, depth: int) -> ast.expr:
        operand = self.copy(tree.operand, depth)
        if isinstance(tree.op, ast.Not):
            return _choose(operand, 0.0, 1.0)
        if isinstance(tree.op, ast.USub):
            return self._fold(ast.UnaryOp(ast.USub(), operand), [operand], tree)
        if isinstance(tree.op, ast.UAdd):
            return operand
        raise self._refusal(tree)

    def _binary(self, tree: ast.BinOp, depth: int) -> ast.expr:
        if not isinstance(tree.op, _OPERATORS):
            raise self._refusal(tree)
        left, right = self.copy(tree.left, depth), self.copy(tree.right, depth)
        if isinstance(tree.op, ast.Pow):  # never complex, as Python's own ** may be
            return self._fold(_function("pow", [left, right]), [left, right], tree)
        return self._fold(ast.BinOp(left, tree.op, right), [left, right], tree)

    def _logic(self, tree: ast.BoolOp, depth: int) -> ast.expr:
        return _choose(ast.BoolOp(tree.op, [self.copy(each, depth) for each in tree.values]), 1.0, 0.0)

    def _comparison(self, tree: ast.Compare, depth: int) -> ast.expr:
        if not all(isinstance(op, _COMPARISONS) for op in tree.ops):
            raise self._refusal(tree)
        first, *others = (self.copy(each, depth) for each in (tree.left, *tree.comparators))
        return _choose(ast.Compare(first, tree.ops, others), 1.0, 0.0)

    def _choice(self, tree: ast.IfExp, depth: int) -> ast.expr:
        return ast.IfExp(*(self.copy(part, depth) for part in (tree.test, tree.body, tree.orelse)))

    def _call(self, tree: ast.Call, depth: int) -> ast.expr:
        name = tree.func.id if isinstance(tree.func, ast.Name) else ""
        if name in _CALLS or isinstance(tree.func, ast.Attribute):
            return self._variable(self._of_music(tree, depth))
        if name and name not in FUNCTIONS:
            known = nearest(name, [*FUNCTIONS, *_CALLS])
            raise self._refusal(tree, f"there is no function {name!r}{known}")
        if not name or tree.keywords:
            raise self._refusal(tree)
        if not FUNCTIONS[name].takes(len(tree.args)):
            raise self._refusal(tree, f"{name} takes other arguments: write {FUNCTIONS[name].usage}")
        arguments = [self.copy(argument, depth) for argument in tree.args]
        return self._fold(_function(name, arguments), arguments, tree)

    def _of_music(self, tree: ast.Call, depth: int) -> Signal | BeatPulse:
        """A signal or a pulse with its arguments, which are numbers."""
        numbers = [self._argument(argument, depth) for argument in tree.args]
        names = [keyword.arg or "" for keyword in tree.keywords]
        if "" in names:
            raise self._refusal(tree)
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise self._refusal(tree, f"{twice} stands here twice")
        values = (self._argument(keyword.value, depth) for keyword in tree.keywords)
        return self._signal(tree.func, numbers, dict(zip(names, values, strict=True)), tree)

    def _signal(
        self, called: ast.expr, numbers: list[float], keywords: dict[str, float], tree: ast.expr
    ) -> Signal | BeatPulse:
        match called:
            case ast.Name(id=kind):
                source = ""
            case ast.Attribute(value=ast.Name(id=source), attr=kind):
                if (
                    (_is_taken(source) and source not in KINDS)
                    or not is_source(source)
                    or not is_source(kind)
                ):
                    raise self._refusal(tree, _DOT)
            case _:
                raise self._refusal(tree)
        try:
            if not source and kind in PULSES:
                return read_pulse(kind, numbers, keywords)
            return read_signal(source, kind, numbers, keywords)
        except RecipeError as error:
            raise self._refusal(tree, str(error)) from None

    def _argument(self, tree: ast.expr, depth: int) -> float:
        number = self.copy(tree, depth)
        if not isinstance(number, ast.Constant) or not isinstance(number.value, float):
            raise self._refusal(tree, "here is a plain number needed, which does not move")
        return number.value

    def _fold(self, node: ast.expr, operands: Sequence[ast.expr], tree: ast.expr) -> ast.expr:
        """A node on numbers alone is worked out now: what can never have a value is refused at once."""
        if not all(isinstance(operand, ast.Constant) for operand in operands):
            return node
        try:
            return self._number(_compile(node)(), tree)
        except tuple(_FAULTS) as error:
            raise self._refusal(tree, _FAULTS[type(error)][0]) from None

    def _number(self, number: float, tree: ast.expr) -> ast.Constant:
        try:
            value = float(number)
        except OverflowError:  # a whole number beyond every float
            value = math.inf
        if not math.isfinite(value):
            raise self._refusal(tree, _TOO_LARGE)
        return ast.Constant(value)

    def _refusal(self, tree: ast.expr, reason: str | None = None) -> RecipeError:
        known = "a formula has numbers, names, operators and functions only"
        return error_at(self._text, max(1, tree.col_offset), reason or known)


def _choose(test: ast.expr, yes: float, no: float) -> ast.expr:
    return ast.IfExp(test, ast.Constant(yes), ast.Constant(no))


def _function(name: str, arguments: list[ast.expr]) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), arguments, [])


def _compile(tree: ast.expr, variables: Sequence[str] = ()) -> Callable[..., float]:
    """A checked tree as a function of the variables."""
    parameters = ast.arguments([], [ast.arg(name) for name in variables], None, [], [], None, [])
    function = ast.fix_missing_locations(ast.Expression(ast.Lambda(parameters, tree)))
    compiled: Callable[..., float] = eval(compile(function, "<formula>", "eval"), _NAMESPACE)  # noqa: S307
    return compiled


def _parameter(variable: Variable) -> str:
    """What a variable is called in the compiled formula, where any text is a name."""
    return variable if isinstance(variable, str) else variable.name


def _curve(variable: Variable, clock: Clock) -> Curve:
    """A variable's value at each frame.

    Raises:
        RecipeError: it is the music's, and there is none, or it has no beats, or was not heard.
    """
    if isinstance(variable, Signal):
        return _signal_curve(variable.name, clock)
    if isinstance(variable, BeatPulse):
        return variable.bind(clock)
    frames, fps = float(clock.frames), float(clock.fps)
    plain: dict[str, Curve] = {
        "t": clock.seconds, "n": float, "N": lambda frame: frames, "fps": lambda frame: fps,
    }  # fmt: skip
    if variable in plain:
        return plain[variable]
    times = beat_times(variable, clock, variable)
    return lambda frame: number_at(clock.seconds(frame), times)


def _signal_curve(name: str, clock: Clock) -> Curve:
    music = clock.require_music(name)
    if name not in music.signals:
        raise RecipeError(f"goes by {name}, which was not heard of the song")
    return lambda frame: music.signal(name, clock.seconds(frame))


def _is_taken(name: str) -> bool:
    """Whether a formula's own words have this name."""
    return name in (*VARIABLES, *CONSTANTS, *FUNCTIONS, *_CALLS, *_UNITS)


def _explain_name(name: str) -> str:
    if name in FUNCTIONS:
        return f"{name} is a function: write {FUNCTIONS[name].usage}"
    if name in _CALLS:
        return f"{name} needs its arguments: write {usage(name)}"
    if name in _UNITS:
        return f"'/{name}' is a unit: it stands at the very end, as in '(1 + 0.1*t)/{name}'"
    words = [*VARIABLES, *CONSTANTS]
    hint = (
        nearest(name, dict.fromkeys([*words, *FUNCTIONS, *_CALLS]))
        or f"; there are {', '.join(words)} and the functions"
    )
    return f"nothing is called {name!r}{hint}"
