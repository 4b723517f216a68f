"""One frame from the one before it: camera, colour hold, dream, mirrors, 8 bits.

Everything here is a pure function of the stored frame before, the recipe and the frame's number. The
picture stays on the engine's device throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from torch import Tensor

from dreamzoom.camera.aim import AS_WRITTEN, CENTRE, Aim, Point, rounded
from dreamzoom.camera.lens import Lens, Moment, inbetween, lens_of
from dreamzoom.camera.path import motion_between, straight
from dreamzoom.dream.ascent import DreamPlan, dream
from dreamzoom.dream.planning import Features, guide_features
from dreamzoom.dream.saliency import glide, most_seen
from dreamzoom.engines.base import Engine
from dreamzoom.guard import nudge as nudging
from dreamzoom.guard.detect import Nudge
from dreamzoom.pictures.frames import Pixels, round_to_uint8, to_tensor
from dreamzoom.randomness import frame_generator
from dreamzoom.recipe.schema import Recipe
from dreamzoom.recipe.settings import AUTO
from dreamzoom.render.grading import (
    ColourStatistics,
    colour_statistics,
    draw_in,
    even_light,
    hold_colours,
    mix_colours,
)


@dataclass(frozen=True)
class DreamedFrame:
    """A dreamed frame.

    Attributes:
        number: counts the clip's frames, from 0.
        pixels: as they are stored, uint8 (3, H, W) on the device.
        objective: the objective's value.
        aim: what the camera did that the recipe does not tell; its turn is that of each frame since the one
            dreamed before.
        nudge: how the guard pushed the dream, in words, if it did.
    """

    number: int
    pixels: Tensor
    objective: float
    aim: Aim = AS_WRITTEN
    nudge: str | None = None


@dataclass(frozen=True)
class FrameMaker:
    """Makes a clip's frames.

    Attributes:
        recipe: the clip's recipe.
        engine: what computes the network.
        features: what the network sees in the guides, the guard's among them.
        start: the start image, uint8 (3, H, W) on the device.
        palettes: the colours that are held, by what the recipe calls the picture; "" is the start image.
    """

    recipe: Recipe
    engine: Engine
    features: Features
    start: Tensor
    palettes: Mapping[str, ColourStatistics]

    def key_frame(
        self,
        before: DreamedFrame | None,
        frame: int,
        on_step: Callable[[], None],
        nudge: Nudge | None = None,
    ) -> DreamedFrame:
        """Dream frame number `frame` from the frame `before`, as it is stored.

        Frame 0 comes from the start image: `before` is then None. `on_step` is called before each step.
        """
        plan = nudging.planned(self.recipe, self.features, frame, nudge)
        aim = Aim(self._target(before, frame, plan), nudging.turned(self.recipe, frame, nudge))
        image = self._lens.still(self.start.float()) if before is None else self._moved(before, frame, aim)
        image = nudging.noised(self._coloured(image, frame), self.recipe, nudge)
        generator = frame_generator(self.recipe.clip.seed, frame)
        dreamt = dream(image, self.engine, plan, generator, on_step)
        seen = round_to_uint8(self._lens.still(dreamt.image))
        words = nudging.told(self.recipe, nudge) if nudge else None
        return DreamedFrame(frame, seen, dreamt.value, aim, words)

    def between(self, first: DreamedFrame, second: DreamedFrame, frame: int) -> Tensor:
        """The pixels of frame number `frame`, which lies between two dreamed ones."""
        course = self.course(first, second)
        moment = Moment(
            (frame - first.number) / (second.number - first.number),
            motion_between(self.recipe, first.number, frame, course),
            motion_between(self.recipe, frame, second.number, course),
        )
        return round_to_uint8(inbetween(first.pixels.float(), second.pixels.float(), moment, self._lens))

    def course(self, first: DreamedFrame | None, second: DreamedFrame) -> dict[int, Aim]:
        """The aims of the frames behind `first` and up to `second`."""
        return {second.number: second.aim} if first is None else _course(first, second.number, second.aim)

    def _moved(self, before: DreamedFrame, frame: int, aim: Aim) -> Tensor:
        """The frame before as the camera sees it at `frame`."""
        motion = motion_between(self.recipe, before.number, frame, _course(before, frame, aim))
        return self._lens.moved(before.pixels.float(), motion).clamp_(0, 255)

    def _coloured(self, image: Tensor, frame: int) -> Tensor:
        """The picture with its light evened and its colours held, as the recipe says for `frame`."""
        colour, clock = self.recipe.colour, self.recipe.clock
        hold = colour.hold.at(frame, clock)
        image = even_light(image, colour.even.at(frame, clock))
        image = hold_colours(image, self.reference(frame), hold)
        # What is held also keeps out of black and white; without a hold it burns as it did in 2015.
        return (image + hold * (draw_in(image) - image)).clamp_(0, 255)

    def reference(self, frame: int) -> ColourStatistics:
        """The colours that are held at `frame`."""
        (first, _), *rest = self.recipe.colour.palette.at(frame, self.recipe.clock)
        colours = self.palettes[first]
        for second, share in rest:
            colours = mix_colours(colours, self.palettes[second], share)
        return colours

    def _target(self, before: DreamedFrame | None, frame: int, plan: DreamPlan) -> Point | None:
        """Where the camera has come to look at `frame`, if it finds its own target.

        It goes from where it looked to where the network sees most in the frame before.
        """
        if self.recipe.camera.target != AUTO:
            return None
        if before is None:
            return CENTRE
        now = before.aim.target or CENTRE
        goal = most_seen(before.pixels.float(), self.engine, plan, now)
        clock = self.recipe.clock
        return rounded(glide(now, goal, clock.seconds(frame) - clock.seconds(before.number)))

    @property
    def _lens(self) -> Lens:
        return lens_of(self.recipe)


def _course(before: DreamedFrame, frame: int, aim: Aim) -> dict[int, Aim]:
    """The aims of the frames on the way to `frame`: the target goes straight, the turn is steady."""
    frames = range(before.number + 1, frame + 1)
    if aim.target is None:
        return dict.fromkeys(frames, aim)
    targets = straight((before.number, before.aim.target or CENTRE), (frame, aim.target))
    return {number: replace(aim, target=targets[number]) for number in frames}


@dataclass(frozen=True, eq=False)
class Pictures:
    """The pictures that a clip is made with, uint8.

    Attributes:
        start: the start image (H, W, 3).
        guides, palettes: pictures (h, w, 3) of any size, by what the recipe calls them; the guard's guide is
            one of the guides.
    """

    start: Pixels
    guides: Mapping[str, Pixels] = field(default_factory=dict)
    palettes: Mapping[str, Pixels] = field(default_factory=dict)


def frame_maker(recipe: Recipe, engine: Engine, pictures: Pictures) -> FrameMaker:
    """Everything a clip's frames are made with."""
    start = to_tensor(pictures.start, engine.device)
    guides = {name: to_tensor(guide, engine.device).float() for name, guide in pictures.guides.items()}
    palettes = {
        name: colour_statistics(to_tensor(palette, engine.device).float())
        for name, palette in pictures.palettes.items()
    }
    palettes[""] = colour_statistics(start.float())
    features = guide_features(recipe.dream, engine, guides, nudging.layers(recipe))
    return FrameMaker(recipe, engine, features, start, palettes)
