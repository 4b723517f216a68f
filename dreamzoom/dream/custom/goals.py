"""Goals that add, scale and name themselves, for Python.

    from dreamzoom import Dreamer, goals

    wish = goals.layer("fire8/concat") + 0.5 * goals.channel("fire4/concat", 111)
    Dreamer().dream("sky.jpg", objective=wish)

As tensorflow/lucid's `optvis.objectives` do; but here each is brought to the same strength before it is
weighted, as the rows of a recipe's `[[dream.goal]]` are, which they become.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np

from dreamzoom.dream.custom.functions import CustomObjective, require_function, with_value
from dreamzoom.dream.objectives import mix_objectives
from dreamzoom.dream.planning.goals import Features, Instant, plan_goals
from dreamzoom.engines.base import Objective
from dreamzoom.errors import RequestError, quote_value
from dreamzoom.pictures.reading import PictureSource
from dreamzoom.recipe.dream import DreamSettings

__all__ = ["GoalSum", "channel", "function", "guide", "layer", "look", "neuron", "of_class"]


@dataclass(frozen=True)
class GoalTerm:
    """One goal of a sum, by the keys of a row of `[[dream.goal]]`; what is None or empty is not said.

    Attributes:
        name: what it is called.
        picture: the guide.
        function: what is climbed at the layer in place of an objective with a name.
    """

    name: str
    weight: float = 1.0
    layer: str = ""
    objective: str = ""
    channel: int | str | Sequence[object] = ()
    class_: int | str = ""
    unit: tuple[float, float] | None = None
    levels: int | None = None
    picture: PictureSource | None = None
    function: CustomObjective | None = None

    def row(self, guide: str) -> dict[str, object]:
        """The row, with the name of its guide, which is "" where it has none."""
        said: dict[str, object] = {
            "layer": self.layer,
            "objective": self.objective,
            "channel": plain(self.channel),
            "class": plain(self.class_),
            "unit": None if self.unit is None else list(self.unit),
            "levels": self.levels,
            "guide": guide,
        }
        return {key: value for key, value in said.items() if value not in ("", [], None)} | {
            "weight": self.weight
        }


@dataclass(frozen=True, repr=False)
class GoalSum:
    """A weighted sum of goals, for `objective` of `Dreamer.dream`; it adds, subtracts, and is scaled."""

    terms: tuple[GoalTerm, ...]

    def __add__(self, other: GoalSum) -> GoalSum:
        if not isinstance(other, GoalSum):
            raise RequestError(f"{self} + {quote_value(other)}: goals are added to goals alone")
        return GoalSum((*self.terms, *other.terms))

    def __radd__(self, other: int) -> GoalSum:
        """For `sum`, which begins with 0."""
        return self if other == 0 else NotImplemented

    def __sub__(self, other: GoalSum) -> GoalSum:
        if not isinstance(other, GoalSum):
            raise RequestError(f"{self} - {quote_value(other)}: only goals are taken from goals")
        return self + -other

    def __neg__(self) -> GoalSum:
        return self * -1

    def __mul__(self, factor: float) -> GoalSum:
        if not isinstance(factor, Real) or not math.isfinite(factor := _as_float(factor)):
            raise RequestError(f"{self} * {quote_value(factor)}: goals are scaled by numbers alone")
        return GoalSum(tuple(replace(each, weight=each.weight * factor) for each in self.terms))

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> GoalSum:
        if not isinstance(divisor, Real) or divisor == 0:
            raise RequestError(f"{self} / {quote_value(divisor)}: goals are scaled by numbers other than 0")
        return self * (1 / float(divisor))

    def __str__(self) -> str:
        words = ""
        for each in self.terms:
            sign = ("-" if each.weight < 0 else "+" if words else "").center(3 if words else 0)
            size = "" if abs(each.weight) == 1 else f"{abs(each.weight):g} * "
            words += f"{sign}{size}{each.name}"
        return words

    __repr__ = __str__

    def with_layer(self, default: str) -> GoalSum:
        """The sum with a layer for those that name none, and are of no class."""
        return GoalSum(
            tuple(
                each if each.layer or each.class_ != "" else replace(each, layer=default)
                for each in self.terms
            )
        )

    @property
    def has_functions(self) -> bool:
        """Whether one of them is a function, which no recipe can say."""
        return any(each.function is not None for each in self.terms)

    @property
    def rows(self) -> list[dict[str, object]]:
        """The rows of `[[dream.goal]]`, as `recipe.build.build_recipe` takes them."""
        return [each.row(name) for each, name in zip(self.terms, self._guide_names(), strict=True)]

    @property
    def guides(self) -> Mapping[str, PictureSource]:
        """The guides, by the names that the rows have for them."""
        named = zip(self._guide_names(), self.terms, strict=True)
        return {name: each.picture for name, each in named if each.picture is not None}

    def _guide_names(self) -> list[str]:
        return [
            "" if each.picture is None else each.picture if isinstance(each.picture, str) else f"picture {at}"
            for at, each in enumerate(self.terms, 1)
        ]


def layer(name: str = "", objective: str = "l2") -> GoalSum:
    """A layer, or the model's own choice: "l2", "balanced", "mean" or "amplify"."""
    said = "" if objective == "l2" else f" ({objective})"
    return _one(f"{name or 'the default layer'}{said}", layer=name, objective=objective)


def channel(layer: str, number: int | str | Sequence[object], objective: str = "mean") -> GoalSum:
    """A channel of a layer, several, or those that rank first: 111, [111, 145], "strongest 8".

    TensorFlow's tutorial and lucid climb the mean of a channel.
    """
    return _one(f"channel {number} of {layer}", layer=layer, objective=objective, channel=number)


def neuron(layer: str, number: int, x: float = 0.5, y: float = 0.5) -> GoalSum:
    """One place of a channel alone, in shares of the picture's width and height from the top left."""
    if not isinstance(x, Real) or not isinstance(y, Real):
        raise RequestError(f"x={quote_value(x)}, y={quote_value(y)}: must be numbers from 0 to 1")
    name = f"channel {number} of {layer} at {x:g}, {y:g}"
    return _one(name, layer=layer, objective="mean", channel=number, unit=(x, y))


def of_class(name: int | str) -> GoalSum:
    """A class, by number or name."""
    return _one(f"class {name}", class_=name)


def guide(picture: PictureSource, layer: str = "") -> GoalSum:
    """What a picture shows: each place turns to that of the picture which it resembles most."""
    return _one(f"guide at {layer or 'the default layer'}", layer=layer, objective="guide", picture=picture)


def look(picture: PictureSource, layer: str = "", levels: int | None = None) -> GoalSum:
    """What a picture looks like as a whole, in so many layers up to that one (Gatys et al. 2016)."""
    name = f"look up to {layer or 'the default layer'}"
    return _one(name, layer=layer, objective="look", picture=picture, levels=levels)


def function(climb: CustomObjective, layer: str = "") -> GoalSum:
    """A function of one's own, from a layer's activations (C, H, W) to their gradient, or to both."""
    require_function(climb, "climb")
    name = f"{getattr(climb, '__name__', 'function')} at {layer or 'the default layer'}"
    return _one(name, layer=layer, objective="l2", function=climb)


def _as_float(number: Real) -> float:
    try:
        return float(number)
    except OverflowError:  # a whole number of hundreds of digits
        return math.inf


def plain(value: object) -> object:
    """A value of numpy's, or a range, as Python's numbers and lists, which recipes are made of."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, range):
        return list(value)
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def _one(name: str, **said: object) -> GoalSum:
    return GoalSum((GoalTerm(name, **said),))  # type: ignore[arg-type]


def plan_sum(
    goals: GoalSum, settings: DreamSettings, features: Features, instant: Instant
) -> tuple[dict[str, Objective], dict[str, float]]:
    """What a sum climbs by blob, and each blob's weight, as `plan_goals`, with the functions that it has.

    Args:
        settings: with the sum's rows as its goals, the layers' names resolved.
    """
    pulls: dict[str, list[tuple[Objective, float]]] = {}
    weights: dict[str, float] = {}
    for term, goal in zip(goals.terms, settings.goal, strict=True):
        objectives, shares = plan_goals(settings, [goal], features, instant)
        for blob, named in objectives.items():
            part = (
                (named, shares[blob]) if term.function is None else (with_value(term.function), term.weight)
            )
            pulls.setdefault(blob, []).append(part)
            weights[blob] = weights.get(blob, 0.0) + shares[blob]
    return {blob: mix_objectives(parts) for blob, parts in pulls.items()}, weights
