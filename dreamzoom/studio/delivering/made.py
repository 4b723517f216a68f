"""The files that were made, in FOLDER/delivered, what they are for, and the names of those that are to be."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from dreamzoom.errors import RequestError, printable
from dreamzoom.io.files import storage_errors, write_atomically
from dreamzoom.io.plain_json import read_json
from dreamzoom.studio.library.items import DELIVERED, item_id
from dreamzoom.video.description import describe
from dreamzoom.video.ffmpeg import find_ffmpeg

_LASTING: Final = (".mp4", ".mov", ".webm", ".mkv")
_SHOWN: Final = 200  # of the newest
_KEPT: Final = 1024  # lengths that are remembered
_LONGEST_NOTE: Final = 10_000  # bytes


@dataclass(frozen=True)
class Purpose:
    """What a file was made for.

    Attributes:
        of: the name of the clip or film.
        title: of who wants it, as people call it.
        how: what it has that the clip or film has not, in words.
    """

    of: str
    title: str
    how: str


@dataclass(frozen=True)
class MadeFile:
    """A file that was made.

    Attributes:
        id: as an item's, made of its place.
        bytes: how many it has; of a folder its files'.
        changed: seconds since 1970.
        seconds: how long it lasts; None where that is not known.
        files: of a folder, how many; else None.
        purpose: what it was made for; None where nobody noted that.
    """

    id: str
    path: Path
    bytes: int
    changed: float
    seconds: float | None = None
    files: int | None = None
    purpose: Purpose | None = None


def list_made(folder: Path, private: Path) -> list[MadeFile]:
    """What was made, the newest first. Links are not followed.

    Args:
        private: the studio's own folder in FOLDER.
    """
    there = folder / DELIVERED
    if not there.is_dir() or there.is_symlink():
        return []
    entries = [entry for entry in os.scandir(there) if _is_shown(entry)]
    entries.sort(key=lambda entry: entry.stat(follow_symlinks=False).st_mtime, reverse=True)
    made = [_made(entry) for entry in entries[:_SHOWN]]
    return [replace(each, purpose=_read_purpose(_note(private, each.id))) for each in made]


def note_purpose(private: Path, place: Path, purpose: Purpose) -> None:
    """Note what a file is made for. Raises a StorageError.

    Args:
        private: the studio's own folder in FOLDER.
        place: of the file, relative to FOLDER.
    """
    note = _note(private, item_id(place))
    with storage_errors(note):
        note.parent.mkdir(exist_ok=True)
    write_atomically(note, json.dumps(asdict(purpose)).encode())


def _note(private: Path, made: str) -> Path:
    return private / "delivered" / f"{made}.json"


def _read_purpose(note: Path) -> Purpose | None:
    match read_json(note, _LONGEST_NOTE):
        case {"of": str(of), "title": str(title), "how": str(how)}:
            return Purpose(printable(of), printable(title), printable(how))
    return None


def find_made(folder: Path, wanted: str) -> Path:
    """The place of an id, relative to FOLDER. Raises a RequestError where nothing is there."""
    there = folder / DELIVERED
    names = os.listdir(there) if there.is_dir() and not there.is_symlink() else []  # noqa: PTH208 - names alone
    places = (DELIVERED / name for name in names if not name.startswith("."))
    place = next((place for place in places if item_id(place) == wanted), None)
    if place is None:
        raise RequestError("there is no such file any more")
    return place


def free_place(folder: Path, stem: str, suffix: str, promised: Collection[str]) -> Path:
    """A place in FOLDER/delivered that nothing has and nothing that waits is to have, relative to FOLDER.

    Args:
        suffix: of the name; "" for a folder.
        promised: places that jobs are to write, relative to FOLDER.
    """
    taken = {place.casefold() for place in promised}
    return next(
        place
        for place in _places(stem, suffix)
        if not os.path.lexists(folder / place) and place.as_posix().casefold() not in taken
    )


def _places(stem: str, suffix: str) -> Iterator[Path]:
    yield DELIVERED / f"{stem}{suffix}"
    number = 2
    while True:
        yield DELIVERED / f"{stem}-{number}{suffix}"
        number += 1


def _is_shown(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") and not entry.is_symlink()


def _made(entry: os.DirEntry[str]) -> MadeFile:
    path, now = Path(entry.path), entry.stat(follow_symlinks=False)
    made_id = item_id(DELIVERED / entry.name)
    if entry.is_dir(follow_symlinks=False):
        sizes = [each.stat(follow_symlinks=False).st_size for each in os.scandir(path)]
        return MadeFile(made_id, path, sum(sizes), now.st_mtime, files=len(sizes))
    return MadeFile(made_id, path, now.st_size, now.st_mtime, _length(path, now.st_size, now.st_mtime_ns))


@lru_cache(maxsize=_KEPT)
def _length(path: Path, size: int, changed: int) -> float | None:
    """How many seconds a file lasts, by what it says itself."""
    if path.suffix.lower() not in _LASTING:
        return None
    said = describe(find_ffmpeg(path.parent), path)
    return float(said.lasts) if said is not None and said.lasts else None
