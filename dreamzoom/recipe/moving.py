"""The tracks in a recipe."""

from __future__ import annotations

from typing import Any

from dreamzoom.recipe.schema import SETTINGS, Recipe, value_of
from dreamzoom.recipe.settings import Moving
from dreamzoom.tracks import Blend, Share, Track


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
