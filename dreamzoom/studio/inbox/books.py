"""What is known of the pictures that came: which job dreams each, and why a file was left alone.

A parcel is written before its job goes into the queue, with the job's id in it; so whatever dies in between,
the next look puts the job in, and never twice.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dreamzoom.errors import StorageError
from dreamzoom.io.files import read_at_most, storage_errors, write_atomically

_LONGEST = 16 << 20  # bytes
_LEFT = "left.json"


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
        title: the job's.
        words: the job's command line.
        target: the place that it writes, "" where these are several.
        pictures: those of it.
        is_queued: whether the job has been put into the queue.
    """

    job: str
    title: str
    words: tuple[str, ...]
    target: str
    pictures: tuple[Arrived, ...]
    is_queued: bool = False


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
        parcels = (_parcel(_read(path)) for path in paths if path.name != _LEFT)
        return [parcel for parcel in parcels if parcel is not None]

    def left(self) -> list[Arrived]:
        """The files that were left alone."""
        kept = _read(self.folder / _LEFT)
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


def _read(path: Path) -> Any:
    try:
        return json.loads(read_at_most(path, _LONGEST, StorageError, "file"))
    except (StorageError, ValueError, RecursionError):
        return None


def _parcel(kept: Any) -> Parcel | None:
    try:
        pictures = tuple(Arrived(**each) for each in kept["pictures"])
        return Parcel(**{**kept, "pictures": pictures, "words": tuple(kept["words"])})
    except (TypeError, KeyError):
        return None


def _arrived(kept: Any) -> Arrived | None:
    try:
        return Arrived(**kept)
    except TypeError:
        return None
