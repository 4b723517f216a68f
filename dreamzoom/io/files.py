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
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from dreamzoom.errors import DreamzoomError, StorageError
from dreamzoom.io.disk import (
    LinkedError,
    NotPlainError,
    create,
    flush,
    open_own,
    open_plain,
    remove,
    remove_folder,
    remove_tree,
    rename,
    sync_folder,
)
from dreamzoom.io.locks import HeldError, mark, remove_abandoned

_IN_THE_WAY = {
    errno.EISDIR: "a folder lies in its place",
    errno.EEXIST: "something else lies in its place",
    errno.ENOTDIR: "a file lies where a folder belongs on the way there",
}
_PART = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}\.part", re.DOTALL)
_END = 1 << 16  # bytes
_LONGEST_IN_PART = 230  # bytes of a target's name in its part's, which may have 255 in all
# Versions up to 0.2 wrote most parts without the eight digits; what a clip's folder may have of them.
_OLD_PART = re.compile(r"\.(?P<name>.+)\.part", re.DOTALL)
_OLD_NAMES = re.compile(
    r"(\d{6}|start|(guide|palette|nudge)(-\d+)?)\.png|recipe\.toml|journal\.jsonl|music\.json|"
    r"clip\.(mp4|gif)|report\.html|soundtrack\..*|probe|\.writer",
    re.DOTALL,
)


def at_home(path: str) -> str:
    """A path with a leading ~ as the person's home, which a shell leaves in `--audio=~/song.mp3` and a file
    in quotes; one of somebody unknown stays as it is, and so does any other text.
    """
    return os.path.expanduser(path)  # noqa: PTH111 - a Path would shorten ./clouds, which means a file


def write_atomically(path: Path, data: bytes) -> None:
    """Make `path` hold exactly `data`, or leave it as it was.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    with _written_part(path) as file:
        file.write(data)


def copy_atomically(source: Path, target: Path) -> None:
    """Make `target` hold what the regular file `source` does. Raises as `write_atomically`, or, where
    `source` cannot be read, the system's OSError.
    """
    with os.fdopen(open_plain(source), "rb") as original, _written_part(target) as file:
        shutil.copyfileobj(original, file, 1 << 20)


def link_or_copy(source: Path, target: Path) -> None:
    """Give the file another name where the disk can do that, else copy it. Raises as `copy_atomically`."""
    if not source.is_symlink():  # another name of a link would point elsewhere from its new place
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    copy_atomically(source, target)


def append(path: Path, data: bytes) -> None:
    """Add to the end of a file and flush it to the disk; after a crash it may hold a piece of `data`.

    A file that has other names, or is a symbolic link, is written anew: what lies elsewhere stays as it is.

    Raises:
        StorageError: the disk is full, or the file cannot be written.
    """
    with storage_errors(path):
        try:
            descriptor = open_own(path, os.O_APPEND | os.O_CREAT)
        except LinkedError:
            before = path.read_bytes() if path.is_file() else b""
            write_atomically(path, before + data)
            return
        with os.fdopen(descriptor, "ab") as file:
            file.write(data)
            file.flush()
            flush(file.fileno())


@contextlib.contextmanager
def _written_part(target: Path) -> Iterator[BinaryIO]:
    """A new file to be written in the context, which becomes `target` at its end."""
    part = _part_name(target)
    with storage_errors(target):
        try:
            with os.fdopen(create(part), "wb") as file:
                yield file
                file.flush()
                flush(file.fileno())
            _put_in_place(part, target)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """An empty file beside `target`, to be written and then published. It goes with the context if it is not.

    Each has a name of its own: an ffmpeg that a killed run left may still be writing to an older one, and
    several processes may be making the same file.

    Raises:
        StorageError: the folder is missing or cannot be written.
    """
    with storage_errors(target):
        part, in_use = _marked(target, lambda part: os.close(create(part)))
    try:
        yield part
    finally:
        if in_use is not None:
            os.close(in_use)
        # On Windows a file that is still open cannot go: a later run removes it.
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _marked(target: Path, make: Callable[[Path], object]) -> tuple[Path, int | None]:
    """A new temporary file or folder for `target`, and what marks it as in use while it is open."""
    while True:
        part = _part_name(target)
        make(part)
        with contextlib.suppress(HeldError):
            return part, mark(part)


def publish(part: Path, target: Path) -> None:
    """Flush a finished file to the disk and rename it, over what is there. Raises a StorageError."""
    with storage_errors(target):
        descriptor = open_own(part, 0)
        try:
            flush(descriptor)
        finally:
            os.close(descriptor)
        _put_in_place(part, target)


def _put_in_place(part: Path, target: Path) -> None:
    rename(part, target)
    sync_folder(target.parent)


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to be filled, which becomes `target` at the end of the context, and is removed if that fails.

    An empty folder may be there already, or a link to one, or to where there is nothing. Of several processes
    that make the same one, the first to end succeeds.

    Raises:
        StorageError: it cannot be written, or something in the context could not; or somebody else has made
            it meanwhile.
    """
    with storage_errors(target):
        # Nothing can be renamed over a link, and the disk that it leads to is another one, as may be.
        place = Path(os.path.realpath(target)) if target.is_symlink() else target
        remove_leftovers(place.parent, place.name)
        part, in_use = _marked(place, lambda part: part.mkdir(parents=True))
        try:
            yield part
            if place.exists():
                remove_folder(place)
            rename(part, place)
        finally:
            if in_use is not None:
                os.close(in_use)
            remove_tree(part)
        sync_folder(place.parent)


def _part_name(target: Path) -> Path:
    """A new name beside the target's."""
    return target.with_name(f".{_shortened(target.name)}.{secrets.token_hex(4)}.part")


def _shortened(name: str) -> str:
    """A target's name as its parts have it: of one that leaves no room for more its beginning."""
    return os.fsdecode(os.fsencode(name)[:_LONGEST_IN_PART])


def remove_leftovers(folder: Path, name: str | None = None) -> list[Path]:
    """Delete the parts that killed runs have left in `folder`, and return them.

    Args:
        name: the target whose parts are meant, but for those that another process is making; without it every
            file that is a part goes, as nobody else may be writing in the folder.
    """
    removed: list[Path] = []
    for path in sorted(folder.glob(".*.part")):
        with contextlib.suppress(OSError):  # what cannot be deleted stays
            if name is None:
                if is_part(path):
                    remove(path)
                    removed.append(path)
            elif _shortened(name) == _target_name(path):
                is_folder = path.is_dir() and not path.is_symlink()
                if remove_abandoned(path, shutil.rmtree if is_folder else remove):
                    removed.append(path)
    return removed


def is_part(path: Path) -> bool:
    """Whether a file is a part, by its name: of anything, or by an old version of what a clip consists of."""
    name = _target_name(path)
    if name is None or (path.is_dir() and not path.is_symlink()):
        return False
    return _PART.fullmatch(path.name) is not None or _OLD_NAMES.fullmatch(name) is not None


def _target_name(part: Path) -> str | None:
    """The name of what a part is to become; None of what is no part."""
    match = _PART.fullmatch(part.name) or _OLD_PART.fullmatch(part.name)
    return match["name"] if match else None


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
    if error.errno in _IN_THE_WAY:
        return f"{path} could not be written: {_IN_THE_WAY[error.errno]}; move that away and run this again"
    return f"{path} could not be written: {error.strerror or error}"


def open_regular(path: Path, error: type[DreamzoomError], kind: str, largest: int | None = None) -> BinaryIO:
    """A regular file, open for reading in binary. Nothing else is opened: a FIFO would wait for ever.

    Args:
        error: what is raised where it is missing, a folder, a FIFO or device, unreadable or too large.
        kind: what the file should be, for the message, such as "recipe".
        largest: bytes it may have.
    """
    try:
        descriptor = open_plain(path)
    except FileNotFoundError:
        raise error(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise error(f"{path}: is a folder; name a {kind}") from None
    except NotPlainError:
        raise error(f"{path}: is no plain file; name a {kind}") from None
    except (OSError, ValueError) as fault:  # ValueError: a NUL in the name
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise error(f"{str(path)!r}: cannot be read: {reason}") from fault
    if largest is not None and os.fstat(descriptor).st_size > largest:
        os.close(descriptor)
        raise _too_large(path, largest, error, kind)
    return os.fdopen(descriptor, "rb")


def read_at_most(path: Path, limit: int, error: type[DreamzoomError], kind: str) -> bytes:
    """The content of a regular file of at most `limit` bytes. Raises `error` as `open_regular` does."""
    with open_regular(path, error, kind, limit) as file:
        try:
            data = read_stream(file, limit)
        except OSError as fault:
            raise error(f"{path}: cannot be read: {fault.strerror or fault}") from fault
    if data is None:  # it grew, or the system does not know its size
        raise _too_large(path, limit, error, kind)
    return data


def _too_large(path: Path, limit: int, error: type[DreamzoomError], kind: str) -> DreamzoomError:
    return error(f"{path}: is larger than {binary_size(limit)}, which no {kind} is")


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


def sha256_of(*parts: bytes | memoryview) -> str:
    """The SHA-256 of bytes, one part after the other, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def hashes_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """The SHA-256 of each file, by name."""
    return {name: sha256_of(data) for name, data in files.items()}


def file_digest(path: Path, algorithm: str = "sha256", largest: int | None = None) -> str:
    """The hash of a regular file in hexadecimal, by hashlib's name of the algorithm.

    Args:
        largest: bytes it may have.

    Raises:
        OSError: it cannot be read, is no regular file, or larger.
    """
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with os.fdopen(open_plain(path), "rb") as file:
        if largest is not None and os.fstat(file.fileno()).st_size > largest:
            raise OSError(errno.EFBIG, f"is larger than {binary_size(largest)}", str(path))
        try:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        except OSError as error:
            error.filename = str(path)  # which reads do not tell
            raise
    return digest.hexdigest()


def ends_digest(path: Path) -> str:
    """The SHA-256 of a regular file's size, its first and its last 64 KiB, in hexadecimal: what a large file
    is known by that nobody has changed on purpose. Raises an OSError where it cannot be read.
    """
    with os.fdopen(open_plain(path), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        first = file.read(_END)
        file.seek(max(0, size - _END))
        return sha256_of(f"{size}\n".encode(), first, file.read(_END))
