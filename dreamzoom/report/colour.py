"""How colourful a frame is, and how many hues it has."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from dreamzoom.pictures.frames import Pixels

HUES: Final = 36
"""Into how many hues the circle is divided: 10 degrees each."""


def colourfulness(frame: Pixels) -> float:
    """Hasler & Suesstrunk's measure of a picture (H, W, 3), from 0 for grey; about 15 is a little colour, 45
    quite some, 82 extreme.

    From the opponent channels rg = R - G and yb = (R + G) / 2 - B: the length of their standard deviations
    plus 0.3 times the length of their means ("Measuring colourfulness in natural images", 2003).
    """
    red_green, yellow_blue = _opponents(frame)
    spread = math.hypot(float(red_green.std()), float(yellow_blue.std()))
    return spread + 0.3 * math.hypot(float(red_green.mean()), float(yellow_blue.mean()))


def effective_hues(frame: Pixels) -> float:
    """How many hues a picture (H, W, 3) has: exp of the entropy of hue, 1 to 36; 0 for a grey one.

    As many hues of one strength would have that entropy. A pixel counts by its chroma, so that greys, which
    have no hue, count nothing.
    """
    red, green, blue = np.moveaxis(frame.astype(np.float32), -1, 0)
    across, along = math.sqrt(3) * (green - blue), 2 * red - green - blue
    turns = np.arctan2(across, along) / np.float32(2 * np.pi) + 0.5 / HUES  # reds are in one bin's middle
    bins = np.floor(turns * HUES).astype(np.int64) % HUES
    strengths = np.bincount(bins.ravel(), np.hypot(across, along).ravel().astype(np.float64), HUES)
    whole = strengths.sum()
    if not whole:
        return 0.0
    shares = strengths[strengths > 0] / whole
    return math.exp(-float((shares * np.log(shares)).sum()))


def _opponents(frame: Pixels) -> tuple[np.ndarray, np.ndarray]:
    red, green, blue = np.moveaxis(frame.astype(np.float64), -1, 0)
    return red - green, (red + green) / 2 - blue
