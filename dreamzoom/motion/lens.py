"""What a camera shows of a picture that has moved before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from dreamzoom.motion.fold import fold
from dreamzoom.motion.warp import warp

if TYPE_CHECKING:
    from torch import Tensor

    from dreamzoom.motion.kernels import Interpolation
    from dreamzoom.motion.similarity import Similarity
    from dreamzoom.recipe import Recipe


@dataclass(frozen=True)
class Lens:
    """How a camera samples what is before it, and in how many mirrors it sees it (see `fold`)."""

    interpolation: Interpolation = "cubic"
    mirrors: int = 0

    def still(self, image: Tensor) -> Tensor:
        """What it shows of a picture (C, H, W) that stands still: of its own pictures, just those."""
        return fold(image, self.mirrors, self.interpolation)

    def sampled(self, image: Tensor, motion: Similarity) -> Tensor:
        """A picture (C, H, W) that has moved, as it is without mirrors. Values may overshoot its range."""
        return warp(image, motion, self.interpolation)

    def moved(self, image: Tensor, motion: Similarity) -> Tensor:
        """What it shows of a picture (C, H, W) that has moved: the mirrors stand. Values as above."""
        return self.still(self.sampled(image, motion))


def lens_of(recipe: Recipe) -> Lens:
    """A clip's lens."""
    return Lens(cast("Interpolation", recipe.camera.interpolation), recipe.camera.mirrors)
