"""What is known of the pictures that came: which job dreams each, and why a file was left alone.

A parcel is written before its job goes into the queue, with the job's id in it; so whatever dies in between,
the next look puts the job in, and never twice. It tells what is to be dreamed, and no command line: a
stranger's folder has books as well.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from dreamzoom.io.files import storage_errors, write_atomically
from dreamzoom.io.plain_json import read_json
from dreamzoom.recipe.presets import names_file
from dreamzoom.studio.library.items import DREAMED, INBOX
from dreamzoom.studio.queue.jobs import ID

_LONGEST = 16 << 20  # bytes
_LEFT = "left.json"
_SIZE: Final = re.compile(r"\d{1,5}x\d{1,5}|")


@dataclass(frozen=True)
class Arrived:
    """A file in the inbox as it was when it was looked at.

    Attributes:
        name: of the file.
        size: in bytes.
        changed: when it was, in nanoseconds since 1970.
        digest: its SHA-256.
        dream: the name of its dream in FOLDER/dreamed, "" where it has none.
        why: why it was left alone, "" where it was not.
    """

    name: str
    size: int
    changed: int
    digest: str = ""
    dream: str = ""
    why: str = ""

    @property
    def as_seen(self) -> tuple[str, int, int]:
        """By which it is known again without being read."""
        return (self.name, self.size, self.changed)


@dataclass(frozen=True)
class Parcel:
    """Pictures that one job dreams.

    Attributes:
        job: the job's id.
        pictures: those of it.
        preset: the look.
        size: what they are to be made, "" where their own size will do.
        is_queued: whether the job has been put into the queue.
    """

    job: str
    pictures: tuple[Arrived, ...]
    preset: str
    size: str = ""
    is_queued: bool = False

    @property
    def title(self) -> str:
        """The job's."""
        is_one = len(self.pictures) == 1
        return f"Dream {self.pictures[0].name}" if is_one else f"Dream {len(self.pictures)} pictures"

    @property
    def target(self) -> str:
        """The place that the job writes, "" where these are several."""
        return f"{DREAMED}/{self.pictures[0].dream}" if len(self.pictures) == 1 else ""

    @property
    def words(self) -> tuple[str, ...]:
        """The job's command line."""
        sources = [f"{INBOX}/{each.name}" for each in self.pictures]
        sized = ("--size", self.size) if self.size else ()
        return ("dream", *sources, "-o", self.target or DREAMED.name, "--preset", self.preset, *sized)


class Books:
    """The parcels and the files left alone.

    Args:
        folder: `FOLDER/.studio/inbox`; made when the first is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def parcels(self) -> list[Parcel]:
        """All parcels there have been."""
        try:
            paths = sorted(path for path in self.folder.iterdir() if path.suffix == ".json")
        except FileNotFoundError:
            return []
        parcels = (_parcel_in(path) for path in paths if path.name != _LEFT)
        return [parcel for parcel in parcels if parcel is not None]

    def left(self) -> list[Arrived]:
        """The files that were left alone."""
        kept = read_json(self.folder / _LEFT, _LONGEST)
        return [found for each in kept if (found := _arrived(each))] if isinstance(kept, list) else []

    def keep(self, parcel: Parcel) -> None:
        """Write a parcel down. Raises a StorageError."""
        self._write(f"{parcel.job}.json", asdict(parcel))

    def keep_queued(self, parcel: Parcel) -> None:
        """Note that its job is in the queue. Raises a StorageError."""
        self.keep(replace(parcel, is_queued=True))

    def keep_left(self, left: list[Arrived]) -> None:
        """Write down what was left alone. Raises a StorageError."""
        self._write(_LEFT, [asdict(each) for each in left])

    def _write(self, name: str, facts: Any) -> None:
        with storage_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self.folder / name, json.dumps(facts).encode())


def _parcel_in(path: Path) -> Parcel | None:
    """What a file tells, read again only where it is another one: there may be thousands."""
    try:
        there = path.stat()
    except OSError:
        return None
    return _read_once(path, (there.st_ino, there.st_mtime_ns, there.st_size))


@lru_cache(maxsize=1 << 14)
def _read_once(path: Path, stamp: tuple[int, ...]) -> Parcel | None:
    match read_json(path, _LONGEST):
        case {"job": str(job), "pictures": list(kept), "is_queued": bool(is_queued), **more}:
            pictures = tuple(found for each in kept if (found := _arrived(each)) is not None)
            preset, size = str(more.get("preset", "")), str(more.get("size", ""))
            parcel = Parcel(job, pictures, preset, size, is_queued)
            return parcel if pictures and (is_queued or _may_be_queued(parcel)) else None
    return None


def _may_be_queued(parcel: Parcel) -> bool:
    """Whether its job would dream what lies in the inbox, by a look that dreamzoom knows."""
    names = [name for each in parcel.pictures for name in (each.name, each.dream)]
    are_plain = all(name and not set(name) & set("/\\\0") and name not in (".", "..") for name in names)
    return (
        ID.fullmatch(parcel.job) is not None
        and are_plain
        and parcel.preset != ""
        and not names_file(parcel.preset)
        and _SIZE.fullmatch(parcel.size) is not None
    )


def _arrived(kept: object) -> Arrived | None:
    match kept:
        case {"name": str(name), "size": int(size), "changed": int(changed), **more}:
            digest, dream, why = (str(more.get(key, "")) for key in ("digest", "dream", "why"))
            return Arrived(name, size, changed, digest, dream, why)
    return None
