"""Pictures that a clip comes to: each comes into the running dream as the camera has it, and is dreamed over.

Before a frame is dreamed it is mixed with the picture as that looks from where the camera is, by as much as
the picture's share has to rise since the frame that was dreamed before. So its whole share is what the
recipe's `Arrival` tells, wherever a render was stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from dreamzoom.camera.aim import Aim
from dreamzoom.camera.approach import Approach
from dreamzoom.camera.lens import Lens
from dreamzoom.camera.path import motion_between
from dreamzoom.camera.similarity import Similarity
from dreamzoom.colour.palette import HeldColours, colours_to_hold, hold_palette, mix_held
from dreamzoom.engines.torch.threads import one_thread
from dreamzoom.recipe.arrivals import FRAME_ZERO, Arrival, arrivals_of
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
        frame_zero: reads the clip's first frame, uint8 (3, H, W), once that is stored.
        palettes: the colours that are held, by what the recipe calls them.
    """

    recipe: Recipe
    pictures: Mapping[tuple[str, str], Tensor]
    lens: Lens
    frame_zero: Callable[[], Tensor]
    palettes: Mapping[str, HeldColours] = field(default_factory=dict)
    _approaches: dict[Arrival, Approach] = field(default_factory=dict)
    _colours: dict[Arrival, HeldColours] = field(default_factory=dict)

    def is_under_way(self, before: int, frame: int) -> bool:
        """Whether a picture comes nearer in a step: then the camera goes on as it does, so that its way is
        known.
        """
        return any(arrival.is_within(before, frame) for arrival in self._every)

    def strength(self, frame: int) -> float:
        """How long the steps of a frame's dream are, as a share of what they are elsewhere; at 0 there is
        none.
        """
        return min((arrival.strength(frame) for arrival in self._every), default=1.0)

    def needs_frame_zero(self, before: int, frame: int) -> bool:
        """Whether a step leads to the clip's first frame, which has not been read yet."""
        return any(
            arrival.kind == FRAME_ZERO
            and arrival not in self._approaches
            and arrival.is_within(before, frame)
            for arrival in self._every
        )

    def bring(self, image: Tensor, step: Step) -> Tensor:
        """A frame (3, H, W), 0 to 255, about to be dreamed, with what comes mixed in."""
        for arrival in self._every:
            if arrival.is_within(step.before, step.frame):
                with one_thread():  # its figures would depend on how many share them out
                    image = self._mix_in(image, arrival, step)
        return image

    def held(self, start: HeldColours, step: Step) -> HeldColours:
        """The start image's colours at a frame, by and by giving way to those of the pictures that came."""
        for arrival in self._every:
            if arrival.first < step.frame:
                share, colours = self._share(arrival, step), self._colours_of(arrival)
                start = colours if share == 1 else mix_held(start, colours, share)
        return start

    @property
    def _every(self) -> tuple[Arrival, ...]:
        return arrivals_of(self.recipe)

    def _mix_in(self, image: Tensor, arrival: Arrival, step: Step) -> Tensor:
        way, approach = self._way(arrival, step.frame, step.aim), self._approach(arrival)
        if not approach.is_in_sight(way):
            return image
        then, now = self._shares(arrival, step, way)
        rise = ((now - then) / (1 - then)).clamp_min(0)
        view = self.lens.fold(approach.seen(way, self.lens))
        return image + (view - image) * self.lens.fold(rise)

    def _shares(self, arrival: Arrival, step: Step, way: Similarity) -> tuple[Tensor, Tensor]:
        """The picture's share of each pixel (1, H, W) at the frame before, and now."""
        before = self._way(arrival, max(step.before, arrival.first), step.aim)
        then, now = (
            arrival.share(frame) * self._approach(arrival).cover(way, abs(left.factor))
            for frame, left in ((step.before, before), (step.frame, way))
        )
        return then, now

    def _share(self, arrival: Arrival, step: Step) -> float:
        """The picture's share of the whole frame, 1 once it has come."""
        if step.frame >= arrival.last:
            return 1.0
        way = self._way(arrival, step.frame, step.aim)
        if not self._approach(arrival).is_in_sight(way):
            return 0.0
        with one_thread():
            return float(self._shares(arrival, step, way)[1].mean())

    def _way(self, arrival: Arrival, frame: int, aim: Aim) -> Similarity:
        """The motion from a frame to the one that the picture fills, back where that was before it."""
        since, until = sorted((frame, arrival.last))
        motion = motion_between(self.recipe, since, until, dict.fromkeys(range(since + 1, until + 1), aim))
        return motion if frame <= arrival.last else motion.inverse()

    def _approach(self, arrival: Arrival) -> Approach:
        if arrival not in self._approaches:
            if arrival.kind == FRAME_ZERO:
                self._approaches[arrival] = Approach(self.frame_zero().float())
            else:
                picture = self._in_palette(self.pictures[arrival.kind, arrival.picture], arrival)
                self._approaches[arrival] = Approach(self.lens.fold(picture))
        return self._approaches[arrival]

    def _in_palette(self, picture: Tensor, arrival: Arrival) -> Tensor:
        """A picture in the palette's colours, where one is named that is held when it has come.

        It would come in its own, which are far from those of the dream about it, and take the others on all
        at once. One that the clip ends in stays as it is.
        """
        colour, clock = self.recipe.colour, self.recipe.clock
        weights = colour.palette.at(arrival.last, clock)
        if arrival.is_final or any(name == "" for name, _ in weights):
            return picture
        return hold_palette(picture, self.palettes, weights, colour.hold.at(arrival.last, clock)).clamp(
            0, 255
        )

    def _colours_of(self, arrival: Arrival) -> HeldColours:
        if arrival not in self._colours:
            picture = self._approach(arrival).picture
            self._colours[arrival] = colours_to_hold(picture, self.recipe.colour.map)
        return self._colours[arrival]
