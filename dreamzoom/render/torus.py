"""The picture of a loop: the start image wound up, dreamed over and over.

Each dream is a pure function of what is stored, of the wound start image and of the dream before it, of the
recipe and of the dream's number. What moves in the recipe is as at frame 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor

from dreamzoom.camera.aim import CENTRE, Aim, Point, round_pair
from dreamzoom.camera.rounds import round_of
from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.takes import Take
from dreamzoom.colour.colouring import colour_parts, colour_picture
from dreamzoom.colour.palette import HeldColours, colours_to_hold
from dreamzoom.dream.ascent import DreamPlan, division_of
from dreamzoom.dream.planning.frame import plan_dream
from dreamzoom.dream.planning.goals import Instant
from dreamzoom.dream.planning.masks import Scene
from dreamzoom.dream.planning.regions import place_regions
from dreamzoom.dream.saliency import most_salient_point
from dreamzoom.dream.tiles import drawing_from
from dreamzoom.engines.base import Engine
from dreamzoom.loop.closing import unroll, unroll_mask
from dreamzoom.loop.dreaming import carry, dream_torus
from dreamzoom.loop.torus import Torus
from dreamzoom.pictures.frames import round_to_uint8
from dreamzoom.randomness import frame_generator, tile_generator
from dreamzoom.recipe.points import AUTO
from dreamzoom.recipe.schema import Recipe
from dreamzoom.render.frame import Material, RenderedFrame, gather_material
from dreamzoom.render.rounds import stages_of

_NEAREST = 0.2  # of the frame's sides, to which a target that is found keeps from its border


@dataclass(frozen=True)
class TorusDreamer:
    """Makes the pictures of a loop, each uint8 (3, rows, columns).

    Attributes:
        recipe: the clip's.
        material: what else it is made with.
    """

    recipe: Recipe
    material: Material

    @property
    def engine(self) -> Engine:
        """What computes the network."""
        return self.material.engine

    @cached_property
    def grids(self) -> tuple[Torus, ...]:
        """The grids of the dreams, coarse to fine."""
        return stages_of(self.recipe)

    @property
    def torus(self) -> Torus:
        """That of the last dream, which frames are looked up in."""
        return self.grids[-1]

    def wind(self) -> RenderedFrame:
        """The start image on the torus, as number 0; its aim has the target that the camera has found, if it
        looks by itself.
        """
        start = self.material.start.float()
        aim = Aim(self._found_target(start))
        image = unroll(start, self.torus, self._size, self._target(aim))
        return RenderedFrame(0, round_to_uint8(image), 0.0, aim)

    def dream(
        self, wound: RenderedFrame, before: RenderedFrame, on_step: Callable[[], None] = lambda: None
    ) -> RenderedFrame:
        """The dream after one, both as they are stored; the first one's is number 0 itself.

        Args:
            wound: number 0.
            on_step: called before each step.
        """
        recipe, number = self.recipe, before.number + 1
        grid, start = self.grids[number - 1], wound.pixels.float()
        image = carry(start, grid, before.pixels.float() if before.number else None)
        plan = self._plan(image, grid, number, wound.aim)
        parts = division_of(plan) if plan.regions else None
        share = None if parts is None else parts.dreaming_part
        palettes = self._palettes(start, grid, share)
        changed = colour_picture(image, recipe, palettes, 0, share, wraps=True)
        image = changed if parts is None else colour_parts(image, changed, parts, recipe, palettes)
        engine = drawing_from(tile_generator(recipe.clip.seed, number), self.engine)
        result = dream_torus(image, engine, plan, frame_generator(recipe.clip.seed, number), on_step)
        return RenderedFrame(number, round_to_uint8(result.image), result.value, wound.aim)

    def count_steps(self) -> int:
        """How many steps a dream has."""
        dream, clock = self.recipe.dream, self.recipe.clock
        return dream.octaves * round(dream.iterations.at(0, clock))

    @property
    def _size(self) -> tuple[int, int]:
        size = self.recipe.clip.size
        return size.width, size.height

    def _target(self, aim: Aim) -> Point:
        return round_of(self.recipe).target(0, aim.target)

    def _found_target(self, start: Tensor) -> Point | None:
        """Where the network sees most in the start image, if the camera finds its own target."""
        if self.recipe.camera.target != AUTO:
            return None
        plan = plan_dream(self.recipe.dream, self.material.features, self._instant(0))
        found = most_salient_point(start, self.engine, plan, CENTRE)
        x, y = (min(max(share, _NEAREST), 1 - _NEAREST) for share in found)
        return round_pair((x, y))

    def _instant(self, number: int) -> Instant:
        """What a dream's plan is a function of; what wanders is elsewhere in each."""
        return Instant(0, self.recipe.clock, self.recipe.clip.seed + number)

    def _plan(self, image: Tensor, grid: Torus, number: int, aim: Aim) -> DreamPlan:
        dream, instant = self.recipe.dream, self._instant(number)
        plan = plan_dream(dream, self.material.features, instant)
        if not dream.region:
            return plan

        def wind(mask: Tensor) -> Tensor:
            return unroll_mask(mask, self.material.start.float(), grid, self._size, self._target(aim))

        scene = Scene(image, self.engine, instant, self.material.features, self.material.masks)
        return place_regions(plan, dream, replace(scene, drawn=self._size, show=wind))

    def _palettes(self, start: Tensor, grid: Torus, share: Tensor | None) -> dict[str, HeldColours]:
        """The palettes, the start image's being that of its picture on the torus, which shows more of its
        middle; where a part of it dreams alone, of that part: see `FrameRenderer`.
        """
        shown = carry(start, self.grids[0] if share is None else grid)
        return {**self.material.palettes, "": colours_to_hold(shown, self.recipe.colour.map, share)}


def prepare_torus(clip: ClipFolder, take: Take, engine: Engine) -> TorusDreamer:
    """Everything that a loop's picture is made with; arguments and errors as of `prepare_renderer`."""
    return TorusDreamer(take.recipe, gather_material(clip, take, engine))
