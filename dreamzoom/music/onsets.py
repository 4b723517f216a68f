"""How strongly something new begins to sound, from moment to moment.

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

from dreamzoom.music.decoding import MARGIN, RATE, SECONDS

PER_SECOND: Final = 441
"""Values of onset strength a second."""

Values = NDArray[np.float64]

_HOP = RATE // PER_SECOND
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
    count = SECONDS * PER_SECOND + _LAG
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
