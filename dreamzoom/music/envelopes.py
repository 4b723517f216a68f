"""How loud a song is in a band of frequencies, from moment to moment.

The envelope is that of the analytic signal: the band's part of the spectrum, its negative frequencies left
out, moved down to 0 Hz and transformed back at a rate no higher than it needs. Unlike a rectified wave it has
no ripple, however low the note, and no lag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamzoom.music.decoding import MARGIN, RATE, SECONDS

PER_SECOND: Final = 100
"""Values of an envelope a second."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Band:
    """A range of frequencies.

    Attributes:
        low: in Hz, where its power has risen to a half; it rises within an octave.
        high: in Hz, where its power has fallen to a half, likewise.
        rate: complex samples a second that carry it: a multiple of 200, above its width.
    """

    low: float
    high: float
    rate: int


BASS: Final = Band(20, 150, 800)
MIDS: Final = Band(150, 2000, 3200)
HIGHS: Final = Band(2000, 2 * RATE, 10000)
ALL: Final = Band(20, 2 * RATE, 11200)

_RAMP = np.sin(np.linspace(0, np.pi / 2, MARGIN // 2)) ** 2


def spectrum(section: NDArray[np.float32]) -> NDArray[np.complex128]:
    """The spectrum of a section, whose margins fade: its two ends meet without a click."""
    samples = section.astype(np.float64)
    samples[: _RAMP.size] *= _RAMP
    samples[-_RAMP.size :] *= _RAMP[::-1]
    return np.fft.rfft(samples)


def envelope(waves: NDArray[np.complex128], band: Band, *, as_heard: bool = False) -> Values:
    """The amplitude of a section's band, `PER_SECOND` values a second: each the RMS of 10 ms around it.

    Args:
        waves: what `spectrum` gives.
        as_heard: weigh frequencies as ears do, after ITU-R BS.1770.

    Returns:
        Shape (SECONDS * PER_SECOND,); 1 is the amplitude of a sine between -1 and 1.
    """
    length = 2 * (waves.size - 1)
    step = RATE / length  # Hz
    first, last = _reach(band, step, waves.size)
    frequencies: Values = np.arange(first, last, dtype=np.float64) * step
    weights = _weights(frequencies, band) * (_hearing(frequencies) if as_heard else 1)
    carried = round(length * band.rate / RATE)
    moved = np.zeros(carried, np.complex128)
    moved[: last - first] = waves[first:last] * weights * (2 * carried / length)
    power = np.abs(np.fft.ifft(moved)) ** 2
    return np.sqrt(_around(power, band.rate // PER_SECOND, MARGIN * band.rate // RATE))


def _reach(band: Band, step: float, count: int) -> tuple[int, int]:
    """The first bin of a spectrum that is in the band, and the one behind the last."""
    return int(band.low / np.sqrt(2) / step), min(count, int(band.high * np.sqrt(2) / step) + 1)


def _weights(frequencies: Values, band: Band) -> Values:
    """Edges that rise and fall within an octave; the powers of two neighbouring bands add up to 1."""
    octaves = np.log2(np.maximum(frequencies, 1e-9))
    rise = np.clip(octaves - np.log2(band.low) + 0.5, 0, 1)
    fall = np.clip(np.log2(band.high) + 0.5 - octaves, 0, 1)
    weights: Values = np.sin(rise * np.pi / 2) * np.sin(fall * np.pi / 2)
    return weights


def _hearing(frequencies: Values) -> Values:
    """BS.1770's weights in the main: less below 40 Hz, 4 dB more above 1.5 kHz."""
    squares = frequencies**2
    return squares / (squares + 38.0**2) * (1 + 0.585 * squares / (squares + 1500.0**2))


def _around(power: Values, width: int, start: int) -> Values:
    """Means over `width` values each, the first of them around index `start`."""
    begin = start - width // 2
    means: Values = power[begin : begin + width * SECONDS * PER_SECOND].reshape(-1, width).mean(axis=1)
    return means
