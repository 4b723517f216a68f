"""Another song, its fades, and words over the pictures, as a page asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from dreamzoom.errors import RequestError, printable
from dreamzoom.footage.wanted import AskedSound
from dreamzoom.studio.asked import take
from dreamzoom.studio.library.items import Item, ItemKind
from dreamzoom.studio.library.shelf import Shelf
from dreamzoom.video.sound import LONGEST

CHOICES: Final = ("titles", "font", "song", "start", "fade_in", "fade_out")
"""What a page calls them."""

_SECONDS: Final = (0, float(LONGEST))
_THOUSANDTHS: Final = 1000


@dataclass(frozen=True)
class Additions:
    """What a page adds to a clip; see `AskedSound`.

    Attributes:
        song: another song.
        titles: a file of words.
        font: the font that they are written with; None for the one that is built in.
    """

    song: Item | None = None
    start: Fraction | None = None
    fade_in: Fraction | None = None
    fade_out: Fraction | None = None
    titles: Item | None = None
    font: Item | None = None

    @property
    def is_any(self) -> bool:
        """Whether there is something that it adds."""
        return self != NO_ADDITIONS

    def sound(self, folder: Path) -> AskedSound:
        """What is asked for of the sound, for whoever makes it in FOLDER."""
        song = folder / self.song.place if self.song else None
        return AskedSound(song, self.start, self.fade_in, self.fade_out)

    def words_in(self, folder: Path) -> Path | None:
        """The file of words, for whoever makes it in FOLDER."""
        return folder / self.titles.place if self.titles else None

    def font_in(self, folder: Path) -> Path | None:
        """The file of their font, likewise."""
        return folder / self.font.place if self.font else None

    def options(self) -> Mapping[str, str | None]:
        """The options of a command line, and their values; None of those that it does not have."""
        return {
            "--audio": f"./{self.song.place.as_posix()}" if self.song else None,
            "--start": _seconds(self.start),
            "--fade-in": _seconds(self.fade_in),
            "--fade-out": _seconds(self.fade_out),
            "--titles": f"./{self.titles.place.as_posix()}" if self.titles else None,
            "--font": f"./{self.font.place.as_posix()}" if self.font else None,
        }

    def how(self) -> tuple[str, ...]:
        """What is added, in words."""
        return (
            f"with {printable(self.song.name)}" if self.song else "",
            f"words of {printable(self.titles.name)}{self._in_font()}" if self.titles else "",
            f"sound rises {float(self.fade_in):g} s" if self.fade_in else "",
            f"sound falls {float(self.fade_out):g} s" if self.fade_out else "",
        )

    def _in_font(self) -> str:
        return f" in {printable(self.font.name)}" if self.font else ""


NO_ADDITIONS: Final = Additions()
"""All is as it was made."""


def read_additions(body: Mapping[str, Any], shelf: Shelf) -> Additions:
    """What the body of a request asks for. Raises a RequestError."""
    if body.get("font") is not None and body.get("titles") is None:
        raise RequestError("there are no words to write in a font: choose some")
    return Additions(
        _item(body, "song", shelf, ("song",)),
        _time(body, "start"),
        _time(body, "fade_in"),
        _time(body, "fade_out"),
        _item(body, "titles", shelf, ("lyrics",)),
        _item(body, "font", shelf, ("font",)),
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
