"""The setting of a point that may be found by the camera itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from dreamzoom.recipe.settings import Moving, MovingPoint, Setting, TrackPair
from dreamzoom.tracks import Clock

Auto: TypeAlias = Literal["auto"]
AUTO: Final[Auto] = "auto"
"""The camera looks for its target by itself."""


@dataclass(frozen=True, kw_only=True)
class Target(Setting["TrackPair | Auto"]):
    """The point that `point` describes, or "auto"."""

    point: MovingPoint

    def parse(self, raw: object) -> TrackPair | Auto:
        if raw == AUTO:
            return AUTO
        if isinstance(raw, str):
            raise self.refuse(raw)
        return self.point.parse(raw)

    def from_text(self, text: str) -> object:
        """As `Setting.from_text`; "0.3,0.6" is a point too, and so are two formulas with a comma between."""
        parts = _at_outer_commas(text)
        raw = super().from_text(text)
        if raw != text or len(parts) != 2:
            return raw
        axis = Moving(default=0, help="", kind=self.point.kind, minimum=0, maximum=1)
        return [axis.from_text(part.strip()) for part in parts]

    def dump(self, value: TrackPair | Auto) -> object:
        return value if isinstance(value, str) else self.point.dump(value)

    def describe(self) -> str:
        return f"'{AUTO}' or {self.point.describe()}"

    def check(self, value: TrackPair | Auto, clock: Clock) -> None:
        if not isinstance(value, str):
            self.point.check(value, clock)


def target(point: MovingPoint) -> Target:
    """The setting of a point that may be "auto" too."""
    return Target(default=point.default, help=point.help, point=point)


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
