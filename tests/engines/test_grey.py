"""Networks of grey pictures: they see the luma, and all three colours move by the gradient there."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dreamzoom.engines.registry import open_engine
from dreamzoom.errors import DreamzoomWarning, ModelError
from dreamzoom.models.network import InputTransform
from dreamzoom.models.store import open_model
from support.caffe import model_files
from support.engines import ENGINES, energy, noise, projection, random_model, relative_error

GREY = """
input: "data" input_shape { dim: 1 dim: 1 dim: 28 dim: 28 }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
        convolution_param { num_output: 8 kernel_size: 3 pad: 1 } }
layer { name: "conv2" type: "Convolution" bottom: "conv1" top: "conv2"
        convolution_param { num_output: 16 kernel_size: 3 pad: 1 } }
"""


@pytest.mark.parametrize("name", ENGINES)
def test_a_grey_network_sees_the_luma_alone(name, tmp_path):
    engine = open_engine(random_model(tmp_path, GREY), name, "cpu")
    image = noise(12, 15)
    luma = 0.299 * image[0] + 0.587 * image[1] + 0.114 * image[2]
    found = engine.activations(image, ["conv2"])["conv2"]
    expected = engine.activations(luma.expand(3, -1, -1), ["conv2"])["conv2"]
    assert relative_error(found, expected) < 1e-5


@pytest.mark.parametrize("name", ENGINES)
def test_all_colours_move_by_the_gradient_at_the_luma(name, tmp_path):
    engine = open_engine(random_model(tmp_path, GREY, transform=InputTransform(scale=0.1)), name, "cpu")
    grey, direction = noise(12, 15)[:1].expand(3, -1, -1), noise(12, 15, seed=6)[:1] / 127.5 - 1
    ascent = engine.ascend(grey, {"conv2": projection})
    assert torch.equal(ascent.gradient[0], ascent.gradient[1])
    assert torch.equal(ascent.gradient[0], ascent.gradient[2])
    above, below = (engine.ascend(grey + step * direction, {"conv2": projection}).value for step in (1, -1))
    expected = float(above - below) / 2
    assert float((ascent.gradient[:1] * direction).sum()) == pytest.approx(expected, rel=1e-2)


def test_both_engines_see_grey_alike(tmp_path):
    pytest.importorskip("caffe")
    model = random_model(tmp_path, GREY)
    ours, reference = (
        open_engine(model, name, "cpu").ascend(noise(30, 31), {"conv2": energy}).gradient
        for name in ("torch", "caffe")
    )
    assert relative_error(ours, reference) < 1e-5


@pytest.mark.parametrize(
    ("said", "transform"),
    [
        ("", InputTransform("grey", (0.299 * 123 + 0.587 * 117 + 0.114 * 104,))),
        ("mean = [33]\nscale = 0.00390625", InputTransform("grey", (33.0,), 0.00390625)),
        ('channels = "gray"\nmean = [0]', InputTransform("grey", (0.0,))),
        ('channels = "rgb"\nmean = [10, 20, 30]', InputTransform("grey", (18.15,))),
    ],
)
def test_the_mean_of_a_grey_model_is_one_number(said, transform, tmp_path):
    model_files(tmp_path, GREY)
    (tmp_path / "model.toml").write_text(said)
    found = open_model(tmp_path).transform
    assert (found.channels, found.scale) == (transform.channels, transform.scale)
    np.testing.assert_allclose(found.mean, transform.mean)


def test_what_a_file_says_of_a_grey_model_is_told_as_grey(tmp_path):
    said = 'crop_size: 28 force_gray: true scale: 0.5 mean_file: "m.npy"'
    data = f'layer {{ name: "data" type: "Data" top: "data" transform_param {{ {said} }} }}'
    model_files(tmp_path, GREY).prototxt.write_text(data + GREY[GREY.index("layer") :])
    with pytest.warns(DreamzoomWarning, match=r"names the mean m\.npy.* the model's input is grey minus"):
        open_model(tmp_path)


def test_a_colour_model_that_is_said_to_be_grey_is_refused(tmp_path):
    model_files(tmp_path, GREY.replace("dim: 1 dim: 1", "dim: 1 dim: 3"))
    (tmp_path / "model.toml").write_text('channels = "grey"')
    with pytest.raises(ModelError, match="said to be grey, but reads 3 channels"):
        open_model(tmp_path)


@pytest.mark.parametrize("channels", [2, 4, 6])
def test_pictures_of_other_channels_are_refused_in_words(channels, tmp_path):
    model_files(tmp_path, GREY.replace("dim: 1 dim: 1", f"dim: 1 dim: {channels}"))
    with pytest.raises(ModelError, match=f"{channels}x28x28.* colour"):
        open_model(tmp_path)
