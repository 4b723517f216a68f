"""What is around each of many values.

How loud a song is in a band of frequencies, from moment to moment.

The envelope is that of the analytic signal: the band's part of the spectrum, its negative frequencies left
out, moved down to 0 Hz and transformed back at a rate no higher than it needs. Unlike a rectified wave it has
no ripple, however low the note, and no lag.

How strongly something new begins to sound, from moment to moment.

The measure is spectral flux: in each of some 20 bands, how much the root of the amplitude has risen within
23 ms, summed. The root lets quiet things count, whatever the song's level. Window and lag are such that a hit
peaks at its first sample, give or take 2 ms, and that a vibrato's or a low note's own waves are no onsets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamzoom.audio.decode import MARGIN, RATE, SECONDS

Values = NDArray[np.float64]


def mean_around(values: Values, width: int) -> Values:
    """The mean of the `width` values (an odd number) around each, of those there are."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(values.size)
    start, end = np.maximum(index - width // 2, 0), np.minimum(index + width // 2 + 1, values.size)
    means: Values = (sums[end] - sums[start]) / (end - start)
    return means


def highest_around(values: Values, width: int) -> Values:
    """The highest of the `width` values (an odd number) around each; none is taken to be below 0."""
    if not values.size:
        return values
    padded = np.pad(values, width // 2)
    highest: Values = np.lib.stride_tricks.sliding_window_view(padded, width).max(axis=1)
    return highest


PER_SECOND: Final = 100
"""Values of an envelope a second."""


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


ONSETS_PER_SECOND: Final = 441
"""Values of onset strength a second."""

_HOP = RATE // ONSETS_PER_SECOND
_LAG = 10  # hops
_WINDOW = np.hanning(1025)[:-1]  # 46 ms
# Bins of the spectrum, 21.5 Hz each, where the bands begin: about three bands to the octave.
_EDGES = np.unique(np.round(np.geomspace(1, 512, 25)).astype(int))
_LOW = int(np.searchsorted(_EDGES, 7))  # bands that reach up to 150 Hz


@dataclass(frozen=True)
class Onsets:
    """What begins to sound, `PER_SECOND` values a second.

    Attributes:
        strength: how strongly, in all bands together.
        low: how strongly in the lowest, up to 150 Hz.
        level: what sounds, in the same measure: the roots of the bands' amplitudes, summed.
    """

    strength: Values
    low: Values
    level: Values


def onsets(section: NDArray[np.float32]) -> Onsets:
    """The onsets of a section (without its margins), see `sections`."""
    half = _WINDOW.size // 2
    count = SECONDS * ONSETS_PER_SECOND + _LAG
    begin = MARGIN - _LAG * _HOP - half
    frames = np.lib.stride_tricks.sliding_window_view(section[begin:], _WINDOW.size)[::_HOP][:count]
    power = np.abs(np.fft.rfft(frames * _WINDOW, axis=1)) ** 2 / half**2
    roots = np.add.reduceat(power[:, :-1], _EDGES[:-1], axis=1) ** 0.25
    rises = np.maximum(roots[_LAG:] - roots[:-_LAG], 0)
    return Onsets(rises.sum(axis=1), rises[:, :_LOW].sum(axis=1), roots[_LAG:].sum(axis=1))


def joined(parts: Sequence[Onsets], start: int, count: int) -> Onsets:
    """One after another, from index `start` on, `count` values long."""
    pieces = zip(*((part.strength, part.low, part.level) for part in parts), strict=True)
    return Onsets(*(np.concatenate(piece)[start : start + count] for piece in pieces))
