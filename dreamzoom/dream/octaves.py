"""The image pyramid: its sizes, and how a picture gets from one to another."""

from __future__ import annotations

import torch
from torch import Tensor


def octave_sizes(size: tuple[int, int], octaves: int, scale: float) -> list[tuple[int, int]]:
    """The sizes a dream climbs, coarse to fine, the last being `size`.

    Each octave is smaller than the next by `scale`, its sides rounded to whole pixels (half to even, as
    `scipy.ndimage.zoom` does in the 2015 notebook), and at least 1. The order of the sides does not matter.
    """
    sizes = [size]
    for _ in range(octaves - 1):
        first, second = sizes[-1]
        sizes.append((max(1, round(first / scale)), max(1, round(second / scale))))
    return sizes[::-1]


def resize(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Resample (C, H, W) to `size` (height, width), bilinearly, corners kept on corners.

    The grid is that of `scipy.ndimage.zoom(order=1)`, which the 2015 notebook used for its octaves.
    """
    if tuple(image.shape[-2:]) == size:
        return image
    return torch.nn.functional.interpolate(image[None], size=size, mode="bilinear", align_corners=True)[0]
