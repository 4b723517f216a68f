"""From a recipe's [dream] table to a plan, checked against the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from torch import Tensor

from dreamzoom.dream.ascent import DreamPlan, octave_sizes
from dreamzoom.dream.goals import Features, Instant, network_features, plan_goals
from dreamzoom.dream.manner import restraint_at, rule_at, shaping_at, sway_at
from dreamzoom.dream.objectives import mix_objectives
from dreamzoom.engines.base import Engine, Objective
from dreamzoom.errors import ModelError, RecipeError, warn
from dreamzoom.models.classes import find_class
from dreamzoom.models.network import Model
from dreamzoom.models.reach import least_size, showing
from dreamzoom.models.scores import find_scores
from dreamzoom.models.shapes import blob_shape
from dreamzoom.recipe.channels import Channels, ClassName
from dreamzoom.recipe.climbed import goals_of
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.recipe.goals import Goal, is_of_class
from dreamzoom.recipe.region_dreams import climbed_layers, own_dreams
from dreamzoom.recipe.regions import RegionSettings
from dreamzoom.tracks.base import Clock
from dreamzoom.tracks.blend import Blend, meetings, steady

__all__ = [
    "Features",
    "Instant",
    "cross_fade",
    "guide_features",
    "main_goal",
    "plan_dream",
    "require_dreamable",
    "require_layer",
    "resolve_goals",
    "resolve_layers",
]


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


def guide_features(
    settings: DreamSettings, engine: Engine, guides: Mapping[str, Tensor], also: Sequence[Goal] = ()
) -> Features:
    """What the engine sees in each guide, as each goal of the dream and its regions needs it.

    Args:
        settings: with the layers' names resolved.
        guides: the pictures (3, h, w), 0 to 255, by what the recipe calls them.
        also: goals that a dream may climb beside those.
    """
    dreams = [settings, *(own for _, own in own_dreams(settings))]
    return network_features([*(goal for dream in dreams for goal in goals_of(dream)), *also], engine, guides)


def main_goal(settings: DreamSettings, frame: int, clock: Clock) -> Goal:
    """The goal that has most weight at a frame."""
    return max(goals_of(settings), key=lambda goal: goal.weight.at(frame, clock))


def plan_dream(settings: DreamSettings, features: Features, instant: Instant) -> DreamPlan:
    """The plan of one frame's dream: every track at that frame.

    Args:
        settings: with the layers' names resolved.
        features: what its goals need to know.
    """
    frame, clock = instant.frame, instant.clock
    objectives, weights = plan_goals(settings, goals_of(settings), features, instant)
    return DreamPlan(
        objectives=objectives,
        weights=weights,
        octaves=settings.octaves,
        octave_scale=settings.octave_scale,
        iterations=round(settings.iterations.at(frame, clock)),
        step_size=settings.step_size.at(frame, clock),
        jitter=settings.jitter,
        sway=sway_at(settings, frame, clock),
        restraint=restraint_at(settings, frame, clock),
        shaping=shaping_at(settings, frame, clock),
        rule=rule_at(settings, frame, clock),
    )


def cross_fade(plan: DreamPlan, other: DreamPlan, share: float) -> DreamPlan:
    """A plan with so much of another one, 0 to 1, that each has its share of every step.

    Where both climb the same blob the objectives are blended, each by its own strength; different blobs have
    their weights. All but what is climbed is the first plan's.
    """
    weights: dict[str, float] = {}
    pulls: dict[str, list[tuple[Objective, float]]] = {}
    for part, portion in ((plan, 1 - share), (other, share)):
        for blob, weight in part.weights.items():
            weights[blob] = weights.get(blob, 0.0) + portion * weight
            pulls.setdefault(blob, []).append((part.objectives[blob], portion * weight))
    objectives = {blob: mix_objectives(parts) for blob, parts in pulls.items()}
    return replace(plan, objectives=objectives, weights=weights)


def require_dreamable(settings: DreamSettings, model: Model, size: tuple[int, int], clock: Clock) -> None:
    """See that each layer exists, has the channels that meet it, and still sees something at the smallest
    octave.

    Args:
        size: width and height of the picture.
        clock: of the frames over which the settings' choices may meet.

    Raises:
        UnknownBlobError, RecipeError: saying what to change.
    """
    for name, own in own_dreams(settings):
        try:
            require_dreamable(own, model, size, clock)
        except RecipeError as error:
            raise RecipeError(f"{name}: {error}") from error
    for key, goal in _named_goals(settings):
        for layer in goal.layer.choices:
            require_layer(f"{key}layer", layer, settings, model, size)
        available = {layer: _channel_count(layer, model, size) for layer in goal.layer.choices}
        for layer, channels in meetings(goal.layer, goal.channel, clock):
            if not is_of_class(goal):
                _require_channels(f"{key}channel", channels, available[layer], layer)


def _named_goals(settings: DreamSettings) -> list[tuple[str, Goal]]:
    """The goals, each with what stands before its keys in a message."""
    if not settings.goal:
        return [("dream.", goals_of(settings)[0])]
    return [(f"dream.goal: goal {number}: ", goal) for number, goal in enumerate(settings.goal, 1)]


def _channel_count(layer: str, model: Model, size: tuple[int, int]) -> int:
    shown = showing(model.network, (model.network.require(layer),), size)
    return blob_shape(model.network, layer, shown.padded)[0]


def require_layer(key: str, layer: str, settings: DreamSettings, model: Model, size: tuple[int, int]) -> None:
    """See that a layer, named by a key of the recipe, still sees something at the smallest octave.

    Raises:
        UnknownBlobError, RecipeError: saying what to change.
    """
    blob = model.network.require(layer)
    own, *octaves = octave_sizes(size, settings.octaves, settings.octave_scale)[::-1]
    too_small = _too_small(model, blob, own)
    if too_small:
        raise RecipeError(
            f"{key}: a picture of {own[0]}x{own[1]} is too small for layer {blob!r}{too_small}: choose an "
            "earlier layer or a larger size"
        )
    for smaller in octaves:
        too_small = _too_small(model, blob, smaller)
        if too_small:
            raise RecipeError(
                f"dream.octaves: the smallest of {settings.octaves} octaves is {octaves[-1][0]}x"
                f"{octaves[-1][1]} pixels, too small for layer {blob!r}{too_small}: use fewer octaves or a "
                "larger size"
            )


def _too_small(model: Model, blob: str, size: tuple[int, int]) -> str:
    """What a blob wants at least, in words, where a picture of that size is too small; else nothing."""
    try:
        showing(model.network, (blob,), size)
    except ModelError:
        least = least_size(model.network, (blob,))
        return f", which wants {least[0]}x{least[1]} at least" if least else ", which no size reaches"
    return ""


def _require_channels(key: str, channels: Channels, available: int, blob: str) -> None:
    for channel in channels.numbers:
        if channel >= available:
            raise RecipeError(f"{key}: {blob!r} has channels 0 to {available - 1}, not {channel}")
    if channels.count > available:
        raise RecipeError(f"{key}: {blob!r} has {available} channels, not {channels.count}")
