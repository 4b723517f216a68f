"""The dream itself: octaves, jitter, gradient ascent (google/deepdream's `deepdream` and `make_step`, 2015).

One step of it, in this order:

    the goals' gradient ──► held back ──► shaped ──► the ascent rule moves the image
    (`ascend`: an engine)  (regularisers)  (shaping)   (rules)

Where a plan has regions each has its own gradient, and the rule sees the blend of them (regions).

An image is a float32 tensor (3, H, W), RGB, 0 to 255; see `dreamzoom.engines.base`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from dreamzoom.dream.objectives import is_placed, shift_objective
from dreamzoom.dream.periodic import PeriodicEngine, quick_length, resize_periodic
from dreamzoom.dream.regions import Division, Region, blend, divide_picture
from dreamzoom.dream.regularisers import Regularisers, restrain
from dreamzoom.dream.rules import Normalised, Rule
from dreamzoom.dream.shaping import Shaping, shape_gradient
from dreamzoom.dream.transforms import Transform, TransformingEngine, TransformRange, draw_transforms
from dreamzoom.engines.base import Ascent, Engine, Objective
from dreamzoom.engines.fitting import FittingEngine
from dreamzoom.engines.torch.threads import mean_size, one_thread
from dreamzoom.errors import EngineError, warn

_SEEN: Final = 0.01  # grey levels, less than which scaling alone may change

AnyEngine: TypeAlias = Engine | FittingEngine | TransformingEngine | PeriodicEngine


@dataclass(frozen=True)
class DreamPlan:
    """Everything that decides one dream, but for the image and the jitter.

    Attributes:
        objectives: what to climb, by blob.
        octaves: how many scales, coarse to fine.
        octave_scale: ratio of one octave's sides to the one below.
        iterations: steps an octave.
        step_size: grey levels a step moves a value, on average.
        last_step: an octave's last step, in its first.
        jitter: the largest random shift of a step, in pixels, each way.
        weights: each blob's share of a step; without weights the gradients are added as they are.
        transforms: how far what a step sees may be turned and scaled at random.
        regularisers: what holds the image back.
        shaping: what becomes of the gradient before the image moves.
        rule: how the image moves along it.
        regions: parts of the picture that dream otherwise.
        elsewhere: how long steps are outside the regions, in steps of the dream.
        wraps: whether the picture has no border: right joins left, and bottom top.
    """

    objectives: Mapping[str, Objective]
    octaves: int = 4
    octave_scale: float = 1.4
    iterations: int = 10
    step_size: float = 1.5
    last_step: float = 1.0
    jitter: int = 32
    weights: Mapping[str, float] = field(default_factory=dict)
    transforms: TransformRange = field(default_factory=TransformRange)
    regularisers: Regularisers = field(default_factory=Regularisers)
    shaping: Shaping = field(default_factory=Shaping)
    rule: Rule = field(default_factory=Normalised)
    regions: tuple[Region, ...] = ()
    elsewhere: float = 1.0
    wraps: bool = False

    def step_at(self, iteration: int) -> float:
        """The step size of one of an octave's steps: they grow or shrink by equal factors (cnn-vis's decay of
        the learning rate).
        """
        return self.step_size * math.pow(self.last_step, iteration / max(1, self.iterations - 1))

    def of_part(self, part: int) -> DreamPlan:
        """What a part of the picture climbs: 0 is the background, the others are the regions."""
        if part == 0 or not self.regions[part - 1].objectives:
            return self
        region = self.regions[part - 1]
        return replace(self, objectives=region.objectives, weights=region.weights)

    def shifted(self, shift: tuple[int, int], image: Tensor) -> DreamPlan:
        """The plan for the image (3, H, W) that was shifted by so many pixels down and right: objectives that
        hold at a place go with it.
        """
        down, right = shift[0] / image.shape[1], shift[1] / image.shape[2]
        every = [self.objectives, *(region.objectives for region in self.regions)]
        if not any(is_placed(objective) for objectives in every for objective in objectives.values()):
            return self
        own, *others = [
            {blob: shift_objective(each, right, down) for blob, each in objectives.items()}
            for objectives in every
        ]
        regions = zip(self.regions, others, strict=True)
        return replace(
            self,
            objectives=own,
            regions=tuple(replace(region, objectives=other) for region, other in regions),
        )


@dataclass(frozen=True)
class DreamResult:
    """A dreamed image (3, H, W) and the objective's value before the last step of the finest octave."""

    image: Tensor
    value: float


@dataclass(frozen=True)
class StepTaken:
    """A step of a dream that has just been made.

    Attributes:
        octave: from 0, the coarsest, on.
        iteration: in its octave, from 0 on.
        ascent: where the step went from: the objective's value before it, and the gradient, shifted.
    """

    octave: int
    iteration: int
    ascent: Ascent
    _shifted: Tensor
    _shift: tuple[int, int]

    @property
    def image(self) -> Tensor:
        """(3, h, w) at the octave's size, after the step."""
        return self._shifted.roll((-self._shift[0], -self._shift[1]), (1, 2))

    @property
    def gradient(self) -> Tensor:
        """(3, h, w), place for place that of the image."""
        return self.ascent.gradient.roll((-self._shift[0], -self._shift[1]), (1, 2))


def dream(
    image: Tensor,
    engine: Engine,
    plan: DreamPlan,
    generator: np.random.Generator,
    on_step: Callable[[], None] = lambda: None,
) -> DreamResult:
    """Dream a picture: climb the octaves coarse to fine, carrying to each the detail the one below has made.

    Args:
        image: (3, H, W), RGB, 0 to 255.
        generator: where the jitter comes from; the same generator state gives the same dream.
        on_step: called before every step; what it raises ends the dream.

    Raises:
        EngineError: the picture stopped being made of finite numbers.
        ModelError: an octave is too small for a layer.
    """
    steps = dream_steps(image, engine, plan, generator, on_step)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: DreamResult = end.value
            return result


def dream_steps(
    image: Tensor,
    engine: Engine,
    plan: DreamPlan,
    generator: np.random.Generator,
    on_step: Callable[[], None] = lambda: None,
) -> Generator[StepTaken, None, DreamResult]:
    """The steps of a dream, each computed when it is asked for; what the generator returns is the dream.

    Arguments and errors as of `dream`. No step is held here once the next is made.
    """
    sizes = octave_sizes((image.shape[1], image.shape[2]), plan.octaves, plan.octave_scale)
    if plan.wraps:
        sizes[:-1] = [(quick_length(height), quick_length(width)) for height, width in sizes[:-1]]
    shifts = _shifts(plan, sizes, generator)
    transforms = draw_transforms(plan.transforms, generator, len(sizes), plan.iterations)
    bases, fitting = _pyramid(image, sizes, plan), FittingEngine(engine)
    parts = _parts(plan, sizes)
    dreamed, value = bases[0], image.new_zeros(())
    for octave, base in enumerate(bases):
        part = parts[octave] if parts else None
        if octave:
            detail = _resized(dreamed - bases[octave - 1], sizes[octave], plan)
            # Where nothing dreams a coarser octave's detail does not reach over from beside it either.
            dreamed = base + (detail if part is None else detail * (part.strength > 0))
            bases[octave - 1] = base
            del detail  # nothing that large is kept through the climb
        at = Octave(octave, dreamed, base, shifts[octave], transforms[octave], part)
        dreamed, value = yield from _climb(at, fitting, plan, on_step)
    final = value.item()
    if not bool(dreamed.isfinite().all()):
        raise EngineError("the dream left the finite numbers: use a smaller dream.step_size")
    return DreamResult(dreamed, final)


def tell_if_still(before: Tensor, result: DreamResult, plan: DreamPlan) -> None:
    """Warn of a dream of the whole picture that could change nothing: no step of it had a gradient.

    Args:
        before: the image (3, H, W) that it was dreamed from.
    """
    could_move = plan.iterations and plan.step_size and not plan.regions
    if could_move and result.value == 0 and bool((result.image - before).abs().max() < _SEEN):
        warn(
            "the dream left the picture as it was: what it climbs is 0 there, so that no way leads up; "
            "choose another channel or place of the layer, or begin with another picture, such as noise"
        )


def octave_sizes(size: tuple[int, int], octaves: int, scale: float) -> list[tuple[int, int]]:
    """The sizes a dream climbs, coarse to fine, the last being `size`.

    Each octave is smaller than the next by `scale`, its sides rounded to whole pixels (half to even, as
    `scipy.ndimage.zoom` does in the 2015 notebook), and at least 1. The order of the sides does not matter.
    """
    sizes = [size]
    for _ in range(octaves - 1):
        first, second = sizes[-1]
        sizes.append((max(1, round(first / scale)), max(1, round(second / scale))))
    return sizes[::-1]


def resize(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Resample (C, H, W) to `size` (height, width), bilinearly, corners kept on corners.

    The grid is that of `scipy.ndimage.zoom(order=1)`, which the 2015 notebook used for its octaves.
    """
    if tuple(image.shape[-2:]) == size:
        return image
    with one_thread():
        return interpolate(image[None], size=size, mode="bilinear", align_corners=True)[0]


def _resized(image: Tensor, size: tuple[int, int], plan: DreamPlan) -> Tensor:
    return resize_periodic(image, size) if plan.wraps else resize(image, size)


def _pyramid(image: Tensor, sizes: list[tuple[int, int]], plan: DreamPlan) -> list[Tensor]:
    """The image at each size, coarse to fine, each made from the next finer one."""
    levels = [image]
    for size in reversed(sizes[:-1]):
        levels.append(_resized(levels[-1], size, plan))
    return levels[::-1]


def _shifts(
    plan: DreamPlan, sizes: list[tuple[int, int]], generator: np.random.Generator
) -> list[NDArray[np.int64]]:
    """How far each step shifts its picture, by octave: by the jitter, or to anywhere where it wraps."""
    if plan.wraps:
        return [generator.integers(0, size, (plan.iterations, 2)) for size in sizes]
    return list(generator.integers(-plan.jitter, plan.jitter + 1, (len(sizes), plan.iterations, 2)))


@dataclass(frozen=True)
class Octave:
    """What one octave starts from.

    Attributes:
        number: counts the octaves, from 0, coarse to fine.
        image: the picture with the detail that the octaves below have made.
        base: the picture before the dream, at this octave's size.
        shifts: down and right, in pixels, (steps, 2).
        transforms: how each step sees the picture, where not as it is.
        parts: how the picture is shared out, if it has regions.
    """

    number: int
    image: Tensor
    base: Tensor
    shifts: NDArray[np.int64]
    transforms: list[Transform] | None
    parts: Division | None


def _climb(
    octave: Octave, engine: FittingEngine, plan: DreamPlan, on_step: Callable[[], None]
) -> Generator[StepTaken, None, tuple[Tensor, Tensor]]:
    """All steps of one octave; it returns the image and the last step's objective."""
    image = octave.image
    memory = plan.rule.begin(image)
    value, here = image.new_zeros(()), (0, 0)  # how far the image is shifted; it goes from shift to shift
    for iteration, (down, right) in enumerate(octave.shifts.tolist()):
        on_step()
        way = (down - here[0], right - here[1])
        image, memory, here = image.roll(way, (1, 2)), memory.rolled(way), (down, right)
        before = octave.base.roll(here, (1, 2)) if plan.regularisers.needs_base else image
        parts = octave.parts and octave.parts.rolled(here)
        seen_by = _seen_by(engine, octave.transforms[iteration] if octave.transforms else None, plan)
        ascent = _whole_direction(image, before, seen_by, plan.shifted(here, image), parts)
        moved, memory = plan.rule.move(image, ascent.gradient, plan.step_at(iteration), memory)
        image = moved if parts is None else image.lerp(moved, parts.strength)
        image, value = image.clamp_(0, 255), ascent.value
        yield StepTaken(octave.number, iteration, ascent, image, here)
        del ascent, before, moved, parts  # or they would be held until the next are made
    return image.roll((-here[0], -here[1]), (1, 2)), value


def _seen_by(engine: FittingEngine, transform: Transform | None, plan: DreamPlan) -> AnyEngine:
    """The engine as it sees a step's picture."""
    seen = TransformingEngine(engine, transform) if transform else engine
    return PeriodicEngine(seen) if plan.wraps else seen


def division_of(plan: DreamPlan) -> Division:
    """How the whole picture is shared out among a plan's regions, of which it has some."""
    return divide_picture(plan.regions, plan.elsewhere)


def _parts(plan: DreamPlan, sizes: list[tuple[int, int]]) -> list[Division]:
    """How the picture is shared out among the plan's regions at each octave; empty where it has none."""
    if not plan.regions:
        return []
    whole = division_of(plan)
    shares = zip(*(_pyramid(share, sizes, plan) for share in whole.shares), strict=True)
    return [replace(whole, shares=level) for level in shares]


def _whole_direction(
    image: Tensor, before: Tensor, engine: AnyEngine, plan: DreamPlan, parts: Division | None
) -> Ascent:
    """As `direction`, of the parts of the picture together; parts that climb alike share one gradient."""
    if parts is None:
        return direction(image, before, engine, plan)
    plans = {part: plan.of_part(part) for part in parts.dreaming}
    alike = {id(each.objectives): each for each in plans.values()}
    found = {key: direction(image, before, engine, each) for key, each in alike.items()}
    return blend(image, parts, {part: found[id(each.objectives)] for part, each in plans.items()})


def direction(image: Tensor, before: Tensor, engine: AnyEngine, plan: DreamPlan) -> Ascent:
    """Where one step goes from an image (3, H, W): the goals' gradient, held back, then shaped.

    Args:
        before: the picture before the dream, shifted as the image is.

    Returns:
        The gradient of any length, and the goals' value.
    """
    ascent = ascend(image, engine, plan)
    gradient = restrain(ascent.gradient, image, before, plan.regularisers)
    return Ascent(shape_gradient(gradient, plan.shaping, wraps=plan.wraps), ascent.value)


def ascend(image: Tensor, engine: AnyEngine, plan: DreamPlan) -> Ascent:
    """Where to go from an image (3, H, W): the gradient of the plan's objectives, each blob with its share.

    Gradients of different layers differ by orders of magnitude at the image. So each is computed by itself
    and brought to a mean size of 1 there before it gets its weight: a weight of 0.3 is 30 % of the step. This
    asks nothing but the image, and costs a second pass only while two layers fade into one another.
    """
    if len(plan.objectives) == 1 or not plan.weights:
        return engine.ascend(image, plan.objectives)
    gradient, value = image.new_zeros(image.shape), image.new_zeros(())
    for blob, weight in plan.weights.items():
        part = engine.ascend(image, {blob: plan.objectives[blob]})
        gradient += part.gradient * (weight / mean_size(part.gradient).clamp_min(1e-30))
        value = value + weight * part.value
    return Ascent(gradient, value)
