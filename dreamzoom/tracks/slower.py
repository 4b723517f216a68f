"""Tracks written anew for fewer frames a second."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from dreamzoom.tracks.base import Clock, Kind, Source, Track
from dreamzoom.tracks.constant import Constant
from dreamzoom.tracks.expression import Expression
from dreamzoom.tracks.keyframes import Keyframe, Keyframes
from dreamzoom.tracks.times import Unit, read_time

_TIME: Final = re.compile(r"\b(?:t|n|N|fps)\b")
_UNIT: Final = re.compile(r"/\s*(?:s|frame)\s*$")


@dataclass(frozen=True)
class Change:
    """What becomes of a value, as a number and as a formula with the old one in the place of `{}`."""

    number: Callable[[float], float]
    formula: str


def change_of(kind: Kind, ratio: int) -> Change:
    """What becomes of a value that was for one frame, where one frame stands for `ratio` of them."""
    if kind is Kind.FACTOR:
        return Change(lambda number: number**ratio, f"({{}})**{ratio}")
    if kind is Kind.RATE:
        return Change(lambda number: number * ratio, f"({{}})*{ratio}")
    return Change(lambda number: number, "{}")


def slower(track: Track, ratio: int, clock: Clock, change: Change, lag: Fraction = Fraction(0)) -> Source:
    """The track as it is written for a clip whose every frame stands for `ratio` of this clip's.

    What is meant per second stays as it is.

    Args:
        clock: of the clip that the track was written for.
        change: what becomes of the values that are not.
        lag: by how many of that clip's frames the new track is to be later.
    """
    if isinstance(track, Constant):
        return track.source if track.quantity.per_second else change.number(track.quantity.number)
    if isinstance(track, Keyframes):
        return {slower_time(each.key, clock, lag): _keyframe(each, change) for each in track.keyframes}
    if isinstance(track, Expression):
        return _formula(track, ratio, change, lag)
    return track.source


def slower_time(key: str, clock: Clock, lag: Fraction = Fraction(0)) -> str:
    """A keyframe's time in frames of `clock` as one in seconds, so many of those frames later."""
    if key == "ease" or (read_time(key).unit is not Unit.FRAME and not lag):
        return key
    return f"{_decimal((read_time(key).position(clock) + lag) / clock.fps)}s"


def _decimal(seconds: Fraction) -> str:
    """To the nanosecond, which is as exact as a time can be written."""
    return f"{float(seconds):.9f}".rstrip("0").rstrip(".")


def _keyframe(keyframe: Keyframe, change: Change) -> object:
    quantity = keyframe.quantity
    value = f"{quantity.number!r}/s" if quantity.per_second else change.number(quantity.number)
    return value if keyframe.ease == "linear" else {"value": value, "ease": keyframe.ease}


def _formula(track: Expression, ratio: int, change: Change, lag: Fraction) -> str:
    """The formula with the other clip's time in the place of the new one's."""
    late = float(lag)
    there = {
        "t": f"max(t - {late}/(fps*{ratio}), 0)" if lag else "t",
        "n": f"max(n*{ratio} - {late}, 0)" if lag else f"(n*{ratio})",
        "N": f"(N*{ratio})",
        "fps": f"(fps*{ratio})",
    }
    text = _TIME.sub(lambda name: there[name[0]], track.source)
    return text if track.formula.unit == "s" else change.formula.format(_UNIT.sub("", text))
