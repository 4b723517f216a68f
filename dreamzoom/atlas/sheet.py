"""The contact sheet: plates small and side by side, each with its title, on as many pages as it needs."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from PIL import Image

from dreamzoom.atlas.captions import GROUND, write_line

_PAGE_WIDTH: Final = 1920  # pixels
_COLUMNS: Final = 6
_MOST_ON_A_PAGE: Final = 48
_MARGIN, _GAP = 24, 12
_TITLE_HEIGHT, _LABEL_HEIGHT = 48, 30
_WIDEST_TILE = (_PAGE_WIDTH - 2 * _MARGIN - (_COLUMNS - 1) * _GAP) // _COLUMNS
_LEAST_TILE = 120  # pixels: narrower ones have no room for a title
_QUALITY = 92


@dataclass(frozen=True)
class Miniature:
    """A picture on the sheet, as wide as it stands there, and its title."""

    picture: Image.Image
    title: str


@dataclass(frozen=True)
class Heading:
    """What stands at the top of every page: to the left what it is, to the right how it was made."""

    title: str
    facts: tuple[str, ...]


def miniature(picture: Image.Image, title: str) -> Miniature:
    """A picture at the size that it has on the sheet: never larger than it is."""
    width = min(_WIDEST_TILE, picture.width)
    height = max(1, round(picture.height * width / picture.width))
    return Miniature(picture.resize((width, height), Image.Resampling.LANCZOS), title)


def contact_pages(miniatures: Sequence[Miniature], heading: Heading) -> Iterator[Image.Image]:
    """The pages of the sheet: rows of equal tiles, as many on each page but the last."""
    pages = ceil(len(miniatures) / _MOST_ON_A_PAGE)
    rows = ceil(ceil(len(miniatures) / _COLUMNS) / pages)
    each = rows * _COLUMNS
    for first in range(0, len(miniatures), each):
        number = f"page {first // each + 1} of {ceil(len(miniatures) / each)}"
        facts = (number, *heading.facts) if len(miniatures) > each else heading.facts
        yield _page(miniatures[first : first + each], Heading(heading.title, facts))


def encode_page(page: Image.Image) -> bytes:
    """A page as a JPEG file, its letters' colours whole."""
    file = io.BytesIO()
    page.save(file, "JPEG", quality=_QUALITY, subsampling=0, optimize=True)
    return file.getvalue()


def _page(miniatures: Sequence[Miniature], heading: Heading) -> Image.Image:
    columns = min(_COLUMNS, len(miniatures))
    wide = max(_LEAST_TILE, *(each.picture.width for each in miniatures))
    high = max(each.picture.height for each in miniatures) + _LABEL_HEIGHT
    rows = ceil(len(miniatures) / columns)
    width = 2 * _MARGIN + columns * wide + (columns - 1) * _GAP
    height = _TITLE_HEIGHT + rows * (high + _GAP) - _GAP + _MARGIN
    page = Image.new("RGB", (width, height), GROUND)
    indent = _TITLE_HEIGHT // 4  # a line's own margin
    write_line(
        page, (_MARGIN - indent, 0, width - _MARGIN + indent, _TITLE_HEIGHT), heading.title, heading.facts
    )
    for place, each in enumerate(miniatures):
        left = _MARGIN + place % columns * (wide + _GAP)
        top = _TITLE_HEIGHT + place // columns * (high + _GAP)
        page.paste(each.picture, (left, top))
        bottom = top + each.picture.height
        indent = _LABEL_HEIGHT // 4
        box = (left - indent, bottom, left + wide + indent, bottom + _LABEL_HEIGHT)
        write_line(page, box, each.title)
    return page
