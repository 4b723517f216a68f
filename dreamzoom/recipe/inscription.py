"""What a finished picture or film tells of how it was made: a recipe, as TOML, within the file itself.

It holds the values that are not the defaults: an older dreamzoom reads all of a newer one's files that use
nothing new. It is meant to be shared. Of files it has their names and not the folders they lie in, of web
addresses no password and no token, and nothing of the machine it was made on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from dreamzoom._version import __version__
from dreamzoom.errors import RecipeError, printable
from dreamzoom.io.toml import LARGEST_FILE, format_table
from dreamzoom.recipe.compare import COMPUTED_ON
from dreamzoom.recipe.presets import Preset, preset_of
from dreamzoom.recipe.schema import SETTINGS, TABLES, Recipe, raw_tables, raw_value, value_of
from dreamzoom.recipe.sources import keep_names_alone

LARGEST: Final = LARGEST_FILE
"""Bytes that an inscription may have; what is longer is none."""

_FIRST_LINE: Final = "# dreamzoom {version} made this. Another like it: dreamzoom {command} --preset FILE"
_SIGNED: Final = re.compile(r"# dreamzoom (\d{1,6}(?:\.\d{1,6}){0,3})\b")
_NO_XML: Final = re.compile("[\ufffe\uffff]")  # which TOML may have, and XML not


def inscribe_picture(recipe: Recipe, source: str | None) -> str:
    """What the dream of one picture tells.

    Args:
        source: the path or address of the picture that was dreamed; None where it has none, as on stdin.
    """
    values = _telling(recipe)
    if source is not None:
        name = printable(str(keep_names_alone({"clip": {"image": source}})["clip"]["image"]))
        if _is_sound(name):
            values = {**values, "clip": {**values.get("clip", {}), "image": name}}
    return _text("dream PICTURE", values)


def inscribe_film(recipe: Recipe, begins: int = 0) -> str:
    """What a clip's film tells.

    Args:
        begins: the first frame that follows the recipe; those before it follow another.
    """
    first, rest = _text("render PICTURE", _telling(recipe)).split("\n", 1)
    note = f"# The frames before {begins} follow an earlier recipe.\n" if begins else ""
    return f"{first}\n{note}{rest}"


def _telling(recipe: Recipe) -> dict[str, dict[str, object]]:
    """The values, by table and key, that are not the defaults, as they may be shared."""
    told = {
        table: {
            name: SETTINGS[f"{table}.{name}"].brief(value_of(recipe, f"{table}.{name}"))
            for name in names
            if f"{table}.{name}" not in COMPUTED_ON
            and raw_value(recipe, f"{table}.{name}") != _usual()[table][name]
        }
        for table, names in TABLES.items()
    }
    return keep_names_alone({table: values for table, values in told.items() if values})


@cache
def _usual() -> Mapping[str, Mapping[str, object]]:
    return raw_tables(Recipe())


def _is_sound(name: str) -> bool:
    try:
        SETTINGS["clip.image"].parse(name)
    except RecipeError:
        return False
    return True


def _text(command: str, values: Mapping[str, Mapping[str, object]]) -> str:
    first = _FIRST_LINE.format(version=__version__, command=command)
    tables = [
        format_table(table, {name: values[table][name] for name in names if name in values[table]})
        for table, names in TABLES.items()
        if table in values
    ]
    text = "\n".join([first, *tables])
    return _NO_XML.sub(lambda letter: f"\\u{ord(letter[0]):04x}", text).rstrip("\n") + "\n"


def is_inscription(text: str) -> bool:
    """Whether a text is what dreamzoom writes into a file, by its first line."""
    return _SIGNED.match(text) is not None and len(text) <= LARGEST


def say_the_same(one: str, other: str) -> bool:
    """Whether two inscriptions tell one recipe, whichever version wrote them."""
    return one.partition("\n")[2] == other.partition("\n")[2]


def read_inscription(text: str, path: Path) -> Preset:
    """The preset that a file tells.

    Args:
        path: of the file.

    Raises:
        RecipeError: a value is wrong, or a key is one of a newer dreamzoom.
    """
    try:
        return preset_of(text, path)
    except RecipeError as error:
        made_by = _SIGNED.match(text)
        if made_by is None or _release(made_by[1]) <= _release(__version__):
            raise
        raise RecipeError(
            f"{error}; dreamzoom {made_by[1]} made this file and this is {__version__}: update dreamzoom"
        ) from error


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
