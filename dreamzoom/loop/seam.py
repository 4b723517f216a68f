"""Where one copy of a picture ends and the next larger one, which surrounds it, goes on.

Magnified round for round, copies of a picture lie in one another without end. Around the middle each has a
border where the next one takes over, anywhere from just inside the picture's own border to half a round
inside. The seam goes where the two differ least, in colours and in slopes: the cheapest closed way round,
found by dynamic programming (Efros & Freeman 2001, "Image quilting").
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray
from torch import Tensor

from dreamzoom.loop.torus import Torus, smaller
from dreamzoom.loop.winding import Window, copy_at

_Costs: TypeAlias = NDArray[np.float64]

_COLUMNS: Final = 384  # of the grid on which a seam is looked for
_NEAREST: Final = 0.02  # of a round: so far inside its border a picture ends at least
_DEEPEST: Final = 0.5  # and at most
_SMALLEST: Final = 2.5  # but it stays so large: a copy is cut down by that factor at most
_SLOPES: Final = 2.0  # how much slopes count that differ, beside colours
_INWARDS: Final = 250.0  # grey levels, summed over colours: what it costs to end a round inside the border
_ASIDE: Final = 8.0  # what it costs to go a row aside from one column to the next
_STEEPEST: Final = 3  # rows
_NEVER: Final = 1e9


@dataclass(frozen=True, eq=False)
class Seam:
    """A closed way round the middle.

    Attributes:
        heights: for each of as many angles, evenly all around from 0 on, how far from the middle it passes:
            the logarithm of the distance in half diagonals, (N,).
    """

    heights: NDArray[np.float64]

    def rows(self, torus: Torus) -> NDArray[np.float64]:
        """The row where it passes each column of a torus, (columns,), counted on beyond the first or last."""
        count = len(self.heights)
        at = np.arange(torus.columns) * (count / torus.columns)
        heights = np.interp(at, np.arange(count + 1), np.append(self.heights, self.heights[0]))
        rows: NDArray[np.float64] = heights * (torus.rows / math.log(torus.depth))
        return rows


def find_seam(picture: Tensor, torus: Torus, window: Window) -> Seam:
    """The best seam of a picture (C, H, W), 0 to 255, of which copies are magnified as a torus has it."""
    grid = smaller(torus, min(_COLUMNS, torus.columns))
    border = window.border(np.arange(float(grid.columns)) * (math.tau / grid.columns))
    border *= grid.rows / math.log(grid.depth)
    deepest = min(_DEEPEST, math.log(_SMALLEST) / math.log(grid.depth))
    highest, lowest = border - _NEAREST * grid.rows, border - deepest * grid.rows
    rows = np.arange(math.floor(lowest.min()) - 1, math.ceil(highest.max()) + 2)
    costs = _differences(picture, grid, window, rows)
    costs += _INWARDS * (highest - rows[:, None]).clip(0) / grid.rows
    costs[(rows[:, None] > highest) | (rows[:, None] < lowest)] = _NEVER
    path = _cheapest_way_round(costs)
    return Seam((rows[path] * (math.log(grid.depth) / grid.rows)).astype(np.float64))


def _differences(picture: Tensor, grid: Torus, window: Window, rows: NDArray[np.int64]) -> _Costs:
    """How much a copy differs from the next larger one, at rows and all columns of a grid."""
    copies = []
    for shift in (0, grid.rows):
        around = np.arange(rows[0] - shift, rows[-1] - shift + 2, dtype=np.float64)
        copies.append(copy_at(picture, grid, window, around[:, None], np.arange(float(grid.columns))))
    off = (copies[0] - copies[1]).cpu().double().numpy()
    down, across = np.diff(off, axis=1), np.roll(off, -1, 2)[:, :-1] - off[:, :-1]
    cost = np.abs(off[:, :-1]).sum(0) + _SLOPES * (np.abs(down) + np.abs(across)).sum(0)
    smooth: _Costs = scipy.ndimage.gaussian_filter(cost, 2, mode=("nearest", "wrap"))
    return smooth


def _cheapest_way_round(costs: _Costs) -> NDArray[np.int64]:
    """The row of each column on the cheapest way through all columns that ends where it began, or beside.

    It is the middle of the cheapest way three times round.
    """
    columns = costs.shape[1]
    total, ways = costs[:, 0].copy(), []
    for column in range(1, 3 * columns):
        best, way = total.copy(), np.zeros(len(total), np.int64)
        for step in (each for far in range(1, _STEEPEST + 1) for each in (-far, far)):
            came = np.full_like(total, np.inf)
            before, after = (
                (slice(-step, None), slice(None, step))
                if step < 0
                else (slice(None, -step), slice(step, None))
            )
            came[after] = total[before] + _ASIDE * abs(step)
            way[came < best] = -step
            best = np.minimum(best, came)
        ways.append(way)
        total = best + costs[:, column % columns]
    row = int(total.argmin())
    path = [row]
    for way in reversed(ways):
        row += int(way[row])
        path.append(row)
    return np.array(path[::-1][columns : 2 * columns])
