"""Pictures as files for people: their format, how well they are kept, their colours and their inscription.

Dreams are specks of colour. JPEG and AVIF usually keep colours at half the sides (4:2:0); here they keep them
whole (4:4:4). A dream of 320x180, size and PSNR against its pixels:

             4:2:0             4:4:4
    JPEG 80  13.6 kB  31.2 dB  18.3 kB  33.3 dB
    JPEG 90  20.2 kB  32.6 dB  28.2 kB  36.0 dB
    JPEG 95  29.3 kB  33.6 dB  42.2 kB  39.2 dB
    AVIF 90  24.1 kB  33.9 dB  27.8 kB  38.8 dB

WebP has no choice in this, unless it is lossless: at its best it comes to 34 dB.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageCms, PngImagePlugin, TiffImagePlugin, features

from dreamzoom.errors import RequestError, warn
from dreamzoom.pictures.xmp import make_packet

FORMATS: Final[Mapping[str, str]] = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    **({".avif": "AVIF"} if features.check("avif") else {}),
}
"""Picture files that can be written, by suffix, and Pillow's names for what is in them."""

_USUAL_QUALITY: Final[Mapping[str, int]] = {"JPEG": 95, "WEBP": 95, "AVIF": 90}
_LONGEST_SIDE: Final[Mapping[str, int]] = {"JPEG": 65_500, "WEBP": 16_383, "AVIF": 65_535}  # pixels
_ALWAYS_LOSSLESS: Final = frozenset({"PNG", "TIFF"})
_MAY_BE_LOSSLESS: Final = _ALWAYS_LOSSLESS | {"WEBP"}
_LONGEST_IN_JPEG: Final = 65_502  # bytes of a packet: a segment has 65,533, and its name
_XMP_TAG, _PREDICTOR_TAG, _DIFFERENCES = 700, 317, 2  # of TIFF
_PROFILE_DATE: Final = slice(24, 36)


@dataclass(frozen=True)
class Finish:
    """How a picture is written.

    Attributes:
        quality: 1 to 100, of what is not lossless; None for the format's usual one.
        lossless: not a bit of a pixel may be lost.
        tells: the file tells how it was made.
    """

    quality: int | None = None
    lossless: bool = False
    tells: bool = True


USUAL: Final = Finish()


def format_of(target: Path) -> str:
    """Pillow's name for the kind of picture that a file's ending asks for.

    Raises:
        RequestError: no such kind is written; those that are are named.
    """
    found = FORMATS.get(target.suffix.lower())
    if found is None:
        raise RequestError(f"{target}: name a file ending in {', '.join(FORMATS)}")
    return found


def require_fitting(finish: Finish, file_format: str) -> None:
    """See that a format can be written so.

    Raises:
        RequestError: it has no quality, loses something, or this Pillow cannot write it.
    """
    if file_format not in FORMATS.values():
        raise RequestError(f"this Pillow writes no {file_format}: update it, or take another format")
    if finish.lossless and file_format not in _MAY_BE_LOSSLESS:
        raise RequestError(f"{file_format} is never lossless: write a .png, .webp or .tif")
    if finish.quality is not None and (finish.lossless or file_format in _ALWAYS_LOSSLESS):
        why = "without loss" if finish.lossless else "loses nothing and"
        raise RequestError(f"{file_format} {why} has no quality to choose: leave --quality out")


def require_room_for(size: tuple[int, int], file_format: str) -> None:
    """See that a picture of this width and height can be written in a format. Raises a RequestError."""
    if max(size) > _LONGEST_SIDE.get(file_format, max(size)):
        raise RequestError(
            f"{size[0]}x{size[1]} pixels cannot be written as {file_format}, whose sides have "
            f"{_LONGEST_SIDE[file_format]} at most: use .png"
        )


def encode(
    picture: Image.Image, file_format: str, finish: Finish = USUAL, inscription: str | None = None
) -> bytes:
    """An RGB picture in sRGB as a file, which says that this is its colour space.

    Args:
        file_format: one of the `FORMATS`' values.
        inscription: what the file tells of how it was made; a person is warned where it is too long for a
            JPEG.

    Raises:
        RequestError: it is larger than the format allows.
    """
    require_room_for(picture.size, file_format)
    packet = None if inscription is None or not finish.tells else make_packet(inscription)
    if packet is not None and file_format == "JPEG" and len(packet) > _LONGEST_IN_JPEG:
        warn("the recipe is too long to be told within a JPEG, and was left out: write a .png or .webp")
        packet = None
    buffer = io.BytesIO()
    try:
        picture.save(buffer, file_format, **_options(file_format, finish, packet))
    except (OSError, ValueError) as error:  # sides beyond what the format can have
        size = f"{picture.width}x{picture.height}"
        raise RequestError(f"{size} pixels cannot be written as {file_format}: use .png") from error
    return buffer.getvalue()


def _options(file_format: str, finish: Finish, packet: bytes | None) -> dict[str, Any]:
    """What Pillow's writer of a format is told."""
    if file_format == "PNG":
        return {"pnginfo": _png_chunks(packet)}
    if file_format == "TIFF":
        return {"compression": "tiff_adobe_deflate", "tiffinfo": _tiff_tags(packet), "icc_profile": _srgb()}
    quality = _USUAL_QUALITY[file_format] if finish.quality is None else finish.quality
    options: dict[str, Any] = {"quality": quality, "icc_profile": _srgb()}
    if file_format in ("JPEG", "AVIF"):
        options["subsampling"] = "4:4:4"
    if packet is not None:
        options["xmp"] = packet
    if file_format == "WEBP" and finish.lossless:
        options |= {"lossless": True, "quality": 100, "exact": True}
    return options


def _png_chunks(packet: bytes | None) -> PngImagePlugin.PngInfo:
    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"sRGB", b"\0")  # perceptual
    if packet is not None:
        chunks.add_itxt("XML:com.adobe.xmp", packet.decode())
    return chunks


def _tiff_tags(packet: bytes | None) -> TiffImagePlugin.ImageFileDirectory_v2:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[_PREDICTOR_TAG] = _DIFFERENCES
    if packet is not None:
        tags.tagtype[_XMP_TAG] = 1  # bytes
        tags[_XMP_TAG] = packet
    return tags


@cache
def _srgb() -> bytes:
    """sRGB's profile, as little as 588 bytes; without the time at which it was made, so always the same."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_PROFILE_DATE] = bytes(12)
    return bytes(profile)
