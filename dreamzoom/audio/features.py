"""What is measured of a song, section by section: envelopes of bands of frequencies, and onsets.

An envelope says how loud a band is, and is that of the analytic signal: the band's part of the spectrum, its
negative frequencies left out, moved down to 0 Hz and transformed back at a rate no higher than it needs.
Unlike a rectified wave it has no ripple, however low the note, and no lag.

Onset strength says how strongly something new begins to sound, and is spectral flux: in each of some 20
bands, how much the root of the amplitude has risen within 23 ms, summed. The root lets quiet things count,
whatever the song's level. Window and lag are such that a hit peaks at its first sample, give or take 2 ms,
and that a vibrato's or a low note's own waves are no onsets.

Both go by the power of the channels, its mean: waves that are out of phase in two channels cancel in a mix,
not in a room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray

from dreamzoom.audio.decode import MARGIN, RATE, SECONDS

FloatArray: TypeAlias = NDArray[np.float64]

ENVELOPES_PER_SECOND: Final = 100
ONSETS_PER_SECOND: Final = 441


def rolling_mean(values: FloatArray, width: int) -> FloatArray:
    """The mean of the `width` values (an odd number) around each of (N,), of those there are."""
    # SciPy's uniform_filter1d keeps a running sum, which is not quite 0 again in a silence after something
    # loud: what little is left would count as hits.
    sums = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(values.size)
    start, end = np.maximum(index - width // 2, 0), np.minimum(index + width // 2 + 1, values.size)
    means: FloatArray = (sums[end] - sums[start]) / (end - start)
    return means


def rolling_max(values: FloatArray, width: int) -> FloatArray:
    """The highest of the `width` values (an odd number) around each of (N,); there is 0 beyond both ends."""
    highest: FloatArray = scipy.ndimage.maximum_filter1d(values, width, mode="constant")
    return highest


@dataclass(frozen=True)
class Band:
    """A range of frequencies.

    Attributes:
        low: in Hz, where its power has risen to a half; it rises within the octaves `edge`.
        high: in Hz, where its power has fallen to a half, likewise.
        rate: complex samples a second that carry it: a multiple of 200, above its width.
        edge: octaves, at most as many as it is wide.
    """

    low: float
    high: float
    rate: int
    edge: float = 1.0


def band_between(low: float, high: float) -> Band:
    """The band from `low` to `high`, in Hz; the edges of one that is narrower than an octave are steeper."""
    edge = min(float(np.log2(high / low)), 1.0)
    width = high * 2 ** (edge / 2) - low * 2 ** (-edge / 2)
    return Band(low, high, max(200 * int(np.ceil(1.2 * width / 200)), 800), edge)


BASS: Final = Band(20, 150, 800)
MIDS: Final = Band(150, 2000, 3200)
HIGHS: Final = Band(2000, 2 * RATE, 10000)
ALL: Final = Band(20, 2 * RATE, 11200)

_RAMP = np.sin(np.linspace(0, np.pi / 2, MARGIN // 2)) ** 2


def spectrum(section: NDArray[np.float32]) -> NDArray[np.complex128]:
    """The spectra (channels, bins) of a section (channels, samples).

    Its margins fade: its two ends meet without a click.
    """
    samples = section.astype(np.float64)
    samples[:, : _RAMP.size] *= _RAMP
    samples[:, -_RAMP.size :] *= _RAMP[::-1]
    return np.fft.rfft(samples)


def envelope(waves: NDArray[np.complex128], band: Band, *, as_heard: bool = False) -> FloatArray:
    """The amplitude of a section's band, each value the RMS of the 10 ms around it in all channels.

    Args:
        waves: the section's spectra (channels, bins).
        as_heard: weigh frequencies as ears do, after ITU-R BS.1770.

    Returns:
        Shape (SECONDS * ENVELOPES_PER_SECOND,); 1 is the amplitude of a sine between -1 and 1.
    """
    length = 2 * (waves.shape[1] - 1)
    step = RATE / length  # Hz
    # The bins of the spectrum that are in the band: from the first up to before the last.
    first = int(band.low * 2 ** (-band.edge / 2) / step)
    last = min(waves.shape[1], int(band.high * 2 ** (band.edge / 2) / step) + 1)
    frequencies: FloatArray = np.arange(first, last, dtype=np.float64) * step
    weights = _band_weights(frequencies, band) * (_ear_weights(frequencies) if as_heard else 1)
    carried = round(length * band.rate / RATE)
    moved = np.zeros((len(waves), carried), np.complex128)
    moved[:, : last - first] = waves[:, first:last] * weights * (2 * carried / length)
    power = (np.abs(np.fft.ifft(moved)) ** 2).mean(axis=0)
    width = band.rate // ENVELOPES_PER_SECOND
    begin = MARGIN * band.rate // RATE - width // 2
    blocks = power[begin : begin + width * SECONDS * ENVELOPES_PER_SECOND].reshape(-1, width)
    amplitudes: FloatArray = np.sqrt(blocks.mean(axis=1))
    return amplitudes


def _band_weights(frequencies: FloatArray, band: Band) -> FloatArray:
    """Edges that rise and fall; the powers of two neighbouring bands of like edges add up to 1."""
    octaves = np.log2(np.maximum(frequencies, 1e-9))
    rise = np.clip((octaves - np.log2(band.low)) / band.edge + 0.5, 0, 1)
    fall = np.clip((np.log2(band.high) - octaves) / band.edge + 0.5, 0, 1)
    weights: FloatArray = np.sin(rise * np.pi / 2) * np.sin(fall * np.pi / 2)
    return weights


def _ear_weights(frequencies: FloatArray) -> FloatArray:
    """BS.1770's weights in the main: less below 40 Hz, 4 dB more above 1.5 kHz."""
    squares = frequencies**2
    return squares / (squares + 38.0**2) * (1 + 0.585 * squares / (squares + 1500.0**2))


_HOP = RATE // ONSETS_PER_SECOND
_LAG = 10  # hops
_WINDOW = np.hanning(1025)[:-1]  # 46 ms
# Bins of the spectrum, 21.5 Hz each, where the bands begin: about three bands to the octave.
_EDGES = np.unique(np.round(np.geomspace(1, 512, 25)).astype(int))
_RANGES = np.searchsorted(_EDGES, (1, 8, 29, 108))  # bands where ranges begin: at 20, 170, 620 and 2300 Hz


@dataclass(frozen=True)
class Onsets:
    """What begins to sound, `ONSETS_PER_SECOND` values a second.

    Attributes:
        strength: how strongly, in all bands together, (N,).
        ranges: how strongly in each of four ranges of frequencies, from the lowest up, (N, 4).
        level: what sounds, in the same measure: the roots of the bands' amplitudes, summed, (N,).
    """

    strength: FloatArray
    ranges: NDArray[np.float32]
    level: FloatArray

    @property
    def low(self) -> FloatArray:
        """How strongly in the lowest range: (N,)."""
        low: FloatArray = self.ranges[:, 0].astype(np.float64)
        return low


NO_ONSETS: Final = Onsets(np.zeros(0), np.zeros((0, 4), np.float32), np.zeros(0))


def onsets(section: NDArray[np.float32]) -> Onsets:
    """The onsets of a section (channels, samples), without its margins."""
    power = np.mean([_power(channel) for channel in section], axis=0)
    roots = np.add.reduceat(power[:, :-1], _EDGES[:-1], axis=1) ** 0.25
    rises = np.maximum(roots[_LAG:] - roots[:-_LAG], 0)
    ranges = np.add.reduceat(rises, _RANGES, axis=1).astype(np.float32)
    return Onsets(rises.sum(axis=1), ranges, roots[_LAG:].sum(axis=1))


def _power(samples: NDArray[np.float32]) -> FloatArray:
    """The power spectra (moments, bins) of a channel; 1 is that of a sine between -1 and 1."""
    half = _WINDOW.size // 2
    count = SECONDS * ONSETS_PER_SECOND + _LAG
    begin = MARGIN - _LAG * _HOP - half
    frames = np.lib.stride_tricks.sliding_window_view(samples[begin:], _WINDOW.size)[::_HOP][:count]
    power: FloatArray = np.abs(np.fft.rfft(frames * _WINDOW, axis=1)) ** 2 / half**2
    return power


def join_onsets(parts: Sequence[Onsets], start: int, count: int) -> Onsets:
    """The onsets of sections that follow one another, from index `start` on, `count` values long."""
    pieces = zip(*((part.strength, part.ranges, part.level) for part in parts), strict=True)
    return Onsets(*(np.concatenate(piece)[start : start + count] for piece in pieces))
