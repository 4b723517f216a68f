"""What a page asks for of a clip's frames, with another song, with words, as a command line of `stitch`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from dreamzoom.delivery.planning import Rounds
from dreamzoom.errors import RequestError, nearest, printable, quote_value
from dreamzoom.stitching.wanted import UNDER_THE_SONG, StitchOrder
from dreamzoom.studio.asked import take
from dreamzoom.studio.delivering.values import (
    ANGLES,
    SPEEDS,
    read_frames,
    read_number,
    read_rate,
    read_rounds,
)
from dreamzoom.studio.library.items import Item, ItemKind
from dreamzoom.studio.library.shelf import Shelf
from dreamzoom.video.sound import LONGEST

_SECONDS: Final = (0, float(LONGEST))
_THOUSANDTHS: Final = 1000
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
        song: another song.
        titles: a file of words.
        sound: "aac" or "copy"; None as the recipe says.
    """

    kind: StitchKind
    frames: tuple[int, int] | None = None
    rounds: Rounds = None
    fps: Fraction | None = None
    speed: Fraction = Fraction(1)
    shutter: Fraction = Fraction(0)
    song: Item | None = None
    start: Fraction | None = None
    fade_in: Fraction | None = None
    fade_out: Fraction | None = None
    sound: str | None = None
    titles: Item | None = None
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
            folder / self.song.place if self.song else None,
            self.start,
            self.fade_in,
            self.fade_out,
            None if self.sound is None else self.sound == "copy",
            folder / self.titles.place if self.titles else None,
            self.tells_recipe,
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
            "--audio": f"./{self.song.place.as_posix()}" if self.song else None,
            "--start": _seconds(self.start),
            "--fade-in": _seconds(self.fade_in),
            "--fade-out": _seconds(self.fade_out),
            "--sound": self.sound,
            "--titles": f"./{self.titles.place.as_posix()}" if self.titles else None,
        }

    def how(self) -> str:
        """What it has that the clip has not, in words."""
        part = f"frames {self.frames[0]} to {self.frames[1] - 1}" if self.frames else ""
        song = f"with {printable(self.song.name)}" if self.song else ""
        words = f"words of {printable(self.titles.name)}" if self.titles else ""
        return ", ".join(
            filter(None, (part, *pace_words(self.speed, self.shutter, self.rounds), song, words))
        )


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
        _item(body, "song", shelf, ("song",)),
        _time(body, "start"),
        _time(body, "fade_in"),
        _time(body, "fade_out"),
        sound,
        _item(body, "titles", shelf, ("lyrics",)),
        take(body, "recipe", bool, default=True),
    )


def _item(body: Mapping[str, Any], name: str, shelf: Shelf, kinds: tuple[ItemKind, ...]) -> Item | None:
    """What lies in FOLDER under an id; None where the page names nothing."""
    if body.get(name) is None:
        return None
    item = shelf.find(take(body, name, str))
    if item.kind not in kinds:
        raise RequestError(f"{printable(item.name)} is a {item.kind}: choose {' or '.join(kinds)}")
    return item


def _time(body: Mapping[str, Any], name: str) -> Fraction | None:
    """Seconds, to the thousandth; None where the page says nothing."""
    if body.get(name) is None:
        return None
    low, high = _SECONDS
    value = take(body, name, float)
    if not low <= value <= high:
        raise RequestError(f"{name} must be from {low} to {high:g} seconds, got {value:g}")
    return Fraction(round(value * _THOUSANDTHS), _THOUSANDTHS)


def _seconds(time: Fraction | None) -> str | None:
    return None if time is None else f"{float(time):.3f}"
