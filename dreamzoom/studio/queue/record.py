"""What a job leaves on disk beside its own file; from these files alone its state follows.

ID.json         the job
ID.lock         held as long as somebody minds its child
ID.begun.json   the child's process, written as it begins
ID.progress     how far it is, written by the command itself
ID.log          what it said
ID.stopping     somebody has asked it to stop
ID.end.json     how it ended
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from dreamzoom.errors import StorageError
from dreamzoom.io.disk import remove
from dreamzoom.io.files import open_regular, read_at_most, storage_errors, write_atomically
from dreamzoom.io.locks import is_held
from dreamzoom.io.plain_json import parse_json
from dreamzoom.io.processes import is_same
from dreamzoom.io.progress import read_progress
from dreamzoom.studio.queue.jobs import Job, JobState, read_job

T = TypeVar("T")

_LONGEST = 1 << 20  # bytes of a file of JSON
_SHOWN = 64 << 10  # bytes of a log that are shown
_STOPPED = (130, 143, -2, -15)  # how what was asked to stop ends: of itself, or by the signal

CUT_OFF = "It was cut off in the middle, with the machine or its process. What was finished is kept."
"""Why a job has stopped that could not say so itself."""


@dataclass(frozen=True)
class ChildStart:
    """A child that has begun.

    Attributes:
        process: its number.
        began: when, in the machine's own words, "" where these are not known.
        at: seconds since 1970.
    """

    process: int
    began: str
    at: float


@dataclass(frozen=True)
class ChildEnd:
    """How a child ended.

    Attributes:
        status: its exit status; a negative one is the signal that ended it.
        words: the last that it said.
        at: seconds since 1970.
    """

    status: int
    words: str
    at: float


@dataclass(frozen=True)
class Record:
    """The files of a job.

    Attributes:
        folder: of the list.
        id: the job's.
    """

    folder: Path
    id: str

    def path(self, ending: str) -> Path:
        """One of the files, by its ending."""
        return self.folder / f"{self.id}.{ending}"

    def read(self) -> Job | None:
        """The job; None where there is none, or none that can be read."""
        job = _known(read_job, self.path("json"))
        return job if job is not None and job.id == self.id else None

    def begun(self) -> ChildStart | None:
        """Its child, if one has begun."""
        return _known(_read_start, self.path("begun.json"))

    def ended(self) -> ChildEnd | None:
        """How it ended, if it has."""
        return _known(_read_end, self.path("end.json"))

    def is_stopping(self) -> bool:
        """Whether somebody has asked it to stop."""
        return self.path("stopping").exists()

    def is_running(self) -> bool:
        """Whether somebody minds its child, or the child goes on alone."""
        with contextlib.suppress(OSError):
            if is_held(self.path("lock")):
                return True
        begun = self.begun()
        return begun is not None and is_same(begun.process, begun.began)

    def state(self) -> JobState:
        """What has become of it."""
        ended = self.ended()
        if ended is None:
            if self.is_running():
                return "running"
            ended = self.ended()  # asked again: the end is written before the lock is given up
        if ended is not None:
            if ended.status == 0:
                return "done"
            return "stopped" if ended.status in _STOPPED else "failed"
        return "stopped" if self.path("begun.json").exists() else "waiting"

    def progress(self) -> dict[str, Any] | None:
        """How far it is, as the command told it last: label, unit, done, total, rate, left."""
        return read_progress(self.path("progress"))

    def log(self) -> str:
        """The last that it said."""
        try:
            with open_regular(self.path("log"), StorageError, "log") as file:
                size = file.seek(0, 2)
                file.seek(max(0, size - _SHOWN))
                text = file.read(_SHOWN).decode(errors="replace")
        except (StorageError, OSError):
            return ""
        return text.partition("\n")[2] if size > _SHOWN else text

    def note_begun(self, begun: ChildStart) -> None:
        """Note a child. Raises a StorageError."""
        write_atomically(self.path("begun.json"), json.dumps(asdict(begun)).encode())

    def note_end(self, ended: ChildEnd) -> None:
        """Note how it ended. Raises a StorageError."""
        write_atomically(self.path("end.json"), json.dumps(asdict(ended)).encode())

    def ask_to_stop(self) -> None:
        """Note that somebody wants it to stop. Raises a StorageError."""
        write_atomically(self.path("stopping"), b"")

    def begin_anew(self) -> None:
        """Forget what became of it: it waits again. Raises a StorageError."""
        self._remove("stopping", "progress", "log", "begun.json", "end.json")

    def remove(self) -> None:
        """Delete all of it but the lock, the job first. Raises a StorageError."""
        self._remove("json", "stopping", "progress", "log", "begun.json", "end.json")

    def remove_lock(self) -> None:
        """Delete the lock, which nobody holds any more. Raises a StorageError."""
        self._remove("lock")

    def _remove(self, *endings: str) -> None:
        for ending in endings:
            with storage_errors(self.path(ending)):
                remove(self.path(ending))


def _known(read: Callable[[bytes], T | None], path: Path) -> T | None:
    """What a file tells, read again only where it is another one: each is written whole, as a new file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return cast("T | None", _read_once(read, path, (found.st_ino, found.st_mtime_ns, found.st_size)))


@lru_cache(maxsize=1024)
def _read_once(read: Callable[[bytes], object], path: Path, stamp: tuple[int, ...]) -> object:
    try:
        return read(read_at_most(path, _LONGEST, StorageError, "file"))
    except StorageError:
        return None


def _read_start(data: bytes) -> ChildStart | None:
    match _parsed(data):
        case {"process": int(process), "began": str(began), "at": int(at) | float(at)}:
            return ChildStart(process, began, float(at))
    return None


def _read_end(data: bytes) -> ChildEnd | None:
    match _parsed(data):
        case {"status": int(status), "words": str(words), "at": int(at) | float(at)}:
            return ChildEnd(status, words, float(at))
    return None


def _parsed(data: bytes) -> object:
    try:
        return parse_json(data)
    except ValueError:
        return None
