"""What is dreamed within words unless a person says something else."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from dreamzoom.recipe.presets import find_preset
from dreamzoom.recipe.schema import Recipe

FEATHERS: Final = "feathers"
"""The preset whose dream grows within words."""

STROKES: Final = MappingProxyType({"layer": "fire3/concat", "weight": 0.5})
"""What one dream of feathers has under it within words: small letters would hold too few to be read."""


def letters(text: str) -> dict[str, object]:
    """A region of words, as it stands in a recipe: all of them dream alike."""
    return {"text": text, "even": 1}


def feathers_for(recipe: Recipe) -> dict[str, object]:
    """What makes feathers grow in a region, as it stands in a recipe; nothing where the recipe's network
    is not the one that knows them: then the region climbs what the dream does.

    Raises:
        RecipeError: the preset is damaged.
    """
    preset = find_preset(FEATHERS)
    if preset.recipe.model.name != recipe.model.name:
        return {}
    dream = preset.fragment.values["dream"]
    return {key: dream[key] for key in ("layer", "channel")}
