"""When something is in a film, and for how long: as keyframes have their times, and numbers are seconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Final

from dreamzoom.recipe.settings import Setting, is_number
from dreamzoom.tracks.base import Clock
from dreamzoom.tracks.timing import Time, Unit, read_time, seconds_after

LONGEST: Final = 24 * 3600
"""Seconds of the longest film."""

_PLAIN = re.compile(r"\d{1,6}(?:\.\d{0,9})?|\.\d{1,9}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class FilmTime(Setting[Time]):
    """A moment of a film: seconds from its start, or what `tracks.timing.read_time` reads."""

    text_is_value: ClassVar[bool] = True

    def parse(self, raw: object) -> Time:
        if is_number(raw) and 0 <= raw <= LONGEST:
            return Time(Fraction(repr(raw)), Unit.SECOND)
        if not isinstance(raw, str) or not raw.strip():
            raise self.refuse(raw)
        return Time(Fraction(raw), Unit.SECOND) if _PLAIN.fullmatch(raw.strip()) else read_time(raw)

    def describe(self) -> str:
        return "seconds, or a time such as '1:02', 'bar 9', 'chorus 2' or 'chorus + 2 bars'"


@dataclass(frozen=True, kw_only=True)
class FilmLength(FilmTime):
    """How long something is: seconds, frames, beats or bars."""

    def parse(self, raw: object) -> Time:
        text = raw.strip() if isinstance(raw, str) else ""
        if text[:1].isalpha():  # the number of a bar, or a section
            raise self.refuse(raw)
        length = super().parse(raw)
        if length.section is not None:
            raise self.refuse(raw)
        return length

    def describe(self) -> str:
        return "seconds, or a length such as '1:02', '8 bars', '4 beats' or '48f'"


def start_of(time: Time, clock: Clock) -> Fraction:
    """When a moment is, in seconds.

    Args:
        clock: of the film, and what it hears.

    Raises:
        RecipeError: there is no music, or it has no beats, or no such section.
    """
    return time.position(clock) / clock.fps


def end_of(start: Fraction, length: Time, clock: Clock) -> Fraction:
    """When what begins at `start` has lasted so long, in seconds.

    Beats and bars are counted from there, wherever between two of them it begins.

    Raises:
        RecipeError: there is no music, or it has no beats.
    """
    return seconds_after(start, length.number, length.unit, clock)


def before_end(end: Fraction, length: Time, clock: Clock) -> Fraction:
    """When what ends at `end` begins, if it lasts so long: in seconds.

    Raises:
        RecipeError: there is no music, or it has no beats.
    """
    return seconds_after(end, -length.number, length.unit, clock)


def frame_at(seconds: Fraction, fps: Fraction) -> int:
    """The frame whose time is the nearest; of two that are as near, the later one."""
    return int(seconds * fps + Fraction(1, 2)) if seconds >= 0 else -1


def in_words(seconds: Fraction) -> str:
    """A moment as messages name it: "1:02.50"."""
    hundredths = round(seconds * 100)
    minutes, rest = divmod(abs(hundredths), 6000)
    return f"{'-' if hundredths < 0 else ''}{minutes}:{rest // 100:02d}.{rest % 100:02d}"
