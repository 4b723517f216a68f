"""Tracks worked out over a clip, for those who draw them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dreamzoom.errors import RecipeError
from dreamzoom.tracks.base import Clock, Track
from dreamzoom.tracks.check import values
from dreamzoom.tracks.keyframes import Keyframes


@dataclass(frozen=True)
class Sampled:
    """One track's value at each of the clip's frames, and where its keyframes lie, in frames."""

    name: str
    spelling: str
    values: tuple[float, ...]
    keyframes: tuple[tuple[float, float], ...] = ()

    @property
    def still(self) -> bool:
        """Whether the value never changes in this clip."""
        return math.isclose(self.low, self.high, rel_tol=1e-9)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)


def sample(tracks: Mapping[str, Track], clock: Clock) -> list[Sampled]:
    """Every track by its name, over all frames of the clip.

    Raises:
        RecipeError: naming the track that has no finite value at some frame.
    """
    return [_sample(name, track, clock) for name, track in tracks.items()]


def spell(track: Track) -> str:
    """A track in one line, much as it was written."""
    text = _spell_table(track.source) if isinstance(track.source, dict) else str(track.source)
    return " ".join(text.split())


def short_number(value: float) -> str:
    """A value as labels show it: four digits."""
    return f"{value + 0.0:.4g}"  # adding zero makes -0 a 0


def _sample(name: str, track: Track, clock: Clock) -> Sampled:
    try:
        return Sampled(name, spell(track), tuple(values(track, clock)), _marks(track, clock))
    except RecipeError as error:
        raise RecipeError(f"{name}: {error}") from None


def _marks(track: Track, clock: Clock) -> tuple[tuple[float, float], ...]:
    if not isinstance(track, Keyframes):
        return ()
    placed = ((float(place), keyframe.quantity) for place, keyframe in track.placed(clock))
    return tuple(
        (place, quantity.per_frame(track.kind, clock))
        for place, quantity in placed
        if place <= clock.frames - 1
    )


def _spell_table(table: dict[str, object]) -> str:
    pairs = (f"{_spell_key(key)} = {_spell_value(value)}" for key, value in table.items())
    return "{ " + ", ".join(pairs) + " }"


def _spell_key(key: str) -> str:
    return key if key.isalnum() else f'"{key}"'


def _spell_value(value: object) -> str:
    if isinstance(value, dict):
        return _spell_table(value)
    return f'"{value}"' if isinstance(value, str) else str(value)
