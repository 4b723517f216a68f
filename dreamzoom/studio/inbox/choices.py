"""What is chosen for the inbox: on or off, the look, how large dreams are at most."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from dreamzoom.errors import RequestError, nearest
from dreamzoom.io.files import storage_errors, write_atomically
from dreamzoom.io.plain_json import read_json
from dreamzoom.recipe.presets import list_presets, names_file
from dreamzoom.studio.desk import Desk

SMALLEST, LARGEST = 64, 8192
"""Pixels that the longer side of a dream may be limited to."""

_DEFAULT: Final = "bestiary"
_KEY: Final = "inbox"
_LONGEST = 1 << 20  # bytes


@dataclass(frozen=True)
class InboxChoices:
    """How pictures that come are dreamed.

    Attributes:
        on: whether they are.
        preset: the look.
        longest: pixels that a dream's longer side has at most.
    """

    on: bool = True
    preset: str = _DEFAULT
    longest: int = 1280


def inbox_choices(desk: Desk) -> InboxChoices:
    """What is chosen; the usual where nothing is, or it cannot be read."""
    kept = _read(_path(desk)).get(_KEY)
    try:
        chosen = InboxChoices(**kept) if isinstance(kept, dict) else InboxChoices()
    except TypeError:
        return InboxChoices()
    is_whole = isinstance(chosen.preset, str) and isinstance(chosen.longest, int)
    is_whole = is_whole and not names_file(chosen.preset)  # a recipe of whoever had this folder before
    return chosen if is_whole and SMALLEST <= chosen.longest <= LARGEST else InboxChoices()


def choose(desk: Desk, **changes: Any) -> InboxChoices:
    """Change what is chosen.

    Raises:
        RequestError: there is no such look, or the size is out of its limits.
        StorageError: it cannot be written.
    """
    chosen = _check(replace(inbox_choices(desk), **changes))
    path = _path(desk)
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps({**_read(path), _KEY: asdict(chosen)}).encode())
    return chosen


def _check(chosen: InboxChoices) -> InboxChoices:
    names = [preset.name for preset in list_presets()]
    if chosen.preset not in names:
        raise RequestError(f"there is no look {chosen.preset!r}{nearest(chosen.preset, names)}")
    if not SMALLEST <= chosen.longest <= LARGEST:
        raise RequestError(f"the longer side must be {SMALLEST} to {LARGEST} pixels, got {chosen.longest}")
    return chosen


def _path(desk: Desk) -> Path:
    return desk.private / "choices.json"


def _read(path: Path) -> dict[str, Any]:
    kept = read_json(path, _LONGEST)
    return kept if isinstance(kept, dict) else {}
