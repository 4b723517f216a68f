"""A song's rhythm: onsets that stand out, and how clearly they repeat.

Onsets that repeat are like themselves one beat, two beats and four beats later: how clear a tempo is, is
their autocorrelation at those lags, in windows of 8 s.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dreamzoom.audio.features import ONSETS_PER_SECOND, FloatArray, Onsets, rolling_mean

POOLED: Final = 4
"""Values of onset strength that make one value of a rhythm."""

RHYTHM_PER_SECOND: Final = ONSETS_PER_SECOND / POOLED

_WINDOW = 8.0  # seconds
_HOP = 55  # values of a rhythm: half a second
_LAGS = ((1, 1.0), (2, 1.0), (3, 0.5), (4, 1.0))  # in beats, and what they count
_LONGEST = 0.75  # of a window: at longer lags too little is left to compare
_BLUR = 2.0  # values of a rhythm: players are not machines
_BASE = 111  # values of a rhythm: an onset stands out from the second around it
_EVEN = 661  # values of a rhythm: what is quiet for 6 s counts as much as what is loud
# Below this share of the level, onsets are the trembling of a steady sound: a vibrato has up to 0.01, noise
# 0.016; drums 20 dB below a held chord have 0.12.
_TREMBLING = 0.02
_SHARE = 1 / 16  # of what begins in all frequencies: a range with less does not count in full
_STRONG = 0.3  # the power of an evened rhythm, mostly 1; below this it does not count in full
_CHUNK = 512  # windows at once


def rhythm_of(heard: Onsets) -> FloatArray:
    """Onsets that stand out, (N,): those of quiet parts as much as those of loud ones."""
    excess, around = _standing_out(_pooled(heard.strength))
    rhythm: FloatArray = excess / np.maximum(around, _least(excess, _trembling(heard)))
    return rhythm


def ranges_rhythm(heard: Onsets) -> FloatArray:
    """The rhythms of the ranges of frequencies, as `rhythm_of`, averaged: each counts as much, (N,).

    A range in which next to nothing begins counts less.
    """
    _, all_around = _standing_out(_pooled(heard.strength))
    trembling = _trembling(heard) / heard.ranges.shape[1]
    total = np.zeros(all_around.size)
    for strength in heard.ranges.T:
        excess, around = _standing_out(_pooled(strength))
        least = np.maximum(_least(excess, trembling), _SHARE * all_around)
        total += excess / np.maximum(around, least)
    rhythm: FloatArray = total / heard.ranges.shape[1]
    return rhythm


def _pooled(strength: NDArray[np.floating[Any]]) -> FloatArray:
    count = strength.size // POOLED
    highest: FloatArray = strength[: count * POOLED].reshape(count, POOLED).max(axis=1).astype(np.float64)
    return highest


def _standing_out(pooled: FloatArray) -> tuple[FloatArray, FloatArray]:
    """By how much values (N,) exceed the second around them, and how much they mostly do there."""
    excess: FloatArray = np.maximum(pooled - rolling_mean(pooled, _BASE), 0)
    around: FloatArray = np.sqrt(rolling_mean(excess**2, _EVEN))
    return excess, around


def _least(excess: FloatArray, trembling: float) -> float:
    """What onsets stand out by at least, where all is quiet."""
    typical = float(np.sqrt(np.mean(excess**2))) if excess.size else 0.0
    return max(typical / 10, trembling, 1e-9)


def _trembling(heard: Onsets) -> float:
    return _TREMBLING * float(heard.level.mean()) if heard.level.size else 0.0


def clarity_of(rhythm: FloatArray, tempos: FloatArray) -> float:
    """How like itself a rhythm is at its tempos, up to 1, in the clearer half of it.

    Drums have 0.4 and more, speech and noise less than 0.2.

    Args:
        rhythm: (N,), at least a second.
        tempos: beats per minute at each of its values, (N,).
    """
    width = min(round(_WINDOW * RHYTHM_PER_SECOND), rhythm.size)
    padded = np.pad(rhythm, (width // 2, width - width // 2))
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)[: rhythm.size : _HOP]
    at = tempos[::_HOP]
    chunks = [slice(start, start + _CHUNK) for start in range(0, len(windows), _CHUNK)]
    likeness = np.concatenate([_comb(_autocorrelation(windows[chunk]), at[chunk]) for chunk in chunks])
    likeness.sort()
    return float(likeness[likeness.size // 2 :].mean())


def _autocorrelation(windows: FloatArray) -> FloatArray:
    """Of each window, from lag 0 on, 1 for one that repeats itself strongly and exactly."""
    width = windows.shape[1]
    waves = np.fft.rfft(windows - windows.mean(axis=1, keepdims=True), 2 * width, axis=1)
    # The blur, a Gaussian, as what it is to the waves.
    blur = np.exp(-2 * (np.pi * _BLUR * np.arange(waves.shape[1]) / (2 * width)) ** 2)
    products = np.fft.irfft(np.abs(waves * blur) ** 2, axis=1)[:, :width]
    overlap = 1 - np.arange(width) / width
    strong = np.minimum(np.mean(windows**2, axis=1, keepdims=True) / _STRONG, 1)
    likeness: FloatArray = strong * products / np.maximum(products[:, :1], 1e-9) / np.maximum(overlap, 0.05)
    return likeness


def _comb(likeness: FloatArray, tempos: FloatArray) -> FloatArray:
    """The likeness (W, lags) at the lags of one, two, three and four beats, together: (W,)."""
    rows, width = np.arange(len(likeness)), likeness.shape[1]
    total, weights = np.zeros(rows.size), np.zeros(rows.size)
    for beats, weight in _LAGS:
        lags = beats * 60 / tempos * RHYTHM_PER_SECOND
        within = weight * (lags <= _LONGEST * width)
        index = np.minimum(lags.astype(int), width - 2)
        part = lags - index
        total += within * (likeness[rows, index] * (1 - part) + likeness[rows, index + 1] * part)
        weights += within
    together: FloatArray = total / np.maximum(weights, 1.0)
    return together
