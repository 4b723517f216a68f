"""How loud what is around a moment is: the range that signals have glides with the song.

A song's soft half would hardly move a picture whose range were the whole song's. So what is around a moment
counts: its level is what nearly all of the seconds around it stay below. After something loud the level comes
down slowly, within some ten seconds, and it rises shortly before something loud: nothing pumps where loud and
soft meet. Within the last seconds of what sounds it does not come down, for a song that fades out is to fade.
"""

from __future__ import annotations

import numpy as np

from dreamzoom.audio.features import ENVELOPES_PER_SECOND, FloatArray

_HOP = ENVELOPES_PER_SECOND // 5  # values between two levels
_PAST, _COMING = 3.0, 1.5  # seconds that a level is of
_AFTER, _BEFORE = 2.0, 16.0  # decibels a second that it falls after something loud, and rises before it
_LAST = 20  # seconds before the end of what sounds in which it does not fall
_FAINT = 0.01  # of the highest of those values: less does not sound
_CHUNK = 1000  # windows at once
_LOUD = 98  # percentile of the levels that is the song's
_DEEPEST = 24.0  # decibels: a passage that is further below the song's level does not come up further


def level_around(values: FloatArray, faint: float, few: int = 30, above: float = 0.12) -> FloatArray:
    """The level around each value (N,) of an envelope, of the same measure, above 0.

    Args:
        values: amplitudes, `ENVELOPES_PER_SECOND` of them a second.
        faint: the amplitude below which all is silence.
        few: how many of the values that sound in the seconds around may not be above the level.
        above: what share of the others is; so one hit does not change it.
    """
    levels = _levels(values, faint, few, above)
    heard = np.flatnonzero(levels > 0)
    if heard.size == 0:
        return np.ones(values.size)
    decibels = np.full(levels.size, -np.inf)
    decibels[heard] = 20 * np.log10(levels[heard])
    decibels = np.maximum(decibels, _fading(decibels, int(heard[-1])))
    index = np.arange(decibels.size) * _HOP / ENVELOPES_PER_SECOND
    after = np.maximum.accumulate(decibels + _AFTER * index) - _AFTER * index
    backwards = (decibels - _BEFORE * index)[::-1]
    before = np.maximum.accumulate(backwards)[::-1] + _BEFORE * index
    gliding = np.maximum(after, before)
    gliding = np.maximum(gliding, np.percentile(decibels[heard], _LOUD) - _DEEPEST)
    at = np.arange(values.size)
    return np.asarray(10 ** (np.interp(at, np.arange(gliding.size) * _HOP, gliding) / 20))


def _fading(decibels: FloatArray, end: int) -> FloatArray:
    """The level that lasts through the last seconds of what sounds, up to `end`."""
    start = max(end - _LAST * ENVELOPES_PER_SECOND // _HOP, 0)
    held = np.full(decibels.size, -np.inf)
    held[start : end + 1] = np.maximum.accumulate(decibels[start : end + 1])
    return held


def _levels(values: FloatArray, faint: float, few: int, share: float) -> FloatArray:
    """Of every `_HOP` values, what nearly all of those around that sound are below; 0 where none sounds."""
    past, coming = (round(seconds * ENVELOPES_PER_SECOND) for seconds in (_PAST, _COMING))
    width = past + coming
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, (past, coming)), width)
    windows = windows[: values.size : _HOP]
    levels = np.zeros(len(windows))
    for start in range(0, len(windows), _CHUNK):
        ordered = np.sort(windows[start : start + _CHUNK], axis=1)
        count = (ordered > _FAINT * ordered[:, -1:]).sum(axis=1)
        above = (share * np.maximum(count - few, 0)).astype(int)
        found = np.take_along_axis(ordered, (width - 1 - above)[:, None], axis=1)[:, 0]
        levels[start : start + _CHUNK] = np.where(ordered[:, -1] > faint, found, 0.0)
    return levels
