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

from dreamzoom.io.files import at_home
from dreamzoom.io.http import without_secrets
from dreamzoom.recipe.build import Fragment, change_recipe
from dreamzoom.recipe.schema import SETTINGS, Recipe, raw_value
from dreamzoom.recipe.settings import FileText


def keep_no_secrets(recipe: Recipe) -> Recipe:
    """The recipe as a clip may keep it: see `io.http.without_secrets`."""
    return _map_names(recipe, "an address without its secrets", _without_secrets)


def with_whole_paths(recipe: Recipe) -> Recipe:
    """The recipe with the whole paths of all files that it names: for whoever works in another folder."""
    return _map_names(recipe, "a file by its whole path", _whole_path)


def _map_names(recipe: Recipe, why: str, change: Callable[[FileText, str], str]) -> Recipe:
    raw = {key: raw_value(recipe, key) for key in SETTINGS}
    changed = {key: SETTINGS[key].map_files(value, change) for key, value in raw.items()}
    changes = [
        Fragment(why, {key.split(".")[0]: {key.split(".")[1]: value}})
        for key, value in changed.items()
        if value != raw[key]
    ]
    return change_recipe(recipe, *changes) if changes else recipe


def keep_names_alone(tables: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, object]]:
    """A recipe's raw values by table and key as they may be shared: of files the names, without the folders
    they lie in; of web addresses no secrets.
    """
    return {
        table: {name: SETTINGS[f"{table}.{name}"].map_files(raw, _name_alone) for name, raw in values.items()}
        for table, values in tables.items()
    }


def _name_alone(setting: FileText, text: str) -> str:
    if not text or "://" in text:
        return without_secrets(text)
    if setting.or_word and not re.search(r"[./\\]", text):
        return text
    name = re.split(r"[/\\]", text.rstrip("/\\"))[-1]
    # A word alone may mean a generated picture, and without a slash a model's name is no folder's.
    return f"./{name}" if setting.or_word and not (setting.kind and "." in name) else name


def find_files(fragment: Fragment, folder: Path) -> tuple[Fragment, list[str]]:
    """A recipe file's fragment with its files found, and what a person should know of them beforehand.

    A relative name is looked for in the working folder, then in `folder`, where the recipe's file lies.

    Returns:
        The fragment, and lines that say what was taken from beside the file, and what lies outside of it.
    """
    told: list[str] = []
    tables = {table: dict(values) for table, values in fragment.values.items()}
    for table, values in tables.items():
        for name, raw in values.items():
            find = partial(_find, f"{table}.{name}", folder, told)
            values[name] = SETTINGS[f"{table}.{name}"].map_files(raw, find)
    return replace(fragment, values=tables), [f"{fragment.origin}: {line}" for line in dict.fromkeys(told)]


def find_home(fragment: Fragment) -> Fragment:
    """A recipe's part whose files may be named from the person's home on, ~/sky.jpg."""
    tables = {
        table: {
            name: SETTINGS[f"{table}.{name}"].map_files(raw, lambda _, text: at_home(text))
            for name, raw in values.items()
        }
        for table, values in fragment.values.items()
    }
    return replace(fragment, values=tables)


def without_image(fragment: Fragment) -> Fragment:
    """A recipe's part without the picture that a clip starts from."""
    rest = {name: raw for name, raw in fragment.values.get("clip", {}).items() if name != "image"}
    return replace(fragment, values={**fragment.values, "clip": rest})


def _without_secrets(setting: FileText, name: str) -> str:
    return without_secrets(name) if setting.kind else name


def _whole_path(setting: FileText, text: str) -> str:
    is_word = setting.or_word and not re.search(r"[./\\]", text)
    return text if not text or "://" in text or is_word else str(Path(text).resolve())


def _find(key: str, folder: Path, told: list[str], setting: FileText, text: str) -> str:
    """The file that a name in a recipe stands for, as a path from the working folder."""
    text = at_home(text)
    if not text or (setting.or_word and not re.search(r"[./\\]", text)):
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
