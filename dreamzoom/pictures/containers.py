"""Which picture of a file is meant where it holds several: pages, thumbnails, a raw photo's previews."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

from PIL import Image

from dreamzoom.errors import PictureError
from dreamzoom.pictures.colours import Tell
from dreamzoom.pictures.directories import Directory, TiffFile, read_tiff
from dreamzoom.pictures.views import view_of

_RAW_SIGNATURES = (
    (0, b"FUJIFILMCCD-RAW", "RAF"),
    (0, b"\0MRM", "MRW"),
    (6, b"HEAPCCDR", "CRW"),
    (0, b"FOVb", "X3F"),
    (4, b"ftypcrx ", "CR3"),
)
RAW_SUFFIXES = frozenset(
    [
        "3FR",
        "ARW",
        "CR2",
        "CRW",
        "DCR",
        "DNG",
        "ERF",
        "FFF",
        "GPR",
        "IIQ",
        "K25",
        "KDC",
        "MEF",
        "MOS",
        "NEF",
        "NRW",
        "ORF",
        "PEF",
        "PTX",
        "RW2",
        "RWL",
        "SR2",
        "SRF",
        "SRW",
    ]
)
"""Of cameras' raw photos that are TIFF files, without the dot."""
_PREVIEW_SIDE = 1024  # pixels; a longer side of fewer is a thumbnail
_LESS_THAN_MAIN = 4  # a first page of so many times fewer pixels than another is its thumbnail
_MOST_JPEGS = 64
_CHUNK = 1 << 20
_MOVING = {"GIF", "WEBP", "PNG", "AVIF", "FLI", "DCX"}


@dataclass(frozen=True)
class Chosen:
    """The picture that is meant: a stream that begins with it; its orientation if the file's rest says."""

    stream: BinaryIO
    orientation: int | None = None


@dataclass(frozen=True)
class _Preview:
    stream: BinaryIO
    size: tuple[int, int]


def choose_picture(stream: BinaryIO, name: str, wanted: tuple[int, int] | None, tell: Tell) -> Chosen:
    """The picture that a file is about: the whole one, not its thumbnail.

    Args:
        stream: the file, seekable.
        name: what the file is called.
        wanted: width and height that the picture will be brought to, if that is known.

    Raises:
        PictureError: it is a raw photo whose previews are too small.
    """
    tiff = read_tiff(stream)
    kind = _raw_kind(stream, name, tiff)
    if kind is not None:
        preview = _choose_preview(stream, wanted, kind, tiff, tell)
        if isinstance(preview, str):
            raise PictureError(f"{name}: {preview}")
        return preview
    if tiff is not None:
        page = _choose_page(tiff, tell)
        if page is not tiff.pages[0]:
            return Chosen(view_of(stream, head=tiff.header(page)))
    return Chosen(stream)


def tell_if_moving(image: Image.Image, tell: Tell) -> None:
    """Say that of an animation only the first picture counts."""
    if image.format not in _MOVING:
        return
    try:
        moves = bool(getattr(image, "is_animated", False))
        image.seek(0)
    except (EOFError, OSError, SyntaxError, ValueError):
        return
    if moves:
        tell("it moves: its first picture is read")


def _raw_kind(stream: BinaryIO, name: str, tiff: TiffFile | None) -> str | None:
    """What a raw photo is called, such as "NEF"; None where the file is none."""
    stream.seek(0)
    head = stream.read(32)
    for offset, signature, kind in _RAW_SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return kind
    suffix = PurePath(name).suffix.lstrip(".").upper()
    if tiff is None or not (tiff.is_raw or (suffix in RAW_SUFFIXES and tiff.may_be_raw)):
        return None
    return suffix if re.fullmatch(r"[A-Z0-9]{2,4}", suffix) and not suffix.startswith("TIF") else "DNG"


def _choose_page(tiff: TiffFile, tell: Tell) -> Directory:
    """The first page that is no smaller copy of another."""
    pages = [page for page in tiff.pages if not (page.is_reduced or page.is_mask)]
    first = tiff.pages[0]
    if not pages:
        tell("it calls itself a small copy of another picture, which is not in the file")
        return first
    largest = max(pages, key=lambda page: page.pixels)
    chosen = pages[0]
    if chosen.pixels * _LESS_THAN_MAIN <= largest.pixels:
        chosen = largest
    if chosen is not first:
        first_size, size = "{}x{}".format(*first.size), "{}x{}".format(*chosen.size)
        tell(f"it begins with a small picture of {first_size}: the one of {size} is read")
    elif len(pages) > 1:
        tell(f"it has {len(pages)} pages: the first is read")
    return chosen


def _choose_preview(
    stream: BinaryIO, wanted: tuple[int, int] | None, kind: str, tiff: TiffFile | None, tell: Tell
) -> Chosen | str:
    """The largest picture ready to be seen in a raw photo; in words, why there is none."""
    best = max(_previews(stream, tiff), key=lambda preview: math.prod(preview.size), default=None)
    if best is None or not _is_large_enough(best.size, wanted):
        small = "" if best is None else " whose largest preview has {}x{} pixels".format(*best.size)
        return (
            f"is a camera's raw photo ({kind}){small}: develop it first (darktable, RawTherapee, the "
            "camera's own program) and save it as TIFF or JPEG"
        )
    size = "{}x{}".format(*best.size)
    tell(
        f"is a camera's raw photo ({kind}): its preview of {size} is read, as the camera made it; develop it "
        "for colours of your own"
    )
    if tiff is None or _orientation(best.stream) > 1:
        return Chosen(best.stream)  # it says itself how it is turned
    return Chosen(best.stream, tiff.orientation)


def _is_large_enough(size: tuple[int, int], wanted: tuple[int, int] | None) -> bool:
    if wanted is None:
        return max(size) >= _PREVIEW_SIDE
    return min(size) >= min(wanted) and max(size) >= max(wanted)


def _previews(stream: BinaryIO, tiff: TiffFile | None) -> Iterator[_Preview]:
    """The pictures in a raw photo that can be read: JPEGs wherever they are, and its directories' own."""
    shapes = [page.size for page in tiff.pages if page.is_sensor] if tiff else []
    for offset in _jpegs(stream):
        view = view_of(stream, offset)
        size = _size_of(view, ("JPEG",))
        if size is not None and _is_of_shape(size, shapes):
            yield _Preview(view, size)
    for page in tiff.pages if tiff else ():
        view = view_of(stream, head=tiff.header(page) if tiff else b"")
        size = None if page.is_sensor else _size_of(view, ("TIFF",))
        if size is not None and _is_of_shape(size, shapes):
            yield _Preview(view, size)


def _is_of_shape(size: tuple[int, int], shapes: list[tuple[int, int]]) -> bool:
    """It shows the whole of a photo: a tile of one has another shape. Where none is known, it may."""
    ratio = max(size) / min(size)
    return not shapes or any(abs(ratio / (max(shape) / min(shape)) - 1) < 0.2 for shape in shapes)


def _size_of(view: BinaryIO, formats: tuple[str, ...]) -> tuple[int, int] | None:
    """A picture's size by its header; None where it cannot be read."""
    view.seek(0)
    try:
        with Image.open(view, formats=formats) as image:
            width, height = image.size
            return width, height
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return None


def _orientation(view: BinaryIO) -> int:
    view.seek(0)
    try:
        with Image.open(view) as image:
            return int(image.getexif().get(0x0112, 1))
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return 1


def _jpegs(stream: BinaryIO) -> Iterator[int]:
    """Where in a file JPEGs may begin: a start of image and another marker."""
    found, base, tail = 0, 0, b""
    stream.seek(0)
    while (chunk := stream.read(_CHUNK)) and found < _MOST_JPEGS:
        block = tail + chunk
        for match in re.finditer(rb"\xff\xd8\xff[\xc0-\xfe]", block):
            found += 1
            yield base + match.start()
        base, tail = base + len(block) - 3, block[-3:]
        stream.seek(base + len(tail), io.SEEK_SET)  # whoever looked at a JPEG meanwhile has moved it
