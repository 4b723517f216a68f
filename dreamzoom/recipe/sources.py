"""What a recipe names outside itself: pictures, a song, a model's folder.

A recipe may be a stranger's. What its file leads to is looked for where the person works, then beside the
file, and told before it is opened. What is kept of a web address holds no password and no token.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from dreamzoom.io.http import without_secrets
from dreamzoom.recipe.build import Fragment, change_recipe
from dreamzoom.recipe.schema import Recipe, raw_value

PICTURES: Final = ("clip.image", "dream.guide", "colour.palette", "guard.guide")
"""The keys that name pictures: files or web addresses."""

NAMED: Final = ("music.stems", "music.series")
"""The keys that name files by names of their own."""

_FILES: Final = (*PICTURES, "music.song", "music.map", *NAMED, "model.name")
_OR_NAMES: Final = ("clip.image", "music.map", "model.name")  # a word alone is no file there


def keep_no_secrets(recipe: Recipe) -> Recipe:
    """The recipe as a clip may keep it: see `io.http.without_secrets`."""
    raw = {key: raw_value(recipe, key) for key in PICTURES}
    changed = {key: _each_name(value, without_secrets) for key, value in raw.items()}
    changes = [
        Fragment("an address without its secrets", {key.split(".")[0]: {key.split(".")[1]: value}})
        for key, value in changed.items()
        if value != raw[key]
    ]
    return change_recipe(recipe, *changes) if changes else recipe


def find_files(fragment: Fragment, folder: Path) -> tuple[Fragment, list[str]]:
    """A recipe file's fragment with its files found, and what a person should know of them beforehand.

    A relative name is looked for in the working folder, then in `folder`, where the recipe's file lies.

    Returns:
        The fragment, and lines that say what was taken from beside the file, and what lies outside of it.
    """
    told: list[str] = []
    tables = {table: dict(values) for table, values in fragment.values.items()}
    for key in _FILES:
        table, name = key.split(".")
        if name in tables.get(table, {}):
            find = partial(_find, key, folder, told)
            tables[table][name] = _each_name(tables[table][name], find, is_timed=key not in NAMED)
    return replace(fragment, values=tables), [f"{fragment.origin}: {line}" for line in dict.fromkeys(told)]


def _each_name(raw: object, change: Callable[[str], str], *, is_timed: bool = True) -> object:
    """A key's raw value, a name or a table of them (keyframes, if `is_timed`), with every name changed."""
    if isinstance(raw, str):
        return change(raw)
    if isinstance(raw, Mapping):
        kept = ("ease",) if is_timed else ()
        return {key: value if key in kept else _each_name(value, change) for key, value in raw.items()}
    return raw


def _find(key: str, folder: Path, told: list[str], text: str) -> str:
    """The file that a name in a recipe stands for, as a path from the working folder."""
    if not text or (key in _OR_NAMES and not re.search(r"[./\\]", text)):
        return text
    if "://" in text:
        told.append(f"{key} asks {without_secrets(text)}")
        return text
    beside = folder / text
    here, there = _is_there(Path(text)), _is_there(beside)
    if not here and not there:
        return text
    if Path(text).is_absolute() or (here and there and Path(text).samefile(beside)):
        taken = Path(text)
    elif here:
        taken = Path(text)
        if there:
            told.append(f"{key}: {text} is there twice: the one in the working folder is taken, not {beside}")
    else:
        taken = beside
        told.append(f"{key}: {beside} is taken, from beside the recipe")
    if not taken.resolve().is_relative_to(folder.resolve()):
        told.append(f"{key} opens {taken.resolve()}, outside the recipe's folder")
    return str(taken)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
