"""What disks answer that is no fault: refusals that pass, and flushes that a file system does not know.

Everything here raises the system's own OSError; `files` turns it into words.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

# Seconds between tries, under two in all. Windows's scanners and the clients of sync services hold a file
# for a moment after it was written.
_WAITS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7)
_PASSING = (errno.EACCES, errno.EPERM, errno.EBUSY)
_PASSING_ON_WINDOWS = (5, 32, 33)  # access denied, sharing violation, lock violation

# How file systems of networks and of user space say that they have no flush: never EIO or ENOSPC.
_NO_FLUSH = {
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.ENOSYS,
    errno.EINVAL,
    errno.ENOTTY,
    errno.EBADF,
    errno.EACCES,
    errno.EPERM,
}
_PROBE = 1 << 20  # bytes
_NO_FLUSH_OF_A_FOLDER = {*_NO_FLUSH, errno.ENOENT, errno.EISDIR, errno.ENOTDIR}

# What only some systems have: no symbolic link is followed, no process that is started gets the file, no FIFO
# waits for its other end, no terminal becomes this process's own.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_OWN = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0) | getattr(os, "O_BINARY", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)

PLAIN = _NO_LINK | _OWN | _NO_WAIT
"""Flags for the opening of a file of one's own."""


def rename(source: Path, target: Path) -> None:
    """Give a file or folder another name, in the place of a file that has it; tried for two seconds."""
    _patiently(lambda: source.replace(target))


def remove(path: Path) -> None:
    """Delete a file; tried for two seconds. One that is not there is no fault."""
    _patiently(lambda: path.unlink(missing_ok=True))


def remove_folder(path: Path) -> None:
    """Delete an empty folder; tried for two seconds."""
    _patiently(path.rmdir)


def remove_tree(path: Path) -> None:
    """Delete a folder with all that is in it, which is the program's own; links are not followed. What cannot
    be deleted stays.
    """
    shutil.rmtree(path, ignore_errors=True)


def _patiently(deed: Callable[[], object]) -> None:
    for wait in _WAITS:
        try:
            deed()
        except OSError as error:
            if not _may_pass(error):
                raise
        else:
            return
        time.sleep(wait)
    deed()


def _may_pass(error: OSError) -> bool:
    return error.errno in _PASSING or getattr(error, "winerror", None) in _PASSING_ON_WINDOWS


def flush(descriptor: int) -> None:
    """Flush an open file to the disk, where its file system can."""
    _flush(descriptor, _NO_FLUSH)


def sync_folder(folder: Path) -> None:
    """Flush a folder's list of names to the disk, where the system can."""
    if sys.platform == "win32":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | _OWN)
    except OSError as error:
        if error.errno not in _NO_FLUSH_OF_A_FOLDER:
            raise
        return
    try:
        _flush(descriptor, _NO_FLUSH_OF_A_FOLDER)
    finally:
        os.close(descriptor)


def _flush(descriptor: int, no_fault: set[int]) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in no_fault:
            raise


def free_space(folder: Path) -> int | None:
    """Bytes that may still be written on a folder's disk; None where it does not tell, or makes it up.

    Disks of networks and of user space know no such number, and answer with an error, with none free of none,
    or with less than none. One that says 0 and takes a mebibyte all the same has made that up as well.
    """
    try:
        usage = shutil.disk_usage(folder)
    except (OSError, ValueError, ArithmeticError):
        return None
    if usage.total <= 0 or not 0 <= usage.free <= usage.total or (usage.free == 0 and _takes_more(folder)):
        return None
    return usage.free


def _takes_more(folder: Path) -> bool:
    probe = folder / f".probe.{secrets.token_hex(4)}.part"
    try:
        descriptor = create(probe)
    except OSError:
        return False
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(bytes(_PROBE))
            file.flush()
            flush(descriptor)
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()
    return True


def create(path: Path) -> int:
    """A descriptor of a new, empty file, open for writing. What has that name already is a FileExistsError,
    a symbolic link too.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | PLAIN, 0o666)


def open_own(path: Path, flags: int) -> int:
    """A descriptor of a file that has no other name, open for writing.

    Args:
        flags: os.O_APPEND, os.O_CREAT and the like, added to those for writing.

    Raises:
        LinkedError: it is a link: writing into it would change what lies elsewhere.
        NotPlainError: it is a FIFO, a device or a socket.
        OSError: it cannot be opened.
    """
    if path.is_symlink():
        raise LinkedError(errno.ELOOP, "is a link", str(path))
    descriptor = os.open(path, os.O_WRONLY | PLAIN | flags, 0o666)
    try:
        found = os.fstat(descriptor)
        _require_plain(path, found)
        if found.st_nlink > 1:
            raise LinkedError(errno.EMLINK, "has other names", str(path))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def open_plain(path: Path) -> int:
    """A descriptor of a regular file, open for reading; it never waits for somebody at the other end.

    Raises:
        IsADirectoryError: it is a folder.
        NotPlainError: it is a FIFO, a device or a socket.
        OSError: it cannot be opened.
        ValueError: there is a NUL in the name.
    """
    _require_plain(path, path.stat())  # some devices do something when they are opened
    descriptor = os.open(path, os.O_RDONLY | _NO_WAIT | _OWN)
    try:
        _require_plain(path, os.fstat(descriptor))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def open_within(folder: Path, place: Path) -> int:
    """A descriptor of a regular file that lies in a folder, open for reading; no link on the way from there
    is followed.

    Args:
        place: where it lies, relative to the folder.

    Raises: as `open_plain`; a NotPlainError too where the place leads out of the folder.
    """
    if place.is_absolute() or ".." in place.parts or not place.name:
        raise NotPlainError(errno.EINVAL, "leads elsewhere", str(place))
    if os.open not in os.supports_dir_fd:
        return _open_without_links(folder, place)
    *folders, name = place.parts
    inside = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | _OWN)
    try:
        for each in folders:
            further = os.open(each, os.O_RDONLY | os.O_DIRECTORY | _OWN | _NO_LINK, dir_fd=inside)
            os.close(inside)
            inside = further
        path = folder / place
        _require_plain(path, os.stat(name, dir_fd=inside, follow_symlinks=False))
        descriptor = os.open(name, os.O_RDONLY | PLAIN, dir_fd=inside)
    finally:
        os.close(inside)
    try:
        _require_plain(path, os.fstat(descriptor))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _open_without_links(folder: Path, place: Path) -> int:
    """The same where the system opens nothing relative to an open folder."""
    path = folder / place
    for each in (path, *path.parents[: len(place.parts) - 1]):
        if each.is_symlink():
            raise NotPlainError(errno.ELOOP, "is a link", str(each))
    return open_plain(path)


class NotPlainError(OSError):
    """A file that is no regular one: a FIFO, a device, a socket."""


class LinkedError(OSError):
    """A file that is a symbolic link, or has more names than one."""


def _require_plain(path: Path, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder", str(path))
    if not stat.S_ISREG(found.st_mode):
        raise NotPlainError(errno.EINVAL, "is no plain file", str(path))
