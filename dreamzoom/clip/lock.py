"""One writer a clip, by a lock that goes when its holder dies; see `dreamzoom.io.locks`.

A lock on a shared disk may be lost while its holder is at work: a machine is cut off, the server gives its
lock to the next, and the network comes back. Some disks keep locks of each machine apart. So the writer that
came last puts its mark into `.writer`, and who finds another mark there than its own writes no more.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dreamzoom.clip.journal import Journal
from dreamzoom.errors import ClipError, ClipLockedError, ClipTakenError
from dreamzoom.io.files import read_at_most, remove_leftovers, storage_errors, write_atomically
from dreamzoom.io.locks import HeldError, held, is_held
from dreamzoom.io.processes import has_open

_LOCK = ".lock"
_WRITER = ".writer"
_PATIENCE_S = 1.0  # `is_being_written` holds the lock for a moment
_GLANCE_S = 0.2  # the same for who has a person waiting
_LONGEST = 1000  # bytes


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be the one process that writes the clip in `folder`.

    A lock left by a process that was killed is no obstacle.

    Where the locks of a shared disk do not hold, who comes last takes the clip over, see `WriterMark`.

    Raises:
        ClipLockedError: another live process is writing it; its process number is named.
        ClipError: something else lies in the place of its lock.
        StorageError: the folder cannot be written.
    """
    require_own_places(folder)
    with contextlib.ExitStack() as stack:
        with storage_errors(folder / _LOCK):
            try:
                stack.enter_context(held(folder / _LOCK, _PATIENCE_S))
            except HeldError as error:
                raise ClipLockedError(_explain(folder, error)) from None
        remove_leftovers(folder, _WRITER)  # of one that was killed at this very place
        mark = _own_name() + f" {secrets.token_hex(8)}".encode()
        write_atomically(folder / _WRITER, mark)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # who finds it thinks that this process may still write
                if _read_mark(folder) == mark:
                    (folder / _WRITER).unlink(missing_ok=True)


@contextlib.contextmanager
def unwritten(folder: Path) -> Iterator[None]:
    """Keep everybody from writing the clip in `folder`, which is moved meanwhile: what moves under a writer
    is lost. Where something lies in the place of its lock nobody can be writing it.

    Raises:
        ClipLockedError: somebody is writing it, or moves it.
    """
    with contextlib.ExitStack() as stack:
        if sys.platform == "win32":  # which moves no folder that has an open file
            if is_being_written(folder):
                raise ClipLockedError(f"{folder} is being rendered")
        else:
            with contextlib.suppress(OSError):
                try:
                    stack.enter_context(held(folder / _LOCK, _GLANCE_S))
                except HeldError as error:
                    raise ClipLockedError(_explain(folder, error)) from None
        yield


@dataclass(frozen=True)
class WriterMark:
    """What a clip's writer is known by, while it writes; to be asked for before each thing that is written.

    Attributes:
        folder: the clip's.
        text: of the mark; None where the clip has none, and nobody can be told from this process.
    """

    folder: Path
    text: bytes | None

    def require(self, journal: Journal) -> None:
        """See that nobody has taken the clip over. A mark that a person deleted is put back.

        Args:
            journal: of the clip, as this process has written it.

        Raises:
            ClipTakenError: somebody has.
            StorageError: the mark cannot be put back.
        """
        there = _read_mark(self.folder)
        if self.text is None or there == self.text:
            return
        if there is not None:
            raise _taken(self.folder)
        if not journal.is_as_left():
            raise ClipTakenError(f"{self.folder} was gone on with by another process, which took it over")
        if self.folder.is_dir():
            write_atomically(self.folder / _WRITER, self.text)


def mark_of_writer(folder: Path) -> WriterMark:
    """The mark of this process, which writes the clip in `folder`. Raises a ClipTakenError where there is
    another's by now.
    """
    text = _read_mark(folder)
    if text is not None and text.split()[:2] != _own_name().split():
        raise _taken(folder)
    return WriterMark(folder, text)


def require_own_places(folder: Path) -> None:
    """See that no folder, FIFO or device lies where a clip's lock belongs. Raises a ClipError."""
    for path in (folder / _LOCK, folder / _WRITER):
        if os.path.lexists(path) and not path.is_symlink() and not path.is_file():
            what = "a folder" if path.is_dir() else "no plain file"
            raise ClipError(f"{path} is {what}: move it away, what tells who renders belongs there")


def _own_name() -> bytes:
    return f"{os.getpid()} {socket.gethostname()}".encode()


def _taken(folder: Path) -> ClipTakenError:
    return ClipTakenError(
        f"{folder} is being rendered by process {_writer(folder)} now, which took it over from this one"
    )


def is_being_written(folder: Path) -> bool:
    """Whether a live process is writing the clip in `folder`."""
    try:
        return (folder / _WRITER).exists() and is_held(folder / _LOCK)
    except OSError:
        return False  # a folder that cannot be written is not being written


def writer_of(folder: Path) -> int | None:
    """The number of the process of this machine that writes the clip in `folder`; None where nobody does, or
    that is not known for certain.
    """
    process, _, host = _writer(folder).partition(" on ")
    if host or not process.isdecimal() or not is_being_written(folder):
        return None
    return None if has_open(int(process), folder / _LOCK) is False else int(process)


def _explain(folder: Path, error: HeldError) -> str:
    if error.note is None:
        return f"{folder} is being rendered by process {_writer(folder)}: wait for it, or stop it first"
    process = f"process {error.process}" if error.process else "a process"
    if not error.host:
        return f"{folder} is being rendered by {process}: wait for it, or stop it first"
    return (
        f"{folder} is being rendered by {process} on {error.host}: wait for it; if it has ended, delete "
        f"{error.note} and run this again"
    )


def _read_mark(folder: Path) -> bytes | None:
    """The mark there is; None where there is none, or it cannot be read."""
    try:
        return read_at_most(folder / _WRITER, _LONGEST, ClipError, "note")
    except ClipError:
        return None


def _writer(folder: Path) -> str:
    """The number of the process that writes a clip, and its machine where that is another one."""
    try:
        words = read_at_most(folder / _WRITER, _LONGEST, ClipError, "note").decode("ascii").split()
    except (ClipError, UnicodeDecodeError):
        return "(unknown)"
    process, host = (*words, "", "")[:2]
    return f"{process or '(unknown)'}{f' on {host}' if host not in ('', socket.gethostname()) else ''}"
