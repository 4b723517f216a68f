"""Inner products run as convolutions: the same scores at the declared size, maps of them at larger ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from dreamzoom.engines.fitting import FittingEngine
from dreamzoom.engines.registry import open_engine
from dreamzoom.models.network import InputTransform, Model, PlacedInnerProduct
from dreamzoom.models.places import with_places
from dreamzoom.models.shapes import blob_shapes
from dreamzoom.models.store import open_model
from support.caffe import NETS, as_v0, as_v1, model_files, read_trained, write_trained
from support.engines import ENGINES, energy, needs_caffe, noise, projection, random_model, relative_error

HEAD = """
name: "Head"
input: "data" input_shape { dim: 1 dim: 3 dim: 16 dim: 20 }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 6 kernel_size: 3 pad: 1 stride: 2 } }
layer { name: "flat" type: "Flatten" bottom: "conv" top: "flat" }
layer { name: "fc6" type: "InnerProduct" bottom: "flat" top: "fc6"
        inner_product_param { num_output: 9 transpose: true } }
layer { name: "relu6" type: "ReLU" bottom: "fc6" top: "fc6" }
layer { name: "drop6" type: "Dropout" bottom: "fc6" top: "fc6" }
layer { name: "fc7" type: "InnerProduct" bottom: "fc6" top: "fc7"
        inner_product_param { num_output: 7 bias_term: false } }
layer { name: "norm7" type: "BatchNorm" bottom: "fc7" top: "fc7" }
layer { name: "fc8" type: "InnerProduct" bottom: "fc6" top: "fc8" inner_product_param { num_output: 7 } }
layer { name: "join" type: "Concat" bottom: "fc7" bottom: "fc8" top: "join" concat_param { axis: -1 } }
layer { name: "prob" type: "Softmax" bottom: "join" top: "prob" softmax_param { axis: -1 } }
"""
GENTLE = InputTransform(mean=(120.0, 120.0, 120.0), scale=0.02)  # so that no score drowns the others
BLOBS = ("fc6", "fc8", "prob")


def placed(model: Model) -> Model:
    return replace(model, network=with_places(model.network))


@pytest.mark.parametrize("engine", ENGINES)
def test_scores_are_the_same_at_the_declared_size(engine, tmp_path):
    model = random_model(tmp_path, HEAD, transform=GENTLE)
    plain, spread = (open_engine(each, engine, "cpu") for each in (model, placed(model)))
    image = noise(16, 20)
    for blob in BLOBS:
        found, expected = (each.activations(image, [blob])[blob] for each in (spread, plain))
        assert found.shape == (*expected.shape, 1, 1)
        assert relative_error(found.flatten(), expected) < 1e-5
        found, expected = (each.ascend(image, {blob: energy}).gradient for each in (spread, plain))
        assert relative_error(found, expected) < 1e-4


@pytest.mark.parametrize("engine", ENGINES)
def test_a_larger_picture_has_the_scores_of_each_of_its_windows(engine, tmp_path):
    spread = open_engine(
        placed(random_model(tmp_path, HEAD.replace("pad: 1", "pad: 0"), "", GENTLE)), engine, "cpu"
    )
    image = noise(20, 26)
    found = spread.activations(image, ["prob"])["prob"]
    assert found.shape == (14, 3, 4)
    window = spread.activations(image[:, 4:20, 2:22].contiguous(), ["prob"])["prob"]
    assert torch.allclose(found[:, 2, 1], window[:, 0, 0], rtol=1e-4, atol=1e-6)


@needs_caffe
def test_both_engines_climb_scores_alike_at_every_size(tmp_path):
    model = placed(random_model(tmp_path, HEAD, transform=GENTLE))
    ours, reference = (FittingEngine(open_engine(model, name, "cpu")) for name in ("torch", "caffe"))
    for size in ((16, 20), (40, 31), (7, 9)):
        for blob in BLOBS:
            found, expected = (
                each.ascend(noise(*size), {blob: projection}).gradient for each in (ours, reference)
            )
            assert relative_error(found, expected) < 1e-4


@needs_caffe
@pytest.mark.parametrize(("age", "older"), [("v0", as_v0), ("v1", as_v1)])
def test_older_files_have_places_too(age, older, tmp_path):
    text = (NETS / f"three_ages.{age}.prototxt").read_text(encoding="utf-8")
    files = model_files(tmp_path, text)
    write_trained(older(read_trained(files.caffemodel)), files.caffemodel)
    model = replace(random_model(tmp_path, text), network=with_places(files.read()))
    write_trained(older(read_trained(files.caffemodel)), files.caffemodel)
    ours, reference = (open_engine(model, name, "cpu") for name in ("torch", "caffe"))
    image = noise(64, 48)
    found, expected = (each.activations(image, ["prob"])["prob"] for each in (ours, reference))
    assert min(found.shape[1:]) > 1
    assert relative_error(found, expected) < 1e-5


def test_an_opened_model_has_places(tmp_path):
    model_files(tmp_path, HEAD)
    network = open_model(tmp_path).network
    assert blob_shapes(network, (30, 16))["prob"] == (14, 1, 6)


@pytest.mark.parametrize(
    "tail",
    [
        'layer { name: "both" type: "Concat" bottom: "fc6" bottom: "flat" top: "both" }',
        'layer { name: "back" type: "Reshape" bottom: "fc6" top: "back"'
        " reshape_param { shape { dim: 0 dim: 1 dim: 3 dim: 3 } } }",
    ],
)
def test_a_network_that_needs_scores_without_places_stays_as_it_is(tail, tmp_path):
    network = random_model(tmp_path, HEAD[: HEAD.index('layer { name: "drop6"')] + tail).network
    assert with_places(network) is network
    assert not any(isinstance(layer.operation, PlacedInnerProduct) for layer in network.layers)
