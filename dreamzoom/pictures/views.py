"""A part of a stream as a stream of its own: a picture within a container, or all but a file's last bytes."""

from __future__ import annotations

import io
from typing import BinaryIO


class View(io.RawIOBase):
    """Bytes of a seekable stream, from `start` to its end, without copying them.

    Args:
        stream: what is seen; it is not closed with the view.
        start: where the view begins.
        head: what stands in the place of the view's first bytes.
        dropped: how many bytes of the stream's end are left out.
    """

    def __init__(self, stream: BinaryIO, start: int = 0, head: bytes = b"", dropped: int = 0) -> None:
        self._stream, self._start, self._head = stream, start, head
        self._length = max(0, stream.seek(0, io.SEEK_END) - start - dropped)
        self._position = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of any stream."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}[whence]
        if origin + offset < 0:
            raise ValueError("a position before the beginning")
        self._position = origin + offset
        return self._position

    def tell(self) -> int:
        """As of any stream."""
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """As of any stream."""
        count = max(0, min(len(buffer), self._length - self._position))
        self._stream.seek(self._start + self._position)
        data = bytearray(self._stream.read(count))
        covered = self._head[self._position : self._position + len(data)]
        data[: len(covered)] = covered
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def view_of(stream: BinaryIO, start: int = 0, head: bytes = b"", dropped: int = 0) -> BinaryIO:
    """A `View` with a buffer."""
    return io.BufferedReader(View(stream, start, head, dropped), 1 << 16)
