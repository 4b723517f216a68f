"""Beats and bars, as a drag, a tap or "this is one" changes them: numbers in, numbers out, in seconds."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Final

from dreamzoom.errors import RequestError
from dreamzoom.tracks.music import MOST_BEATS_PER_BAR, STEPS

_CLOSEST: Final = 0.05  # seconds between two beats
_USUAL: Final = 4  # beats in a bar


@dataclass(frozen=True)
class BeatGrid:
    """Beats, and those of them that begin a bar; ascending, on ten-thousandths of a second.

    Attributes:
        length: of the song: no beat is after it.
    """

    beats: tuple[float, ...]
    bars: tuple[float, ...]
    length: float

    @property
    def metre(self) -> int:
        """How many beats most bars have."""
        place_of = {beat: place for place, beat in enumerate(self.beats)}
        places = [place_of[bar] for bar in self.bars]
        return round(median(after - before for before, after in pairwise(places))) if len(places) > 1 else 0


def nearest_beat(grid: BeatGrid, seconds: float) -> int:
    """Which beat is nearest to a moment. Raises a RequestError where there is none."""
    if not grid.beats:
        raise RequestError("there are no beats yet: tap some while the song plays")
    index = bisect_left(grid.beats, seconds)
    around = range(max(0, index - 1), min(len(grid.beats), index + 1))
    return min(around, key=lambda place: abs(grid.beats[place] - seconds))


def move_beat(grid: BeatGrid, start: float, end: float) -> BeatGrid:
    """The beat that is nearest to `start` at `end`; never past its neighbours."""
    place = nearest_beat(grid, start)
    low = grid.beats[place - 1] + _CLOSEST if place else 0.0
    high = grid.beats[place + 1] - _CLOSEST if place + 1 < len(grid.beats) else grid.length
    there = _on_step(min(max(end, low), max(low, high)))
    beat = grid.beats[place]
    return replace(grid, beats=_swap(grid.beats, beat, there), bars=_swap(grid.bars, beat, there))


def add_beat(grid: BeatGrid, seconds: float) -> BeatGrid:
    """One beat more."""
    there = _within(grid, seconds)
    if any(abs(beat - there) < _CLOSEST for beat in grid.beats):
        raise RequestError(f"there is a beat at {there:.2f} s already")
    return replace(grid, beats=tuple(sorted([*grid.beats, there])))


def remove_beat(grid: BeatGrid, seconds: float) -> BeatGrid:
    """The beat that is nearest to a moment is gone; the bar that it began begins with the next one."""
    place = nearest_beat(grid, seconds)
    if len(grid.beats) <= 2:
        raise RequestError("a beat map has at least two beats")
    beat, beats = grid.beats[place], grid.beats[:place] + grid.beats[place + 1 :]
    bars = set(grid.bars) - {beat}
    if beat in grid.bars and place < len(beats):
        bars.add(beats[place])
    return replace(grid, beats=beats, bars=tuple(sorted(bars)))


def this_is_one(grid: BeatGrid, seconds: float, *, from_here: bool = False, metre: int = 0) -> BeatGrid:
    """A bar begins with the beat that is nearest to a moment, and every so many beats from it.

    Args:
        from_here: bars before it stay as they are.
        metre: beats in a bar; 0 leaves as many as most bars have.
    """
    place = nearest_beat(grid, seconds)
    count = metre or grid.metre or _USUAL
    if not 1 <= count <= MOST_BEATS_PER_BAR:
        raise RequestError(f"a bar has 1 to {MOST_BEATS_PER_BAR} beats")
    kept = [bar for bar in grid.bars if bar < grid.beats[place]] if from_here else []
    first = place if from_here else place % count
    return replace(grid, bars=(*kept, *grid.beats[first::count]))


def double_time(grid: BeatGrid) -> BeatGrid:
    """A beat more between any two; bars stay, and have twice as many. Raises a RequestError where they would
    be too near to one another.
    """
    if any(after - before < 2 * _CLOSEST for before, after in pairwise(grid.beats)):
        raise RequestError(f"twice as many beats would be less than {_CLOSEST} s apart")
    between = (_on_step((before + after) / 2) for before, after in pairwise(grid.beats))
    return replace(grid, beats=tuple(sorted({*grid.beats, *between})))


def half_time(grid: BeatGrid) -> BeatGrid:
    """Every other beat; those that begin bars stay, as far as bars have an even number of beats."""
    if len(grid.beats) <= 3:
        raise RequestError("there are too few beats for half of them")
    first = grid.beats.index(grid.bars[0]) % 2 if grid.bars else 0
    beats = grid.beats[first::2]
    kept = set(beats)
    bars = tuple(bar for bar in grid.bars if bar in kept)
    if grid.metre % 2 and bars:  # bars of three: every bar that is left begins with a beat that is left
        begins = beats.index(bars[0]) % grid.metre
        bars = beats[begins :: grid.metre]
    return replace(grid, beats=beats, bars=bars)


def move_all(grid: BeatGrid, seconds: float) -> BeatGrid:
    """All beats and bars so much later; what leaves the song is gone."""
    beats = _shifted(grid.beats, seconds, grid.length)
    if len(beats) < 2:
        raise RequestError("a beat map has at least two beats, and so far they are all out of the song")
    return replace(grid, beats=beats, bars=_shifted(grid.bars, seconds, grid.length))


def _shifted(times: Sequence[float], by: float, length: float) -> tuple[float, ...]:
    moved = (_on_step(time + by) for time in times)
    return tuple(time for time in moved if 0 <= time <= length)


def _swap(times: Sequence[float], old: float, new: float) -> tuple[float, ...]:
    return tuple(new if time == old else time for time in times)


def _within(grid: BeatGrid, seconds: float) -> float:
    if not 0 <= seconds <= grid.length:
        raise RequestError(f"{seconds:.2f} s is not within the song, which lasts {grid.length:.2f} s")
    return _on_step(seconds)


def _on_step(seconds: float) -> float:
    return round(seconds * STEPS) / STEPS
