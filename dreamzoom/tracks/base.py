"""What all tracks share: the clip's clock, the kinds of number, and the contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Protocol, TypeAlias

from dreamzoom.errors import RecipeError
from dreamzoom.tracks.music import Music

Source: TypeAlias = "int | float | str | dict[str, object]"
"""A track as a TOML file spells it."""

Curve: TypeAlias = Callable[[int], float]
"""A track on one clip: from a frame's number to the value there."""


@dataclass(frozen=True)
class Clock:
    """A clip's time: `frames` frames, numbered from 0, `fps` of them a second, and its music, if any."""

    fps: Fraction
    frames: int
    music: Music | None = None

    def seconds(self, frame: int) -> float:
        """When `frame` is shown, in seconds from the clip's start; frame 0 is at 0."""
        return frame * self.fps.denominator / self.fps.numerator

    def require_music(self, what: str) -> Music:
        """The music, for a track that goes by it.

        Args:
            what: of the music the track asks for, as it was written.

        Raises:
            RecipeError: there is none, or it was not heard yet.
        """
        if self.music is None:
            raise RecipeError(f"goes by the music ({what}): name a song in music.song, or with --audio")
        return self.music

    def moment(self, frame: int) -> str:
        """A frame as error messages name it: `frame 45 (1.50 s)`."""
        return f"frame {frame} ({self.seconds(frame):.2f} s)"


class Kind(Enum):
    """What a number does to the picture, and so what "a second" makes of it."""

    FACTOR = "factor"  # multiplies once a frame (zoom): "4.3/s" is 4.3 ** (1 / fps) a frame
    RATE = "rate"  # is added once a frame (rotate, pan): "10deg/s" is 10 / fps a frame
    LEVEL = "level"  # is simply there (iterations, step_size, hold, target): "/s" has no meaning


class Track(Protocol):
    """A number over time. Tracks are frozen, compare by value and hold no clip's data."""

    @property
    def source(self) -> Source:
        """The track as it was written, to be written back exactly."""
        ...

    @property
    def needs_music(self) -> bool:
        """Whether it goes by the clip's music, which has to be heard first."""
        ...

    def at(self, frame: int, clock: Clock) -> float:
        """The value at `frame`: a factor or an amount for one frame, or a level.

        It depends on nothing but its arguments. Frames from `clock.frames` on are allowed.

        Raises:
            RecipeError: the track has no finite value there, or is no track at this frame rate.
        """
        ...

    def bind(self, clock: Clock) -> Curve:
        """The same, worked out once for many frames: `bind(clock)(frame) == at(frame, clock)`.

        Raises:
            RecipeError: the track is no track at this frame rate.
        """
        ...
