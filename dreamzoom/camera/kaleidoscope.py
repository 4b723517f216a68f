"""A kaleidoscope: mirrors through a picture's middle show one of its sectors in all the others.

n mirrors divide the picture into 2 n sectors. In the sector that is shown nothing changes, and the others
depend on it alone: so a picture that is folded again and again, once a frame, stays as it is to the bit and
neither blurs nor drifts. A point is a complex number x + iy in pixels from the middle, x to the right and
y down.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from typing import Final

import torch
from torch import Tensor

from dreamzoom.camera.resample import FILTERS, Interpolation, ResamplingFilter
from dreamzoom.engines.torch.native.sampling import FoldPlan, sampler_for
from dreamzoom.engines.torch.threads import one_thread

_ALIKE: Final = 1e-9  # of a side: borders that differ by less are as far away
_REFLECTIONS: Final = 8  # between mirrors and border, at most; what has then not come to rest is clipped
_FINEST: Final = 2.0**20  # of a pixel, to which positions are rounded: whole ones stay whole in spite of pi
_NOTHING: Final = 1e-6  # a filter's weight below which a neighbour has no say
_ON_THE_MIRROR: Final = 1e-6  # pixels
_NEXT: Final = range(2)  # the four pixels around a point
_AROUND: Final = range(-16, 18)  # a sector of the most mirrors that a recipe allows is a pixel wide by then


@dataclass(frozen=True)
class Sector:
    """The sector between two mirrors, from its `start` clockwise over its `width`, both in radians."""

    start: float
    width: float

    @property
    def inwards(self) -> tuple[complex, complex]:
        """Of each mirror n: a point z = x + iy lies Re(n z) pixels from it, on the sector's side above 0."""
        first, last = (cmath.rect(1, angle) for angle in (self.start, self.start + self.width))
        return -1j * first.conjugate(), 1j * last.conjugate()

    def signed_distance(self, x: Tensor, y: Tensor) -> Tensor:
        """How far points lie from the nearer mirror, in pixels: above 0 inside the sector, below 0 outside.

        Args:
            x, y: of any shapes that broadcast, (...).
        """
        first, last = self.inwards
        return (first.real * x - first.imag * y).minimum(last.real * x - last.imag * y)

    def fold(self, points: Tensor) -> Tensor:
        """Where in the sector points lie once the mirrors have brought them there, as far from the middle.

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


def fold(image: Tensor, mirrors: int, interpolation: Interpolation = "cubic") -> Tensor:
    """Show a picture in a kaleidoscope.

    `source_sector` tells which sector is shown. What it would have to show from beyond the picture's border
    is the picture mirrored there.

    Args:
        image: (C, H, W), floating point.
        mirrors: 0 leaves the picture as it is; 1 mirrors its right half to the left; n makes 2 n sectors,
            each the mirror image of its neighbours.

    Returns:
        The folded picture, (C, H, W), of the same type; folded again, it is the same to the bit. Values may
        overshoot the input's range with "cubic" and "lanczos".
    """
    if mirrors == 0:
        return image
    height, width = image.shape[-2:]
    source = _fold_map((width, height), mirrors, interpolation, image.device, image.dtype)
    sampler = sampler_for(image, interpolation)
    if sampler and image.dtype == torch.float32:
        return sampler.fold(image, source.plan)
    return _fold_with_torch(image, source)


@dataclass(frozen=True, eq=False)
class _FoldMap:
    """Where the pixels of a folded picture come from; the weights of their neighbours are of a type."""

    plan: FoldPlan
    resampler: ResamplingFilter
    dtype: torch.dtype

    @cached_property
    def rows(self) -> list[tuple[int, Tensor]]:
        """How far down from the first the neighbours of each pixel are, and their weights (N,)."""
        return [(step * self.plan.wide, weight) for step, weight in self._taps(self.plan.down)]

    @cached_property
    def columns(self) -> list[tuple[int, Tensor]]:
        """The same to the right."""
        return self._taps(self.plan.right)

    def _taps(self, fraction: Tensor) -> list[tuple[int, Tensor]]:
        _, weights = self.resampler.taps(fraction.cpu().double())  # which some devices lack
        return [(step, weight.to(fraction.device, self.dtype)) for step, weight in _used_taps(weights)]


def _fold_with_torch(image: Tensor, source: _FoldMap) -> Tensor:
    plan, pixels = source.plan, image.flatten(1)
    framed = pixels.index_select(1, plan.stand_ins)
    shown = framed.new_zeros(image.shape[0], len(plan.shown))
    for down, row_weight in source.rows:
        for right, column_weight in source.columns:
            taken = framed.index_select(1, plan.first + (down + right))
            shown.addcmul_(taken, row_weight * column_weight)
    return pixels.index_copy(1, plan.shown, shown).view_as(image)


@lru_cache(2)  # every frame of a clip is folded alike
@one_thread()
def _fold_map(
    size: tuple[int, int],
    mirrors: int,
    interpolation: Interpolation,
    device: torch.device,
    dtype: torch.dtype,
) -> _FoldMap:
    # Worked out in float64, which some devices lack.
    resampler, sector = FILTERS[interpolation], source_sector(size, mirrors)
    points = _points(size, 0)
    outside = (sector.signed_distance(points.real, points.imag) < -_ON_THE_MIRROR).nonzero().flatten()
    x, y = _to_pixels(_reflect(points[outside], sector, size), size)
    margin, before = resampler.reach, resampler.reach - 1
    wide = size[0] + 2 * margin
    first = (y.floor() - before + margin) * wide + x.floor() - before + margin
    plan = FoldPlan(
        shown=outside.to(device),
        stand_ins=_stand_ins(size, sector, margin).to(device),
        wide=wide,
        first=first.long().to(device),
        right=(x - x.floor()).float().to(device),  # exact: see _FINEST
        down=(y - y.floor()).float().to(device),
    )
    return _FoldMap(plan, resampler, dtype)


def _used_taps(weights: Tensor) -> list[tuple[int, Tensor]]:
    """The taps (taps, N) that count at any pixel, numbered: one alone where all positions are whole."""
    return [(tap, weight) for tap, weight in enumerate(weights) if bool((weight.abs() > _NOTHING).any())]


def _points(size: tuple[int, int], margin: int) -> Tensor:
    """The pixels of a picture and a margin around it as points about its middle: complex128, row by row."""
    x, y = (torch.arange(-margin, side + margin, dtype=torch.float64) - (side - 1) / 2 for side in size)
    return (x + 1j * y[:, None]).flatten()


def _to_pixels(points: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Points as columns and rows, the picture's first ones being 0."""
    x, y = (part + (side - 1) / 2 for part, side in zip((points.real, points.imag), size, strict=True))
    return (x * _FINEST).round() / _FINEST, (y * _FINEST).round() / _FINEST


def _reflect(points: Tensor, sector: Sector, size: tuple[int, int]) -> Tensor:
    """Where what the mirrors show at points comes from: inside the sector and the border of the picture."""
    right, foot = size[0] / 2, size[1] / 2
    for _ in range(_REFLECTIONS):
        inside = sector.signed_distance(points.real, points.imag) >= -_ON_THE_MIRROR
        points = points.where(inside, sector.fold(points))
        mirrored = _reflect_at(points.real, right) + 1j * _reflect_at(points.imag, foot)
        if bool((mirrored == points).all()):
            break
        points = mirrored
    return points.real.clamp(-right, right) + 1j * points.imag.clamp(-foot, foot)


def _reflect_at(values: Tensor, border: float) -> Tensor:
    """Values beyond a border to either side of 0, reflected there."""
    return values.minimum(2 * border - values).maximum(-2 * border - values)


def _stand_ins(size: tuple[int, int], sector: Sector, margin: int) -> Tensor:
    """For each place of picture and margin, the pixel of the sector nearest to what is shown there."""
    points = _reflect(_points(size, margin), sector, size)
    nearest, found = _nearest(points, sector, size, _NEXT)
    # Near the middle a sector is narrower than a pixel.
    lost = (~found).nonzero().flatten()
    nearest[lost] = _nearest(points[lost], sector, size, _AROUND)[0]
    return nearest


def _nearest(points: Tensor, sector: Sector, size: tuple[int, int], steps: range) -> tuple[Tensor, Tensor]:
    """The sector's pixel that is nearest to each point, counted row by row, and whether there is one.

    Args:
        steps: how far each way it is looked for, in pixels from the one to the upper left of a point.
    """
    x, y = (part.floor() for part in _to_pixels(points, size))
    nearest = torch.zeros(len(points), dtype=torch.int64)
    least = torch.full((len(points),), torch.inf, dtype=torch.float64)
    for down, right in product(steps, steps):
        column, row = (x + right).clamp(0, size[0] - 1), (y + down).clamp(0, size[1] - 1)
        place = column - (size[0] - 1) / 2 + 1j * (row - (size[1] - 1) / 2)
        inside = sector.signed_distance(place.real, place.imag) >= -_ON_THE_MIRROR
        distance = (place - points).abs().where(inside, torch.inf)
        nearest = nearest.where(distance >= least, (row * size[0] + column).long())
        least = least.minimum(distance)
    return nearest, least.isfinite()
