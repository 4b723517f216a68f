"""Pictures from anywhere (a path, a URL, bytes, a stream, PIL or an array) as upright, opaque sRGB."""

from __future__ import annotations

import io
import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError, features

from dreamzoom.errors import PictureError
from dreamzoom.io.files import binary_size, open_regular, read_stream
from dreamzoom.io.http import read_url

PictureSource: TypeAlias = "str | os.PathLike[str] | bytes | BinaryIO | Image.Image | NDArray[Any]"

# Only these are tried: Pillow's rarer readers are little tested, and its EPS reader starts another program.
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM", *(["AVIF"] if features.check("avif") else []))
LARGEST_FILE = 4 << 30  # bytes; more no TIFF can have
LARGEST_STREAM = 512 << 20  # bytes
LARGEST_DOWNLOAD = 64 << 20  # bytes

NEUTRAL = (117, 117, 117)
"""The grey that networks take for nothing: about the mean of the photographs they were trained on.

Transparent pixels are laid over it. White or black would give every cut-out a hard edge, and a dream grows
on edges first.
"""

_FILTERS = RLock()  # those of warnings are the whole process's: one thread at a time changes them

# A profile's colour space, by the modes it can stand for.
_SPACES = {"RGB": "RGB ", "RGBA": "RGB ", "CMYK": "CMYK", "L": "GRAY"}

# What Pillow's readers raise on damaged data, found by damaging files.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
)


def open_picture(source: PictureSource) -> Image.Image:
    """The picture at `source`, upright, in 8-bit RGB of the sRGB colour space.

    Args:
        source: a path; an http or https URL; a file's bytes; a binary stream such as `sys.stdin.buffer`; a
            PIL image; or an array (H, W, 3) of 0 to 255. Of an animation the first frame counts.

    Raises:
        PictureError: there is no such file, it is no picture of the formats above, damaged, or of more pixels
            than Pillow's guard against decompression bombs allows.
    """
    if isinstance(source, Image.Image):
        return _decode(source, "picture")
    if isinstance(source, bytes | bytearray):
        return _from_stream(io.BytesIO(source), "picture")
    if isinstance(source, str) and "://" in source:  # `C:\sky.jpg` is no URL
        return _from_stream(io.BytesIO(read_url(source, LARGEST_DOWNLOAD, PictureError)), source)
    if isinstance(source, str | os.PathLike):
        return _from_path(Path(source))
    if isinstance(source, np.ndarray) or not hasattr(source, "read"):
        return _from_array(source)
    return _from_stream(io.BytesIO(read_all(source)), _name_of(source))


def _from_path(path: Path) -> Image.Image:
    with open_regular(path, PictureError, "picture", LARGEST_FILE) as file:
        try:
            return _from_stream(file, str(path))
        except OSError as error:
            raise PictureError(f"{path}: cannot be read: {error.strerror or error}") from error


def _from_stream(stream: BinaryIO, name: str) -> Image.Image:
    """The picture in a seekable stream."""
    if not stream.read(1):
        raise PictureError(f"{name}: is empty")
    stream.seek(0)
    with _explained(name), Image.open(stream, formats=FORMATS) as image:
        return _decode(image, name)


def _decode(image: Image.Image, name: str) -> Image.Image:
    """A picture whose size is known, decoded and converted; a new one, whatever it was."""
    with _explained(name):
        if min(image.size) < 1:
            raise PictureError(f"{name}: has no pixels")
        image.load()
        return to_rgb(image)


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Tell what Pillow raises in our words; its guard against bombs warns or raises, and both refuse."""
    with _FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield
        except PictureError:
            raise
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            limit = (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
            raise PictureError(
                f"{name}: has more than {limit} million pixels; make it smaller first"
            ) from error
        except UnidentifiedImageError as error:
            raise PictureError(f"{name}: is not a picture that can be read ({', '.join(FORMATS)})") from error
        except _DAMAGE as error:
            raise PictureError(f"{name}: is damaged or cut short: {_one_line(error)}") from error


def read_all(stream: BinaryIO) -> bytes:
    """All of a binary stream of at most `LARGEST_STREAM` bytes; raises a PictureError otherwise."""
    name = _name_of(stream)
    try:
        data = read_stream(stream, LARGEST_STREAM)
    except OSError as error:
        raise PictureError(f"{name}: cannot be read: {error.strerror}") from error
    if data is None:
        raise PictureError(f"{name}: is larger than {binary_size(LARGEST_STREAM)}")
    if not isinstance(data, bytes):
        raise PictureError(f"{name}: is a stream of text; open it in binary mode")
    return data


def _name_of(stream: BinaryIO) -> str:
    name = getattr(stream, "name", None)
    return name.strip("<>") if isinstance(name, str) else "picture"


def _from_array(source: object) -> Image.Image:
    if not hasattr(source, "__array__"):
        raise PictureError(f"a {type(source).__name__} is no picture; give a path, a PIL image or an array")
    array = np.asarray(source)
    if array.ndim != 3 or array.shape[2] != 3 or array.size == 0:
        raise PictureError(f"an array of shape {array.shape} is no picture; it must be (H, W, 3)")
    if array.dtype.kind not in "uif":
        raise PictureError(f"an array of {array.dtype} is no picture; give numbers from 0 to 255")
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 255):  # NaN fails too
        raise PictureError(f"an array of values from {low:g} to {high:g} is no picture; give 0 to 255")
    if array.dtype.kind == "f" and 0 < high <= 1:
        raise PictureError("an array of values from 0 to 1 is no picture here; multiply it by 255")
    return Image.fromarray(np.rint(array).astype(np.uint8), "RGB")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def to_rgb(image: Image.Image) -> Image.Image:
    """A decoded picture as RGB.

    * Turned upright as its EXIF data say.
    * More than 8 bits are scaled and rounded, not cut. Floats are taken as 0 to 1, 0 to 255 or 0 to 65535:
      the smallest that holds them.
    * An embedded ICC profile is followed (CMYK, wide-gamut RGB); one that is damaged is passed over.
    * What is transparent is laid over `NEUTRAL`.
    """
    upright = _upright(image)
    if upright.mode.startswith(("I", "F")):
        return _from_deep(upright)
    if upright.mode == "LAB":
        return _from_lab(upright)
    opaque = _over_neutral(_in_srgb(_simple(upright)))
    return opaque if opaque.mode == "RGB" else opaque.convert("RGB")


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except (SyntaxError, ValueError, TypeError, LookupError, OSError, struct.error):
        return image.copy()  # EXIF data that cannot be read say nothing of the picture


def _simple(image: Image.Image) -> Image.Image:
    """The same pixels in one of the modes L, CMYK, RGB and RGBA."""
    if image.mode != "RGBA" and image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in _SPACES:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _in_srgb(image: Image.Image) -> Image.Image:
    """A picture in sRGB, by its ICC profile where it has a fitting one."""
    data = image.info.get("icc_profile")
    if not data or _SPACES[image.mode] != data[16:20].decode("latin-1"):
        return image
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        if "sRGB" in ImageCms.getProfileDescription(profile):
            return image
        srgb = ImageCms.createProfile("sRGB")
        colours = image.convert("RGB") if image.mode == "RGBA" else image
        converted = ImageCms.profileToProfile(
            colours,
            profile,
            srgb,
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    if converted is not None and image.mode == "RGBA":
        converted.putalpha(image.getchannel("A"))
    return converted or image


def _over_neutral(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, (*NEUTRAL, 255)), image)


def _from_lab(image: Image.Image) -> Image.Image:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    return converted or image.convert("L").convert("RGB")


def _from_deep(image: Image.Image) -> Image.Image:
    """A greyscale picture of 16 or 32 bits, or of floats, scaled to 8 bits."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    full = 65535.0 if image.mode.startswith("I;16") else _full_scale(values, image.mode)
    grey = np.rint(np.clip(values / full, 0, 1) * 255).astype(np.uint8)
    return Image.fromarray(grey, "L").convert("RGB")


def _full_scale(values: NDArray[np.float64], mode: str) -> float:
    """The value that stands for white: the smallest customary one that nothing exceeds, else the highest."""
    highest = float(values.max())
    customary = [255.0, 65535.0] if mode == "I" else [1.0, 255.0, 65535.0]
    return next((full for full in customary if highest <= full), highest)
