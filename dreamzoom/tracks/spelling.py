"""A formula's text before Python's parser sees it: what no formula holds is refused, with its column."""

from __future__ import annotations

import re
from typing import Final

from dreamzoom.errors import RecipeError
from dreamzoom.tracks.constant import NUMBER

COMMA: Final = "a comma stands only between a function's arguments; decimals have a point"

_LONGEST: Final = 1000  # characters
_MOST_OPEN: Final = 50  # parentheses inside one another

_KEYWORDS = ("if", "else", "and", "or", "not")
# A number and what follows it with no operator between; the "e" of an exponent is the number's own.
_GLUED = re.compile(rf"(?<![\w.])({NUMBER})(?![eE][+-]?\d)(\s*)([A-Za-z_]\w*|\()", re.ASCII)
_FOREIGN = re.compile(r"[^A-Za-z0-9_\s.+\-*/%(),<>=!]")
_UNITS = ("ms", "Hz", "hz", "kHz", "sec", "dB", "px")
_HINTS: Final = {"^": "write ** for a power", "&": "write 'and'", "|": "write 'or'"}


def check_spelling(text: str) -> None:
    """Refuse what no formula holds: foreign characters, `2t`, stray commas and parentheses, endless text."""
    if not text.strip():
        raise RecipeError("is empty: write a number, such as 1.05, or a formula, such as '1 + 0.02*sin(t)'")
    if len(text) > _LONGEST:
        raise RecipeError(f"is a formula of {len(text)} characters: at most {_LONGEST} are allowed")
    if found := _FOREIGN.search(text):
        hint = _HINTS.get(found[0], f"{found[0]!r} has no meaning in a formula")
        raise error_at(text, found.start() + 1, hint)
    if "//" in text:
        raise error_at(text, text.index("//") + 1, "write floor(a / b) for a whole division")
    _check_missing_operators(text)
    _check_parentheses(text)


def _check_missing_operators(text: str) -> None:
    for glued in _GLUED.finditer(text):
        number, gap, word = glued.groups()
        if word in _UNITS:
            raise error_at(
                text, glued.start() + 1, f"numbers have no unit here: write {number} without {word!r}"
            )
        if word not in _KEYWORDS:
            hint = f"an operator is missing: write {number}*{_excerpt(word)}"
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
        if len(opened) > _MOST_OPEN:
            raise error_at(text, column, f"more than {_MOST_OPEN} parentheses are open here")
    if opened:
        raise error_at(text, opened[-1], "this parenthesis is never closed")


def error_at(text: str, column: int, reason: str) -> RecipeError:
    """The error for the formula's `column`, counted from 1."""
    rest = text[column - 1 :].strip()
    where = f"column {column}, at {_excerpt(rest)!r}" if rest else "its end"
    return RecipeError(f"has an error at {where}: {reason}")


def _excerpt(text: str) -> str:
    return text if len(text) <= 16 else text[:15] + "…"
