"""Whoever begins what waits: one thread of the one server that holds the list's lock.

Each job is a child process with a minder beside it, see `minder`: both go on when the server is killed. The
next server finds what is at work by its lock, waits for it, and goes on with the list.
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import threading
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from dreamzoom.errors import DreamzoomError, StorageError, printable
from dreamzoom.io.files import storage_errors
from dreamzoom.io.locks import HeldError, held
from dreamzoom.studio.children import child_environment
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.queue.facts import hindrance, queue_facts
from dreamzoom.studio.queue.jobs import Job
from dreamzoom.studio.queue.minder import minder_command, words_of
from dreamzoom.studio.queue.record import ChildEnd, Record

_PERIOD = 0.5  # seconds between two looks
_AFTER_TROUBLE = 10.0  # seconds
_LASTING: Final = 50  # finished jobs that are kept


@contextlib.contextmanager
def running_the_queue(
    desk: Desk, loop: AbstractEventLoop, chores: Sequence[Callable[[], None]] = (), at_once: int = 1
) -> Iterator[None]:
    """Begin what waits, and tell every page what changes, as long as the context lasts.

    Args:
        loop: where the feed lives.
        chores: what else the one server that has the list does, after each look at it.
        at_once: how many jobs dream side by side.
    """
    runner = Runner(desk, loop, chores, at_once)
    thread = threading.Thread(target=runner.run, name="queue", daemon=True)
    thread.start()
    try:
        yield
    finally:
        runner.end()
        thread.join()


class Runner:
    """Begins what waits.

    Args:
        loop: where the feed lives.
        chores: what else is done after each look.
        at_once: how many jobs dream side by side; beside them one that is quick.
    """

    def __init__(
        self, desk: Desk, loop: AbstractEventLoop, chores: Sequence[Callable[[], None]], at_once: int
    ) -> None:
        self._desk, self._loop, self._chores, self._at_once = desk, loop, chores, at_once
        self._list = desk.waiting
        self._found = frozenset(job.id for job in desk.waiting.jobs())
        self._ending = threading.Event()
        self._changed = threading.Event()
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._told: dict[str, Any] | None = None
        self._list.listen(self._changed.set)

    def run(self) -> None:
        """Look again and again until the end is asked for."""
        with contextlib.ExitStack() as stack:
            is_ours = False
            while not self._ending.is_set():
                trouble = ""
                try:
                    if not is_ours:
                        is_ours = self._take(stack)
                    if is_ours:
                        self._require_its_place()
                        self._begin_what_may()
                        for chore in self._chores:
                            chore()
                except (DreamzoomError, OSError) as error:
                    trouble = printable(str(error))
                except Exception as error:  # noqa: BLE001 - what nobody foresaw: told, and the list goes on
                    trouble = _unforeseen(error)
                try:
                    self._tell(trouble)
                except Exception as error:  # noqa: BLE001 - the same
                    trouble = _unforeseen(error)
                self._changed.wait(_AFTER_TROUBLE if trouble else _PERIOD)
                self._changed.clear()

    def end(self) -> None:
        """Ask for the end; what is at work goes on."""
        self._ending.set()
        self._changed.set()

    def _take(self, stack: contextlib.ExitStack) -> bool:
        """Whether this is the one server that begins jobs in this folder."""
        folder = self._list.folder
        if not self._desk.private.is_dir():
            return False  # nothing has come yet
        with storage_errors(folder):
            folder.mkdir(exist_ok=True)
            try:
                stack.enter_context(held(folder / ".lock", 0))
            except HeldError:
                return False
            self._list.settle(self._found)
        return True

    def _require_its_place(self) -> None:
        """See that the list is still where it was: nothing begins by itself in what takes its place.

        Raises:
            StorageError: the folder was moved away, or is on a disk that is.
        """
        if not self._list.is_settled:
            raise StorageError(
                f"{self._desk.folder} is not where it was: move it back, or start the studio where it is now"
            )

    def _begin_what_may(self) -> None:
        self._look_after_the_started()
        jobs = self._list.jobs()
        states = {job.id: self._state(job) for job in jobs}
        self._forget_the_oldest([job for job in jobs if states[job.id] == "done"])
        if self._list.is_paused:
            return
        ahead = [job for job in jobs if states[job.id] == "running"]
        room = {quick: (1 if quick else self._at_once) for quick in (True, False)}
        for job in ahead:
            room[job.is_quick] -= 1
        for job in jobs:
            if states[job.id] != "waiting":
                continue
            if room[job.is_quick] > 0 and hindrance(self._desk.folder, job, ahead) is None:
                self._start(job)
                room[job.is_quick] -= 1
            ahead.append(job)

    def _state(self, job: Job) -> str:
        """As disk tells it; what was started and has not noted so yet is at work as well."""
        state = self._list.state(job)
        return "running" if state == "waiting" and job.id in self._started else state

    def _start(self, job: Job) -> None:
        record = self._list.record(job)
        with storage_errors(record.path("log")), record.path("log").open("ab") as log:
            self._started[job.id] = subprocess.Popen(
                minder_command(record),
                cwd=self._desk.folder,
                env=child_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **_apart(),
            )

    def _look_after_the_started(self) -> None:
        """Those whose minder has ended; one that ended before it could note anything has failed."""
        for job, process in list(self._started.items()):
            status = process.poll()
            if status is None:
                continue
            del self._started[job]
            record = Record(self._list.folder, job)
            if status != 0 and record.read() is not None and record.state() == "waiting":
                words = words_of(status, record.log().strip().splitlines()[-1:])
                record.note_end(ChildEnd(status, words, time.time()))

    def _forget_the_oldest(self, done: list[Job]) -> None:
        for job in sorted(done, key=lambda each: each.added)[:-_LASTING]:
            self._list.remove(job)

    def _tell(self, trouble: str) -> None:
        facts = queue_facts(self._desk, trouble)
        if facts == self._told:
            return
        self._told = facts
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._desk.feed.tell, "queue", facts)


def _unforeseen(error: Exception) -> str:
    """What pages are told of an error that nobody foresaw; the terminal shows where it is."""
    logging.getLogger("uvicorn.error").error("in the queue", exc_info=error)
    return f"internal error: {type(error).__name__}; the terminal of dreamzoom studio shows more"


def _apart() -> dict[str, Any]:
    """What keeps a child from the terminal's Ctrl-C, and from the server's end."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}
