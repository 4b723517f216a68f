"""Beats at a given pace, by dynamic programming (D. Ellis, Beat Tracking by Dynamic Programming, 2007).

Of all ways to put beats into a song the best is found: each beat is worth what begins there, less what its
distance from the one before it differs from the pace.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dreamzoom.music.tempo import PER_SECOND

Values = NDArray[np.float64]
Places = NDArray[np.intp]

_TIGHTNESS = 100.0  # how dear it is to leave the pace for an onset (Ellis's choice)
_SHARP = 32  # to the beat: the standard deviation of an onset's reach
_SILENT = 0.01  # of the highest worth: the first beat has at least that


def track(rhythm: Values, tempos: Values) -> Places:
    """Which of a rhythm's values beats fall on, ascending.

    Args:
        rhythm: how strongly something begins, `PER_SECOND` values a second.
        tempos: beats per minute at every one of them.
    """
    if not rhythm.any():
        return np.zeros(0, np.intp)
    periods = np.rint(60 * PER_SECOND / tempos).astype(int)
    worth = _worth(rhythm / rhythm.std(), float(np.median(periods)))
    sums, before = _best_ways(worth, periods)
    tail = sums[-int(periods[-1]) :]  # whichever way is the best one at the end
    place, beats = sums.size - tail.size + int(tail.argmax()), []
    while place >= 0:
        beats.append(place)
        place = int(before[place])
    return np.array(beats[::-1], np.intp)


def _worth(rhythm: Values, period: float) -> Values:
    reach = int(period / 8) + 1
    near = np.exp(-0.5 * (np.arange(-reach, reach + 1) * _SHARP / period) ** 2)
    return np.convolve(rhythm, near)[reach : reach + rhythm.size]


def _best_ways(worth: Values, periods: Places) -> tuple[Values, Places]:
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


def _costs(period: int) -> Values:
    """What a beat costs that comes 2 periods after the one before it, and so on up to half a period."""
    return _TIGHTNESS * np.log(np.arange(2 * period, round(period / 2) - 1, -1) / period) ** 2
