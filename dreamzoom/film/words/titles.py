"""Words over finished pictures: laid out within the safe area, with a soft shadow, coming and going.

A title's picture p becomes p (1 - o a) + o c, where a is how much of a pixel letters and shadow cover, c what
they show there, and o how far the title has come: from 1 / (fade + 1) at its first frame evenly up to 1, and
back so at its last. Values are blended as they are stored, as players do with subtitles.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import scipy
from numpy.typing import NDArray
from PIL import ImageFont

from dreamzoom.errors import PictureError, RequestError, quote_value, tell_first
from dreamzoom.film.plan import PLACES, PLAIN, Title
from dreamzoom.film.words.lyrics import LONGEST_TEXT
from dreamzoom.footage.programme import DEEP_WHITE, Shown
from dreamzoom.pictures.fonts import INTER, open_font, read_font, text_fault
from dreamzoom.pictures.lettering import LINE_PITCH, draw_lines, wrap

SAFE: Final = 0.05
"""Of the picture, at each side, that stays free of words (SMPTE ST 2046-1 has 5 % for titles since 2009)."""

_LEAST_PX: Final = 9.0  # letters are this high where a title asks for less
_SMALLEST_PX: Final = 7.0  # letters that nobody can read are refused
_SHRINK: Final = 0.9  # a step smaller, where a text does not fit
_STEPS: Final = 8
_OUTLINE: Final = 0.045  # of the letters' height, by which the shadow stands out
_SOFT: Final = 0.10  # the same, the shadow's standard deviation
_DARKNESS: Final = 0.72  # how much of the picture the shadow covers at most
_BRIGHT: Final = 0.2  # letters that are darker have a light about them
_COLOUR: Final = re.compile("#[0-9a-fA-F]{6}")
_FAULTS_SHOWN: Final = 5
_GAP: Final = 0.35  # of a letter's height, between two titles that are there at once


@dataclass(frozen=True)
class _Lettering:
    """A title laid out.

    Attributes:
        lines: broken to the picture's width.
        pixels: the height of the letters' body.
        height: of all lines, in pixels.
    """

    lines: tuple[str, ...]
    pixels: float
    height: int


@dataclass(frozen=True, eq=False)
class _Overlay:
    """A title drawn, and where: its top left corner in the picture.

    Attributes:
        light: what it shows, times how much it covers, (h, w, 3), 0 to 1.
        cover: how much of each pixel it covers, (h, w, 1), 0 to 1.
    """

    left: int
    top: int
    light: NDArray[np.float32]
    cover: NDArray[np.float32]


class TitlePainter:
    """Draws titles over pictures of one size."""

    def __init__(self, titles: Sequence[Title], size: tuple[int, int]) -> None:
        """Lay plain titles out; dreamed ones are passed over.

        Args:
            size: width and height of the pictures.

        Raises:
            RequestError: a title cannot be drawn; see `title_faults`.
        """
        plain = [each for each in titles if each.style == PLAIN]
        if faults := list(title_faults(plain, size)):
            raise RequestError(tell_first(faults, _FAULTS_SHOWN))
        self._size = size
        self._titles = sorted(plain, key=lambda each: each.first)
        self._laid = [_lay_out(title, size) for title in self._titles]
        self._offsets = _stack(self._titles, self._laid, size)
        self._changes = sorted({frame for each in self._titles for frame in (each.first, each.stop)})
        self._shown = _shown_after(self._changes, self._titles)
        self._overlay = lru_cache(maxsize=4)(self._draw)

    def draw(self, pixels: Shown, frame: int) -> Shown:
        """The picture of a frame with its titles; the very same array where it has none.

        Args:
            pixels: (H, W, 3), uint8, or uint16 where it is deep.
        """
        for number in self._shown[bisect_right(self._changes, frame)]:
            pixels = _blend(pixels, self._overlay(number), opacity(self._titles[number], frame))
        return pixels

    def _draw(self, number: int) -> _Overlay:
        title, laid = self._titles[number], self._laid[number]
        return _overlay(title, laid, self._size, self._offsets[number])


def opacity(title: Title, frame: int) -> float:
    """How far a title has come at a frame, 0 to 1."""
    if not title.first <= frame < title.stop:
        return 0.0
    steps = title.fade + 1
    return min(1.0, (frame - title.first + 1) / steps, (title.stop - frame) / steps)


def title_faults(titles: Sequence[Title], size: tuple[int, int]) -> Iterator[str]:
    """What is wrong with titles, whatever their style, each fault once.

    Args:
        size: width and height of the pictures.
    """
    told: set[str] = set()
    for title in titles:
        if (fault := _fault(title, size)) and fault not in told:
            told.add(fault)
            yield fault


def _fault(title: Title, size: tuple[int, int]) -> str | None:
    name = quote_value(title.text)
    if not title.text.strip():
        return f"the title {name} has nothing in it to draw"
    if len(title.text) > LONGEST_TEXT:
        return f"the title {name} has {len(title.text)} characters: must have {LONGEST_TEXT} at most"
    if title.place not in PLACES:
        return f"the title {name} stands {quote_value(title.place)}: must be top, middle or bottom"
    if not _COLOUR.fullmatch(title.colour):
        return f"the title {name} has the colour {quote_value(title.colour)}: must be one such as '#6ea4e0'"
    try:
        fault = text_fault(font_name(title), title.text)
        if fault is None and title.style == PLAIN:
            _lay_out(title, size)
    except PictureError as error:
        return str(error)
    return fault


def font_name(title: Title) -> str:
    """What `pictures.fonts` calls a title's font."""
    return INTER if title.font is None else str(title.font)


@lru_cache(maxsize=16)
def _font(name: str, pixels: float) -> ImageFont.FreeTypeFont:
    return open_font(name, _font_data(name), pixels)


@lru_cache(maxsize=4)
def _font_data(name: str) -> bytes:
    return read_font(name)


def _lay_out(title: Title, size: tuple[int, int]) -> _Lettering:
    """Break a title's lines so that they fit, its letters as high as it says or a little less.

    Raises:
        PictureError: it is too long.
    """
    width, height = size
    pixels = max(title.height * min(size), _LEAST_PX)
    for _ in range(_STEPS):
        font = _font(font_name(title), pixels)
        lines = wrap(title.text, (1 - 2 * SAFE) * width - 2, font.getlength)
        tall = _line_height(font) + round(LINE_PITCH * pixels) * (len(lines) - 1)
        if tall <= (1 - 2 * SAFE) * height and pixels >= _SMALLEST_PX:
            return _Lettering(tuple(lines), pixels, tall)
        pixels *= _SHRINK
    raise PictureError(
        f"the title {quote_value(title.text)} does not fit into {width}x{height}: shorten it, or change its "
        "height"
    )


def _line_height(font: ImageFont.FreeTypeFont) -> int:
    return sum(font.getmetrics())


def _stack(titles: Sequence[Title], laid: Sequence[_Lettering], size: tuple[int, int]) -> list[int]:
    """How far each title stands from its place's edge, in pixels: beyond those that were there before it."""
    offsets: list[int] = []
    there: list[int] = []
    for number, title in enumerate(titles):
        there = [other for other in there if titles[other].stop > title.first]
        offset, own = 0, laid[number].height
        for other in sorted(there, key=offsets.__getitem__):
            end = offsets[other] + laid[other].height + round(_GAP * laid[other].pixels)
            if titles[other].place == title.place and offset + own > offsets[other] and offset < end:
                offset = end
        offsets.append(offset if offset + own <= (1 - 2 * SAFE) * size[1] else 0)
        there.append(number)
    return offsets


def _shown_after(changes: Sequence[int], titles: Sequence[Title]) -> list[list[int]]:
    """The titles that are shown before the first change and from each one on, by number."""
    begins: dict[int, list[int]] = defaultdict(list)
    shown: list[list[int]] = [[]]
    for number, title in enumerate(titles):
        begins[title.first].append(number)
    for frame in changes:
        shown.append([*(number for number in shown[-1] if titles[number].stop > frame), *begins[frame]])
    return shown


def _overlay(title: Title, laid: _Lettering, size: tuple[int, int], offset: int) -> _Overlay:
    """Draw a title with its shadow."""
    width, height = size
    font = _font(font_name(title), laid.pixels)
    ink = np.asarray(draw_lines(laid.lines, font), np.float32) / 255
    stroke, sigma = max(1, round(_OUTLINE * laid.pixels)), max(1.0, _SOFT * laid.pixels)
    bold = np.asarray(draw_lines(laid.lines, font, stroke), np.float32) / 255
    margin = int(np.ceil(3 * sigma))
    shadow = np.pad(bold, margin)
    shadow = np.maximum(
        scipy.ndimage.gaussian_filter(shadow, sigma) * 1.5, scipy.ndimage.gaussian_filter(shadow, stroke / 2)
    ).clip(0, 1)
    letters = np.zeros_like(shadow)
    down, across = (shadow.shape[0] - ink.shape[0]) // 2, (shadow.shape[1] - ink.shape[1]) // 2
    letters[down : down + ink.shape[0], across : across + ink.shape[1]] = ink
    colour = np.asarray(letters_rgb(title), np.float32) / 255
    about = 0.0 if is_bright(title) else 1.0
    veil = (_DARKNESS * shadow * (1 - letters))[..., None]
    light = colour * letters[..., None] + about * veil
    cover = letters[..., None] + veil
    top = _top(title.place, laid.height, height, offset) - down
    return _cut(_Overlay((width - shadow.shape[1]) // 2, top, light, cover), size)


def _top(place: str, tall: int, height: int, offset: int) -> int:
    if place == "top":
        return round(SAFE * height) + offset
    if place == "middle":
        return (height - tall) // 2 + offset
    return height - round(SAFE * height) - offset - tall


def _cut(overlay: _Overlay, size: tuple[int, int]) -> _Overlay:
    """What of an overlay lies within the picture."""
    (width, height), (tall, wide) = size, overlay.cover.shape[:2]
    left, top = max(0, -overlay.left), max(0, -overlay.top)
    part = np.s_[top : min(tall, height - overlay.top), left : min(wide, width - overlay.left)]
    return _Overlay(overlay.left + left, overlay.top + top, overlay.light[part], overlay.cover[part])


def letters_rgb(title: Title) -> tuple[int, int, int]:
    """The colour of a title's letters, 0 to 255."""
    red, green, blue = (int(title.colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def is_bright(title: Title) -> bool:
    """Whether dark stands out about its letters, and not light."""
    red, green, blue = letters_rgb(title)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 255 * _BRIGHT


def _blend(pixels: Shown, overlay: _Overlay, shown: float) -> Shown:
    """A picture with an overlay on it, as far as that is shown, 0 to 1."""
    white = DEEP_WHITE if pixels.dtype == np.uint16 else 255
    rows, columns = overlay.cover.shape[:2]
    part = np.s_[overlay.top : overlay.top + rows, overlay.left : overlay.left + columns]
    result: Shown = pixels.copy()
    under = pixels[part].astype(np.float64)
    mixed = under * (1 - shown * overlay.cover) + (white * shown) * overlay.light
    result[part] = np.floor(mixed + 0.5).clip(0, white).astype(pixels.dtype)
    return result
