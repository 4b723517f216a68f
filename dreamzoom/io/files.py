"""Files that are whole or absent, reads that have a bound, and hashes.

What is written goes to a part first, `.NAME.xxxxxxxx.part` in the same folder. It is flushed to the disk and
renamed into place, then the folder itself is flushed. After a crash at any instant the name holds the old
bytes or the new ones, never a mixture. (A disk that lies about having flushed can break this. Nothing above
the disk can mend that.)
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from dreamzoom.errors import DreamzoomError, StorageError

# Versions up to 0.2 wrote most parts without the eight digits.
_PART = re.compile(r"\.(?P<name>.+?)(\.[0-9a-f]{8})?\.part", re.DOTALL)


def write_atomically(path: Path, data: bytes) -> None:
    """Make `path` hold exactly `data`, or leave it as it was.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    with part_of(path) as part:
        with storage_errors(path):
            part.write_bytes(data)
        publish(part, path)


def copy_atomically(source: Path, target: Path) -> None:
    """Make `target` hold what `source` does. Raises as `write_atomically`."""
    with part_of(target) as part:
        with storage_errors(target):
            shutil.copyfile(source, part)
        publish(part, target)


def link_or_copy(source: Path, target: Path) -> None:
    """Give the file another name where the disk can do that, else copy it. Raises as `write_atomically`."""
    try:
        os.link(source, target)
    except OSError:
        copy_atomically(source, target)


def append(path: Path, data: bytes) -> None:
    """Add to the end of a file and flush it to the disk; after a crash it may hold a piece of `data`.

    Raises:
        StorageError: the disk is full, or the file cannot be written.
    """
    with storage_errors(path), path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """An empty file beside `target`, to be written and then published. It goes with the context if it is not.

    Each has a name of its own: an ffmpeg that a killed run left may still be writing to an older one.

    Raises:
        StorageError: the folder is missing or cannot be written.
    """
    part = _part_name(target)
    with storage_errors(target):
        part.open("xb").close()
    try:
        yield part
    finally:
        # On Windows a file that is still open cannot go: the next run removes it.
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def publish(part: Path, target: Path) -> None:
    """Flush a finished file to the disk and rename it, over what is there. Raises a StorageError."""
    with storage_errors(target):
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
        sync_folder(target.parent)


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to be filled, which becomes `target` at the end of the context, and is removed if that fails.

    Nobody else may be making the same one. An empty folder may be there already.

    Raises:
        StorageError: it cannot be written, or something in the context could not.
    """
    part = _part_name(target)
    with storage_errors(target):
        remove_leftovers(target.parent, target.name)
        part.mkdir(parents=True)
        try:
            yield part
            if target.exists():
                target.rmdir()
            part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        sync_folder(target.parent)


def _part_name(target: Path) -> Path:
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")


def remove_leftovers(folder: Path, name: str | None = None) -> list[Path]:
    """Delete the parts that killed runs have left in `folder`, and return them.

    Args:
        name: the target whose parts are meant, which nobody else may be writing; without it every file that
            is a part goes, as nobody else may be writing in the folder.
    """
    removed: list[Path] = []
    for path in sorted(folder.glob(".*.part")):
        match = _PART.fullmatch(path.name)
        if match is None or name not in (None, match["name"]) or (name is None and path.is_dir()):
            continue
        with contextlib.suppress(OSError):  # what cannot be deleted stays
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            removed.append(path)
    return removed


def sync_folder(folder: Path) -> None:
    """Flush a folder's list of names to the disk, where the system can."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot sync a folder and say EINVAL. A real fault says EIO.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn what the system says of a failed write into a `StorageError` that names `path`."""
    try:
        yield
    except OSError as error:
        raise StorageError(_explain(path, error)) from error


def _explain(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full: {path} could not be written; make space and run this again"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no permission to write {path}: {error.strerror}"
    return f"{path} could not be written: {error.strerror or error}"


def read_at_most(path: Path, limit: int, error: type[DreamzoomError], kind: str) -> bytes:
    """The content of a file.

    Args:
        limit: bytes it may have.
        error: what is raised where it is missing, no plain file, unreadable or larger.
        kind: what the file should be, for the message, such as "recipe".
    """
    try:
        if path.exists() and not path.is_file():
            raise error(f"{path}: is {'a folder' if path.is_dir() else 'no plain file'}; name a {kind}")
        with path.open("rb") as file:
            # The system knows most sizes beforehand.
            data = read_stream(file, limit if path.stat().st_size <= limit else 0)
    except FileNotFoundError:
        raise error(f"{path}: there is no such file") from None
    except (OSError, ValueError) as fault:  # ValueError: a NUL in the name
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise error(f"{path}: cannot be read: {reason}") from fault
    if data is None:
        raise error(f"{path}: is larger than {binary_size(limit)}, which no {kind} is")
    return data


def read_stream(stream: BinaryIO, limit: int) -> bytes | None:
    """All that is left in a stream; None where that is more than `limit` bytes."""
    data = stream.read(limit + 1)
    return data if len(data) <= limit else None


def binary_size(count: int) -> str:
    """A number of bytes in the largest unit that it has one of: "64 MiB"."""
    for unit, shift in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if count >> shift:
            return f"{count >> shift} {unit}"
    return f"{count} bytes"


def sha256_of(data: bytes) -> str:
    """The SHA-256 of bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def hashes_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """The SHA-256 of each file, by name."""
    return {name: sha256_of(data) for name, data in files.items()}


def file_digest(path: Path, algorithm: str = "sha256") -> str:
    """The hash of a file in hexadecimal, by hashlib's name of the algorithm.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
