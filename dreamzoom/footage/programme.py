"""A programme: what is shown and heard, whatever it comes from, for whoever encodes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dreamzoom.camera.aim import Point
from dreamzoom.video.excerpt import Excerpt

Shown: TypeAlias = NDArray[Any]
"""A picture (H, W, 3), RGB: uint8 of 0 to 255, or uint16 of 0 to 65535 where it is deep."""

DEEP_WHITE = 65535
DEEP_STEP = 257
"""Between two values of 8 bits."""


class Programme(Protocol):
    """What is shown and heard. Frames are counted from 0; nothing is held of those that were given."""

    @property
    def path(self) -> Path:
        """The folder that it comes from."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, in pixels."""

    @property
    def fps(self) -> Fraction:
        """Frames a second."""

    @property
    def count(self) -> int:
        """How many frames there are; of a loop, those of one round."""

    @property
    def is_loop(self) -> bool:
        """Whether the last frame leads into the first."""

    @property
    def is_retimed(self) -> bool:
        """Whether it has another speed than what it comes from, or is blurred by motion."""

    @property
    def pace(self) -> Fraction:
        """How many frames of what it comes from go by with each of its own."""

    @property
    def begins(self) -> int:
        """The frame of what it comes from that it begins with."""

    @property
    def cuts(self) -> tuple[int, ...]:
        """The frames with which another scene begins at once."""

    @property
    def song(self) -> Path | None:
        """What is heard."""

    @property
    def excerpt(self) -> Excerpt:
        """Which part of the song the whole programme has."""

    @property
    def inscription(self) -> str | None:
        """What a file tells of how it was made."""

    def pictures(self, frames: Sequence[int], *, deep: bool = False) -> Iterator[Shown]:
        """The pictures of some frames, in the order in which they are asked for.

        Args:
            deep: uint16, 0 to 65535: what is computed, such as an in-between, is not rounded to 8 bits; a
                stored frame's value v is 257 v.

        Raises:
            PictureError: a frame is missing or damaged.
        """

    def fall_point(self, frame: int) -> Point:
        """The point that the camera falls into at a frame, in fractions of width and height from the top
        left.
        """


def deepen(picture: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """An 8-bit picture as a deep one: black stays black and white white."""
    return picture.astype(np.uint16) * DEEP_STEP
