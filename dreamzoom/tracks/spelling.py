"""What is wrong with a formula's text before it is parsed, and how an error shows where."""

from __future__ import annotations

import re
from typing import Final

from dreamzoom.errors import RecipeError
from dreamzoom.tracks.constant import NUMBER

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
