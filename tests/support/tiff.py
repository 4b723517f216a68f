"""TIFF files made by hand: several directories, some within others, as cameras and scanners write them."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PIL import Image

_LETTERS = {1: "B", 3: "H", 4: "I"}
RGB, YCBCR, SENSOR = 2, 6, 32803  # how a directory's colours are meant
DNG = {50706: (1, (1, 4, 0, 0))}


def orientation(value: int) -> dict[int, tuple[int, Sequence[int]]]:
    return {274: (3, (value,))}


@dataclass
class Page:
    """A directory: a picture's data with what its tags say, and the directories within it."""

    size: tuple[int, int]
    data: bytes
    photometric: int = RGB
    compression: int = 1
    reduced: bool = False
    more: Mapping[int, tuple[int, Sequence[int]]] = field(default_factory=dict)
    inner: Sequence[Page] = ()


def plain(size: tuple[int, int], colour: tuple[int, int, int], **options: object) -> Page:
    """A page of one colour, not compressed."""
    return Page(size, Image.new("RGB", size, colour).tobytes(), **options)  # type: ignore[arg-type]


def jpeg(size: tuple[int, int], colour: tuple[int, int, int]) -> Page:
    """A preview."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return Page(size, buffer.getvalue(), YCBCR, 7, reduced=True)


def sensor(size: tuple[int, int]) -> Page:
    """What a camera's sensor saw: nothing."""
    return Page(size, bytes(2 * size[0] * size[1]), SENSOR)


def tiff(pages: Sequence[Page], order: str = "<") -> bytes:
    """A file of these pages."""
    out = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4))
    link = 4
    for page in pages:
        offset, following = _write(out, page, order)
        struct.pack_into(f"{order}I", out, link, offset)
        link = following
    return bytes(out)


def _write(out: bytearray, page: Page, order: str) -> tuple[int, int]:
    """Where a page's directory begins, and where the offset of the one after it belongs."""
    inner = [_write(out, each, order)[0] for each in page.inner]
    width, height = page.size
    bands = 1 if page.photometric == SENSOR else 3
    tags: dict[int, tuple[int, Sequence[int]]] = {
        254: (4, (int(page.reduced),)),
        256: (4, (width,)),
        257: (4, (height,)),
        258: (3, (16,) if bands == 1 else (8, 8, 8)),
        259: (3, (page.compression,)),
        262: (3, (page.photometric,)),
        273: (4, (_put(out, page.data),)),
        277: (3, (bands,)),
        278: (4, (height,)),
        279: (4, (len(page.data),)),
        **page.more,
        **({330: (4, inner)} if inner else {}),
    }
    entries = bytearray()
    for tag, (kind, values) in sorted(tags.items()):
        data = struct.pack(f"{order}{len(values)}{_LETTERS[kind]}", *values)
        if len(data) > 4:
            data = struct.pack(f"{order}I", _put(out, data))
        entries += struct.pack(f"{order}HHI", tag, kind, len(values)) + data.ljust(4, b"\0")
    offset = _put(out, struct.pack(f"{order}H", len(tags)) + entries + bytes(4))
    return offset, offset + 2 + len(entries)


def _put(out: bytearray, data: bytes) -> int:
    out += bytes(len(out) % 2)
    out += data
    return len(out) - len(data)
