"""What of a song rings and what knocks: its harmonic and its percussive part.

In a spectrogram tones are lines along the time and drums lines across it. A median along the time keeps the
ones and loses the others, a median along the frequencies does the opposite; whose share of each moment's
power is how large follows from the two (D. FitzGerald, Harmonic/Percussive Separation Using Median Filtering,
DAFx 2010).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import scipy
from numpy.typing import NDArray

_STEP: Final = 256  # samples
_OVERLAP: Final = 4
_WINDOW = np.sin(np.pi * (np.arange(_STEP * _OVERLAP) + 0.5) / (_STEP * _OVERLAP)).astype(np.float32)
_MOMENTS: Final = 17  # that a median is of: 0.2 s; the window is 46 ms, for a drum is to stay short
_BINS: Final = 23  # likewise: 500 Hz


def separate(section: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The harmonic and the percussive part of a section (channels, samples); they add up to it.

    Parts within 0.1 s of the section's ends are less sure.
    """
    harmonic = np.stack([_harmonic(channel) for channel in section])
    return harmonic, section - harmonic


def _harmonic(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    margin = _WINDOW.size - _STEP
    padded = np.pad(samples, (margin, margin + -samples.size % _STEP))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW.size)[::_STEP]
    waves = scipy.fft.rfft(windows * _WINDOW, axis=1)  # (moments, bins)
    sizes = np.abs(waves)
    tones = _medians(sizes.T, _MOMENTS).T ** 2
    knocks = _medians(sizes, _BINS) ** 2
    share = tones / np.maximum(tones + knocks, 1e-20)
    pieces = (scipy.fft.irfft(waves * share, axis=1) * _WINDOW).reshape(-1, _OVERLAP, _STEP)
    joined = np.zeros((len(pieces) + _OVERLAP - 1, _STEP), np.float32)
    for place in range(_OVERLAP):
        joined[place : place + len(pieces)] += pieces[:, place]
    # The squares of the windows that overlap add up to half their number.
    return joined.reshape(-1)[margin : margin + samples.size] / (_OVERLAP / 2)


def _medians(rows: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """The medians of the `width` values around each along the rows."""
    # In one dimension SciPy's filter is several times as fast.
    padded = np.pad(rows, ((0, 0), (width // 2, width // 2)), mode="edge")
    medians: NDArray[np.float32] = scipy.ndimage.median_filter(padded.reshape(-1), width).reshape(
        padded.shape
    )
    return medians[:, width // 2 : -(width // 2)]
