"""Noise in the coarse octaves: something new to dream on, too smooth to flicker."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

_ROWS = 6  # how many lumps fit into the shorter side


def add_coarse_noise(image: Tensor, amplitude: float, generator: np.random.Generator) -> Tensor:
    """Lay smooth coloured noise over a picture.

    Its lumps are a sixth of the shorter side wide, whatever the picture's size: the same generator state
    gives the same noise at every size.

    Args:
        image: (3, H, W), 0 to 255.
        amplitude: the noise's standard deviation in grey levels, about; 0 leaves the picture as it is.

    Returns:
        The picture, (3, H, W), clipped to 0 to 255.
    """
    import torch

    if amplitude == 0:
        return image
    height, width = image.shape[1:]
    lumps = min(height, width) / _ROWS
    shape = (3, max(2, round(height / lumps)), max(2, round(width / lumps)))
    coarse = torch.from_numpy(generator.standard_normal(shape)).to(image)
    smooth = torch.nn.functional.interpolate(
        coarse[None], size=(height, width), mode="bicubic", align_corners=False
    )[0]
    return (image + amplitude * smooth).clamp(0, 255)
