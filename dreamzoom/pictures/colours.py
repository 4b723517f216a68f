"""Any picture's pixels as 8-bit RGB in the sRGB colour space, upright, opaque."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from PIL import Image, ImageCms, ImageOps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEUTRAL = (117, 117, 117)
"""The grey that networks take for nothing: about the mean of the photographs they were trained on.

Transparent pixels are laid over it. White or black would give every cut-out a hard edge, and a dream grows
on edges first.
"""

# A profile's colour space, by the modes it can stand for.
_SPACES = {"RGB": "RGB ", "RGBA": "RGB ", "CMYK": "CMYK", "L": "GRAY"}


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
    import numpy as np

    values = np.nan_to_num(np.asarray(image, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    full = 65535.0 if image.mode.startswith("I;16") else _full_scale(values, image.mode)
    grey = np.rint(np.clip(values / full, 0, 1) * 255).astype(np.uint8)
    return Image.fromarray(grey, "L").convert("RGB")


def _full_scale(values: NDArray[np.float64], mode: str) -> float:
    """The value that stands for white: the smallest customary one that nothing exceeds, else the highest."""
    highest = float(values.max())
    customary = [255.0, 65535.0] if mode == "I" else [1.0, 255.0, 65535.0]
    return next((full for full in customary if highest <= full), highest)
