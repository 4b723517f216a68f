"""What a dream and its regions climb: the goals of a table, or the one goal of the keys beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.recipe.goals import GUIDED, Goal, faults_of, row_faults, weights_fault
from dreamzoom.recipe.regions import RegionSettings, mask_faults
from dreamzoom.tracks.base import Clock
from dreamzoom.tracks.blend import steady
from dreamzoom.tracks.parse import is_ever_set


def goals_of(settings: DreamSettings) -> tuple[Goal, ...]:
    """What a dream climbs: the goals of `[[dream.goal]]`, or the one that the keys beside them say."""
    return settings.goal or (
        Goal(
            layer=settings.layer,
            objective=settings.objective,
            channel=settings.channel,
            class_=settings.class_,
            unit=settings.unit,
            guide=settings.guide,
        ),
    )


def goal_layers(settings: DreamSettings) -> tuple[str, ...]:
    """Every layer that a dream's goals name, once; a look's others come before it in the network."""
    return tuple(dict.fromkeys(layer for goal in goals_of(settings) for layer in goal.layer.choices))


def goal_faults(settings: DreamSettings) -> Iterator[tuple[str, str]]:
    """What is wrong with what a dream climbs, each fault with the key to blame."""
    if settings.goal:
        yield from _unused(settings)
        yield from (("dream.goal", fault) for fault in row_faults(settings.goal))
    else:
        yield from ((f"dream.{key}", fault) for key, fault in faults_of(goals_of(settings)[0], "dream."))


def dream_of(settings: DreamSettings, region: RegionSettings) -> DreamSettings | None:
    """A region's own dream; None where it climbs what the dream climbs."""
    has_layer, has_channel = any(region.layer.choices), any(region.channel.choices)
    has_guide, has_class = any(region.guide.choices), any(each != "" for each in region.class_.choices)
    if not (has_layer or region.objective or has_channel or has_guide or has_class or region.goal):
        return None
    objective = region.objective or ("guide" if has_guide else settings.objective)
    guide = settings.guide if objective in GUIDED and not has_class and not region.goal else steady("")
    return replace(
        settings,
        region=(),
        layer=region.layer if has_layer else settings.layer,
        objective=objective,
        channel=region.channel if has_layer or has_channel else settings.channel,
        class_=region.class_,
        unit=None,
        guide=region.guide if has_guide else guide,
        goal=region.goal,
    )


def sought_of(settings: DreamSettings, region: RegionSettings) -> DreamSettings:
    """What a region looks for in the picture, where it says so, as a dream of it."""
    return replace(settings, region=(), goal=region.sees, class_=steady(""), unit=None, guide=steady(""))


def own_dreams(settings: DreamSettings) -> Iterator[tuple[str, DreamSettings]]:
    """The regions' own dreams, and what they look for, each with what it is called in messages."""
    for number, region in enumerate(settings.region, 1):
        own = dream_of(settings, region)
        if own is not None:
            yield f"dream.region: region {number}", own
        if region.sees:
            yield f"dream.region: region {number}: sees", sought_of(settings, region)


def climbed_layers(settings: DreamSettings) -> tuple[str, ...]:
    """Every layer that a dream or one of its regions climbs, once.

    Args:
        settings: with the layers' names resolved.
    """
    dreams = [settings, *(own for _, own in own_dreams(settings))]
    return tuple(dict.fromkeys(layer for dream in dreams for layer in goal_layers(dream)))


def region_faults(settings: DreamSettings) -> Iterator[tuple[str, str]]:
    """What is wrong with the regions, each with the key to blame."""
    for number, region in enumerate(settings.region, 1):
        for fault in mask_faults(region):
            yield "dream.region", f"region {number}: {fault}"
    for name, own in own_dreams(settings):
        for key, fault in goal_faults(own):
            yield "dream.region", f"{name.partition(': ')[2]}: {key.partition('.')[2]}: {fault}"
    if not settings.region and settings.elsewhere.source != 1:
        yield "dream.elsewhere", "is used beside regions alone; give some in [[dream.region]]"


def is_climbed(settings: DreamSettings, clock: Clock) -> bool:
    """Whether what the dream itself climbs is climbed anywhere: not where each region has a dream of its own,
    and nothing dreams elsewhere.
    """
    own = [dream_of(settings, region) for region in settings.region]
    return not own or None in own or is_ever_set(settings.elsewhere, clock)


def region_weights_faults(settings: DreamSettings, clock: Clock) -> Iterator[str]:
    """What is wrong with the weights of the regions' goals over a whole clip.

    Raises:
        RecipeError: a track leaves its range, or has no value at some frame.
    """
    for name, own in own_dreams(settings):
        if fault := weights_fault(own.goal, clock):
            yield f"{name.partition(': ')[2]}: {fault}"


def _unused(settings: DreamSettings) -> Iterator[tuple[str, str]]:
    """Keys of the one goal that are said beside rows."""
    said = {
        "class": any(each != "" for each in settings.class_.choices),
        "unit": settings.unit is not None,
        "guide": any(settings.guide.choices),
    }
    for key in (key for key, is_said in said.items() if is_said):
        yield f"dream.{key}", "is not used beside [[dream.goal]]: put it into one of the goals"
