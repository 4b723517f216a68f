"""Words drawn as pictures, white on black, for masks."""

from __future__ import annotations

from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps

from dreamzoom.errors import PictureError, quote_value
from dreamzoom.pictures.fonts import INTER, lacking, open_font, read_font, text_fault
from dreamzoom.pictures.lettering import LINE_PITCH, draw_lines

_TRIAL_PX: Final = 100  # the height at which a text is measured first
_SMALLEST_PX: Final = 8
_LARGEST_PX: Final = 4096  # of letters; a font drawn larger takes memory for nothing
_MARGIN: Final = 2  # pixels of black around the ink
_BOLD: Final = (
    0.045  # of the height: Pillow's font has strokes too thin to hold a dream, and they are drawn wider
)


def draw_words(font: str, text: str, width: int) -> Image.Image:
    """A text of one line or more, its ink about `width` pixels wide and cut to it, but for a black margin.

    Args:
        font: a font's file, TrueType or OpenType, or "inter"; "" for Pillow's own, and what that lacks for
            Inter.
        text: what to draw, "\\n" between its lines.
        width: of all of the ink, in pixels; a line's letters are never higher than half of that.

    Returns:
        White on black, a picture in RGB.

    Raises:
        PictureError: there is no such font, it cannot be read, or has none of a character; or nothing is
            drawn of the text.
    """
    font = font or ("" if not lacking(open_font("", b"", _TRIAL_PX), text) else INTER)
    if fault := text_fault(font or INTER, text):
        raise PictureError(fault)
    data = read_font(font) if font else b""
    trial = _draw(text, font, data, _TRIAL_PX)
    if trial is None:
        raise PictureError(f"nothing can be seen of the text {quote_value(text)}")
    tallest = trial.height / len(text.split("\n"))
    height = min(_TRIAL_PX * width / trial.width, _TRIAL_PX * width / 2 / tallest, _LARGEST_PX)
    drawn = _draw(text, font, data, max(_SMALLEST_PX, height)) or trial
    return ImageOps.expand(drawn, _MARGIN).convert("RGB")


def _draw(text: str, font: str, data: bytes, height: float) -> Image.Image | None:
    """The text's ink alone, in grey; None where there is none."""
    drawn_with, lines = open_font(font, data, height), text.split("\n")
    if not font:
        canvas = _stack([_draw_bold(line, drawn_with, height) for line in lines], round(LINE_PITCH * height))
    elif len(lines) > 1:
        canvas = draw_lines(lines, drawn_with)
    else:
        left, top, right, bottom = drawn_with.getbbox(text)
        canvas = Image.new("L", (max(1, round(right - left)), max(1, round(bottom - top))))
        ImageDraw.Draw(canvas).text((-left, -top), text, 255, drawn_with)
    box = canvas.getbbox()
    return canvas.crop(box) if box else None


def _draw_bold(text: str, drawn_with: ImageFont.FreeTypeFont, height: float) -> Image.Image:
    """Letters made wider, and moved apart by as much, on a canvas that is large enough."""
    bold = max(1, round(_BOLD * height))
    ends = [drawn_with.getlength(text[:count]) + 2 * bold * count for count in range(len(text) + 1)]
    canvas = Image.new("L", (round(ends[-1] + 2 * height), round(3 * height)))
    draw = ImageDraw.Draw(canvas)
    for letter, start in zip(text, ends, strict=False):
        place = (start + height, height)
        draw.text(place, letter, 255, drawn_with, stroke_width=bold, stroke_fill=255)
    return canvas


def _stack(lines: list[Image.Image], pitch: int) -> Image.Image:
    """Lines as they are drawn one below the other, each in the middle."""
    if len(lines) == 1:
        return lines[0]
    boxes = [line.getbbox() or (0, 0, 1, 1) for line in lines]
    width = max(right - left for left, _, right, _ in boxes)
    canvas = Image.new("L", (width, lines[0].height + pitch * (len(lines) - 1)))
    for number, (line, (left, _, right, _)) in enumerate(zip(lines, boxes, strict=True)):
        layer = Image.new("L", canvas.size)
        ink = line.crop((left, 0, right, line.height))
        layer.paste(ink, ((width - ink.width) // 2, number * pitch))
        canvas = ImageChops.lighter(canvas, layer)
    return canvas
