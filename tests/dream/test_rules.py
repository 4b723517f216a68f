"""The ascent rules, against torch's own optimisers, and what they remember from step to step."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from dreamzoom.dream.ascent import DreamPlan, dream
from dreamzoom.dream.planning.frame import plan_dream
from dreamzoom.dream.planning.goals import Instant
from dreamzoom.dream.planning.steps import rule_at
from dreamzoom.dream.rules import Adam, Faded, Normalised, Stepwise, rmsprop
from dreamzoom.engines.base import Ascent
from dreamzoom.randomness import frame_generator
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.schema import Recipe

PLAN = DreamPlan({}, octaves=1, iterations=5, step_size=1.5, jitter=0)
TARGET = torch.rand(3, 9, 11, generator=torch.Generator().manual_seed(1)) * 100 + 70


class Bowl:
    """An engine whose gradient is the way to a target; shifted with the picture, if that is shifted."""

    def __init__(self, target=TARGET):
        self.target = target

    def ascend(self, image, objectives):
        return Ascent(self.target - image, image.new_zeros(()))


def optimised(make_optimiser, steps=5):
    """The picture of torch's own optimiser on the gradient brought to a mean size of 1."""
    image = torch.full_like(TARGET, 120.0).requires_grad_()
    optimiser = make_optimiser([image])
    for _ in range(steps):
        gradient = TARGET - image.detach()
        image.grad = -gradient / gradient.abs().mean()
        optimiser.step()
    return image.detach()


def dreamed(rule, engine=None, **changes):
    image = torch.full_like(TARGET, 120.0)
    return dream(image, engine or Bowl(), replace(PLAN, rule=rule, **changes), frame_generator(0, 0)).image


@pytest.mark.parametrize(
    ("rule", "betas"), [(Adam(), (0.9, 0.999)), (Adam(0.5, 0.9), (0.5, 0.9)), (rmsprop(), (0.0, 0.95))]
)
def test_adam_and_rmsprop_are_torchs(rule, betas):
    expected = optimised(lambda values: torch.optim.Adam(values, lr=1.5, betas=betas, eps=0))
    torch.testing.assert_close(dreamed(rule), expected, atol=1e-3, rtol=0)


def test_the_memory_is_shifted_with_the_picture():
    """A dream whose picture and gradient are shifted together is the one that is not shifted."""

    class Following(Bowl):
        def ascend(self, image, objectives):
            # The first value says how far the picture was shifted: it is the only one above 240.
            place = int((image[0] > 240).flatten().int().argmax())
            way = (place // image.shape[2], place % image.shape[2])
            gradient = self.target.roll(way, (1, 2)) - image
            gradient[:, way[0], way[1]] = 0
            return Ascent(gradient, image.new_zeros(()))

    image = torch.full_like(TARGET, 120.0)
    image[:, 0, 0] = 255.0
    still, shifted = (
        dream(image, Following(), replace(PLAN, rule=Adam(), jitter=jitter), frame_generator(0, 0)).image
        for jitter in (0, 7)
    )
    torch.testing.assert_close(shifted, still, atol=1e-3, rtol=0)


def test_faded_rules_move_by_their_shares():
    image, gradient = torch.full_like(TARGET, 120.0), TARGET - 120.0
    memory = Faded(Normalised(), Adam(), 0.25).begin(image)
    moved, kept = Faded(Normalised(), Adam(), 0.25).move(image, gradient, 2.0, memory)
    one, other = (rule.move(image, gradient, 2.0, rule.begin(image))[0] for rule in (Normalised(), Adam()))
    torch.testing.assert_close(moved, 0.75 * one + 0.25 * other)
    assert kept.steps == 1
    assert len(kept.fields) == 2


@pytest.mark.parametrize("rule", [Normalised(), Adam(), rmsprop()])
def test_a_gradient_of_nothing_moves_nothing(rule):
    image = torch.full_like(TARGET, 120.0)
    assert torch.equal(rule.move(image, torch.zeros_like(image), 1.5, rule.begin(image))[0], image)


def test_an_octaves_steps_shrink_by_equal_factors_down_to_the_last():
    sizes = []

    def note(image, gradient, step_size):
        sizes.append(step_size)
        return image

    dreamed(Stepwise(note), last_step=1 / 16)
    assert sizes == pytest.approx([1.5, 0.75, 0.375, 0.1875, 0.09375])
    assert replace(PLAN, iterations=1, last_step=0.5).step_at(0) == 1.5
    settings = build_recipe({"dream": {"last_step": {"0": 1, "10": 0.5}, "rule": "rmsprop"}}).dream
    plan = plan_dream(settings, {}, Instant(10, Recipe().clock, 0))
    assert plan.last_step == 0.5


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        ({"rule": "rmsprop"}, rmsprop(0.95)),
        ({"rule": "rmsprop", "rule_memory": 0.25}, rmsprop(0.25)),
        ({"rule": "adam", "rule_memory": 0.9}, Adam(0.9, 0.9)),
    ],
)
def test_a_recipe_says_what_a_rule_remembers(table, rule):
    assert rule_at(build_recipe({"dream": table}).dream, 0, Recipe().clock) == rule
