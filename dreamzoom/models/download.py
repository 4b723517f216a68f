"""Large files from the web, whole and checked or not at all.

`download` writes to `NAME.part` beside the file it makes, with a note of the address and version of its
bytes. It renames the part only when length, hash and content are right. A download that broke off goes on
where it broke, at once or in a later run, if the server can tell that the file is still the same. Else it
starts again. Two processes that want one file download it once: the second waits and watches.
"""

from __future__ import annotations

import contextlib
import math
import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from dreamzoom.errors import DownloadError, StorageError
from dreamzoom.io.disk import free_space, open_own
from dreamzoom.io.files import file_digest, publish, storage_errors, write_atomically
from dreamzoom.io.http import Answer, BrokenOffError, open_url, without_secrets
from dreamzoom.io.locks import held

Progress: TypeAlias = Callable[[int, "int | None"], None]
"""Called with the bytes there are and the bytes there will be (None: not known)."""

Check: TypeAlias = Callable[[Path], None]
"""Called with a whole file before it gets its name; raises `DownloadError` to refuse it."""

DELAYS = (1.0, 2.0, 4.0, 8.0)  # seconds before another attempt after a broken connection
LARGEST = 2 * 10**9  # bytes; no file is let grow beyond it, whatever a server says

_CHUNK = 1 << 16
_STRETCH = 256 << 10  # bytes that have to come within the web's patience; less is a server that stalls


@dataclass(frozen=True)
class Remote:
    """A file on the web, and what is known of it beforehand.

    `size` is in bytes, None where it is not published. `digests` are pairs of hashlib's name of an algorithm
    and the hash in lower-case hexadecimal; all of them must fit.
    """

    url: str
    size: int | None = None
    digests: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> str:
        """The address as it is noted and told."""
        return without_secrets(self.url)


def ignore_progress(_done: int, _total: int | None) -> None:
    """Watches nothing."""


def accept(_path: Path) -> None:
    """Refuses nothing."""


def download(
    remote: Remote,
    target: Path,
    progress: Progress = ignore_progress,
    check: Check = accept,
    delays: Sequence[float] = DELAYS,
) -> None:
    """Bring `remote` to `target`; nothing to do when it is there already.

    Raises:
        DownloadError: it could not be had, or is not what was expected. What may still be of use is kept for
            the next attempt; wrong bytes are removed.
        StorageError: the disk is full or the folder cannot be written.
    """
    part = _Part(target)
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    with _alone(part, remote.size, progress):
        if target.exists():
            return
        # All bytes may be there already. Only a hash can then tell whether they are the right ones.
        if not (remote.digests and part.size == remote.size):
            _fetch(remote, part, progress, delays)
        try:
            _check_digests(remote, part.data)
            check(part.data)
        except DownloadError:
            part.data.unlink(missing_ok=True)
            part.note.unlink(missing_ok=True)
            raise
        publish(part.data, target)
        with storage_errors(part.note):
            part.note.unlink(missing_ok=True)


def want_space(folder: Path, size: int) -> None:
    """Raise a `StorageError` when `folder`'s disk has no room for `size` further bytes."""
    free = free_space(folder)
    if free is not None and size > free:
        raise StorageError(f"{folder} has room for {free / 1e6:.0f} MB, and {size / 1e6:.0f} MB are needed")


@dataclass(frozen=True)
class _Part:
    """The unfinished file beside `target`, and the note of where its bytes are from."""

    target: Path

    @property
    def data(self) -> Path:
        return self.target.with_name(f"{self.target.name}.part")

    @property
    def note(self) -> Path:
        return self.target.with_name(f"{self.target.name}.part.from")

    @property
    def lock(self) -> Path:
        return self.target.with_name(f".{self.target.name}.lock")

    @property
    def size(self) -> int:
        """Bytes there are; 0 of what is a link or no plain file: that is never written into."""
        try:
            found = self.data.lstat()
        except OSError:
            return 0
        return found.st_size if stat.S_ISREG(found.st_mode) and found.st_nlink == 1 else 0

    def origin(self) -> tuple[str, str]:
        """The address and the version that the bytes are from; ("", "") when that is not known."""
        try:
            url, validator = self.note.read_text("utf-8").splitlines()
        except (OSError, ValueError):
            return "", ""
        return url, validator

    def begin(self, url: str, validator: str) -> None:
        """Empty the file, then note where its bytes will be from; in this order, so that no note lies."""
        self.data.unlink(missing_ok=True)
        write_atomically(self.note, f"{url}\n{validator}\n".encode())


@contextlib.contextmanager
def _alone(part: _Part, size: int | None, progress: Progress) -> Iterator[None]:
    """Hold the lock on a download; while another process has it, show how far that one is."""
    lock = held(part.lock, math.inf, lambda: progress(part.size, size))
    with contextlib.ExitStack() as stack:
        with storage_errors(part.lock):
            stack.enter_context(lock)
        yield


def _fetch(remote: Remote, part: _Part, progress: Progress, delays: Sequence[float]) -> None:
    """Receive the file, attempt after attempt, each from where the last one ended."""
    for delay in (*delays, None):
        try:
            return _receive(remote, part, progress)
        except BrokenOffError as error:
            if delay is None:
                kept = f"; {part.size / 1e6:.1f} MB are kept, run this again to go on" if part.size else ""
                raise DownloadError(
                    f"the download of {remote.shown} broke off, again and again: {error}{kept}"
                ) from error
            time.sleep(delay)
    return None


def _receive(remote: Remote, part: _Part, progress: Progress) -> None:
    url, validator = part.origin()
    offset, validator = (part.size, validator) if url == remote.shown else (0, "")
    with open_url(remote.url, offset, validator) as answer:
        total = _agreed_size(remote, answer)
        want_space(part.target.parent, (total or 0) - answer.offset)
        with storage_errors(part.data):
            if not answer.offset:
                part.begin(remote.shown, answer.validator)
            file = os.fdopen(open_own(part.data, 0 if answer.offset else os.O_CREAT | os.O_TRUNC), "wb")
        with file:
            file.seek(answer.offset)
            _copy(answer, file, part.data, total, progress)
            with storage_errors(part.data):
                file.flush()
    if total is not None and part.size < total:
        raise BrokenOffError(f"the connection ended after {part.size} of {total} bytes")


def _agreed_size(remote: Remote, answer: Answer) -> int | None:
    """How long the file is, as published and as the server says; where neither does, a hash must tell."""
    if remote.size is not None and answer.total not in (remote.size, None):
        raise DownloadError(
            f"{remote.shown} offers {answer.total} bytes where the published file has {remote.size}: "
            "it is not the same file"
        )
    total = remote.size if answer.total is None else answer.total
    if total is None and not remote.digests:
        raise DownloadError(f"{remote.shown} does not say how long the file is, so it could come cut short")
    if total is not None and total > LARGEST:
        raise DownloadError(f"{remote.shown} offers {total / 1e6:.0f} MB, more than any model has")
    return total


def _copy(answer: Answer, file: BinaryIO, path: Path, total: int | None, progress: Progress) -> None:
    done = answer.offset
    limit = LARGEST if total is None else total
    progress(done, total)
    renewed = done
    while chunk := answer.read(_CHUNK):
        done += len(chunk)
        if done > limit:
            raise DownloadError(f"the server sends more than the {limit} bytes there should be")
        with storage_errors(path):
            file.write(chunk)
        progress(done, total)
        if done - renewed >= _STRETCH:
            answer.deadline.renew()
            renewed = done


def _check_digests(remote: Remote, path: Path) -> None:
    """Compare the file on the disk, as it was really written, with every hash that is published."""
    for algorithm, expected in remote.digests:
        found = file_digest(path, algorithm)
        if found != expected:
            raise DownloadError(
                f"{remote.shown} brought the wrong bytes: {algorithm} {found}, expected {expected}; "
                "they are removed; try again later or from another source"
            )
