"""The names of layers and classes in a recipe's [dream] table, as its model has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dreamzoom.errors import ModelError, RecipeError, warn
from dreamzoom.models.classes import find_class
from dreamzoom.models.network import Model
from dreamzoom.models.scores import find_scores
from dreamzoom.recipe.channels import ClassName
from dreamzoom.recipe.climbed import climbed_layers, goals_of
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.recipe.goals import Goal, is_of_class
from dreamzoom.recipe.regions import RegionSettings
from dreamzoom.tracks.blend import Blend, steady


def resolve_layers(settings: DreamSettings, model: Model) -> DreamSettings:
    """The settings with every layer's name spelled out, "" being the model's own choice, and every class as
    its number; a class is climbed at the layer that its scores come from.

    What is doubtful in the layers that they need is told.

    Raises:
        UnknownBlobError: the model has no layer of one of the names, or cannot dream it.
        RecipeError, ModelError: it has no such class, or none at all.
    """
    own = not settings.goal and is_of_class(goals_of(settings)[0])
    layer, class_ = _resolved("dream.class", settings.layer, settings.class_, model, of_class=own)
    goal = resolve_goals(settings.goal, model, "dream.goal")
    settings = replace(
        settings, layer=layer, class_=class_, goal=goal, region=_resolve_regions(settings, model)
    )
    for doubt in model.network.doubts_of(climbed_layers(settings)):
        warn(doubt)
    return settings


def _resolve_regions(settings: DreamSettings, model: Model) -> tuple[RegionSettings, ...]:
    """The regions with the layers' and classes' names spelled out where they have some of their own."""
    return tuple(
        _resolve_region(f"dream.region: region {number}", region, model)
        for number, region in enumerate(settings.region, 1)
    )


def _resolve_region(where: str, region: RegionSettings, model: Model) -> RegionSettings:
    goal = resolve_goals(region.goal, model, where)
    region = replace(region, sees=resolve_goals(region.sees, model, f"{where}: sees"))
    if any(each != "" for each in region.class_.choices):
        layer, class_ = _resolved(f"{where}: class", region.layer, region.class_, model, of_class=True)
        return replace(region, layer=layer, class_=class_, goal=goal)
    named = region.layer.map_values(lambda name: model.network.require(name) if name else "")
    return replace(region, layer=named, goal=goal)


def resolve_goals(goals: Sequence[Goal], model: Model, key: str) -> tuple[Goal, ...]:
    """Rows of goals, as `resolve_layers`; `key` names them in an error."""
    resolved = []
    for number, goal in enumerate(goals, 1):
        where = f"{key}: goal {number}: class"
        layer, class_ = _resolved(where, goal.layer, goal.class_, model, of_class=is_of_class(goal))
        resolved.append(replace(goal, layer=layer, class_=class_))
    return tuple(resolved)


def _resolved(
    key: str, layer: Blend[str], class_: Blend[ClassName], model: Model, *, of_class: bool
) -> tuple[Blend[str], Blend[ClassName]]:
    """A goal's layer and class."""
    if not of_class:
        return layer.map_values(lambda name: model.network.require(name or model.default_layer)), class_
    try:
        numbers = class_.map_values(lambda wanted: find_class(model, wanted))
    except ModelError as error:
        raise RecipeError(f"{key}: {error}") from error
    return steady(find_scores(model.network).blob), numbers
