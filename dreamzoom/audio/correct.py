"""What a person knows better than hearing: their beat map, and where bars begin. Music in, music out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Final

from dreamzoom.audio.beatmap import BeatMap
from dreamzoom.errors import warn
from dreamzoom.tracks.music import Music

_USUAL: Final = 4  # beats in a bar, where hearing found none
_NEAR: Final = 0.25  # of a beat: so near to a bar that was heard, a beat is the same


def apply_map(music: Music, given: BeatMap) -> Music:
    """Music whose beats, bars and sections are a map's; what the map does not tell is as it was heard.

    Beats of which at most one is said to begin a bar get bars as long as those that were heard, from that one
    on, or where most of them agree with what was heard.
    """
    if given.beats:
        bars = given.bars if len(given.bars) > 1 else _bars(given, music)
        music = replace(music, beats=given.beats, bars=bars)
    return replace(music, sections=given.sections or music.sections)


def shift_bars(music: Music, shift: int) -> Music:
    """Music whose bars begin `shift` beats later, or earlier; at both ends there are as many as there can be.

    Where there are no bars a person is warned.
    """
    if not shift:
        return music
    if not music.bars:
        warn("music.shift is not used: the song has no bars")
        return music
    places = [_nearest(bar, music.beats) for bar in music.bars]
    first, last = places[1] - places[0], places[-1] - places[-2]
    moved = [place + shift for place in places]
    before = range(moved[0] - max(1, first), -1, -max(1, first))
    after = range(moved[-1] + max(1, last), len(music.beats), max(1, last))
    kept = [place for place in [*reversed(before), *moved, *after] if 0 <= place < len(music.beats)]
    return replace(music, bars=tuple(music.beats[place] for place in kept) if len(kept) > 1 else ())


def beats_in_bars(music: Music) -> int:
    """How many beats most bars have; 0 where there are no bars."""
    places = [_nearest(bar, music.beats) for bar in music.bars]
    return round(median(after - before for before, after in pairwise(places))) if places else 0


def _bars(given: BeatMap, heard: Music) -> tuple[float, ...]:
    count = beats_in_bars(heard) or _USUAL
    if given.bars:
        first = given.beats.index(given.bars[0]) % count
    else:
        first = max(range(count), key=lambda place: _agreement(given.beats[place::count], given, heard))
    bars = given.beats[first::count]
    return bars if len(bars) > 1 else ()


def _agreement(bars: Sequence[float], given: BeatMap, heard: Music) -> int:
    """How many bars are heard bars too."""
    reach = _NEAR * median(after - before for before, after in pairwise(given.beats))
    return sum(abs(heard.bars[_nearest(bar, heard.bars)] - bar) <= reach for bar in bars if heard.bars)


def _nearest(time: float, times: Sequence[float]) -> int:
    """Which of the ascending `times` is nearest to a time."""
    index = bisect_left(times, time)
    around = range(max(0, index - 1), min(len(times), index + 1))
    return min(around, key=lambda place: abs(times[place] - time))
