"""Tracks worked out over a clip, for those who draw them.

The tracks in a recipe.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dreamzoom.errors import RecipeError
from dreamzoom.recipe.schema import SETTINGS, Recipe, value_of
from dreamzoom.recipe.settings import Moving
from dreamzoom.tracks.base import Clock, Track
from dreamzoom.tracks.blend import Blend, Share
from dreamzoom.tracks.keyframes import Keyframes
from dreamzoom.tracks.parse import values


@dataclass(frozen=True)
class Sampled:
    """One track's value at each of the clip's frames, and where its keyframes lie, in frames."""

    name: str
    spelling: str
    values: tuple[float, ...]
    keyframes: tuple[tuple[float, float], ...] = ()

    @property
    def still(self) -> bool:
        """Whether the value never changes in this clip."""
        return math.isclose(self.low, self.high, rel_tol=1e-9)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)


def sample(tracks: Mapping[str, Track], clock: Clock) -> list[Sampled]:
    """Every track by its name, over all frames of the clip.

    Raises:
        RecipeError: naming the track that has no finite value at some frame.
    """
    return [_sample(name, track, clock) for name, track in tracks.items()]


def spell(track: Track) -> str:
    """A track in one line, much as it was written."""
    text = _spell_table(track.source) if isinstance(track.source, dict) else str(track.source)
    return " ".join(text.split())


def short_number(value: float) -> str:
    """A value as labels show it: four digits."""
    return f"{value + 0.0:.4g}"  # adding zero makes -0 a 0


def _sample(name: str, track: Track, clock: Clock) -> Sampled:
    try:
        return Sampled(name, spell(track), tuple(values(track, clock)), _marks(track, clock))
    except RecipeError as error:
        raise RecipeError(f"{name}: {error}") from None


def _marks(track: Track, clock: Clock) -> tuple[tuple[float, float], ...]:
    if not isinstance(track, Keyframes):
        return ()
    placed = ((float(place), keyframe.quantity) for place, keyframe in track.placed(clock))
    return tuple(
        (place, quantity.per_frame(track.kind, clock))
        for place, quantity in placed
        if place <= clock.frames - 1
    )


def _spell_table(table: dict[str, object]) -> str:
    pairs = (f"{_spell_key(key)} = {_spell_value(value)}" for key, value in table.items())
    return "{ " + ", ".join(pairs) + " }"


def _spell_key(key: str) -> str:
    return key if key.isalnum() else f'"{key}"'


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
        value: Any = value_of(recipe, key)
        if isinstance(setting, Moving):
            tracks[key] = value
        elif isinstance(value, Blend):
            tracks |= _weights(key, value)
        elif _is_point(value):
            tracks[f"{key} x"], tracks[f"{key} y"] = value
    return tracks


def _weights(key: str, blend: Blend[Any]) -> dict[str, Track]:
    """The weights of a blend's choices; none of one that never changes."""
    if len(blend.choices) == 1:
        return {}
    return {f"{key} {_called(choice)}": Share(blend, choice) for choice in blend.choices}


def _called(choice: str | tuple[int, ...]) -> str:
    if isinstance(choice, tuple):
        return ",".join(map(str, choice)) or "all"
    return choice or "of the start"


def _is_point(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2
