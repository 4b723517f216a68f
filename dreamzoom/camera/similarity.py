"""Similarities of the plane, exact under composition, inversion and fractional powers.

A point is a complex number x + iy in pixels, x to the right and y down, the centre of the top left pixel at
0. A similarity is then z -> factor * z + offset, its factor carrying magnification and rotation at once.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Similarity:
    """The map z -> factor * z + offset of the plane, in pixels."""

    factor: complex = 1 + 0j
    offset: complex = 0j

    def __call__(self, point: complex) -> complex:
        """Where `point` goes."""
        return self.factor * point + self.offset

    def then(self, other: Similarity) -> Similarity:
        """This map, followed by `other`."""
        return Similarity(other.factor * self.factor, other.factor * self.offset + other.offset)

    def inverse(self) -> Similarity:
        """The map that undoes this one."""
        return Similarity(1 / self.factor, -self.offset / self.factor)

    def power(self, exponent: float) -> Similarity:
        """This motion run for `exponent` of its time: `m.power(1 / k)` composed k times is m.

        A rotation is taken the short way round (below half a turn).
        """
        logarithm = cmath.log(self.factor)
        if logarithm == 0:
            return Similarity(1 + 0j, self.offset * exponent)
        factor = cmath.exp(logarithm * exponent)
        # (factor**e - 1) / (factor - 1) without cancellation for factors near 1.
        return Similarity(factor, self.offset * _expm1(logarithm * exponent) / _expm1(logarithm))


def _expm1(z: complex) -> complex:
    """exp(z) - 1, accurate near 0."""
    real = math.expm1(z.real) * math.cos(z.imag) - 2 * math.sin(z.imag / 2) ** 2
    return complex(real, math.exp(z.real) * math.sin(z.imag))


def camera_motion(
    size: tuple[int, int],
    *,
    zoom: float,
    rotate: float = 0.0,
    pan: tuple[float, float] = (0.0, 0.0),
    target: tuple[float, float] = (0.5, 0.5),
) -> Similarity:
    """Where the camera moves what is in the picture, from one frame to the next.

    Args:
        size: width and height in pixels.
        zoom: magnification; above 1 the picture grows about the target.
        rotate: degrees by which the picture turns clockwise about the target.
        pan: how far the camera moves right and down, in fractions of the frame; the picture moves the other
            way.
        target: the point that zoom and rotation leave in place, in fractions from the top left corner.
    """
    width, height = size
    centre = complex(target[0] * width - 0.5, target[1] * height - 0.5)
    # Where nothing turns the factor is exactly real, which is what `warp` goes by.
    factor = cmath.rect(zoom, math.radians(rotate)) if rotate else complex(zoom)
    shift = complex(pan[0] * width, pan[1] * height)
    return Similarity(factor, centre - factor * centre - shift)
