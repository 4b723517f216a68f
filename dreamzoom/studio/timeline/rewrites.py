"""What a page asks to be done to a song's beats and sections, done to its map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from dreamzoom.audio.beatmap import write_map
from dreamzoom.audio.resectioning import with_sections
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
from dreamzoom.studio.timeline.sections import (
    Sections,
    move_edge,
    remove_section,
    rename_section,
    section_at,
    split_at,
)
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
    if deed not in _DEEDS and deed not in _OF_SECTIONS:
        known = (*_DEEDS, *_OF_SECTIONS)
        raise RequestError(f"there is nothing called {deed!r} to do with beats{nearest(deed, known)}")
    data = kept.read()
    music = ruled_music(heard, data, kept.path.name, seconds)
    if deed in _DEEDS:
        grid, told = _DEEDS[deed](BeatGrid(music.beats, music.bars, seconds), body, heard)
        after = replace(music, beats=grid.beats, bars=grid.bars)
        made = with_beats(data, kept.path.name, grid.beats, grid.bars, seconds) if data else b""
    else:
        if heard is None and not music.sections:
            raise RequestError("its sections are known once it has been heard: one moment")
        sections, told = _OF_SECTIONS[deed](music.sections, body, seconds)
        after = replace(music, sections=sections)
        made = with_sections(data, kept.path.name, sections, seconds) if data else b""
    kept.change(expected, made or write_map(after, seconds))
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


_OfSections = Callable[[Sections, Mapping[str, Any], float], tuple[Sections, str]]


def _edge(sections: Sections, body: Mapping[str, Any], seconds: float) -> tuple[Sections, str]:
    at, to = take(body, "at", float), take(body, "to", float)
    return move_edge(sections, at, to, seconds), "a section's edge moved"


def _split(sections: Sections, body: Mapping[str, Any], seconds: float) -> tuple[Sections, str]:
    at, name = take(body, "at", float), take(body, "name", str, "")
    after = split_at(sections, at, name, seconds)
    return after, f"section {section_at(after, at).label} begins here"


def _name(sections: Sections, body: Mapping[str, Any], _: float) -> tuple[Sections, str]:
    at, name = take(body, "at", float), take(body, "name", str)
    after = rename_section(sections, at, name)
    return after, f"section {section_at(sections, at).label} is called {section_at(after, at).label}"


def _drop(sections: Sections, body: Mapping[str, Any], _: float) -> tuple[Sections, str]:
    at = take(body, "at", float)
    return remove_section(sections, at), f"section {section_at(sections, at).label} is gone"


_OF_SECTIONS: Final[Mapping[str, _OfSections]] = {
    "edge": _edge,
    "split": _split,
    "name": _name,
    "drop": _drop,
}
