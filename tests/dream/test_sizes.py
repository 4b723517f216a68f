"""Pictures of sizes that a network cannot take: branches that meet at some sizes only, and class scores."""

from __future__ import annotations

import pytest
import torch

from dreamzoom.dream.ascent import DreamPlan, dream
from dreamzoom.dream.objectives import l2, mean
from dreamzoom.dream.planning.checks import require_dreamable
from dreamzoom.engines.fitting import FittingEngine, hand_back, show
from dreamzoom.engines.registry import open_engine
from dreamzoom.errors import ModelError, RecipeError
from dreamzoom.models.reach import Showing, least_size, showing
from dreamzoom.randomness import frame_generator
from dreamzoom.recipe.build import build_recipe
from support.engines import ENGINES, noise, projection, random_model, relative_error

MEETING = """
name: "Meeting"
input: "data" input_shape { dim: 1 dim: 3 dim: 19 dim: 27 }
layer { name: "stem" type: "Convolution" bottom: "data" top: "stem"
        convolution_param { num_output: 4 kernel_size: 3 stride: 2 } }
layer { name: "pool" type: "Pooling" bottom: "stem" top: "pool" pooling_param { kernel_size: 3 stride: 2 } }
layer { name: "conv" type: "Convolution" bottom: "stem" top: "conv"
        convolution_param { num_output: 5 kernel_size: 3 stride: 2 } }
layer { name: "join" type: "Concat" bottom: "pool" bottom: "conv" top: "join" }
layer { name: "after" type: "Convolution" bottom: "join" top: "after"
        convolution_param { num_output: 6 kernel_h: 3 kernel_w: 1 } }
layer { name: "relu" type: "ReLU" bottom: "after" top: "after" }
"""
"""The head of a later Inception: the pool rounds up, the convolution beside it down."""

CLASSES = """
name: "Classes"
input: "data" input_shape { dim: 1 dim: 3 dim: 16 dim: 20 }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 6 kernel_size: 3 pad: 1 stride: 2 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "flat" type: "Flatten" bottom: "conv" top: "flat" }
layer { name: "scores" type: "InnerProduct" bottom: "flat" top: "scores"
        inner_product_param { num_output: 7 } }
layer { name: "prob" type: "Softmax" bottom: "scores" top: "prob" }
"""


@pytest.mark.parametrize(
    ("size", "padded"),
    [((27, 19), (27, 19)), ((28, 21), (28, 23)), ((29, 22), (31, 23)), ((13, 11), (15, 11))],
)
def test_a_picture_is_continued_to_where_the_branches_meet(size, padded, tmp_path):
    network = random_model(tmp_path, MEETING).network
    assert showing(network, ("join",), size) == Showing(size, padded)
    assert showing(network, ("pool", "conv"), size) == Showing(size, size)


def test_a_size_is_too_small_where_no_smaller_one_reaches_the_blob(tmp_path):
    network = random_model(tmp_path, MEETING).network
    assert least_size(network, ["after"]) == (7, 15)
    with pytest.raises(ModelError, match="7x15 at least"):
        showing(network, ("after",), (40, 14))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("net", "blob", "size"),
    [(MEETING, "after", (30, 25)), (CLASSES, "scores", (9, 12)), (CLASSES, "prob", (33, 31))],
)
def test_the_gradient_is_that_at_the_picture_as_it_is(net, blob, size, engine, tmp_path):
    fitting = FittingEngine(open_engine(random_model(tmp_path, net), engine, "cpu"))
    image, direction = noise(*size[::-1]), noise(*size[::-1], seed=6) / 127.5 - 1
    ascent = fitting.ascend(image, {blob: projection})
    above, below = (
        fitting.ascend(image + step * direction, {blob: projection}).value for step in (0.1, -0.1)
    )
    assert ascent.gradient.shape == image.shape
    assert float((ascent.gradient * direction).sum()) == pytest.approx(float(above - below) / 0.2, rel=0.03)


def test_both_engines_climb_the_same(tmp_path):
    pytest.importorskip("caffe")
    for net, blob in ((MEETING, "after"), (CLASSES, "prob")):
        model = random_model(tmp_path, net)
        ours, reference = (FittingEngine(open_engine(model, name, "cpu")) for name in ("torch", "caffe"))
        image = noise(30, 30)
        found, expected = (each.ascend(image, {blob: projection}).gradient for each in (ours, reference))
        assert relative_error(found, expected) < 1e-4


def test_what_is_handed_back_is_the_adjoint_of_what_is_shown():
    for how in (Showing((9, 7), (12, 8)), Showing((18, 14), (18, 14)), Showing((5, 4), (6, 4))):
        image, gradient = noise(7, 9).double(), noise(how.padded[1], how.padded[0], seed=6).double()
        there = (show(image, how) * gradient).sum()
        back = (image * hand_back(gradient, how, (9, 7))).sum()
        assert float(there) == pytest.approx(float(back), rel=1e-9)


def test_a_class_is_climbed_at_any_size(tmp_path):
    engine = open_engine(random_model(tmp_path, CLASSES), "torch", "cpu")
    for size in ((64, 48), (8, 9)):
        recipe = build_recipe({"dream": {"layer": "scores", "channel": 3, "octaves": 3}})
        require_dreamable(recipe.dream, engine.model, size, recipe.clock)
        plan = DreamPlan({"scores": mean([3])}, octaves=3, iterations=2, jitter=2)
        before, image = FittingEngine(engine), noise(*size[::-1])
        result = dream(image, engine, plan, frame_generator(0, 0)).image
        values = [float(before.activations(x, ["scores"])["scores"][3]) for x in (image, result)]
        assert values[1] > values[0]
    recipe = build_recipe({"dream": {"layer": "scores", "channel": 7}})
    with pytest.raises(RecipeError, match="channels 0 to 6, not 7"):
        require_dreamable(recipe.dream, engine.model, (64, 48), recipe.clock)


def test_sizes_that_reach_a_layer_are_shown_as_they_are(squeezenet, cloud_tensor):
    engine = open_engine(squeezenet, "torch", "cpu")
    plain, fitted = (
        each.ascend(cloud_tensor, {"fire8/concat": l2()}) for each in (engine, FittingEngine(engine))
    )
    assert torch.equal(plain.gradient, fitted.gradient)
