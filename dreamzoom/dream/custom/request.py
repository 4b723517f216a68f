"""What a caller asks of a dream, as a recipe and as what no recipe says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from dreamzoom.dream.ascent import DreamPlan
from dreamzoom.dream.custom.functions import (
    CustomObjective,
    CustomStep,
    Process,
    checked_step,
    require_function,
    with_value,
)
from dreamzoom.dream.custom.goals import GoalSum, plain, plan_sum
from dreamzoom.dream.planning.goals import Features, Instant
from dreamzoom.dream.rules import Stepwise
from dreamzoom.engines.base import Objective
from dreamzoom.errors import RecipeError, RequestError, quote_value
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.recipe.goals import GUIDED
from dreamzoom.recipe.schema import Recipe

GIVEN = "the guide that was given"
"""How a plan calls a guide that no recipe names."""

WidthHeight: TypeAlias = "str | tuple[int, int]"
"""A width and a height: (640, 360) or "640x360"."""

Wanted: TypeAlias = "str | CustomObjective | GoalSum"
"""What is climbed: an objective's name, a function, or a sum of goals."""


@dataclass(frozen=True)
class Custom:
    """What a caller does in its own way; None stands for dreamzoom's."""

    objective: CustomObjective | GoalSum | None = None
    step: CustomStep | None = None
    preprocess: Process | None = None
    deprocess: Process | None = None

    def __post_init__(self) -> None:
        if self.objective is not None and not isinstance(self.objective, GoalSum | Callable):
            told = f"objective={quote_value(self.objective)}"
            raise RequestError(f"{told}: must be a name, a function, or goals, which are added with +")
        for name in ("step", "preprocess", "deprocess"):
            if getattr(self, name) is not None:
                require_function(getattr(self, name), name)

    def changed(
        self, plan: DreamPlan, settings: DreamSettings, features: Features, instant: Instant
    ) -> DreamPlan:
        """A plan with the caller's objective and step."""
        if isinstance(self.objective, GoalSum):
            if self.objective.has_functions:
                objectives, weights = plan_sum(self.objective, settings, features, instant)
                plan = replace(plan, objectives=objectives, weights=weights)
        elif self.objective is not None:
            objective: Objective = with_value(self.objective)
            plan = replace(plan, objectives=dict.fromkeys(plan.objectives, objective))
        return replace(plan, rule=Stepwise(checked_step(self.step))) if self.step else plan


def recipe_asked(
    layer: str,
    wanted: Wanted,
    seed: int,
    size: WidthHeight | None,
    settings: Mapping[str, object],
    *,
    has_guide: bool = False,
) -> Recipe:
    """The recipe of a dream.

    Args:
        has_guide: whether a guide is given beside; a recipe calls it `GIVEN`.

    Raises:
        RecipeError: a key is unknown, a value out of its range, or a layer given beside goals.
        RequestError: the size is none.
    """
    clip: dict[str, object] = {"seed": plain(seed)}
    if size is not None:
        clip["size"] = _size_words(plain(size))
    dream = {key.removesuffix("_"): plain(value) for key, value in settings.items()}
    if layer and isinstance(wanted, GoalSum):
        raise RecipeError(f"layer={layer!r} is not used beside goals: name it in each of them")
    if layer:
        dream["layer"] = layer
    if isinstance(wanted, str):
        dream["objective"] = wanted
        if has_guide and wanted in GUIDED:
            dream["guide"] = GIVEN
    elif isinstance(wanted, GoalSum):
        dream["goal"] = wanted.rows
    return build_recipe({"clip": clip, "dream": dream})


def _size_words(size: object) -> str:
    """A size as a recipe has it."""
    if isinstance(size, str):
        return size
    if isinstance(size, Sequence) and len(size) == 2:
        return f"{plain(size[0])}x{plain(size[1])}"
    raise RequestError(f'size={quote_value(size)}: must be a width and a height, (640, 360) or "640x360"')
