"""Caffe's files: what is read from them, against Caffe's own formulas and across the format's three ages."""

from __future__ import annotations

import dataclasses
import math
import os
import warnings

import numpy as np
import pytest
import torch

from dreamzoom.models import network as nw
from dreamzoom.models.caffe.caffe_pb2 import TrainedNet
from dreamzoom.models.caffe.reader import read_network
from dreamzoom.models.network import InputTransform, Model
from dreamzoom.models.shapes import blob_shapes
from support.caffe import (
    NETS,
    SMALL,
    SMALL_BODY,
    SMALL_INPUT,
    ZOO,
    ModelFiles,
    as_v0,
    as_v1,
    blob,
    compacted,
    model_files,
    read_trained,
    resnet50,
    write_random_caffemodel,
    write_trained,
)


@pytest.fixture
def make(tmp_path):
    """Writes a prototxt, and random weights for it."""
    return lambda text: model_files(tmp_path, text)


@pytest.fixture
def small(make):
    return make(SMALL)


@pytest.fixture(scope="module")
def caffe():
    """The real pycaffe; without it the tests that want it are left out, or fail where it is required."""
    os.environ.setdefault("GLOG_minloglevel", "2")  # it reports every layer otherwise
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, about the libraries it uses
        if os.environ.get("DREAMZOOM_REQUIRE_CAFFE"):
            import caffe

            return caffe
        return pytest.importorskip("caffe", reason="the real Caffe is not installed")


def layers_by_name(network: nw.Network) -> dict[str, nw.Layer]:
    return {layer.name: layer for layer in network.layers}


def replace(repeated, values) -> None:
    """Put `values` in the place of a repeated field's."""
    del repeated[:]
    repeated.extend(values)


def same_operations(a: nw.Operation, b: nw.Operation) -> bool:
    pairs = [(getattr(a, field.name), getattr(b, field.name)) for field in dataclasses.fields(a)]
    return type(a) is type(b) and all(np.array_equal(left, right) for left, right in pairs)


def same_networks(a: nw.Network, b: nw.Network) -> bool:
    def wiring(network: nw.Network) -> object:
        joined = [(layer.name, layer.bottoms, layer.tops) for layer in network.layers]
        return network.name, network.input_blob, network.input_shape, joined

    operations = zip(a.layers, b.layers, strict=False)
    return wiring(a) == wiring(b) and all(same_operations(x.operation, y.operation) for x, y in operations)


def test_the_same_network_is_read_in_the_syntax_of_2013_2014_and_today(tmp_path):
    networks = []
    for age, convert in (("v2", lambda net: net), ("v1", as_v1), ("v0", as_v0)):
        prototxt, caffemodel = NETS / f"three_ages.{age}.prototxt", tmp_path / f"{age}.caffemodel"
        write_random_caffemodel(prototxt, caffemodel, seed=5)
        write_trained(convert(read_trained(caffemodel)), caffemodel)
        networks.append(read_network(prototxt, caffemodel))
    today, *older = networks
    assert len(today.layers) == 11
    assert all(same_networks(today, other) for other in older)


def test_today_s_prototxt_takes_a_caffemodel_of_2014(small):
    expected = small.read()
    write_trained(as_v1(read_trained(small.caffemodel)), small.caffemodel)
    assert same_networks(small.read(), expected)


def test_every_type_of_layer_becomes_its_operation(tmp_path):
    prototxt = NETS / "every_layer.prototxt"
    write_random_caffemodel(prototxt, tmp_path / "weights", seed=2)

    made = {
        name: layer.operation
        for name, layer in layers_by_name(read_network(prototxt, tmp_path / "weights")).items()
    }

    sides, repeated, deconv = made["conv_sides"], made["conv_repeated"], made["deconv"]
    assert (sides.weight.shape, sides.stride, sides.padding) == ((8, 3, 5, 3), (2, 1), (2, 0))
    assert (repeated.weight.shape, repeated.stride, repeated.padding) == ((8, 2, 3, 1), (1, 2), (1, 0))
    assert (repeated.dilation, repeated.groups, repeated.bias) == ((2, 1), 4, None)
    assert (deconv.weight.shape, deconv.stride, deconv.groups) == ((8, 2, 4, 4), (2, 2), 2)
    assert made["prelu"].slope.shape == (8,)
    assert made["bias"].scale is None
    assert made["bias"].offset.shape == (8,)
    assert made["lrn_across"] == nw.LocalResponse(5, pytest.approx(0.1), 0.75, 2.0)
    assert made["lrn_within"] == nw.LocalResponse(3, pytest.approx(0.1), 0.5, 1.0, within_channel=True)
    assert made["elu"] == nw.ELU(pytest.approx(0.7))
    assert made["relu"] == nw.ReLU(pytest.approx(0.1))
    assert made["power"] == nw.Power(2.0, 0.5, pytest.approx(0.1))
    assert made["sum"] == nw.Eltwise("sum", (1.0, -0.5))
    assert [made[name].method for name in ("product", "max")] == ["product", "max"]
    assert made["pool_max"] == nw.Pooling("max", (3, 3), (2, 2), (1, 1))
    assert made["pool_ave"] == nw.Pooling("average", (3, 3), (2, 2), (1, 1))
    assert made["pool_all"] == nw.Pooling("max", None)
    assert made["reshape"] == nw.Reshape((0, 2, -1, 2))
    assert made["fc"].weight.shape == (6, 8)
    assert {type(made[name]) for name in ("split", "drop")} == {nw.Identity}
    assert [type(made[name]) for name in ("sigmoid", "tanh", "concat", "flatten", "prob")] == [
        nw.Sigmoid,
        nw.TanH,
        nw.Concat,
        nw.Flatten,
        nw.Softmax,
    ]


def test_of_a_training_file_the_test_phase_is_read_without_labels_and_losses(tmp_path):
    prototxt = NETS / "train_val.prototxt"
    write_random_caffemodel(prototxt, tmp_path / "weights", seed=3)
    network = read_network(prototxt, tmp_path / "weights")
    assert (network.input_blob, network.input_shape) == ("data", (3, 31, 31))
    assert [layer.name for layer in network.layers] == ["conv1", "relu1", "pool", "fc"]


NORMALISED = """
input: "data" input_shape { dim: 1 dim: 3 dim: 4 dim: 4 }
layer { name: "norm" type: "BatchNorm" bottom: "data" top: "norm" batch_norm_param { eps: 0.01 } }
"""


@pytest.mark.parametrize("factor", [999.98, 1.0, 0.0])
def test_batch_norm_is_what_caffe_computes(factor, make):
    """Its batch_norm_layer.cpp: statistics over the factor, eps under the root.

    Where the factor is 0, BVLC's has no statistics, and other Caffes store them as they are.
    """
    mean, variance = np.float32([0.5, -2.0, 100.0]) * 999.98, np.float32([1.0, 4.0, 0.01]) * 999.98
    files = make(NORMALISED)
    stored = [blob(mean), blob(variance), blob(np.float32([factor]))]
    files.change_weights(lambda net: replace(net.layer[0].blobs, stored))

    affine = files.read().layers[0].operation

    x = np.linspace(-150, 150, 7)[:, None]
    share = 1 / factor if factor else 1.0
    expected = (x - mean * share) / np.sqrt(variance * share + np.float32(0.01))
    np.testing.assert_allclose(x * affine.scale + affine.offset, expected, rtol=1e-5, atol=1e-4)


def test_batch_norm_of_five_blobs_has_a_scale_and_a_bias_in_it(make):
    files = make(NORMALISED)
    mean, variance, scale, bias = (np.float32(each) for each in ([1, 2, 3], [4, 9, 1], [2, 3, 4], [5, 6, 7]))
    stored = [blob(mean), blob(variance), blob(np.float32([1])), blob(scale), blob(bias)]
    files.change_weights(lambda net: replace(net.layer[0].blobs, stored))
    affine = files.read().layers[0].operation
    x = np.linspace(-9, 9, 7)[:, None]
    expected = (x - mean) / np.sqrt(variance + np.float32(0.01)) * scale + bias
    np.testing.assert_allclose(x * affine.scale + affine.offset, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("blob", "doubted"), [("fc", True), ("conv", False)])
def test_own_statistics_of_a_vector_are_doubted_and_those_of_a_plane_are_not(blob, doubted, make):
    own = (
        f'layer {{ name: "own" type: "BatchNorm" bottom: "{blob}" top: "own" '
        "batch_norm_param { use_global_stats: false } }"
    )
    network = make(SMALL + own).read()
    told = any("each number is its own mean" in doubt for doubt in network.doubts_of(["own"]))
    assert told == doubted
    assert not network.doubts_of([blob])


def test_an_inner_product_stored_transposed_is_turned(make):
    turned = "inner_product_param { num_output: 4 transpose: true } }"
    files = make(SMALL.replace("inner_product_param { num_output: 4 } }", turned))
    stored = read_trained(files.caffemodel).layer[1].blobs[0]
    numbers = np.frombuffer(stored.data[0], "<f4").reshape(stored.shape.dim)
    assert numbers.shape == (72, 4)
    assert np.array_equal(layers_by_name(files.read())["fc"].operation.weight, numbers.T)


def test_a_scale_of_one_number_holds_for_every_channel(make):
    files = make(
        NORMALISED.replace("BatchNorm", "Scale").replace(
            "batch_norm_param { eps: 0.01 }", "scale_param { num_axes: 0 }"
        )
    )
    affine = files.read().layers[0].operation
    assert affine.scale.shape == (3,)
    assert len(set(affine.scale.tolist())) == 1


def test_weights_of_double_precision_are_read(small):
    expected = small.read()

    def widen(net: TrainedNet) -> None:
        for layer in net.layer:
            for stored in layer.blobs:
                doubles = np.frombuffer(stored.data[0], "<f4").astype("<f8").tobytes()
                replace(stored.data, [])
                stored.double_data.append(doubles)

    assert same_networks(small.change_weights(widen).read(), expected)


def test_weights_in_pieces_are_joined(small):
    """Protobuf lets a packed field come in several pieces."""
    expected = small.read()

    def split(net: TrainedNet) -> None:
        stored = net.layer[0].blobs[0]
        whole = stored.data[0]
        replace(stored.data, [whole[:40], whole[40:]])

    assert same_networks(small.change_weights(split).read(), expected)


def test_weights_that_no_layer_asks_for_are_left_out(small):
    expected = small.read()
    small.change_weights(
        lambda net: net.layer.add(name=b"auxiliary", blobs=[blob(np.zeros((3, 3), np.float32))])
    )
    assert same_networks(small.read(), expected)


def test_the_input_may_be_named_and_sized_in_three_ways(make):
    for head in (
        'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8 ',
        'input: "data" input_shape { dim: 1 dim: 3 dim: 8 dim: 8 }',
        SMALL_INPUT,
    ):
        network = make(head + SMALL_BODY).read()
        assert (network.input_blob, network.input_shape) == ("data", (3, 8, 8))


SOURCES = {
    "ImageData": "image_data_param { source: 'list.txt' new_height: 8 new_width: 8 }",
    "MemoryData": "memory_data_param { batch_size: 1 channels: 3 height: 8 width: 8 }",
    "DummyData": "dummy_data_param { num: 1 channels: 3 height: 8 width: 8 }",
    "WindowData": "window_data_param { source: 'windows.txt' crop_size: 8 }",
}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_of_training_pictures_becomes_the_input(kind, make):
    source = f'layer {{ name: "in" type: "{kind}" top: "data" top: "label" {SOURCES[kind]} }}'
    network = make(source + SMALL_BODY).read()
    assert (network.input_blob, network.input_shape) == ("data", (3, 8, 8))


def test_comments_in_any_encoding_are_skipped(small):
    text = small.prototxt.read_bytes()
    small.prototxt.write_bytes(b"\xef\xbb\xbf# caf\xe9 \xd6\xd0\n" + text)
    assert len(small.read().layers) == 3


@pytest.mark.parametrize("rounding", ["round_mode: FLOOR", "ceil_mode: false"])
def test_pools_may_round_down(rounding, make):
    files = make(
        SMALL.replace(
            '"ReLU" bottom: "conv" top: "conv"',
            f'"Pooling" bottom: "conv" top: "pool" pooling_param {{ kernel_size: 2 {rounding} }}',
        )
    )
    assert layers_by_name(files.read())["relu"].operation.round_up is False


# ------------------------------------------------------------------------------------------ known networks


@pytest.mark.parametrize(
    ("name", "blob_name"),
    [
        ("alexnet", "conv5"),
        ("caffenet", "conv5"),
        ("vgg16", "conv5_3"),
        ("vgg19", "conv5_4"),
        ("googlenet", "inception_4c/output"),
        ("googlenet_places205", "inception_4c/output"),
        ("googlenet_places365", "inception_4c/output"),
        ("resnet50", "res4f"),
    ],
)
def test_known_networks_load_and_dream(name, blob_name, make):
    from dreamzoom.engines.torch.engine import TorchEngine

    text = resnet50() if name == "resnet50" else (ZOO / name / "deploy.prototxt").read_text(encoding="utf-8")
    files = make(compacted(text, by=8))
    model = Model(name, files.read(), InputTransform(), blob_name, "", files.prototxt, files.caffemodel)
    image = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (3, 97, 113)).astype(np.float32))

    ascent = TorchEngine(model, "cpu").ascend(image, {blob_name: lambda x: (x.square().sum() / 2, x)})

    assert math.isfinite(ascent.value)
    assert torch.isfinite(ascent.gradient).all()
    assert ascent.gradient.abs().mean() > 0


# ------------------------------------------------------------------------------------- against the real Caffe


def assert_caffe_reads_the_same(caffe, files: ModelFiles) -> None:
    """The same blobs of the same shapes, and bit for bit the same kernels and biases."""
    network = files.read()
    net = caffe.Net(str(files.prototxt), str(files.caffemodel), caffe.TEST)
    _, height, width = network.input_shape
    shapes = blob_shapes(network, (width, height))
    assert {blob: net.blobs[blob].data.shape[1:] for blob in network.blobs} == shapes
    convolutions = [layer for layer in network.layers if isinstance(layer.operation, nw.Convolution)]
    for layer in convolutions:
        ours = [array for array in (layer.operation.weight, layer.operation.bias) if array is not None]
        theirs = [parameter.data for parameter in net.params[layer.name]]
        assert all(map(np.array_equal, ours, theirs)), layer.name
    assert convolutions


@pytest.mark.parametrize("name", ["every_layer", "three_ages.v2", "three_ages.v1", "three_ages.v0"])
def test_the_real_caffe_reads_the_same_from(name, caffe, make):
    files = make((NETS / f"{name}.prototxt").read_text(encoding="utf-8"))
    assert_caffe_reads_the_same(caffe, files)


@pytest.mark.parametrize(("age", "convert"), [("v1", as_v1), ("v0", as_v0)])
def test_the_real_caffe_reads_the_same_from_weights_of(age, convert, caffe, make):
    files = make((NETS / f"three_ages.{age}.prototxt").read_text(encoding="utf-8"))
    write_trained(convert(read_trained(files.caffemodel)), files.caffemodel)
    assert_caffe_reads_the_same(caffe, files)


def test_the_real_caffe_reads_the_same_from_the_embedded_model(caffe, squeezenet):
    assert_caffe_reads_the_same(caffe, ModelFiles(squeezenet.prototxt, squeezenet.caffemodel))


def test_the_real_caffe_reads_the_same_from_resnet50(caffe, make):
    assert_caffe_reads_the_same(caffe, make(compacted(resnet50(), by=8)))


@pytest.mark.parametrize("size", [(20, 21), (33, 64), (101, 57), (224, 130)])
def test_blobs_have_the_shapes_of_the_real_caffe_at(size, caffe, squeezenet):
    net = caffe.Net(str(squeezenet.prototxt), str(squeezenet.caffemodel), caffe.TEST)
    net.blobs["data"].reshape(1, 3, size[1], size[0])
    net.reshape()
    network = squeezenet.network
    found = {blob: net.blobs[blob].data.shape[1:] for blob in network.blobs}
    assert found == blob_shapes(network, size)
