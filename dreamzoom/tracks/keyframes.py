"""Keyframes of numbers: values at times, and what lies between them."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Final

from dreamzoom.errors import RecipeError, quote_value
from dreamzoom.tracks.base import Clock, Curve, Kind
from dreamzoom.tracks.constant import Quantity, read_number, read_quantity
from dreamzoom.tracks.timing import (
    CUBIC,
    EASE_NAMES,
    EASES,
    Time,
    place_keyframes,
    read_timed,
)

_NEAREST: Final = Fraction(1, 1000)  # frames


@dataclass(frozen=True)
class Keyframe:
    """A value at a time. `ease` is how the value leaves for the next keyframe."""

    key: str
    time: Time
    quantity: Quantity
    ease: str


@dataclass(frozen=True)
class Keyframes:
    """Values at times, eased in between; factors (zoom) in the logarithm: half the way is half the growth.

    Before the first keyframe its value holds, after the last one its. Keyframes past the clip's end
    count: the clip goes towards them, and a longer clip gets there.
    """

    source: dict[str, object] = field(hash=False)
    kind: Kind
    keyframes: tuple[Keyframe, ...]

    @property
    def needs_music(self) -> bool:
        return any(keyframe.time.needs_music for keyframe in self.keyframes)

    def at(self, frame: int, clock: Clock) -> float:
        return self.bind(clock)(frame)

    def bind(self, clock: Clock) -> Curve:
        placed = self.placed(clock)
        positions = [float(position) for position, _ in placed]
        values = [keyframe.quantity.per_frame(self.kind, clock) for _, keyframe in placed]
        eases = [keyframe.ease for _, keyframe in placed]
        return _Path(positions, values, eases, logarithmic=self.kind is Kind.FACTOR).at

    def value_range(self, clock: Clock) -> tuple[float, float] | None:
        """The lowest and the highest value, known without working out what lies between: no ease leads
        outside. None where keyframes are so near each other that a cubic may have no finite slope.
        """
        placed = self.placed(clock)
        if any(after - before < _NEAREST for (before, _), (after, _) in pairwise(placed)):
            return None
        values = [keyframe.quantity.per_frame(self.kind, clock) for _, keyframe in placed]
        return min(values), max(values)

    def placed(self, clock: Clock) -> list[tuple[Fraction, Keyframe]]:
        """The keyframes in order of time, each with its place in frames.

        Raises:
            RecipeError: two of them are at the same time.
        """
        return place_keyframes(self.keyframes, clock)


class _Path:
    """Keyframes laid out on one clip's frames."""

    def __init__(
        self, positions: list[float], values: list[float], eases: list[str], *, logarithmic: bool
    ) -> None:
        self._positions, self._values, self._eases = positions, values, eases
        self._logarithmic = logarithmic
        self._scaled = [math.log(value) for value in values] if logarithmic else values
        self._cubic = _cubic(positions, self._scaled) if CUBIC in eases[:-1] else None

    def at(self, frame: int) -> float:
        last = bisect_right(self._positions, frame) - 1  # the last keyframe that is not later
        if last < 0:
            return self._values[0]
        if last == len(self._positions) - 1 or self._positions[last] == frame:
            return self._values[last]
        scaled = self._between(last, frame)
        value = math.exp(scaled) if self._logarithmic else scaled
        low, high = sorted(self._values[last : last + 2])
        return min(max(value, low), high)  # no rounding error leads outside

    def _between(self, left: int, frame: int) -> float:
        if self._cubic is not None and self._eases[left] == CUBIC:
            return self._cubic(frame)
        width = self._positions[left + 1] - self._positions[left]
        gone = EASES[self._eases[left]]((frame - self._positions[left]) / width)
        return self._scaled[left] * (1 - gone) + self._scaled[left + 1] * gone


def _cubic(positions: list[float], values: list[float]) -> Curve:
    """The monotone cubic through all keyframes. SciPy loads for the tracks that ask for it alone."""
    from numpy import errstate
    from scipy.interpolate import PchipInterpolator

    try:
        with errstate(all="ignore"):
            path = PchipInterpolator(positions, values)
    except ValueError:  # a slope beyond every float
        raise RecipeError(f"has keyframes too far apart for the ease {CUBIC!r}") from None
    return lambda frame: float(path(frame))


def read_keyframes(table: Mapping[str, object], kind: Kind) -> Keyframes:
    """Read `{ 0 = 1.02, "1.5s" = "4.3/s", 4s = { value = 1.0, ease = "step" }, ease = "smooth" }`.

    Times are frames ("90", "90f"), seconds ("3s", "1.5s") or minutes and seconds ("1:30"). `ease` is
    one of `EASE_NAMES`, "linear" where none is given; in a keyframe's own table it rules the way from
    there to the next one.

    Raises:
        RecipeError: a time, value or ease cannot be read, two times are the same, or there is no keyframe.
    """
    _, rows = read_timed(table, EASE_NAMES, lambda value: _read_value(value, kind))
    return Keyframes(_copy(table), kind, tuple(Keyframe(*row) for row in rows))


def _read_value(value: object, kind: Kind) -> Quantity:
    quantity = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        quantity = read_number(value, kind)
    elif isinstance(value, str):
        quantity = read_quantity(value, kind)
    if quantity is None:
        raise RecipeError(f'is {quote_value(value)}: must be a number, such as 1.05 or "4.3/s"')
    if kind is Kind.FACTOR and quantity.number <= 0:
        raise RecipeError(f"is {quote_value(value)}: a factor must be above 0")
    return quantity


def _copy(table: Mapping[str, object]) -> dict[str, object]:
    return {str(key): _copy(value) if isinstance(value, Mapping) else value for key, value in table.items()}
