"""A scene added to a storyboard's text, or doubled there; and the time that it gets.

In a film whose scenes have lengths it takes as long as the scene beside it, and what comes later moves on.
Else it takes the second half of the time of the scene before it; at the film's beginning the first half of
the first one's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from dreamzoom.errors import RecipeError, StoryboardError
from dreamzoom.film.board.rewriting import (
    TIMES,
    checked_lines,
    first_with_comment,
    lines_of,
    open_scene,
    own_keys,
    scene_lines,
    scenes_in,
    set_key,
)
from dreamzoom.film.board.storyboard import FIRST_PICTURE
from dreamzoom.film.board.times import FilmTime
from dreamzoom.io.toml import format_value
from dreamzoom.tracks.timing import Unit

Spans: TypeAlias = "Callable[[], Sequence[tuple[float, float]]]"
"""Tells when each scene begins and ends, in seconds; a list of another length where that is not known."""

_TIME: Final = FilmTime(default=0, help="")
_NAMES: Final = {Unit.BAR: "bar", Unit.BEAT: "beat"}


@dataclass(frozen=True)
class Room:
    """The time that a new scene gets.

    Attributes:
        keys: of the new scene.
        changes: keys of the scene beside it, which are set, or taken away where they are None.
    """

    keys: Mapping[str, object]
    changes: Mapping[str, object] = field(default_factory=dict)


def add_scene(text: str, at: int, keys: Mapping[str, object], spans: Spans) -> str:
    """The text with a new scene.

    Args:
        at: which scene it becomes, from 0; as many as there are adds it at the end.
        keys: what it says, but for its time.

    Raises:
        StoryboardError: there is no such place, nobody knows what time is free there, or the text is written
            so that only a person can change it.
    """
    room = _room(text, at, spans)
    lines = [f"{key} = {format_value(raw)}" for key, raw in {**keys, **room.keys}.items()]
    return _insert(text, at, room, lines, {**keys, **room.keys})


def double_scene(text: str, scene: int, spans: Spans) -> str:
    """The text with a scene once more, right after itself: its picture, its look and its comments.

    Raises: as `add_scene`.
    """
    lines, block = open_scene(text, scene)
    left_out = {number for number, found in own_keys(lines, block) if found["key"] in TIMES}
    rest = [lines[number] for number in range(block.first + 1, block.stop) if number not in left_out]
    keys = {key: raw for key, raw in scenes_in(text)[scene].items() if key not in TIMES}
    room = _room(text, scene + 1, spans)
    time = [f"{key} = {format_value(raw)}" for key, raw in room.keys.items()]
    return _insert(text, scene + 1, room, [*time, *rest], {**keys, **room.keys})


def _insert(text: str, at: int, room: Room, lines: Sequence[str], scene: Mapping[str, object]) -> str:
    """The text with the lines of a new scene, beside which another one's keys are changed."""
    for key, raw in room.changes.items():
        text = set_key(text, max(at - 1, 0), key, raw)
    every, blocks = lines_of(text), scene_lines(text)
    if at < len(blocks):
        first = first_with_comment(every, blocks[at])
        every[first:first] = ["[[scene]]", *lines, ""]
    else:
        stop = blocks[-1].stop
        ends = [""] if stop == len(every) else []  # else the line has an end already
        every[stop:stop] = ["", "[[scene]]", *lines, *ends]
    return checked_lines(text, every, lambda scenes: scenes.insert(at, dict(scene)))


def _room(text: str, at: int, spans: Spans) -> Room:
    """The time of a new scene."""
    scenes, beside = scenes_in(text), max(at - 1, 0)
    if at not in range(len(scenes) + 1):
        raise StoryboardError(f"there is no place {at + 1} among {len(scenes)} scenes")
    open_scene(text, beside)
    there = scenes[beside]
    # The first scene's picture is named, or it would go on with the new one.
    changes: dict[str, object] = {"image": FIRST_PICTURE} if at == 0 and not there.get("image") else {}
    if "length" in there and not any("start" in each for each in scenes):
        return Room({"length": there["length"]}, changes)
    is_told = "length" in there and not any("start" in each for each in scenes[beside + 1 : beside + 2])
    middle, end = _middle(scenes, beside, spans)
    rest = {"length": round(end - float(str(middle)), 2)} if is_told else {}
    if at == 0:
        begins = {"start": there["start"]} if "start" in there else {}
        return Room(begins, {"length": None, **rest, "start": middle, **changes})
    return Room({"start": middle, **rest}, {"length": None})


def _middle(scenes: Sequence[Mapping[str, Any]], beside: int, spans: Spans) -> tuple[object, float]:
    """The middle of a scene's time as a storyboard names it, and the scene's end in seconds.

    Between two bars or beats it is one of these; else it is in seconds.
    """
    if "length" not in scenes[beside] and beside + 1 < len(scenes):
        named = _between(
            scenes[beside].get("start", 0 if not beside else None), scenes[beside + 1].get("start")
        )
        if named is not None:
            return named, 0.0
    found = list(spans())
    if len(found) != len(scenes):
        raise StoryboardError(
            f"nobody knows yet when scene {beside + 1} begins and ends: mend what is wrong, or give "
            "the scenes lengths"
        )
    begin, end = found[beside]
    end = found[beside + 1][0] if beside + 1 < len(found) else end
    return round((begin + end) / 2, 2), end


def _between(here: object, after: object) -> object:
    """The bar, beat or second in the middle of two; None where they are none, or there is none between."""
    try:
        one, two = _TIME.parse(here), _TIME.parse(after)
    except RecipeError:
        return None
    if one.section or two.section:
        return None
    if two.unit in _NAMES and (one.unit is two.unit or not one.number):
        number = int((one.number + two.number) / 2)
        return f"{_NAMES[two.unit]} {number + 1}" if one.number < number < two.number else None
    is_plain = one.unit is two.unit is Unit.SECOND and one.number < two.number
    return round(float(one.number + two.number) / 2, 2) if is_plain else None
