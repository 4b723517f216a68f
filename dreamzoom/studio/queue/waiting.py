"""The list of jobs on disk: what waits, in which order, what is at work, what became of it.

A job is a file of its own. The order of those that were moved is one file more, written whole; who is not in
it comes after, in the order of coming. So a crash at any instant loses no job, and at most the latest move.
"""

from __future__ import annotations

import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from dreamzoom.errors import RequestError, StorageError
from dreamzoom.io.disk import remove
from dreamzoom.io.files import read_at_most, storage_errors, write_atomically
from dreamzoom.io.locks import HeldError, held
from dreamzoom.io.plain_json import read_json
from dreamzoom.studio.queue.jobs import ID, Job, JobState
from dreamzoom.studio.queue.record import Record

FINISHED: Final[tuple[JobState, ...]] = ("done", "stopped", "failed")
"""States in which nothing more becomes of a job by itself."""

_LONGEST = 1 << 20  # bytes
_PARTING = 10.0  # seconds in which the minder of a job that has ended gives it up: the disk may be busy
_GLANCE = 0.5  # seconds in which whoever asks whether a job is at work lets go of its lock


class UnknownJobError(RequestError):
    """There is no job of that id, or not any more."""


class WaitingList:
    """The jobs of a studio, in a folder of its own; every process that looks sees the same.

    Args:
        folder: `FOLDER/.studio/queue`; made when the first job comes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._changing = threading.Lock()  # the order is read and written by several threads
        self._listeners: list[Callable[[], None]] = []

    # ---- what is there ---------------------------------------------------------------------------

    def jobs(self) -> list[Job]:
        """All jobs, in their order."""
        order = {job: place for place, job in enumerate(self._order())}
        last = len(order)
        return sorted(self._read_jobs(), key=lambda job: (order.get(job.id, last), job.added, job.id))

    def find(self, job: str) -> Job:
        """The job of an id. Raises an UnknownJobError."""
        found = Record(self.folder, job).read() if ID.fullmatch(job) else None
        if found is None:
            raise UnknownJobError("there is no such job in the queue any more")
        return found

    def record(self, job: Job) -> Record:
        """What a job has left."""
        return Record(self.folder, job.id)

    def state(self, job: Job) -> JobState:
        """What has become of a job."""
        return self.record(job).state()

    @property
    def is_paused(self) -> bool:
        """Whether none of those that wait is begun."""
        return self._pause.exists()

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether it is paused because the folder came from another place, see `settle`."""
        return self.is_paused and self._pause.stat().st_size > 0

    @property
    def is_settled(self) -> bool:
        """Whether this is still the place that `settle` has seen, and none that was made since."""
        return self._home.exists()

    # ---- what changes it ---------------------------------------------------------------------------

    def add(
        self,
        title: str,
        words: tuple[str, ...],
        target: str = "",
        *,
        first: bool = False,
        job_id: str | None = None,
    ) -> Job:
        """Put a job at the end of the list.

        Args:
            first: put it at the front.
            job_id: an id of its own: where there is such a job, nothing is done.

        Raises:
            StorageError: it cannot be written; the list is as it was.
        """
        with storage_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with self._changing:
            latest = max((each.added for each in self._read_jobs()), default=0)
            now = max(time.time_ns(), latest + 1)  # also after the clock was set back
            job = Job(job_id or secrets.token_hex(8), title, tuple(words), target, now)
            there = self.record(job).read()
            if there is not None:
                return there
            write_atomically(self.record(job).path("json"), job.as_json())
            if first:
                self._write_order([job.id, *self._ids_but(job.id)])
        self.tell()
        return job

    def move(self, job: Job, before: Job | None) -> None:
        """Put a job before another one, or at the end. Raises a StorageError."""
        if before == job:
            return
        with self._changing:
            ids = self._ids_but(job.id)
            place = ids.index(before.id) if before is not None and before.id in ids else len(ids)
            self._write_order([*ids[:place], job.id, *ids[place:]])
        self.tell()

    def again(self, job: Job, *, first: bool = False, words: tuple[str, ...] = ()) -> None:
        """Let a job that has ended wait anew, at the end of the list or at its front.

        Args:
            words: another command line for it.

        Raises:
            RequestError: it waits or runs already.
            StorageError: it cannot be written.
        """
        if self.state(job) not in FINISHED:
            raise RequestError(f"{job.title}: is in the queue already")
        with self._changing:
            ids = self._ids_but(job.id)
            self._write_order([job.id, *ids] if first else [*ids, job.id])
            if words:
                write_atomically(self.record(job).path("json"), replace(job, words=words).as_json())
            self.record(job).begin_anew()
        self.tell()

    def remove(self, job: Job) -> None:
        """Take a job out of the list.

        Raises:
            RequestError: it runs.
            StorageError: its files cannot be removed.
        """
        record = self.record(job)
        with self._changing:
            state = self.state(job)
            if state == "running":
                raise RequestError(f"{job.title}: is at work; stop it first")
            patience = _PARTING if state in FINISHED else _GLANCE
            try:
                with storage_errors(record.path("lock")), held(record.path("lock"), patience):
                    record.remove()  # no minder takes it up meanwhile
            except HeldError:
                raise RequestError(f"{job.title}: has just begun; stop it first") from None
            record.remove_lock()
        self.tell()

    def pause(self, *, on: bool) -> None:
        """Begin none of those that wait any more, or go on with them. Raises a StorageError."""
        with storage_errors(self._pause):
            self.folder.mkdir(parents=True, exist_ok=True)
            if not on:
                remove(self._pause)
        if on:
            write_atomically(self._pause, b"")
        self.tell()

    def settle(self, found: Collection[str]) -> None:
        """Note that the list is here. One that came from another place with jobs in it, a copy, a backup or
        somebody else's folder, is paused: a person looks at what it would do before it does it.

        Args:
            found: the ids of the jobs that were in it when this server began; what came since is from here.

        Raises:
            StorageError: it cannot be written.
        """
        here = f"{socket.gethostname()} {self.folder.stat().st_ino}".encode()
        try:
            is_home = read_at_most(self._home, _LONGEST, StorageError, "note") == here
        except StorageError:
            is_home = False
        if is_home:
            return
        if any(job.id in found and self.state(job) == "waiting" for job in self.jobs()):
            write_atomically(self._pause, b"from elsewhere")
        write_atomically(self._home, here)

    def listen(self, react: Callable[[], None]) -> None:
        """Call a function, in whatever thread it is, whenever something was changed here."""
        self._listeners.append(react)

    def tell(self) -> None:
        """Tell those who listen that something has changed."""
        for react in self._listeners:
            react()

    # ---- files -----------------------------------------------------------------------------------

    @property
    def _pause(self) -> Path:
        return self.folder / "paused"

    @property
    def _home(self) -> Path:
        return self.folder / "home"

    @property
    def _order_path(self) -> Path:
        return self.folder / "order.json"

    def _read_jobs(self) -> list[Job]:
        try:
            names = [path.name.partition(".") for path in self.folder.iterdir()]
        except FileNotFoundError:
            return []
        ids = [name for name, _, ending in names if ending == "json" and ID.fullmatch(name)]
        return [job for each in ids if (job := Record(self.folder, each).read()) is not None]

    def _ids_but(self, job: str) -> list[str]:
        return [each.id for each in self.jobs() if each.id != job]

    def _order(self) -> list[str]:
        order = read_json(self._order_path, _LONGEST)
        return [each for each in order if isinstance(each, str)] if isinstance(order, list) else []

    def _write_order(self, ids: Sequence[str]) -> None:
        write_atomically(self._order_path, json.dumps(list(ids)).encode())
