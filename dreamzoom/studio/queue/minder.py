"""The process beside a job's child: it keeps what the child says, and how it ends, whoever dies meanwhile.

It is started by the runner, in a session of its own, and outlives the server. It loads next to nothing.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from dreamzoom.errors import DreamzoomError, StorageError, printable
from dreamzoom.io.locks import HeldError, held
from dreamzoom.io.processes import began, interrupt
from dreamzoom.io.progress import VARIABLE
from dreamzoom.studio.children import python_command
from dreamzoom.studio.queue.jobs import Job
from dreamzoom.studio.queue.record import ChildEnd, ChildStart, Record

LONGEST_LOG: Final = 512 << 10
"""Bytes after which the older half of a log is left out."""

STOPPED: Final = 130
"""The exit status of what has stopped as it was asked to."""

_KEPT = 20  # last lines of which the words of a failure are taken
_LONGEST_LINE = 64 << 10
_NICER = 5  # the page and the person's other programs come first


def minder_command(record: Record) -> list[str]:
    """The command line of a job's minder."""
    return python_command(str(record.folder), record.id, module="dreamzoom.studio.queue.minder")


def mind(record: Record, folder: Path) -> None:
    """Run a job's command in FOLDER, and note how it ends. Nothing is done where another one minds it.

    Raises:
        StorageError: the disk is full, or cannot be written.
    """
    try:
        with held(record.path("lock"), 0):
            job = record.read()
            if job is None or record.ended() is not None or record.begun() is not None:
                return
            record.note_end(_run(record, job, folder))
    except HeldError:
        return


def _run(record: Record, job: Job, folder: Path) -> ChildEnd:
    if record.is_stopping():
        return ChildEnd(STOPPED, "", time.time())
    record.note_begun(ChildStart(os.getpid(), began(os.getpid()), time.time()))
    try:
        child = _start(record, job, folder)
    except (OSError, ValueError) as error:
        return ChildEnd(1, f"it could not be started: {error}", time.time())
    with contextlib.suppress(StorageError):  # a disk that is full now keeps the note of this process
        record.note_begun(ChildStart(child.pid, began(child.pid), time.time()))
    if record.is_stopping():
        with contextlib.suppress(OSError):
            interrupt(child.pid)
    assert child.stdout is not None  # noqa: S101 - it was started with a pipe
    with child:
        last = _keep(child.stdout, record.path("log"))
        status = child.wait()
    if record.is_stopping() and "KeyboardInterrupt" in last:
        status = STOPPED  # it came so early that Python ended, before a line of ours that tells of it
    return ChildEnd(status, words_of(status, last), time.time())


def _start(record: Record, job: Job, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        python_command(*job.words),
        cwd=folder,
        env={**os.environ, VARIABLE: str(record.path("progress"))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def _keep(said: IO[bytes], path: Path) -> list[str]:
    """Write what is said into a log, as far as the disk takes it; the last lines of it."""
    last: deque[str] = deque(maxlen=_KEPT)
    log = SaidLog(path)
    while line := said.readline(_LONGEST_LINE):
        log.write(line)
        if words := printable(line.decode(errors="replace").strip()):
            last.append(words)
    return list(last)


class SaidLog:
    """A log of a bounded length, of which the end is kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size if path.exists() else 0

    def write(self, line: bytes) -> None:
        """Add a line; a disk that is full leaves it out."""
        with contextlib.suppress(OSError):
            if self._size + len(line) > LONGEST_LOG:
                self._shorten()
            with self._path.open("ab") as file:
                file.write(line)
            self._size += len(line)

    def _shorten(self) -> None:
        kept = self._path.read_bytes()[-LONGEST_LOG // 2 :].partition(b"\n")[2]
        self._path.write_bytes(kept)
        self._size = len(kept)


def words_of(status: int, last: Sequence[str]) -> str:
    """Why a command failed, in its own words; "" where it did not."""
    if status == 0:
        return ""
    if status < 0 and status != -2:
        return f"It was ended from outside (signal {-status}), perhaps for lack of memory."
    said = last[-1] if last else "it said nothing"
    for beginning in ("dreamzoom: ", "Error: "):
        said = said.removeprefix(beginning)
    return said


def main(arguments: Sequence[str]) -> int:
    """Mind the job whose list and id are given; the exit status."""
    folder, job = Path(arguments[0]), arguments[1]
    # Until its child is noted it stands for it, and is asked to stop in its place, as its record tells it.
    # A handler, for the child has the system's again: that a signal is ignored it would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    if hasattr(os, "nice"):
        os.nice(_NICER)
    try:
        mind(Record(folder, job), folder.parents[1])
    except DreamzoomError as error:
        sys.stderr.write(f"{printable(str(error))}\n")  # into the job's log
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
