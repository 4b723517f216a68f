"""From taps to beats: slips are left out, gaps filled, unsteady hands evened out, lateness taken away.

Who taps along is some hundredths of a second early or late at every single beat, and by about as much all the
time, with what the loudspeaker adds. The first is evened out by a line through the taps, or by lines through
those around each where the tempo changes; the second is found where sounds begin, if they clearly do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean, median
from typing import Final

from dreamzoom.errors import RequestError
from dreamzoom.studio.timeline.beats import BeatGrid
from dreamzoom.tracks.music import STEPS, Music

FEWEST: Final = 4
"""Taps that make beats."""

_SLIP: Final = 0.4  # of the usual time between two taps: nearer ones are slips
_AROUND: Final = 4  # taps before and after one by which it is evened out
_AS_WELL, _NEAR = 1.3, 0.003  # times, and seconds, that a line may be further off where the tempo is steady
_LATEST: Final = 0.15  # seconds by which taps are late or early
_PLAIN: Final = 1.25  # times as strong as elsewhere sounds begin at the taps, where they clearly do
_METRE: Final = 4
_SLOWEST, _QUICKEST = 0.15, 3.0  # seconds between two beats


@dataclass(frozen=True)
class TappedBeats:
    """Beats that were tapped.

    Attributes:
        late: seconds by which the taps were late, and that were taken away.
    """

    beats: tuple[float, ...]
    late: float = 0.0


def beats_of_taps(taps: Sequence[float], heard: Music | None = None) -> TappedBeats:
    """The beats that were meant.

    Args:
        taps: seconds of the song.
        heard: by whose onsets the taps' lateness is found; None leaves them as they are.

    Raises:
        RequestError: they are too few, too near or too far apart.
    """
    times = _without_slips(sorted(taps))
    if len(times) < FEWEST:
        raise RequestError(f"tap at least {FEWEST} beats while the song plays")
    usual = median(after - before for before, after in pairwise(times))
    if not _SLOWEST <= usual <= _QUICKEST:
        raise RequestError(f"the taps are {usual:.2f} s apart: beats are {_SLOWEST} to {_QUICKEST} s apart")
    numbers = _numbers(times)
    beats = _evened(numbers, times)
    late = _lateness(beats, heard) if heard is not None else 0.0
    return TappedBeats(tuple(round((beat - late) * STEPS) / STEPS for beat in beats), late)


def put_taps(grid: BeatGrid, tapped: TappedBeats) -> BeatGrid:
    """A song's beats with the tapped ones where they were tapped; where there were none yet, the tempo goes
    on from there to both ends of the song.
    """
    beats = [beat for beat in tapped.beats if 0 <= beat <= grid.length]
    if len(beats) < 2:
        raise RequestError("the taps are not within the song")
    apart = (beats[-1] - beats[0]) / (len(beats) - 1)
    before = [beat for beat in grid.beats if beat < beats[0] - apart / 2]
    after = [beat for beat in grid.beats if beat > beats[-1] + apart / 2]
    if not grid.beats:
        before, after = _onwards(beats, apart, grid.length)
    whole = [*before, *beats, *after]
    first, metre = _phase(beats, grid, apart), grid.metre or _METRE
    bars = {bar for bar in grid.bars if bar < beats[0] - apart / 2 or bar > beats[-1] + apart / 2}
    bars |= set(beats[first::metre])
    if not grid.beats:
        bars |= set(whole[(len(before) + first) % metre :: metre])
    return replace(grid, beats=tuple(whole), bars=tuple(sorted(bars & set(whole))))


def _without_slips(taps: Sequence[float]) -> list[float]:
    if len(taps) < FEWEST:
        return list(taps)
    usual = median(after - before for before, after in pairwise(taps))
    times = [taps[0]]
    for tap in taps[1:]:
        if tap - times[-1] >= _SLIP * usual:
            times.append(tap)
    return times


def _numbers(times: Sequence[float]) -> list[int]:
    """Which beat each tap is, from 0: where one was left out, its number is too."""
    numbers = [0]
    for index in range(1, len(times)):
        recent = times[max(0, index - 2 * _AROUND) : index + _AROUND]
        usual = median(after - before for before, after in pairwise(recent))
        numbers.append(numbers[-1] + max(1, round((times[index] - times[index - 1]) / usual)))
    return numbers


def _evened(numbers: Sequence[int], times: Sequence[float]) -> list[float]:
    """The time of every number from the first to the last: on one line where that fits the taps about as well
    as a line through those around each.
    """
    start, apart = _line(numbers, times)
    whole = [start + apart * number for number in range(numbers[-1] + 1)]
    local = []
    for number in range(numbers[-1] + 1):
        middle = bisect_left(numbers, number)
        around = slice(max(0, middle - _AROUND), middle + _AROUND + 1)
        start, apart = _line(numbers[around], times[around])
        local.append(start + apart * number)
    is_steady = _off(whole, numbers, times) <= _AS_WELL * _off(local, numbers, times) + _NEAR
    return whole if is_steady else sorted(local)


def _off(beats: Sequence[float], numbers: Sequence[int], times: Sequence[float]) -> float:
    """By how many seconds taps are off beats, on average."""
    return fmean(abs(beats[number] - time) for number, time in zip(numbers, times, strict=True))


def _line(numbers: Sequence[int], times: Sequence[float]) -> tuple[float, float]:
    """The line nearest to the taps (least squares): where it begins, and how far apart beats are."""
    middle, mean = fmean(numbers), fmean(times)
    spread = sum((number - middle) ** 2 for number in numbers)
    along = sum((number - middle) * (time - mean) for number, time in zip(numbers, times, strict=True))
    apart = along / spread
    return mean - apart * middle, apart


def _lateness(beats: Sequence[float], heard: Music) -> float:
    """By how many seconds beats come after the sounds that they are of; 0 where that is not plain."""
    steps = range(-round(_LATEST * heard.rate), round(_LATEST * heard.rate) + 1)
    strength = {
        step: fmean(heard.signal("onset", beat - step / heard.rate) for beat in beats) for step in steps
    }
    best = max(strength, key=lambda step: (strength[step], -abs(step)))
    if strength[best] < _PLAIN * fmean(strength.values()):
        return 0.0
    return best / heard.rate


def _onwards(beats: Sequence[float], apart: float, length: float) -> tuple[list[float], list[float]]:
    def at(time: float) -> float:
        return round(time * STEPS) / STEPS

    count = int(beats[0] / apart + 1e-6)
    before = [at(beats[0] - apart * number) for number in range(count, 0, -1)]
    after = [at(beats[-1] + apart * number) for number in range(1, int((length - beats[-1]) / apart) + 1)]
    return [time for time in before if time >= 0], after


def _phase(beats: Sequence[float], grid: BeatGrid, apart: float) -> int:
    """Which of the beats begins a bar: where most bars were, else the first."""
    metre = grid.metre or _METRE
    bars = [bar for bar in grid.bars if beats[0] - apart / 4 <= bar <= beats[-1] + apart / 4]

    def agreement(place: int) -> int:
        return sum(min(abs(bar - beat) for bar in bars) <= apart / 4 for beat in beats[place::metre])

    return max(range(metre), key=lambda place: (agreement(place), -place)) if bars else 0
