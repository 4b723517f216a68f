"""TOML, read with care and written plainly."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

from dreamzoom.errors import DreamzoomError, RecipeError
from dreamzoom.io.files import read_at_most

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LARGEST_FILE = 1 << 20  # bytes; a recipe with a keyframe for each of 10,000 frames has a quarter of that
_PLACE = re.compile(r"\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_DEEPEST = 32
_MOST_PARTS = 32
_LONGEST_WORD = 1000  # Python itself refuses to read numbers of 4,300 digits
# Strings and comments are passed over as a whole, also those that never end; each letter is looked at once.
_TOKEN = re.compile(
    r'''"""(?:\\.|[^\\])*?(?:"""|\Z)'''
    r"""|'''.*?(?:'''|\Z)"""
    r"""|"(?:\\.|[^"\\\n])*"?"""
    r"""|'[^'\n]*'?|\#[^\n]*|[\w+-]+|[\[\]{}.=,\n]""",
    re.DOTALL,
)
_BACKSLASH_FAULTS = ("Unescaped '\\' in a string", "Invalid hex value")
_ABOUT_BACKSLASHES = "; a path with backslashes stands in single quotes, or is written with slashes"
_CURLED = "\u201c\u201d\u201e\u201f\u2018\u2019\u00ab\u00bb"
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def read_toml(
    path: Path, error: type[DreamzoomError] = RecipeError, kind: str = "recipe", limit: int = LARGEST_FILE
) -> dict[str, Any]:
    """The document in a TOML file.

    Args:
        error: what is raised as `read_text` does, or where it is no TOML, with line and column.
        kind, limit: what the file should be, for messages, and bytes it may have.
    """
    return parse_toml(read_text(path, error, kind, limit), str(path), error)


def read_text(
    path: Path, error: type[DreamzoomError] = RecipeError, kind: str = "recipe", limit: int = LARGEST_FILE
) -> str:
    """The text of a file.

    Args:
        error: what is raised where it is missing, a folder, not readable, too large, or not UTF-8.
        kind, limit: what the file should be, for messages, and bytes it may have.
    """
    data = read_at_most(path, limit, error, kind)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        found = ", but UTF-16, as > in Windows PowerShell writes it" if utf16 else ""
        raise error(f"{path}: line {line}: is not UTF-8 text{found}; save the file as UTF-8") from fault


def parse_toml(text: str, origin: str, error: type[DreamzoomError] = RecipeError) -> dict[str, Any]:
    """The document in a text.

    Args:
        origin: where the text is from, which stands first in a message.
        error: what is raised where the text is no TOML, with line and column.
    """
    if bounded := _beyond_bounds(text):
        raise error(f"{origin}: {bounded}")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        said = _with_place_first(str(fault), text)
        raise error(f"{origin}: {said}{_meant(str(fault), text)}") from fault
    except ValueError as fault:  # a number of thousands of digits, or a date that is none
        raise error(f"{origin}: holds a value that is no TOML: {fault}") from fault
    except RecursionError as fault:
        raise error(f"{origin}: arrays or tables are nested too deeply") from fault


def _beyond_bounds(text: str) -> str:
    """What is wrong with a text that no parser should be given, with its line; "" for nothing.

    What is nested or parted without end costs a parser memory and stack far beyond the text's own size.
    """
    depth = parts = 0
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
        if sign == ".":
            parts += 1
        elif sign in "[]{}=,\n":
            parts = 0
        fault = ""
        if depth > _DEEPEST:
            fault = f"arrays or tables are nested too deeply (more than {_DEEPEST})"
        elif parts > _MOST_PARTS:
            fault = f"a key has more than {_MOST_PARTS} parts"
        elif len(sign) > _LONGEST_WORD and sign[0] not in "\"'#":
            fault = f"this is no TOML that is read: a number or word has more than {_LONGEST_WORD} characters"
        if fault:
            return f"line {text.count(chr(10), 0, token.start()) + 1}: {fault}"
    return ""


def format_table(name: str, values: Mapping[str, object]) -> str:
    """A table and its values as TOML, one line a key; arrays of tables, `[[name.key]]`, follow it."""
    return "\n".join([f"[{_key(name)}]", *_lines(_key(name), values)])


def _lines(path: str, values: Mapping[str, object]) -> Iterator[str]:
    """The lines of a table whose heading is written, and those of the tables in it."""
    yield from (
        f"{_key(key)} = {format_value(value)}" for key, value in values.items() if not _is_rows(value)
    )
    yield ""
    for key, rows in values.items():
        if _is_rows(rows):
            for row in rows:
                yield f"[[{path}.{_key(key)}]]"
                yield from _lines(f"{path}.{_key(key)}", row)


def _is_rows(value: object) -> TypeGuard[Sequence[Mapping[str, object]]]:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(row, Mapping) for row in value)


def format_value(value: object) -> str:
    """A value as TOML on one line.

    Raises:
        TypeError: TOML has no such value (a fault of the program, not of a person).
    """
    if isinstance(value, str):
        # JSON's strings are TOML's, but for DEL, which TOML wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(format_value(item) for item in value)}]"
    if isinstance(value, Mapping):
        items = ", ".join(f"{_key(str(key))} = {format_value(item)}" for key, item in value.items())
        return f"{{ {items} }}" if items else "{}"
    raise TypeError(f"no TOML for {type(value).__name__}")


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else format_value(key)


def replace_texts(text: str, texts: Mapping[str, str]) -> str:
    """TOML in which each string that is one of `texts`, in a key too, is the one that belongs to it. Comments
    and all else stay as they are.
    """

    def replaced(found: re.Match[str]) -> str:
        token = found[0]
        if token[0] not in "\"'":
            return token
        try:
            new = texts.get(tomllib.loads(f"x = {token}")["x"])
        except ValueError:
            return token
        return token if new is None else format_value(new)

    return _TOKEN.sub(replaced, text)


def _with_place_first(message: str, text: str) -> str:
    """tomllib's message with its "(at line 3, column 5)" put first: "line 3, column 5: invalid value"."""
    match = _PLACE.search(message)
    if match is None:
        return message
    line = match["line"] or str(text.count("\n") + 1)
    column = f", column {match['column']}" if match["column"] else ""
    what = message[: match.start()].strip()
    return f"line {line}{column}: {what[:1].lower()}{what[1:]}"


def _meant(message: str, text: str) -> str:
    """How what a person meant is written in TOML, where tomllib gave up, as the end of a message; "" where
    nobody can tell.
    """
    match, start, here, before = _PLACE.search(message), text.lstrip(), "", ""
    if match is not None and match["line"] is not None:
        line, at = text.replace("\r\n", "\n").split("\n")[int(match["line"]) - 1], int(match["column"]) - 1
        here, before = line[at:], line[:at]
    is_value = message.startswith("Invalid value")
    hints = (
        (any(sign in message for sign in _BACKSLASH_FAULTS), _ABOUT_BACKSLASHES),
        (start.startswith(r"{\rtf"), "; it is rich text: save it as plain text, in TextEdit with Format"),
        (start.startswith("{"), "; it is JSON, not TOML"),
        (here[:1] in set(_CURLED), '; quotes are straight in TOML, "..."'),
        (here.startswith(":"), "; in TOML = stands between a key and its value"),
        (re.match(r"\d,\d", f"{before[-1:]}{here}"), "; decimals have a point"),
        (is_value and here[:5].strip() in ("True", "False"), "; true and false are written small"),
        (is_value and re.match(r"[^\W\d_]|[~./]", here), "; a text stands in quotes"),
        (message.startswith("Cannot overwrite"), "; a key may stand there once"),
    )
    return next((hint for applies, hint in hints if applies), "")
