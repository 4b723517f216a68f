"""From a recipe's [dream] table to a plan, checked against the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias
from zlib import crc32

import torch
from torch import Tensor

from dreamzoom.dream.ascent import DreamPlan, octave_sizes
from dreamzoom.dream.manner import restraint_at, rule_at, shaping_at
from dreamzoom.dream.objectives import balanced_l2, guided, l2, mean, mix_objectives, weighted_l2
from dreamzoom.dream.wander import Wander, channel_weights, make_wander
from dreamzoom.engines.base import Engine, LocalObjective, Objective
from dreamzoom.engines.fitting import FittingEngine
from dreamzoom.errors import ModelError, RecipeError, warn
from dreamzoom.models.network import Model
from dreamzoom.models.reach import least_size, showing
from dreamzoom.models.shapes import blob_shape
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.recipe.region_dreams import own_dreams
from dreamzoom.recipe.regions import RegionSettings
from dreamzoom.tracks.base import Clock
from dreamzoom.tracks.blend import meetings

Features: TypeAlias = "Mapping[tuple[str, str], Tensor]"
"""What a network sees in the guide pictures: activations (C, h, w) by (guide, blob)."""


def resolve_layers(settings: DreamSettings, model: Model) -> DreamSettings:
    """The settings with every layer's name spelled out: "" is the model's own choice.

    What is doubtful in the layers that they need is told.

    Raises:
        UnknownBlobError: the model has no layer of one of the names, or cannot dream it.
    """
    layer = settings.layer.map_values(lambda name: model.network.require(name or model.default_layer))
    settings = replace(settings, layer=layer, region=_resolve_regions(settings, model))
    for doubt in model.network.doubts_of(climbed_layers(settings)):
        warn(doubt)
    return settings


def _resolve_regions(settings: DreamSettings, model: Model) -> tuple[RegionSettings, ...]:
    """The regions with the layers' names spelled out where they have some of their own."""

    def resolved(name: str) -> str:
        return model.network.require(name) if name else ""

    return tuple(replace(region, layer=region.layer.map_values(resolved)) for region in settings.region)


def climbed_layers(settings: DreamSettings) -> tuple[str, ...]:
    """Every layer that a dream or one of its regions climbs, once.

    Args:
        settings: with the layers' names resolved.
    """
    dreams = [settings, *(own for _, own in own_dreams(settings))]
    return tuple(dict.fromkeys(layer for dream in dreams for layer in dream.layer.choices))


def guide_features(
    settings: DreamSettings, engine: Engine, guides: Mapping[str, Tensor], also: Sequence[str] = ()
) -> Features:
    """What the engine sees in each guide at each of the layers.

    Args:
        settings: with the layers' names resolved.
        guides: the pictures (3, h, w), 0 to 255, by what the recipe calls them.
        also: layers that a dream may climb beside those of the settings.
    """
    blobs = [*climbed_layers(settings), *also]
    fitting = FittingEngine(engine)
    seen = {guide: fitting.activations(picture, blobs) for guide, picture in guides.items()}
    return {(guide, blob): seen[guide][blob] for guide in guides for blob in blobs}


@dataclass(frozen=True)
class Instant:
    """A frame's place in a clip, and the clip's seed: what its plan is a function of, beside the settings."""

    frame: int
    clock: Clock
    seed: int


def plan_dream(settings: DreamSettings, features: Features, instant: Instant) -> DreamPlan:
    """The plan of one frame's dream: every track at that frame.

    Args:
        settings: with the layers' names resolved.
        features: of the guides, where the objective follows some.
    """
    frame, clock = instant.frame, instant.clock
    layers = settings.layer.at(frame, clock)
    return DreamPlan(
        objectives={blob: _objective(settings, features, blob, instant) for blob, _ in layers},
        weights=dict(layers),
        octaves=settings.octaves,
        octave_scale=settings.octave_scale,
        iterations=round(settings.iterations.at(frame, clock)),
        step_size=settings.step_size.at(frame, clock),
        jitter=settings.jitter,
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


def _objective(settings: DreamSettings, features: Features, blob: str, instant: Instant) -> Objective:
    """What the dream of a frame climbs at a blob."""
    frame, clock = instant.frame, instant.clock
    if settings.objective == "guide":
        guides = settings.guide.at(frame, clock)
        return mix_objectives([(guided(features[guide, blob]), weight) for guide, weight in guides])
    climb = _channel_objective(settings, blob, instant)
    return mix_objectives(
        [(climb(channels), weight) for channels, weight in settings.channel.at(frame, clock)]
    )


def _channel_objective(
    settings: DreamSettings, blob: str, instant: Instant
) -> Callable[[tuple[int, ...]], Objective]:
    """From the channels that count, none for all, to what climbs them."""
    strength = settings.wander.at(instant.frame, instant.clock)
    if settings.objective == "mean":
        return mean
    if settings.objective == "l2" and strength == 0:
        return l2
    weighted = balanced_l2 if settings.objective == "balanced" else weighted_l2
    stay = settings.wander_seconds * float(instant.clock.fps)
    seed = instant.seed ^ crc32(blob.encode())  # layers that are dreamed together wander apart

    def climb(channels: tuple[int, ...]) -> Objective:
        def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
            listed = channels or tuple(range(activations.shape[0]))
            wander = make_wander(seed, len(listed), settings.wander_share, stay, strength)
            weights = activations.new_zeros(activations.shape[0])
            weights[list(listed)] = _weights(wander, instant.frame).to(activations)
            return weighted(weights)(activations)

        return objective if weighted is balanced_l2 else LocalObjective(objective)

    return climb


@lru_cache(8)
def _weights(wander: Wander, frame: int) -> Tensor:
    """The channels' weights at a frame, which all steps of its dream share."""
    return torch.from_numpy(channel_weights(wander, frame))


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
    for layer in settings.layer.choices:
        require_layer("dream.layer", layer, settings, model, size)
    available = {layer: _channel_count(layer, model, size) for layer in settings.layer.choices}
    for layer, channels in meetings(settings.layer, settings.channel, clock):
        _require_channels(channels, available[layer], layer)


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


def _require_channels(channels: Sequence[int], available: int, blob: str) -> None:
    for channel in channels:
        if channel >= available:
            raise RecipeError(f"dream.channel: {blob!r} has channels 0 to {available - 1}, not {channel}")
