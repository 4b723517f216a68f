"""What delivered files are for: noted as they are ordered, and known by what is in them once they are there.

    .studio/delivered/ID.json       {"of": "sky", "title": "YouTube", "how": "", "content": "…"}
    .studio/delivered/CONTENT.json  {"ID": {"of": "sky", "title": "YouTube", "how": ""}, …}

ID is of the place that a file was ordered to, which tells its content once that is known. A content is a size
and a hash of a file's beginning and end: whoever renames or moves it changes neither. One content may have
been ordered for several: what one editor wants is what another wants, to the byte.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from dreamzoom.errors import printable
from dreamzoom.io.files import ends_digest, sha256_of, storage_errors, write_atomically
from dreamzoom.io.plain_json import read_json
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import DELIVERED, item_id

_LONGEST: Final = 100_000  # bytes of a note
_CONTENT: Final = re.compile(r"(\d+)-[0-9a-f]{64}\.json")
_KEPT: Final = 1024  # contents that are remembered


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


class PurposeKeeper:
    """Notes what was made, by what is in it, as soon as it lies where it was ordered to."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._seen: frozenset[tuple[str, int, int]] = frozenset()

    def look(self) -> None:
        """Note what has come since the last look. Raises a StorageError."""
        there = self._desk.folder / DELIVERED
        now = {_seen(entry): entry for entry in entries_of(there)}
        for seen in now.keys() - self._seen:
            _note_content(self._desk.private, item_id(DELIVERED / seen[0]), Path(now[seen].path))
        self._seen = frozenset(now)


def _seen(entry: os.DirEntry[str]) -> tuple[str, int, int]:
    """What a change of an entry is seen by."""
    now = entry.stat(follow_symlinks=False)
    return entry.name, now.st_size, now.st_mtime_ns


def _note_content(private: Path, made: str, path: Path) -> None:
    """Note what was ordered at a place under what is in it, once: what lies there later is something else."""
    told = read_json(_note(private, made), _LONGEST)
    purpose = _read_purpose(told)
    if purpose is None or (isinstance(told, dict) and "content" in told):
        return
    content = content_of(path)
    if content is None:
        return
    known = {name: asdict(each) for name, each in _read_content(_note(private, content)).items()}
    known.pop(made, None)  # the latest is the last
    write_atomically(_note(private, content), json.dumps({**known, made: asdict(purpose)}).encode())
    write_atomically(_note(private, made), json.dumps({**asdict(purpose), "content": content}).encode())


def entries_of(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder of FOLDER and may have been delivered: nothing hidden, no links, and nothing that
    has gone meanwhile.
    """
    if folder.is_symlink():
        return []
    try:
        with os.scandir(folder) as entries:
            shown = [entry for entry in entries if not entry.name.startswith(".") and not entry.is_symlink()]
    except OSError:
        return []
    return [entry for entry in shown if _is_there(entry)]


def _is_there(entry: os.DirEntry[str]) -> bool:
    """Whether an entry has not gone meanwhile; what it is now it tells from then on."""
    try:
        entry.stat(follow_symlinks=False)
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class KnownContents:
    """The contents that were noted.

    Attributes:
        private: the studio's own folder in FOLDER.
        sizes: theirs, in bytes: nothing is read of files that have others.
    """

    private: Path
    sizes: frozenset[int]

    def purpose_of(self, place: Path, path: Path, size: int, there: Collection[str] = ()) -> Purpose | None:
        """What a file was made for; None where nobody knows.

        Args:
            place: where it lies, relative to FOLDER.
            path: the same as a whole.
            size: its bytes; of a folder its files'.
            there: ids of places where something lies: of several that had its content, it is of another.
        """
        made = item_id(place)
        content = content_of(path) if size in self.sizes else None
        known = {} if content is None else _read_content(_note(self.private, content))
        if made in known or not known:
            return known.get(made) or _read_purpose(read_json(_note(self.private, made), _LONGEST))
        gone = [purpose for each, purpose in known.items() if each not in there]
        return [*known.values(), *gone][-1]


def known_contents(private: Path) -> KnownContents:
    """What is noted in the studio's own folder."""
    names = (entry.name for entry in entries_of(_note(private, "").parent))
    found = (_CONTENT.fullmatch(name) for name in names)
    return KnownContents(private, frozenset(int(match[1]) for match in found if match))


def content_of(path: Path) -> str | None:
    """What a file, or a folder of pictures, is known by; None where it cannot be read."""
    try:
        now = path.stat(follow_symlinks=False)
        return _content_of(path, now.st_size, now.st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=_KEPT)
def _content_of(path: Path, size: int, changed: int) -> str:
    if not path.is_dir():
        return f"{size}-{ends_digest(path)}"
    sizes = sorted(_sizes_in(path))
    return f"{sum(each for _, each in sizes)}-{sha256_of(json.dumps(sizes).encode())}"


def _sizes_in(folder: Path) -> Iterator[tuple[str, int]]:
    for entry in entries_of(folder):
        yield entry.name, entry.stat(follow_symlinks=False).st_size


def _note(private: Path, name: str) -> Path:
    return private / "delivered" / f"{name}.json"


def _read_content(note: Path) -> Mapping[str, Purpose]:
    """What a content was ordered for, by the ids of its places, the latest last."""
    told = read_json(note, _LONGEST)
    pairs = told.items() if isinstance(told, dict) else ()
    return {each: purpose for each, raw in pairs if (purpose := _read_purpose(raw)) is not None}


def _read_purpose(raw: object) -> Purpose | None:
    match raw:
        case {"of": str(of), "title": str(title), "how": str(how)}:
            return Purpose(printable(of), printable(title), printable(how))
    return None
