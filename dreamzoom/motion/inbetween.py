"""Frames between two dreamed ones, from the known motion alone: no optical flow is guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dreamzoom.motion.sector import source_sector

if TYPE_CHECKING:
    from torch import Tensor

    from dreamzoom.motion.lens import Lens
    from dreamzoom.motion.similarity import Similarity

_FEATHER_PX = 8.0  # over how many pixels a picture's border fades out where the other one goes on
_NEVER_NOTHING = 1e-4  # the weight of a mirrored border where no picture reaches


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


def inbetween(first: Tensor, second: Tensor, moment: Moment, lens: Lens) -> Tensor:
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
    ahead = lens.sampled(first, moment.since_first)
    return lens.still(ahead + weight * (lens.sampled(second, back) - ahead))


def _coverage(image: Tensor, motion: Similarity, mirrors: int) -> Tensor:
    """How far inside the moved picture each pixel is: 1 inside, almost 0 beyond its border, (H, W)."""
    import torch

    height, width = image.shape[-2:]
    source = motion.inverse()
    x = torch.arange(width, device=image.device, dtype=image.dtype)
    y = torch.arange(height, device=image.device, dtype=image.dtype)[:, None]
    u = x * source.factor.real - y * source.factor.imag + source.offset.real
    v = x * source.factor.imag + y * source.factor.real + source.offset.imag
    # Distance to the nearest border or mirror, in pixels of the picture, that of an unmoved one counting as
    # inside.
    inside = torch.minimum(torch.minimum(u, width - 1 - u), torch.minimum(v, height - 1 - v))
    if mirrors:
        sector = source_sector((width, height), mirrors)
        inside = inside.minimum(sector.inside(u - (width - 1) / 2, v - (height - 1) / 2))
    return (1 + inside / _FEATHER_PX).clamp(_NEVER_NOTHING, 1.0)
