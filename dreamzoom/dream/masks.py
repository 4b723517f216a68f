"""Masks: where in a picture something holds, from 0 to 1 at each pixel.

A fixed mask (a picture, a word, a gradient) is evaluated at the places where the camera's whole motion says
that the frame's pixels were: it is sampled once, however long the clip, so it neither blurs nor drifts, and
is a function of the recipe, the journal and the frame's number. A mask by what is in the picture (bright,
dark, a colour, what a network sees) is worked out anew from the picture, and needs no memory.

A mask is a float32 array (H, W). A place is a complex number x + iy in pixels, see `camera.similarity`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray

from dreamzoom.camera.similarity import Similarity
from dreamzoom.pictures.colour_spaces import Planes, luma, oklab

Mask: TypeAlias = NDArray[np.float32]
Places: TypeAlias = NDArray[np.complex128]

SIDES: Final = ("top", "bottom", "left", "right")
_BAND: Final = 256  # rows
_LEAST: Final = 1 / 512  # what is less is nothing: less than half a level of an 8-bit mask
_RAMP: Final = 0.1  # of the way from black to white, to each side of a level
_LIGHT_COUNTS: Final = 0.25  # of a colour's difference in lightness, squared: shade is not another colour


def places(size: tuple[int, int], source: Similarity, rows: range | None = None) -> Places:
    """Where each pixel of a frame was before the camera moved, (H, W).

    Args:
        size: width and height of the frame.
        source: the undoing of the camera's whole motion.
        rows: those that are wanted alone.
    """
    x, y = np.arange(size[0]), np.array(rows or range(size[1]))[:, None]
    return source.factor * (x + 1j * y) + source.offset


def in_bands(shape: Callable[[Places], Mask], size: tuple[int, int], source: Similarity) -> Mask:
    """A mask by its shape, which tells it of places, some rows at a time: places take 16 bytes a pixel.

    Args:
        size, source: as of `places`.
    """
    height = size[1]
    bands = (range(top, min(top + _BAND, height)) for top in range(0, height, _BAND))
    return np.concatenate([shape(places(size, source, rows)) for rows in bands])


def fade_from(side: str, where: Places, size: tuple[int, int], reach: float) -> Mask:
    """1 at a side of the frame, falling evenly to 0.

    Args:
        side: one of `SIDES`.
        size: width and height of the frame.
        reach: how far from that side it is 0, as a share of the frame's height or width.
    """
    along, length = (where.imag, size[1]) if side in ("top", "bottom") else (where.real, size[0])
    distance = (along + 0.5) / length
    if side in ("bottom", "right"):
        distance = 1 - distance
    return _limited(1 - distance / reach)


def disc(where: Places, middle: complex, radius: float) -> Mask:
    """1 within a circle, 0 outside; its rim is a pixel wide. Middle and radius are in pixels."""
    return _limited(radius - np.abs(where - middle) + 0.5)


def glow(where: Places, middle: complex, radius: float) -> Mask:
    """1 in the middle, falling evenly to 0 at a radius. Both are in pixels."""
    return _limited(1 - np.abs(where - middle) / radius)


def antialiased(picture: Mask, pixel: float) -> Mask:
    """A picture (h, w) that may be sampled at places `pixel` of its pixels apart: what is made smaller is
    blurred before, else its edges would tremble as it moves.
    """
    return soften(picture, 0.5 * float(np.sqrt(pixel**2 - 1))) if pixel > 1 else picture


def picture_mask(picture: Mask, where: Places) -> Mask:
    """A mask that is a picture (h, w), 0 to 1, at places in its pixels; beyond its border it is as there."""
    return _limited(scipy.ndimage.map_coordinates(picture, [where.imag, where.real], order=1, mode="nearest"))


def bright_mask(planes: Planes, level: float, sigma: float) -> Mask:
    """Where a picture is brighter than a level, 0 to 1, as it looks to an eye that sees nothing finer than
    `sigma` pixels: a dream's grain would make a mask of holes.
    """
    return _limited((soften(luma(planes), sigma) - level) / (2 * _RAMP) + 0.5)


def colour_mask(planes: Planes, colour: tuple[int, int, int], tolerance: float, sigma: float) -> Mask:
    """Where a picture has a colour: 1 up to a distance of `tolerance` from it, 0 from twice that on.

    The distance is that of Oklab (Ottosson 2020), in which lightness counts half, so that a sky's pale
    horizon is its blue. Finer than `sigma` pixels nothing is seen, as for `bright_mask`.
    """
    seen = np.stack([soften(plane, sigma) for plane in planes])
    wanted = oklab(np.asarray(colour, np.float32).reshape(3, 1, 1))
    light, green_red, blue_yellow = (oklab(seen) - wanted) ** 2
    return _limited(2 - np.sqrt(_LIGHT_COUNTS * light + green_red + blue_yellow) / tolerance)


def seen_mask(saliency: Mask, size: tuple[int, int], sigma: float) -> Mask:
    """Where a network sees most of something: 1 where it sees half of the most that it sees anywhere.

    Args:
        saliency: how much of it each place of a blob shows (h, w), from 0 up.
        size: width and height of the frame.
    """
    rows, columns = saliency.shape
    down = (np.arange(size[1]) + 0.5) * rows / size[1] - 0.5
    across = (np.arange(size[0]) + 0.5) * columns / size[0] - 0.5
    grid = np.meshgrid(down, across, indexing="ij")
    spread = soften(scipy.ndimage.map_coordinates(saliency, grid, order=1, mode="nearest"), sigma)
    most = float(spread.max())
    return _limited(2 * spread / most - 0.25) if most > 0 else np.zeros_like(spread)


def soften(mask: Mask, sigma: float) -> Mask:
    """A mask whose border is soft: blurred by a Gaussian of `sigma` pixels, cut off at four of them."""
    if sigma <= 0:
        return mask
    blurred: Mask = scipy.ndimage.gaussian_filter(mask, sigma, mode="nearest", truncate=4.0)
    return blurred


def finish(mask: Mask, sigma: float, *, is_inverted: bool) -> Mask:
    """A mask with its border softened, turned inside out if asked, and nothing where there is next to
    nothing.
    """
    mask = soften(1 - mask if is_inverted else mask, sigma)
    return _limited(np.where(mask < _LEAST, 0, mask))


def _limited(values: NDArray[np.floating]) -> Mask:
    mask: Mask = np.clip(values, 0, 1).astype(np.float32)
    return mask
