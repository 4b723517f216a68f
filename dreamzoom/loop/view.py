"""A frame: what is seen of a torus at a moment of its round.

Towards the middle a pixel covers ever more cells. The map is conformal, so it covers as many to each side:
each pixel is sampled, cubically, on the two levels of a pyramid between which its width lies, and the two
are blended (Williams 1983, "TorusPyramidal parametrics").
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import grid_sample

from dreamzoom.camera.aim import Point
from dreamzoom.camera.resample import FILTERS
from dreamzoom.dream.periodic import with_margin
from dreamzoom.engines.torch.threads import one_thread
from dreamzoom.loop.torus import Phase, Torus, frame_points

_MARGIN: Final = 4  # cells around a level, so that the filter finds its neighbours
_LEAST: Final = 2  # cells: no level has shorter sides
_ROWS: Final = 16  # of a level, that are worked on at a time
_BAND: Final = 1 << 18  # pixels of a frame that are looked up at a time
_KEPT: Final = 1 << 22  # pixels of a frame whose places are kept from one frame to the next


@dataclass(frozen=True, eq=False)
class TorusPyramid:
    """A torus' picture on ever coarser grids.

    Attributes:
        torus: the finest grid.
        levels: float32 (C, rows, columns) with a margin of `_MARGIN` cells, each half as fine as the one
            before.
    """

    torus: Torus
    levels: tuple[Tensor, ...]


def make_pyramid(image: Tensor, torus: Torus) -> TorusPyramid:
    """The pyramid of a torus' picture (C, rows, columns), 0 to 255, of any type."""
    level = image.float()
    levels = [with_margin(level, _MARGIN)]
    while min(level.shape[1:]) >= 2 * _LEAST:
        for dimension in (1, 2):
            level = _halved(level, dimension)
        levels.append(with_margin(level, _MARGIN))
    return TorusPyramid(torus, tuple(levels))


def _halved(image: Tensor, dimension: int) -> Tensor:
    """About half as many rows or columns of a picture without a border, cubically."""
    old = image.shape[dimension]
    new = max(_LEAST, round(old / 2))
    ratio = old / new
    places = torch.arange(new, dtype=torch.float64) * ratio
    reach = math.ceil(2 * ratio)
    offsets = torch.arange(-reach, reach + 1, dtype=torch.float64)[:, None]
    neighbours = places.floor() + offsets
    weights = FILTERS["cubic"].weight((places - neighbours) / ratio)
    weights = (weights / weights.sum(0)).to(image)
    taken = neighbours.long().remainder(old).to(image.device)
    halved = image.new_zeros([new if axis == dimension else side for axis, side in enumerate(image.shape)])
    with one_thread():
        for top in range(0, halved.shape[1], _ROWS):  # a few rows at a time, which stay in a core's cache
            rows = slice(top, top + _ROWS)
            part = halved[:, rows]
            if dimension == 1:
                for at, weight in zip(taken[:, rows], weights[:, rows], strict=True):
                    part += image.index_select(1, at).mul_(weight[:, None])
            else:
                strip = image[:, rows].contiguous()
                for at, weight in zip(taken, weights, strict=True):
                    part += strip.index_select(2, at).mul_(weight)
    return halved


def view(pyramid: TorusPyramid, phase: Phase, size: tuple[int, int], target: Point = (0.5, 0.5)) -> Tensor:
    """What a frame shows of a torus.

    Args:
        size: width and height of the frame.
        target: where in the frame the zoom falls to.

    Returns:
        The frame, float32 (C, H, W); cubic, so values may overshoot the torus' own. The same for any
        number of threads.
    """
    finest = pyramid.levels[0]
    frame = finest.new_empty(finest.shape[0], size[1], size[0])
    shift = phase.shift(pyramid.torus)
    with one_thread():
        for band in _bands(pyramid.torus, size, target, len(pyramid.levels)):
            part = frame[:, band.rows.start : band.rows.stop].reshape(frame.shape[0], -1)
            for ring in band.rings:
                part[:, ring.pixels] = _look_up(pyramid, ring, shift)
            frame[:, band.rows.start : band.rows.stop] = part.view(frame.shape[0], -1, size[0])
    return frame


@dataclass(frozen=True, eq=False)
class _Ring:
    """The pixels of a band that lie between two levels.

    Attributes:
        level: the finer one.
        pixels: which pixels of the band, int64 (N,).
        rows, columns: where on the torus at the beginning of the round, float64 (N,), in cells.
        share: that of the coarser level, float32 (N,).
    """

    level: int
    pixels: Tensor
    rows: Tensor
    columns: Tensor
    share: Tensor


@dataclass(frozen=True, eq=False)
class _Band:
    rows: range
    rings: tuple[_Ring, ...]


def _bands(torus: Torus, size: tuple[int, int], target: Point, levels: int) -> Iterator[_Band]:
    """A frame's places on a torus, some rows of it at a time."""
    if size[0] * size[1] <= _KEPT:
        yield from _kept_bands(torus, size, target, levels)
        return
    yield from _make_bands(torus, size, target, levels)


@lru_cache(2)
def _kept_bands(torus: Torus, size: tuple[int, int], target: Point, levels: int) -> tuple[_Band, ...]:
    return tuple(_make_bands(torus, size, target, levels))


def _make_bands(torus: Torus, size: tuple[int, int], target: Point, levels: int) -> Iterator[_Band]:
    height = max(1, _BAND // size[0])
    for top in range(0, size[1], height):
        rows = range(top, min(top + height, size[1]))
        z = frame_points(size, target, rows).ravel()
        yield _Band(rows, tuple(_rings(torus, z, math.hypot(*size) / 2, levels)))


def _rings(torus: Torus, z: NDArray[np.complex128], half: float, levels: int) -> Iterator[_Ring]:
    """
    Args:
        half: half a diagonal of the frame, in pixels.
    """
    rows, columns = torus.places(z)
    width = np.log2(torus.cells_per_pixel(1) / (np.abs(z) * half)).clip(0, levels - 1)
    level = np.minimum(width.astype(np.int64), levels - 2)
    for each in np.unique(level).tolist():
        inside = np.flatnonzero(level == each)
        yield _Ring(
            each,
            torch.from_numpy(inside),
            torch.from_numpy(rows[inside]),
            torch.from_numpy(columns[inside]),
            torch.from_numpy((width[inside] - each).astype(np.float32)),
        )


def _look_up(pyramid: TorusPyramid, ring: _Ring, shift: tuple[float, float]) -> Tensor:
    """The values of a ring's pixels, (C, N)."""
    torus = pyramid.torus
    rows = ((ring.rows - shift[0]) / torus.rows).remainder(1)
    columns = ((ring.columns - shift[1]) / torus.columns).remainder(1)
    fine, coarse = (_sampled(level, rows, columns) for level in pyramid.levels[ring.level : ring.level + 2])
    share = ring.share.to(fine)
    return coarse.sub_(fine).mul_(share).add_(fine)


def _sampled(level: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """A level at places in shares of the torus, (C, N)."""
    places = torch.stack([_scaled(columns, level.shape[2]), _scaled(rows, level.shape[1])], -1).float()
    grid = places.to(level.device)[None, None]
    found = grid_sample(level[None], grid, "bicubic", "border", align_corners=True)
    return found[0, :, 0]


def _scaled(shares: Tensor, wide: int) -> Tensor:
    """Places as `grid_sample` wants them: -1 is the middle of the first cell, 1 that of the last."""
    cells = wide - 2 * _MARGIN
    return shares.mul(cells).add_(_MARGIN).mul_(2 / (wide - 1)).sub_(1)
