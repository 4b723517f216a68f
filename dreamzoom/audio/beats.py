"""When a song's beats fall, and which of them begin a bar.

Beats are put into a song by dynamic programming (D. Ellis, Beat Tracking by Dynamic Programming, 2007): of
all ways to do it the best is found, where each beat is worth what begins there, less what its distance from
the one before it differs from the tempo.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamzoom.audio.features import ONSETS_PER_SECOND, FloatArray, Onsets, rolling_max
from dreamzoom.audio.tempo import POOLED, RHYTHM_PER_SECOND, find_tempo, rhythm_of

SHORTEST: Final = 3.0
"""Seconds of a song below which it has no beats: too few to tell."""

_TIGHTNESS = 100.0  # what it costs to leave the tempo for an onset (Ellis's choice)
_SHARP = 32  # to the beat: the standard deviation of an onset's reach
_SILENT = 0.01  # of the highest worth: the first beat has at least that

# The least clarity of a tempo that has beats: in a long song, and what a song of one second needs more.
# Chance gives 0.34 in 4 s of talk, 0.23 in 30 s and 0.18 in 90 s; less where it has but one tempo to try.
_CLEAR, _CLEARER = 0.22, 0.6
_NAMED = 0.75  # of that, where the tempo was named
_QUICKEST, _SLOWEST = 200.0, 50.0  # beats per minute that doubling and halving stay within
_AS_STRONG = 0.75  # of a beat: what is halfway between two beats is a beat as well
_WEAK = 0.5  # of the beats between: every other beat is none
_REACH = 20  # onset values, 45 ms: how far a beat's onset is from where the tracker put it
_NEAR = 10.0  # onset values: the standard deviation of that
_FELT = 0.25  # of a usual beat's onset: below it a beat is felt, not heard
_HEARD = 0.1  # of the usual level, in roots of amplitude: a song sounds above -40 dB
_EDGE = 22  # onset values, 50 ms: how far beyond what sounds a beat may be, and from the song's end must be
_SAME = 0.95  # of the strongest: as strong


def track_beats(rhythm: FloatArray, tempos: FloatArray) -> NDArray[np.intp]:
    """Which of a rhythm's values beats fall on, ascending.

    Args:
        rhythm: how strongly something begins, (N,), `RHYTHM_PER_SECOND` values a second.
        tempos: beats per minute at every one of them, (N,).
    """
    if not rhythm.any():
        return np.zeros(0, np.intp)
    periods = np.rint(60 * RHYTHM_PER_SECOND / tempos).astype(int)
    worth = _worth(rhythm / rhythm.std(), float(np.median(periods)))
    sums, before = _best_predecessors(worth, periods)
    tail = sums[-int(periods[-1]) :]  # whichever way is the best one at the end
    place, beats = sums.size - tail.size + int(tail.argmax()), []
    while place >= 0:
        beats.append(place)
        place = int(before[place])
    return np.array(beats[::-1], np.intp)


def _worth(rhythm: FloatArray, period: float) -> FloatArray:
    reach = int(period / 8) + 1
    near = np.exp(-0.5 * (np.arange(-reach, reach + 1) * _SHARP / period) ** 2)
    return np.convolve(rhythm, near)[reach : reach + rhythm.size]


def _best_predecessors(worth: FloatArray, periods: NDArray[np.intp]) -> tuple[FloatArray, NDArray[np.intp]]:
    """The most that beats up to each value are worth, and where the one before it falls; -1: nowhere."""
    longest = 2 * int(periods.max())  # how far before a value the one before it may fall
    sums = np.full(longest + worth.size, -np.inf)
    before = np.full(worth.size, -1)
    costs = {period: _costs(period) for period in np.unique(periods).tolist()}
    started = False
    least = _SILENT * float(worth.max())
    for index, (gain, period) in enumerate(zip(worth.tolist(), periods.tolist(), strict=True)):
        begin = index + longest - 2 * period
        ways = sums[begin : begin + costs[period].size] - costs[period]
        best = int(ways.argmax())
        found = ways[best] > -np.inf
        sums[index + longest] = gain + (ways[best] if found else 0)
        started = started or gain >= least
        if started and found:
            before[index] = index - 2 * period + best
    return sums[longest:], before


def _costs(period: int) -> FloatArray:
    """What a beat costs that comes 2 periods after the one before it, and so on up to half a period."""
    return _TIGHTNESS * np.log(np.arange(2 * period, round(period / 2) - 1, -1) / period) ** 2


def find_beats(heard: Onsets, tempo: float = 0.0) -> tuple[float, ...]:
    """When a song's beats fall, in seconds, ascending; none where it has no pulse.

    Args:
        tempo: beats per minute that it is near to; 0: not known.
    """
    if heard.strength.size < SHORTEST * ONSETS_PER_SECOND:
        return ()
    rhythm = rhythm_of(heard)
    found = find_tempo(rhythm, tempo)
    if found.clarity < _least_clarity(rhythm.size / RHYTHM_PER_SECOND, tempo):
        return ()
    tempos = found.tempos if tempo else choose_metrical_level(rhythm, found.tempos)
    places = _exact(heard.strength, track_beats(rhythm, tempos))
    inside = places[_sounding(heard, places)]
    return tuple(np.maximum(inside / ONSETS_PER_SECOND, 0).tolist()) if inside.size > 1 else ()


def _least_clarity(seconds: float, tempo: float) -> float:
    return (_CLEAR + _CLEARER / seconds) * (_NAMED if tempo else 1)


def find_bars(heard: Onsets, beats: tuple[float, ...], beats_per_bar: int) -> tuple[float, ...]:
    """The beats that begin a bar: of every `beats_per_bar` the one on which the deepest things begin.

    Where several are alike the first of them does: most songs begin with a bar.
    """
    low = rolling_max(heard.low, 2 * (ONSETS_PER_SECOND // 33) + 1)
    at = np.minimum(np.rint(np.array(beats) * ONSETS_PER_SECOND).astype(int), low.size - 1)
    depths = [float(low[at[first::beats_per_bar]].mean()) for first in range(min(beats_per_bar, at.size))]
    if not depths:
        return ()
    first = next(index for index, depth in enumerate(depths) if depth >= _SAME * max(depths))
    bars = beats[first::beats_per_bar]
    return bars if len(bars) > 1 else ()


def choose_metrical_level(rhythm: FloatArray, tempos: FloatArray) -> FloatArray:
    """The tempos (N,) of a rhythm (N,), or double or half of them: beats are then strong and alike."""
    strengths = rolling_max(rhythm, 5)
    for _ in range(2):
        usual = float(np.median(tempos))
        on, between, unlike = _strengths(strengths, track_beats(rhythm, tempos))
        if between > _AS_STRONG * on and 2 * usual <= _QUICKEST:
            tempos = 2 * tempos
        elif unlike < _WEAK and usual / 2 >= _SLOWEST:
            tempos = tempos / 2
        else:
            break
    return tempos


def _strengths(strengths: FloatArray, places: NDArray[np.intp]) -> tuple[float, float, float]:
    """How strong beats are, and what is halfway between; and every other beat as a share of those between."""
    if places.size < 4:
        return 1.0, 0.0, 1.0
    even, odd = float(strengths[places[::2]].mean()), float(strengths[places[1::2]].mean())
    on, between = strengths[places].mean(), strengths[(places[1:] + places[:-1]) // 2].mean()
    return float(on), float(between), min(even, odd) / max(even, odd, 1e-9)


def _exact(strength: FloatArray, places: NDArray[np.intp]) -> FloatArray:
    """Beats at their onsets, as (broken) indices of `strength`; those without lie between others."""
    rough = places * POOLED + POOLED // 2
    shifts = np.arange(-_REACH, _REACH + 1)
    near = np.exp(-0.5 * (shifts / _NEAR) ** 2)
    padded = np.pad(strength, _REACH)
    around = padded[rough[:, None] + shifts + _REACH]
    best = (around * near).argmax(axis=1)
    onsets = around[np.arange(rough.size), best]
    heard = onsets > _FELT * np.median(onsets) if onsets.size else np.zeros(0, bool)
    if heard.sum() < 2:
        return rough.astype(np.float64)
    index = np.arange(rough.size)
    exact: FloatArray = np.interp(index, index[heard], (rough + shifts[best])[heard].astype(np.float64))
    first, last = index[heard][[0, -1]]
    exact[:first], exact[last + 1 :] = rough[:first], rough[last + 1 :]
    return exact


def _sounding(heard: Onsets, places: FloatArray) -> NDArray[np.bool_]:
    """Which places are between the first sound and the last, and before the song's end."""
    sounding = np.flatnonzero(heard.level > _HEARD * np.percentile(heard.level, 90))
    end = min(int(sounding[-1]) + _EDGE, heard.level.size - _EDGE)
    inside: NDArray[np.bool_] = (places >= sounding[0] - _EDGE) & (places < end)
    return inside
