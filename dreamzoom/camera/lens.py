"""What a camera shows of a picture that has moved before it, and of two dreamed ones at a moment between.

In-betweens come from the known motion alone: no optical flow is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import cast

import torch
from torch import Tensor

from dreamzoom.camera.kaleidoscope import fold, source_sector
from dreamzoom.camera.resample import Interpolation, warp, warp_with_torch
from dreamzoom.camera.similarity import Similarity
from dreamzoom.engines.torch.native.sampling import BlendPart, Place, sampler_for
from dreamzoom.recipe.schema import Recipe

_FEATHER_PX = 8.0  # over how many pixels a picture's border fades out where the other one goes on
_NEVER_NOTHING = 1e-4  # the weight of a mirrored border where no picture reaches


@dataclass(frozen=True)
class Lens:
    """How a camera samples what is before it, and in how many mirrors it sees it (see `fold`)."""

    interpolation: Interpolation = "cubic"
    mirrors: int = 0

    def fold(self, image: Tensor) -> Tensor:
        """What it shows of a picture (C, H, W) that stands still; what it has shown once stays as it is."""
        return fold(image, self.mirrors, self.interpolation)

    def warp(self, image: Tensor, motion: Similarity) -> Tensor:
        """A picture (C, H, W) that has moved, as it is without mirrors. Values may overshoot its range."""
        return warp(image, motion, self.interpolation)

    def move(self, image: Tensor, motion: Similarity) -> Tensor:
        """What it shows of a picture (C, H, W) that has moved: the mirrors stand. Values as above."""
        return self.fold(self.warp(image, motion))


def lens_of(recipe: Recipe) -> Lens:
    """A clip's lens."""
    return Lens(cast("Interpolation", recipe.camera.interpolation), recipe.camera.mirrors)


def signed_distance(view: Tensor, source: Similarity, size: tuple[int, int], mirrors: int) -> Tensor:
    """How far inside a picture each pixel of a view lies, below 0 outside, in pixels of the picture.

    Args:
        view: (..., h, w), floating point; its values do not matter.
        source: where in the picture each pixel of the view comes from.
        size: width and height of the picture.
        mirrors: those that it was seen in: of such a picture the sector that is shown counts alone.

    Returns:
        The distance to the nearest border or mirror, (h, w), of the view's type.
    """
    x = torch.arange(view.shape[-1], device=view.device, dtype=view.dtype)
    y = torch.arange(view.shape[-2], device=view.device, dtype=view.dtype)[:, None]
    borders = _borders_seen(source, size, mirrors)
    distances = (inwards.real * x - inwards.imag * y + inside for inwards, inside in borders)
    return reduce(torch.minimum, distances)


def _borders_seen(source: Similarity, size: tuple[int, int], mirrors: int) -> list[tuple[complex, float]]:
    """The borders of a picture in a view of it.

    Args:
        source, size, mirrors: as for `signed_distance`.

    Returns:
        Of each border n and d: a point z = x + iy of the view lies Re(n z) + d pixels inside.
    """
    width, height = size
    borders = [(1 + 0j, 0.0), (-1 + 0j, width - 1.0), (-1j, 0.0), (1j, height - 1.0)]
    if mirrors:
        middle = complex(width - 1, height - 1) / 2
        borders += [(side, -(side * middle).real) for side in source_sector(size, mirrors).inwards]
    return [(inwards * source.factor, (inwards * source.offset).real + inside) for inwards, inside in borders]


@dataclass(frozen=True)
class Moment:
    """Where a frame lies between two dreamed ones.

    Attributes:
        share: 0 at the first, 1 at the second.
        since_first: the motion from the first to this frame.
        until_second: the motion from this frame to the second.
    """

    share: float
    since_first: Similarity
    until_second: Similarity


def make_inbetween(first: Tensor, second: Tensor, moment: Moment, lens: Lens) -> Tensor:
    """Move both neighbours to where the camera is, and blend them by how near they are in time.

    Where one of them does not reach (a zoom shows the border of only one of them, a turn behind mirrors what
    goes out of their sector or comes into it) the other stands alone.

    Args:
        first, second: the dreamed frames (3, H, W), both floating point or uint8.

    Returns:
        The frame between, (3, H, W), floating point.
    """
    sources = (moment.since_first.inverse(), moment.until_second)
    parts = _parts(first, sources, moment.share, lens.mirrors)
    sampler = sampler_for(first, lens.interpolation)
    if sampler and all(part.place.is_near for part in parts):
        return lens.fold(sampler.blend(first, second, parts))
    return lens.fold(_blend_with_torch((first, second), sources, moment.share, lens))


def _parts(
    picture: Tensor, sources: tuple[Similarity, Similarity], share: float, mirrors: int
) -> tuple[BlendPart, BlendPart]:
    size = (picture.shape[-1], picture.shape[-2])
    first, second = (
        BlendPart(
            Place(source.factor, source.offset),
            weight,
            _borders_seen(source, size, mirrors),
            _FEATHER_PX,
            _NEVER_NOTHING,
        )
        for source, weight in zip(sources, (1 - share, share), strict=True)
    )
    return first, second


def _blend_with_torch(
    pictures: tuple[Tensor, Tensor], sources: tuple[Similarity, Similarity], share: float, lens: Lens
) -> Tensor:
    """What the kernels do of `make_inbetween`, where there are none."""
    first, second = (each if each.is_floating_point() else each.float() for each in pictures)
    weight_first = (1 - share) * _coverage(first, sources[0], lens.mirrors)  # (H, W)
    weight_second = share * _coverage(second, sources[1], lens.mirrors)
    weight = weight_second / (weight_first + weight_second)
    ahead = warp_with_torch(first, sources[0], lens.interpolation)
    return ahead + weight * (warp_with_torch(second, sources[1], lens.interpolation) - ahead)


def _coverage(image: Tensor, source: Similarity, mirrors: int) -> Tensor:
    """How far inside the moved picture each pixel is: 1 inside, almost 0 beyond its border, (H, W)."""
    inside = signed_distance(image, source, (image.shape[-1], image.shape[-2]), mirrors)
    # An unmoved picture's border or mirror counts as inside.
    return (1 + inside / _FEATHER_PX).clamp(_NEVER_NOTHING, 1.0)
