"""From a recipe's [dream] table to how the steps of one frame's dream go, whatever they climb."""

from __future__ import annotations

from dreamzoom.dream.regularisers import Regularisers
from dreamzoom.dream.rules import Adam, Faded, Normalised, Rule, rmsprop
from dreamzoom.dream.shaping import Shaping
from dreamzoom.dream.transforms import TransformRange
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.tracks.base import Clock


def rule_at(settings: DreamSettings, frame: int, clock: Clock) -> Rule:
    """The ascent rule of a frame; while two fade into one another each has its share of every step."""
    (name, _), *rest = settings.rule.at(frame, clock)
    rule = _rule(name, settings.rule_memory)
    for other, share in rest:
        rule = Faded(rule, _rule(other, settings.rule_memory), share)
    return rule


def shaping_at(settings: DreamSettings, frame: int, clock: Clock) -> Shaping:
    """How the gradient is shaped at a frame."""
    return Shaping(
        laplacian=settings.laplacian.at(frame, clock),
        laplacian_levels=settings.laplacian_levels,
        spectrum=settings.spectrum.at(frame, clock),
        smooth=settings.smooth.at(frame, clock),
        decorrelate=settings.decorrelate.at(frame, clock),
    )


def transforms_at(settings: DreamSettings, frame: int, clock: Clock) -> TransformRange:
    """How far what a step sees may be turned and scaled at a frame."""
    return TransformRange(turn=settings.turn.at(frame, clock), scale=settings.scale.at(frame, clock))


def regularisers_at(settings: DreamSettings, frame: int, clock: Clock) -> Regularisers:
    """What holds the image back at a frame."""
    return Regularisers(
        variation=settings.variation.at(frame, clock),
        variation_power=settings.variation_power,
        pull=settings.pull.at(frame, clock),
        pull_to=settings.pull_to,
        pull_power=settings.pull_power,
    )


def _rule(name: str, memory: float) -> Rule:
    """A rule by its name, with another memory than its own where one is given."""
    if name == "rmsprop":
        return rmsprop(memory) if memory else rmsprop()
    if name == "adam":
        return Adam(second=memory) if memory else Adam()
    return Normalised()
