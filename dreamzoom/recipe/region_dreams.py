"""What the regions of a recipe dream of, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dreamzoom.recipe.climbed import goal_faults, goal_layers
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.recipe.goals import GUIDED
from dreamzoom.recipe.regions import LONGEST_TEXT, RegionSettings
from dreamzoom.tracks.blend import steady


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
        for fault in _mask_faults(region):
            yield "dream.region", f"region {number}: {fault}"
    for name, own in own_dreams(settings):
        for key, fault in goal_faults(own):
            yield "dream.region", f"{name.partition(': ')[2]}: {key.partition('.')[2]}: {fault}"
    if not settings.region and settings.elsewhere.source != 1:
        yield "dream.elsewhere", "is used beside regions alone; give some in [[dream.region]]"


def _mask_faults(region: RegionSettings) -> Iterator[str]:
    if region.text and region.mask:
        yield "has a mask and a text: leave one of them out"
    if region.font and not region.text:
        yield "font: is used with a text alone; give one in text"
    if region.text and not region.text.strip():
        yield "text: has nothing in it to draw"
    if region.sees and region.mask != "seen":
        yield "sees: is used by mask = 'seen' alone; set that too"
    if len(region.text) > LONGEST_TEXT:
        yield f"text: has {len(region.text)} characters: must have {LONGEST_TEXT} at most"
