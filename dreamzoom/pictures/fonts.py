"""Fonts: the one that is shipped, those that a person names, and which letters they have.

The shipped font is Inter by Rasmus Andersson, bold, under the SIL Open Font License 1.1: the letters of all
European languages, Greek and Cyrillic ones too.
"""

from __future__ import annotations

import io
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import ImageFont, features

from dreamzoom.errors import PictureError, quote_value
from dreamzoom.io.files import open_regular

INTER: Final = "inter"
"""What the shipped font is called where a file's name could stand."""

_SHIPPED: Final = Path(__file__).with_name("inter") / "Inter-Bold.otf"
_LARGEST: Final = 64 << 20  # bytes of a font's file
_TRIAL_PX: Final = 64
_NO_CHARACTER: Final = "\U0010ffff"  # which no font has
_JOINING: Final = ("ARABIC", "SYRIAC", "DEVANAGARI", "BENGALI", "TAMIL", "TELUGU", "THAI", "KHMER", "TIBETAN")
_LETTERS_TOLD: Final = 5


def read_font(name: str) -> bytes:
    """A font file's bytes, TrueType or OpenType, or a collection, whose first font is meant.

    Args:
        name: a file's, or `INTER`.

    Raises:
        PictureError: there is no such file, or it is too large.
    """
    path = _SHIPPED if name == INTER else Path(name)
    with open_regular(path, PictureError, "font", _LARGEST) as file:
        return file.read()


def open_font(name: str, data: bytes, height: float) -> ImageFont.FreeTypeFont:
    """A font at a height of its letters' body, in pixels.

    Args:
        name: what messages call it; "" for the one that Pillow has built in.
        data: of its file.

    Raises:
        PictureError: it is no font.
    """
    if not name:
        built_in = ImageFont.load_default(height)
        if isinstance(built_in, ImageFont.FreeTypeFont):
            return built_in
        raise PictureError("this Pillow has no FreeType to draw text with: install a Pillow that has")
    try:
        return ImageFont.truetype(io.BytesIO(data), height)
    except (OSError, ValueError) as error:
        raise PictureError(f"{name}: is no font that can be read: name a .ttf or .otf file") from error


def lacking(font: ImageFont.FreeTypeFont, text: str) -> list[str]:
    """The characters of a text that a font has not, each once: they would be drawn as empty boxes."""
    unknown = bytes(font.getmask(_NO_CHARACTER))
    return [
        each
        for each in dict.fromkeys(text)
        if not each.isspace()
        and unicodedata.category(each) != "Cf"  # joiners are not drawn
        and bytes(font.getmask(each)) == unknown
    ]


def text_fault(name: str, text: str) -> str | None:
    """Why a text cannot be drawn with a font; None if it can.

    Args:
        name: a file's, or `INTER`.

    Raises:
        PictureError: the font cannot be read.
    """
    font = _trial(name, _stamp(name))
    told = "the built-in font" if name == INTER else name
    try:
        lacks = lacking(font, text)
    except OSError as error:  # FreeType's, at a letter: the rest of the file is whole
        return f"{told} cannot draw {quote_value(text)} ({error}): name the file of another font"
    if lacks:
        more = " and more" if len(lacks) > _LETTERS_TOLD else ""
        letters = ", ".join(map(quote_value, lacks[:_LETTERS_TOLD]))
        return f"{told} has no {letters}{more}: name the file of a font that has"
    if needs_layout(text) and not features.check("raqm"):
        return (
            f"{quote_value(text)} is written from right to left, or its letters join: this Pillow has no "
            "Raqm to lay them out with; install libraqm and libfribidi, or a Pillow that has them"
        )
    return None


def needs_layout(text: str) -> bool:
    """Whether letters run from right to left, or change their shapes beside each other."""
    return any(
        unicodedata.bidirectional(letter) in ("R", "AL")
        or (letter >= "\u0600" and unicodedata.name(letter, "").startswith(_JOINING))
        for letter in text
    )


@lru_cache(maxsize=8)
def _trial(name: str, stamp: tuple[int, int] | None) -> ImageFont.FreeTypeFont:
    return open_font(name, read_font(name), _TRIAL_PX)


def _stamp(name: str) -> tuple[int, int] | None:
    """What tells that a file is another one now: its size and time; None of the shipped font, or of none."""
    try:
        now = Path(name).stat()
    except (OSError, ValueError):
        return None
    return now.st_size, now.st_mtime_ns
