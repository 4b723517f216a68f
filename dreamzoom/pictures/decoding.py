"""Pillow's readers as dreamzoom uses them: memory is asked for first, the rest of a damaged file is read."""

from __future__ import annotations

import io
import math
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import BinaryIO

from PIL import Image, ImageChops, ImageFile, ImageOps, PngImagePlugin, UnidentifiedImageError, features

from dreamzoom.errors import DreamzoomError, MemoryShortageError, PictureError
from dreamzoom.io import memory
from dreamzoom.pictures.colours import Tell, orientation_of, to_rgb, to_small_rgb
from dreamzoom.pictures.containers import Chosen, tell_if_moving
from dreamzoom.pictures.kinds import HEAD, name_own_kind
from dreamzoom.pictures.views import view_of

USUAL_FORMATS = ("PNG", "JPEG", "WebP", "TIFF", "BMP", "GIF", "PPM")
"""Those a message names."""

# All that Pillow reads, but for what starts another program (EPS), holds no pixels that Pillow can decode by
# itself (BUFR, GRIB, HDF5, MPEG, WMF), or is told by its name alone (SPIDER, TGA, of which see below).
FORMATS = (
    *("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM"),
    *(["AVIF"] if features.check("avif") else []),
    *(["JPEG2000"] if features.check("jpg_2000") else []),
    *("ICO", "ICNS", "CUR", "PSD", "QOI", "DDS", "DIB", "PCX", "DCX", "SGI", "SUN", "PCD", "FITS", "FLI"),
    *("XBM", "XPM", "MSP", "PIXAR", "BLP", "FTEX", "GBR"),
)

USUAL_LIMIT = 89_478_485
"""Pixels of a picture that is decoded whole though a small one is wanted, where memory is not short."""

_GLOBALS = RLock()  # warnings' filters and Pillow's limits are the whole process's: one thread at a time
_LONGEST_TEXT = 64 << 20  # bytes of text in a PNG; photo programs write longer ones than Pillow's 1 MiB

_SMALL_MODES = {
    "1": 1,
    "L": 1,
    "P": 1,
    "I;16": 2,
    "I;16L": 2,
    "I;16B": 2,
    "I;16N": 2,
}  # bytes a pixel; else 4
_DECODERS = {"WEBP": 8, "AVIF": 12, "JPEG2000": 16, "TIFF": 4, "GIF": 4}  # bytes a pixel beside the picture
_DENSEST = (
    8300  # pixels a byte: deflate shrinks to 1/1032 at best, and eight black and white pixels are a byte
)
_DENSEST_RAW = 800  # the same of what is not compressed, of which a hundredth is there
_FROM_BELOW = {"BMP", "DIB", "TGA"}  # their files begin with the lowest row
_CONVERTING = 12  # bytes a pixel: RGB, and what is on the way to it
_SMALL_COPY = 8  # bytes a pixel of a reduced copy
_FINENESS = 2  # a picture that will be shrunk is read at so many times the sides it will have

# What Pillow's readers raise on damaged data, found by damaging files.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True)
class Wish:
    """What a picture is read for, and who hears about it.

    Attributes:
        name: what it is called in messages.
        size: the width and height it will be brought to; None for its own.
        is_whole: only the whole picture will do; else what is left of a damaged one is read.
        formats: Pillow's names of those it may have.
        tell: hears what is doubtful.
    """

    name: str
    size: tuple[int, int] | None = None
    is_whole: bool = False
    formats: tuple[str, ...] = FORMATS
    tell: Tell = lambda note: None


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Tell what Pillow raises in our words. Within it Pillow's own limits are not in force.

    Its guard against decompression bombs counts pixels; here memory is asked for first.
    """
    limits = Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK
    with _GLOBALS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = None, _LONGEST_TEXT
        try:
            yield
        except DreamzoomError:
            raise
        except MemoryError as error:
            raise MemoryShortageError(
                f"{name}: memory ran out while it was read: make it smaller first"
            ) from error
        except UnidentifiedImageError as error:
            raise PictureError(
                f"{name}: is not a picture that can be read ({', '.join(USUAL_FORMATS)} and others)"
            ) from error
        except DAMAGE as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise PictureError(f"{name}: cannot be read: {error.strerror}") from error
            raise PictureError(f"{name}: is damaged or cut short: {one_line(error)}") from error
        finally:
            Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = limits


def decode(chosen: Chosen, wish: Wish) -> Image.Image:
    """The picture in a stream as RGB: whole or, if that will do, what is left. Call it in `explained`."""
    try:
        with _open(chosen.stream, wish) as image:
            _require_plausible(image, chosen.stream, wish)
            tell_if_moving(image, wish.tell)
            return convert(image, wish, chosen.orientation)
    except UnidentifiedImageError as error:
        chosen.stream.seek(0)
        kind = name_own_kind(chosen.stream.read(HEAD))
        if kind is None:
            raise
        raise PictureError(
            f"{wish.name}: is {kind} file that is damaged, cut short or of a kind that cannot be read: get "
            "it again, or save it as an ordinary PNG"
        ) from error
    except DAMAGE as fault:
        if wish.is_whole or getattr(fault, "errno", None) is not None:  # the disk's own errors have numbers
            raise
        return _decode_the_rest(chosen, wish, fault)


def convert(image: Image.Image, wish: Wish, orientation: int | None = None) -> Image.Image:
    """A picture that is open, decoded and in RGB; reduced where that is needed and will do."""
    if min(image.size) < 1:
        raise PictureError(f"{wish.name}: has no pixels")
    factor = _prepare(image, wish)
    image.load()
    return _to_rgb(image, factor, wish, orientation)


def _to_rgb(image: Image.Image, factor: int, wish: Wish, orientation: int | None) -> Image.Image:
    if factor > 1:
        return to_small_rgb(image, factor, wish.tell, orientation)
    return to_rgb(image, wish.tell, orientation)


def one_line(error: BaseException) -> str:
    """What an error says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__


def _open(stream: BinaryIO, wish: Wish) -> Image.Image:
    stream.seek(0)
    return Image.open(stream, formats=wish.formats)


def _require_plausible(image: Image.Image, stream: BinaryIO, wish: Wish) -> None:
    """See that so many pixels can be in so few bytes, before there is room made for them."""
    position = stream.tell()
    count = stream.seek(0, io.SEEK_END)
    stream.seek(position)
    width, height = image.size
    is_raw = any(tile[0] == "raw" for tile in getattr(image, "tile", ()))
    densest = _DENSEST_RAW if is_raw else _DENSEST
    if (is_raw or image.format in ("PNG", "JPEG", "MPO")) and width * height > densest * count:
        raise PictureError(
            f"{wish.name}: is damaged or cut short: {count} bytes cannot hold {width}x{height} pixels"
        )


# ---- memory --------------------------------------------------------------------------------------


def _prepare(image: Image.Image, wish: Wish) -> int:
    """See that a picture can be decoded, and find by which whole factor it is made smaller once it is.

    A JPEG may be told here to decode itself smaller.

    Raises:
        MemoryShortageError: naming the size that fits.
    """
    width, height = image.size
    spare = _spare_factor(image.size, wish)
    if spare > 1 and (width * height > USUAL_LIMIT or _is_short_of(_needed(image, 1))):
        least = math.ceil(width / spare), math.ceil(height / spare)
        image.draft(image.mode, least)  # of a JPEG; nothing happens to others
        spare = _spare_factor(image.size, wish)
    else:
        spare = 1
    needed = _needed(image, spare)
    memory.require_memory(needed, f"{wish.name}: a picture of {width}x{height}", _advice(image.size, needed))
    return spare


def _spare_factor(size: tuple[int, int], wish: Wish) -> int:
    """How many times smaller a picture may be and still be fine enough, however it is turned."""
    return max(1, min(size) // (_FINENESS * max(wish.size))) if wish.size else 1


def _needed(image: Image.Image, factor: int) -> int:
    """Bytes that decoding and converting a picture takes, about."""
    beside = _DECODERS.get(image.format or "", 0)
    if image.format in ("JPEG", "MPO") and image.info.get("progressive"):
        beside = 6  # all coefficients are kept
    pixels = image.width * image.height
    later = _CONVERTING if factor == 1 else _SMALL_COPY / factor**2
    return int(pixels * (_SMALL_MODES.get(image.mode, 4) + max(beside, later)))


def _is_short_of(needed: int) -> bool:
    left = memory.available_memory()
    return left is not None and needed > left


def _advice(size: tuple[int, int], needed: int) -> str:
    left = memory.available_memory() or needed
    shrink = math.sqrt(min(1.0, 0.9 * left / needed))
    fits = max(1, int(size[0] * shrink)), max(1, int(size[1] * shrink))
    return f"make it smaller first, to {fits[0]}x{fits[1]} at most"


# ---- damaged files -------------------------------------------------------------------------------


def _decode_the_rest(chosen: Chosen, wish: Wish, fault: BaseException) -> Image.Image:
    """What can be decoded of a damaged file, with a line that tells how much is missing."""
    padded = _padded_webp(chosen.stream)
    if padded is not None:
        with _open(padded[0], wish) as image:
            picture = convert(image, wish, chosen.orientation)
        wish.tell(f"is cut short: about {padded[1]} % of its bytes are missing, those of the lower part")
        return picture
    with _forgiving(), _open(chosen.stream, wish) as image:
        factor = _prepare(image, wish)
        has_passes = _is_interlaced(image)
        image.load()
        if has_passes or _is_untouched(image):
            raise fault
        is_jpeg = image.format in ("JPEG", "MPO")
        with view_of(chosen.stream, dropped=2 if is_jpeg else 16) as shorter:
            missing = _missing_rows(image, shorter, wish, 16 if is_jpeg else 1)
        wish.tell(_loss(image, missing, fault))
        return _to_rgb(image, factor, wish, chosen.orientation)


def _padded_webp(stream: BinaryIO) -> tuple[BinaryIO, int] | None:
    """A WebP that lost its end as one of the length it tells, and what percentage of that is missing.

    Its decoder takes no file that is too short. None where it is another file, or a tenth or more is missing:
    what is made of the padding is no grey, but like a picture.
    """
    stream.seek(0)
    head = stream.read(12)
    if len(head) < 12 or (head[:4], head[8:]) != (b"RIFF", b"WEBP"):
        return None
    told = struct.unpack("<I", head[4:8])[0] + 8
    there = stream.seek(0, io.SEEK_END)
    if not 0.9 * told < there < told:
        return None
    stream.seek(0)
    return io.BytesIO(stream.read().ljust(told, b"\0")), math.ceil(100 * (told - there) / told)


def _loss(image: Image.Image, missing: int, fault: BaseException) -> str:
    if image.info.get("progressive"):
        return "is cut short or damaged: its finest details may be missing"
    if missing == 0 and "truncated" in str(fault):
        return "has lost its last bytes: no part of the picture is seen to be missing"
    if missing == 0:
        return f"has a fault, and no part of the picture is seen to be missing ({one_line(fault)})"
    share = max(1, round(100 * missing / image.height))
    side = "at one side" if orientation_of(image) > 1 else "the lower part"
    side = "the upper part" if image.format in _FROM_BELOW else side
    return f"is cut short or damaged: about {share} % of it is missing, {side}"


def _missing_rows(image: Image.Image, shorter: BinaryIO, wish: Wish, block: int) -> int:
    """How many rows at the end of a decoded picture hold nothing of the file.

    A file that ends even earlier gives a picture that differs from where this one ended. Where the fault lies
    before the end nothing differs, and the rows after it are of one colour.
    """
    pixels = _in_file_order(image)
    empty = _plain_rows(pixels)
    empty = 0 if empty == image.height else empty  # a picture of one colour
    try:
        with _open(shorter, wish) as other:
            other.draft(image.mode, image.size)
            other.load()
            changed = ImageChops.difference(pixels, _in_file_order(other)).getbbox()
    except DAMAGE:
        return empty
    if changed is None:
        return empty
    # Where a JPEG's colours have half the rows, a block's first row is mixed into the one above.
    end = -(-(changed[1] + 1 + (block > 1)) // block) * block
    return max(0, image.height - end)


def _in_file_order(image: Image.Image) -> Image.Image:
    """RGB, with the row first that comes first in the file."""
    pixels = image.convert("RGB")
    return ImageOps.flip(pixels) if image.format in _FROM_BELOW else pixels


def _is_interlaced(image: Image.Image) -> bool:
    """It comes in passes of some rows and columns: without the last, holes are all over it."""
    if image.format == "GIF":
        tiles = getattr(image, "tile", None)
        return bool(tiles and tiles[0][3][1])
    return bool(image.info.get("interlace"))


def _is_untouched(image: Image.Image) -> bool:
    """Nothing of a picture has been decoded: it is black or, as a JPEG, grey."""
    return image.getbbox(alpha_only=False) is None or (
        image.format in ("JPEG", "MPO") and image.convert("L").getextrema() == (128, 128)
    )


def _plain_rows(pixels: Image.Image) -> int:
    """How many rows at a picture's end have one colour, all the same."""
    colour = pixels.getpixel((pixels.width - 1, pixels.height - 1))
    plain = Image.new("RGB", pixels.size, colour)
    box = ImageChops.difference(pixels, plain).getbbox()
    return pixels.height if box is None else pixels.height - box[3]


@contextmanager
def _forgiving() -> Iterator[None]:
    """Within it Pillow decodes what it can; the setting is the whole process's (see `_GLOBALS`)."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
