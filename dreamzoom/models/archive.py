"""One named file out of a zip or a gzipped tar, and nothing else of it.

No path from an archive ever reaches the disk: the member is looked for by its name, and written where the
caller says.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from dreamzoom.errors import DownloadError
from dreamzoom.io.disk import open_own
from dreamzoom.io.files import part_of, publish, remove_leftovers, storage_errors
from dreamzoom.models.download import LARGEST, Check, accept, want_space

_CHUNK = 1 << 20
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, RuntimeError, OSError)


def unpack(archive: Path, member: str, target: Path, size: int | None = None, check: Check = accept) -> None:
    """Write the file called `member` (a file name, in any folder of the archive) to `target`.

    Args:
        size: its length in bytes where that is published.
        check: called with the whole file before it gets its name.

    Raises:
        DownloadError: the archive is damaged, or holds no such file, or not the one that is expected.
        StorageError: the disk is full or the folder cannot be written.
    """
    remove_leftovers(target.parent, target.name)
    with storage_errors(target):  # what a killed version 0.2 left
        target.with_name(f"{target.name}.part").unlink(missing_ok=True)
    with part_of(target) as part:
        with _opened(archive, member) as (stream, length):
            if size is not None and length != size:
                raise DownloadError(f"{member} in {archive.name} has {length} bytes, expected {size}")
            if length > LARGEST:
                raise DownloadError(f"{member} in {archive.name} would have {length / 1e6:.0f} MB")
            want_space(target.parent, length)
            _write(stream, part, length, f"{member} in {archive.name}")
        check(part)
        publish(part, target)


@contextlib.contextmanager
def _opened(archive: Path, member: str) -> Iterator[tuple[IO[bytes], int]]:
    """The member as a stream, and its length as the archive tells it."""
    with contextlib.ExitStack() as stack:
        packed = None
        try:
            if zipfile.is_zipfile(archive):
                found = _in_zip(stack.enter_context(zipfile.ZipFile(archive)), member)
            else:
                packed = stack.enter_context(gzip.open(archive))
                found = _in_tar(stack.enter_context(tarfile.open(fileobj=packed, mode="r:")), member)
        except _BROKEN as error:
            raise DownloadError(f"{archive.name} is no sound zip or tar.gz archive: {error}") from error
        if found is None:
            raise DownloadError(f"{archive.name} holds no file called {member}")
        yield stack.enter_context(found[0]), found[1]
        if packed is not None:
            _check_to_the_end(packed, archive.name)


def _check_to_the_end(packed: gzip.GzipFile, what: str) -> None:
    """Read what comes after the member: gzip's checksum stands last, and covers everything."""
    done = 0
    while chunk := _read(packed, what):
        done += len(chunk)
        if done > LARGEST:
            raise DownloadError(f"{what} does not end")


def _in_zip(archive: zipfile.ZipFile, member: str) -> tuple[IO[bytes], int] | None:
    for info in archive.infolist():
        readable = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not info.is_dir()
        if readable and PurePosixPath(info.filename).name == member:
            return archive.open(info), info.file_size
    return None


def _in_tar(archive: tarfile.TarFile, member: str) -> tuple[IO[bytes], int] | None:
    for info in archive:
        if info.size > LARGEST:  # its bytes would have to be unpacked to get past it
            return None
        if info.isreg() and PurePosixPath(info.name).name == member:
            stream = archive.extractfile(info)
            return (stream, info.size) if stream else None
    return None


def _write(stream: IO[bytes], part: Path, length: int, what: str) -> None:
    done = 0
    with storage_errors(part), os.fdopen(open_own(part, os.O_TRUNC), "wb") as file:
        while chunk := _read(stream, what):
            done += len(chunk)
            if done > length:
                break
            file.write(chunk)
    if done != length:
        raise DownloadError(f"{what} is damaged: it ends after {done} of {length} bytes")


def _read(stream: IO[bytes] | gzip.GzipFile, what: str) -> bytes:
    try:
        return stream.read(_CHUNK)
    except _BROKEN as error:
        raise DownloadError(f"{what} is damaged: {error}") from error
