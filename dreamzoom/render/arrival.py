"""Pictures that a clip comes to: each comes into the running dream as the camera has it, and is dreamed over.

Before a frame is dreamed it is mixed with the picture as that looks from where the camera is, by as much as
the picture's share has to rise since the frame that was dreamed before. So its whole share is what the
recipe's `Stretch` tells, wherever a render was stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from dreamzoom.camera.aim import Aim
from dreamzoom.camera.approach import Approach
from dreamzoom.camera.lens import Lens
from dreamzoom.camera.path import motion_between
from dreamzoom.camera.similarity import Similarity
from dreamzoom.colour.palette import HeldColours, colours_to_hold, mix_held
from dreamzoom.dream.threads import one_thread
from dreamzoom.recipe.arrivals import Stretch, stretches_of
from dreamzoom.recipe.schema import Recipe


@dataclass(frozen=True)
class Step:
    """A step of the camera from one dreamed frame to the next.

    Attributes:
        before, frame: their numbers.
        aim: what the camera does there that the recipe does not tell; on the way to a picture it goes on so.
    """

    before: int
    frame: int
    aim: Aim


@dataclass(frozen=True, eq=False)
class Arrivals:
    """What a recipe's clip comes to.

    Attributes:
        recipe: the clip's.
        pictures: (3, H, W), 0 to 255, floating point, by kind and what the recipe calls them.
        lens: what the camera sees through.
    """

    recipe: Recipe
    pictures: Mapping[tuple[str, str], Tensor]
    lens: Lens
    _approaches: dict[Stretch, Approach] = field(default_factory=dict)
    _colours: dict[Stretch, HeldColours] = field(default_factory=dict)

    def is_under_way(self, before: int, frame: int) -> bool:
        """Whether a picture comes nearer in a step: then the camera goes on as it does, so that its way is
        known.
        """
        return any(stretch.is_within(before, frame) for stretch in self._stretches)

    def bring(self, image: Tensor, step: Step) -> Tensor:
        """A frame (3, H, W), 0 to 255, about to be dreamed, with what comes mixed in."""
        for stretch in self._stretches:
            if stretch.is_within(step.before, step.frame):
                with one_thread():  # its figures would depend on how many share them out
                    image = self._mix_in(image, stretch, step)
        return image

    def held(self, start: HeldColours, step: Step) -> HeldColours:
        """The start image's colours at a frame, by and by giving way to those of the pictures that came."""
        for stretch in self._stretches:
            if stretch.first < step.frame:
                share = self._share(stretch, step)
                start = mix_held(start, self._colours_of(stretch), share)
        return start

    @property
    def _stretches(self) -> tuple[Stretch, ...]:
        return stretches_of(self.recipe)

    def _mix_in(self, image: Tensor, stretch: Stretch, step: Step) -> Tensor:
        way, approach = self._way(stretch, step.frame, step.aim), self._approach(stretch)
        then, now = self._shares(stretch, step, way)
        rise = ((now - then) / (1 - then)).clamp_min(0)
        view = self.lens.fold(approach.seen(way, self.lens))
        return image + (view - image) * self.lens.fold(rise)

    def _shares(self, stretch: Stretch, step: Step, way: Similarity) -> tuple[Tensor, Tensor]:
        """The picture's share of each pixel (1, H, W) at the frame before, and now."""
        before = self._way(stretch, max(step.before, stretch.first), step.aim)
        then, now = (
            stretch.share(frame) * self._approach(stretch).cover(way, abs(left.factor))
            for frame, left in ((step.before, before), (step.frame, way))
        )
        return then, now

    def _share(self, stretch: Stretch, step: Step) -> float:
        """The picture's share of the whole frame, 1 once it has come."""
        if step.frame >= stretch.last:
            return 1.0
        way = self._way(stretch, step.frame, step.aim)
        with one_thread():
            return float(self._shares(stretch, step, way)[1].mean())

    def _way(self, stretch: Stretch, frame: int, aim: Aim) -> Similarity:
        """The motion from a frame to the one that the picture fills, back where that was before it."""
        since, until = sorted((frame, stretch.last))
        motion = motion_between(self.recipe, since, until, dict.fromkeys(range(since + 1, until + 1), aim))
        return motion if frame <= stretch.last else motion.inverse()

    def _approach(self, stretch: Stretch) -> Approach:
        if stretch not in self._approaches:
            picture = self.pictures[stretch.kind, stretch.picture]
            self._approaches[stretch] = Approach(self.lens.fold(picture))
        return self._approaches[stretch]

    def _colours_of(self, stretch: Stretch) -> HeldColours:
        if stretch not in self._colours:
            picture = self._approach(stretch).picture
            self._colours[stretch] = colours_to_hold(picture, self.recipe.colour.map)
        return self._colours[stretch]
