"""How bright a picture is, and its colours as an eye tells them apart."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Planes: TypeAlias = NDArray[np.float32]
"""A picture (3, H, W), RGB, 0 to 255."""

LUMA: Final = (0.299, 0.587, 0.114)
"""The shares of red, green and blue in luma (ITU-R BT.601)."""


def luma(planes: Planes) -> NDArray[np.float32]:
    """How bright a picture is, 0 to 1 (ITU-R BT.601), (H, W)."""
    weighted: NDArray[np.float32] = np.tensordot(np.array(LUMA, np.float32), planes, 1) / np.float32(255)
    return weighted


def oklab(planes: Planes) -> Planes:
    """A picture's colours in Oklab (Bjorn Ottosson, "A perceptual color space for image processing", 2020):
    lightness 0 to 1, green to red, blue to yellow, (3, H, W).
    """
    linear = _linear(np.clip(planes, 0, 255) / 255)
    cones = np.cbrt(np.tensordot(_CONES, linear, 1))
    lab: Planes = np.tensordot(_OPPONENTS, cones, 1).astype(np.float32)
    return lab


def _linear(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """sRGB's values, 0 to 1, as amounts of light (IEC 61966-2-1)."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


_CONES: Final = np.array(
    (
        (0.4122214708, 0.5363325363, 0.0514459929),
        (0.2119034982, 0.6806995451, 0.1073969566),
        (0.0883024619, 0.2817188376, 0.6299787005),
    )
)
_OPPONENTS: Final = np.array(
    (
        (0.2104542553, 0.7936177850, -0.0040720468),
        (1.9779984951, -2.4285922050, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.8086757660),
    )
)
