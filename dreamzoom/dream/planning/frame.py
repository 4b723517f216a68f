"""From a recipe's [dream] table to the plan of one frame's dream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from torch import Tensor

from dreamzoom.dream.ascent import DreamPlan
from dreamzoom.dream.objectives import mix_objectives
from dreamzoom.dream.planning.goals import Features, Instant, network_features, plan_goals
from dreamzoom.dream.planning.steps import regularisers_at, rule_at, shaping_at, transforms_at
from dreamzoom.engines.base import Engine, Objective
from dreamzoom.recipe.climbed import goals_of, own_dreams
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.recipe.goals import Goal
from dreamzoom.tracks.base import Clock


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
        last_step=settings.last_step.at(frame, clock),
        jitter=settings.jitter,
        transforms=transforms_at(settings, frame, clock),
        regularisers=regularisers_at(settings, frame, clock),
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
