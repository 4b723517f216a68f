"""Keyframes' times and eases: how they are written, and how a value goes from one keyframe to the next."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from itertools import pairwise
from typing import Final, Protocol, TypeVar

from dreamzoom.errors import RecipeError, nearest, quote_value
from dreamzoom.tracks.base import Clock
from dreamzoom.tracks.music import number_at, time_of
from dreamzoom.tracks.places import SectionName, find_section, read_section

_FRAMES = re.compile(r"(\d{1,9})\s*f?", re.ASCII)
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})\s*s", re.ASCII)
_MINUTES = re.compile(r"(\d{1,6}):([0-5]\d(?:\.\d{0,9})?)", re.ASCII)
_MUSIC = re.compile(r"(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})\s*(beat|bar)s?", re.ASCII)
_NTH = re.compile(r"(beat|bar)\s*(\d{1,9})", re.ASCII)
_AFTER = re.compile(
    r"(?P<name>.*\S)\s*(?P<sign>[+-])\s*(?P<number>\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})\s*"
    r"(?P<unit>s|beats?|bars?)",
    re.ASCII,
)


class Unit(Enum):
    """What a time is counted in."""

    FRAME = "frame"
    SECOND = "second"
    BEAT = "beat"
    BAR = "bar"


@dataclass(frozen=True)
class Time:
    """A keyframe's time, exactly as written. Beats and bars count from 0, the music's first.

    Attributes:
        section: from whose start it counts, forwards or back, instead of the clip's.
    """

    number: Fraction
    unit: Unit
    section: SectionName | None = None

    @property
    def needs_music(self) -> bool:
        """Whether the music decides when it is."""
        return self.section is not None or self.unit in (Unit.BEAT, Unit.BAR)

    def position(self, clock: Clock) -> Fraction:
        """The time in frames; what is not counted in frames may fall between two.

        Raises:
            RecipeError: there is no music, or it has no beats, or no such section.
        """
        if self.unit is Unit.FRAME:
            return self.number
        return self._seconds(clock) * clock.fps

    def _seconds(self, clock: Clock) -> Fraction:
        start = Fraction(0) if self.section is None else self._start(self.section, clock)
        if self.section is None and self.unit is not Unit.SECOND:
            return time_of(self.number, _times(self.unit, clock))
        return seconds_after(start, self.number, self.unit, clock)

    def _start(self, section: SectionName, clock: Clock) -> Fraction:
        if clock.music is None:
            raise RecipeError(
                f"has no time {quote_value(section.text)}: sections go by the music: name a song in "
                f'music.song, or with --audio; or {_HOW} or bars ("4bars")'
            )
        return find_section(section, clock.music.sections)


def seconds_after(start: Fraction, number: Fraction, unit: Unit, clock: Clock) -> Fraction:
    """When so many seconds, beats or bars have gone by after `start`, or are still to go by where `number` is
    below 0: in seconds.

    A start between two beats counts from there: two beats later is as far between two others.

    Raises:
        RecipeError: there is no music, or it has no beats.
    """
    if unit is Unit.FRAME:
        return start + number / clock.fps
    if unit is Unit.SECOND or not number:
        return start + number
    times = _times(unit, clock)
    return time_of(Fraction(number_at(float(start), times)) + number, times)


def _times(unit: Unit, clock: Clock) -> Sequence[float]:
    """When the music's beats or bars fall."""
    music = clock.require_music(f"{unit.value}s")
    times = music.beats if unit is Unit.BEAT else music.bars
    if len(times) < 2:
        raise RecipeError(
            f"counts {unit.value}s, and none are heard in the song: give its music.tempo, or write seconds"
        )
    return times


class Timed(Protocol):
    """A keyframe of any kind: its time, and the key that was written for it."""

    @property
    def key(self) -> str: ...

    @property
    def time(self) -> Time: ...


K = TypeVar("K", bound=Timed)
V = TypeVar("V")


_HOW: Final = 'write frames (90), seconds (2s, "1.5s"), minutes ("1:30"), beats ("8beats")'


def read_time(key: str) -> Time:
    """Read frames ("90", "90f"), seconds ("3s", "1.5s"), minutes and seconds ("1:30"), beats or bars of the
    music ("8beats", "4bars", or the "5th" as "bar 5"), or a section of it, and what comes after or before its
    start ("A2", "2nd B", "chorus + 2bars").

    Raises:
        RecipeError: it is none of these.
    """
    text = key.strip()
    if match := _FRAMES.fullmatch(text):
        return Time(Fraction(match[1]), Unit.FRAME)
    if match := _SECONDS.fullmatch(text):
        return Time(Fraction(match[1]), Unit.SECOND)
    if match := _MINUTES.fullmatch(text):
        return Time(int(match[1]) * 60 + Fraction(match[2]), Unit.SECOND)
    if in_music := _time_in_music(text):
        return in_music
    if match := _AFTER.fullmatch(text):
        section = read_section(match["name"])
        if section is not None:
            sign = -1 if match["sign"] == "-" else 1
            return Time(sign * Fraction(match["number"]), _unit(match["unit"]), section)
    section = read_section(text)
    if section is not None:
        return Time(Fraction(0), Unit.SECOND, section)
    raise RecipeError(f'has no time {quote_value(key)}: {_HOW}, bars ("4bars") or sections ("A2")')


def _time_in_music(text: str) -> Time | None:
    """A count of beats or bars, or the number of one."""
    if match := _MUSIC.fullmatch(text):
        return Time(Fraction(match[1]), Unit(match[2]))
    if (match := _NTH.fullmatch(text)) and int(match[2]):
        return Time(Fraction(int(match[2]) - 1), Unit(match[1]))
    return None


def _unit(word: str) -> Unit:
    return Unit.SECOND if word == "s" else Unit(word.rstrip("s"))


def read_ease(value: object, names: Sequence[str]) -> str:
    """An ease's name, which must be one of `names`.

    Raises:
        RecipeError: it is not; the nearest are named.
    """
    if not isinstance(value, str) or value not in names:
        hint = nearest(value if isinstance(value, str) else "", names)
        raise RecipeError(f"has no ease {quote_value(value)}{hint}")
    return value


def open_keyframe(table: Mapping[object, object], ease: str, names: Sequence[str]) -> tuple[object, str]:
    """A keyframe's own table as its value and its ease, which is `ease` where it names none.

    Raises:
        RecipeError: it has other keys, no value, or an ease that is none of `names`.
    """
    unknown = [str(key) for key in table if key not in ("value", "ease")]
    if unknown and re.fullmatch(r"\d+\s*(?:s|f|beats?|bars?)?", unknown[0]):
        raise RecipeError('holds a table: a time with a point needs quotes, such as "1.5s" = 1.0')
    if unknown:
        raise RecipeError(f"has no key {quote_value(unknown[0])}{nearest(unknown[0], ('value', 'ease'))}")
    if "value" not in table:
        raise RecipeError('has no value: write { value = 1.0, ease = "step" }')
    return table["value"], read_ease(table.get("ease", ease), names)


def read_timed(
    table: Mapping[str, object], eases: Sequence[str], read: Callable[[object], V]
) -> tuple[str, list[tuple[str, Time, V, str]]]:
    """Read a table of keyframes of any kind.

    Args:
        eases: the names of those that it may have; "linear" rules where the table names none.
        read: from what TOML gives to a value; it raises a RecipeError where it cannot.

    Returns:
        The table's ease, and each keyframe's key, time, value and ease.

    Raises:
        RecipeError: a time, value or ease cannot be read, two times are the same, or there is no keyframe.
    """
    ease = read_ease(table.get("ease", "linear"), eases)
    rows: dict[Time, tuple[str, Time, V, str]] = {}
    for key, entry in ((str(key), entry) for key, entry in table.items() if key != "ease"):
        time = read_time(key)
        if time.section is not None and entry in eases:  # no section, but a slip of the pen
            raise RecipeError(f"has no time {quote_value(key)}{nearest(key, ('ease',))}")
        if time in rows:
            raise RecipeError(f"has two keyframes at one time: {rows[time][0]!r} and {key!r}")
        try:
            value, own = open_keyframe(entry, ease, eases) if isinstance(entry, Mapping) else (entry, ease)
            rows[time] = (key, time, read(value), own)
        except RecipeError as error:
            raise RecipeError(f"at keyframe {quote_value(key)} {error}") from None
    if not rows:
        raise RecipeError("has no keyframes: write at least one time and value, such as { 0 = 1.0 }")
    return ease, list(rows.values())


def place_keyframes(keyframes: Iterable[K], clock: Clock) -> list[tuple[Fraction, K]]:
    """The keyframes in order of time, each with its place in frames.

    Raises:
        RecipeError: two of them are at the same time.
    """
    placed = sorted(((each.time.position(clock), each) for each in keyframes), key=lambda pair: pair[0])
    for (position, first), (next_position, second) in pairwise(placed):
        if position == next_position:
            fps = "" if first.time.unit is second.time.unit else f" at {float(clock.fps):g} fps"
            raise RecipeError(f"has two keyframes at one time{fps}: {first.key!r} and {second.key!r}")
    return placed


Ease = Callable[[float], float]

EASES: Final[Mapping[str, Ease]] = {
    "linear": lambda u: u,
    "step": lambda u: 0.0 if u < 1 else 1.0,  # holds, then jumps at the next keyframe
    "smooth": lambda u: u * u * (3 - 2 * u),
    "ease-in": lambda u: u**3,
    "ease-out": lambda u: 1 - (1 - u) ** 3,
    "ease-in-out": lambda u: 4 * u**3 if u < 0.5 else 1 - 4 * (1 - u) ** 3,
}
"""The share of the way that is gone after the share `u` of the time: both 0 to 1, never going back."""

CUBIC: Final = "cubic"
"""Flows through the keyframes without stopping, by PCHIP: it needs the neighbours' values, not `u` alone."""

EASE_NAMES: Final = (*EASES, CUBIC)
