"""Which part of a picture a kaleidoscope shows.

n mirrors through the picture's middle divide it into 2 n sectors, one of which is shown in all of them. A
point is a complex number x + iy in pixels from the middle, x to the right and y down.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from torch import Tensor

_ALIKE: Final = 1e-9  # of a side: borders that differ by less are as far away


@dataclass(frozen=True)
class Sector:
    """The sector between two mirrors, from its `start` clockwise over its `width`, both in radians."""

    start: float
    width: float

    def inside(self, x: Tensor, y: Tensor) -> Tensor:
        """How far inside the sector points lie: the distance in pixels to the nearer mirror, below 0 outside.

        Args:
            x, y: of any shapes that broadcast, (...).
        """
        first, last = (cmath.rect(1, angle) for angle in (self.start, self.start + self.width))
        return (first.real * y - first.imag * x).minimum(last.imag * x - last.real * y)

    def folded(self, points: Tensor) -> Tensor:
        """Where points lie that the mirrors have brought into the sector, at their distance from the middle.

        Args:
            points: complex, any shape.
        """
        turn = (points.angle() - self.start).remainder(2 * self.width)
        return points.abs() * (1j * (self.start + turn.minimum(2 * self.width - turn))).exp()


def source_sector(size: tuple[int, int], mirrors: int) -> Sector:
    """The sector that is shown: the one where the picture's border stays farthest from the middle.

    One of the mirrors stands upright, so that left and right always mirror each other. Of a wide picture the
    sector lies to its right, of a tall one at its foot: the others need little or nothing from beyond the
    border.

    Args:
        size: width and height in pixels.
        mirrors: at least 1.
    """
    width = math.pi / mirrors
    upright = math.pi / 2
    # To the right of the upright mirror: to its left stand the same sectors, mirrored.
    sectors = [Sector(upright - (place + 1) * width, width) for place in range(mirrors)]
    return max(sectors, key=lambda sector: round(_nearest_border(size, sector) / min(size) / _ALIKE))


def _nearest_border(size: tuple[int, int], sector: Sector) -> float:
    """How far from the middle the picture's border is within a sector, where it is nearest."""
    # Between its ends the border is nearest straight to the right: no sector reaches beyond straight up or
    # down.
    straight = [0.0] if sector.start < 0 < sector.start + sector.width else []
    return min(_border(size, angle) for angle in (sector.start, sector.start + sector.width, *straight))


def _border(size: tuple[int, int], angle: float) -> float:
    """How far from the middle the picture's border is in a direction."""
    across, down = abs(math.cos(angle)), abs(math.sin(angle))
    return min(side / 2 / share for side, share in zip(size, (across, down), strict=True) if share > _ALIKE)
