"""What holds a picture back, against finite differences, and what it does to a dream."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from dreamzoom.dream.ascent import DreamPlan, dream
from dreamzoom.dream.objectives import l2
from dreamzoom.dream.regularisers import Regularisers, power_norm, total_variation
from dreamzoom.randomness import frame_generator
from support.engines import as_image

PLAN = DreamPlan({"fire4/concat": l2()}, octaves=2, iterations=3, jitter=8)


@pytest.mark.parametrize(
    "term",
    [
        total_variation,
        lambda x: total_variation(x, 2.0),
        lambda x: total_variation(x, 3.0),
        lambda x: power_norm(x, 2.0),
        lambda x: power_norm(x, 6.0),
    ],
)
def test_a_terms_gradient_is_that_of_its_value(term):
    generator = torch.Generator().manual_seed(3)
    image = torch.randn(3, 7, 6, dtype=torch.float64, generator=generator) * 40
    gradient = term(image)[1]
    for place in [(0, 0, 0), (1, 3, 2), (2, 6, 5), (0, 6, 0), (1, 0, 5)]:
        nudge = torch.zeros_like(image)
        nudge[place] = 1e-4
        slope = (term(image + nudge)[0] - term(image - nudge)[0]) / 2e-4
        assert float(gradient[place]) == pytest.approx(float(slope), abs=1e-6)


def test_total_variation_of_power_2_is_diffusion():
    """Its gradient is the negative Laplacian, as of cnn-vis's default, over the reach."""
    image = torch.randn(3, 8, 9, dtype=torch.float64)
    laplacian = sum(image.roll(way, axis) - image for axis in (1, 2) for way in (-1, 1))
    torch.testing.assert_close(total_variation(image, 2.0)[1], -laplacian / 64)


def variation(image):
    return float(total_variation(image)[0])


def test_total_variation_makes_a_dream_smoother(engine, cloud_picture):
    image = as_image(cloud_picture)
    plans = [replace(PLAN, regularisers=Regularisers(variation=strength)) for strength in (0.0, 0.5)]
    plain, held = (dream(image, engine, plan, frame_generator(0, 0)) for plan in plans)
    assert variation(held.image) < 0.8 * variation(plain.image)


@pytest.mark.parametrize("power", [2.0, 6.0])
def test_a_pull_keeps_a_dream_near_its_picture_or_grey(engine, cloud_picture, power):
    image = as_image(cloud_picture)

    def dreamed(**regularisers):
        plan = replace(PLAN, regularisers=Regularisers(pull_power=power, **regularisers), step_size=12.0)
        return dream(image, engine, plan, frame_generator(0, 0)).image

    free, before, grey = dreamed(), dreamed(pull=8.0), dreamed(pull=8.0, pull_to="grey")
    assert (before - image).square().mean() < 0.8 * (free - image).square().mean()
    assert (grey - 127.5).square().mean() < 0.8 * (free - 127.5).square().mean()
