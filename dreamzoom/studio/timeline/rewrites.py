"""What a page asks to be done to a song's beats, done to its map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from dreamzoom.audio.beatmap import write_map
from dreamzoom.audio.rewriting import with_beats
from dreamzoom.errors import RequestError, nearest
from dreamzoom.studio.asked import take
from dreamzoom.studio.timeline.beats import (
    BeatGrid,
    add_beat,
    double_time,
    half_time,
    move_all,
    move_beat,
    remove_beat,
    this_is_one,
)
from dreamzoom.studio.timeline.maps import MapFile
from dreamzoom.studio.timeline.subjects import ruled_music
from dreamzoom.studio.timeline.tapping import TappedBeats, beats_of_taps, put_taps
from dreamzoom.tracks.music import Music

_MOST_TAPS: Final = 20_000
_NEAR: Final = 1.0  # seconds that a tap may be off the song: players are not exact
_PLAIN: Final = 0.005  # seconds of lateness that are told


def change_map(
    kept: MapFile, heard: Music | None, seconds: float, body: Mapping[str, Any], expected: str
) -> str:
    """Change a song's map as a page asks, and say what was done.

    Args:
        heard: the song without its map.
        seconds: of the song.
        body: `do` and what that needs.
        expected: the version of the map that the page showed.

    Raises:
        ChangedMapError: another one is there by now.
        RequestError: it cannot be done so.
    """
    deed = take(body, "do", str)
    if deed in ("undo", "redo"):
        kept.go(deed, expected)
        return "undone" if deed == "undo" else "done again"
    if deed not in _DEEDS:
        raise RequestError(f"there is nothing called {deed!r} to do with beats{nearest(deed, _DEEDS)}")
    data = kept.read()
    music = ruled_music(heard, data, kept.path.name, seconds)
    before = BeatGrid(music.beats, music.bars, seconds)
    after, told = _DEEDS[deed](before, body, heard)
    base = data or write_map(music, seconds)
    kept.change(expected, with_beats(base, kept.path.name, after.beats, after.bars, seconds))
    return told


_Deed = Callable[[BeatGrid, Mapping[str, Any], "Music | None"], tuple[BeatGrid, str]]


def _move(grid: BeatGrid, body: Mapping[str, Any], _: Music | None) -> tuple[BeatGrid, str]:
    return move_beat(grid, take(body, "at", float), take(body, "to", float)), "a beat moved"


def _add(grid: BeatGrid, body: Mapping[str, Any], _: Music | None) -> tuple[BeatGrid, str]:
    return add_beat(grid, take(body, "at", float)), "a beat more"


def _remove(grid: BeatGrid, body: Mapping[str, Any], _: Music | None) -> tuple[BeatGrid, str]:
    return remove_beat(grid, take(body, "at", float)), "a beat less"


def _one(grid: BeatGrid, body: Mapping[str, Any], _: Music | None) -> tuple[BeatGrid, str]:
    here = take(body, "from_here", bool, default=False)
    changed = this_is_one(grid, take(body, "at", float), from_here=here, metre=take(body, "metre", int, 0))
    return changed, "bars begin here" if here else "bars are counted from here"


def _double(grid: BeatGrid, _: Mapping[str, Any], __: Music | None) -> tuple[BeatGrid, str]:
    return double_time(grid), "twice as many beats"


def _half(grid: BeatGrid, _: Mapping[str, Any], __: Music | None) -> tuple[BeatGrid, str]:
    return half_time(grid), "half as many beats"


def _shift(grid: BeatGrid, body: Mapping[str, Any], _: Music | None) -> tuple[BeatGrid, str]:
    by = take(body, "by", float)
    return move_all(grid, by), f"all beats {abs(by) * 1000:.0f} ms {'later' if by > 0 else 'earlier'}"


def _taps(grid: BeatGrid, body: Mapping[str, Any], heard: Music | None) -> tuple[BeatGrid, str]:
    taps = take(body, "taps", list)
    times = (type(tap) in (int, float) and -_NEAR <= tap <= grid.length + _NEAR for tap in taps)
    if len(taps) > _MOST_TAPS or not all(times):
        raise RequestError("taps must be a list of seconds of the song")
    tapped = beats_of_taps([float(tap) for tap in taps], heard if take(body, "snap", bool, True) else None)
    return put_taps(grid, tapped), _tapped_in_words(tapped)


def _tapped_in_words(tapped: TappedBeats) -> str:
    words = f"{len(tapped.beats)} beats tapped"
    if abs(tapped.late) < _PLAIN:
        return words
    which = "late" if tapped.late > 0 else "early"
    return f"{words}; the taps were {abs(tapped.late) * 1000:.0f} ms {which}, which is taken away"


_DEEDS: Final[Mapping[str, _Deed]] = {
    "move": _move,
    "add": _add,
    "remove": _remove,
    "one": _one,
    "double": _double,
    "half": _half,
    "shift": _shift,
    "taps": _taps,
}
