"""One frame from the one before it: camera, colour hold, dream, 8 bits.

Everything here is a pure function of the stored frame before, the recipe and the frame's number. The
picture stays on the engine's device throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from dreamzoom.colour import ColourStatistics, colour_statistics, hold_colours
from dreamzoom.dream import dream, frame_generator, guide_features, plan_dream
from dreamzoom.motion import Interpolation, Similarity, warp
from dreamzoom.motion.course import motion_between
from dreamzoom.motion.inbetween import Moment, inbetween

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from dreamzoom.dream.planning import Features
    from dreamzoom.engines.base import Engine
    from dreamzoom.recipe import Recipe


@dataclass(frozen=True)
class DreamedFrame:
    """A frame as it will be stored, uint8 (3, H, W) on the device, and its objective's value."""

    pixels: Tensor
    objective: float


@dataclass(frozen=True)
class FrameMaker:
    """Makes a clip's frames.

    Attributes:
        recipe: the clip's recipe.
        engine: what computes the network.
        features: what the network sees in the guides.
        start: the start image, uint8 (3, H, W) on the device.
        reference: the start image's colours.
    """

    recipe: Recipe
    engine: Engine
    features: Features
    start: Tensor
    reference: ColourStatistics

    def key_frame(
        self, before: Tensor | None, last: int, frame: int, on_step: Callable[[], None]
    ) -> DreamedFrame:
        """Dream frame number `frame` from the dreamed frame `before`, which has number `last`.

        Frame 0 comes from the start image: `before` is then None. `on_step` is called before each step.
        """
        if before is None:
            image = self.start.float()
        else:
            image = warp(before.float(), self.motion(last, frame), self._interpolation).clamp_(0, 255)
        hold = self.recipe.colour.hold.at(frame, self.recipe.clock)
        image = hold_colours(image, self.reference, hold).clamp_(0, 255)
        generator = frame_generator(self.recipe.clip.seed, frame)
        plan = plan_dream(self.recipe.dream, self.features, frame, self.recipe.clock)
        dreamt = dream(image, self.engine, plan, generator, on_step)
        return DreamedFrame(to_bytes(dreamt.image), dreamt.value)

    def between(self, first: Tensor, second: Tensor, place: tuple[int, int, int]) -> Tensor:
        """The frame between two dreamed ones; `place` has the three frames' numbers in order of time."""
        before, frame, after = place
        moment = Moment(
            (frame - before) / (after - before), self.motion(before, frame), self.motion(frame, after)
        )
        return to_bytes(inbetween(first.float(), second.float(), moment, self._interpolation))

    def motion(self, since: int, until: int) -> Similarity:
        """Where the camera moves the picture from one frame to another."""
        return motion_between(self.recipe, since, until)

    @property
    def _interpolation(self) -> Interpolation:
        return cast("Interpolation", self.recipe.camera.interpolation)


def frame_maker(
    recipe: Recipe, engine: Engine, start: NDArray[np.uint8], guides: Mapping[str, NDArray[np.uint8]]
) -> FrameMaker:
    """Everything a clip's frames are made with.

    Args:
        start: a picture (H, W, 3).
        guides: pictures (h, w, 3), by what the recipe calls them.
    """
    picture = to_tensor(start, engine)
    seen = {name: to_tensor(guide, engine).float() for name, guide in guides.items()}
    features = guide_features(recipe.dream, engine, seen)
    return FrameMaker(recipe, engine, features, picture, colour_statistics(picture.float()))


def to_tensor(picture: NDArray[np.uint8], engine: Engine) -> Tensor:
    """A picture (H, W, 3) as a uint8 tensor (3, H, W) on the engine's device."""
    import torch

    return torch.from_numpy(picture.copy()).permute(2, 0, 1).contiguous().to(engine.device)


def to_bytes(image: Tensor) -> Tensor:
    """Round to 8 bits. Never truncate: that would darken every frame by half a grey level."""
    import torch

    return image.clamp(0, 255).round().to(torch.uint8)


def to_array(pixels: Tensor) -> NDArray[np.uint8]:
    """A uint8 tensor (3, H, W) as a picture (H, W, 3) in the host's memory."""
    array: NDArray[np.uint8] = pixels.permute(1, 2, 0).contiguous().cpu().numpy()
    return array
