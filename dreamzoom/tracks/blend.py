"""Choices over time: which layer, which channels, which picture, cross-faded by weight, never switched.

    dream.layer = "fire8/concat"                                             the same at every frame
    dream.layer = { 0 = "fire4/concat", 5s = "fire8/concat", ease = "smooth" }

    colour.palette = { 0 = "dusk", 4bars = "lagoon", repeat = "8bars" }      and again from the first

A keyframe's value has all the weight at its time. Between two keyframes the one's weight goes down as the
other's goes up; together they are always 1.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Final, Generic, TypeAlias, TypeVar

from dreamzoom.errors import RecipeError, quote_value
from dreamzoom.tracks.base import Clock, Curve
from dreamzoom.tracks.timing import (
    EASES,
    Time,
    Unit,
    place_keyframes,
    read_time,
    read_timed,
)

V = TypeVar("V")
W = TypeVar("W")
Weights: TypeAlias = tuple[tuple[V, float], ...]
"""Different values with their weights, all above 0, their sum 1: one value, or two while they cross-fade."""

_EASES: Final = tuple(EASES)  # without "cubic": a weight has two neighbours in time, no more
_AT_START: Final = Time(Fraction(0), Unit.FRAME)
_BEYOND: Final = 1000  # frames past a clip's end that a repeated blend is worked out for: dreams look ahead


@dataclass(frozen=True)
class BlendKeyframe(Generic[V]):
    """A value at a time. `ease` is how it gives way to the next keyframe's."""

    key: str
    time: Time
    value: V
    ease: str


@dataclass(frozen=True)
class Repeat:
    """After how long keyframes come again, as it was written, and that time."""

    key: str
    time: Time


@dataclass(frozen=True)
class Blend(Generic[V]):
    """Values at times that fade into one another; `ease` rules where a keyframe names none of its own.

    Before the first keyframe its value holds alone, after the last one its. A blend that never changes has
    one keyframe, whatever its time was.

    Attributes:
        repeat: after how long the keyframes come again, and again; None for never.
    """

    keyframes: tuple[BlendKeyframe[V], ...]
    ease: str = "linear"
    repeat: Repeat | None = None

    @property
    def choices(self) -> tuple[V, ...]:
        """Every value there is, once, in the order of their first mention."""
        return tuple(dict.fromkeys(keyframe.value for keyframe in self.keyframes))

    @property
    def needs_music(self) -> bool:
        """Whether it goes by the clip's music, which has to be heard first."""
        return any(keyframe.time.needs_music for keyframe in self.keyframes)

    def at(self, frame: int, clock: Clock) -> Weights[V]:
        """The values that count at `frame`; it depends on nothing but its arguments.

        Raises:
            RecipeError: two keyframes are at one time at this frame rate.
        """
        return self.bind(clock)(frame)

    def bind(self, clock: Clock) -> Callable[[int], Weights[V]]:
        """The same, worked out once for many frames: `bind(clock)(frame) == at(frame, clock)`.

        Raises:
            RecipeError: as `at`.
        """
        placed = place_keyframes(self._unrolled(clock), clock)
        positions = [float(position) for position, _ in placed]
        order = [keyframe for _, keyframe in placed]

        def at(frame: int) -> Weights[V]:
            last = bisect_right(positions, frame) - 1  # the last keyframe that is not later
            if last < 0 or last == len(order) - 1:
                return ((order[max(last, 0)].value, 1.0),)
            now, following = order[last], order[last + 1]
            share = EASES[now.ease]((frame - positions[last]) / (positions[last + 1] - positions[last]))
            return _weights(now.value, following.value, share)

        return at

    def _unrolled(self, clock: Clock) -> tuple[BlendKeyframe[V], ...]:
        """The keyframes as often as the clip has room for them."""
        if self.repeat is None:
            return self.keyframes
        unit, period = self.repeat.time.unit, self.repeat.time.number
        keyframes: list[BlendKeyframe[V]] = []
        for number in range(clock.frames + _BEYOND):
            start = Time(number * period, unit)
            if number and start.position(clock) - Time(start.number - period, unit).position(clock) < 1:
                raise RecipeError(f"repeats every {self.repeat.key}, which is less than a frame")
            keyframes += (
                replace(each, time=Time(start.number + each.time.number, unit)) for each in self.keyframes
            )
            if start.position(clock) > clock.frames + _BEYOND:
                break
        return tuple(keyframes)

    def map_values(self, change: Callable[[V], V]) -> Blend[V]:
        """The same blend of other values."""
        changed = (replace(keyframe, value=change(keyframe.value)) for keyframe in self.keyframes)
        return replace(self, keyframes=tuple(changed))

    def source(self, dump: Callable[[V], object]) -> object:
        """The blend as a TOML file spells it: a plain value where it never changes, else a table."""
        if len(self.keyframes) == 1 and self.keyframes[0].time.section is None:
            return dump(self.keyframes[0].value)
        table = {keyframe.key: self._source_of(keyframe, dump) for keyframe in self.keyframes}
        if self.repeat is not None:
            table["repeat"] = self.repeat.key
        return table if self.ease == "linear" else {**table, "ease": self.ease}

    def _source_of(self, keyframe: BlendKeyframe[V], dump: Callable[[V], object]) -> object:
        value = dump(keyframe.value)
        return value if keyframe.ease == self.ease else {"value": value, "ease": keyframe.ease}


@dataclass(frozen=True)
class Share(Generic[V]):
    """The weight of one of a blend's values, as a track: from 0 to 1."""

    blend: Blend[V]
    value: V

    @property
    def source(self) -> str:
        """What the weight is of."""
        return f"weight of {self.value}"

    @property
    def needs_music(self) -> bool:
        return self.blend.needs_music

    def at(self, frame: int, clock: Clock) -> float:
        return self.bind(clock)(frame)

    def bind(self, clock: Clock) -> Curve:
        weights = self.blend.bind(clock)
        return lambda frame: dict(weights(frame)).get(self.value, 0.0)


def steady(value: V) -> Blend[V]:
    """The blend that is `value` at every frame."""
    return Blend((BlendKeyframe("0", _AT_START, value, "linear"),))


def read_blend(table: Mapping[str, object], parse: Callable[[object], V]) -> Blend[V]:
    """Read `{ 0 = "a", "1.5s" = { value = "b", ease = "step" }, 4s = "c", ease = "smooth" }`.

    Times are written as those of numbers' keyframes. Eases are theirs too, but for "cubic". With `repeat =
    "6s"` the keyframes come again every 6 seconds.

    Args:
        parse: from what TOML gives to a value; it raises a RecipeError where it cannot.

    Raises:
        RecipeError: a time, value or ease cannot be read, two times are the same, or there is no keyframe.
    """
    ease, rows = read_timed({key: each for key, each in table.items() if key != "repeat"}, _EASES, parse)
    keyframes = tuple(BlendKeyframe(*row) for row in rows)
    if len(keyframes) == 1 and keyframes[0].time.section is None:
        return steady(keyframes[0].value)
    repeat = _read_repeat(table["repeat"], keyframes) if "repeat" in table else None
    return Blend(keyframes, ease, repeat)


def _read_repeat(value: object, keyframes: tuple[BlendKeyframe[V], ...]) -> Repeat:
    """A time that is longer than all of the keyframes', and counted as theirs are; 0 is 0 however counted."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RecipeError(f'repeats every {quote_value(value)}: write a time, such as "8bars" or "4s"')
    repeat = Repeat(str(value), read_time(str(value)))
    if repeat.time.section is not None:
        raise RecipeError(f"repeats every {quote_value(value)}: sections come when they do; write a time")
    for keyframe in keyframes:
        time = keyframe.time
        if time.section is not None or (time.number and time.unit is not repeat.time.unit):
            raise RecipeError(
                f"repeats every {repeat.key!r}, and has a keyframe at {keyframe.key!r}: count both alike"
            )
        if time.number >= repeat.time.number:
            raise RecipeError(
                f"repeats every {repeat.key!r}, and has a keyframe at {keyframe.key!r}, which never comes"
            )
    return repeat


def meetings(first: Blend[V], second: Blend[W], clock: Clock) -> tuple[tuple[V, W], ...]:
    """The pairs of a value of the one and a value of the other that count at the same frame of the clip.

    Of a blend that never changes with one that does, all pairs there are, those after the clip's end too.
    """
    if len(first.choices) == 1 or len(second.choices) == 1:
        return tuple(product(first.choices, second.choices))
    ones, others = first.bind(clock), second.bind(clock)
    met = (product(ones(frame), others(frame)) for frame in range(clock.frames))
    return tuple(dict.fromkeys((one, other) for pairs in met for (one, _), (other, _) in pairs))


def _weights(now: V, following: V, share: float) -> Weights[V]:
    """What is left of the one value, and the share that the other has of the whole by now."""
    if now == following or share <= 0:
        return ((now, 1.0),)
    return ((following, 1.0),) if share >= 1 else ((now, 1 - share), (following, share))
