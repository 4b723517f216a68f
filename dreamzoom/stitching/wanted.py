"""What is asked for of a clip's frames: a file, and what of the clip's own ways it changes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from dreamzoom.footage.wanted import AS_MADE, AskedSound

UNDER_THE_SONG: Final = 0
"""The rounds of a loop that goes on as long as its song."""

_GIF: Final = ".gif"


@dataclass(frozen=True)
class StitchOrder:
    """A file that is asked for.

    Attributes:
        target: the file; a GIF where its name says so.
        frames: a part of the clip's; None for all.
        rounds: of a loop, `UNDER_THE_SONG` for as long as its song; None for one.
        fps: frames a second; None for the clip's.
        speed: how many times as fast.
        shutter: its angle in degrees, 0 to 360; 0 for no blur.
        sound: another song, and how it begins and ends.
        keep_codec: whether the song is copied as it is, where that can be; None as the recipe says.
        titles: a file of lyrics or subtitles.
        tells_recipe: whether the file tells how it was made.
        font: a font's file for the titles; None for the one that is built in.
    """

    target: Path
    frames: slice | None = None
    rounds: int | None = None
    fps: Fraction | None = None
    speed: Fraction = Fraction(1)
    shutter: Fraction = Fraction(0)
    sound: AskedSound = AS_MADE
    keep_codec: bool | None = None
    titles: Path | None = None
    tells_recipe: bool = True
    font: Path | None = None

    @property
    def is_gif(self) -> bool:
        """Whether it is to be a GIF."""
        return self.target.suffix.lower() == _GIF

    @property
    def is_clips_own(self) -> bool:
        """Whether the whole clip is shown once, as fast and as it is."""
        return self.frames is None and self.rounds is None and self.speed == 1 and self.titles is None
