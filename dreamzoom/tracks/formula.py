"""From a formula's text to a small tree, or to an error that says where.

Python's own parser reads the text after `spelling` has found nothing but numbers, names and operators
in it. Only its syntax tree is looked at, and nothing of it is ever run as Python: what is not known
here by name does not get through.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from dreamzoom.errors import RecipeError, nearest
from dreamzoom.tracks.functions import CONSTANTS, FUNCTIONS, OPERATORS
from dreamzoom.tracks.spelling import COMMA, DEEPEST, check_spelling, error_at, too_deep

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
