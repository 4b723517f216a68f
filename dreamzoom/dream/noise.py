"""Noise in the coarse octaves: something new to dream on, too smooth to be seen as grain or flicker."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dreamzoom.dream.randomness import frame_generator

if TYPE_CHECKING:
    from torch import Tensor

_ROWS = 6  # how many lumps fit into the shorter side


def gliding_noise(image: Tensor, seed: int, time: float) -> Tensor:
    """Smooth coloured noise that changes smoothly too: at each whole time another one.

    Its lumps are a sixth of the shorter side wide, whatever the picture's size: the same seed gives the same
    noise at every size.

    Args:
        image: (3, H, W), for the noise's size.
        time: 0 or above; between two whole times the one's noise gives way to the other's.

    Returns:
        Noise (3, H, W) of standard deviation 1, about.
    """
    import torch

    before = math.floor(time)
    angle = math.pi / 2 * (time - before)  # sine and cosine: their squares, and so the variances, add up to 1
    lumps = math.cos(angle) * _lumps(image, seed, before) + math.sin(angle) * _lumps(image, seed, before + 1)
    size = (image.shape[1], image.shape[2])
    return torch.nn.functional.interpolate(lumps[None], size=size, mode="bicubic", align_corners=False)[0]


def _lumps(image: Tensor, seed: int, time: int) -> Tensor:
    """One value of each lump, (3, rows, columns)."""
    import torch

    height, width = image.shape[1:]
    lump = min(height, width) / _ROWS
    shape = (3, max(2, round(height / lump)), max(2, round(width / lump)))
    return torch.from_numpy(frame_generator(seed, time).standard_normal(shape)).to(image)
