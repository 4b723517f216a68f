"""TOML, read with care and written plainly."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from dreamzoom.errors import RecipeError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["format_table", "parse_toml", "read_text", "read_toml", "tomllib"]

LARGEST_FILE = 1 << 20  # bytes; a recipe with a keyframe for each of 10,000 frames has a quarter of that
_PLACE = re.compile(r"\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def read_toml(path: Path) -> dict[str, object]:
    """The document in a TOML file.

    Raises:
        RecipeError: as `read_text`, or it is no TOML (with line and column).
    """
    return parse_toml(read_text(path), str(path))


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        RecipeError: the file is missing, a folder, not readable, too large, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise RecipeError(f"{path}: there is no such file") from None
    except OSError as error:
        what = "is a folder; name a .toml file" if path.is_dir() else f"cannot be read: {error.strerror}"
        raise RecipeError(f"{path}: {what}") from error
    if len(data) > LARGEST_FILE:
        raise RecipeError(f"{path}: is larger than {LARGEST_FILE >> 20} MiB, too large for a recipe")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise RecipeError(f"{path}: line {line}: is not UTF-8 text; save the file as UTF-8") from error


def parse_toml(text: str, origin: str) -> dict[str, object]:
    """The document in a text; `origin` stands first in an error.

    Raises:
        RecipeError: the text is no TOML, with line and column.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{origin}: {_with_place_first(str(error), text)}") from error
    except ValueError as error:  # a number of thousands of digits, or a date that is none
        raise RecipeError(f"{origin}: holds a value that is no TOML: {error}") from error
    except RecursionError as error:
        raise RecipeError(f"{origin}: arrays or tables are nested too deeply for a recipe") from error


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
