"""The dream, against the 2015 notebook's algorithm written out in NumPy and SciPy, and by its properties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from dreamzoom.dream.ascent import (
    DreamPlan,
    DreamResult,
    dream,
    dream_steps,
    octave_sizes,
    resize,
    tell_if_still,
)
from dreamzoom.dream.objectives import guided, l2, mean, weighted_l2
from dreamzoom.dream.planning.checks import require_dreamable
from dreamzoom.engines.base import Ascent
from dreamzoom.engines.registry import open_engine
from dreamzoom.errors import EngineError, RecipeError, UnknownBlobError
from dreamzoom.randomness import frame_generator
from dreamzoom.recipe.build import build_recipe
from support.engines import as_image, in_threads

LAYER = "fire4/concat"
WEIGHTED = weighted_l2(torch.tensor([0.0, 0.5, 2.0, 7.0]))


def notebook_dream(picture, engine, octaves, scale, shifts, step_size):
    """google/deepdream's `deepdream`, as it reads in the notebook: BGR minus mean, nd.zoom, np.roll, in
    place.
    """
    bias = np.float32([104, 117, 123])[:, None, None]
    base = np.float32(np.rollaxis(picture, 2)[::-1]) - bias
    pyramid = [base]
    for _ in range(octaves - 1):
        # "nearest": else SciPy takes the last column, whose place rounds to beyond the picture, for black.
        pyramid.append(ndimage.zoom(pyramid[-1], (1, 1.0 / scale, 1.0 / scale), order=1, mode="nearest"))
    detail = np.zeros_like(pyramid[-1])
    for octave, octave_base in enumerate(pyramid[::-1]):
        height, width = octave_base.shape[-2:]
        if octave > 0:
            before_height, before_width = detail.shape[-2:]
            detail = ndimage.zoom(detail, (1, height / before_height, width / before_width), order=1)
        source = octave_base + detail
        for down, right in shifts[octave]:
            source = np.roll(np.roll(source, right, -1), down, -2)
            rgb = torch.from_numpy((source + bias)[::-1].copy())
            gradient = engine.ascend(rgb, {LAYER: l2()}).gradient.numpy()[::-1]
            source = source + step_size / np.abs(gradient).mean() * gradient
            source = np.roll(np.roll(source, -right, -1), -down, -2)
            source = np.clip(source, -bias, 255 - bias)
        detail = source - octave_base
    return (source + bias)[::-1]


def test_the_dream_is_the_notebooks(engine, cloud_picture):
    # In an even sky neighbours tie for a pool's maximum and the last bit decides: so none is even.
    picture = np.clip(cloud_picture + np.random.default_rng(3).normal(0, 12, cloud_picture.shape), 0, 255)
    plan = DreamPlan({LAYER: l2()}, octaves=3, octave_scale=1.4, iterations=3, step_size=1.5, jitter=8)
    shifts = frame_generator(5, 2).integers(-8, 9, (3, 3, 2))
    expected = notebook_dream(picture, engine, 3, 1.4, shifts, 1.5)
    result = dream(as_image(picture), engine, plan, frame_generator(5, 2))
    difference = np.abs(result.image.numpy() - expected)
    # Steps amplify rounding; a wrong algorithm is off by several grey levels.
    assert difference.mean() < 0.05


@pytest.mark.parametrize("size", [(360, 640), (97, 131), (33, 32)])
@pytest.mark.parametrize("scale", [1.4, 1.7])
def test_octave_sizes_are_those_of_scipys_zoom(size, scale):
    picture, expected = np.zeros(size), [size]
    for _ in range(3):
        picture = ndimage.zoom(picture, 1 / scale, order=1)
        expected.append(picture.shape)
    assert octave_sizes(size, 4, scale) == expected[::-1]


def test_resize_is_scipys_zoom():
    image = torch.rand(3, 30, 41) * 255
    expected = ndimage.zoom(image.numpy(), (1, 21 / 30, 29 / 41), order=1)
    assert np.abs(resize(image, (21, 29)).numpy() - expected).max() < 1e-2


@pytest.mark.parametrize("objective", [l2(), l2([1, 3]), mean(), mean([2]), WEIGHTED])
def test_an_objectives_gradient_is_that_of_its_value(objective):
    activations = torch.randn(4, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    gradient = objective(activations)[1]
    for place in [(0, 0, 0), (1, 2, 3), (2, 4, 5), (3, 1, 1)]:
        nudge = torch.zeros_like(activations)
        nudge[place] = 1e-5
        slope = (objective(activations + nudge)[0] - objective(activations - nudge)[0]) / 2e-5
        assert float(gradient[place]) == pytest.approx(float(slope), abs=1e-8)


def test_the_guided_gradient_is_the_guides_most_similar_feature():
    generator = torch.Generator().manual_seed(2)
    activations, guide = torch.randn(5, 3, 4, generator=generator), torch.randn(5, 2, 3, generator=generator)
    gradient = guided(guide)(activations)[1].numpy()
    x, y = activations.reshape(5, -1).numpy(), guide.reshape(5, -1).numpy()
    expected = y[:, (x.T @ y).argmax(1)].reshape(5, 3, 4)  # as in google/deepdream's objective_guide
    assert gradient * gradient.size == pytest.approx(expected, abs=1e-5)


def test_a_dream_raises_what_the_layer_sees(engine, cloud_picture):
    plan = DreamPlan({LAYER: l2()}, octaves=2, iterations=4, jitter=4)
    image = as_image(cloud_picture)
    before = float(engine.ascend(image, plan.objectives).value)
    result = dream(image, engine, plan, frame_generator(0, 0))
    assert float(engine.ascend(result.image, plan.objectives).value) > 1.2 * before


def test_a_guided_dream_comes_nearer_to_its_guide(engine, cloud_picture):
    guide = engine.activations(as_image(np.rot90(cloud_picture).copy()), [LAYER])[LAYER]
    plan = DreamPlan({LAYER: guided(guide)}, octaves=2, iterations=4, jitter=4)
    image = as_image(cloud_picture)
    before = float(engine.ascend(image, plan.objectives).value)
    after = float(
        engine.ascend(dream(image, engine, plan, frame_generator(0, 0)).image, plan.objectives).value
    )
    assert after > 1.2 * before


def test_the_same_seed_and_frame_dream_the_same_bytes(engine, cloud_picture):
    plan = DreamPlan({LAYER: l2()}, octaves=2, iterations=2)
    images = [dream(as_image(cloud_picture), engine, plan, frame_generator(7, 3)).image for _ in range(2)]
    assert torch.equal(*images)


def test_the_steps_of_a_dream_are_made_as_they_are_asked_for(engine, cloud_picture):
    plan, made = DreamPlan({LAYER: l2()}, octaves=2, iterations=3), []
    steps = dream_steps(as_image(cloud_picture), engine, plan, frame_generator(7, 3), lambda: made.append(1))
    first, second = next(steps), next(steps)
    assert len(made) == 2
    assert [(each.octave, each.iteration) for each in (first, second)] == [(0, 0), (0, 1)]
    *_, last = steps
    assert (last.octave, last.iteration, len(made)) == (1, 2, 6)
    whole = dream(as_image(cloud_picture), engine, plan, frame_generator(7, 3)).image
    assert torch.equal(last.image, whole)


def test_a_step_tells_where_it_went_from(engine, cloud_picture):
    plan = DreamPlan({LAYER: l2()}, octaves=1, iterations=2, jitter=0)
    first, second = dream_steps(as_image(cloud_picture), engine, plan, frame_generator(7, 3))
    there = engine.ascend(first.image, plan.objectives)
    assert torch.equal(second.ascent.gradient, there.gradient)
    assert float(second.ascent.value) == float(there.value)


def test_another_frame_or_seed_jitters_otherwise():
    draws = {
        tuple(frame_generator(*key).integers(0, 1000, 8)) for key in [(0, 0), (0, 1), (1, 0), (2**63 - 1, 5)]
    }
    assert len(draws) == 4


def test_a_step_moves_the_picture_by_its_size_on_average(engine, cloud_picture):
    image = as_image(cloud_picture) * 0.5 + 60  # far from black and white, where nothing is clipped
    plan = DreamPlan({LAYER: l2()}, octaves=1, iterations=1, step_size=2.5)
    moved = dream(image, engine, plan, frame_generator(0, 0)).image - image
    assert float(moved.abs().mean()) == pytest.approx(2.5, rel=0.02)


def test_a_layer_that_sees_nothing_leaves_the_picture_as_it_is():
    class Blind:
        def ascend(self, image, objectives):
            return Ascent(torch.zeros_like(image), torch.zeros(()))

    image = torch.rand(3, 40, 40) * 255
    result = dream(image, Blind(), DreamPlan({}, octaves=2, iterations=2), frame_generator(0, 0))
    assert torch.allclose(result.image, image, atol=1e-3)


@pytest.mark.parametrize(
    ("changes", "value", "moved", "is_told"),
    [
        ({}, 0.0, 0.0, True),
        ({}, 3.0, 0.0, False),  # a goal that is there already
        ({}, 0.0, 0.5, False),
        ({"iterations": 0}, 0.0, 0.0, False),
        ({"step_size": 0.0}, 0.0, 0.0, False),
    ],
)
def test_a_dream_that_has_no_way_up_is_told(recwarn, changes, value, moved, is_told):
    image = torch.rand(3, 40, 40) * 255
    tell_if_still(image, DreamResult(image + moved, value), replace(DreamPlan({}), **changes))
    assert ["as it was" in str(each.message) for each in recwarn] == [True] * is_told


def test_a_dream_that_leaves_the_finite_numbers_is_an_error():
    class Broken:
        def ascend(self, image, objectives):
            return Ascent(torch.full_like(image, float("nan")), torch.zeros(()))

    with pytest.raises(EngineError, match="finite"):
        dream(torch.zeros(3, 40, 40), Broken(), DreamPlan({}, octaves=1, iterations=1), frame_generator(0, 0))


def dreamable(model, size: tuple[int, int], **values: object) -> None:
    """Check a [dream] table against a model and a picture's size."""
    recipe = build_recipe({"dream": values})
    require_dreamable(recipe.dream, model, size, recipe.clock)


def test_an_unknown_layer_is_answered_with_the_nearest(squeezenet):
    with pytest.raises(UnknownBlobError, match="fire8/concat"):
        dreamable(squeezenet, (640, 360), layer="fire8/conct")


def test_a_channel_the_layer_lacks_is_refused(squeezenet):
    with pytest.raises(RecipeError, match=r"dream.channel.*0 to 511, not 512"):
        dreamable(squeezenet, (640, 360), layer="fire8/concat", channel=512)


def test_octaves_too_small_for_the_layer_are_refused(squeezenet):
    with pytest.raises(RecipeError, match=r"dream.octaves.*fewer octaves"):
        dreamable(squeezenet, (64, 64), layer="fire8/concat", octaves=9)


def test_a_picture_too_small_for_the_layer_is_refused_with_the_least_size(squeezenet):
    with pytest.raises(
        RecipeError, match=r"dream.layer.* 64x12 .*'fire8/concat', which wants 17x17 at least"
    ):
        dreamable(squeezenet, (64, 12), layer="fire8/concat", octaves=1)


def test_the_number_of_threads_changes_no_bit(squeezenet):
    """Of pictures large enough that torch shares them out, of odd sides."""
    image = torch.from_numpy(np.random.default_rng(4).uniform(0, 255, (3, 181, 327)).astype(np.float32))
    plan = DreamPlan({LAYER: l2(), "fire2/concat": l2()}, octaves=2, iterations=2)
    plan = replace(plan, weights={LAYER: 0.5, "fire2/concat": 0.5})
    found = in_threads(
        lambda: dream(image, open_engine(squeezenet, "torch", "cpu"), plan, frame_generator(0, 0)).image
    )
    assert all(torch.equal(each, found[0]) for each in found)
