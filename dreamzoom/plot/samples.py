"""Series of values over a clip's frames, and the recipe's tracks as such series."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from dreamzoom.errors import RecipeError
from dreamzoom.recipe.channels import Channels
from dreamzoom.recipe.points import MovingPoint, PointOrAuto, PointOrNone
from dreamzoom.recipe.rows import TableRows
from dreamzoom.recipe.schema import SETTINGS, Recipe, value_of
from dreamzoom.recipe.settings import Moving, Setting
from dreamzoom.tracks.base import Clock, Track
from dreamzoom.tracks.blend import Blend, Share
from dreamzoom.tracks.keyframes import Keyframes
from dreamzoom.tracks.parse import track_values

Hue: TypeAlias = Literal["picture", "motion", "dream", "time", "track"]


@dataclass(frozen=True)
class Series:
    """Values over frames, and how they are drawn.

    Attributes:
        name: what it is called.
        about: what it is, in a sentence; of a track its spelling.
        points: frame and value, in order; what is missing leaves a gap.
        hue: which of a page's colours it has.
        wording: a format for a value, such as "{:.1f} %"; "" is four digits.
        shown: values that the scale has in any case.
        span: the least distance from the scale's lowest to its highest value, as a share of the highest where
            it is None.
        reference: a value that is drawn as a dashed line, and what it is.
        cut: whether a few values far above the others are cut off.
        dots: places on the curve that are marked, in frames and values.
    """

    name: str
    about: str
    points: tuple[tuple[int, float], ...]
    hue: Hue = "picture"
    wording: str = ""
    shown: tuple[float, ...] = ()
    span: float | None = None
    reference: tuple[float, str] | None = None
    cut: bool = False
    dots: tuple[tuple[float, float], ...] = ()

    @property
    def values(self) -> tuple[float, ...]:
        """The values alone."""
        return tuple(value for _, value in self.points)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)

    @property
    def still(self) -> bool:
        """Whether the value never changes."""
        return math.isclose(self.low, self.high, rel_tol=1e-9)

    @property
    def summary(self) -> str:
        """Its lowest and highest value in words."""
        low, high = self.say(self.low), self.say(self.high)
        return low if low == high else f"{low} to {high}"

    def between(self, first: int, stop: int) -> Series:
        """What it has at the frames from `first` up to `stop`."""
        points = tuple(point for point in self.points if first <= point[0] < stop)
        return replace(self, points=points, dots=tuple(dot for dot in self.dots if first <= dot[0] < stop))

    def say(self, value: float) -> str:
        """A value in words."""
        return self.wording.format(value) if self.wording else short_number(value)


def short_number(value: float) -> str:
    """A value as labels show it: four digits, thousands with commas."""
    short = f"{value + 0.0:.4g}"  # adding zero makes -0 a 0
    return f"{float(short):,.0f}" if 1000 <= abs(value) < 1e7 else short


def shorten(text: str, length: int) -> str:
    """The text, its end left out where it is longer."""
    return text if len(text) <= length else text[: length - 1] + "…"


def sample(tracks: Mapping[str, Track], clock: Clock) -> list[Series]:
    """Every track by its name, over all frames of the clip, its keyframes as dots.

    Raises:
        RecipeError: naming the track that has no finite value at some frame.
    """
    return [_sample(name, track, clock) for name, track in tracks.items()]


def _sample(name: str, track: Track, clock: Clock) -> Series:
    try:
        points = tuple(enumerate(track_values(track, clock)))
    except RecipeError as error:
        raise RecipeError(f"{name}: {error}") from None
    return Series(name, _spell(track), points, "track", span=0, dots=_keyframes(track, clock))


def _keyframes(track: Track, clock: Clock) -> tuple[tuple[float, float], ...]:
    if not isinstance(track, Keyframes):
        return ()
    placed = ((float(place), keyframe.quantity) for place, keyframe in track.placed(clock))
    return tuple(
        (place, quantity.per_frame(track.kind, clock))
        for place, quantity in placed
        if place <= clock.frames - 1
    )


def _spell(track: Track) -> str:
    """A track in one line, much as it was written."""
    text = _spell_table(track.source) if isinstance(track.source, dict) else str(track.source)
    return " ".join(text.split())


def _spell_table(table: dict[str, object]) -> str:
    keys = (key if key.isalnum() else f'"{key}"' for key in table)
    pairs = (f"{key} = {_spell_value(value)}" for key, value in zip(keys, table.values(), strict=True))
    return "{ " + ", ".join(pairs) + " }"


def _spell_value(value: object) -> str:
    if isinstance(value, dict):
        return _spell_table(value)
    return f'"{value}"' if isinstance(value, str) else str(value)


def tracks_of(recipe: Recipe) -> dict[str, Track]:
    """Every number of the recipe that may move, by its dotted key; a point is two, x and y.

    Of what fades from one choice into another, the weight of each choice: "dream.layer fire8/concat".
    """
    tracks: dict[str, Track] = {}
    for key, setting in SETTINGS.items():
        tracks |= _tracks_of(key, setting, value_of(recipe, key))
    return tracks


def _tracks_of(name: str, setting: Setting[Any], value: Any) -> dict[str, Track]:
    """What may move in a value, by the key's name and, of rows, the row's number and key."""
    if isinstance(setting, Moving):
        return {name: value}
    if isinstance(setting, TableRows):
        return {
            inner: track
            for number, row in enumerate(value, 1)
            for key, each, held in setting.held(row)
            for inner, track in _tracks_of(f"{name} {number} {key}", each, held).items()
        }
    if isinstance(value, Blend):
        return _weights(name, value)
    if isinstance(setting, MovingPoint | PointOrAuto | PointOrNone) and isinstance(value, tuple):
        return {f"{name} x": value[0], f"{name} y": value[1]}
    return {}


def _weights(key: str, blend: Blend[Any]) -> dict[str, Track]:
    """The weights of a blend's choices; none of one that never changes."""
    if len(blend.choices) == 1:
        return {}
    return {f"{key} {_choice_name(choice)}": Share(blend, choice) for choice in blend.choices}


def _choice_name(choice: str | int | Channels) -> str:
    return "of the start" if choice == "" else str(choice)
