"""The directories of a TIFF file: which pictures it holds, and whether it is a camera's raw photo.

TIFF 6.0 and its supplement 1 (SubIFDs), BigTIFF, Adobe's DNG 1.7. Cameras' raw files are TIFFs too, whose
first directory is often a thumbnail; some have another number in the header.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

_SUBFILE, _OLD_SUBFILE, _WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC = 254, 255, 256, 257, 258, 262
_ORIENTATION, _SUB_DIRECTORIES, _DNG = 274, 330, 50706
_WANTED = {
    _SUBFILE,
    _OLD_SUBFILE,
    _WIDTH,
    _HEIGHT,
    _BITS,
    _PHOTOMETRIC,
    _ORIENTATION,
    _SUB_DIRECTORIES,
    _DNG,
}
_SENSOR = {32803, 34892}  # colours as a sensor has them: a filter's pattern, or linear
_TYPES = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}  # of a tag's values, as struct has them
_HEADERS = {b"II*\0": "<", b"MM\0*": ">", b"II+\0": "<", b"MM\0+": ">"}
_RAW_HEADERS = {b"IIRO": "<", b"IIRS": "<", b"MMOR": ">", b"IIU\0": "<"}  # Olympus, Panasonic
_MOST_DIRECTORIES, _MOST_TAGS, _MOST_VALUES = 4096, 4096, 64


@dataclass(frozen=True)
class Directory:
    """A picture of a TIFF file.

    Attributes:
        offset: where in the file its directory begins.
        size: width and height in pixels.
        is_reduced: it is a smaller copy of another one.
        is_mask: it says which pixels of another one are seen.
        is_sensor: its values are a sensor's, not colours.
    """

    offset: int
    size: tuple[int, int]
    is_reduced: bool
    is_mask: bool
    is_sensor: bool

    @property
    def pixels(self) -> int:
        """How many it has."""
        return self.size[0] * self.size[1]


@dataclass(frozen=True)
class TiffFile:
    """What a TIFF file holds.

    Attributes:
        pages: its directories, in their order, those within others after them.
        is_raw: it is a camera's raw photo.
        may_be_raw: it is built as those are, with more than one whole picture.
        orientation: as the first directory says it, 1 to 8.
        order: "<" or ">", the order of its bytes.
        is_big: its offsets have 64 bits.
    """

    pages: tuple[Directory, ...]
    is_raw: bool
    may_be_raw: bool
    orientation: int
    order: str
    is_big: bool

    def header(self, page: Directory) -> bytes:
        """The header of a file of the same bytes whose first directory is `page`."""
        if self.is_big:
            start = b"II+\0\x08\0\0\0" if self.order == "<" else b"MM\0+\0\x08\0\0"
            return start + struct.pack(f"{self.order}Q", page.offset)
        start = b"II*\0" if self.order == "<" else b"MM\0*"
        return start + struct.pack(f"{self.order}I", page.offset)


@dataclass
class _Reader:
    stream: BinaryIO
    order: str
    is_big: bool
    seen: set[int] = field(default_factory=set)

    def number(self, offset: int, kind: str) -> int:
        return self.numbers(offset, kind, 1)[0]

    def numbers(self, offset: int, kind: str, count: int) -> tuple[int, ...]:
        self.stream.seek(offset)
        layout = f"{self.order}{count}{kind}"
        return struct.unpack(layout, self.stream.read(struct.calcsize(layout)))


def read_tiff(stream: BinaryIO) -> TiffFile | None:
    """The directories of a file; None where it is no TIFF or has none that can be read."""
    stream.seek(0)
    start = stream.read(10)
    order = {**_HEADERS, **_RAW_HEADERS}.get(start[:4])
    if order is None:
        return None
    reader = _Reader(stream, order, b"+" in start[:4])
    tags = list(_directories(reader))
    pages = tuple(page for offset, found in tags if (page := _page(offset, found)))
    if not pages:
        return None
    first = tags[0][1]
    marked = _DNG in first or start[8:10] == b"CR"
    may_be_raw = pages[0].is_reduced or len(pages) > 1
    # A file marked as a raw photo may still begin with a whole picture; a sensor's values are raw anywhere.
    is_raw = any(page.is_sensor for page in pages) or (marked and may_be_raw) or start[:4] in _RAW_HEADERS
    orientation = (first.get(_ORIENTATION) or (1,))[0]
    orientation = orientation if 1 <= orientation <= 8 else 1
    return TiffFile(pages, is_raw, may_be_raw, orientation, order, reader.is_big)


def _directories(reader: _Reader) -> Iterator[tuple[int, Mapping[int, tuple[int, ...]]]]:
    """The offset and the wanted tags of each directory; damage ends the list."""
    try:
        offset = reader.number(8, "Q") if reader.is_big else reader.number(4, "I")
        while offset and offset not in reader.seen and len(reader.seen) < _MOST_DIRECTORIES:
            reader.seen.add(offset)
            tags, following = _read_directory(reader, offset)
            yield offset, tags
            for inner in tags.get(_SUB_DIRECTORIES, ()):
                if inner not in reader.seen:
                    reader.seen.add(inner)
                    yield inner, _read_directory(reader, inner)[0]
            offset = following
    except (struct.error, OSError, ValueError, OverflowError):
        return


def _read_directory(reader: _Reader, offset: int) -> tuple[dict[int, tuple[int, ...]], int]:
    """The wanted tags of a directory, and the offset of the one that follows."""
    counter, size, pointer = ("Q", 20, "Q") if reader.is_big else ("H", 12, "I")
    count = min(reader.number(offset, counter), _MOST_TAGS)
    begin = offset + struct.calcsize(f"<{counter}")
    tags = {}
    for entry in range(begin, begin + count * size, size):
        tag, kind = reader.numbers(entry, "H", 2)
        if tag in _WANTED and kind in _TYPES:
            tags[tag] = _values(reader, entry, _TYPES[kind], pointer)
    return tags, reader.number(begin + count * size, pointer)


def _values(reader: _Reader, entry: int, kind: str, pointer: str) -> tuple[int, ...]:
    width = struct.calcsize(f"<{pointer}")
    count = min(reader.number(entry + 4, pointer), _MOST_VALUES)
    where = entry + 4 + width
    if count * struct.calcsize(f"<{kind}") > width:
        where = reader.number(where, pointer)
    return reader.numbers(where, kind, count)


def _page(offset: int, tags: Mapping[int, tuple[int, ...]]) -> Directory | None:
    def first(tag: int) -> int:
        return (tags.get(tag) or (0,))[0]

    size = (first(_WIDTH), first(_HEIGHT))
    if min(size) < 1:
        return None
    return Directory(
        offset,
        size,
        is_reduced=bool(first(_SUBFILE) & 1) or first(_OLD_SUBFILE) == 2,
        is_mask=bool(first(_SUBFILE) & 4),
        is_sensor=first(_PHOTOMETRIC) in _SENSOR,
    )
