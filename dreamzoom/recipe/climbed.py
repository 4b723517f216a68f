"""What a dream climbs: the goals that its table says, or the one goal of the keys beside them."""

from __future__ import annotations

from collections.abc import Iterator

from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.recipe.goals import Goal, faults_of, row_faults


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


def _unused(settings: DreamSettings) -> Iterator[tuple[str, str]]:
    """Keys of the one goal that are said beside rows."""
    said = {
        "class": any(each != "" for each in settings.class_.choices),
        "unit": settings.unit is not None,
        "guide": any(settings.guide.choices),
    }
    for key in (key for key, is_said in said.items() if is_said):
        yield f"dream.{key}", "is not used beside [[dream.goal]]: put it into one of the goals"
