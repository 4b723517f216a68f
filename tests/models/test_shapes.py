"""Sizes of blobs and receptive fields, against torch's own operations and figures known from papers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.nn import functional

from dreamzoom.errors import ModelError, UnknownBlobError
from dreamzoom.models import network as nw
from dreamzoom.models.caffe.reader import read_network
from dreamzoom.models.receptive import ReceptiveField, receptive_fields
from dreamzoom.models.shapes import (
    blob_shape,
    blob_shapes,
    convolved_side,
    deconvolved_side,
    pooled_side,
    same_padding,
    same_side,
)
from support.caffe import NETS, ZOO, compacted, resnet50, write_random_caffemodel

sides = st.integers(1, 40)
kernels = st.integers(1, 7)
strides = st.integers(1, 4)
paddings = st.integers(0, 4)
dilations = st.integers(1, 3)


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Reads a prototxt's text with random weights."""

    def read_text(text: str) -> nw.Network:
        folder = tmp_path_factory.mktemp("net")
        prototxt, caffemodel = folder / "deploy.prototxt", folder / "weights.caffemodel"
        prototxt.write_text(text, encoding="utf-8")
        write_random_caffemodel(prototxt, caffemodel, seed=0)
        return read_network(prototxt, caffemodel)

    return read_text


def one_layer(operation: nw.Operation, channels: int = 1) -> nw.Network:
    layer = nw.Layer("only", operation, ("data",), ("top",))
    return nw.Network("one", "data", (channels, 8, 8), (layer,))


# ---------------------------------------------------------------------------------------------- one side


@given(sides, kernels, strides, paddings, dilations)
def test_convolved_side_is_the_size_torch_computes(side, kernel, stride, padding, dilation):
    assume(side + 2 * padding >= dilation * (kernel - 1) + 1)
    found = functional.conv1d(
        torch.zeros(1, 1, side), torch.zeros(1, 1, kernel), stride=stride, padding=padding, dilation=dilation
    )
    assert convolved_side(side, kernel, stride, padding, dilation) == found.shape[-1]


@given(st.integers(2, 7), strides, paddings, dilations, st.integers(1, 50))
def test_convolved_side_is_0_where_no_window_fits(kernel, stride, padding, dilation, missing):
    side = dilation * (kernel - 1) + 1 - 2 * padding - missing
    assert convolved_side(side, kernel, stride, padding, dilation) == 0


@given(sides, kernels, strides, paddings, dilations)
def test_deconvolved_side_is_the_size_torch_computes(side, kernel, stride, padding, dilation):
    expected = deconvolved_side(side, kernel, stride, padding, dilation)
    assume(expected > 0)
    found = functional.conv_transpose1d(
        torch.zeros(1, 1, side), torch.zeros(1, 1, kernel), stride=stride, padding=padding, dilation=dilation
    )
    assert found.shape[-1] == expected


@given(sides, kernels, strides, paddings, st.booleans())
def test_pooled_side_is_the_size_torch_computes(side, kernel, stride, padding, round_up):
    assume(padding <= kernel // 2 and side + 2 * padding >= kernel)
    found = functional.max_pool1d(torch.zeros(1, 1, side), kernel, stride, padding, ceil_mode=round_up)
    assert pooled_side(side, kernel, stride, padding, round_up=round_up) == found.shape[-1]


@given(sides, kernels, strides, paddings)
def test_every_pooling_window_holds_a_pixel(side, kernel, stride, padding):
    assume(padding < kernel)
    windows = pooled_side(side, kernel, stride, padding)
    starts = [window * stride - padding for window in range(windows)]
    assert all(start < side and start + kernel > 0 for start in starts)


@given(sides, kernels, strides, paddings)
def test_rounded_up_pooling_leaves_no_pixel_out_when_windows_touch(side, kernel, stride, padding):
    assume(padding < kernel and stride <= kernel)
    windows = pooled_side(side, kernel, stride, padding)
    assert windows <= 0 or (windows - 1) * stride - padding + kernel >= side


def test_a_pooling_window_may_be_larger_than_its_input():
    assert pooled_side(2, kernel=3, stride=2) == 1


@given(sides, kernels, strides, dilations)
def test_same_padding_makes_a_valid_convolution_the_same_size(side, kernel, stride, dilation):
    before, after = same_padding(side, kernel, stride, dilation)
    assert convolved_side(side + before + after, kernel, stride, 0, dilation) == same_side(side, stride)
    assert after - before in (0, 1)


# ------------------------------------------------------------------------------------------- whole networks

KNOWN_SHAPES = {
    "googlenet": {
        "conv1/7x7_s2": (64, 112, 112),
        "pool2/3x3_s2": (192, 28, 28),
        "inception_3b/output": (480, 28, 28),
        "inception_4c/output": (512, 14, 14),
        "inception_5b/output": (1024, 7, 7),
        "prob": (1000,),
    },
    "alexnet": {"conv1": (96, 55, 55), "pool5": (256, 6, 6), "fc6": (4096,)},
    "caffenet": {"conv1": (96, 55, 55), "pool5": (256, 6, 6), "fc6": (4096,)},
    "vgg16": {"conv1_1": (64, 224, 224), "conv5_3": (512, 14, 14), "pool5": (512, 7, 7), "fc8": (1000,)},
    "vgg19": {"conv1_1": (64, 224, 224), "conv5_4": (512, 14, 14), "pool5": (512, 7, 7), "fc8": (1000,)},
    "googlenet_places205": {"inception_4c/output": (512, 14, 14), "prob": (205,)},
    "googlenet_places365": {"inception_4c/output": (512, 14, 14), "prob": (365,)},
    "resnet50": {
        "conv1": (64, 112, 112),
        "res2c": (256, 56, 56),
        "res3d": (512, 28, 28),
        "res4f": (1024, 14, 14),
        "res5c": (2048, 7, 7),
        "pool5": (2048, 1, 1),
        "prob": (1000,),
    },
}

THINNER = 8
"""The larger networks are tested with an eighth of their channels: 550 MB of weights prove no more."""


@pytest.mark.parametrize("name", KNOWN_SHAPES)
def test_known_networks_have_their_published_shapes(name, read):
    text = resnet50() if name == "resnet50" else (ZOO / name / "deploy.prototxt").read_text(encoding="utf-8")
    by = 1 if name == "googlenet" else THINNER
    network = read(compacted(text, by))
    _, height, width = network.input_shape

    shapes = blob_shapes(network, (width, height))

    assert list(shapes) == list(network.blobs)
    expected = {blob: (shape[0] // by, *shape[1:]) for blob, shape in KNOWN_SHAPES[name].items()}
    assert {blob: shapes[blob] for blob in expected} == expected


def test_shapes_are_those_the_engine_computes(engine, squeezenet):
    size = (61, 47)
    image = torch.zeros(3, size[1], size[0])
    blobs = squeezenet.network.blobs[1:]

    found = engine.activations(image, blobs)

    shapes = blob_shapes(squeezenet.network, size)
    assert {blob: tuple(values.shape) for blob, values in found.items()} == {b: shapes[b] for b in blobs}


def test_at_another_size_blobs_after_an_inner_product_are_left_out(read):
    network = read((NETS / "three_ages.v2.prototxt").read_text(encoding="utf-8"))
    assert list(blob_shapes(network, (64, 48))) == [
        "data",
        "conv1",
        "norm1",
        "pool1",
        "left",
        "right",
        "both",
    ]


def test_an_inner_product_says_how_many_values_it_wants(read):
    network = read((NETS / "three_ages.v2.prototxt").read_text(encoding="utf-8"))
    with pytest.raises(ModelError, match=r"64x48 .*layer 'fc' wants 360 values, but gets 12x12x16 = 2304"):
        blob_shape(network, "prob", (64, 48))


def test_an_image_too_small_for_a_blob_is_refused_by_layer_and_size(squeezenet):
    with pytest.raises(ModelError, match=r"12x12 as far as 'fire8/concat': layer 'pool5' gets 256x1x1"):
        blob_shape(squeezenet.network, "fire8/concat", (12, 12))
    assert "pool5" not in blob_shapes(squeezenet.network, (12, 12))


def test_an_unknown_blob_is_refused_with_the_nearest(squeezenet):
    with pytest.raises(UnknownBlobError, match="fire8/concat"):
        blob_shape(squeezenet.network, "fire8/concatt", (64, 64))


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((0, 0, -1), (2, 32)),
        ((-1, 32), None),
        ((0, 4, 16, 0), (4, 16, 1)),
        ((1, 64), (64,)),
        ((0, 0, 0, 0, 0), None),
    ],
)
def test_reshape_keeps_sides_and_finds_the_one_left(shape, expected):
    layers = (
        nw.Layer("columns", nw.Reshape((1, 2, 32, 1)), ("data",), ("a",)),
        nw.Layer("reshape", nw.Reshape(shape), ("a",), ("b",)),
    )
    network = nw.Network("reshaping", "data", (1, 8, 8), layers)
    assert blob_shapes(network, (8, 8)).get("b") == expected


def test_blobs_of_different_shapes_are_not_joined_nor_summed():
    half = nw.Layer("half", nw.Pooling("max", (2, 2), (2, 2)), ("data",), ("half",))
    for operation in (nw.Concat(), nw.Eltwise("sum")):
        both = nw.Layer("both", operation, ("data", "half"), ("both",))
        network = nw.Network("uneven", "data", (3, 8, 8), (half, both))
        assert "both" not in blob_shapes(network, (8, 8))
        with pytest.raises(ModelError, match=r"'both' .*3x8x8 and 3x4x4"):
            blob_shape(network, "both", (8, 8))


# ------------------------------------------------------------------------------------------ receptive fields


@pytest.mark.parametrize(
    ("name", "blob", "field"),
    [
        ("alexnet", "pool5", ReceptiveField(195, 32)),
        ("vgg16", "pool5", ReceptiveField(212, 32)),
        ("googlenet", "pool5/7x7_s1", ReceptiveField(907, 32)),
    ],
)
def test_known_receptive_fields(name, blob, field, read):
    """The figures of Araujo, Norris and Sim 2019 (AlexNet, VGG-16) and those that the same sum gives."""
    network = read(compacted((ZOO / name / "deploy.prototxt").read_text(encoding="utf-8"), THINNER))
    assert receptive_fields(network)[blob] == field


def test_receptive_field_is_the_square_that_the_gradient_reaches():
    kernel = torch.ones(1, 1, 3, 3)
    layers = (
        nw.Layer("a", nw.Convolution(kernel.numpy(), None, stride=(2, 2)), ("data",), ("a",)),
        nw.Layer("b", nw.Pooling("average", (2, 2), (1, 1)), ("a",), ("b",)),
        nw.Layer("c", nw.Convolution(kernel.numpy(), None, dilation=(2, 2)), ("b",), ("c",)),
    )
    image = torch.zeros(1, 1, 41, 41, requires_grad=True)

    a = functional.conv2d(image, kernel, stride=2)
    c = functional.conv2d(functional.avg_pool2d(a, 2, 1), kernel, dilation=2)
    (first,) = torch.autograd.grad(c[0, 0, 4, 4], image, retain_graph=True)
    (second,) = torch.autograd.grad(c[0, 0, 5, 5], image)

    rows = [np.flatnonzero(gradient[0, 0].any(1).numpy()) for gradient in (first, second)]
    field = receptive_fields(nw.Network("chain", "data", (1, 41, 41), layers))["c"]
    assert field == ReceptiveField(size=int(np.ptp(rows[0])) + 1, stride=int(rows[1][0] - rows[0][0]))


def test_the_longer_side_of_a_window_counts():
    tall = nw.Convolution(np.zeros((1, 1, 7, 1), np.float32), None, stride=(1, 2))
    assert receptive_fields(one_layer(tall))["top"] == ReceptiveField(7, 2)


def test_upsampling_brings_places_nearer():
    up = nw.Deconvolution(np.zeros((1, 1, 4, 4), np.float32), None, stride=(2, 2))
    down = nw.Convolution(np.zeros((1, 1, 8, 8), np.float32), None, stride=(8, 8))
    layers = (nw.Layer("down", down, ("data",), ("down",)), nw.Layer("up", up, ("down",), ("up",)))
    fields = receptive_fields(nw.Network("fcn", "data", (1, 64, 64), layers))
    assert fields["up"] == ReceptiveField(16, 4)


def test_blobs_that_see_the_whole_picture_have_no_receptive_field(squeezenet):
    fields = receptive_fields(squeezenet.network)
    assert list(squeezenet.network.blobs)[-2:] == ["pool10", "prob"]
    assert list(fields) == list(squeezenet.network.blobs)[:-2]
