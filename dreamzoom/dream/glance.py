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

from dreamzoom.dream.threads import one_thread
from dreamzoom.engines.base import Ascent, Objective
from dreamzoom.engines.fitting import FittingEngine


@dataclass(frozen=True)
class Sway:
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
class Glance:
    """One step's view: turned by so many degrees clockwise, and so many times as large."""

    angle: float = 0.0
    ratio: float = 1.0


def draw_glances(
    sway: Sway, generator: np.random.Generator, octaves: int, steps: int
) -> list[list[Glance] | None]:
    """Each step's view by octave; no random numbers are drawn where there is no sway."""
    if sway.is_none:
        return [None] * octaves
    drawn: NDArray[np.float64] = generator.uniform(-1, 1, (octaves, steps, 2))
    return [
        [Glance(sway.turn * turn, (1 + sway.scale) ** size) for turn, size in octave]
        for octave in drawn.tolist()
    ]


@dataclass(frozen=True)
class GlancingEngine:
    """An engine that is shown every picture as a glance has it, and whose gradients are those at the picture.

    Attributes:
        engine: what computes.
        glance: how it sees.
    """

    engine: FittingEngine
    glance: Glance

    def activations(self, image: Tensor, blobs: Sequence[str]) -> dict[str, Tensor]:
        """As of any engine, of the picture as it is seen."""
        return self.engine.activations(view(image, self.glance), blobs)

    def ascend(self, image: Tensor, objectives: Mapping[str, Objective]) -> Ascent:
        """As of any engine: what is climbed is what is seen, the gradient is exactly that at the picture."""
        ascent = self.engine.ascend(view(image, self.glance), objectives)
        return Ascent(hand_back(ascent.gradient, self.glance), ascent.value)


def view(image: Tensor, glance: Glance) -> Tensor:
    """A picture (3, H, W) turned and scaled about its middle, bilinearly; its border is mirrored outwards."""
    with one_thread():
        return grid_sample(image[None], _grid(image, glance), "bilinear", "reflection", align_corners=False)[
            0
        ]


def hand_back(gradient: Tensor, glance: Glance) -> Tensor:
    """From the gradient at what `view` gave to that at the picture: the adjoint of `view`.

    The processor computes it: a GPU would add up in another order each time.
    """
    with one_thread(), torch.enable_grad():
        picture = torch.zeros_like(gradient, device="cpu", requires_grad=True)
        (found,) = torch.autograd.grad(view(picture, glance), picture, gradient.cpu())
        return found.to(gradient)


def _grid(image: Tensor, glance: Glance) -> Tensor:
    """Where each pixel of a view comes from, for `grid_sample`."""
    height, width = image.shape[1:]
    angle = math.radians(glance.angle)
    cosine, sine = math.cos(angle) / glance.ratio, math.sin(angle) / glance.ratio
    # In halves of the picture's sides: a turn keeps circles round only where these are made equal.
    matrix = [[cosine, sine * height / width, 0.0], [-sine * width / height, cosine, 0.0]]
    return affine_grid(image.new_tensor([matrix]), [1, 3, height, width], align_corners=False)
