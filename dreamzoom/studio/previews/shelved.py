"""Recipes that are no presets: surprises, children, a clip's look; kept by their text until others come.

Each is a file of FOLDER/.studio/looks, called by the hash of its text, so that a page can name it, another
page sees it, and it is the same after a restart.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dreamzoom.clip.folder import open_clip
from dreamzoom.errors import DreamzoomError, RecipeError, RequestError, printable, quote_value
from dreamzoom.io.disk import remove
from dreamzoom.io.files import sha256_of, storage_errors, write_atomically
from dreamzoom.looks.breeding import is_look_alone, look_of
from dreamzoom.recipe.build import Fragment
from dreamzoom.recipe.presets import Preset, find_preset, names_file, read_preset
from dreamzoom.recipe.schema import raw_tables
from dreamzoom.studio.desk import Desk

_ID = re.compile(r"[0-9a-f]{16}")
_MOST: Final = 200
_SURPRISES: Final = 6
_WORD: Final = "surprise-"


def looks_folder(desk: Desk) -> Path:
    """Where they lie."""
    return desk.private / "looks"


def shelve(desk: Desk, look: Preset) -> str:
    """Keep a look; the id that it is known by.

    Raises:
        StorageError: it cannot be written.
    """
    data = look.text.encode()
    prefix = _WORD if look.name.startswith(_WORD) else ""
    name = sha256_of(data)[:16]
    if prefix == "" and (looks_folder(desk) / f"{_WORD}{name}.toml").is_file():
        return name  # a surprise that was kept
    folder = looks_folder(desk)
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{prefix}{name}.toml"
    write_atomically(path, data)
    _forget_the_oldest(folder)
    return name


def _forget_the_oldest(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for path in _newest_first(folder, "*.toml")[_MOST:]:
            remove(path)


def _newest_first(folder: Path, pattern: str) -> list[Path]:
    dated = [(path.stat().st_mtime_ns, path) for path in folder.glob(pattern) if not path.is_symlink()]
    return [path for _, path in sorted(dated, reverse=True)]


def shelved_path(desk: Desk, name: str) -> Path:
    """Where a look lies, by its id.

    Raises:
        RequestError: there is none.
    """
    if _ID.fullmatch(name):
        for path in (looks_folder(desk) / f"{prefix}{name}.toml" for prefix in ("", _WORD)):
            if path.is_file() and not path.is_symlink():
                return path
    raise RequestError(f"there is no look {quote_value(name)} any more: have it made again")


def recent_surprises(desk: Desk) -> list[tuple[str, Preset]]:
    """The latest surprises with their ids, the newest first."""
    found = []
    with contextlib.suppress(OSError):
        for path in _newest_first(looks_folder(desk), f"{_WORD}*.toml")[:_SURPRISES]:
            with contextlib.suppress(DreamzoomError):
                found.append((path.stem.removeprefix(_WORD), _read_look(path)))
    return found


def open_look(desk: Desk, wanted: object) -> tuple[str, Preset]:
    """A look by what a page calls it, with the id by which its previews are called.

    Args:
        wanted: a preset's name, a look's id, or {"item": ID} of a recipe or a clip (its look).

    Raises:
        RequestError: there is none, or it is wrong, or is for one picture alone.
    """
    if isinstance(wanted, Mapping):
        look = _look_in(desk, wanted)
        return shelve(desk, look), look
    if not isinstance(wanted, str):
        raise RequestError(f"a look must be a name or an item, got {quote_value(wanted)}")
    if _ID.fullmatch(wanted):
        return wanted, _read_look(shelved_path(desk, wanted))
    if names_file(wanted):
        raise RecipeError(f"there is no preset {quote_value(wanted)}")
    return wanted, find_preset(wanted)


def _read_look(path: Path) -> Preset:
    """A look that was kept. Raises a RecipeError where it names files: that is none that was kept here."""
    look = read_preset(path)
    if not is_look_alone(look.fragment):
        raise RecipeError(f"{path.stem} is no look that was kept here: have it made again")
    return look


def _look_in(desk: Desk, wanted: Mapping[str, Any]) -> Preset:
    if wanted.keys() != {"item"} or not isinstance(wanted["item"], str):
        raise RequestError(f"a look must be a name or an item, got {quote_value(wanted)}")
    item = desk.shelf.find(wanted["item"])
    path = desk.shelf.path_of(item)
    if item.kind == "recipe":
        preset = read_preset(path)
        if is_look_alone(preset.fragment):
            return preset  # of the same text, and so the same previews
        return look_of(preset.fragment, preset.title, preset.description)
    if item.kind != "clip":
        raise RequestError(f"{item.name} is a {item.kind}: choose a clip or a recipe")
    name = printable(item.name)
    return look_of(Fragment(name, raw_tables(open_clip(path).recipe)), name, "the look of a clip")


def command_word(desk: Desk, name: str) -> str:
    """A look as a command line names it, from FOLDER: a preset's name, or a file.

    Raises:
        RequestError: there is none.
    """
    if not _ID.fullmatch(name):
        return find_preset(name).name
    return shelved_path(desk, name).relative_to(desk.folder).as_posix()
