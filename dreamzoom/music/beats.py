"""Which beats a song has, when they fall, and which begin a bar."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamzoom.music.around import highest_around
from dreamzoom.music.onsets import PER_SECOND as ONSETS_PER_SECOND
from dreamzoom.music.onsets import Onsets
from dreamzoom.music.tempo import PER_SECOND, POOLED, pace_of, rhythm_of
from dreamzoom.music.tracking import track

SHORTEST: Final = 3.0
"""Seconds of a song below which it has no beats: too few to tell."""

Values = NDArray[np.float64]
Places = NDArray[np.intp]

# The least clarity of a pace that has beats: in a long song, and what a song of one second needs more. Chance
# gives 0.34 in 4 s of talk, 0.23 in 30 s and 0.18 in 90 s; less where it has but one tempo to try.
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


def beats_of(heard: Onsets, tempo: float = 0.0) -> tuple[float, ...]:
    """When a song's beats fall, in seconds, ascending; none where it has no pulse.

    Args:
        tempo: beats per minute that it is near to; 0: not known.
    """
    if heard.strength.size < SHORTEST * ONSETS_PER_SECOND:
        return ()
    rhythm = rhythm_of(heard)
    pace = pace_of(rhythm, tempo)
    if pace.clarity < _least_clarity(rhythm.size / PER_SECOND, tempo):
        return ()
    tempos = pace.tempos if tempo else fitting_pace(rhythm, pace.tempos)
    places = _exact(heard.strength, track(rhythm, tempos))
    inside = places[_sounding(heard, places)]
    return tuple(np.maximum(inside / ONSETS_PER_SECOND, 0).tolist()) if inside.size > 1 else ()


def _least_clarity(seconds: float, tempo: float) -> float:
    return (_CLEAR + _CLEARER / seconds) * (_NAMED if tempo else 1)


def bars_of(heard: Onsets, beats: tuple[float, ...], beats_per_bar: int) -> tuple[float, ...]:
    """The beats that begin a bar: of every `beats_per_bar` the one on which the deepest things begin.

    Where several are alike the first of them does: most songs begin with a bar.
    """
    low = highest_around(heard.low, 2 * (ONSETS_PER_SECOND // 33) + 1)
    at = np.minimum(np.rint(np.array(beats) * ONSETS_PER_SECOND).astype(int), low.size - 1)
    depths = [float(low[at[first::beats_per_bar]].mean()) for first in range(min(beats_per_bar, at.size))]
    if not depths:
        return ()
    first = next(index for index, depth in enumerate(depths) if depth >= _SAME * max(depths))
    bars = beats[first::beats_per_bar]
    return bars if len(bars) > 1 else ()


def fitting_pace(rhythm: Values, tempos: Values) -> Values:
    """The tempos, or double or half of them: what falls on beats is strong, and all beats are alike."""
    strengths = highest_around(rhythm, 5)
    for _ in range(2):
        usual = float(np.median(tempos))
        on, between, unlike = _strengths(strengths, track(rhythm, tempos))
        if between > _AS_STRONG * on and 2 * usual <= _QUICKEST:
            tempos = 2 * tempos
        elif unlike < _WEAK and usual / 2 >= _SLOWEST:
            tempos = tempos / 2
        else:
            break
    return tempos


def _strengths(strengths: Values, places: Places) -> tuple[float, float, float]:
    """How strong beats are, and what is halfway between; and every other beat as a share of those between."""
    if places.size < 4:
        return 1.0, 0.0, 1.0
    even, odd = float(strengths[places[::2]].mean()), float(strengths[places[1::2]].mean())
    on, between = strengths[places].mean(), strengths[(places[1:] + places[:-1]) // 2].mean()
    return float(on), float(between), min(even, odd) / max(even, odd, 1e-9)


def _exact(strength: Values, places: Places) -> Values:
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
    exact: Values = np.interp(index, index[heard], (rough + shifts[best])[heard].astype(np.float64))
    first, last = index[heard][[0, -1]]
    exact[:first], exact[last + 1 :] = rough[:first], rough[last + 1 :]
    return exact


def _sounding(heard: Onsets, places: Values) -> NDArray[np.bool_]:
    """Which places are between the first sound and the last, and before the song's end."""
    sounding = np.flatnonzero(heard.level > _HEARD * np.percentile(heard.level, 90))
    end = min(int(sounding[-1]) + _EDGE, heard.level.size - _EDGE)
    inside: NDArray[np.bool_] = (places >= sounding[0] - _EDGE) & (places < end)
    return inside
