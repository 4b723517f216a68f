"""Pictures as a browser shows them, no wider than they are asked for; the latest ones are kept at hand."""

from __future__ import annotations

import io
import os
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock, Semaphore
from typing import Final, TypeAlias

from dreamzoom.errors import PictureError

NARROWEST, WIDEST = 16, 8192
"""Pixels of a picture's width that may be asked for."""

_KEPT = 64 << 20  # bytes of pictures in memory
_AT_ONCE = max(1, (os.cpu_count() or 1) // 2)  # pictures that are read side by side; renders want the rest
_TALLEST = 4  # times its width is all of a picture's height that is looked after when it is read smaller
_SMALL = 480  # pixels of width up to which colours may be coarser than light
_QUALITY = 88

JPEG: Final = "image/jpeg"
"""What they are sent as."""

Known: TypeAlias = tuple[int, int, int, int]
"""What a file is known by: when it was changed, its size, its number, and that of its disk."""


def known_by(descriptor: int) -> Known:
    """What an open file is known by."""
    there = os.fstat(descriptor)
    return there.st_mtime_ns, there.st_size, there.st_ino, there.st_dev


@dataclass(frozen=True)
class _Wanted:
    file: Known
    width: int


class SmallPictures:
    """Pictures as JPEG, made when they are asked for. Any thread may ask."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Wanted, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        self._room = Semaphore(_AT_ONCE)

    def take(self, descriptor: int, width: int) -> bytes:
        """The picture in an open file, which is closed, no wider than `width`.

        Raises:
            PictureError: it cannot be read.
            MemoryShortageError: it needs more memory than is left.
        """
        with os.fdopen(descriptor, "rb") as file:
            wanted = _Wanted(known_by(file.fileno()), width)
            with self._lock:
                kept = self._look_up(wanted)
            if kept is not None:
                return kept
            with self._room:
                with self._lock:
                    kept = self._look_up(wanted)  # another one may have asked for it meanwhile
                data = shrink(file, width) if kept is None else kept
        with self._lock:
            self._keep(wanted, data)
        return data

    def _look_up(self, wanted: _Wanted) -> bytes | None:
        data = self._kept.get(wanted)
        if data is not None:
            self._kept.move_to_end(wanted)
        return data

    def _keep(self, wanted: _Wanted, data: bytes) -> None:
        if wanted in self._kept or len(data) > _KEPT:
            return
        self._kept[wanted] = data
        self._bytes += len(data)
        while self._bytes > _KEPT:
            self._bytes -= len(self._kept.popitem(last=False)[1])


def shrink(file: io.BufferedReader, width: int) -> bytes:
    """A picture as JPEG, no wider than `width`. Raises a PictureError or a MemoryShortageError."""
    from PIL import Image  # the server starts without it

    from dreamzoom.pictures.reading import open_picture

    picture = open_picture(file, (width, _TALLEST * width))
    if picture.width > width:
        height = max(1, round(picture.height * width / picture.width))
        picture = picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=1.5)
    return _jpeg(picture, width)


def black(size: tuple[int, int], width: int) -> bytes:
    """A black picture of a shape, no wider than `width`, as JPEG."""
    from PIL import Image

    shown = min(width, size[0])
    return _jpeg(Image.new("RGB", (shown, max(1, round(size[1] * shown / size[0])))), shown)


def _jpeg(picture: object, width: int) -> bytes:
    from PIL import Image

    assert isinstance(picture, Image.Image)  # noqa: S101 - as it is made above
    out = io.BytesIO()
    try:
        picture.save(out, "JPEG", quality=_QUALITY, subsampling=2 if width <= _SMALL else 0)
    except (OSError, ValueError) as error:
        raise PictureError(f"the picture cannot be shown smaller: {error}") from error
    return out.getvalue()
