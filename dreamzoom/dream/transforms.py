"""A step sees the picture a little turned and scaled, so that what it makes holds at every angle and size.

Random transforms are a regulariser of Olah et al., "Feature Visualization", Distill 2017 (lucid's
`transform`); neural-dream has them too. The picture itself stays as it is: the network is shown it turned,
and the gradient is turned back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from dreamzoom.engines.base import Ascent, Objective
from dreamzoom.engines.fitting import FittingEngine
from dreamzoom.engines.torch.threads import one_thread


@dataclass(frozen=True)
class TransformRange:
    """How far a step's view may be off, at random, each way; 0 is not at all.

    Attributes:
        turn: degrees.
        scale: the share by which things are larger or smaller.
    """

    turn: float = 0.0
    scale: float = 0.0

    @property
    def is_none(self) -> bool:
        return self.turn == 0 and self.scale == 0


@dataclass(frozen=True)
class Transform:
    """One step's view: turned by so many degrees clockwise, and so many times as large."""

    angle: float = 0.0
    ratio: float = 1.0


def draw_transforms(
    limits: TransformRange, generator: np.random.Generator, octaves: int, steps: int
) -> list[list[Transform] | None]:
    """Each step's view by octave; no random numbers are drawn where nothing may be turned or scaled."""
    if limits.is_none:
        return [None] * octaves
    drawn: NDArray[np.float64] = generator.uniform(-1, 1, (octaves, steps, 2))
    return [
        [Transform(limits.turn * turn, (1 + limits.scale) ** size) for turn, size in octave]
        for octave in drawn.tolist()
    ]


@dataclass(frozen=True)
class TransformingEngine:
    """An engine that is shown every picture transformed, and whose gradients are those at the picture itself.

    Attributes:
        engine: what computes.
        transform: how it sees.
    """

    engine: FittingEngine
    transform: Transform

    def activations(self, image: Tensor, blobs: Sequence[str]) -> dict[str, Tensor]:
        """As of any engine, of the picture as it is seen."""
        return self.engine.activations(transformed(image, self.transform), blobs)

    def ascend(self, image: Tensor, objectives: Mapping[str, Objective]) -> Ascent:
        """As of any engine: what is climbed is what is seen, the gradient is exactly that at the picture."""
        ascent = self.engine.ascend(transformed(image, self.transform), objectives)
        return Ascent(adjoint(ascent.gradient, self.transform), ascent.value)


def transformed(image: Tensor, transform: Transform) -> Tensor:
    """A picture (3, H, W) turned and scaled about its middle, bilinearly; its border is mirrored outwards."""
    with one_thread():
        grid = _grid(image, transform)
        return grid_sample(image[None], grid, "bilinear", "reflection", align_corners=False)[0]


def adjoint(gradient: Tensor, transform: Transform) -> Tensor:
    """From the gradient at what `transformed` gave to that at the picture: the adjoint of `transformed`.

    The processor computes it: a GPU would add up in another order each time.
    """
    with one_thread(), torch.enable_grad():
        picture = torch.zeros_like(gradient, device="cpu", requires_grad=True)
        (found,) = torch.autograd.grad(transformed(picture, transform), picture, gradient.cpu())
        return found.to(gradient)


def _grid(image: Tensor, transform: Transform) -> Tensor:
    """Where each pixel of a view comes from, for `grid_sample`."""
    height, width = image.shape[1:]
    angle = math.radians(transform.angle)
    cosine, sine = math.cos(angle) / transform.ratio, math.sin(angle) / transform.ratio
    # In halves of the picture's sides: a turn keeps circles round only where these are made equal.
    matrix = [[cosine, sine * height / width, 0.0], [-sine * width / height, cosine, 0.0]]
    return affine_grid(image.new_tensor([matrix]), [1, 3, height, width], align_corners=False)
