"""The loop's table of the recipe: whether a clip's last frame leads into its first, and how."""

# ruff: noqa: RUF009 - `field()` makes a dataclass field, and its defaults cannot change
from __future__ import annotations

from dataclasses import dataclass

from dreamzoom.recipe.points import AUTO, Auto
from dreamzoom.recipe.settings import Real, Setting, Whole
from dreamzoom.recipe.units import Seconds

_LEAST_DEPTH = 1.5
_STEPS = 200  # of all dreams together: of those tried, from where on nothing stays bare
_LEAST_DREAMS, _MOST_DREAMS = 5, 32


@dataclass(frozen=True, kw_only=True)
class Depth(Real):
    """How many times a round magnifies, or 0."""

    def holds(self, number: float) -> bool:
        return number == 0 or super().holds(number)

    def describe(self) -> str:
        return f"0 for no loop, or {super().describe()}"

    def form(self) -> dict[str, object]:
        return {**super().form(), "words": [0]}


@dataclass(frozen=True, kw_only=True)
class WholeOrAuto(Setting["int | Auto"]):
    """The whole number that `of` describes, or "auto"."""

    of: Whole

    def parse(self, raw: object) -> int | Auto:
        if raw == AUTO:
            return AUTO
        if type(raw) is not int or not self.of.holds(raw):
            raise self.refuse(raw)
        return raw

    def describe(self) -> str:
        return f"'{AUTO}' or {self.of.describe()}"

    def form(self) -> dict[str, object]:
        return {**self.of.form(), "words": [AUTO]}


@dataclass(frozen=True)
class LoopSettings:
    """An endless loop: a picture dreamed once, into which the camera falls for ever."""

    depth: float = Depth(
        default=0,
        minimum=_LEAST_DEPTH,
        maximum=10000,
        unit="times",
        help="how many times a round magnifies the picture, until it is where it began; 0 for no loop. "
        "camera.zoom tells the pace alone, and the way: below 1 the camera draws back",
    ).field()
    turns: int | Auto = WholeOrAuto(
        default=AUTO,
        of=Whole(default=0, minimum=-24, maximum=24, help=""),
        help="whole turns a round makes clockwise; 'auto' for the number nearest to what camera.rotate does",
    ).field()
    spiral: int = Whole(
        default=0,
        minimum=-8,
        maximum=8,
        unit="arms",
        help="the picture leads into itself along so many arms of a spiral, as in Escher's Print Gallery; 0 "
        "for rings",
    ).field()
    dreams: int | Auto = WholeOrAuto(
        default=AUTO,
        of=Whole(default=1, minimum=1, maximum=100, unit="dreams", help=""),
        help="how often the picture is dreamed over, the first time small, the last time whole; 'auto' for "
        "the more often the fewer steps a dream has",
    ).field()
    columns: int = Whole(
        default=0,
        minimum=0,
        maximum=65536,
        unit="pixels",
        help="how many the picture has once around the middle of the fall; 0 for as many as frames show",
    ).field()
    close: float = Seconds(
        default=0.0,
        help="a loop of a clip that is dreamed in the usual way: through how many seconds at its end it is "
        "led back to its first frame; 0 for none",
    ).field()

    @property
    def is_endless(self) -> bool:
        """Whether the frames are one round of a loop that is dreamed as a whole."""
        return self.depth > 0

    @property
    def is_closed(self) -> bool:
        """Whether the last frame leads into the first, one way or the other."""
        return self.is_endless or self.close > 0

    def count_dreams(self, steps: int) -> int:
        """How often the picture is dreamed over, where a dream has so many steps, of all octaves together.

        By itself so often that it looks as a clip of that look does: all of that has been dreamed many times,
        at every size.
        """
        if self.dreams != AUTO:
            return int(self.dreams)
        return min(_MOST_DREAMS, max(_LEAST_DREAMS, round(_STEPS / max(1, steps))))
