"""From a recipe's rows of `[[dream.region]]` to a frame's regions: dreams planned, masks placed."""

from __future__ import annotations

from dataclasses import replace

import torch

from dreamzoom.dream.ascent import DreamPlan
from dreamzoom.dream.planning.frame import plan_dream
from dreamzoom.dream.planning.masks import MASKS, Scene, mask_picture, read_masks, region_mask, require_masks
from dreamzoom.dream.regions import Region
from dreamzoom.recipe.climbed import dream_of
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.recipe.pictures import named_pictures
from dreamzoom.recipe.regions import (
    RegionSettings,
)
from dreamzoom.recipe.schema import Recipe
from dreamzoom.recipe.units import Size


def place_regions(plan: DreamPlan, settings: DreamSettings, scene: Scene) -> DreamPlan:
    """The plan of a frame's dream with its regions; where none is there, the plan itself.

    Args:
        settings: with the layers' names resolved.
    """
    elsewhere = settings.elsewhere.at(*scene.now)
    there = [row.there.at(*scene.now) for row in settings.region]
    if not any(there) and (elsewhere == 1 or not there):
        return plan
    nowhere = Region(torch.zeros_like(scene.image[:1]))
    regions = tuple(
        _place(plan, settings, row, scene, share) if share else nowhere
        for row, share in zip(settings.region, there, strict=True)
    )
    return replace(plan, regions=regions, elsewhere=elsewhere)


def place_in_picture(plan: DreamPlan, recipe: Recipe, settings: DreamSettings, scene: Scene) -> DreamPlan:
    """The same for one picture, whose masks are read here.

    Args:
        recipe: whose regions they are.
        settings: its [dream] table with the layers' names resolved.
        scene: without the masks.

    Raises:
        PictureError: a mask cannot be read or drawn.
        RecipeError: a mask covers nothing.
    """
    if not settings.region:
        return plan
    size = Size(*scene.size)
    kept = [named for named in named_pictures(recipe) if named[0] in MASKS]
    pictures = read_masks({named: mask_picture(*named, size) for named in kept}, size)
    require_masks(settings, scene.size, pictures, scene.instant)
    return place_regions(plan, settings, replace(scene, pictures=pictures))


def _place(
    plan: DreamPlan, settings: DreamSettings, row: RegionSettings, scene: Scene, share: float
) -> Region:
    """A region that is there.

    Args:
        share: how far.
    """
    own = dream_of(settings, row)
    climbed = plan if own is None else plan_dream(own, scene.features, scene.instant)
    mask = region_mask(settings, row, climbed, scene) * (share * row.weight.at(*scene.now))
    region = Region(mask, row.step.at(*scene.now), row.even.at(*scene.now))
    return region if own is None else replace(region, objectives=climbed.objectives, weights=climbed.weights)
