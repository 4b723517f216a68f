"""The torus of an endless zoom, and the map from a frame to it.

Let z = x + iy be a point of a frame, seen from the point that the zoom falls to, in half diagonals of the
frame. Then w = log z turns a zoom into a shift along the real axis, and a turn into one along the imaginary
axis; and it is conformal, so that what a network draws in w is undistorted in z, eyes are eyes. A picture
that looks the same when it is magnified `depth` times is periodic in w: by log(depth) and by 2 pi i. So a
picture on the torus of these two periods, its rows log r and its columns the angle, is a zoom without end.

With a `spiral` of k a frame shows the torus at a w instead of w, with a = 1 + k log(depth) / (2 pi i): a way
once round the middle, 2 pi i, then leads to 2 pi i + k log(depth), which is the same place k rounds deeper. A
product is conformal too. That is what M. C. Escher drew in "Print Gallery" (k = 1 and a depth of 256), as
B. de Smit and H. W. Lenstra found: "The mathematical structure of Escher's Print Gallery", Notices of the
AMS 50 (2003). A round then magnifies a frame by exp(log(depth) / |a|^2), and turns it too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamzoom.camera.aim import Point
from dreamzoom.dream.periodic import has_quick_transform

_MORE: Final = 0.1  # by how much of itself a torus may be wider for that
_ABOUT: Final = 0.02  # the same where it may be narrower too
_SQUARE: Final = 8e-4  # by how much of itself a cell may be wider than high
_SLOW: Final = 0.3  # of its columns, by which a torus may be wider so that a side is quick
_LEAST_COLUMNS: Final = 64
_LEAST_ROWS: Final = 8


@dataclass(frozen=True)
class Torus:
    """The grid on which an endless zoom is drawn: cell (0, 0) lies at w = 0, its cells are squares.

    Attributes:
        columns: cells of a turn, clockwise as a frame shows it.
        rows: cells of a round, outwards.
        depth: how many times a round magnifies, where there is no spiral.
        spiral: how many rounds deeper a way once round the middle leads, clockwise if above 0; 0 is none.
    """

    columns: int
    rows: int
    depth: float
    spiral: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows, as a picture's width and height."""
        return self.columns, self.rows

    @cached_property
    def factor(self) -> complex:
        """What a frame's log z is multiplied by."""
        return 1 + self.spiral * math.log(self.depth) / (2j * math.pi)

    @cached_property
    def round(self) -> complex:
        """The logarithm of what a round of phases magnifies (and turns) a frame by: real without a spiral."""
        return math.log(self.depth) / self.factor

    @property
    def magnification(self) -> float:
        """How many times a round magnifies a frame: the depth, and less than that with a spiral."""
        return math.exp(self.round.real)

    def cells_per_pixel(self, pixels: float) -> float:
        """How many cells a pixel is wide that lies so many pixels from the middle."""
        return abs(self.factor) * self.columns / (2 * math.pi * pixels)

    def places(self, z: NDArray[np.complex128]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where points of a frame lie on the torus at the beginning of a round.

        Args:
            z: from the middle, in half diagonals; none of them 0.

        Returns:
            Rows and columns, which may lie beyond the grid: they go round.
        """
        w = self.factor * np.log(z)
        return w.real * (self.rows / math.log(self.depth)), w.imag * (self.columns / (2 * math.pi))

    def points(self, rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.complex128]:
        """The z of cells as they lie without a spiral, in half diagonals: the inverse of `places` there."""
        radius = np.exp(rows * (math.log(self.depth) / self.rows))
        z: NDArray[np.complex128] = radius * np.exp(columns * (2j * math.pi / self.columns))
        return z


@dataclass(frozen=True)
class Phase:
    """Where a frame is in the round, exactly.

    Attributes:
        deeper: how far it has fallen, in rounds, 0 to less than 1.
        turned: how far the picture is turned clockwise, in whole turns, 0 to less than 1.
    """

    deeper: Fraction = Fraction(0)
    turned: Fraction = Fraction(0)

    def shift(self, torus: Torus) -> tuple[float, float]:
        """By how many rows and columns a frame's places lie before those at the beginning of the round.

        A turn of the frame is 2 pi i times the torus' factor: with a spiral it goes deeper too.
        """
        deeper = (self.deeper + self.turned * torus.spiral) % 1
        return float(deeper * torus.rows), float(self.turned * torus.columns)


def torus_for(
    size: tuple[int, int],
    depth: float,
    spiral: int = 0,
    columns: int = 0,
    target: Point = (0.5, 0.5),
) -> Torus:
    """A torus for frames of a size (width, height): as sharp as they are, up to their farthest corner.

    Its cells are squares within a per mille, and its sides numbers whose Fourier transforms are quick.

    Args:
        columns: about how many it has instead.
        target: where in a frame the zoom falls to; it may lie outside.
    """
    probe = Torus(1, 1, depth, spiral)
    wanted = columns or math.ceil(2 * math.pi * farthest_corner(size, target) / abs(probe.factor))
    wanted = max(_LEAST_COLUMNS, wanted, math.ceil(_LEAST_ROWS * 2 * math.pi / math.log(depth)))
    return _best_grid(range(wanted, max(wanted + 64, round(wanted * (1 + _MORE)))), depth, spiral)


def farthest_corner(size: tuple[int, int], target: Point) -> float:
    """How far the farthest corner of a frame is from the point that it falls to, in pixels."""
    (width, height), (x, y) = size, target
    return math.hypot(width * max(abs(x), abs(1 - x)), height * max(abs(y), abs(1 - y)))


def frame_points(size: tuple[int, int], target: Point, rows: range | None = None) -> NDArray[np.complex128]:
    """The z of a frame's pixels, of all rows or some, in half diagonals; none is 0."""
    (width, height), (x, y) = size, target
    across = np.arange(width) + 0.5 - x * width
    down = np.array(rows if rows is not None else range(height)) + 0.5 - y * height
    z = np.empty((len(down), width), np.complex128)
    z.real, z.imag = across, down[:, None]
    z *= 2 / math.hypot(width, height)
    z[z == 0] = 1e-9
    return z


def smaller(torus: Torus, columns: int) -> Torus:
    """The same torus on another grid, of about so many columns."""
    rows_needed = math.ceil(_LEAST_ROWS * 2 * math.pi / math.log(torus.depth))
    wanted = max(_LEAST_COLUMNS, columns, rows_needed)
    around = range(wanted - round(wanted * _ABOUT), wanted + round(wanted * _ABOUT) + 1)
    return _best_grid(around, torus.depth, torus.spiral)


def _best_grid(widths: range, depth: float, spiral: int) -> Torus:
    """Of the grids of some widths the best: its cells are squares, first of all, its sides quick, and there
    are no more of them than need be.
    """
    ratio = math.log(depth) / (2 * math.pi)

    def badness(torus: Torus) -> float:
        slow = sum(not has_quick_transform(side) for side in torus.size)
        return 1000 * max(0, abs(_stretch(torus)) - _SQUARE) + _SLOW * slow + torus.columns / widths[0]

    grids = (Torus(columns, max(1, round(columns * ratio)), depth, spiral) for columns in widths)
    return min(grids, key=badness)


def _stretch(torus: Torus) -> float:
    """How much wider than high its cells are, 0 for squares."""
    return torus.rows / torus.columns * (2 * math.pi / math.log(torus.depth)) - 1
