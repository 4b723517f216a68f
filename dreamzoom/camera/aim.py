"""Where a camera looks and how it turns, where the recipe does not tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

Point: TypeAlias = tuple[float, float]
"""A place in the picture, x and y in fractions of the frame from the top left."""

Turn: TypeAlias = tuple[float, float]
"""Degrees by which the picture turns clockwise, and how many times larger it grows."""

CENTRE: Final[Point] = (0.5, 0.5)
NO_TURN: Final[Turn] = (0.0, 1.0)
_DIGITS: Final = 6  # a millionth of the frame, or of a degree


@dataclass(frozen=True)
class Aim:
    """What the camera did at a frame and the recipe does not tell.

    Attributes:
        target: where it looked, if it finds its own target.
        turn: by how much the guard turned and enlarged the picture on the way from the frame before, beside
            the recipe's own rotation and zoom.
    """

    target: Point | None = None
    turn: Turn = NO_TURN


AS_WRITTEN: Final = Aim()
"""The recipe tells everything."""


def round_pair(pair: tuple[float, float]) -> tuple[float, float]:
    """A target or a turn as the journal keeps it, and as the camera uses it."""
    return round(pair[0], _DIGITS), round(pair[1], _DIGITS)
