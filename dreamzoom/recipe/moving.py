"""The tracks in a recipe."""

from __future__ import annotations

from typing import Any

from dreamzoom.recipe.schema import SETTINGS, Recipe, value_of
from dreamzoom.recipe.settings import Moving, MovingPoint
from dreamzoom.tracks import Track


def tracks_of(recipe: Recipe) -> dict[str, Track]:
    """Every number of the recipe that may move, by its dotted key; a point is two, x and y."""
    tracks: dict[str, Track] = {}
    for key, setting in SETTINGS.items():
        value: Any = value_of(recipe, key)
        if isinstance(setting, Moving):
            tracks[key] = value
        elif isinstance(setting, MovingPoint):
            tracks[f"{key} x"], tracks[f"{key} y"] = value
    return tracks
