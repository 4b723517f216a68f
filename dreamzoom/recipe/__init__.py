"""Recipes: what decides a clip's pixels; read, checked, merged, compared and written."""

from dreamzoom.recipe.build import (
    Fragment,
    build_recipe,
    change_recipe,
    check_recipe,
    differing_keys,
    dump_recipe,
    follows_music,
    load_fragment,
    make_fragment,
    parse_recipe,
    require_key,
)
from dreamzoom.recipe.compare import COMPUTED_ON, deciding_keys, first_difference
from dreamzoom.recipe.frozen import FrozenRecipe, dump_frozen, load_frozen
from dreamzoom.recipe.overrides import option_fragment, override_fragment, parse_override
from dreamzoom.recipe.reference import recipe_reference
from dreamzoom.recipe.schema import (
    SETTINGS,
    CameraSettings,
    ClipSettings,
    ColourSettings,
    DreamSettings,
    ModelSettings,
    Recipe,
)
from dreamzoom.recipe.units import Size

__all__ = [
    "COMPUTED_ON",
    "SETTINGS",
    "CameraSettings",
    "ClipSettings",
    "ColourSettings",
    "DreamSettings",
    "Fragment",
    "FrozenRecipe",
    "ModelSettings",
    "Recipe",
    "Size",
    "build_recipe",
    "change_recipe",
    "check_recipe",
    "deciding_keys",
    "differing_keys",
    "dump_frozen",
    "dump_recipe",
    "first_difference",
    "follows_music",
    "load_fragment",
    "load_frozen",
    "make_fragment",
    "option_fragment",
    "override_fragment",
    "parse_override",
    "parse_recipe",
    "recipe_reference",
    "require_key",
]
