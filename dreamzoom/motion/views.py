"""Many views of one picture at once: fast, for pictures that are looked at and never dreamed on.

`dreamzoom.motion.warp` makes what a dream goes on from; this is some five times as fast, for torch's own
sampler stands behind it, whose kernel is a little sharper (Keys' cubic with a = -3/4).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from dreamzoom.motion.similarity import Similarity

if TYPE_CHECKING:
    from torch import Tensor

Beyond: TypeAlias = Literal["reflection", "border"]
"""What lies outside a picture: itself mirrored at its edge, or the pixels at its edge for ever."""


def views(
    image: Tensor, sources: Sequence[Similarity], size: tuple[int, int], beyond: Beyond = "reflection"
) -> Tensor:
    """Sample a picture once for each source.

    Args:
        image: (C, H, W), float32.
        sources: where in the picture each point of the view comes from, in pixels.
        size: width and height of the views, in pixels.

    Returns:
        The views, (len(sources), C, height, width). Values may overshoot the input's range.
    """
    import torch
    from torch.nn.functional import affine_grid, grid_sample

    count, (width, height) = len(sources), size
    around = (image.shape[-1], image.shape[-2])
    maps = torch.tensor([_normalised(source, size, around) for source in sources], dtype=image.dtype)
    places = affine_grid(maps, [count, image.shape[0], height, width], align_corners=False)
    pictures = image.expand(count, -1, -1, -1)
    return grid_sample(pictures, places, mode="bicubic", padding_mode=beyond, align_corners=False)


def _normalised(source: Similarity, size: tuple[int, int], around: tuple[int, int]) -> list[list[float]]:
    """A map of pixels as torch wants it: of places that run from -1 to 1, from border to border.

    Args:
        size, around: width and height of the view, and of the picture.
    """
    (width, height), (across, down) = size, around
    turn = source.factor
    middle = source(complex(width - 1, height - 1) / 2)
    return [
        [turn.real * width / across, -turn.imag * height / across, (2 * middle.real + 1) / across - 1],
        [turn.imag * width / down, turn.real * height / down, (2 * middle.imag + 1) / down - 1],
    ]
