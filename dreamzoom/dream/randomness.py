"""Randomness as a function of (seed, frame), never of what was drawn before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def frame_generator(seed: int, frame: int) -> np.random.Generator:
    """The generator of one frame: Philox, a counter-based generator (Salmon et al. 2011), keyed by seed and
    frame.

    A frame rendered after a resume draws what it would have drawn in an uninterrupted run.
    """
    import numpy as np

    return np.random.Generator(np.random.Philox(key=np.array([seed, frame], dtype=np.uint64)))
