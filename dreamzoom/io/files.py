"""Files that are whole or absent.

A file is written under a temporary name in its own folder, flushed to the disk, and renamed into place;
then the folder itself is flushed. After a crash at any instant the name holds the old bytes or the new
ones, never a mixture. (A disk that lies about having flushed can break this; nothing above the disk can
mend that.)

Files under construction: each beside its target, under a name that tells so, renamed when whole.

Files as bytes, never more of them than expected.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from dreamzoom.errors import ModelError, StorageError

_TEMPORARY = ".part"


def write_atomically(path: Path, data: bytes) -> None:
    """Make `path` hold exactly `data`, or leave it as it was.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}{_TEMPORARY}")
    with storage_errors(path):
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's list of names to the disk, where the system can."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot sync a folder and say EINVAL; a real fault says EIO.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def remove_temporaries(folder: Path) -> None:
    """Delete what writes that were cut short have left in `folder`."""
    for leftover in folder.glob(f".*{_TEMPORARY}"):
        leftover.unlink(missing_ok=True)


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn what the system says of a failed write into a `StorageError` that names `path`."""
    try:
        yield
    except OSError as error:
        raise StorageError(_explain(path, error)) from error


def _explain(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full: {path} could not be written; make space, then resume"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no permission to write {path}: {error.strerror}"
    return f"{path} could not be written: {error.strerror or error}"


_PART = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}\.part", re.DOTALL)


@contextlib.contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """An empty file beside `target`, named `.NAME.xxxxxxxx.part`; it goes with the context if not renamed.

    Each has a name of its own: an ffmpeg that a killed run left behind may still be writing to an older one.

    Raises:
        StorageError: the folder is missing or cannot be written.
    """
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    with storage_errors(target):
        part.open("xb").close()
    try:
        yield part
    finally:
        # On Windows a file that is still open cannot go: the next run removes it.
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def publish(part: Path, target: Path) -> None:
    """Flush a finished part to the disk and rename it, over what is there. Raises a StorageError."""
    with storage_errors(target):
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
        sync_folder(target.parent)


def remove_leftovers(folder: Path, name: str | None = None) -> list[Path]:
    """Delete what killed runs have left in `folder`, and return it; with `name`, that target's parts alone.

    Nobody else may be writing a video there, or its part goes too. What cannot be deleted stays.
    """
    removed: list[Path] = []
    for path in sorted(folder.glob(".*.part")):
        match = _PART.fullmatch(path.name)
        if match is None or path.is_dir() or name not in (None, match["name"]):
            continue
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            removed.append(path)
    return removed


def read_at_most(path: Path, limit: int) -> bytes:
    """The content of a file of at most `limit` bytes.

    Raises:
        ModelError: it is missing, no plain file, unreadable or larger.
    """
    try:
        if path.exists() and not path.is_file():
            raise ModelError(f"cannot read {path}: it is no file")
        with path.open("rb") as file:
            size = path.stat().st_size
            content = file.read(limit + 1) if size <= limit else b""
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}") from error
    if max(size, len(content)) > limit:
        raise ModelError(f"{path} has {size:,} bytes; no known network's has more than {limit:,}")
    return content


def sha256_of(data: bytes) -> str:
    """The SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def hashes_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """The SHA-256 of each file, by name."""
    return {name: sha256_of(data) for name, data in files.items()}
