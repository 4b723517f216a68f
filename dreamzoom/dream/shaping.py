"""What becomes of a gradient (3, H, W) before the image moves along it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

# Of a photograph's red, green and blue: the root of their covariance over ImageNet (Olah et al., "Feature
# Visualization", Distill 2017: lucid's `color_correlation_svd_sqrt`).
_ROOT: Final = ((0.26, 0.09, 0.02), (0.27, 0.0, -0.05), (0.27, -0.09, 0.03))


@dataclass(frozen=True)
class Shaping:
    """How a gradient is shaped; 0 is not at all.

    Attributes:
        colour: how far its colours are those of photographs, 0 to 1.
    """

    colour: float = 0.0


def shape_gradient(gradient: Tensor, shaping: Shaping) -> Tensor:
    """The gradient as the shaping wants it, of any length."""
    if shaping.colour > 0:
        gradient = correlate_colours(gradient, shaping.colour)
    return gradient


def correlate_colours(gradient: Tensor, share: float) -> Tensor:
    """The gradient times the covariance of photographs' colours, in so far as `share`, 0 to 1, says.

    This is ascent in decorrelated colours (Olah et al., "Feature Visualization", Distill 2017): light and
    dark move as much as they differ in photographs, red against green as little.
    """
    root = torch.tensor(_ROOT, dtype=torch.float64)
    covariance = root @ root.T
    matrix = torch.lerp(torch.eye(3, dtype=torch.float64), covariance * (3 / covariance.trace()), share)
    red, green, blue = gradient
    return torch.stack([r * red + g * green + b * blue for r, g, b in matrix.tolist()])
