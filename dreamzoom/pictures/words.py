"""Words drawn as pictures, white on black, for masks."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont, ImageOps

from dreamzoom.errors import PictureError, quote_value
from dreamzoom.io.files import open_regular

_TRIAL_PX: Final = 100  # the height at which a text is measured first
_SMALLEST_PX: Final = 8
_LARGEST_PX: Final = 4096  # of letters; a font drawn larger takes memory for nothing
_MARGIN: Final = 2  # pixels of black around the ink
_LARGEST_FONT: Final = 64 << 20  # bytes
_BOLD: Final = (
    0.045  # of the height: the built-in font's strokes are too thin to hold a dream, and are drawn wider
)
_NO_CHARACTER: Final = "\U0010ffff"  # which no font has


def draw_words(font: str, text: str, width: int) -> Image.Image:
    """A line of text, its ink about `width` pixels wide and cut to it, but for a black margin.

    Args:
        font: a font's file, TrueType or OpenType; "" for the one that is built in.
        text: what to draw.
        width: of all of the ink, in pixels; letters are never higher than half of that.

    Returns:
        White on black, a picture in RGB.

    Raises:
        PictureError: there is no such font, it cannot be read, or has none of a character; or nothing is
            drawn of the text.
    """
    data = _read_font(font)
    _require_characters(text, font, _open(font, data, _TRIAL_PX))
    trial = _draw(text, font, data, _TRIAL_PX)
    if trial is None:
        raise PictureError(f"nothing can be seen of the text {quote_value(text)}")
    height = min(_TRIAL_PX * width / trial.width, _TRIAL_PX * width / 2 / trial.height, _LARGEST_PX)
    drawn = _draw(text, font, data, max(_SMALLEST_PX, height)) or trial
    return ImageOps.expand(drawn, _MARGIN).convert("RGB")


def _draw(text: str, font: str, data: bytes, height: float) -> Image.Image | None:
    """The text's ink alone, in grey; None where there is none."""
    drawn_with = _open(font, data, height)
    if font:
        left, top, right, bottom = drawn_with.getbbox(text)
        canvas = Image.new("L", (max(1, round(right - left)), max(1, round(bottom - top))))
        ImageDraw.Draw(canvas).text((-left, -top), text, 255, drawn_with)
    else:
        canvas = _draw_bold(text, drawn_with, height)
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


def _read_font(font: str) -> bytes:
    """A font file's bytes; none where the built-in font is meant."""
    if not font:
        return b""
    with open_regular(Path(font), PictureError, "font", _LARGEST_FONT) as file:
        return file.read()


def _open(font: str, data: bytes, height: float) -> ImageFont.FreeTypeFont:
    if not font:
        built_in = ImageFont.load_default(height)
        if isinstance(built_in, ImageFont.FreeTypeFont):
            return built_in
        raise PictureError("this Pillow has no FreeType to draw text with: install a Pillow that has")
    try:
        return ImageFont.truetype(io.BytesIO(data), height)
    except OSError as error:
        raise PictureError(f"{font}: is no font that can be read: name a .ttf or .otf file") from error


def _require_characters(text: str, font: str, drawn_with: ImageFont.FreeTypeFont) -> None:
    """See that the font has every character: one that it lacks is drawn as an empty box."""
    unknown = bytes(drawn_with.getmask(_NO_CHARACTER))
    lacking = [
        each
        for each in dict.fromkeys(text)
        if not each.isspace() and bytes(drawn_with.getmask(each)) == unknown
    ]
    if lacking:
        name = font or "the built-in font"
        raise PictureError(
            f"{name} has no {quote_value(lacking[0])}: name a font's file that has, in the region's font"
        )
