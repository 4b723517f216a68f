"""Palettes as pictures: the small one whose colours a clip holds and keeps, and a sheet to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from dreamzoom.errors import PictureError, nearest
from dreamzoom.pictures.reading import open_picture
from dreamzoom.recipe.palettes import (
    Palette,
    hex_of,
    lists_colours,
    names_palette_file,
    open_palette,
    palette_names,
)
from dreamzoom.recipe.units import Size

_WIDTH, _HEIGHT = 512, 16
_SHADE: Final = 24  # grey levels that a stripe goes to either side
_RUN: Final = 0.9  # of the narrower stripe's half, in which it runs into its neighbour

_ROW, _MARGIN, _NAMES = 56, 12, 132  # pixels of a sheet
_GROUND, _INK, _FAINT = (24, 24, 26), (235, 235, 235), (150, 150, 150)


def palette_source(source: str, size: Size) -> Image.Image:
    """The picture whose colours are held: of a palette by its name, file or colours, or anybody's, by path or
    URL.

    A picture's file that has a palette's name is written "./dusk".

    Args:
        size: that of the clip's frames; a picture is brought down to their scale, for of a much larger one
            they would never show the detail.

    Raises:
        PictureError: as `open_picture`; a name that is no file is answered with the palettes like it.
        RecipeError: a palette's file is wrong.
    """
    if source in palette_names() or names_palette_file(source) or lists_colours(source):
        return palette_picture(open_palette(source))
    try:
        picture = open_picture(source, (size.width, size.height))
    except PictureError as error:
        if "no such file" not in str(error) or "/" in source or "\\" in source:
            raise
        hint = nearest(source, palette_names())
        more = hint if "did you mean" in hint else "; `dreamzoom presets --palettes` lists the palettes"
        raise PictureError(f"{error}{more}") from error
    picture.thumbnail((size.width, size.height))
    return picture


def palette_picture(palette: Palette) -> Image.Image:
    """A palette as a small picture: upright stripes as wide as the colours' shares, running into one another.

    Each stripe is shaded from top to bottom, 24 grey levels to either side or as many as there is room for,
    and has its colour in the middle. So there is light within a colour and a way from one to the next:
    without, a dream held to them would be a poster.
    """
    colours = _stripes(np.array(palette.colours, np.float64), _widths(palette.shares, _WIDTH))
    room = np.minimum(_SHADE, np.minimum(colours, 255 - colours))
    light = 1 - 2 * (np.arange(_HEIGHT) + 0.5) / _HEIGHT
    pixels = colours[None] + light[:, None, None] * room[None]
    return Image.fromarray(np.rint(pixels).astype(np.uint8), "RGB")


def _stripes(colours: NDArray[np.float64], widths: NDArray[np.int64]) -> NDArray[np.float64]:
    """A line of pixels (W, 3) that goes from each colour (K, 3) to the next."""
    line = np.repeat(colours, widths, axis=0)
    for number, end in enumerate(np.cumsum(widths)[:-1]):
        reach = int(_RUN * min(widths[number], widths[number + 1]) / 2)
        along = (np.arange(2 * reach)[:, None] + 0.5) / max(1, 2 * reach)
        ease = along * along * (3 - 2 * along)
        line[end - reach : end + reach] = (1 - ease) * colours[number] + ease * colours[number + 1]
    return line


def _widths(shares: Sequence[float], width: int) -> NDArray[np.int64]:
    """Whole numbers in proportion to the shares, their sum `width` (largest remainders)."""
    exact = np.array(shares) * width
    whole: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: width - int(whole.sum())]] += 1
    return whole


def palette_sheet(palettes: Sequence[Palette], width: int = 720) -> Image.Image:
    """Palettes one under another, each with its name before its swatches, as wide as their shares."""
    sheet = Image.new("RGB", (width, _MARGIN + len(palettes) * (_ROW + _MARGIN)), _GROUND)
    draw = ImageDraw.Draw(sheet)
    name_font, small = ImageFont.load_default(17), ImageFont.load_default(11)
    for number, palette in enumerate(palettes):
        top = _MARGIN + number * (_ROW + _MARGIN)
        draw.text((_MARGIN, top + _ROW / 2), palette.name, _INK, name_font, anchor="lm")
        left = _NAMES
        for colour, wide in zip(
            palette.colours, _widths(palette.shares, width - _NAMES - _MARGIN), strict=True
        ):
            if wide:
                draw.rectangle((left, top, left + int(wide) - 1, top + _ROW - 17), fill=colour)
            if wide > 48:
                draw.text((left, top + _ROW - 13), hex_of(colour), _FAINT, small)
            left += int(wide)
    return sheet
