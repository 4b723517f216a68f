"""Lines of text as ink, for words over pictures and for masks."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFont

LINE_PITCH: Final = 1.18
"""From one line to the next, in heights of the letters' body."""

_JOINERS: Final = "\u200c\u200d"


def draw_lines(lines: Sequence[str], font: ImageFont.FreeTypeFont, stroke: int = 0) -> Image.Image:
    """The ink of some lines, each in the middle, in grey on black; the picture is as large as they need.

    Args:
        stroke: by how many pixels strokes are wider, each way.
    """
    ascent, descent = font.getmetrics()
    pitch = round(LINE_PITCH * font.size)
    boxes = [font.getbbox(line, stroke_width=stroke) for line in lines]
    width = max(1, *(round(right - left) + 2 for left, _, right, _ in boxes))
    canvas = Image.new("L", (width, ascent + descent + 2 * stroke + pitch * (len(lines) - 1)))
    for number, (line, (left, _, right, _)) in enumerate(zip(lines, boxes, strict=True)):
        layer = Image.new("L", canvas.size)
        place = (round((width - (right - left)) / 2 - left), stroke + number * pitch)
        ImageDraw.Draw(layer).text(place, line, 255, font, stroke_width=stroke, stroke_fill=255)
        canvas = ImageChops.lighter(canvas, layer)
    return canvas


def wrap(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """A text in as few lines as go into a width, each as long as the others as far as may be.

    It is broken at its own line ends and at blanks; a word that is too wide, or a text of a script without
    blanks, between letters.

    Args:
        measure: how wide a line would be.
    """
    lines: list[str] = []
    for row in text.split("\n"):
        pieces = [(piece, measure(piece)) for piece in _pieces(row, width, measure)]
        fewest = _fill(pieces, width)
        narrow, wide = max((wide for _, wide in pieces), default=0.0), width
        while wide - narrow > 1:  # the narrowest width that needs no more lines
            middle = (narrow + wide) / 2
            tried = _fill(pieces, middle)
            if len(tried) == len(fewest):
                fewest, wide = tried, middle
            else:
                narrow = middle
        lines += fewest
    return lines


def _pieces(row: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """The parts of a row that stay whole, each with the blank before it."""
    pieces: list[str] = []
    for number, word in enumerate(row.split()):
        blank = " " if number else ""
        if measure(word) <= width:
            pieces.append(blank + word)
        else:
            pieces += [blank + first if not at else first for at, first in enumerate(_clusters(word))]
    return pieces


def _clusters(word: str) -> list[str]:
    """The letters of a word, each with the marks on it and with what is joined to it."""
    clusters: list[str] = []
    for letter in word:
        joins = unicodedata.category(letter)[0] == "M" or letter in _JOINERS
        if clusters and (joins or clusters[-1][-1] in _JOINERS):
            clusters[-1] += letter
        else:
            clusters.append(letter)
    return clusters


def _fill(pieces: Sequence[tuple[str, float]], width: float) -> list[str]:
    """Lines of pieces, given with their widths, none wider than `width`."""
    lines, taken = [""], 0.0
    for piece, wide in pieces:
        if lines[-1] and taken + wide > width:
            lines.append("")
            taken = 0.0
        lines[-1] += piece if lines[-1] else piece.lstrip()
        taken += wide
    return lines
