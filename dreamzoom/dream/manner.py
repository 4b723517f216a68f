"""From a recipe's [dream] table to how the steps of one frame's dream go, whatever they climb."""

from __future__ import annotations

from dreamzoom.dream.glance import Sway
from dreamzoom.dream.regularisers import Restraint
from dreamzoom.dream.rules import Adam, Faded, Normalised, Rule, rmsprop
from dreamzoom.dream.shaping import Shaping
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.tracks.base import Clock, Track


def rule_at(settings: DreamSettings, frame: int, clock: Clock) -> Rule:
    """The ascent rule of a frame; while two fade into one another each has its share of every step."""
    (name, _), *rest = settings.rule.at(frame, clock)
    rule = _rule(name)
    for other, share in rest:
        rule = Faded(rule, _rule(other), share)
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


def sway_at(settings: DreamSettings, frame: int, clock: Clock) -> Sway:
    """How far what a step sees may be turned and scaled at a frame."""
    return Sway(turn=settings.turn.at(frame, clock), scale=settings.scale.at(frame, clock))


def restraint_at(settings: DreamSettings, frame: int, clock: Clock) -> Restraint:
    """What holds the image back at a frame."""
    return Restraint(
        variation=settings.variation.at(frame, clock),
        variation_power=settings.variation_power,
        pull=settings.pull.at(frame, clock),
        pull_to=settings.pull_to,
        pull_power=settings.pull_power,
    )


# Bytes a pixel beside a plain dream's, measured of each alone in tiles at 3 megapixels on a CPU. But for the
# fields of a rule, what one takes is free again before the next takes its own.
_FIELDS, _RULE, _HELD, _SWAY, _LEVELS, _WAVES = 24, 50, 85, 90, 40, 15


def extra_bytes(settings: DreamSettings) -> int:
    """About the bytes a pixel that the steps take beside the picture and its gradient."""
    is_remembered = any(name != "normalised" for name in settings.rule.choices)
    used = {
        _RULE: is_remembered,
        _HELD: _moves(settings.variation, settings.pull),
        _SWAY: _moves(settings.turn, settings.scale),
        _LEVELS: _moves(settings.laplacian),
        _WAVES: _moves(settings.spectrum, settings.smooth, settings.decorrelate),
    }
    return max(size * is_used for size, is_used in used.items()) + _FIELDS * is_remembered


def _moves(*tracks: Track) -> bool:
    """Whether one of the tracks is anything but 0."""
    return any(track.source != 0 for track in tracks)


def _rule(name: str) -> Rule:
    rules: dict[str, Rule] = {"normalised": Normalised(), "rmsprop": rmsprop(), "adam": Adam()}
    return rules[name]
