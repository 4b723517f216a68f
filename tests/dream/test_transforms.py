"""What a step sees turned and scaled: against SciPy, and its way back as the exact adjoint."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from dreamzoom.dream.ascent import DreamPlan, dream
from dreamzoom.dream.objectives import l2
from dreamzoom.dream.transforms import Transform, TransformRange, adjoint, draw_transforms, transformed
from dreamzoom.engines.registry import open_engine
from dreamzoom.randomness import frame_generator
from support.engines import in_threads

SEEN = Transform(angle=12.0, ratio=1.15)


def noise(height: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed)) * 255


@pytest.mark.parametrize("size", [(31, 46), (40, 25)])
def test_a_view_is_scipys_rotation_and_zoom(size):
    image, angle = noise(*size), np.radians(SEEN.angle)
    # Clockwise on the screen, where rows go down: a view's pixel comes from its place turned the other way.
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / SEEN.ratio
    middle = (np.array(size) - 1) / 2
    expected = [
        ndimage.affine_transform(channel, turn, middle - turn @ middle, order=1, mode="reflect")
        for channel in image.double().numpy()
    ]
    assert np.abs(transformed(image, SEEN).numpy() - np.stack(expected)).max() < 0.05


def test_the_gradient_goes_back_by_the_adjoint():
    image, gradient = noise(23, 31).double(), noise(23, 31, seed=1).double()
    there, back = (transformed(image, SEEN) * gradient).sum(), (image * adjoint(gradient, SEEN)).sum()
    assert float(there) == pytest.approx(float(back), rel=1e-12)


def test_without_sway_no_random_number_is_drawn_and_with_it_the_limits_are_kept():
    generator = frame_generator(1, 1)
    assert draw_transforms(TransformRange(), generator, 2, 3) == [None, None]
    assert generator.random() == frame_generator(1, 1).random()
    drawn = [each for octave in draw_transforms(TransformRange(5, 0.2), generator, 3, 50) for each in octave]
    assert 4 < max(abs(each.angle) for each in drawn) <= 5
    ratios = [each.ratio for each in drawn]
    assert 1 / 1.2 <= min(ratios) < 0.9
    assert 1.1 < max(ratios) <= 1.2


def test_a_swaying_dream_climbs_and_is_the_same_for_any_number_of_threads(squeezenet):
    image = noise(91, 127)
    plan = DreamPlan({"fire2/concat": l2()}, octaves=2, iterations=2, transforms=TransformRange(8, 0.1))
    engine = open_engine(squeezenet, "torch", "cpu")
    found = in_threads(lambda: dream(image, engine, plan, frame_generator(0, 0)).image)
    assert all(torch.equal(each, found[0]) for each in found)
    values = [float(engine.ascend(each, plan.objectives).value) for each in (image, found[0])]
    assert values[1] > 1.1 * values[0]
    still = dream(image, engine, replace(plan, transforms=TransformRange()), frame_generator(0, 0)).image
    assert not torch.equal(still, found[0])
