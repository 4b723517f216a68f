"""What a page asks for of a clip's frames, with another song, with words, as a command line of `stitch`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from dreamzoom.delivery.planning import Rounds
from dreamzoom.errors import RequestError, nearest, quote_value
from dreamzoom.stitching.wanted import UNDER_THE_SONG, StitchOrder
from dreamzoom.studio.asked import take
from dreamzoom.studio.delivering.additions import NO_ADDITIONS, Additions, read_additions
from dreamzoom.studio.delivering.values import (
    ANGLES,
    SPEEDS,
    read_frames,
    read_number,
    read_rate,
    read_rounds,
)
from dreamzoom.studio.library.shelf import Shelf

_SOUNDS: Final = ("aac", "copy")


@dataclass(frozen=True)
class StitchKind:
    """A kind of file that a clip's frames become.

    Attributes:
        name: as a page calls it.
        title: as people call it, in the middle of a sentence.
        line: what it is.
    """

    name: str
    title: str
    line: str

    @property
    def suffix(self) -> str:
        """Of its name."""
        return f".{self.name}"


KINDS: Final[Mapping[str, StitchKind]] = {
    kind.name: kind
    for kind in (
        StitchKind(
            "mp4", "MP4", "A plain video that plays everywhere, with words or another song if you like."
        ),
        StitchKind("mov", "MOV", "The same for Apple's programs: H.264 in MOV."),
    )
}
"""The kinds, by their names."""


@dataclass(frozen=True)
class WantedStitch:
    """What a page asks for; see `StitchOrder`.

    Attributes:
        additions: another song, and words.
        sound: "aac" or "copy"; None as the recipe says.
    """

    kind: StitchKind
    frames: tuple[int, int] | None = None
    rounds: Rounds = None
    fps: Fraction | None = None
    speed: Fraction = Fraction(1)
    shutter: Fraction = Fraction(0)
    additions: Additions = NO_ADDITIONS
    sound: str | None = None
    tells_recipe: bool = True

    def order(self, folder: Path, target: Path) -> StitchOrder:
        """The same for whoever makes it in FOLDER."""
        rounds = UNDER_THE_SONG if self.rounds == "song" else self.rounds
        return StitchOrder(
            target,
            slice(*self.frames) if self.frames else None,
            rounds,
            self.fps,
            self.speed,
            self.shutter,
            self.additions.sound(folder),
            None if self.sound is None else self.sound == "copy",
            self.additions.words_in(folder),
            self.tells_recipe,
            font=self.additions.font_in(folder),
        )

    def words(self, place: str, out: str) -> tuple[str, ...]:
        """The command line after `dreamzoom`.

        Args:
            place: of the clip, relative to FOLDER.
            out: of the file, likewise.
        """
        words = ["stitch", place, "--out", out]
        for option, value in self._given().items():
            words += [] if value is None else [option, str(value)]
        return tuple(words) if self.tells_recipe else (*words, "--no-recipe")

    def _given(self) -> Mapping[str, object]:
        return {
            "--frames": None if self.frames is None else f"{self.frames[0]}:{self.frames[1]}",
            "--rounds": self.rounds,
            "--fps": self.fps,
            "--speed": None if self.speed == 1 else self.speed,
            "--shutter": f"{float(self.shutter):g}" if self.shutter else None,
            "--sound": self.sound,
            **self.additions.options(),
        }

    def how(self) -> str:
        """What it has that the clip has not, in words."""
        part = f"frames {self.frames[0]} to {self.frames[1] - 1}" if self.frames else ""
        rest = pace_words(self.speed, self.shutter, self.rounds)
        return ", ".join(filter(None, (part, *rest, *self.additions.how())))


def pace_words(speed: Fraction, shutter: Fraction, rounds: Rounds) -> tuple[str, ...]:
    """How fast, how blurred and how often something is shown; "" where that is as it was made."""
    return (
        f"{float(speed):g} times as fast" if speed != 1 else "",
        f"blurred by {float(shutter):g}°" if shutter else "",
        "as long as its song" if rounds == "song" else f"{rounds} rounds" if rounds else "",
    )


def read_stitch(body: Mapping[str, Any], shelf: Shelf) -> WantedStitch:
    """What the body of a request asks for. Raises a RequestError."""
    name = take(body, "for", str)
    kind = KINDS.get(name)
    if kind is None:
        raise RequestError(f"{quote_value(name)} is no kind of video{nearest(name, KINDS)}")
    sound = body.get("sound")
    if sound is not None and sound not in _SOUNDS:
        raise RequestError(f"sound must be aac or copy, got {quote_value(sound)}")
    return WantedStitch(
        kind,
        read_frames(body.get("frames")),
        read_rounds(body.get("rounds")),
        None if body.get("fps") is None else read_rate(str(body["fps"])),
        read_number(body, "speed", 1, SPEEDS),
        read_number(body, "shutter", 0, ANGLES),
        read_additions(body, shelf),
        sound,
        take(body, "recipe", bool, default=True),
    )
