"""A song's envelopes and onsets as signals from 0 to 1 that a picture can follow.

A signal rises at once and falls by itself, to 37 % within 150 ms unless it is asked otherwise: on a film's
frames it pulses and does not flicker. Its range glides with the song (see `audio.ranges`): 1 is what
98 % of the moments that sound stay below where the song is loud, 0.65 where it is 20 dB softer. So soft
passages move the picture too. 0 is what 90 % of them are above, but at most half of the highest: a level
that hardly changes stays up, instead of its least change being drawn large. A band that is 40 dB below the
whole song is silent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from dreamzoom.audio.features import (
    ENVELOPES_PER_SECOND,
    ONSETS_PER_SECOND,
    FloatArray,
    Onsets,
    rolling_max,
    rolling_mean,
)
from dreamzoom.audio.ranges import level_around
from dreamzoom.tracks.signals import ONSET, PARTS, Signal

_ALL = "loudness"
_HIGH, _LOW = 98, 10  # percentiles of the moments that sound
_SILENCE = 1e-4  # -80 dB of full scale: less is no sound, but a converter's noise
_FAINT = 1e-2  # of the loudest moment, or of the level of all that sound: less does not sound
_LOUDNESS = 0.6  # ten decibels sound twice as loud: amplitude to the power of 0.6 (Stevens)
_SOFT = 0.187  # what is 20 dB softer, 0.1 of the amplitude, reaches 0.1 ** 0.187 = 0.65
_SPREAD = 11  # onset values: hits that are 25 ms apart are two
_AROUND = 441  # onset values: a hit stands out from the second around it
_LEAST = 0.08  # of a hit that counts as 1: less is none
_STRONGER = 0.2  # of the hits around: what they are stronger than is the level of hits
_USUAL = 0.7  # of the strongest around: a hit of that, or more, may count as 1
_WEAK = 0.7  # the power of a strength that is drawn: weak hits are seen
_LONG = 1323  # onset values: the level that a hit stands out from is that of 3 s
# A hit that counts as 1 has at least this share of the level: a drone's and a noise's have 0.1 at most,
# a drum's in a full mix 0.6.
_STANDS_OUT = 0.5


def shape_envelopes(whole: FloatArray, parts: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Envelopes as signals before attack and release, 0 to 1, and the loudness of all by that name.

    They are 0 throughout in a silent song.

    Args:
        whole: the envelope of all frequencies, as heard (N,).
        parts: envelopes by signal's name, (N,) each.
    """
    loudest = float(whole.max())
    if loudest < _SILENCE:
        return {name: np.zeros(whole.size) for name in (_ALL, *parts)}
    sounding = whole > _FAINT * loudest
    least = _FAINT * float(np.percentile(whole[sounding], _HIGH))
    return {
        name: _stretch(envelope, sounding, least, _LOUDNESS if name in (_ALL, *PARTS) else 1.0)
        for name, envelope in {_ALL: whole, **parts}.items()
    }


def shape_signals(
    whole: FloatArray, parts: Mapping[Signal, FloatArray], heard: Onsets, wanted: Iterable[Signal]
) -> dict[str, FloatArray]:
    """Signals by name, 0 to 1, as long as the envelopes.

    Args:
        whole: the envelope of all frequencies, as heard (N,).
        parts: envelopes (N,) by what they are of.
        heard: the onsets, which may be empty where none of those wanted goes by them.
        wanted: of the sound itself.
    """
    shapes = shape_envelopes(whole, {part.name: envelope for part, envelope in parts.items()})
    shapes[ONSET] = shape_hits(heard, whole.size)
    signals = {}
    for signal in wanted:
        shape = shapes[signal.unshaped.name]
        rise = follow_hits if signal.kind == ONSET else follow
        signals[signal.name] = rise(shape, signal.attack, signal.release)
    return signals


def follow(values: FloatArray, attack: float, release: float) -> FloatArray:
    """A signal that follows `values` (N,), 0 to 1, `ENVELOPES_PER_SECOND` of them a second.

    Args:
        attack: milliseconds within which it comes to within 1/e of a higher value that lasts; 0: at once.
        release: milliseconds within which it falls to 1/e; 0: at once.
    """
    released = apply_release(values, release) if release else values
    return _apply_attack(released, attack) if attack else released


def apply_release(values: FloatArray, release: float) -> FloatArray:
    """The least signal that is nowhere below `values` (N,), and falls to 1/e within `release` ms at most."""
    fall = np.arange(values.size) / (release / 1000 * ENVELOPES_PER_SECOND)
    with np.errstate(divide="ignore"):
        logarithms = np.log(values)
    released: FloatArray = np.exp(np.maximum.accumulate(logarithms + fall) - fall)
    return released


def _apply_attack(values: FloatArray, attack: float) -> FloatArray:
    """What falls with `values` (N,), and goes towards higher ones by the same share at each step."""
    share = 1 - np.exp(-1000 / ENVELOPES_PER_SECOND / attack)
    level, followed = 0.0, []
    for value in values.tolist():
        level = min(value, level + (value - level) * share)
        followed.append(level)
    return np.array(followed)


def _stretch(values: FloatArray, sounding: NDArray[np.bool_], least: float, power: float = 1.0) -> FloatArray:
    """An envelope from 0 to 1 in its gliding range.

    Args:
        least: the amplitude that its range reaches up to at least.
        power: of the amplitude that is drawn.
    """
    around = level_around(values, least)
    around = np.maximum(around, least)
    loud = float(np.percentile(around[sounding], _HIGH))
    relative = (values / around) ** power
    low, high = np.percentile(relative[sounding], (_LOW, _HIGH))
    top = max(float(high), 1.0)
    bottom = min(float(low), top / 2)
    height = np.minimum(around / loud, 1) ** _SOFT
    return np.clip((relative - bottom) / (top - bottom), 0, 1) * height


def shape_hits(heard: Onsets, count: int) -> FloatArray:
    """How strong each hit is, at the value nearest to it of `count`, 0 to 1; all others are 0."""
    excess = np.maximum(heard.strength - rolling_mean(heard.strength, _AROUND), 0)
    places = np.flatnonzero((excess == rolling_max(excess, _SPREAD)) & (excess > 0))
    hits = np.zeros(count)
    if places.size == 0:
        return hits
    level = _STANDS_OUT * rolling_mean(heard.level, _LONG)
    nearest = np.minimum(np.rint(places * (ENVELOPES_PER_SECOND / ONSETS_PER_SECOND)).astype(int), count - 1)
    np.maximum.at(hits, nearest, excess[places])
    # Onsets are roots of amplitudes.
    around = np.sqrt(level_around(hits**2, 0.0, few=1, above=_STRONGER))[nearest]
    around = np.maximum(around, level[places])
    relative = excess[places] / around
    strengths = np.minimum(relative / max(float(np.percentile(relative, 95)), _USUAL), 1)
    strengths = np.where(strengths < _LEAST, 0, strengths**_WEAK)
    loud = float(np.percentile(around, _HIGH))
    strengths *= np.minimum(around / loud, 1) ** (2 * _SOFT)
    hits[:] = 0
    np.maximum.at(hits, nearest, strengths)
    return hits


def follow_hits(hits: FloatArray, attack: float, release: float) -> FloatArray:
    """A signal that each hit adds to: it goes up by the hit's share of what is left to 1, then falls.

    So a weak hit shows after a strong one, whose fall it would not rise above. A hit of 1 gives 1.

    Args:
        hits: how strong the hits are (N,), 0 to 1.
        attack, release: as in `follow`.
    """
    tail = release / 1000 * ENVELOPES_PER_SECOND
    tops, top, before = hits.copy(), 0.0, 0
    for place in np.flatnonzero(hits).tolist() if release else ():
        top = 1 - (1 - top * math.exp((before - place) / tail)) * (1 - hits[place])
        tops[place], before = top, place
    return follow(tops, attack, release)
