"""What a page is told of a timeline, as JSON holds it. Frames count from 0; seconds are the clip's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dreamzoom.audio.correct import beats_in_bars
from dreamzoom.audio.words import beats_in_words, usual_tempo
from dreamzoom.errors import RecipeError
from dreamzoom.recipe.dissolves import dissolve_span
from dreamzoom.recipe.schema import SETTINGS, Recipe, raw_value
from dreamzoom.studio.timeline.curves import EASES_OF, lane_facts, lanes_of, lanes_of_key
from dreamzoom.studio.timeline.errands import Errand
from dreamzoom.studio.timeline.maps import MapFile, version_of
from dreamzoom.studio.timeline.songs import KnownSong
from dreamzoom.studio.timeline.subjects import Subject, SubjectSong
from dreamzoom.tracks.music import Music


def timeline_facts(subject: Subject) -> dict[str, Any]:
    """All of a timeline: its length, its takes, its lanes, its markers, its song and its music."""
    clock = subject.clock
    return {
        "fps": float(clock.fps),
        "frames": clock.frames,
        "takes": [[each.first, each.stop] for each in subject.stretches],
        "lanes": _lanes(subject),
        "wholes": _wholes(subject),
        "eases": EASES_OF,
        "markers": list(_markers(subject)),
        "song": song_facts(subject.song),
        "music": music_facts(clock.music, subject.song),
        "own_music": subject.has_own_music,
    }


def curve_facts(recipe: Recipe, key: str, raw: object) -> list[dict[str, Any]]:
    """The lanes of a key with another value. Raises a RecipeError where the key may not have it."""
    setting, clock = SETTINGS[key], recipe.clock
    try:
        value = setting.parse(raw)
        lanes = [lane_facts(lane, clock) for lane in lanes_of_key(key, value)]
        if not all(map(_is_within, lanes)):
            setting.check(value, clock)  # says at which frame
    except RecipeError as error:
        raise RecipeError(f"{key}: {error}") from None
    if fault := next((lane["fault"] for lane in lanes if "fault" in lane), None):
        raise RecipeError(fault)
    return lanes


def _is_within(lane: Mapping[str, Any]) -> bool:
    """Whether a drawn lane stays within its limits, as far as that is told."""
    if lane["low"] is None or lane["kind"] == "unset" or "fault" in lane:
        return "fault" not in lane
    values = lane.get("values") or [lane["value"]]
    return bool(lane["low"] <= min(values) and max(values) <= lane["high"])


def music_facts(music: Music | None, song: SubjectSong | None) -> dict[str, Any]:
    """Beats, bars and sections in seconds, and how far hearing them is."""
    if music is None:
        return {"state": "none" if song is None else _state(song), "beats": [], "bars": [], "sections": []}
    return {
        "state": "known" if song is None else _state(song),
        "beats": list(music.beats),
        "bars": list(music.bars),
        "sections": [[each.label, each.start, each.end] for each in music.sections],
        "tempo": usual_tempo(music.beats) if music.beats else None,
        "metre": beats_in_bars(music) or None,
        "words": beats_in_words(music) if music.beats else "no beat was found",
        "signals": [*music.signals],
    }


def song_facts(song: SubjectSong | None) -> dict[str, Any] | None:
    """A timeline's song: whose `/song` and `/peaks` it is, and where it begins."""
    if song is None:
        return None
    share = song.known.share if isinstance(song.known, Errand) else 1.0
    fault = song.known.fault if isinstance(song.known, Errand) else ""
    return {
        "of": song.item,
        "start": song.start,
        "delay": song.delay,
        "seconds": song.seconds,
        "map_of": song.owner.id if song.owner else None,
        "share": round(share, 3),
        "fault": song.fault or fault,
    }


def beats_facts(
    kept: MapFile, data: bytes, music: Music, state: str, seconds: float | None
) -> dict[str, Any]:
    """A song's beats in its own time, and the file that rules them, as it was read."""
    return {
        "map": kept.path.name if data else None,
        "version": version_of(data),
        "undo": kept.can("undo"),
        "redo": kept.can("redo"),
        "state": state,
        "seconds": seconds,
        "beats": list(music.beats),
        "bars": list(music.bars),
        "sections": [[each.label, each.start, each.end] for each in music.sections],
        "tempo": usual_tempo(music.beats) if music.beats else None,
        "metre": beats_in_bars(music) or None,
    }


def _state(song: SubjectSong) -> str:
    if song.known is None or isinstance(song.known, KnownSong):
        return "known"
    return "failed" if song.known.fault else "listening"


def _lanes(subject: Subject) -> list[Mapping[str, Any]]:
    if subject.recipe is None:
        return []
    lanes = lanes_of(subject.recipe).values()
    return [lane_facts(lane, subject.clock, subject.stretches) for lane in lanes]


def _wholes(subject: Subject) -> dict[str, object]:
    """The whole values of the keys of which lanes are a part."""
    if subject.recipe is None:
        return {}
    keys = {lane.key for lane in lanes_of(subject.recipe).values() if lane.path}
    return {key: raw_value(subject.recipe, key) for key in sorted(keys)}


def _markers(subject: Subject) -> Iterator[dict[str, Any]]:
    """Scenes of a film; pictures that a clip comes to."""
    for shot in subject.scenes:
        yield {"kind": "scene", "text": shot.name, "first": shot.first, "stop": shot.stop}
    if subject.recipe is None:
        return
    clock = subject.clock
    for row in subject.recipe.clip.dissolve:
        try:
            first, stop = dissolve_span(row, clock)
        except RecipeError:  # beats of a song that is not heard yet
            continue
        yield {"kind": "dissolve", "text": "another picture", "first": first, "stop": stop}
    if subject.recipe.clip.end:
        over = round(subject.recipe.clip.end_over * clock.fps)
        first = max(0, clock.frames - 1 - over)
        yield {"kind": "dissolve", "text": "the picture at the end", "first": first, "stop": clock.frames}
