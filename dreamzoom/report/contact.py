"""Small JPEG pictures of a clip's frames, small enough to stand inside a page."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Final

from PIL import Image

from dreamzoom.pictures.frames import Pixels

ON_A_SHEET: Final = 23  # with the start image they fill rows of 2, 3, 4, 6 and 8
_MOST_BYTES: Final = 64_000
# Longer side in pixels, JPEG quality: what is tried in turn until a picture is small enough.
_ATTEMPTS: Final = ((640, 85), (640, 75), (480, 80), (480, 65), (320, 70), (240, 60))


@dataclass(frozen=True)
class Picture:
    """A JPEG picture: its bytes, and its sides in pixels."""

    jpeg: bytes
    width: int
    height: int

    @property
    def data_uri(self) -> str:
        """The picture as an address that holds it."""
        return "data:image/jpeg;base64," + base64.b64encode(self.jpeg).decode("ascii")


def picture_of(pixels: Pixels) -> Picture:
    """A frame as a picture of some 64 kB at most, no larger than the frame itself."""
    whole = Image.fromarray(pixels, "RGB")
    for longest, quality in _ATTEMPTS:
        picture = _shrunk(whole, longest, quality)
        if len(picture.jpeg) <= _MOST_BYTES:
            break
    return picture


def _shrunk(whole: Image.Image, longest: int, quality: int) -> Picture:
    small = whole.copy()
    small.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
    return Picture(file.getvalue(), small.width, small.height)
