"""Functions of a caller's own, right and wrong, in the library."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from PIL import Image

from dreamzoom.dreamer import Dreamer
from dreamzoom.engines.caffe.engine import CaffeEngine
from dreamzoom.errors import DreamzoomWarning, RequestError
from dreamzoom.recipe.build import build_recipe
from support.engines import ENGINES

QUICK = {"layer": "fire2/concat", "octaves": 1, "iterations": 2, "jitter": 4}


@pytest.fixture(scope="module", params=ENGINES)
def dreamer(request: pytest.FixtureRequest) -> Dreamer:
    return Dreamer(engine=request.param, device="cpu")


def with_autograd(activations):
    with torch.enable_grad():
        seen = activations.detach().clone().requires_grad_()
        value = (seen**2).sum() / 2
        return value, torch.autograd.grad(value, seen)[0]


def test_an_objective_may_have_its_gradient_from_autograd(dreamer, cloud_picture):
    own, led = (
        dreamer.dream(cloud_picture, objective=objective, **QUICK)
        for objective in (lambda activations: activations, with_autograd)
    )
    assert own.tobytes() == led.tobytes()


@pytest.mark.parametrize(
    ("objective", "told"),
    [
        (lambda seen: None, "objective: gave nothing: must give a gradient"),
        (lambda seen: seen[1:], "objective: gave shape (127, 23, 31)"),
        (lambda seen: seen.to(torch.complex64), "objective: gave complex numbers of shape (128"),
        (lambda seen: ("much", seen), "objective: gave 'much' as its value: must give a number"),
        (lambda seen: (None, seen), "objective: gave None as its value"),
        (lambda seen: (seen[0], seen), "objective: gave shape (23, 31) as its value"),
        (lambda seen: 1 / 0, "objective: failed: ZeroDivisionError: division by zero"),
        (lambda: None, "objective: failed: TypeError: "),
        (lambda seen: torch.autograd.grad(seen.sum(), seen), 'autograd wants "with torch.enable_grad():"'),
        (3, "objective=3: must be a name, a function, or goals"),
    ],
)
def test_a_wrong_objective_is_told_by_every_engine(dreamer, cloud_picture, objective, told):
    with pytest.raises(RequestError, match=re.escape(told)):
        dreamer.dream(cloud_picture, objective=objective, **QUICK)


@pytest.mark.parametrize("value", [3, 3.5, np.float32(2), torch.tensor([2.0]), np.array(2.0)])
def test_an_objectives_value_is_any_number(dreamer, cloud_picture, value):
    steps = dreamer.steps(cloud_picture, objective=lambda seen: (value, seen), **QUICK)
    assert [step.value for step in steps] == [float(value)] * 2


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (lambda image, gradient, size: None, "step: gave nothing"),
        (lambda image, gradient, size: image[:, 1:], "step: gave shape (3, 95, 128)"),
        (
            lambda image, gradient, size: image > 3,
            "step: gave torch.bool: must give the next image in floating",
        ),
        (lambda image, gradient, size: image.to(torch.uint8), "step: gave torch.uint8"),
    ],
)
def test_a_wrong_step_is_told(dreamer, cloud_picture, step, told):
    with pytest.raises(RequestError, match=re.escape(told)):
        dreamer.dream(cloud_picture, step=step, **QUICK)


def test_a_step_may_leave_autograds_traces(dreamer, cloud_picture):
    def traced(image, gradient, size):
        return image.clone().requires_grad_() + 0

    dreamed = dreamer.dream(cloud_picture, step=traced, **QUICK)
    assert np.array_equal(np.asarray(dreamed), cloud_picture)


def test_a_process_that_gives_no_array_is_told(dreamer, cloud_picture):
    with pytest.raises(RequestError, match="preprocess: gave a list that is no array"):
        dreamer.dream(cloud_picture, preprocess=lambda pixels: [[1], [1, 2]], **QUICK)
    with pytest.raises(
        RequestError, match=re.escape("deprocess: gave an array of float32 and shape (96, 128)")
    ):
        dreamer.dream(cloud_picture, deprocess=lambda pixels: pixels[:, :, 0], **QUICK)


@pytest.mark.parametrize("name", ["preprocess", "deprocess"])
def test_a_process_that_gives_0_to_1_is_warned_of(dreamer, cloud_picture, name):
    with pytest.warns(DreamzoomWarning, match=f"{name}: gave values from 0 to 1"):
        dreamer.dream(cloud_picture, **{name: lambda pixels: pixels / 255}, **QUICK)


@pytest.mark.parametrize("name", ["preprocess", "deprocess"])
def test_what_is_dark_or_black_is_not_warned_of(dreamer, cloud_picture, name, recwarn):
    black = Image.new("RGB", (128, 96))
    dreamer.dream(cloud_picture, **{name: lambda pixels: 0 * pixels}, **QUICK)
    dreamer.dream(cloud_picture, **{name: lambda pixels: pixels / 100}, **QUICK)
    dreamer.dream(black, preprocess=lambda pixels: pixels + 1, **QUICK)
    assert [each for each in recwarn if issubclass(each.category, DreamzoomWarning)] == []


def test_what_follow_is_given_is_looked_at_first(dreamer, cloud_picture):
    recipe = build_recipe({"dream": QUICK})
    for given, told in (
        ({"on_step": 3}, "on_step=3: must be a function"),
        ({"custom": 3}, "custom=3: must be a Custom"),
    ):
        with pytest.raises(RequestError, match=told):
            dreamer.follow(recipe, cloud_picture, **given)


def test_an_objective_that_dreams_by_itself_changes_no_gradient(dreamer, cloud_picture):
    usual = dreamer.dream(cloud_picture, objective=lambda seen: seen, **QUICK)

    def dreaming(activations):
        dreamer.dream(cloud_picture[::-1], **QUICK)
        return activations

    if isinstance(dreamer._engine, CaffeEngine):  # whose nets hold one picture
        with pytest.raises(RequestError, match="caffe does one thing at a time"):
            dreamer.dream(cloud_picture, objective=dreaming, **QUICK)
    else:
        assert dreamer.dream(cloud_picture, objective=dreaming, **QUICK).tobytes() == usual.tobytes()
    again = dreamer.dream(cloud_picture, objective=lambda seen: seen, **QUICK)
    assert again.tobytes() == usual.tobytes()
