"""What is wrong with a formula's text before it is parsed, and how an error shows where.

From a formula's text to a small tree, or to an error that says where.

Python's own parser reads the text after `spelling` has found nothing but numbers, names and operators
in it. Only its syntax tree is looked at, and nothing of it is ever run as Python: what is not known
here by name does not get through.

Expressions: a formula of the time.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from dreamzoom.errors import RecipeError, nearest
from dreamzoom.tracks.base import Clock, Curve, Kind
from dreamzoom.tracks.constant import NUMBER, refuse_unit_of_level, to_frames
from dreamzoom.tracks.functions import COMPARISONS, CONSTANTS, FUNCTIONS, OPERATORS
from dreamzoom.tracks.music import SIGNALS, number_at

LONGEST: Final = 1000  # characters
DEEPEST: Final = 100  # operations inside one another
MOST_OPEN: Final = 50  # parentheses inside one another

COMMA: Final = "a comma stands only between a function's arguments; decimals have a point"

_KEYWORDS = ("if", "else", "and", "or", "not")
# A number and what follows it with no operator between; the "e" of an exponent is the number's own.
_GLUED = re.compile(rf"(?<![\w.])({NUMBER})(?![eE][+-]?\d)(\s*)([A-Za-z_]\w*|\()", re.ASCII)
_FOREIGN = re.compile(r"[^A-Za-z0-9_\s.+\-*/%(),<>=!]")
_HINTS: Final = {"^": "write ** for a power", "&": "write 'and'", "|": "write 'or'"}


def error_at(text: str, column: int, reason: str) -> RecipeError:
    """The error for the formula's `column`, counted from 1."""
    rest = text[column - 1 :].strip()
    where = f"column {column}, at {excerpt(rest)!r}" if rest else "its end"
    return RecipeError(f"has an error at {where}: {reason}")


def too_deep() -> RecipeError:
    """The error for a formula that is nested without end."""
    return RecipeError(f"is a formula with more than {DEEPEST} operations inside one another")


def excerpt(text: str) -> str:
    """The first few characters."""
    return text if len(text) <= 16 else text[:15] + "…"


def check_spelling(text: str) -> None:
    """Refuse what no formula holds: foreign characters, `2t`, stray commas and parentheses, endless text.

    Raises:
        RecipeError: the first of these, with its column.
    """
    if not text.strip():
        raise RecipeError("is empty: write a number, such as 1.05, or a formula, such as '1 + 0.02*sin(t)'")
    if len(text) > LONGEST:
        raise RecipeError(f"is a formula of {len(text)} characters: at most {LONGEST} are allowed")
    _check_characters(text)
    _check_missing_operators(text)
    _check_parentheses(text)


def _check_characters(text: str) -> None:
    if found := _FOREIGN.search(text):
        hint = _HINTS.get(found[0], f"{found[0]!r} has no meaning in a formula")
        raise error_at(text, found.start() + 1, hint)
    if "//" in text:
        raise error_at(text, text.index("//") + 1, "write floor(a / b) for a whole division")


def _check_missing_operators(text: str) -> None:
    for glued in _GLUED.finditer(text):
        number, gap, word = glued.groups()
        if word not in _KEYWORDS:
            hint = f"an operator is missing: write {number}*{excerpt(word)}"
            raise error_at(text, glued.start() + 1, hint)
        if not gap:
            raise error_at(text, glued.start() + 1, f"a space is missing: write {number} {word}")


def _check_parentheses(text: str) -> None:
    opened: list[int] = []
    for column, character in enumerate(text, start=1):
        if character == "(":
            opened.append(column)
        elif character == ")":
            if not opened:
                raise error_at(text, column, "this parenthesis was never opened")
            opened.pop()
        elif character == "," and not opened:
            raise error_at(text, column, COMMA)
        if len(opened) > MOST_OPEN:
            raise error_at(text, column, f"more than {MOST_OPEN} parentheses are open here")
    if opened:
        raise error_at(text, opened[-1], "this parenthesis is never closed")


UNITS: Final = ("s", "frame")


@dataclass(frozen=True)
class Number:
    """A number that stands in the formula, or is all that a part of it comes to."""

    value: float


@dataclass(frozen=True)
class Variable:
    """A value that changes with the frame or the clip."""

    name: str


@dataclass(frozen=True)
class Call:
    """A function or operator, by its name in `functions`, and what it is applied to."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Comparison:
    """1 where every neighbouring pair of operands compares so, else 0; each operand is worked out once."""

    operators: tuple[str, ...]
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    """`yes` where `test` is not 0, else `no`; the other one is not worked out."""

    test: Node
    yes: Node
    no: Node


Node: TypeAlias = Number | Variable | Call | Comparison | Choice


@dataclass(frozen=True)
class Formula:
    """A tree, and the unit at its end: "s", "frame" or none."""

    root: Node
    unit: str | None


def read_formula(text: str, variables: Collection[str]) -> Formula:
    """Read a formula over `variables`, the functions and the constants.

    Raises:
        RecipeError: with the column, counted from 1, of what cannot be read.
    """
    check_spelling(text)
    reader = _Reader(text, variables)
    tree = _parse(text)
    match tree:
        case ast.BinOp(left=left, op=ast.Div(), right=ast.Name(id=unit)) if unit in UNITS:
            return Formula(reader.node(left, 1), unit)
    return Formula(reader.node(tree, 1), None)


def _parse(text: str) -> ast.expr:
    # Parentheses let the text hold line breaks and leading blanks, and make Python's columns count from 1.
    wrapped = "(" + re.sub(r"\s", " ", text) + ")"
    try:
        return ast.parse(wrapped, mode="eval").body
    except SyntaxError as error:
        column = max(1, (error.offset or 1) - 1)
        raise error_at(text, column, "this is not how a formula goes on") from None
    except (RecursionError, MemoryError):  # what Python's parser says of a text too deep for it
        raise too_deep() from None


_BINARY: Final[Mapping[type[ast.AST], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
    ast.Pow: "**",
}
_COMPARES: Final[Mapping[type[ast.AST], str]] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


class _Reader:
    """Turns Python's syntax tree of one text into ours; `depth` counts how far inside a part is."""

    def __init__(self, text: str, variables: Collection[str]) -> None:
        self._text = text
        self._variables = variables
        self._readers: Mapping[type[ast.expr], Callable[[Any, int], Node]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._binary,
            ast.BoolOp: self._logic,
            ast.Compare: self._comparison,
            ast.IfExp: self._choice,
            ast.Call: self._call,
        }

    def node(self, tree: ast.expr, depth: int) -> Node:
        if depth > DEEPEST:
            raise too_deep()
        reader = self._readers.get(type(tree))
        if reader is None:
            raise self._refusal(tree, COMMA if isinstance(tree, ast.Tuple) else None)
        return reader(tree, depth + 1)

    def _constant(self, tree: ast.Constant, _depth: int) -> Node:
        if isinstance(tree.value, bool) or not isinstance(tree.value, (int, float)):
            raise self._refusal(tree)
        return Number(self._finite(tree.value, tree))

    def _name(self, tree: ast.Name, _depth: int) -> Node:
        if tree.id in self._variables:
            return Variable(tree.id)
        if tree.id in CONSTANTS:
            return Number(CONSTANTS[tree.id])
        raise self._refusal(tree, self._explain_name(tree.id))

    def _explain_name(self, name: str) -> str:
        if name in FUNCTIONS:
            return f"{name} is a function: write {FUNCTIONS[name].usage}"
        if name in UNITS:
            return f"'/{name}' is a unit: it stands at the very end, as in '(1 + 0.1*t)/{name}'"
        words = [*self._variables, *CONSTANTS]
        hint = nearest(name, [*words, *FUNCTIONS]) or f"; there are {', '.join(words)} and the functions"
        return f"nothing is called {name!r}{hint}"

    def _unary(self, tree: ast.UnaryOp, depth: int) -> Node:
        operand = self.node(tree.operand, depth)
        if isinstance(tree.op, ast.Not):
            return Choice(operand, Number(0.0), Number(1.0))
        if isinstance(tree.op, ast.USub):
            return self._folded(Call("negate", (operand,)), tree)
        return operand  # a plus; "~" is no character of a formula

    def _binary(self, tree: ast.BinOp, depth: int) -> Node:
        name = _BINARY.get(type(tree.op))
        if name is None:
            raise self._refusal(tree)
        return self._folded(Call(name, (self.node(tree.left, depth), self.node(tree.right, depth))), tree)

    def _logic(self, tree: ast.BoolOp, depth: int) -> Node:
        """`and` and `or`: 1 or 0, worked out from the left only as far as it takes."""
        every = isinstance(tree.op, ast.And)
        result: Node = Number(float(every))
        for term in reversed([self.node(value, depth) for value in tree.values]):
            result = Choice(term, result, Number(0.0)) if every else Choice(term, Number(1.0), result)
        return result

    def _comparison(self, tree: ast.Compare, depth: int) -> Node:
        names = tuple(_COMPARES.get(type(op), "") for op in tree.ops)
        if "" in names:
            raise self._refusal(tree)
        return Comparison(names, tuple(self.node(each, depth) for each in (tree.left, *tree.comparators)))

    def _choice(self, tree: ast.IfExp, depth: int) -> Node:
        return Choice(*(self.node(part, depth) for part in (tree.test, tree.body, tree.orelse)))

    def _call(self, tree: ast.Call, depth: int) -> Node:
        if not isinstance(tree.func, ast.Name) or tree.keywords:
            raise self._refusal(tree)
        name = tree.func.id
        if name not in FUNCTIONS:
            raise self._refusal(tree, f"there is no function {name!r}{nearest(name, FUNCTIONS)}")
        if not FUNCTIONS[name].takes(len(tree.args)):
            raise self._refusal(tree, f"{name} takes other arguments: write {FUNCTIONS[name].usage}")
        return self._folded(Call(name, tuple(self.node(argument, depth) for argument in tree.args)), tree)

    def _folded(self, call: Call, tree: ast.expr) -> Node:
        """A call on numbers alone is worked out now: what can never have a value is refused at once."""
        numbers = [argument.value for argument in call.arguments if isinstance(argument, Number)]
        if len(numbers) < len(call.arguments):
            return call
        function = OPERATORS.get(call.name) or FUNCTIONS[call.name].call
        try:
            return Number(self._finite(function(*numbers), tree))
        except ZeroDivisionError:
            raise self._refusal(tree, "this divides by zero") from None
        except OverflowError:
            raise self._refusal(tree, "this is too large a number") from None
        except ValueError:
            raise self._refusal(tree, "this has no value") from None

    def _finite(self, number: float, tree: ast.expr) -> float:
        try:
            value = float(number)
        except OverflowError:  # a whole number beyond every float
            value = math.inf
        if not math.isfinite(value):
            raise self._refusal(tree, "this is too large a number")
        return value

    def _refusal(self, tree: ast.expr, reason: str | None = None) -> RecipeError:
        known = "a formula has numbers, names, operators and functions only"
        return error_at(self._text, max(1, tree.col_offset), reason or known)


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
