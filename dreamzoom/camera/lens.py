"""What a camera shows of a picture that has moved before it, and of two dreamed ones at a moment between.

In-betweens come from the known motion alone: no optical flow is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from dreamzoom.camera.kaleidoscope import fold, source_sector
from dreamzoom.camera.resample import Interpolation, warp
from dreamzoom.camera.similarity import Similarity
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
    width, height = size
    x = torch.arange(view.shape[-1], device=view.device, dtype=view.dtype)
    y = torch.arange(view.shape[-2], device=view.device, dtype=view.dtype)[:, None]
    u = x * source.factor.real - y * source.factor.imag + source.offset.real
    v = x * source.factor.imag + y * source.factor.real + source.offset.imag
    inside = torch.minimum(torch.minimum(u, width - 1 - u), torch.minimum(v, height - 1 - v))
    if mirrors == 0:
        return inside
    sector = source_sector(size, mirrors)
    return inside.minimum(sector.signed_distance(u - (width - 1) / 2, v - (height - 1) / 2))


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
        first, second: the dreamed frames (3, H, W).

    Returns:
        The frame between, (3, H, W).
    """
    back = moment.until_second.inverse()
    weight_first = (1 - moment.share) * _coverage(first, moment.since_first, lens.mirrors)  # (H, W)
    weight_second = moment.share * _coverage(second, back, lens.mirrors)
    weight = weight_second / (weight_first + weight_second)
    ahead = lens.warp(first, moment.since_first)
    return lens.fold(ahead + weight * (lens.warp(second, back) - ahead))


def _coverage(image: Tensor, motion: Similarity, mirrors: int) -> Tensor:
    """How far inside the moved picture each pixel is: 1 inside, almost 0 beyond its border, (H, W)."""
    inside = signed_distance(image, motion.inverse(), (image.shape[-1], image.shape[-2]), mirrors)
    # An unmoved picture's border or mirror counts as inside.
    return (1 + inside / _FEATHER_PX).clamp(_NEVER_NOTHING, 1.0)
