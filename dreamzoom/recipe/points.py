"""Keys of the recipe that hold a point: two numbers that may move, or "auto"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, TypeAlias

from dreamzoom.errors import RecipeError
from dreamzoom.recipe.settings import Ranged, Setting
from dreamzoom.tracks.base import Clock, Kind, Track
from dreamzoom.tracks.parse import check_range, parse_track

TrackPair: TypeAlias = tuple[Track, Track]
Auto: TypeAlias = Literal["auto"]
AUTO: Final[Auto] = "auto"
"""The camera looks for its target by itself."""


@dataclass(frozen=True, kw_only=True)
class MovingPoint(Ranged[TrackPair]):
    """Two numbers [x, y] that may change over the frames, each within the range."""

    kind: Kind = Kind.LEVEL

    moves: ClassVar[bool] = True

    def tracks(self, value: TrackPair) -> TrackPair:
        return value

    def parse(self, raw: object) -> TrackPair:
        if not isinstance(raw, list | tuple) or len(raw) != 2:
            raise self.refuse(raw)
        with _naming("x"):
            x = parse_track(raw[0], self.kind)
        with _naming("y"):
            return x, parse_track(raw[1], self.kind)

    def dump(self, value: TrackPair) -> object:
        return [track.source for track in value]

    def describe(self) -> str:
        return f"[x, y], numbers or tracks {self.span()}"

    def form(self) -> dict[str, object]:
        return {"kind": "point", **self.limits(), "a_second": self.kind is not Kind.LEVEL}

    def check(self, value: TrackPair, clock: Clock) -> None:
        for axis, track in zip("xy", value, strict=True):
            with _naming(axis):
                check_range(track, clock, self.minimum, self.maximum)

    def or_auto(self) -> PointOrAuto:
        """The setting of such a point that may be "auto" too."""
        return PointOrAuto(default=self.default, help=self.help, point=self)

    def or_none(self) -> PointOrNone:
        """The setting of such a point that there need not be."""
        return PointOrNone(default=self.default, help=self.help, point=self)


@dataclass(frozen=True, kw_only=True)
class PointOrAuto(Setting["TrackPair | Auto"]):
    """The point that `point` describes, or "auto"."""

    point: MovingPoint

    moves: ClassVar[bool] = True

    def tracks(self, value: TrackPair | Auto) -> Sequence[Track]:
        return () if isinstance(value, str) else value

    def parse(self, raw: object) -> TrackPair | Auto:
        if raw == AUTO:
            return AUTO
        if isinstance(raw, str):
            raise self.refuse(raw)
        return self.point.parse(raw)

    def from_text(self, text: str) -> object:
        """As `Setting.from_text`; "0.3,0.6" is a point too, and so are two formulas with a comma between."""
        return _point_from(text, super().from_text)

    def dump(self, value: TrackPair | Auto) -> object:
        return value if isinstance(value, str) else self.point.dump(value)

    def describe(self) -> str:
        return f"'{AUTO}' or {self.point.describe()}"

    def form(self) -> dict[str, object]:
        return {**self.point.form(), "words": [AUTO]}

    def check(self, value: TrackPair | Auto, clock: Clock) -> None:
        if not isinstance(value, str):
            self.point.check(value, clock)


@dataclass(frozen=True, kw_only=True)
class PointOrNone(Setting["TrackPair | None"]):
    """The point that `point` describes, or none, which is written as an empty text."""

    point: MovingPoint

    moves: ClassVar[bool] = True

    def tracks(self, value: TrackPair | None) -> Sequence[Track]:
        return value or ()

    def parse(self, raw: object) -> TrackPair | None:
        if raw == "":
            return None
        if isinstance(raw, str):
            raise self.refuse(raw)
        return self.point.parse(raw)

    def from_text(self, text: str) -> object:
        """As `PointOrAuto.from_text`."""
        return _point_from(text, super().from_text)

    def dump(self, value: TrackPair | None) -> object:
        return self.point.dump(value) if value else ""

    def still(self, value: TrackPair | None) -> object:
        """Whether there is a point."""
        return value is not None

    def describe(self) -> str:
        return f"{self.point.describe()}, or an empty text for none"

    def form(self) -> dict[str, object]:
        return {**self.point.form(), "words": [""]}

    def check(self, value: TrackPair | None, clock: Clock) -> None:
        if value:
            self.point.check(value, clock)


def _point_from(text: str, read: Callable[[str], object]) -> object:
    """The raw point of a text such as "0.3,0.6", or of two formulas; what is none as `read` gives it."""
    parts, raw = _at_outer_commas(text), read(text)
    return [read(part.strip()) for part in parts] if raw == text and len(parts) == 2 else raw


@contextmanager
def _naming(axis: str) -> Iterator[None]:
    """Put the axis before what is wrong with it."""
    try:
        yield
    except RecipeError as error:
        raise RecipeError(f"{axis}: {error}") from error


def _at_outer_commas(text: str) -> list[str]:
    """The text cut at its commas, but for those in parentheses, brackets and braces."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts
