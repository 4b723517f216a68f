"""One writer a clip, by a lock that goes when its holder dies; see `dreamzoom.io.locks`."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from dreamzoom.errors import ClipError, ClipLockedError
from dreamzoom.io.files import read_at_most, remove_leftovers, storage_errors, write_atomically
from dreamzoom.io.locks import HeldError, held, is_held
from dreamzoom.io.processes import has_open

_LOCK = ".lock"
_WRITER = ".writer"
_PATIENCE_S = 1.0  # `is_being_written` holds the lock for a moment
_LONGEST = 1000  # bytes


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be the one process that writes the clip in `folder`.

    A lock left by a process that was killed is no obstacle.

    Raises:
        ClipLockedError: another live process is writing it; its process number is named.
        StorageError: the folder cannot be written.
    """
    with contextlib.ExitStack() as stack:
        with storage_errors(folder / _LOCK):
            try:
                stack.enter_context(held(folder / _LOCK, _PATIENCE_S))
            except HeldError as error:
                raise ClipLockedError(_explain(folder, error)) from None
        remove_leftovers(folder, _WRITER)  # of one that was killed at this very place
        write_atomically(folder / _WRITER, f"{os.getpid()} {socket.gethostname()}".encode())
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # only a courtesy: the lock is what counts
                (folder / _WRITER).unlink(missing_ok=True)


def is_being_written(folder: Path) -> bool:
    """Whether a live process is writing the clip in `folder`."""
    if not (folder / _WRITER).exists():
        return False
    try:
        return is_held(folder / _LOCK)
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


def _writer(folder: Path) -> str:
    """The number of the process that writes a clip, and its machine where that is another one."""
    try:
        words = read_at_most(folder / _WRITER, _LONGEST, ClipError, "note").decode("ascii").split()
    except (ClipError, UnicodeDecodeError):
        return "(unknown)"
    process, host = (*words, "", "")[:2]
    return f"{process or '(unknown)'}{f' on {host}' if host not in ('', socket.gethostname()) else ''}"
