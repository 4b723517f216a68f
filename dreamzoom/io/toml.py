"""TOML, read with care and written plainly."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dreamzoom.errors import DreamzoomError, RecipeError
from dreamzoom.io.files import read_at_most

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LARGEST_FILE = 1 << 20  # bytes; a recipe with a keyframe for each of 10,000 frames has a quarter of that
_PLACE = re.compile(r"\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
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
        raise error(f"{path}: line {line}: is not UTF-8 text; save the file as UTF-8") from fault


def parse_toml(text: str, origin: str, error: type[DreamzoomError] = RecipeError) -> dict[str, Any]:
    """The document in a text.

    Args:
        origin: where the text is from, which stands first in a message.
        error: what is raised where the text is no TOML, with line and column.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise error(f"{origin}: {_with_place_first(str(fault), text)}") from fault
    except ValueError as fault:  # a number of thousands of digits, or a date that is none
        raise error(f"{origin}: holds a value that is no TOML: {fault}") from fault
    except RecursionError as fault:
        raise error(f"{origin}: arrays or tables are nested too deeply") from fault


def format_table(name: str, values: Mapping[str, object]) -> str:
    """A table and its values as TOML, one line a key."""
    lines = [f"{_key(key)} = {format_value(value)}" for key, value in values.items()]
    return "\n".join([f"[{_key(name)}]", *lines, ""])


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


def _with_place_first(message: str, text: str) -> str:
    """tomllib's message with its "(at line 3, column 5)" put first: "line 3, column 5: invalid value"."""
    match = _PLACE.search(message)
    if match is None:
        return message
    line = match["line"] or str(text.count("\n") + 1)
    column = f", column {match['column']}" if match["column"] else ""
    what = message[: match.start()].strip()
    return f"line {line}{column}: {what[:1].lower()}{what[1:]}"
