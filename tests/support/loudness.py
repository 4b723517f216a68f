"""The loudness of samples by ITU-R BS.1770-4 to the letter, and their true peak: the truth about a meter."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, resample_poly

RATE = 48000
_SHELF = ([1.53512485958697, -2.69169618940638, 1.19839281085285], [1, -1.69065929318241, 0.73248077421585])
_HIGH_PASS = ([1.0, -2.0, 1.0], [1, -1.99004745483398, 0.99007225036621])


def integrated(samples: NDArray[np.float64]) -> float:
    """LUFS of stereo samples (2, N) at `RATE`: tables 1 and 2, and the gates of its annex 1."""
    weighted = lfilter(*_HIGH_PASS, lfilter(*_SHELF, samples))
    block, step = round(0.4 * RATE), round(0.1 * RATE)
    starts = range(0, samples.shape[1] - block + 1, step)
    power = np.array([np.mean(weighted[:, start : start + block] ** 2, axis=1).sum() for start in starts])
    power = power[power > 10 ** ((-70 + 0.691) / 10)]
    power = power[power > power.mean() / 10]
    return -0.691 + 10 * math.log10(power.mean())


def true_peak(samples: NDArray[np.float64]) -> float:
    """dBTP of samples, eight times as many taken of them."""
    return 20 * math.log10(np.abs(resample_poly(samples, 8, 1, axis=-1)).max())


def sine(level: float, seconds: float, frequency: float = 997, phase: float = 0) -> NDArray[np.float64]:
    """A sine whose peak is `level` dBFS, at `RATE`."""
    turns = frequency * np.arange(round(seconds * RATE)) / RATE
    return 10 ** (level / 20) * np.sin(2 * math.pi * turns + phase)
