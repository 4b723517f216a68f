"""Words beside pictures: how large, in which colours, and what of them fits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont

GROUND: Final = (20, 20, 23)
INK: Final = (236, 236, 238)
FAINT: Final = (152, 152, 160)

_SMALLEST, _LARGEST = 11, 24  # pixels of a letter's height with all that sticks out
_SHARE = 1 / 44  # of a picture's width that its letters are high
_GAP = 1.2  # letter heights between two texts on a line
_BETWEEN = "    "  # two facts


@lru_cache(16)
def font_of(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font, so many pixels high."""
    return ImageFont.load_default(size)


def letter_size(width: int) -> int:
    """The height of letters beside a picture of that width, in pixels."""
    return min(_LARGEST, max(_SMALLEST, round(width * _SHARE)))


def strip_height(width: int, height: int) -> int:
    """The height of the strip under a picture, in pixels; together they are even, as videos want it."""
    strip = 2 * letter_size(width)
    return strip + (height + strip) % 2


def with_caption(picture: Image.Image, title: str, facts: Sequence[str]) -> Image.Image:
    """A picture with a strip under it: a title to the left, and facts to the right."""
    strip = strip_height(*picture.size)
    made = Image.new("RGB", (picture.width, picture.height + strip), GROUND)
    made.paste(picture)
    write_line(made, (0, picture.height, picture.width, picture.height + strip), title, facts)
    return made


def write_line(
    onto: Image.Image, box: tuple[int, int, int, int], title: str, facts: Sequence[str] = ()
) -> None:
    """Write a title, and to its right facts, in the middle of a box (left, top, right, bottom).

    Of the facts as many as fit beside the title are written, the first ones; a title that does not fit loses
    its middle.
    """
    left, top, right, bottom = box
    size = (bottom - top) // 2
    draw, font, margin = ImageDraw.Draw(onto), font_of(size), round(size / 2)
    line, room = (top + bottom) / 2, right - left - 2 * margin
    shown = fitting(title, font, room)
    draw.text((left + margin, line), shown, INK, font, anchor="lm")
    left_over = room - font.getlength(shown) - _GAP * size
    for count in range(len(facts), 0, -1):
        words = _BETWEEN.join(facts[:count])
        if font.getlength(words) <= left_over:
            draw.text((right - margin, line), words, FAINT, font, anchor="rm")
            return


def fitting(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, room: float) -> str:
    """A text that is no wider than so many pixels: of a longer one the middle is left out.

    The ends of layers' names tell them apart.
    """
    if font.getlength(text) <= room:
        return text
    for kept in range(len(text) - 1, 0, -1):
        first = kept // 3
        short = f"{text[:first]}…{text[len(text) - (kept - first) :]}"
        if font.getlength(short) <= room:
            return short
    return ""
