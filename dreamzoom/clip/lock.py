"""One writer a clip, by a lock that the system itself drops when its holder dies."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from dreamzoom.errors import ClipLockedError
from dreamzoom.io.files import storage_errors, write_atomically

_LOCK = ".lock"
_WRITER = ".writer"
_PATIENCE_S = 1.0  # `is_being_written` holds the lock for a moment


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be the one process that writes the clip in `folder`.

    A lock left by a process that was killed is no obstacle.

    Raises:
        ClipLockedError: another live process is writing it; its process number is named.
    """
    lock = FileLock(folder / _LOCK)
    with storage_errors(folder / _LOCK):
        try:
            lock.acquire(timeout=_PATIENCE_S)
        except Timeout:
            raise ClipLockedError(
                f"{folder} is being rendered by process {_writer(folder)}: wait for it, or stop it first"
            ) from None
    try:
        write_atomically(folder / _WRITER, str(os.getpid()).encode())
        yield
    finally:
        with contextlib.suppress(OSError):  # only a courtesy: the lock is what counts
            (folder / _WRITER).unlink(missing_ok=True)
        lock.release()


def is_being_written(folder: Path) -> bool:
    """Whether a live process is writing the clip in `folder`."""
    if not (folder / _WRITER).exists():
        return False
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False  # a folder that cannot be written is not being written
    lock.release()
    return False


def _writer(folder: Path) -> str:
    try:
        return (folder / _WRITER).read_text(encoding="ascii").strip() or "(unknown)"
    except (OSError, UnicodeDecodeError):
        return "(unknown)"
