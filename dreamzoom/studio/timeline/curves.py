"""The keys of a recipe that can move, and their values over the frames.

A lane is one number or choice: a key of the recipe, or what of it moves by itself: the x of a point, the
weight of the second goal. `path` leads to it within the key's value as it stands in a file:

    camera.zoom    ()                    camera.pan    (0,)                    dream.goal    (1, "weight")
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from dreamzoom.errors import RecipeError
from dreamzoom.recipe.points import MovingPoint, PointOrAuto, PointOrNone
from dreamzoom.recipe.rows import TableRows
from dreamzoom.recipe.schema import SETTINGS, Recipe, value_of
from dreamzoom.recipe.settings import Fading, Moving, Ranged, Setting
from dreamzoom.tracks.base import Clock, Kind, Track
from dreamzoom.tracks.blend import Blend, Share
from dreamzoom.tracks.constant import Constant
from dreamzoom.tracks.expression import Expression
from dreamzoom.tracks.keyframes import Keyframes
from dreamzoom.tracks.timing import EASE_NAMES, EASES, place_keyframes

MOST_POINTS: Final = 2000
"""Points of a curve that a page is told; the lowest and the highest value of all frames are among them."""

EASES_OF: Final[Mapping[str, tuple[str, ...]]] = {"number": EASE_NAMES, "choice": tuple(EASES)}
"""How a value leaves a keyframe, by what it is."""

_MOST_FRAMES: Final = 40_000  # of which all are looked at
_DIGITS: Final = 7

Path: TypeAlias = tuple[int | str, ...]
Points: TypeAlias = tuple[list[int], list[float]]


@dataclass(frozen=True)
class Lane:
    """A number or a choice that can move.

    Attributes:
        key: of the recipe.
        path: to it within the key's value.
        setting: what it may hold.
        value: a track, a blend, or None where the key holds no point.
    """

    key: str
    path: Path
    setting: Setting[Any]
    value: Track | Blend[Any] | None

    @property
    def name(self) -> str:
        """As `plot` calls it: "camera.pan x", "dream.goal 2 weight"."""
        return " ".join([self.key, *_spoken(self.path)])

    @property
    def raw(self) -> object:
        """The value as it stands in a file."""
        if isinstance(self.value, Blend):
            return self.setting.dump(self.value)
        return None if self.value is None else self.value.source

    @property
    def kind(self) -> str:
        """What it is: "constant", "keyframes", "expression", "music", "choice", "unset"."""
        if isinstance(self.value, Constant):
            return "constant"
        if isinstance(self.value, Keyframes):
            return "keyframes"
        if isinstance(self.value, Expression):
            return "music" if self.value.needs_music else "expression"
        return "choice" if isinstance(self.value, Blend) else "unset"

    @property
    def limits(self) -> Ranged[Any] | None:
        """What it ranges over; None of a choice."""
        return self.setting if isinstance(self.setting, Ranged) else None

    @property
    def is_factor(self) -> bool:
        """Whether it multiplies once a frame."""
        return getattr(self.setting, "kind", Kind.LEVEL) is Kind.FACTOR


def lanes_of(recipe: Recipe) -> dict[str, Lane]:
    """Everything of a recipe that can move, by name."""
    lanes = (lane for key in SETTINGS for lane in lanes_of_key(key, value_of(recipe, key)))
    return {lane.name: lane for lane in lanes}


def lanes_of_key(key: str, value: object) -> Iterator[Lane]:
    """What can move of a key's value."""
    yield from _lanes(key, (), SETTINGS[key], value)


def _lanes(key: str, path: Path, setting: Setting[Any], value: Any) -> Iterator[Lane]:
    if isinstance(setting, Moving | Fading):
        yield Lane(key, path, setting, value)
    elif isinstance(setting, MovingPoint | PointOrAuto | PointOrNone):
        point = setting if isinstance(setting, MovingPoint) else setting.point
        tracks = value if isinstance(value, tuple) else (None, None)
        for axis, track in enumerate(tracks):
            yield Lane(key, (*path, axis), point, track)
    elif isinstance(setting, TableRows):
        for number, row in enumerate(value):
            for name, each, held in setting.held(row):
                yield from _lanes(key, (*path, number, name), each, held)


def _spoken(path: Path) -> Iterator[str]:
    for place, part in enumerate(path):
        is_axis = place == len(path) - 1 and isinstance(part, int)
        yield "xy"[int(part)] if is_axis else str(part + 1 if isinstance(part, int) else part)


@dataclass(frozen=True)
class RuledStretch:
    """Frames that one recipe rules: from `first` up to `stop`."""

    first: int
    stop: int
    recipe: Recipe


def lane_facts(lane: Lane, clock: Clock, stretches: Sequence[RuledStretch] = ()) -> dict[str, Any]:
    """What a page is told of a lane: what it is, its keyframes, and its curve where it moves.

    Args:
        clock: of the recipe that the lane is of.
        stretches: all that rule a clip, the lane's own last; empty where that rules alone.
    """
    limits, setting = lane.limits, lane.setting
    facts: dict[str, Any] = {
        "name": lane.name,
        "key": lane.key,
        "path": list(lane.path),
        "kind": lane.kind,
        "raw": lane.raw,
        "help": setting.help,
        "unit": limits.unit if limits else "",
        "low": limits.minimum if limits else None,
        "high": limits.maximum if limits else None,
        "factor": lane.is_factor,
        "goes_by_music": lane.value is not None and lane.value.needs_music,
    }
    try:
        facts |= _curve_facts(lane, clock, stretches)
    except RecipeError as error:
        facts["fault"] = f"{lane.key}: {error}"
    return facts


def _curve_facts(lane: Lane, clock: Clock, stretches: Sequence[RuledStretch]) -> dict[str, Any]:
    value = lane.value
    if value is None:
        return {}
    _require_heard(value, clock)
    if isinstance(value, Blend):
        return {"keys": list(_choice_keys(lane, value, clock)), "ease": value.ease, **_weights(value, clock)}
    facts: dict[str, Any] = {"value": _short(value.at(0, clock))}
    if isinstance(value, Keyframes):
        facts |= {"keys": list(_keys(value, clock)), "ease": value.source.get("ease", "linear")}
    before = [each.recipe for each in stretches[:-1]]
    if isinstance(value, Constant) and all(_is_same(lane, recipe) for recipe in before):
        return facts
    frames, values = _sampled(lane.name, value, clock, stretches)
    return facts | {"frames": frames, "values": values}


def _is_same(lane: Lane, recipe: Recipe) -> bool:
    other = lanes_of(recipe).get(lane.name)
    return other is not None and other.raw == lane.raw


def _require_heard(value: Track | Blend[Any], clock: Clock) -> None:
    if isinstance(value, Expression):
        for signal in value.signals:
            if clock.music is not None and signal.name not in clock.music.signals:
                raise RecipeError(f"goes by {signal.name}, which is heard when the dream begins")


def _sampled(name: str, track: Track, clock: Clock, stretches: Sequence[RuledStretch]) -> Points:
    if len(stretches) < 2:
        return sample(track, clock, 0, clock.frames)
    frames: list[int] = []
    values: list[float] = []
    for each in stretches:
        lane = lanes_of(each.recipe).get(name)
        if lane is not None and lane.value is not None and not isinstance(lane.value, Blend):
            part = sample(lane.value, each.recipe.clock, each.first, each.stop)
            frames, values = frames + part[0], values + part[1]
    return thinned(frames, values)


def sample(track: Track, clock: Clock, first: int, stop: int) -> Points:
    """A track's values from a frame up to another; see `MOST_POINTS`. Raises a RecipeError."""
    curve = track.bind(clock)
    every = max(1, math.ceil((stop - first) / _MOST_FRAMES))
    frames = list(range(first, stop, every))
    return thinned(frames, [curve(frame) for frame in frames])


def thinned(frames: list[int], values: list[float]) -> Points:
    """As many points as a page is told, the lowest and the highest of each stretch of frames."""
    count = len(frames)
    if count <= MOST_POINTS:
        return frames, [_short(value) for value in values]
    kept: list[int] = [0]
    buckets = MOST_POINTS // 2 - 1
    for bucket in range(buckets):
        part = range(count * bucket // buckets, count * (bucket + 1) // buckets)
        ends = {min(part, key=values.__getitem__), max(part, key=values.__getitem__)}
        kept += sorted(ends - {0, count - 1})
    kept.append(count - 1)
    return [frames[index] for index in kept], [_short(values[index]) for index in kept]


def _keys(track: Keyframes, clock: Clock) -> Iterator[dict[str, Any]]:
    for place, keyframe in track.placed(clock):
        yield {
            "at": keyframe.key,
            "unit": "section" if keyframe.time.section is not None else keyframe.time.unit.value,
            "frame": _short(float(place)),
            "value": _short(keyframe.quantity.per_frame(track.kind, clock)),
            "raw": track.source.get(keyframe.key),
            "ease": keyframe.ease,
        }


def _choice_keys(lane: Lane, blend: Blend[Any], clock: Clock) -> Iterator[dict[str, Any]]:
    of = lane.setting.of if isinstance(lane.setting, Fading) else lane.setting
    for place, keyframe in place_keyframes(blend.keyframes, clock):
        yield {
            "at": keyframe.key,
            "unit": "section" if keyframe.time.section is not None else keyframe.time.unit.value,
            "frame": _short(float(place)),
            "value": of.dump(keyframe.value),
            "ease": keyframe.ease,
        }


def _weights(blend: Blend[Any], clock: Clock) -> dict[str, Any]:
    if len(blend.choices) == 1:
        return {}
    shares = {str(choice): Share(blend, choice) for choice in blend.choices}
    sampled = {name: sample(share, clock, 0, clock.frames) for name, share in shares.items()}
    return {
        "weights": [
            {"choice": name, "frames": frames, "values": values} for name, (frames, values) in sampled.items()
        ]
    }


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
