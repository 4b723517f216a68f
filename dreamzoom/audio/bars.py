"""Which beats begin a bar, and how many beats a bar has.

Where a bar begins, the bass drum and the bass mostly fall, and the chord changes (after M. Goto, An
Audio-Based Real-Time Beat Tracking System for Music With or Without Drum-Sounds, 2001). What has been
measured of each beat is averaged over every third or fourth beat; bars begin where that stands out most.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamzoom.audio.features import ONSETS_PER_SECOND, FloatArray, Onsets, rolling_max
from dreamzoom.audio.texture import TEXTURES_PER_SECOND, Texture

COMMON: Final = 4
"""Beats per bar of most songs."""

_TRIPLE = 3
_DOUBT = 0.9  # what a bar of three counts against one of four: most songs have four
_REACH = 2 * (ONSETS_PER_SECOND // 33) + 1  # onset values: how far from its beat an onset may be, both sides
_CHORD = 2  # beats before and after a moment whose harmony is compared
_SPREADS = (0.1, 0.05)  # onsets and changes of harmony differ by at least that, or are alike
_MEANT = 2.0  # standard errors: what stands out less may be chance
_ALIKE = 0.1  # standard deviations: phases that differ by less are alike


def find_bars(
    heard: Onsets, sounding: Texture, beats: tuple[float, ...], beats_per_bar: int = 0
) -> tuple[tuple[float, ...], int]:
    """The beats that begin a bar, and how many beats a bar has; no bars where there is but one.

    Where several beats would do alike, the first of them begins the first bar, and a bar has four beats: most
    songs are so.

    Args:
        beats: in seconds, ascending.
        beats_per_bar: 1 or more; 0 finds 3 or 4.
    """
    if not beats:
        return (), beats_per_bar or COMMON
    accents = _accents(heard, sounding, np.array(beats))
    length = beats_per_bar or choose_metre(accents)
    bars = beats[first_beat(accents, length) :: length]
    return (bars if len(bars) > 1 else ()), length


def choose_metre(accents: FloatArray) -> int:
    """Whether every third or every fourth of the accents (N,) stands out more."""
    four, three = (_salience(accents, length) for length in (COMMON, _TRIPLE))
    return _TRIPLE if _DOUBT * three > max(four, _MEANT) else COMMON


def first_beat(accents: FloatArray, length: int) -> int:
    """Which of the first `length` beats begins a bar, by their accents (N,): the first of those alike."""
    means = _phases(accents, length)
    return int(np.flatnonzero(means >= means.max() - _ALIKE)[0])


def _phases(accents: FloatArray, length: int) -> FloatArray:
    count = min(length, accents.size)
    return np.array([accents[phase::length].mean() for phase in range(count)])


def _salience(accents: FloatArray, length: int) -> float:
    """How far the strongest phase is from the others, in standard errors of accents that mean nothing."""
    means = _phases(accents, length)
    if means.size < length:
        return 0.0
    strongest = float(means.max())
    others = (float(means.sum()) - strongest) / (length - 1)
    return (strongest - others) * float(np.sqrt(accents.size * (length - 1))) / length


def _accents(heard: Onsets, sounding: Texture, beats: FloatArray) -> FloatArray:
    """How much each beat (N,) is like one that begins a bar, in standard deviations."""
    low = rolling_max(heard.low, _REACH)
    at = np.minimum(np.rint(beats * ONSETS_PER_SECOND).astype(int), low.size - 1)
    usual = max(float(low[at].mean()), 1e-9)
    kicks = _spread(low[at] / usual, _SPREADS[0])
    return kicks + _spread(_changes(sounding.chroma, beats), _SPREADS[1])


def _spread(values: FloatArray, least: float) -> FloatArray:
    spread: FloatArray = (values - np.median(values)) / max(float(values.std()), least)
    return spread


def _changes(chroma: NDArray[np.float32], beats: FloatArray) -> FloatArray:
    """How unlike the harmony is before and after each beat, 0 to 1; 0 at the song's ends."""
    reach = _CHORD * (float(np.median(np.diff(beats))) if beats.size > 1 else 0.5)
    before, after = (_mean_between(chroma, beats + shift, beats + shift + reach) for shift in (-reach, 0.0))
    inside = (beats >= reach) & (beats + reach <= beats[-1] + reach / _CHORD)
    changes: FloatArray = np.where(inside, 1 - (before * after).sum(axis=1), 0.0)
    return changes


def _mean_between(chroma: NDArray[np.float32], starts: FloatArray, ends: FloatArray) -> FloatArray:
    """The direction of the chroma's mean from each start to its end, in seconds: (N, 12)."""
    sums = np.concatenate([np.zeros((1, chroma.shape[1])), np.cumsum(chroma, axis=0, dtype=np.float64)])
    first, last = (
        np.clip(np.rint(times * TEXTURES_PER_SECOND).astype(int), 0, len(chroma)) for times in (starts, ends)
    )
    total = sums[last] - sums[first]
    direction: FloatArray = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-6)
    return direction
