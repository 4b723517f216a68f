"""The contact sheet: frames as JPEG pictures, small enough to stand inside a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from PIL import Image

from dreamzoom.pictures.frames import Pixels
from dreamzoom.tracks.base import Clock

ON_A_SHEET: Final = 23  # with the start image they fill rows of 2, 3, 4, 6 and 8
_MOST_BYTES: Final = 64_000
# Longer side in pixels, JPEG quality: what is tried in turn until a picture is small enough.
_ATTEMPTS: Final = ((640, 85), (640, 75), (480, 80), (480, 65), (320, 70), (240, 60))


@dataclass(frozen=True)
class JpegPicture:
    """A JPEG picture: its bytes, and its sides in pixels."""

    data: bytes
    width: int
    height: int

    @property
    def data_uri(self) -> str:
        """The picture as an address that holds it."""
        return "data:image/jpeg;base64," + base64.b64encode(self.data).decode("ascii")


@dataclass(frozen=True)
class Tile:
    """A picture on the sheet: the name that addresses know it by, what it is, and its moment in words."""

    name: str
    label: str
    time: str
    picture: JpegPicture


def make_jpeg(pixels: Pixels) -> JpegPicture:
    """A frame (H, W, 3) as a picture of some 64 kB at most, no larger than the frame itself."""
    whole = Image.fromarray(pixels, "RGB")
    for longest, quality in _ATTEMPTS:
        picture = _shrink(whole, longest, quality)
        if len(picture.data) <= _MOST_BYTES:
            break
    return picture


def _shrink(whole: Image.Image, longest: int, quality: int) -> JpegPicture:
    small = whole.copy()
    small.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
    return JpegPicture(file.getvalue(), small.width, small.height)


def contact_sheet(start: JpegPicture | None, frames: Mapping[int, JpegPicture], clock: Clock) -> list[Tile]:
    """The start image, where it can be read, and frames by their numbers."""
    tiles = [] if start is None else [Tile("start", "start image", "", start)]
    return tiles + [
        Tile(str(frame), f"frame {frame}", f"{clock.seconds(frame):.2f} s", picture)
        for frame, picture in frames.items()
    ]
