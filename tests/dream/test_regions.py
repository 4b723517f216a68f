"""Regions: what each part of a picture dreams, against dreams of their own and closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from dreamzoom.dream.ascent import DreamPlan, dream
from dreamzoom.dream.objectives import l2
from dreamzoom.dream.regions import Region, blend, divide_picture, spread_evenly
from dreamzoom.dream.rules import Adam, Normalised, Rule
from dreamzoom.engines.base import Ascent, Engine
from dreamzoom.engines.registry import open_engine
from dreamzoom.engines.torch.threads import mean_size
from dreamzoom.models.store import open_model
from support.engines import in_threads, needs_caffe

RANDOM = torch.Generator().manual_seed(0)
PLAN = DreamPlan({"fire2/concat": l2()}, octaves=2, iterations=2, jitter=5)
OTHER = {"fire3/concat": l2([7])}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return open_engine(open_model("squeezenet"), "torch", "cpu", "float32")


@pytest.fixture(scope="module")
def image() -> Tensor:
    return torch.rand((3, 48, 64), generator=RANDOM) * 200 + 20


def _half() -> Tensor:
    """A mask of the left half, its border hard."""
    mask = torch.zeros(1, 48, 64)
    mask[..., :32] = 1
    return mask


def _dreamed(image: Tensor, engine: Engine, plan: DreamPlan) -> Tensor:
    return dream(image, engine, plan, np.random.default_rng(0)).image


@pytest.mark.parametrize("rule", [Normalised(), Adam()])
def test_where_nothing_dreams_the_picture_stays_to_the_bit(image: Tensor, engine: Engine, rule: Rule) -> None:
    plan = replace(PLAN, rule=rule, regions=(Region(_half()),), elsewhere=0.0)
    dreamed = _dreamed(image, engine, plan)
    assert torch.equal(dreamed[..., 32:], image[..., 32:])
    assert (dreamed - image)[..., :32].abs().mean() > 1


def test_a_region_of_everything_is_the_dream(image: Tensor, engine: Engine) -> None:
    whole = replace(PLAN, regions=(Region(torch.ones(1, 48, 64)),))
    torch.testing.assert_close(
        _dreamed(image, engine, whole), _dreamed(image, engine, PLAN), atol=1e-2, rtol=0
    )


def test_one_step_of_two_regions_is_each_ones_own_step(image: Tensor, engine: Engine) -> None:
    """Within a region the step is along its own gradient, and as long on average as the recipe says."""
    once = replace(PLAN, octaves=1, iterations=1, jitter=0, step_size=0.3)  # so that nothing is clipped
    both = replace(once, regions=(Region(_half()), Region(1 - _half(), 2.0, objectives=OTHER)))
    moved = _dreamed(image, engine, both) - image
    for columns, objectives, strength in ((slice(0, 32), PLAN.objectives, 1), (slice(32, 64), OTHER, 2)):
        gradient = engine.ascend(image, objectives).gradient[..., columns]
        expected = once.step_size * strength * gradient / gradient.abs().mean()
        torch.testing.assert_close(moved[..., columns], expected, atol=2e-3, rtol=2e-3)


def test_overlapping_regions_share_by_weight() -> None:
    parts = divide_picture([Region(_half() * 3, 1.0), Region(torch.ones(1, 48, 64), 0.5)], 0.0)
    shares = [share[0, 0, (0, 63)].tolist() for share in parts.shares]
    assert shares == [[0, 0], [0.75, 0], [0.25, 1]]
    assert parts.strength[0, 0, (0, 63)].tolist() == [0.875, 0.5]
    assert parts.coverage.eq(1).all()
    soft = divide_picture([Region(_half() * 0.25)], 2.0)
    assert soft.strength[0, 0, (0, 63)].tolist() == [1.75, 2.0]


def test_a_blend_has_a_mean_size_of_one_whatever_its_parts(image: Tensor) -> None:
    gradient = torch.randn(image.shape, generator=RANDOM)
    parts = divide_picture([Region(_half())], 0.0)
    mixed = blend(image, parts, {1: Ascent(1e6 * gradient, torch.tensor(3.0))})
    assert mean_size(mixed.gradient).item() == pytest.approx(1, rel=1e-4)
    assert mixed.value.item() == pytest.approx(1.5)
    assert parts.dreaming == (1,)


def test_what_covers_nothing_costs_nothing(image: Tensor) -> None:
    class NoEngine:
        def ascend(self, *_: object) -> Ascent:
            raise AssertionError("a gradient was asked for")

    plan = replace(PLAN, regions=(Region(torch.zeros(1, 48, 64)), Region(_half(), 0.0)), elsewhere=0.0)
    assert torch.equal(dream(image, NoEngine(), plan, np.random.default_rng(0)).image, image)  # type: ignore[arg-type]


def test_parts_roll_with_the_picture() -> None:
    parts = divide_picture([Region(_half())], 1.0)
    assert torch.equal(parts.rolled((3, -5)).shares[1], _half().roll((3, -5), (1, 2)))


def test_an_even_region_dreams_alike_all_over(image: Tensor) -> None:
    """Of a gradient that is ten thousand times as large to one side no more is left than twice."""
    gradient = torch.randn(image.shape, generator=RANDOM)
    gradient[..., :16] *= 1e4
    share = torch.ones(1, 48, 64)
    even = spread_evenly(gradient, share, 1.0).abs().mean((0, 1))
    assert torch.equal(spread_evenly(gradient, share, 0.0), gradient)
    # Beside the step the fields reach over it.
    assert 0.3 < (even[:10].mean() / even[26:].mean()).item() < 3


def test_any_number_of_threads_gives_the_same_bits(image: Tensor, engine: Engine) -> None:
    regions = (Region(_half(), evenness=1.0), Region(1 - _half(), 2.0, objectives=OTHER))
    found = in_threads(lambda: _dreamed(image, engine, replace(PLAN, regions=regions)))
    assert all(torch.equal(each, found[0]) for each in found)


@needs_caffe
def test_both_engines_dream_regions_alike(image: Tensor, engine: Engine) -> None:
    caffe = open_engine(open_model("squeezenet"), "caffe", "cpu", "float32")
    regions = (Region(_half()), Region(1 - _half(), 0.5, objectives=OTHER))
    plan = replace(PLAN, octaves=1, iterations=1, regions=regions)
    torch.testing.assert_close(_dreamed(image, caffe, plan), _dreamed(image, engine, plan), atol=0.02, rtol=0)
