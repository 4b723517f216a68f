"""Frames between two dreamed ones, from the known motion alone: no optical flow is guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dreamzoom.motion.depth import depth

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
    inside = depth(image, motion.inverse(), (image.shape[-1], image.shape[-2]), mirrors)
    # An unmoved picture's border or mirror counts as inside.
    return (1 + inside / _FEATHER_PX).clamp(_NEVER_NOTHING, 1.0)
