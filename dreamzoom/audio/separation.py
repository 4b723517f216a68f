"""What of a song rings and what knocks: its harmonic and its percussive part.

In a spectrogram tones are lines along the time and drums lines across it. A median along the time keeps the
ones and loses the others, a median along the frequencies does the opposite; whose share of each moment's
power is how large follows from the two (D. FitzGerald, Harmonic/Percussive Separation Using Median Filtering,
DAFx 2010).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.signal import istft, stft

from dreamzoom.audio.decode import RATE

_WINDOW: Final = 1024  # samples, 46 ms: a drum is to stay short
_STEP: Final = 256
_MOMENTS: Final = 17  # that a median is of: 0.2 s
_BINS: Final = 23  # likewise: 500 Hz


def separate(section: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The harmonic and the percussive part of a section (channels, samples); they add up to it.

    Parts within 0.1 s of the section's ends are less sure.
    """
    parts = [_separate_channel(channel) for channel in section]
    harmonic = np.stack([part[: section.shape[1]] for part in parts]).astype(np.float32)
    return harmonic, section - harmonic


def _separate_channel(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    _, _, waves = stft(samples, RATE, nperseg=_WINDOW, noverlap=_WINDOW - _STEP)
    sizes = np.abs(waves)
    tones = median_filter(sizes, (1, _MOMENTS)) ** 2
    knocks = median_filter(sizes, (_BINS, 1)) ** 2
    share = tones / np.maximum(tones + knocks, 1e-20)
    _, harmonic = istft(waves * share, RATE, nperseg=_WINDOW, noverlap=_WINDOW - _STEP)
    return np.asarray(harmonic, np.float64)
