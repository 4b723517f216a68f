"""The files that were made, in FOLDER/delivered or moved from there, and the names of those to come."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from dreamzoom.errors import RequestError
from dreamzoom.studio.delivering.purposes import KnownContents, Purpose, entries_of, known_contents
from dreamzoom.studio.library.items import DELIVERED, ROOMS, item_id
from dreamzoom.video.description import describe
from dreamzoom.video.ffmpeg import find_ffmpeg

_LASTING: Final = (".mp4", ".mov", ".webm", ".mkv")
_SUFFIXES: Final = (*_LASTING, ".gif", ".webp")
_SHOWN: Final = 200  # of the newest
_KEPT: Final = 1024  # lengths that are remembered
_LOOKED_AT_S: Final = 0.7  # for which lengths are looked up at a time; those of others are told the next time


@dataclass(frozen=True)
class MadeFile:
    """A file that was made.

    Attributes:
        id: as an item's, made of its place.
        place: where it lies, relative to FOLDER.
        path: the same as a whole.
        bytes: how many it has; of a folder its files'.
        changed: seconds since 1970.
        seconds: how long it lasts; None where that is not known, or not yet.
        files: of a folder, how many; else None.
        purpose: what it was made for; None where nobody noted that.
    """

    id: str
    place: Path
    path: Path
    bytes: int
    changed: float
    seconds: float | None = None
    files: int | None = None
    purpose: Purpose | None = None


def list_made(folder: Path, private: Path) -> list[MadeFile]:
    """What was made, the newest first, wherever in FOLDER it lies now. Links are not followed.

    Args:
        private: the studio's own folder in FOLDER.
    """
    contents = known_contents(private)
    there = {DELIVERED / entry.name: entry for entry in entries_of(folder / DELIVERED)}
    there |= dict(_moved(folder, contents))
    ids = {item_id(place) for place in there}
    latest = sorted(there, key=lambda place: there[place].stat(follow_symlinks=False).st_mtime, reverse=True)
    end = time.monotonic() + _LOOKED_AT_S
    made = [_made(place, there[place], is_in_time=time.monotonic() < end) for place in latest[:_SHOWN]]
    return [
        replace(each, purpose=contents.purpose_of(each.place, each.path, each.bytes, ids)) for each in made
    ]


def _moved(folder: Path, contents: KnownContents) -> Iterator[tuple[Path, os.DirEntry[str]]]:
    """Files that lie elsewhere in FOLDER and were delivered, by what is in them."""
    for room in ROOMS:
        for entry in entries_of(folder / room) if room != DELIVERED else ():
            if not entry.is_file() or not entry.name.lower().endswith(_SUFFIXES):
                continue
            size = entry.stat(follow_symlinks=False).st_size
            if size in contents.sizes and contents.purpose_of(room / entry.name, Path(entry.path), size):
                yield room / entry.name, entry


def find_made(folder: Path, private: Path, wanted: str) -> Path:
    """The place of an id, relative to FOLDER. Raises a RequestError where nothing is there that was made.

    Args:
        private: the studio's own folder in FOLDER.
    """
    places = [DELIVERED / entry.name for entry in entries_of(folder / DELIVERED)]
    found = next((place for place in places if item_id(place) == wanted), None)
    if found is None:
        moved = (place for place, _ in _moved(folder, known_contents(private)))
        found = next((place for place in moved if item_id(place) == wanted), None)
    if found is None:
        raise RequestError("there is no such file any more")
    return found


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


def _made(place: Path, entry: os.DirEntry[str], *, is_in_time: bool) -> MadeFile:
    path, now = Path(entry.path), entry.stat(follow_symlinks=False)
    made = MadeFile(item_id(place), place, path, now.st_size, now.st_mtime)
    if entry.is_dir(follow_symlinks=False):
        sizes = [each.stat(follow_symlinks=False).st_size for each in entries_of(path)]
        return replace(made, bytes=sum(sizes), files=len(sizes))
    return replace(made, seconds=_length(path, now.st_size, now.st_mtime_ns)) if is_in_time else made


@lru_cache(maxsize=_KEPT)
def _length(path: Path, size: int, changed: int) -> float | None:
    """How many seconds a file lasts, by what it says itself."""
    if path.suffix.lower() not in _LASTING:
        return None
    said = describe(find_ffmpeg(path.parent), path)
    return float(said.lasts) if said is not None and said.lasts else None
