"""Randomness as a function of (seed, frame), never of what was drawn before."""

from __future__ import annotations

import numpy as np


def frame_generator(seed: int, frame: int) -> np.random.Generator:
    """The generator of one frame: Philox, a counter-based generator (Salmon et al. 2011), keyed by seed and
    frame.

    A frame rendered after a resume draws what it would have drawn in an uninterrupted run.
    """
    return np.random.Generator(np.random.Philox(key=np.array([seed, frame], dtype=np.uint64)))


def random_stream(seed: int, stream: int) -> np.random.Generator:
    """One of many independent streams of random numbers of a seed; counter-based, so the same everywhere."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, stream], dtype=np.uint64)))
