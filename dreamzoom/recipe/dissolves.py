"""Pictures that dissolve into the running dream, as a recipe says it: each a row of `[[clip.dissolve]]`."""

# ruff: noqa: RUF009 - `field()` makes a dataclass field, and its defaults cannot change
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Final

from dreamzoom.recipe.settings import GENERATED, FileText, Setting
from dreamzoom.tracks.base import Clock, Curve
from dreamzoom.tracks.music import number_at, time_of
from dreamzoom.tracks.timing import Time, Unit, read_time

MOST_DISSOLVES: Final = 64


@dataclass(frozen=True)
class WrittenTime:
    """A time of the clip as it was written, and what it stands for; as a track it is the same at every frame.

    Attributes:
        source: as a TOML file spells it.
    """

    source: int | str
    time: Time

    @property
    def needs_music(self) -> bool:
        """Whether the clip's music has to be heard first."""
        return self.time.needs_music

    def at(self, frame: int, clock: Clock) -> float:
        """The time in frames, whatever `frame` is. Raises as `Time.position`."""
        return float(self.time.position(clock))

    def bind(self, clock: Clock) -> Curve:
        """The same for all frames."""
        position = self.at(0, clock)
        return lambda frame: position

    def after(self, start: Fraction, clock: Clock) -> Fraction:
        """The time so much after another one, in frames: beats and bars are the music's there.

        Raises:
            RecipeError: there is no music, or it has no beats.
        """
        if self.time.unit not in (Unit.BEAT, Unit.BAR):
            return start + self.time.position(clock)
        self.time.position(clock)  # tells where there are none
        music = clock.require_music(str(self.source))
        times = music.beats if self.time.unit is Unit.BEAT else music.bars
        first = Fraction(number_at(float(start / clock.fps), times))
        return time_of(first + self.time.number, times) * clock.fps


@dataclass(frozen=True, kw_only=True)
class TimeText(Setting[WrittenTime]):
    """A time of the clip.

    Attributes:
        is_length: whether it is a length of time, which no section is.
    """

    is_length: bool = False

    text_is_value: ClassVar[bool] = True

    def tracks(self, value: WrittenTime) -> tuple[WrittenTime]:
        return (value,)

    def parse(self, raw: object) -> WrittenTime:
        if isinstance(raw, bool) or not isinstance(raw, int | str):
            raise self.refuse(raw)
        time = read_time(str(raw))
        if self.is_length and time.section is not None:
            raise self.refuse(raw)
        return WrittenTime(raw, time)

    def dump(self, value: WrittenTime) -> object:
        return value.source

    def describe(self) -> str:
        rest = "" if self.is_length else ", or a section of the song"
        return f"frames (90), seconds ('4s'), beats ('8beats') or bars ('2bars'){rest}"

    def form(self) -> dict[str, object]:
        return {"kind": "time", "is_length": self.is_length}

    def check(self, value: WrittenTime, clock: Clock) -> None:
        value.at(0, clock)


@dataclass(frozen=True)
class Dissolve:
    """A picture that dissolves into the running dream and is dreamed over."""

    image: str = FileText(
        default="",
        what="a picture's path or URL, or a generator such as 'clouds'",
        help="the picture that comes",
        kind="dissolve",
        or_word=True,
        words=GENERATED,
    ).field()
    at: WrittenTime = TimeText(default="0s", help="when it begins to come").field()
    over: WrittenTime = TimeText(
        default="4s",
        is_length=True,
        help="after how long it fills the frame: the camera falls into it, or draws back from it, meanwhile",
    ).field()


def dissolve_span(row: Dissolve, clock: Clock) -> tuple[int, int]:
    """The frame before the first that a picture is in, and the one that it fills.

    Raises:
        RecipeError: there is no music that the times go by.
    """
    start = row.at.time.position(clock)
    return round(start), round(row.over.after(start, clock))
