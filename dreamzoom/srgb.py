"""Light from pixels, and pixels from light: what averages pictures as a lens or a shutter does needs light.

Pixels are sRGB's, as IEC 61966-2-1 defines them; light is proportional to physical intensity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def to_light(pixels: Tensor) -> Tensor:
    """The light of pixels of any shape and type, 0 to 255; what lies beyond is taken for the nearer end.

    Returns:
        Floating point of the same shape, 0 for black to 1 for white.
    """
    value = pixels.clamp(0, 255) / 255
    return ((value + 0.055) / 1.055).pow(2.4).where(value > 0.04045, value / 12.92)


def to_pixels(light: Tensor) -> Tensor:
    """The pixels of light, rounded to 8 bits; `to_pixels(to_light(pixels))` are the same pixels.

    Args:
        light: floating point, of any shape; what lies beyond 0 to 1 is taken for the nearer end.
    """
    import torch

    light = light.clamp(0, 1)
    value = (1.055 * light.pow(1 / 2.4) - 0.055).where(light > 0.0031308, 12.92 * light)
    return (255 * value).round().to(torch.uint8)
