"""Locks between processes: the system's own, which go with their holder, and a file where a disk has none.

The file is made by the one process that gets it, and names its machine and process. Who finds one that a dead
process of this machine left takes its place; of another machine nobody here can tell.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import socket
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dreamzoom.errors import warn
from dreamzoom.io.disk import PLAIN, create, open_plain, remove, rename
from dreamzoom.io.processes import began

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)
_NO_LOCKS = (
    errno.ENOLCK,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.ENOSYS,
    errno.EINVAL,
    errno.ENOTTY,
    errno.EBADF,
)
_BETWEEN_TRIES = 0.1  # seconds
# Who asks whether a lock is held may itself be kept from going on, by a machine that is busy.
_LONGEST_QUESTION, _BETWEEN_QUESTIONS = 5.0, 0.002  # seconds
_LONGEST_NOTE = 1000  # bytes
# Whose holder cannot be asked for, a temporary file is taken for a dead run's after so long without a change.
_ABANDONED = 3600.0  # seconds


class HeldError(Exception):
    """Somebody else has the lock.

    Attributes:
        note: the file that says so where the disk has no locks; None where the system itself does.
        host: the machine of its holder where that is another one, else "".
        process: its holder's number, 0 where it is not known.
    """

    def __init__(self, note: Path | None = None, host: str = "", process: int = 0) -> None:
        super().__init__(f"held by process {process} of {host or 'this machine'}")
        self.note, self.host, self.process = note, host, process


@contextlib.contextmanager
def held(path: Path, patience: float, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock that the file at `path` stands for; the file stays, and tells nothing.

    Args:
        patience: seconds to wait for another holder; infinity waits for ever.
        on_wait: called several times a second meanwhile.

    Raises:
        HeldError: another one, here or in another process, has it.
        OSError: the file cannot be made.
    """
    until = time.monotonic() + patience
    while True:
        try:
            release = _take(path)
            break
        except HeldError:
            if time.monotonic() >= until:
                raise
        on_wait()
        time.sleep(_BETWEEN_TRIES)
    try:
        yield
    finally:
        release()


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock at `path`. Nothing is written, and no holder to come is stopped.

    Raises:
        OSError: that cannot be told.
    """
    note = _note_path(path)
    if os.path.lexists(note) and not _read_note(note).is_dead:
        return True
    if not path.exists():
        return False
    descriptor = open_plain(path)
    try:
        return _lock(descriptor, shared=True) is False
    finally:
        os.close(descriptor)


def _take(path: Path) -> Callable[[], None]:
    """The lock, and what gives it up."""
    note = _note_path(path)
    with contextlib.ExitStack() as stack:
        descriptor = _open(path)
        stack.callback(os.close, descriptor)
        taken = _lock_unless_held(descriptor)
        if taken is False or (taken and not _is_still(descriptor, path)):
            raise HeldError
        _require_no_note(note)  # a machine that sees the same disk may do without its locks
        if taken is None:
            warn(
                f"{path.parent} is on a disk without locks: the file {note.name} in it keeps other processes "
                "out until this one ends"
            )
            _write_note(note)
            stack.callback(_remove_note, note)
        return stack.pop_all().close


def _open(path: Path) -> int:
    if path.is_symlink():  # nothing is made where it points
        remove(path)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | PLAIN, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "is no plain file", str(path))
    return descriptor


def _is_still(descriptor: int, path: Path) -> bool:
    """Whether the open file is the one that has the name now."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _lock_unless_held(descriptor: int) -> bool | None:
    """As `_lock`, but who only asks whether the lock is held, and so shares it for a moment, see `is_held`,
    is no holder, and is waited for.
    """
    until = time.monotonic() + _LONGEST_QUESTION
    while (taken := _lock(descriptor)) is False and sys.platform != "win32":
        if not _lock(descriptor, shared=True) or time.monotonic() >= until:
            break
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        time.sleep(_BETWEEN_QUESTIONS)
    return taken


def _lock(descriptor: int, shared: bool = False) -> bool | None:
    """Whether the system's lock on a file could be had at once; None where the disk has no locks."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        if error.errno in _NO_LOCKS:
            return None
        raise
    return True


# ---- where there are no locks --------------------------------------------------------------------


@dataclass(frozen=True)
class _Note:
    """Who holds a lock: the machine, the process, and when that process began in the machine's own words."""

    host: str
    process: int
    began: str = ""

    @property
    def is_dead(self) -> bool:
        """Whether the holder is known to have ended."""
        if self.host != socket.gethostname() or not self.process or sys.platform == "win32":
            return False
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False  # somebody else's, but alive
        return self.began != "" and began(self.process) not in ("", self.began)


def _note_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.holder")


def _read_note(path: Path) -> _Note:
    """Whose the note is; of no process where it cannot be read."""
    try:
        with os.fdopen(open_plain(path), "rb") as file:
            host, process, *since = file.read(_LONGEST_NOTE).decode().split()
        return _Note(host, int(process), *since[:1])
    except (OSError, ValueError):
        return _Note("", 0)


def _write_note(path: Path) -> None:
    try:
        descriptor = create(path)
    except FileExistsError:
        raise HeldError(path) from None
    me = os.getpid()
    with os.fdopen(descriptor, "wb") as file:
        file.write(f"{socket.gethostname()} {me} {began(me)}\n".encode())


def _remove_note(path: Path) -> None:
    with contextlib.suppress(OSError):
        remove(path)


def _require_no_note(path: Path) -> None:
    """Raise a HeldError unless there is no note, or a dead process's, which is removed."""
    if not os.path.lexists(path):
        return
    note = _read_note(path)
    if not note.is_dead:
        here = note.host == socket.gethostname()
        raise HeldError(path, "" if here else note.host or "an unknown machine", note.process)
    # By another name first: of two that find it, one gets on.
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    with contextlib.suppress(FileNotFoundError):
        rename(path, aside)
        remove(aside)


# ---- temporary files -----------------------------------------------------------------------------


def mark(path: Path) -> int | None:
    """Show, until the descriptor that is returned is closed, that a new temporary file or folder is in use:
    `remove_abandoned` leaves it alone. None where that cannot be shown.

    Raises:
        HeldError: it was taken for an abandoned one just now: make another.
    """
    if sys.platform == "win32":  # a lock would keep ffmpeg from writing; and files that are open cannot go
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY | PLAIN)
    except FileNotFoundError:
        raise HeldError from None
    except OSError:
        return None
    with contextlib.suppress(OSError):
        if _lock(descriptor) is False or not _is_still(descriptor, path):
            os.close(descriptor)
            raise HeldError
    return descriptor


def remove_abandoned(path: Path, delete: Callable[[Path], object]) -> bool:
    """Delete a temporary file or folder unless it is in use, see `mark`; whether that was done.

    Where nobody can tell, it has to be without a change for an hour.

    Raises:
        OSError: it cannot be deleted.
    """
    descriptor, taken = None, None
    with contextlib.suppress(OSError):
        if sys.platform != "win32":
            descriptor = os.open(path, os.O_RDONLY | PLAIN)
            taken = _lock(descriptor, shared=True)
    try:
        if taken is None:
            taken = time.time() - path.lstat().st_mtime > _ABANDONED
        if taken:
            delete(path)
        return taken
    finally:
        if descriptor is not None:
            os.close(descriptor)
