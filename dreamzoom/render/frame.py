"""One frame from the one before it: camera, colour hold, dream, mirrors, 8 bits.

Everything here is a pure function of the stored frame before, the recipe and the frame's number. The
picture stays on the engine's device throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from torch import Tensor

from dreamzoom.camera.aim import AS_WRITTEN, CENTRE, Aim, Point, round_pair
from dreamzoom.camera.lens import Lens, Moment, lens_of, make_inbetween
from dreamzoom.camera.path import glide, interpolate_targets, motion_between
from dreamzoom.camera.similarity import Similarity
from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.takes import Take
from dreamzoom.colour.colouring import colour_parts, colour_picture
from dreamzoom.colour.palette import HeldColours, colours_to_hold
from dreamzoom.dream.ascent import DreamPlan, division_of, dream, tell_if_still
from dreamzoom.dream.masks import Mask
from dreamzoom.dream.planning.frame import guide_features
from dreamzoom.dream.planning.goals import Features, Instant
from dreamzoom.dream.planning.masks import Scene, read_masks
from dreamzoom.dream.planning.regions import place_regions
from dreamzoom.dream.saliency import most_salient_point
from dreamzoom.dream.tiles import drawing_from
from dreamzoom.engines.base import Engine
from dreamzoom.guard.detect import Nudge
from dreamzoom.guard.nudge import add_noise, camera_turn, describe_nudge, nudge_goals, plan_nudged_dream
from dreamzoom.pictures.frames import read_frame, round_to_uint8, to_tensor
from dreamzoom.randomness import frame_generator, tile_generator
from dreamzoom.recipe.arrivals import ARRIVING_KINDS, arrivals_of
from dreamzoom.recipe.pictures import kept_pictures
from dreamzoom.recipe.points import AUTO
from dreamzoom.recipe.regions import RegionSettings
from dreamzoom.recipe.schema import Recipe
from dreamzoom.render.arrival import Arrivals, Step
from dreamzoom.render.preparation import open_engine_for
from dreamzoom.render.tiling import in_tiles
from dreamzoom.render.trajectory import Trajectory


@dataclass(frozen=True)
class RenderedFrame:
    """A frame, dreamed or between two dreamed ones.

    Attributes:
        number: counts the clip's frames, from 0.
        pixels: as they are stored, uint8 (3, H, W) on the device.
        objective: the objective's value; in between, that of the frame dreamed next, as is the nudge.
        aim: what the camera did that the recipe does not tell; a dreamed frame's turn is that of each frame
            since the one dreamed before.
        nudge: how the guard pushed the dream, in words, if it did.
    """

    number: int
    pixels: Tensor
    objective: float
    aim: Aim = AS_WRITTEN
    nudge: str | None = None


@dataclass(frozen=True)
class FrameRenderer:
    """Makes a clip's frames.

    Attributes:
        recipe: the clip's recipe.
        engine: what computes the network.
        features: what the network sees in the guides, the guard's among them.
        start: the start image, uint8 (3, H, W) on the device.
        palettes: the colours that are held, by what the recipe calls the picture; "" is the start image.
        masks: the regions' pictures and drawn texts, by what the recipe calls them.
        trajectory: the camera's, along which masks go; only where there are regions.
        arrivals: the pictures that come into the dream, if any do.
    """

    recipe: Recipe
    engine: Engine
    features: Features
    start: Tensor
    palettes: Mapping[str, HeldColours]
    masks: Mapping[str, Mask] = field(default_factory=dict)
    trajectory: Trajectory | None = None
    arrivals: Arrivals | None = None

    def dream_frame(
        self,
        before: RenderedFrame | None,
        number: int,
        nudge: Nudge | None = None,
        on_step: Callable[[], None] = lambda: None,
    ) -> RenderedFrame:
        """Dream a frame from the frame dreamed before, as it is stored.

        Frame 0 comes from the start image: `before` is then None. `on_step` is called before each step.
        """
        recipe = self.recipe
        if self._is_under_way(before, number):
            nudge = None
        plan = plan_nudged_dream(recipe, self.features, number, nudge)
        aim = Aim(self._target(before, number, plan), camera_turn(recipe, number, nudge))
        image = self._lens.fold(self.start.float()) if before is None else self._moved(before, number, aim)
        step = None if before is None else Step(before.number, number, aim)
        if self.trajectory is not None:
            self.trajectory.note({number: aim} if before is None else _aims_until(before, number, aim))
            plan = self._with_regions(plan, image, number)
        parts = division_of(plan) if plan.regions else None
        share = None if parts is None else parts.dreaming_part
        palettes = self._palettes(share, step)
        changed = add_noise(colour_picture(image, recipe, palettes, number, share), recipe, nudge)
        if parts is None:
            image = changed
        else:
            image = colour_parts(image, changed, parts, recipe, self.palettes, frame=number)
        if self.arrivals is not None and step is not None:
            image = self.arrivals.bring(image, step)
        strength = 1.0 if self.arrivals is None else self.arrivals.strength(number)
        if strength == 0 and before is not None:
            return RenderedFrame(number, round_to_uint8(self._lens.fold(image)), before.objective, aim)
        plan = replace(plan, step_size=plan.step_size * strength)
        engine = drawing_from(tile_generator(recipe.clip.seed, number), self.engine)
        result = dream(image, engine, plan, frame_generator(recipe.clip.seed, number), on_step)
        if before is None:
            tell_if_still(image, result, plan)
        pixels = round_to_uint8(self._lens.fold(result.image))
        words = describe_nudge(recipe, nudge) if nudge else None
        return RenderedFrame(number, pixels, result.value, aim, words)

    def make_between(self, first: RenderedFrame, second: RenderedFrame, number: int) -> RenderedFrame:
        """The frame with a number between two dreamed ones: both, moved to where the camera is by then."""
        aims = _aims_until(first, second.number, second.aim)
        moment = Moment(
            (number - first.number) / (second.number - first.number),
            motion_between(self.recipe, first.number, number, aims),
            motion_between(self.recipe, number, second.number, aims),
        )
        image = make_inbetween(first.pixels, second.pixels, moment, self._lens)
        return replace(second, number=number, pixels=round_to_uint8(image), aim=aims[number])

    def _moved(self, before: RenderedFrame, frame: int, aim: Aim) -> Tensor:
        """The frame before as the camera sees it at `frame`."""
        motion = motion_between(self.recipe, before.number, frame, _aims_until(before, frame, aim))
        return self._lens.move(before.pixels, motion).clamp_(0, 255)

    def _with_regions(self, plan: DreamPlan, image: Tensor, frame: int) -> DreamPlan:
        """A frame's plan with its regions."""

        def motion(region: RegionSettings) -> Similarity:
            assert self.trajectory is not None  # noqa: S101 - it is asked for where there are regions
            return self.trajectory.motion(self.trajectory.beginning(region, frame), frame)

        instant = Instant(frame, self.recipe.clock, self.recipe.clip.seed)
        scene = Scene(image, self.engine, instant, self.features, self.masks, motion, self._lens)
        return place_regions(plan, self.recipe.dream, scene)

    def _palettes(self, share: Tensor | None, step: Step | None) -> Mapping[str, HeldColours]:
        """The colours that are held of a picture at a frame.

        Args:
            share: the part that dreams, whose own colours those are then; None for the whole picture. Held
                as a whole, a small part would be driven ever further by all that does not follow.
        """
        palettes = self.palettes if share is None else self._palettes_of_part
        if self.arrivals is None or step is None:
            return palettes
        return {**palettes, "": self.arrivals.held(palettes[""], step)}

    @cached_property
    def _palettes_of_part(self) -> Mapping[str, HeldColours]:
        """The palettes where a part of the picture dreams alone: the start image's colours are those that it
        has there, so that a sky stays a sky's colour.
        """
        image = self._lens.fold(self.start.float())
        instant = Instant(0, self.recipe.clock, self.recipe.clip.seed)
        scene = Scene(image, self.engine, instant, self.features, self.masks, lens=self._lens)
        plan = plan_nudged_dream(self.recipe, self.features, 0, None)
        plan = place_regions(plan, self.recipe.dream, scene)
        part = division_of(plan).dreaming_part if plan.regions else None
        if part is None:
            return self.palettes
        return {**self.palettes, "": colours_to_hold(image, self.recipe.colour.map, part)}

    def _target(self, before: RenderedFrame | None, frame: int, plan: DreamPlan) -> Point | None:
        """Where the camera has come to look at `frame`, if it finds its own target.

        It goes from where it looked to where the network sees most in the frame before.
        """
        if self.recipe.camera.target != AUTO:
            return None
        if before is None:
            return CENTRE
        now = before.aim.target or CENTRE
        if self._is_under_way(before, frame):
            return now
        goal = most_salient_point(before.pixels.float(), self.engine, plan, now)
        clock = self.recipe.clock
        return round_pair(glide(now, goal, clock.seconds(frame) - clock.seconds(before.number)))

    def _is_under_way(self, before: RenderedFrame | None, frame: int) -> bool:
        """Whether a picture comes at a frame, on a way that has to be known beforehand."""
        if self.arrivals is None or before is None:
            return False
        return self.arrivals.is_under_way(before.number, frame)

    @property
    def _lens(self) -> Lens:
        return lens_of(self.recipe)


def _aims_until(before: RenderedFrame, frame: int, aim: Aim) -> dict[int, Aim]:
    """The aims of the frames on the way to `frame`: the target goes straight, the turn is steady."""
    frames = range(before.number + 1, frame + 1)
    if aim.target is None:
        return dict.fromkeys(frames, aim)
    targets = interpolate_targets((before.number, before.aim.target or CENTRE), (frame, aim.target))
    return {number: replace(aim, target=targets[number]) for number in frames}


@dataclass(frozen=True)
class Material:
    """What a take's dreams are made with, beside its recipe; see `FrameRenderer`."""

    engine: Engine
    features: Features
    start: Tensor
    palettes: Mapping[str, HeldColours]
    masks: Mapping[str, Mask]


def prepare_renderer(clip: ClipFolder, take: Take, engine: Engine) -> FrameRenderer:
    """Everything that a take's frames are made with.

    Args:
        engine: of some take of the clip; where this one has another model, that is opened.

    Raises:
        ModelError: the take's model is missing, or its weights are others by now.
        ClipError, PictureError: a picture that it was made with is missing or damaged.
    """
    kept, recipe = gather_material(clip, take, engine), take.recipe
    renderer = FrameRenderer(recipe, kept.engine, kept.features, kept.start, kept.palettes)
    if arrivals_of(recipe):
        read = _reader(kept.engine)
        coming = ((kind, name, path) for kind in ARRIVING_KINDS for name, path in take.kept(kind).items())
        floats = {(kind, name): read(path).float() for kind, name, path in coming}
        frame_zero = partial(read, clip.frame_path(0))
        arrivals = Arrivals(recipe, floats, lens_of(recipe), frame_zero, kept.palettes)
        renderer = replace(renderer, arrivals=arrivals)
    if not recipe.dream.region:
        return renderer
    takes = tuple(each for each in clip.takes if each.first < take.first)
    return replace(renderer, masks=kept.masks, trajectory=Trajectory((*takes, take), clip.journal()))


def gather_material(clip: ClipFolder, take: Take, engine: Engine) -> Material:
    """What a take's dreams are made with; arguments and errors as of `prepare_renderer`."""
    engine = in_tiles(take.recipe, open_engine_for(take, engine))
    read = _reader(engine)
    recipe, start = take.recipe, read(clip.start_path)
    guides = {name: read(path).float() for name, path in {**take.guide_paths, **take.nudge_paths}.items()}
    pictures = {"": start, **{name: read(path) for name, path in take.palette_paths.items()}}
    palettes = {
        name: colours_to_hold(picture.float(), recipe.colour.map) for name, picture in pictures.items()
    }
    features = guide_features(recipe.dream, engine, guides, nudge_goals(recipe))
    masks: Mapping[str, Mask] = {}
    if recipe.dream.region:
        files = {named: take.folder / file for file, named in kept_pictures(recipe).items()}
        masks = read_masks(files, recipe.clip.size)
    return Material(engine, features, start, palettes, masks)


def _reader(engine: Engine) -> Callable[[Path], Tensor]:
    """What reads a picture that a clip keeps, uint8 (3, H, W), to where an engine computes."""
    return lambda path: to_tensor(read_frame(path), engine.device)
