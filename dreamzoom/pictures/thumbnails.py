"""Thumbnails of frames, which tell how much two of them look alike."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dreamzoom.pictures.colour_spaces import LUMA
from dreamzoom.pictures.frames import Pixels

Thumbnail: TypeAlias = NDArray[np.float64]
"""A picture's luma, 18 rows of 32, grey levels."""

THUMBNAIL_SIZE = (32, 18)


def thumbnail(frame: Pixels) -> Thumbnail:
    """The frame's luma shrunk to 32 x 18, each value the mean of what it covers; (18, 32)."""
    return small_luma(frame, THUMBNAIL_SIZE)


def small_luma(frame: Pixels, size: tuple[int, int]) -> NDArray[np.float64]:
    """The frame's luma shrunk to a width and height, each value the mean of what it covers; (H, W)."""
    luma = Image.fromarray((frame @ np.array(LUMA)).astype(np.float32))
    return np.asarray(luma.resize(size, Image.Resampling.BOX), dtype=np.float64)


def correlation(first: Thumbnail, second: Thumbnail) -> float:
    """Pearson's correlation of two thumbnails, -1 to 1; flat ones are alike to one another (1) and unlike
    all else (0).
    """
    a, b = first - first.mean(), second - second.mean()
    energy_a, energy_b = float((a * a).sum()), float((b * b).sum())
    if energy_a == 0 or energy_b == 0:
        return float(energy_a == energy_b)
    return float((a * b).sum()) / math.sqrt(energy_a * energy_b)
