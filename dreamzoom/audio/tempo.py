"""How fast a song goes, and where that changes.

Onsets that repeat are like themselves one beat, two beats and four beats later: what counts for a tempo is
their autocorrelation at those lags, in windows of 8 s. Through the windows the best path is sought (Viterbi),
on which the tempo may drift, and jump where that explains much. Half and double tempos are as likely by this
measure; `audio.beats` chooses between them by what falls on the beats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamzoom.audio.features import ONSETS_PER_SECOND, FloatArray, Onsets, rolling_mean
from dreamzoom.tracks.music import FASTEST, SLOWEST

POOLED: Final = 4
"""Values of onset strength that make one value of a rhythm."""

RHYTHM_PER_SECOND: Final = ONSETS_PER_SECOND / POOLED


_USUAL = 115.0  # beats per minute; half of all music is within 30 % of it (van Noorden and Moelants)
_OCTAVES = 0.9  # how far, as a standard deviation, it is from there
_STEPS = 60  # tempos to the octave
_NEAR = 0.2  # octaves that a song may stray from the tempo that was named
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
_STRONG = 0.3  # the power of an evened rhythm, mostly 1; below this it does not count in full
_DRIFT, _JUMP = 0.35, 4.0  # what a step of tempo costs within a hop, and what a change costs at most
_TRUST = 2.0  # what the logarithm of a likeness is worth against these
_CHUNK = 512  # windows at once


@dataclass(frozen=True)
class TempoCurve:
    """How fast a song goes.

    Attributes:
        tempos: beats per minute at every value of its rhythm.
        clarity: how like itself the song is at these tempos, up to 1, in the clearer half of it: drums have
            0.4 and more, speech and noise less than 0.2.
    """

    tempos: FloatArray
    clarity: float


def rhythm_of(heard: Onsets) -> FloatArray:
    """Onsets that stand out, (N,): those of quiet parts as much as those of loud ones."""
    count = heard.strength.size // POOLED
    pooled = heard.strength[: count * POOLED].reshape(count, POOLED).max(axis=1)
    excess = np.maximum(pooled - rolling_mean(pooled, _BASE), 0)
    around = np.sqrt(rolling_mean(excess**2, _EVEN))
    typical = np.sqrt(np.mean(excess**2)) if count else 0.0
    trembling = _TREMBLING * float(heard.level.mean()) if heard.level.size else 0.0
    rhythm: FloatArray = excess / np.maximum(around, max(typical / 10, trembling, 1e-9))
    return rhythm


def find_tempo(rhythm: FloatArray, tempo: float = 0.0) -> TempoCurve:
    """How fast a rhythm (N,) of at least a second goes.

    Args:
        tempo: beats per minute that it is near to; 0: not known.
    """
    tempos, likely = _candidates(tempo)
    likeness = _likeness(rhythm, tempos)
    path = _best_path(_TRUST * np.log(np.maximum(likeness, 0.02) * likely))
    clearness = np.sort(likeness[np.arange(path.size), path])
    at = np.arange(path.size) * _HOP
    along: FloatArray = np.interp(np.arange(rhythm.size), at, tempos[path])
    return TempoCurve(along, float(clearness[clearness.size // 2 :].mean()))


def _candidates(tempo: float) -> tuple[FloatArray, FloatArray]:
    """Tempos to try, and how likely each is before anything was heard."""
    slowest, fastest = (tempo / 2**_NEAR, tempo * 2**_NEAR) if tempo else (SLOWEST, FASTEST)
    count = int(np.log2(fastest / slowest) * _STEPS) + 1
    tempos = slowest * 2 ** (np.arange(count) / _STEPS)
    away = np.log2(tempos / (tempo or _USUAL)) / (_NEAR if tempo else _OCTAVES)
    return tempos, np.exp(-0.5 * away**2)


def _likeness(rhythm: FloatArray, tempos: FloatArray) -> FloatArray:
    """How like itself the rhythm is, beats later: shape (windows, tempos), up to 1."""
    width = min(round(_WINDOW * RHYTHM_PER_SECOND), rhythm.size)
    padded = np.pad(rhythm, (width // 2, width - width // 2))
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)[: rhythm.size : _HOP]
    chunks = [windows[start : start + _CHUNK] for start in range(0, len(windows), _CHUNK)]
    return np.concatenate([_comb(_autocorrelation(chunk), tempos) for chunk in chunks])


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
    """The likeness at the lags of one, two, three and four beats, together."""
    width = likeness.shape[1]
    total, weights = np.zeros((len(likeness), tempos.size)), np.zeros(tempos.size)
    for beats, weight in _LAGS:
        lags = beats * 60 / tempos * RHYTHM_PER_SECOND
        within = weight * (lags <= _LONGEST * width)
        index = np.minimum(lags.astype(int), width - 2)
        part = lags - index
        total += within * (likeness[:, index] * (1 - part) + likeness[:, index + 1] * part)
        weights += within
    return total / np.maximum(weights, 1.0)


def _best_path(worth: FloatArray) -> NDArray[np.intp]:
    """The column at each row for which the worth of all, less what the moves between cost, is highest."""
    columns = np.arange(worth.shape[1])
    moves = -np.minimum(_DRIFT * np.abs(columns[:, None] - columns), _JUMP)
    best, origins = worth[0], []
    for row in worth[1:]:
        sums = best[:, None] + moves  # (from, to)
        origins.append(sums.argmax(axis=0))
        best = sums[origins[-1], columns] + row
    path = [int(best.argmax())]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return np.array(path[::-1])
