"""A song's pulse: when its beats fall, how fast it goes, and how clear that is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamzoom.audio.bars import find_bars
from dreamzoom.audio.features import ONSETS_PER_SECOND, FloatArray, Onsets
from dreamzoom.audio.pointer import BeatPath, TempoSpace, find_path
from dreamzoom.audio.rhythm import POOLED, RHYTHM_PER_SECOND, clarity_of, ranges_rhythm, rhythm_of
from dreamzoom.audio.texture import Texture
from dreamzoom.tracks.music import FASTEST, SLOWEST, STEPS

SHORTEST: Final = 3.0
"""Seconds of a song below which it has no beats: too few to tell."""

_USUAL = 110.0  # beats per minute; half of all music is within 30 % of it (van Noorden and Moelants)
_OCTAVES = 0.9  # how far, as a standard deviation, it is from there
_NEAR = 0.2  # octaves that a song may stray from the tempo that was named
_WEIGHT = 4.0  # what that counts, a second
_CHANGE = 200.0  # what a change of tempo costs; from 100 to 500 the beats are much the same
_FULL = 98  # percentile of a rhythm that certainly is the beginning of something
_DOUBT = 0.02  # of that: nothing is more certain, or less
_REGION, _REGION_SHARE = 3, 1 / 32  # values of a rhythm, and of a beat, in which something is likely to begin
_CALM = 3.0  # where nothing begins, that is this much likelier elsewhere in a beat than at its beginning

# The least clarity of a tempo that has beats: in a long song, and what a song of one second needs more.
# Chance gives 0.34 in 4 s of talk, 0.23 in 30 s and 0.18 in 90 s; less where it has but one tempo to try.
_CLEAR, _CLEARER = 0.22, 0.6
_NAMED = 0.75  # of that, where the tempo was named
_REACH = 20  # onset values, 45 ms: how far a beat's onset is from where the tracker put it
_NEARNESS = 10.0  # onset values: the standard deviation of that
_FELT = 0.25  # of a usual beat's onset: below it a beat is felt, not heard
_HEARD = 0.1  # of the usual level, in roots of amplitude: a song sounds above -40 dB
_EDGE = 22  # onset values, 50 ms: how far beyond what sounds a beat may be, and from the song's end must be


@dataclass(frozen=True)
class SongPulse:
    """What a song's feet tap to.

    Attributes:
        beats: when each falls, in seconds, ascending; none, or at least two.
        bars: those that begin a bar, likewise.
        beats_per_bar: how many beats the bars have.
        clarity: how clearly the song repeats itself beat by beat, up to 1: drums have 0.4 and more, speech
            and noise less than 0.2. It is told of a song without beats as well.
    """

    beats: tuple[float, ...]
    bars: tuple[float, ...]
    beats_per_bar: int
    clarity: float

    @property
    def tempo(self) -> float:
        """Beats per minute, as they mostly are; 0 without beats."""
        if not self.beats:
            return 0.0
        return 60 / median(after - before for before, after in pairwise(self.beats))


def find_pulse(heard: Onsets, sounding: Texture, tempo: float = 0.0, beats_per_bar: int = 0) -> SongPulse:
    """A song's beats and bars, and how clear they are; a song that has no pulse has none.

    Args:
        tempo: beats per minute that it is near to; 0: not known.
        beats_per_bar: 1 or more; 0 finds 3 or 4.
    """
    beats, clarity = _find_beats(heard, tempo)
    rounded = tuple(round(beat * STEPS) / STEPS for beat in beats)
    bars, length = find_bars(heard, sounding, rounded, beats_per_bar)
    return SongPulse(rounded, bars, length, clarity)


def _find_beats(heard: Onsets, tempo: float) -> tuple[tuple[float, ...], float]:
    if heard.strength.size < SHORTEST * ONSETS_PER_SECOND:
        return (), 0.0
    rhythm = rhythm_of(heard)
    if not rhythm.any():
        return (), 0.0
    space = tempo_space(tempo)
    path = find_path(beat_evidence(ranges_rhythm(heard)), space)
    clarity = clarity_of(rhythm, _tempos(path, space, rhythm.size))
    if clarity < _least_clarity(rhythm.size / RHYTHM_PER_SECOND, tempo):
        return (), clarity
    places = _exact(heard.strength, _rough(rhythm, path, space))
    inside = places[_sounding(heard, places)]
    beats = np.unique(np.maximum(inside / ONSETS_PER_SECOND, 0))
    return (tuple(beats.tolist()) if beats.size > 1 else ()), clarity


def _least_clarity(seconds: float, tempo: float) -> float:
    return (_CLEAR + _CLEARER / seconds) * (_NAMED if tempo else 1)


def tempo_space(tempo: float = 0.0) -> TempoSpace:
    """The lengths that beats may have, in values of a rhythm, and what is thought of them.

    Args:
        tempo: beats per minute that it is near to; 0: not known.
    """
    slowest, fastest = (tempo / 2**_NEAR, tempo * 2**_NEAR) if tempo else (SLOWEST, FASTEST)
    shortest, longest = (60 * RHYTHM_PER_SECOND / limit for limit in (fastest, slowest))
    lengths = np.arange(int(shortest), int(np.ceil(longest)) + 1)
    tempos = 60 * RHYTHM_PER_SECOND / lengths
    away = np.log2(tempos / (tempo or _USUAL)) / (_NEAR if tempo else _OCTAVES)
    return TempoSpace(
        lengths=lengths,
        worth=-_WEIGHT * 60 / tempos * away**2 / 2,
        regions=np.rint(_REGION + _REGION_SHARE * lengths).astype(np.intp),
        change=_CHANGE,
    )


def beat_evidence(rhythm: FloatArray) -> FloatArray:
    """How much likelier each value (N,) of a rhythm is where a beat begins than elsewhere, as a logarithm.

    How likely something begins goes with its strength (S. Böck, F. Krebs and G. Widmer, A Multi-Model
    Approach to Beat Tracking, 2014).
    """
    full = max(float(np.percentile(rhythm[rhythm > 0], _FULL)), 1e-9)
    begins = np.clip(rhythm / full, _DOUBT, 1 - _DOUBT)
    evidence: FloatArray = np.log(begins) - np.log((1 - begins) / _CALM)
    return evidence


def _tempos(path: BeatPath, space: TempoSpace, count: int) -> FloatArray:
    """Beats per minute at each of `count` values."""
    which = np.searchsorted(path.starts, np.arange(count), side="right") - 1
    tempos: FloatArray = 60 * RHYTHM_PER_SECOND / space.lengths[path.kinds[which]]
    return tempos


def _rough(rhythm: FloatArray, path: BeatPath, space: TempoSpace) -> NDArray[np.intp]:
    """Where in its first frames each beat is strongest, as indices of the rhythm."""
    regions = space.regions[path.kinds]
    shifts = np.arange(int(regions.max()))
    at = path.starts[:, None] + shifts
    within = (shifts < regions[:, None]) & (at >= 0) & (at < rhythm.size)
    strengths = np.where(within, rhythm[np.clip(at, 0, rhythm.size - 1)], -1.0)
    places: NDArray[np.intp] = path.starts + strengths.argmax(axis=1)
    return places[within.any(axis=1)]


def _exact(strength: FloatArray, places: NDArray[np.intp]) -> FloatArray:
    """Beats at their onsets, as (broken) indices of `strength`; those without lie between others."""
    rough = places * POOLED + POOLED // 2
    shifts = np.arange(-_REACH, _REACH + 1)
    near = np.exp(-0.5 * (shifts / _NEARNESS) ** 2)
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
