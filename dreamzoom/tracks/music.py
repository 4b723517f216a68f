"""What music is to tracks: when its beats and bars fall, and how it sounds from moment to moment.

Music's numbers go in steps of a ten-thousandth: what was heard and what is read back are the same.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from statistics import median
from types import MappingProxyType
from typing import Final

SIGNALS: Final = ("loudness", "bass", "mids", "highs", "onset")
"""The signals every piece of music has, each from 0 to 1; it may have more, by other names."""

SLOWEST: Final = 48.0
FASTEST: Final = 215.0
"""Beats a minute between which beats are heard."""

MOST_BEATS_PER_BAR: Final = 64

_NEAR = 1e-6  # seconds, and values, that only rounding makes


@dataclass(frozen=True)
class Section:
    """A part of a song, such as its verse: those that sound alike have one label.

    Attributes:
        label: a letter, "A", "B" and so on, or what a person calls it.
        start: seconds from the clip's start.
        end: seconds, after `start`.
    """

    label: str
    start: float
    end: float


@dataclass(frozen=True)
class Music:
    """A piece of music, as tracks see it. Times are seconds from the clip's start.

    Attributes:
        beats: when each beat falls, ascending; none, or at least two.
        bars: when each bar begins, likewise.
        rate: how many values a second the signals have.
        signals: values from 0 to 1, the first of them at 0 s, by name: those in `SIGNALS` and others. All are
            of one length.
        sections: in their order, none before the end of the one before it.
        clarity: how clear its beat is, up to 1: drums have 0.4 and more, speech less than 0.2; 0: not told.
        beat_map: the file in which a person told of beats and sections; empty where they are as heard.
        sources: SHA-256 of the files that signals of stems and series were heard of, by those names.
    """

    beats: tuple[float, ...]
    bars: tuple[float, ...]
    rate: float
    signals: Mapping[str, Sequence[float]] = field(repr=False)
    sections: tuple[Section, ...] = ()
    clarity: float = field(default=0.0, compare=False)
    beat_map: bytes = field(default=b"", repr=False, compare=False)
    sources: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "signals", MappingProxyType(dict(self.signals)))
        object.__setattr__(self, "sources", MappingProxyType(dict(self.sources)))

    def __hash__(self) -> int:
        return hash((self.beats, self.bars, self.rate))

    def signal(self, name: str, seconds: float) -> float:
        """A signal at a moment, linear between its values; 0 after its end."""
        values = self.signals[name]
        place = max(seconds, 0.0) * self.rate
        index = int(place)
        if index >= len(values):
            return 0.0
        following = values[index + 1] if index + 1 < len(values) else 0.0
        return values[index] + (following - values[index]) * (place - index)


def take_part(music: Music, start: float, delay: float = 0.0) -> Music:
    """What a clip hears of a song: what begins at or after `start`, in the clip's time.

    Beats and bars count from 0 anew; signals keep the range of the whole song. A single beat or bar that is
    left is none.

    Args:
        music: in the song's own time.
        start: seconds into the song.
        delay: seconds of the clip before it.
    """
    if start == delay == 0:
        return music
    later = delay - start
    return replace(
        music,
        beats=_from(music.beats, start, later),
        bars=_from(music.bars, start, later),
        signals={name: _part(values, music.rate, start, delay) for name, values in music.signals.items()},
        sections=tuple(
            replace(each, start=_rounded(max(each.start, start) + later), end=_rounded(each.end + later))
            for each in music.sections
            if each.end > start + _NEAR
        ),
    )


def keep_first(music: Music, seconds: float) -> Music:
    """What is heard up to some moment, with two beats and bars that come after it: who asks for what is
    later is told that it is silent there.
    """
    count = math.ceil(seconds * music.rate) + 1
    if all(len(values) <= count for values in music.signals.values()):
        return music
    return replace(
        music,
        beats=music.beats[: max(bisect_right(music.beats, seconds) + 2, 2)],
        bars=music.bars[: max(bisect_right(music.bars, seconds) + 2, 2)],
        signals={name: tuple(values[:count]) for name, values in music.signals.items()},
        sections=tuple(each for each in music.sections if each.start <= seconds),
    )


def _from(times: Sequence[float], start: float, later: float) -> tuple[float, ...]:
    """The times from `start` on, so much later."""
    kept = tuple(_rounded(max(time, start) + later) for time in times if time > start - _NEAR)
    return kept if len(kept) > 1 else ()


def _rounded(seconds: float) -> float:
    return round(seconds * STEPS) / STEPS


def _part(values: Sequence[float], rate: float, start: float, delay: float) -> tuple[float, ...]:
    """A signal from `start` on, after a silence; linear between its values."""
    place = start * rate
    silent = math.ceil(delay * rate - _NEAR)
    first = place + silent - delay * rate  # in the song's values
    index, between = math.floor(first + _NEAR), first - math.floor(first + _NEAR)
    if between < _NEAR:
        return (*(0.0,) * silent, *values[index:])
    ends = pairwise([*values[index:], 0.0])
    parts = (round((one + (other - one) * between) * STEPS) for one, other in ends)
    return (*(0.0,) * silent, *levels(parts))


def time_of(number: Fraction, times: Sequence[float]) -> Fraction:
    """When beat (or bar) `number` falls, in seconds; a broken number lies between two.

    Before the first one and after the last they go on as far apart as they mostly were.

    Args:
        number: counts from 0, the first of `times`.
        times: ascending, at least two.
    """
    last = len(times) - 1
    if number >= last:
        return Fraction(times[last]) + (number - last) * Fraction(_apart(times))
    if number < 0:
        return Fraction(times[0]) + number * Fraction(_apart(times))
    index = int(number)
    start, end = Fraction(times[index]), Fraction(times[index + 1])
    return start + (end - start) * (number - index)


def number_at(seconds: float, times: Sequence[float]) -> float:
    """The inverse of `time_of`; before the first one it counts down below 0 as fast."""
    index = bisect_right(times, seconds) - 1
    if index < 0:
        return (seconds - times[0]) / _apart(times)
    if index == len(times) - 1:
        return index + (seconds - times[index]) / _apart(times)
    return index + (seconds - times[index]) / (times[index + 1] - times[index])


def _apart(times: Sequence[float]) -> float:
    return median(after - before for before, after in pairwise(times))


STEPS: Final = 10_000
"""Steps from 0 to 1, and to the second."""

_LEVELS = tuple(step / STEPS for step in range(STEPS + 1))


def levels(steps: Iterable[int]) -> tuple[float, ...]:
    """Values from 0 to 1 of which these are the steps, from 0 to `STEPS`; equal ones share an object."""
    return tuple(map(_LEVELS.__getitem__, steps))


def steps(values: Iterable[float]) -> list[int]:
    """The step nearest to each value."""
    return [round(value * STEPS) for value in values]
