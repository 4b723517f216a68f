"""From a recipe's goals to the objectives of one frame, by blob and with weights.

Goals at different blobs are each brought to one size at the image before they get their weights (see
`ascent.ascend`); those at one blob are mixed there, each brought to one size at the blob.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias
from zlib import crc32

import torch
from torch import Tensor

from dreamzoom.dream.looks import Look, gram_look, look_of, moments_look
from dreamzoom.dream.objectives import (
    AtPlace,
    amplified,
    balanced_l2,
    guided,
    l2,
    mean,
    mix_objectives,
    ranked,
    score,
    weighted_l2,
    weighted_mean,
)
from dreamzoom.dream.wander import Wander, channel_weights, make_wander
from dreamzoom.engines.base import Engine, LocalObjective, Objective
from dreamzoom.engines.fitting import FittingEngine
from dreamzoom.models.network import Network
from dreamzoom.models.scores import Scores, find_scores
from dreamzoom.recipe.channels import Channels, ClassName
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.recipe.goals import LOOKS, Goal, is_of_class
from dreamzoom.tracks.base import Clock

_Parts: TypeAlias = "list[tuple[str, Objective, float]]"
"""Objectives, each with its blob and its weight."""


@dataclass(frozen=True)
class Instant:
    """A frame's place in a clip, and the clip's seed: what its plan is a function of, beside the settings."""

    frame: int
    clock: Clock
    seed: int


@dataclass(frozen=True)
class Features:
    """What goals need to know that no blob of the picture tells.

    Attributes:
        guides: what the network sees in the guides: activations (C, h, w) by (guide, blob).
        looks: the guides' looks, by (guide, blob).
        ladders: the layers whose looks count, by the layer that a goal names and its number of levels.
        scores: of the network's classes, where a goal is of one.
    """

    guides: Mapping[tuple[str, str], Tensor] = field(default_factory=dict)
    looks: Mapping[tuple[str, str], Look] = field(default_factory=dict)
    ladders: Mapping[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    scores: Scores | None = None


def look_layers(network: Network, layer: str, levels: int) -> tuple[str, ...]:
    """The layers in which a picture's look is climbed: of those up to a layer that begin with the same
    operation, so many, evenly from the first to that one.
    """
    kinds, until = network.kinds, network.until([layer])
    alike = [blob for blob in until.blobs[1:] if kinds[blob] is kinds[layer]]
    count = min(levels, len(alike))
    if count == 1:
        return (layer,)
    return tuple(alike[round(step * (len(alike) - 1) / (count - 1))] for step in range(count))


def network_features(goals: Sequence[Goal], engine: Engine, guides: Mapping[str, Tensor]) -> Features:
    """What the engine sees in each guide, as each goal needs it, and what else it knows.

    Args:
        goals: with the layers' names resolved.
        guides: the pictures (3, h, w), 0 to 255, by what the recipe calls them.
    """
    network = engine.model.network
    fitting = FittingEngine(engine)
    seen: dict[tuple[str, str], Tensor] = {}
    looks: dict[tuple[str, str], Look] = {}
    ladders: dict[tuple[str, int], tuple[str, ...]] = {}
    for goal in goals:
        wanted = [name for name in goal.guide.choices if name in guides]
        is_look = goal.objective in LOOKS and bool(wanted)
        if is_look:
            ladders |= {
                (layer, goal.levels): look_layers(network, layer, goal.levels) for layer in goal.layer.choices
            }
        for name in wanted:
            blobs = _blobs_of(goal, network)
            found = fitting.activations(guides[name], blobs)
            if is_look:
                looks |= {(name, blob): look_of(found[blob]) for blob in blobs}
            else:
                seen |= {(name, blob): found[blob] for blob in blobs}
    return Features(seen, looks, ladders, find_scores(network) if any(map(is_of_class, goals)) else None)


def plan_goals(
    settings: DreamSettings, goals: Sequence[Goal], features: Features, instant: Instant
) -> tuple[dict[str, Objective], dict[str, float]]:
    """What a frame's dream climbs by blob, and each blob's weight.

    Args:
        settings: of the dream, with the layers' names resolved: how channels wander.
        goals: those that are climbed: the settings' own, or a region's.
    """
    pulls: dict[str, list[tuple[Objective, float]]] = {}
    weights: dict[str, float] = {}
    for goal in goals:
        weight = goal.weight.at(instant.frame, instant.clock)
        for blob, objective, share in _parts(settings, goal, features, instant):
            pulls.setdefault(blob, []).append((objective, weight * share))
            weights[blob] = weights.get(blob, 0.0) + abs(weight) * share
    if not any(weights.values()):  # nothing is climbed now: the picture stays as it is
        return dict.fromkeys(weights, _nothing), weights
    kept = {blob: [part for part in parts if part[1]] for blob, parts in pulls.items() if weights[blob]}
    return {blob: mix_objectives(parts) for blob, parts in kept.items()}, {
        blob: weights[blob] for blob in kept
    }


def _nothing(activations: Tensor) -> tuple[Tensor, Tensor]:
    return activations.new_zeros(()), torch.zeros_like(activations)


def _blobs_of(goal: Goal, network: Network) -> list[str]:
    """Every blob that a goal may climb, once."""
    if goal.objective in LOOKS and not is_of_class(goal):
        ladders = (look_layers(network, layer, goal.levels) for layer in goal.layer.choices)
        return list(dict.fromkeys(blob for ladder in ladders for blob in ladder))
    return list(goal.layer.choices)


def _parts(settings: DreamSettings, goal: Goal, features: Features, instant: Instant) -> _Parts:
    """What a goal climbs at a frame; the weights add up to 1."""
    frame, clock = instant.frame, instant.clock
    layers = goal.layer.at(frame, clock)
    if goal.objective in LOOKS and not is_of_class(goal):
        looks = [
            (layer, guide, share * part)
            for layer, share in layers
            for guide, part in goal.guide.at(frame, clock)
        ]
        return [part for look in looks for part in _look_parts(goal, features, *look)]
    return [(blob, _objective(settings, goal, features, blob, instant), share) for blob, share in layers]


def _look_parts(goal: Goal, features: Features, layer: str, guide: str, share: float) -> _Parts:
    climb = gram_look if goal.objective == "look" else moments_look
    ladder = features.ladders[layer, goal.levels]
    return [(blob, climb(features.looks[guide, blob]), share / len(ladder)) for blob in ladder]


def _objective(
    settings: DreamSettings, goal: Goal, features: Features, blob: str, instant: Instant
) -> Objective:
    """What a goal climbs at a blob at a frame."""
    objective = mix_objectives(list(_choices(settings, goal, features, blob, instant)))
    if goal.unit is None:
        return objective
    x, y = (track.at(instant.frame, instant.clock) for track in goal.unit)
    return AtPlace(objective, x, y)


def _choices(
    settings: DreamSettings, goal: Goal, features: Features, blob: str, instant: Instant
) -> Iterator[tuple[Objective, float]]:
    """The objectives that fade into one another, each with its weight."""
    frame, clock = instant.frame, instant.clock
    if is_of_class(goal):
        yield from ((_class_score(features, each), share) for each, share in goal.class_.at(frame, clock))
    elif goal.objective == "guide":
        yield from (
            (guided(features.guides[name, blob]), share) for name, share in goal.guide.at(frame, clock)
        )
    else:
        climb = _channel_climb(settings, goal, blob, instant)
        yield from ((climb(channels), share) for channels, share in goal.channel.at(frame, clock))


def _class_score(features: Features, number: ClassName) -> Objective:
    """What climbs a class, given by its number."""
    scores = features.scores
    if scores is None or not isinstance(number, int):
        raise ValueError("the classes are not resolved")
    if scores.weights is None:
        return mean([number])
    direction = torch.from_numpy(scores.weights[number].copy())
    return score(direction, 0.0 if scores.biases is None else float(scores.biases[number]))


def _channel_climb(
    settings: DreamSettings, goal: Goal, blob: str, instant: Instant
) -> Callable[[Channels], Objective]:
    """From the channels that count, none for all, to what climbs them."""

    def climb(channels: Channels) -> Objective:
        if channels.rank:
            strongest = channels.rank == "strongest"
            return ranked(
                channels.count, strongest=strongest, climb=lambda found: climb(Channels(tuple(found)))
            )
        return _weighted_climb(settings, goal, blob, instant, channels)

    return climb


def _weighted_climb(
    settings: DreamSettings, goal: Goal, blob: str, instant: Instant, channels: Channels
) -> Objective:
    strength = settings.wander.at(instant.frame, instant.clock)
    if goal.objective == "mean" or strength == 0:
        if not channels.weights and goal.objective in ("l2", "mean"):
            return (l2 if goal.objective == "l2" else mean)(channels.numbers)
        strength = 0.0
    stay = settings.wander_seconds * float(instant.clock.fps)
    seed = instant.seed ^ crc32(blob.encode())  # layers that are dreamed together wander apart
    weighted = _weighted_objective(goal)

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        listed = channels.numbers or tuple(range(activations.shape[0]))
        wander = make_wander(seed, len(listed), settings.wander_share, stay, strength)
        awake = _weights(wander, instant.frame).to(activations)
        weights = activations.new_zeros(activations.shape[0])
        weights[list(listed)] = (
            awake * activations.new_tensor(channels.weights) if channels.weights else awake
        )
        return weighted(weights)(activations)

    return objective if goal.objective == "balanced" else LocalObjective(objective)


def _weighted_objective(goal: Goal) -> Callable[[Tensor], Objective]:
    """From the channels' weights (C,) to what climbs them."""
    if goal.objective == "amplify":
        return lambda weights: amplified(goal.amplify_l1, goal.amplify_l2, goal.amplify_clip, weights)
    return {"balanced": balanced_l2, "mean": weighted_mean}.get(goal.objective, weighted_l2)


@lru_cache(8)
def _weights(wander: Wander, frame: int) -> Tensor:
    """The channels' weights at a frame, which all steps of its dream share."""
    return torch.from_numpy(channel_weights(wander, frame))
