"""Goals in Python: sums with names, as a recipe's rows and with functions of one's own."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from PIL import Image

from dreamzoom import goals
from dreamzoom.dreamer import Dreamer
from dreamzoom.errors import RecipeError, RequestError
from dreamzoom.recipe.build import build_recipe

EARLY, LATE = "fire2/concat", "fire4/concat"
QUICK = {"octaves": 1, "iterations": 2, "jitter": 4}


@pytest.fixture(scope="module")
def dreamer() -> Dreamer:
    return Dreamer(engine="torch", device="cpu")


def activations_themselves(activations):
    return activations


def apart(picture: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(picture, float) - np.asarray(other, float)).mean())


def test_goals_add_scale_and_name_themselves():
    wish = goals.layer(LATE) + 0.5 * goals.channel(EARLY, 7) - goals.of_class("peacock") / 4
    assert str(wish) == "fire4/concat + 0.5 * channel 7 of fire2/concat - 0.25 * class peacock"
    assert str(-2 * wish).startswith("-2 * fire4/concat - channel 7")
    assert str(sum([goals.layer(), goals.neuron(LATE, 3, 0.25)])) == (
        "the default layer + channel 3 of fire4/concat at 0.25, 0.5"
    )
    assert str(goals.function(activations_themselves, EARLY)) == "activations_themselves at fire2/concat"


def test_goals_are_rows_of_a_recipe():
    wish = goals.channel(EARLY, [7, 9]) - 0.5 * goals.look("sky.jpg", LATE, levels=2)
    assert wish.rows == [
        {"layer": EARLY, "objective": "mean", "channel": [7, 9], "weight": 1.0},
        {"layer": LATE, "objective": "look", "levels": 2, "guide": "sky.jpg", "weight": -0.5},
    ]
    assert len(build_recipe({"dream": {"goal": wish.rows}}).dream.goal) == 2


def test_a_sum_dreams_what_its_rows_dream(dreamer, cloud_picture):
    wish = goals.channel(EARLY, 7) + 2 * goals.layer(LATE, "balanced")
    summed = dreamer.dream(cloud_picture, objective=wish, **QUICK)
    assert apart(summed, dreamer.dream(cloud_picture, goal=wish.rows, **QUICK)) == 0
    assert apart(summed, dreamer.dream(cloud_picture, LATE, **QUICK)) > 1


def test_a_goal_without_a_layer_is_at_the_models_own(dreamer, cloud_picture):
    own = dreamer.model.default_layer
    pictures = [dreamer.dream(cloud_picture, objective=goals.layer(name), **QUICK) for name in ("", own)]
    assert apart(*pictures) == 0


def test_a_look_of_any_picture_is_an_objective_too(dreamer, cloud_picture):
    turned = np.rot90(cloud_picture)
    summed = dreamer.dream(cloud_picture, objective=goals.look(turned, EARLY), **QUICK)
    named = dreamer.dream(cloud_picture, EARLY, objective="look", guide=turned, **QUICK)
    assert apart(summed, named) == 0
    assert apart(named, dreamer.dream(cloud_picture, EARLY, guide=turned, **QUICK)) > 0


def test_a_guide_may_be_any_picture(dreamer, cloud_picture):
    turned = np.ascontiguousarray(cloud_picture[:, ::-1])
    summed = dreamer.dream(cloud_picture, objective=goals.guide(turned, EARLY), **QUICK)
    assert apart(summed, dreamer.dream(cloud_picture, EARLY, guide=turned, **QUICK)) == 0


def test_a_function_alone_is_an_objective(dreamer, cloud_picture):
    summed = dreamer.dream(cloud_picture, objective=goals.function(activations_themselves, EARLY), **QUICK)
    assert apart(summed, dreamer.dream(cloud_picture, EARLY, objective=activations_themselves, **QUICK)) == 0


@pytest.mark.parametrize("weight", [0.5, -0.5])
@pytest.mark.parametrize("layer", [EARLY, LATE])
def test_a_function_has_its_share_as_a_named_objective_has(dreamer, cloud_picture, weight, layer):
    """L2's gradient is the activations, but for its length."""
    named, own = goals.layer(layer), goals.function(activations_themselves, layer)
    pictures = [
        dreamer.dream(cloud_picture, objective=goals.channel(EARLY, 7) + weight * each, **QUICK)
        for each in (named, own)
    ]
    assert apart(*pictures) < 0.05
    assert apart(pictures[0], dreamer.dream(cloud_picture, objective=goals.channel(EARLY, 7), **QUICK)) > 0.2


def test_what_goals_would_not_use_is_refused(dreamer, cloud_picture):
    with pytest.raises(RecipeError, match=r"layer='fire2/concat' is not used beside goals"):
        dreamer.dream(cloud_picture, EARLY, objective=goals.layer(LATE))
    with pytest.raises(RequestError, match=r"put goals.guide\(PICTURE\) among them"):
        dreamer.dream(cloud_picture, objective=goals.layer(LATE), guide=cloud_picture)


# ---- what a network sees ---------------------------------------------------------------------------


def test_what_a_network_sees_has_names_and_shares(dreamer, engine, cloud_picture):
    seen = dreamer.sees(cloud_picture, np.int64(3))
    shown = Image.fromarray(cloud_picture).resize((227, 227), Image.Resampling.LANCZOS)
    image = np.asarray(shown, np.float32).transpose(2, 0, 1).copy()

    shares = engine.activations(torch.from_numpy(image), ["prob"])["prob"].flatten()
    assert [each.number for each in seen] == shares.argsort(descending=True)[:3].tolist()
    assert [each.share for each in seen] == pytest.approx(shares.sort(descending=True)[0][:3].tolist())
    assert all(each.name and str(each).endswith(each.name) for each in seen)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: goals.layer() + 1, "goals are added to goals alone"),
        (lambda: goals.layer() - 1, "only goals are taken from goals"),
        (lambda: goals.layer() * goals.layer(), "scaled by numbers alone"),
        (lambda: goals.layer() * float("nan"), "scaled by numbers alone"),
        (lambda: goals.layer() * 10**400, "scaled by numbers alone"),
        (lambda: goals.layer() / 0, "numbers other than 0"),
        (lambda: goals.neuron(LATE, 3, (0.5, 0.5)), "must be numbers from 0 to 1"),
        (lambda: goals.function("l2"), "climb='l2': must be a function"),
        (lambda: Dreamer(3), "model=3: must be a model's name"),
        (lambda: Dreamer(engine=3), "no engine is called 3"),
    ],
)
def test_what_are_no_goals_is_said(wrong, told):
    with pytest.raises(RequestError, match=re.escape(told)):
        wrong()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"objective": lambda _: None}, "objective: gave nothing: must give a gradient"),
        ({"objective": lambda seen: seen[0]}, "objective: gave shape"),
        ({"objective": 3}, "objective=3: must be a name, a function"),
        ({"step": lambda image, _gradient, _size: image.numpy()}, "step: gave a ndarray: must give the next"),
        ({"step": "up"}, "step='up': must be a function"),
        ({"preprocess": lambda _: None}, "preprocess: gave nothing: must give an array"),
        (
            {"deprocess": lambda pixels: pixels[..., 0]},
            "deprocess: gave an array of float32",
        ),
        (
            {"deprocess": lambda pixels: pixels * np.inf},
            "deprocess: gave values that are no numbers",
        ),
        ({"size": 3}, "size=3: must be a width and a height"),
    ],
)
def test_what_a_callers_functions_must_not_give_is_said(dreamer, wrong, told):
    picture = Image.new("RGB", (64, 48), (90, 120, 200))
    with pytest.raises(RequestError, match=re.escape(told)):
        dreamer.dream(picture, EARLY, **{**QUICK, **wrong})


def test_numpys_numbers_are_numbers_and_a_word_of_pythons_has_a_way_round(dreamer, cloud_picture):
    """`class_` is the key `class`; an objective may give its value as a number."""
    channels, seed = np.arange(2), np.int64(3)
    one = dreamer.dream(cloud_picture, EARLY, **QUICK, channel=channels, seed=seed)
    same = dreamer.dream(cloud_picture, EARLY, **QUICK, channel=range(2), seed=3)
    assert one.tobytes() == same.tobytes()
    assert goals.channel(EARLY, channels).rows == goals.channel(EARLY, [0, 1]).rows
    peacock = dreamer.dream(cloud_picture, **QUICK, class_="peacock")
    assert peacock.tobytes() == dreamer.dream(cloud_picture, **QUICK, **{"class": 84}).tobytes()
    valued = list(dreamer.steps(cloud_picture, EARLY, **QUICK, objective=lambda seen: (2.5, seen)))
    assert valued[-1].value == 2.5
