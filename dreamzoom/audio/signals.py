"""A song's envelopes and onsets as signals from 0 to 1 that a picture can follow.

A signal rises at once and falls by itself, to 37 % within 150 ms: on a film's frames it pulses and does not
flicker. Its range is the song's own. 1 is what 98 % of the moments that sound stay below. 0 is what 90 % of
them are above, but at most half of 1: a level that hardly changes stays up, instead of its least change being
drawn large. A band that is 40 dB below the whole song is silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

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

RELEASE: Final = 0.15
"""Seconds within which a signal falls to 1/e."""


_HIGH, _LOW = 98, 10  # percentiles of the moments that sound
_SILENCE = 1e-4  # -80 dB of full scale: less is no sound, but a converter's noise
_FAINT = 1e-2  # of the loudest moment, or of the level of all that sound: less does not sound
_LOUDNESS = 0.6  # ten decibels sound twice as loud: amplitude to the power of 0.6 (Stevens)
_SPREAD = 11  # onset values: hits that are 25 ms apart are two
_AROUND = 441  # onset values: a hit stands out from the second around it
_LEAST = 0.1  # of a hit that counts as 1: less is none
# A hit that counts as 1 has at least this share of the level: a drone's and a noise's have 0.1 at most,
# a drum's in a full mix 0.6.
_STANDS_OUT = 0.5


def make_signals(whole: FloatArray, bands: Mapping[str, FloatArray], heard: Onsets) -> dict[str, FloatArray]:
    """All signals of a song by name, 0 to 1, as long as its envelopes; they are 0 throughout in a silent one.

    Args:
        whole: the envelope of all frequencies, as heard.
        bands: envelopes by signal's name.
        heard: the song's onsets.
    """
    loudest = float(whole.max())
    if loudest < _SILENCE:
        return {name: np.zeros(whole.size) for name in ("loudness", *bands, "onset")}
    sounding = whole > _FAINT * loudest
    least = _FAINT * float(np.percentile(whole[sounding], _HIGH))
    signals = {name: apply_release(_stretch(values, sounding, least)) for name, values in bands.items()}
    loudness = apply_release(_stretch(whole**_LOUDNESS, sounding, least**_LOUDNESS))
    return {"loudness": loudness, **signals, "onset": _hits(heard, whole.size)}


def apply_release(values: FloatArray) -> FloatArray:
    """The least signal that is nowhere below `values` (N,), and falls no faster than `RELEASE` says."""
    fall = np.arange(values.size) / (RELEASE * ENVELOPES_PER_SECOND)
    with np.errstate(divide="ignore"):
        logarithms = np.log(values)
    released: FloatArray = np.exp(np.maximum.accumulate(logarithms + fall) - fall)
    return released


def _stretch(values: FloatArray, sounding: NDArray[np.bool_], least: float) -> FloatArray:
    low, high = np.percentile(values[sounding], (_LOW, _HIGH))
    top = max(float(high), least)
    bottom = min(float(low), top / 2)
    return np.clip((values - bottom) / (top - bottom), 0, 1)


def _hits(heard: Onsets, count: int) -> FloatArray:
    """Each hit as a jump to its strength at the value nearest to it, then falling."""
    excess = np.maximum(heard.strength - rolling_mean(heard.strength, _AROUND), 0)
    places = np.flatnonzero((excess == rolling_max(excess, _SPREAD)) & (excess > 0))
    jumps = np.zeros(count)
    if places.size == 0:
        return jumps
    full = max(float(np.percentile(excess[places], 95)), _STANDS_OUT * float(heard.level.mean()))
    strengths = np.minimum(excess[places] / full, 1)
    strengths[strengths < _LEAST] = 0
    nearest = np.minimum(np.rint(places * (ENVELOPES_PER_SECOND / ONSETS_PER_SECOND)).astype(int), count - 1)
    np.maximum.at(jumps, nearest, strengths)
    return apply_release(jumps)
