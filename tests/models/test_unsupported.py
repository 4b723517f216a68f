"""Networks with layers and words of other Caffes: what can be computed is read, and the rest is told."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from dreamzoom.errors import DreamzoomWarning, ModelError, UnknownBlobError
from dreamzoom.models.caffe.caffe_pb2 import TrainedNet
from dreamzoom.models.network import Convolution, Network
from support.caffe import SMALL, SMALL_BODY, ModelFiles, blob, model_files


@pytest.fixture
def small(tmp_path):
    return model_files(tmp_path, SMALL)


def with_text(files: ModelFiles, text: str) -> ModelFiles:
    files.prototxt.write_text(text, encoding="utf-8")
    return files


def read_told(files: ModelFiles) -> tuple[Network, str]:
    """The network, and all that was told while it was read."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", DreamzoomWarning)
        network = files.read()
    return network, "\n".join(str(each.message) for each in told)


HEADS = {
    "Python": 'layer { name: "head" type: "Python" bottom: "conv" top: "rois" python_param { module: "m" } }',
    "Permute": 'layer { name: "head" type: "Normalize" bottom: "conv" top: "rois" norm_param { a: 1 } }',
    "two bottoms": 'layer { name: "head" type: "PriorBox" bottom: "conv" bottom: "data" top: "rois" }',
    "no type": 'layer { name: "head" bottom: "conv" top: "rois" }',
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_layer_that_is_not_computed_costs_what_depends_on_it_alone(head, small):
    above = 'layer { name: "last" type: "ReLU" bottom: "rois" top: "last" }'
    network = with_text(small, SMALL + head + above).read()
    assert network.blobs == ("data", "conv", "fc")
    assert [each.blob for each in network.unsupported] == ["rois", "last"]
    for asked in ("rois", "head", "last"):
        with pytest.raises(UnknownBlobError, match=rf"cannot dream '{asked}': layer 'head' .* not compute"):
            network.require(asked)


def test_a_layer_that_is_not_computed_ends_the_blob_it_changes_in_place(small):
    python = 'layer { name: "fix" type: "Python" bottom: "fc" top: "fc" }'
    after = 'layer { name: "out" type: "ReLU" bottom: "fc" top: "out" }'
    network = with_text(small, SMALL + python + after).read()
    assert network.blobs == ("data", "conv")
    assert [each.blob for each in network.unsupported] == ["fc", "out"]


def test_a_layer_s_name_in_place_of_its_blob_s_is_answered_with_the_blob(small):
    with pytest.warns(DreamzoomWarning, match="layer 'relu' writes 'conv', and that is dreamed"):
        assert small.read().require("relu") == "conv"


WORDS = {
    "an engine": ("num_output: 2", "num_output: 2 engine: MKL2017"),
    "an unknown block": ("num_output: 2", "num_output: 2 quantization_param { inner { a: [1, 2] } }"),
    "a filler": ("num_output: 2", "num_output: 2 weight_filler { type: 'x' beta: 3 }"),
    "a layer's engine": ('name: "conv"', 'name: "conv" engine: "MKLDNN" forward_type: FLOAT16'),
    "a false flag": ("num_output: 2", "num_output: 2 relu: false"),
    "an unknown block of the net": ('layer { name: "relu"', 'compile { x: 1 }\nlayer { name: "relu"'),
    "no colon": ("num_output: 2", "num_output 2"),
    "a number as text": ("num_output: 2", 'num_output: "2"'),
    "a type without quotes": ('type: "Convolution"', "type: Convolution"),
    "commas and semicolons": ('bottom: "data"', 'bottom: "data"; ,'),
    "comments of C": ('name: "conv"', 'name: "conv" // one\n /* and\n another */'),
    "angle brackets": ("convolution_param { num_output: 2", "convolution_param < num_output: 2"),
}


@pytest.mark.parametrize(("before", "after"), WORDS.values(), ids=WORDS)
def test_words_that_decide_nothing_change_nothing(before, after, small):
    expected = small.read()
    text = SMALL.replace(before, after)
    if "<" in text:
        text = text.replace("kernel_size: 3 }", "kernel_size: 3 >")
    assert text != SMALL
    network, told = read_told(with_text(small, text))
    assert (network.blobs, network.doubts, told) == (expected.blobs, (), "")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_of_other_encodings_and_line_ends_are_read(encoding, small):
    small.prototxt.write_bytes(SMALL.replace("\n", "\r\n").encode(encoding))
    assert small.read().blobs == ("data", "conv", "fc")


def test_bytes_of_latin_1_in_a_name_are_read(small):
    small.prototxt.write_bytes(b'name: "caf\xe9"' + SMALL.encode())
    assert small.read().blobs == ("data", "conv", "fc")


DOUBTS = {
    "num_output: 2 relu: true": "says convolution_param { relu: true } in line 4, which dreamzoom passed",
    "num_output: 9 num_output: 2": "says num_output twice",
}


@pytest.mark.parametrize(("text", "said"), DOUBTS.items())
def test_words_that_may_decide_are_told_of_the_layers_that_are_needed(text, said, small):
    network = with_text(small, SMALL.replace("num_output: 2", text)).read()
    assert said in network.doubts_of(["conv"])[0]
    assert network.doubts_of(["fc"])


def test_words_of_layers_that_are_not_needed_are_not_told(small):
    network = with_text(small, SMALL.replace("num_output: 4", "num_output: 4 squash: 2")).read()
    assert network.doubts_of(["conv"]) == []
    assert len(network.doubts_of(["fc"])) == 1


VALUES = {
    "pooling_param { pool: LP }": ("Pooling", "kernel_size: 2"),
    "eltwise_param { operation: DIV }": ("Eltwise", ""),
    "lrn_param { norm_region: SOME }": ("LRN", ""),
}


@pytest.mark.parametrize(("said", "layer"), VALUES.items())
def test_a_setting_of_an_unknown_value_costs_its_layer(said, layer, small):
    kind, more = layer
    bottoms = 'bottom: "fc" bottom: "fc"' if kind == "Eltwise" else 'bottom: "conv"'
    settings = said.replace(" }", f" {more} }}")
    text = SMALL + f'layer {{ name: "p" type: "{kind}" {bottoms} top: "p" {settings} }}'
    reason = with_text(small, text).read().unsupported[0].reason
    assert reason.endswith(f"says {said} in line 7, which dreamzoom does not know")


def test_padding_of_four_sides_is_read_where_opposite_ones_are_the_same(small):
    even = "kernel_size: 3 pad_t: 2 pad_b: 2 pad_l: 1 pad_r: 1"
    network, _ = read_told(with_text(small, SMALL.replace("kernel_size: 3", even)))
    convolution = network.layers[0].operation
    assert isinstance(convolution, Convolution)
    assert (convolution.padding, network.doubts_of(["conv"])) == ((2, 1), [])
    with_text(small, SMALL.replace("kernel_size: 3", even.replace("pad_r: 1", "pad_r: 2")))
    with pytest.raises(ModelError, match=r"says convolution_param . pad_t: 2 . in line 4"):
        small.read()


def test_v1_layers_of_types_that_no_caffe_of_then_had_cost_themselves(tmp_path):
    convolution = """
    layers { name: "conv" type: CONVOLUTION bottom: "data" top: "conv"
             convolution_param { num_output: 2 kernel_size: 3 engine: OTHER } }"""
    pooling = 'layers { name: "roi" type: ROI_POOLING bottom: "conv" top: "roi" roi_pooling_param { w: 7 } }'
    head = 'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8 '
    network = with_text(model_files(tmp_path, head + convolution), head + convolution + pooling).read()
    assert network.blobs == ("data", "conv")
    assert "'roi' (RoiPooling) is of a type" in network.unsupported[0].reason


# ---------------------------------------------------------------------------------------------- the picture


def test_pictures_of_no_size_are_as_large_as_the_weights_want(small):
    source = 'layer { name: "db" type: "Data" top: "data" top: "label" data_param { source: "lmdb" } }'
    text = SMALL_BODY.replace("kernel_size: 3", "kernel_size: 3 stride: 5")
    small.change_weights(lambda net: net.layer[1].blobs[0].CopyFrom(blob(np.zeros((4, 72), np.float32))))
    network, told = read_told(with_text(small, source + text))
    assert (network.input_shape, network.blobs) == ((3, 32, 32), ("data", "conv", "fc"))
    assert "does not tell how large the pictures of 'data' (layer 'db' (Data)) are; taken as 32x32" in told
    advice = told[told.index("layer { name") :]
    assert with_text(small, advice + text).read().input_shape == (3, 32, 32)


@pytest.mark.parametrize(
    "source",
    [
        'layer { name: "db" type: "AnnotatedData" top: "data" transform_param '
        "{ resize_param { prob: 1 height: 8 width: 8 } } }",
        'layer { name: "t" type: "ImageData" top: "data" include { phase: TRAIN } '
        "image_data_param { new_height: 8 new_width: 8 } }",
        'input: "im_info" input: "data" input_dim: 1 input_dim: 3 input_dim: 1 input_dim: 1 '
        "input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8 ",
        'layer { name: "in" type: "DummyData" top: "rois" top: "data" dummy_data_param '
        "{ shape { dim: 5 dim: 4 } shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }",
    ],
    ids=["resized", "of training", "the second input", "the second top"],
)
def test_the_picture_is_found(source, small):
    network = with_text(small, source + SMALL_BODY).read()
    assert network.input_shape[0] == 3
    assert "conv" in network.blobs


# ---------------------------------------------------------------------------------------------- weights


def test_weights_of_half_precision_are_read(small):
    expected = small.read()

    def halve(net: TrainedNet) -> None:
        for layer in net.layer:
            for stored in layer.blobs:
                stored.raw_data.append(np.frombuffer(stored.data[0], "<f4").astype("<f2").tobytes())
                stored.raw_data_type = 2
                del stored.data[:]

    for theirs, ours in zip(small.change_weights(halve).read().layers, expected.layers, strict=True):
        if isinstance(theirs.operation, Convolution) and isinstance(ours.operation, Convolution):
            np.testing.assert_allclose(theirs.operation.weight, ours.operation.weight, rtol=1e-3)


def test_weights_in_whole_numbers_are_no_damage(small):
    def count(net: TrainedNet) -> None:
        stored = net.layer[0].blobs[0]
        stored.raw_data.append(b"\x01" * 54)
        stored.raw_data_type = 3

    with pytest.raises(ModelError, match=r"has weights of a kind .* float32 or float16"):
        small.change_weights(count).read()


def test_a_fully_connected_layer_stored_as_a_convolution_is_read(small):
    expected = small.read().layers[-1].operation.weight

    def widen(net: TrainedNet) -> None:
        net.layer[1].blobs[0].shape.dim.extend([1, 1])

    assert np.array_equal(small.change_weights(widen).read().layers[-1].operation.weight, expected)


def test_a_layer_whose_weights_are_missing_is_told_and_the_rest_is_read(small):
    small.change_weights(lambda net: net.layer.pop())
    network, told = read_told(small)
    assert network.blobs == ("data", "conv")
    assert "layer 'fc' (InnerProduct) has weights none" in told
    assert "cannot be dreamed" in told


def test_weights_of_another_network_are_told_with_the_names_they_have(small):
    def rename(net: TrainedNet) -> None:
        for layer in net.layer:
            layer.name = b"other/" + layer.name

    with pytest.raises(
        ModelError, match=r"'conv' .* has weights none, .*of other layers \('other/conv', 'other"
    ):
        small.change_weights(rename).read()
