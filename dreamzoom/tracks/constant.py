"""Numbers with units, and the track that never changes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from dreamzoom.errors import RecipeError, quote_value
from dreamzoom.tracks.base import Clock, Curve, Kind

NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"  # reads a digit in one way only: never slow
_QUANTITY = re.compile(
    rf"\s*(?P<number>[+-]?\s*{NUMBER})\s*(?P<degrees>deg|°)?\s*(?:/\s*(?P<per>s|frame))?\s*", re.ASCII
)

_LONGEST = 100  # characters of a number with its unit


@dataclass(frozen=True)
class Quantity:
    """A number as it was written: a level, or a change per frame or per second."""

    number: float
    per_second: bool = False

    def per_frame(self, kind: Kind, clock: Clock) -> float:
        """The number for one frame of `clock`."""
        return to_frames(kind, clock, self.per_second)(self.number)


@dataclass(frozen=True)
class Constant:
    """The same number at every frame."""

    source: int | float | str
    kind: Kind
    quantity: Quantity

    needs_music: ClassVar[bool] = False

    def at(self, frame: int, clock: Clock) -> float:
        return self.quantity.per_frame(self.kind, clock)

    def bind(self, clock: Clock) -> Curve:
        value = self.quantity.per_frame(self.kind, clock)
        return lambda frame: value


def to_frames(kind: Kind, clock: Clock, per_second: bool) -> Callable[[float], float]:
    """From a number as written to the number for one frame.

    A growth of x a second is the growth that, taken once a frame, has become x after a second:
    x ** (1 / fps).
    """
    if not per_second:
        return lambda number: number
    fps = float(clock.fps)
    if kind is Kind.FACTOR:
        return lambda number: math.pow(number, 1 / fps)
    return lambda number: number / fps


def read_number(value: float, kind: Kind) -> Quantity:
    """A TOML number as a quantity per frame.

    Raises:
        RecipeError: it is not finite.
    """
    return _checked(_finite(value, quote_value(value)), kind, per_second=False)


def read_quantity(text: str, kind: Kind) -> Quantity | None:
    """A text such as "1.05", "4.3/s", "10deg/s" or "1.05/frame" as a quantity; None when it is none.

    Raises:
        RecipeError: the number is too large, or the unit does not suit the kind.
    """
    match = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    if match["degrees"] and kind is not Kind.RATE:
        raise RecipeError(f"is no angle: write {match['number']!r} without {match['degrees']!r}")
    number = _finite("".join(match["number"].split()), quote_value(text.strip()))
    if match["per"]:
        refuse_unit_of_level(kind, match["per"])
    return _checked(number, kind, per_second=match["per"] == "s")


def refuse_unit_of_level(kind: Kind, unit: str) -> None:
    """Raise a RecipeError where "per frame" and "per second" mean nothing."""
    if kind is Kind.LEVEL:
        raise RecipeError(f"is a level, not a motion: write it without '/{unit}'")


def _finite(value: float | str, spelling: str) -> float:
    try:
        number = float(value)
    except OverflowError:  # an integer beyond every float
        number = math.inf
    if not math.isfinite(number):
        raise RecipeError(f"is {spelling}: must be a finite number")
    return number


def _checked(number: float, kind: Kind, *, per_second: bool) -> Quantity:
    if per_second and kind is Kind.FACTOR and number <= 0:
        raise RecipeError(f"is {number:g}/s: a factor per second must be above 0")
    return Quantity(number, per_second)
