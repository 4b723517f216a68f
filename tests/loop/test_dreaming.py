"""The dreams of a torus: no border is to be seen, and what is shifted round stays what it is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dreamzoom.dream.ascent import DreamPlan
from dreamzoom.dream.objectives import l2
from dreamzoom.dream.periodic import (
    PeriodicEngine,
    has_quick_transform,
    quick_length,
    resize_periodic,
    with_margin,
)
from dreamzoom.dream.shaping import Shaping, shape_gradient
from dreamzoom.engines.fitting import FittingEngine
from dreamzoom.loop.dreaming import carry, dream_torus, stages
from dreamzoom.loop.torus import torus_for


def seam(image: torch.Tensor, dimension: int) -> tuple[float, float]:
    """The mean difference across the border that was joined, and the largest one between other neighbours."""
    steps = (image - image.roll(1, dimension)).abs().mean((0, 3 - dimension))
    return float(steps[0]), float(steps[1:].max())


@pytest.mark.parametrize("shaping", [Shaping(), Shaping(spectrum=0.8, smooth=0.5), Shaping(laplacian=1.0)])
def test_a_dreamed_torus_has_no_seam(engine, shaping):
    torus = torus_for((64, 36), 16)
    grey = torch.full((3, torus.rows, torus.columns), 128.0)
    plan = DreamPlan({"fire3/concat": l2()}, octaves=2, iterations=3, shaping=shaping)
    dreamed = dream_torus(grey, engine, plan, np.random.default_rng(1)).image
    for dimension in (1, 2):
        at_border, elsewhere = seam(dreamed, dimension)
        assert 0 < at_border <= elsewhere


@pytest.mark.parametrize("shaping", [Shaping(spectrum=1.0, smooth=0.5), Shaping(laplacian=1.0)])
def test_a_rolled_gradient_is_shaped_alike(shaping):
    gradient = torch.randn(3, 64, 96, generator=torch.Generator().manual_seed(1))
    here = shape_gradient(gradient, shaping, wraps=True)
    there = shape_gradient(gradient.roll((16, 32), (1, 2)), shaping, wraps=True)
    assert float((there - here.roll((16, 32), (1, 2))).abs().max()) < 0.01 * float(here.abs().max())


def test_lengths_are_quick_and_near():
    assert [quick_length(length) for length in (1, 13, 17, 1019, 1024)] == [1, 13, 16, 1014, 1024]
    assert not has_quick_transform(2 * 509)


@pytest.mark.parametrize("shift", [(16, 0), (0, 32), (48, 80)])
def test_the_gradient_of_a_rolled_torus_is_the_gradient_rolled(engine, shift):
    image = torch.rand(3, 96, 128, generator=torch.Generator().manual_seed(1)) * 255
    periodic = PeriodicEngine(FittingEngine(engine))
    here, there = (
        periodic.ascend(each, {"fire3/concat": l2()}).gradient for each in (image, image.roll(shift, (1, 2)))
    )
    assert float((there - here.roll(shift, (1, 2))).abs().max()) < 0.02 * float(here.abs().max())


def test_resampling_goes_round():
    columns = torch.arange(40.0)
    wave = (torch.cos(columns * torch.pi / 20) + torch.sin(torch.arange(30.0) * torch.pi / 15)[:, None])[None]
    found = resize_periodic(wave, (60, 64))[0]
    down = torch.sin(torch.arange(60.0) * torch.pi / 30)[:, None]
    expected = torch.cos(torch.arange(64.0) * torch.pi / 32) + down
    assert torch.allclose(found, expected, atol=0.02)
    rolled = resize_periodic(wave.roll((3, 5), (1, 2)), (60, 64))[0]
    assert torch.allclose(rolled, found.roll((6, 8), (0, 1)), atol=1e-5)


def test_a_margin_is_what_lies_on_the_other_side():
    image = torch.arange(24.0).view(1, 4, 6)
    assert np.array_equal(with_margin(image, 7)[0].numpy(), np.pad(image[0].numpy(), 7, "wrap"))


def test_stages_end_on_the_torus_and_carry_what_was_dreamed():
    torus = torus_for((320, 180), 16)
    grids = stages(torus, 5)
    assert len(grids) == 5
    assert grids[-1] == torus
    assert [grid.columns for grid in grids] == sorted(grid.columns for grid in grids)
    start = torch.full((3, torus.rows, torus.columns), 100.0)
    first = carry(start, grids[0])
    assert first.shape == (3, grids[0].rows, grids[0].columns)
    assert torch.allclose(carry(start, torus, first + 20), start + 20)
