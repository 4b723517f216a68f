"""Evening out the light of a running picture, and keeping it out of black and white.

A bright horizon or a dark corner survives every zoom: a gradient enlarged is a gradient, and a dream leaves
it standing for minutes, the same in every frame. Taking a little of the broadest light away each frame lets
it fade into what is dreamed; `dreamzoom.colour` keeps the picture's contrast while that happens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_FIELDS = 3  # into how many fields the shorter side is divided
_KNEE = 24.0  # grey levels from either end at which values begin to be drawn in


def even_light(image: Tensor, share: float) -> Tensor:
    """Take a share of the broadest light and shade out of a picture.

    What counts as broad is the mean of fields a third of the shorter side wide, whatever the picture's size.

    Args:
        image: (3, H, W).
        share: 0 leaves the picture alone, 1 takes all of it away; at 0.1 a frame half of it is gone in about
            7 frames.

    Returns:
        The picture (3, H, W) with the same mean colour; values may leave 0 to 255.
    """
    import torch

    if share == 0:
        return image
    height, width = image.shape[1:]
    field = min(height, width) / _FIELDS
    fields = (max(1, round(height / field)), max(1, round(width / field)))
    means = torch.nn.functional.adaptive_avg_pool2d(image[None], fields)
    broad = torch.nn.functional.interpolate(means, size=(height, width), mode="bicubic", align_corners=False)
    return image - share * (broad[0] - broad.mean((2, 3))[0, :, None, None])


def draw_in(image: Tensor) -> Tensor:
    """Bend what lies near or beyond black and white back inside, smoothly, so that nothing burns out.

    Within 24 grey levels of either end, and beyond, a value's distance d past that point becomes
    24 tanh(d / 24); all other values stay.

    Args:
        image: (3, H, W), of any values.

    Returns:
        The picture (3, H, W), all of it within 0 to 255.
    """
    above = (image - (255 - _KNEE)).clamp_min(0)
    below = (_KNEE - image).clamp_min(0)
    return image - above + _bent(above) + below - _bent(below)


def _bent(distance: Tensor) -> Tensor:
    return (distance / _KNEE).tanh() * _KNEE
