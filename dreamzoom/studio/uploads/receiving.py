"""A request's body, streamed to a file, within a limit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Final

from anyio import to_thread
from starlette.requests import ClientDisconnect, Request

from dreamzoom.errors import RequestError, StorageError
from dreamzoom.io.disk import create, flush, free_space
from dreamzoom.io.files import binary_size, storage_errors
from dreamzoom.pictures.kinds import HEAD, name_other_kind
from dreamzoom.studio.library.shelf import FONTS, PICTURES

LARGEST: Final[Mapping[str, int]] = {
    "picture": 200 << 20,
    "text": 8 << 20,
    "font": 64 << 20,
    "other": 2 << 30,
}
"""Bytes that a file may have, by what its name says it is."""

TEXTS: Final = (".toml", ".lrc", ".srt", ".vtt", ".txt", ".gpl", ".hex", ".mid", ".midi", ".kar", ".smf")
"""Endings of files that are small."""

_PIECE: Final = 1 << 20  # bytes that are written at a time
_LEFT_FREE: Final = 500 << 20  # bytes of the disk, which renders want
_ARCHIVES: Final = ("an archive or an office document", "a PDF document", "a web page")


class TooLargeError(RequestError):
    """A file is larger than what its kind may be, or than the disk has room for."""


def limit_of(name: str) -> int:
    """Bytes that a file of this name may have."""
    suffix = Path(name).suffix.lower()
    kinds = {"picture": PICTURES, "text": TEXTS, "font": FONTS}
    return LARGEST[next((kind for kind, endings in kinds.items() if suffix in endings), "other")]


async def receive(request: Request, target: Path) -> None:
    """Write a request's body to a new file, as far as it is of use.

    Args:
        target: its name tells how large it may be.

    Raises:
        TooLargeError: it says that it is larger, or is.
        RequestError: it is empty, ends before its end, or begins as an archive does.
        StorageError: the disk is full, or the file cannot be written.
    """
    limit = limit_of(target.name)
    _require_room(target, _told_length(request), limit)
    with storage_errors(target):
        file = os.fdopen(create(target), "wb")
    with file:
        count = 0
        piece = bytearray()
        try:
            async for part in request.stream():
                piece += part
                count += len(part)
                if count > limit:
                    raise _too_large(target.name, limit)
                if len(piece) >= _PIECE:
                    await to_thread.run_sync(_write, target, file, bytes(piece))
                    piece.clear()
        except ClientDisconnect as error:
            raise RequestError(f"{target.name}: only a part of it came: send it again") from error
        if not count:
            raise RequestError(f"{target.name}: is empty")
        await to_thread.run_sync(_finish, target, file, bytes(piece))


def _told_length(request: Request) -> int | None:
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None


def _require_room(target: Path, length: int | None, limit: int) -> None:
    """Refuse what cannot become anything before its first byte is read."""
    if length is not None and length > limit:
        raise _too_large(target.name, limit)
    free = free_space(target.parent)
    if free is not None and (length or 0) > free - _LEFT_FREE:
        raise StorageError(f"{target.name}: the disk is too full for it: make room, and send it again")


def _too_large(name: str, limit: int) -> TooLargeError:
    return TooLargeError(f"{name}: is larger than {binary_size(limit)}, which such a file may have at most")


def _write(target: Path, file: BinaryIO, piece: bytes) -> None:
    if not file.tell():
        _require_use(target.name, piece)
    free = free_space(target.parent)
    if free is not None and free < _LEFT_FREE:
        raise StorageError(f"{target.name}: the disk is too full for it: make room, and send it again")
    with storage_errors(target):
        file.write(piece)


def _finish(target: Path, file: BinaryIO, piece: bytes) -> None:
    _write(target, file, piece)
    with storage_errors(target):
        file.flush()
        flush(file.fileno())


def _require_use(name: str, piece: bytes) -> None:
    """Refuse an archive by its first bytes, and not by its last ones."""
    other = name_other_kind(piece[:HEAD], set())
    if other is not None and other.name in _ARCHIVES:
        raise RequestError(f"{name}: is {other.name}: {ACCEPTED}")


ACCEPTED: Final = (
    "a picture, a song, a recipe, lyrics (.lrc, .srt), a palette, a beat map (.beats.txt), a MIDI file, a "
    "font (.ttf, .otf) or any file that dreamzoom made can be dropped here"
)
"""What is taken, for a person."""
