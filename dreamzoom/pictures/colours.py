"""A decoded picture of any mode and colour space as upright, opaque sRGB."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

NEUTRAL = (117, 117, 117)
"""The grey that networks take for nothing: about the mean of the photographs they were trained on.

Transparent pixels are laid over it. White or black would give every cut-out a hard edge, and a dream grows
on edges first.
"""

Tell: TypeAlias = "Callable[[str], None]"
"""Hears what is doubtful about a picture, in words that follow its name."""

# A profile's colour space, by the modes it can stand for.
_SPACES = {"RGB": "RGB ", "RGBA": "RGB ", "CMYK": "CMYK", "L": "GRAY"}

_STRIP = 1 << 22  # pixels that are converted at a time where not the whole picture is
_ORIENTATION = 0x0112  # EXIF's tag
_BITS, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0  # TIFF's tags, and a value of the second

_Ends: TypeAlias = "tuple[float, float]"  # the values that stand for black and white
_EIGHT_BITS: _Ends = (0.0, 255.0)

_DISPLAY_GAMMA = 2.2  # of sRGB, about; PNG's gAMA chunk tells the inverse of a picture's own
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def to_rgb(image: Image.Image, tell: Tell, orientation: int | None = None) -> Image.Image:
    """A decoded picture as RGB.

    * Turned upright as its EXIF data say.
    * Greys of more than 8 bits are scaled and rounded, not cut. Floats are taken as 0 to 1, 0 to 255 or 0 to
      65535: the smallest that holds them. Of colours of 16 bits Pillow keeps the high byte, which is less
      than a level below.
    * An embedded ICC profile is followed (CMYK, wide-gamut RGB, grey); one that is damaged is passed over.
    * What is transparent is laid over `NEUTRAL`.

    Args:
        orientation: 1 to 8, as EXIF has it; None for what the picture itself says.
    """
    if _is_deep(image):
        return to_small_rgb(image, 1, tell, orientation)  # in strips: numbers take eight times the room
    turned = turn(image, orientation_of(image) if orientation is None else orientation)
    flat = _flatten(turned, _EIGHT_BITS, tell)
    return flat.copy() if flat is image else flat


def to_small_rgb(image: Image.Image, factor: int, tell: Tell, orientation: int | None = None) -> Image.Image:
    """The same, each side a whole `factor` times smaller, without holding all of it as RGB.

    Each pixel is the mean of a square of the picture's; where one does not fit at the end, of a part of one.
    """
    width, height = image.size
    ends = _ends(image, tell) if _is_deep(image) else _EIGHT_BITS
    small = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    rows = max(1, _STRIP // (width * factor)) * factor
    for top in range(0, height, rows):
        strip = image.crop((0, top, width, min(height, top + rows)))
        small.paste(_flatten(strip, ends, tell).reduce(factor), (0, top // factor))
    return turn(small, orientation_of(image) if orientation is None else orientation)


def orientation_of(image: Image.Image) -> int:
    """How a picture is to be turned, 1 to 8, as its EXIF or XMP data say; 1, not at all, without any."""
    try:
        said = image.getexif().get(_ORIENTATION, 1)
    except (SyntaxError, ValueError, TypeError, LookupError, OSError, struct.error):
        return 1  # EXIF data that cannot be read say nothing of the picture
    return said if said in _TURNS else 1


def turn(image: Image.Image, orientation: int) -> Image.Image:
    """A picture turned upright; the same where it is."""
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def _flatten(image: Image.Image, ends: _Ends, tell: Tell) -> Image.Image:
    """RGB from any mode; `ends` are those of pictures of more than 8 bits."""
    if image.mode == "LAB":
        return _from_lab(image)
    simple = _from_deep(image, ends) if _is_deep(image) else _simple(image)
    opaque = _over_neutral(_in_srgb(_with_display_gamma(simple, image), image, tell))
    return opaque if opaque.mode == "RGB" else opaque.convert("RGB")


def _simple(image: Image.Image) -> Image.Image:
    """The same pixels in one of the modes L, CMYK, RGB and RGBA."""
    if image.mode == "La":
        image = image.convert("LA")
    if image.mode == "RGBa":
        return image.convert("RGBA")
    if image.mode != "RGBA" and image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in _SPACES:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _with_display_gamma(simple: Image.Image, original: Image.Image) -> Image.Image:
    """A PNG picture with another gamma than sRGB's, as browsers show it; a colour profile goes before."""
    gamma = original.info.get("gamma")
    if not isinstance(gamma, float) or gamma <= 0 or {"icc_profile", "srgb"} & original.info.keys():
        return simple
    exponent = 1 / (gamma * _DISPLAY_GAMMA)
    if abs(exponent - 1) < 0.05 or simple.mode not in ("L", "RGB", "RGBA"):
        return simple
    curve = [round(255 * (level / 255) ** exponent) for level in range(256)]
    colours = len(simple.getbands()) - (simple.mode == "RGBA")
    return simple.point(curve * colours + list(range(256)) * (simple.mode == "RGBA"))


def _in_srgb(image: Image.Image, original: Image.Image, tell: Tell) -> Image.Image:
    """A picture in sRGB, by its ICC profile where it has a fitting one."""
    data = original.info.get("icc_profile")
    if not data:
        return image
    space = data[16:20].decode("latin-1")
    is_grey = space == "GRAY" and original.mode in ("LA", "La", "1")
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        if "sRGB" in ImageCms.getProfileDescription(profile):
            return image
        if space != _SPACES[image.mode] and not is_grey:
            tell(f"its colour profile is for {space.strip()}, not for {image.mode}, and was not used")
            return image
        colours = image.convert("L" if is_grey else "RGB") if image.mode == "RGBA" else image
        converted = ImageCms.profileToProfile(
            colours,
            profile,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        tell("its colour profile is damaged and was not used: colours may be off")
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


def _is_deep(image: Image.Image) -> bool:
    """It is a greyscale picture of 16 or 32 bits, or of floats."""
    return image.mode.startswith(("I", "F"))


def _from_deep(image: Image.Image, ends: _Ends) -> Image.Image:
    """8-bit grey, or RGBA where a level is declared transparent."""
    values = _values(image)
    black, white = ends
    light = np.clip((values - black) / (white - black), 0, 1)
    grey = Image.fromarray(np.rint(light * 255).astype(np.uint8), "L")
    clear = image.info.get("transparency")
    if not isinstance(clear, int):
        return grey
    cut_out = grey.convert("RGBA")
    cut_out.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8), "L"))
    return cut_out


def _values(image: Image.Image) -> NDArray[np.float64]:
    """A deep picture's values; what is no number is black, and beyond all numbers white or black."""
    values = np.asarray(image, dtype=np.float64)
    return np.nan_to_num(values, nan=0.0, posinf=np.finfo(np.float64).max, neginf=0.0)


def _ends(image: Image.Image, tell: Tell) -> _Ends:
    """The values that stand for black and white; of some TIFFs white is the lower one."""
    tags = getattr(image, "tag_v2", {})
    highest = _highest(image, tags, tell)
    return (highest, 0.0) if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO else (0.0, highest)


def _highest(image: Image.Image, tags: Mapping[int, Any], tell: Tell) -> float:
    """The value at the upper end: the smallest customary one that nothing exceeds, else the highest."""
    if image.mode.startswith("I;16"):
        return 4095.0 if tags.get(_BITS) == (12,) else 65535.0
    highest, odd = 0.0, 0
    for strip in _strips(image):
        values = np.asarray(strip, dtype=np.float64)
        finite = np.isfinite(values)
        odd += int(values.size - finite.sum())
        highest = max(highest, float(values[finite].max(initial=0.0)))
    if odd:
        tell(f"{odd} of its values are no numbers: they are taken as black, beyond all numbers as white")
    customary = [255.0, 65535.0] if image.mode == "I" else [1.0, 255.0, 65535.0]
    return next((full for full in customary if highest <= full), highest)


def _strips(image: Image.Image) -> Iterator[Image.Image]:
    rows = max(1, _STRIP // image.width)
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(image.height, top + rows)))
