"""Keys of the recipe that choose a layer, channels of it, or a class."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from dreamzoom.errors import RecipeError, quote_value
from dreamzoom.recipe.settings import Ranged, Setting, Text, is_number

ClassName: TypeAlias = "int | str"
"""A class by its number or name; "" for none."""

_RANKED: Final = re.compile(r"(strongest|weakest)(?:\s+(\d{1,5}))?")
_FEW: Final = 8  # the channels that "strongest" alone means
_STRONGEST_WEIGHT: Final = 1000.0


@dataclass(frozen=True)
class Channels:
    """Which channels of a layer count, and how much.

    Attributes:
        numbers: the channels; () for all.
        weights: one for each number, negative ones too; () where each has 1.
        rank: "strongest" or "weakest" for those that are so in the picture at each step, else "".
        count: how many of these.
    """

    numbers: tuple[int, ...] = ()
    weights: tuple[float, ...] = ()
    rank: str = ""
    count: int = 0

    def __bool__(self) -> bool:
        """Whether any are named: all alike are not."""
        return bool(self.numbers or self.rank)

    def __str__(self) -> str:
        if self.rank:
            return f"{self.rank} {self.count}"
        if self.weights:
            pairs = zip(self.numbers, self.weights, strict=True)
            return ",".join(f"{weight:g}*{number}" for number, weight in pairs)
        return ",".join(map(str, self.numbers)) or "all"


ALL_CHANNELS: Final = Channels()


@dataclass(frozen=True, kw_only=True)
class ChannelChoice(Ranged[Channels]):
    """Channels: one, an array of them, some with weights, or those that the picture ranks first or last."""

    def parse(self, raw: object) -> Channels:
        if isinstance(raw, str) and (ranked := _RANKED.fullmatch(raw.strip())):
            return self._ranked(raw, ranked[1], int(ranked[2] or _FEW))
        parts = raw if isinstance(raw, list | tuple) else [raw]
        pairs = [self._weighted(part, raw) for part in parts]
        numbers = tuple(number for number, _ in pairs)
        weights = tuple(weight for _, weight in pairs)
        if len(set(numbers)) < len(numbers):
            raise RecipeError(f"must name each number once, got {quote_value(raw)}")
        if numbers and not any(weights):
            raise RecipeError(f"must weigh one of its channels at least, got {quote_value(raw)}")
        return Channels(numbers, () if all(weight == 1 for weight in weights) else weights)

    def dump(self, value: Channels) -> object:
        if value.rank:
            return f"{value.rank} {value.count}"
        if not value.weights:
            return list(value.numbers)
        return [list(pair) for pair in zip(value.numbers, value.weights, strict=True)]

    def describe(self) -> str:
        return (
            f"a whole number {self.span()}, an array of them, each alone or as [number, weight], empty for "
            "all; or 'strongest 8', 'weakest 8'"
        )

    def form(self) -> dict[str, object]:
        return {"kind": "channels", "minimum": self.minimum, "maximum": self.maximum}

    def _ranked(self, raw: object, rank: str, count: int) -> Channels:
        if not 1 <= count <= self.maximum:
            raise self.refuse(raw)
        return Channels(rank=rank, count=count)

    def _weighted(self, part: object, raw: object) -> tuple[int, float]:
        """A channel's number and weight."""
        number, weight = part if isinstance(part, list | tuple) and len(part) == 2 else (part, 1.0)
        if type(number) is not int or not self.holds(number):
            raise self.refuse(raw)
        if not is_number(weight) or abs(weight) > _STRONGEST_WEIGHT:
            raise RecipeError(
                f"the weight of channel {number} must be a number from {-_STRONGEST_WEIGHT:g} to "
                f"{_STRONGEST_WEIGHT:g}, got {quote_value(weight)}"
            )
        return number, float(weight)


@dataclass(frozen=True, kw_only=True)
class ClassChoice(Setting[ClassName]):
    """A class by its number or name; "" for none."""

    def parse(self, raw: object) -> ClassName:
        if type(raw) is int and 0 <= raw <= 65_535:
            return raw
        if not isinstance(raw, str) or len(raw) > 200 or not (raw == "" or raw.isprintable()):
            raise self.refuse(raw)
        return raw.strip()

    def describe(self) -> str:
        return "a class's number from 0 on, or its name"

    def form(self) -> dict[str, object]:
        return {"kind": "class", "longest": 200}


@dataclass(frozen=True, kw_only=True)
class LayerName(Text):
    """A layer of the model; "" for none in particular."""

    what: str = "a layer's name"

    def form(self) -> dict[str, object]:
        return {**super().form(), "kind": "layer"}
