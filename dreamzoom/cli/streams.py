"""The standard streams, as a command may rely on them.

Each is there, even where whoever started the program had closed it. What a code page has no letter for is
written as an escape. Nobody has to listen on stderr: a progress line that cannot be written ends no render.
An answer on stdout is another matter: what cannot be written there is an error.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Final, TextIO

from dreamzoom.errors import StorageError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# What each file is opened for where it was closed: stdout is not lost in silence, it cannot be written.
_STAND_INS: Final = (os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)


@contextlib.contextmanager
def dependable_streams() -> Iterator[None]:
    """Within it `sys.stdin`, `sys.stdout` and `sys.stderr` are there, and behave as this file says."""
    _open_missing()
    before = sys.stdin, sys.stdout, sys.stderr
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - it stays open
    sys.stdout = _rewritten(sys.stdout, 1, _Answers)
    sys.stderr = _rewritten(sys.stderr, 2, _Asides)
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


def is_listened_to(stream: TextIO) -> bool:
    """Whether what is written may still be read: False where the other end of a pipe is closed."""
    if not hasattr(select, "poll"):
        return True
    try:
        watch = select.poll()
        watch.register(stream.fileno(), 0)
        return not watch.poll(0)
    except (OSError, ValueError):
        return True


def _open_missing() -> None:
    """Open the files 0 to 2 where they are closed: the next file to be opened would get such a number."""
    for number, mode in enumerate(_STAND_INS):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # takes the lowest number that is free


def _rewritten(stream: TextIO | None, number: int, kind: type[_Answers]) -> TextIO:
    """A text stream to the same file, which writes by way of `kind`."""
    if stream is None:
        file: IO[bytes] = open(number, "wb", buffering=0, closefd=False)  # noqa: SIM115
        return io.TextIOWrapper(kind(file), "utf-8", "backslashreplace", write_through=True)  # type: ignore[type-var]
    binary = getattr(stream, "buffer", None)
    if binary is None:  # a text stream of a program that calls us
        return stream
    stream.flush()
    file = getattr(binary, "raw", binary)
    return io.TextIOWrapper(kind(file), stream.encoding, "backslashreplace", write_through=True)  # type: ignore[type-var]


class _Answers(io.RawIOBase):
    """Writes all that it is given to a file, at once."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._file.isatty()

    def fileno(self) -> int:
        return self._file.fileno()

    def write(self, data: ReadableBuffer) -> int:
        """Write all of it.

        Raises:
            BrokenPipeError: nobody reads any more.
            StorageError: the disk is full, or stdout was closed.
        """
        try:
            return self._write(data)
        except BrokenPipeError:
            raise
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise StorageError(f"stdout could not be written: {reason}") from error

    def _write(self, data: ReadableBuffer) -> int:
        rest = memoryview(data).cast("B")
        total = len(rest)
        while rest:
            written = self._file.write(rest)
            if written is None:  # a pipe that does not wait, and is full
                select.select([], [self._file], [])
            else:
                rest = rest[written:]
        return total


class _Asides(_Answers):
    """The same, but what cannot be written is dropped."""

    def write(self, data: ReadableBuffer) -> int:
        try:
            return self._write(data)
        except (OSError, ValueError):
            return memoryview(data).nbytes
