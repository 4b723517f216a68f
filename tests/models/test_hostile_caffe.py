"""Caffe's files, wrong, damaged or hostile: one line that says what and where, soon and in little memory."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dreamzoom.errors import DreamzoomWarning, ModelError
from dreamzoom.models.caffe.caffe_pb2 import TrainedNet
from dreamzoom.models.caffe.reader import LARGEST_PROTOTXT, read_network
from dreamzoom.models.caffe.weights import LARGEST_CAFFEMODEL
from dreamzoom.models.network import Network
from support.caffe import (
    NETS,
    SMALL,
    SMALL_INPUT,
    ModelFiles,
    as_v1,
    blob,
    model_files,
    read_trained,
    write_trained,
)
from support.counting import counted_calls

MOST_CALLS = 20_000_000
"""How many function calls it may take to refuse any file."""

MEBIBYTES = 100
"""How much memory it may take."""


@pytest.fixture
def small(tmp_path):
    return model_files(tmp_path, SMALL)


def reason(files: ModelFiles) -> str:
    """Why nothing in the files can be dreamed, or else why the first blob of those that cannot."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DreamzoomWarning)
        try:
            return files.read().unsupported[0].reason
        except ModelError as error:
            return str(error)


def refusal(files: ModelFiles) -> str:
    """The one line with which files are refused, soon and in little memory."""
    process, grown = psutil.Process(), list[int]()
    for _ in range(2):  # the heap of a process of many tests may grow once
        before = process.memory_info().rss
        with counted_calls() as calls:
            message = reason(files)
        assert calls.total() < MOST_CALLS
        grown.append(process.memory_info().rss - before)
        if grown[-1] < MEBIBYTES * 2**20:
            break
    assert min(grown) < MEBIBYTES * 2**20
    assert message.isprintable()
    assert len(message) < 600
    return message


# ----------------------------------------------------------------------------------------------- prototxts


def with_layer(layer: str) -> str:
    return SMALL + layer


def with_x(kind: str, bottom: str, parameters: str = "") -> str:
    """The small network and one more layer, x."""
    return with_layer(f'layer {{ name: "x" type: "{kind}" bottom: "{bottom}" top: "x" {parameters} }}')


REFUSED = {
    "a syntax error is refused by line": (SMALL.replace("kernel_size: 3", "kernel_size: three"), "line 4"),
    "a misspelt field is refused by line": (
        SMALL.replace("kernel_size", "kernal_size"),
        "kernel_size 0.*kernal_size.*line 4",
    ),
    "an open brace is refused by line": (SMALL + "layer {", "line 7"),
    "an empty file": ("", "holds no network"),
    "an input alone": (SMALL_INPUT, "holds no network"),
    "a type that is not computed": (
        with_layer('layer { name: "rois" type: "ROIPooling" bottom: "conv" top: "rois" }'),
        "layer 'rois' .ROIPooling. is of a type that dreamzoom does not compute",
    ),
    "a layer without a type": (
        with_layer('layer { name: "x" bottom: "conv" top: "y" }'),
        "layer 'x' .. is of a type",
    ),
    "both kinds of layer": (SMALL + 'layers { name: "x" type: RELU }', "both `layer` and `layers`"),
    "include beside exclude": (
        with_layer('layer { name: "x" include { phase: TEST } exclude { phase: TRAIN } }'),
        "layer 'x' has both `include` and `exclude`",
    ),
    "a picture of two channels": (SMALL.replace("dim: 3", "dim: 2"), "'data'.* 2x8x8; .*3 channels"),
    "a bottom that does not exist": (
        SMALL.replace('bottom: "data"', 'bottom: "date"'),
        "'conv'.*reads 'date'",
    ),
    "a bottom that exists later": (
        SMALL.replace('bottom: "data"', 'bottom: "fc"'),
        "'conv'.*reads 'fc', which no layer before it writes",
    ),
    "a layer that reads itself": (
        with_layer('layer { name: "x" type: "Eltwise" bottom: "conv" bottom: "x" top: "x" }'),
        "'x'.*reads 'x'",
    ),
    "a blob written twice": (
        with_layer('layer { name: "x" type: "ReLU" bottom: "fc" top: "conv" }'),
        "'x'.*writes 'conv', which another",
    ),
    "a blob changed after it was read": (
        with_layer('layer { name: "x" type: "ReLU" bottom: "conv" top: "conv" }'),
        "'x'.*changes 'conv' in place",
    ),
    "a type that cannot work in place": (
        with_layer('layer { name: "x" type: "Flatten" bottom: "fc" top: "fc" }'),
        "'x'.*in place",
    ),
    "labels in a layer that is computed": (
        SMALL.replace('top: "data" input', 'top: "data" top: "label" input')
        + 'layer { name: "x" type: "ReLU" bottom: "label" top: "y" }',
        "'x'.*reads 'label', which only training has",
    ),
    "a second picture": (
        SMALL + 'layer { name: "other" type: "Input" top: "other" input_param { shape { dim: 1 dim: 1 } } }'
        'layer { name: "x" type: "ReLU" bottom: "other" top: "y" }',
        "'x'.*reads 'other', which is another input than the picture",
    ),
    "too many bottoms": (
        with_layer('layer { name: "x" type: "ReLU" bottom: "fc" bottom: "fc" top: "y" }'),
        "'x'.*reads 2 blobs",
    ),
    "two weighted layers of one name": (
        SMALL.replace('name: "fc"', 'name: "conv"'),
        "2 layers are named 'conv'",
    ),
    "a name of a thousand letters": (SMALL.replace('"relu"', f'"{"r" * 900}"'), "more than 256 letters"),
    "no kernel": (SMALL.replace("kernel_size: 3", ""), "'conv'.*kernel_size 0"),
    "no outputs": (SMALL.replace("num_output: 2", ""), "'conv'.*no num_output"),
    "a kernel given twice": (SMALL.replace("kernel_size: 3", "kernel_size: 3 kernel_h: 3"), "'conv'.*twice"),
    "a kernel of three sides": (
        SMALL.replace("kernel_size: 3", "kernel_size: [3, 3, 3]"),
        "3 times kernel_size",
    ),
    "an absurd stride": (SMALL.replace("kernel_size: 3", "kernel_size: 3 stride: 100000"), "stride 100000"),
    "groups that do not divide": (SMALL.replace("kernel_size: 3", "kernel_size: 3 group: 2"), "2 groups"),
    "a kernel larger than the picture": (SMALL.replace("dim: 8", "dim: 2"), "'conv' gets 3x2x2, too small"),
    "padding as wide as a pool": (
        with_x("Pooling", "conv", "pooling_param { kernel_size: 2 pad: 2 }"),
        "'x'.*padding",
    ),
    "a stochastic pool": (
        with_x("Pooling", "conv", "pooling_param { kernel_size: 2 pool: STOCHASTIC }"),
        "'x'.*stochastically",
    ),
    "a global pool with a kernel": (
        with_x("Pooling", "conv", "pooling_param { kernel_size: 2 global_pooling: true }"),
        "'x'.*globally",
    ),
    "an LRN of even size": (
        with_x("LRN", "conv", "lrn_param { local_size: 4 }"),
        "'x'.*local_size 4",
    ),
    "a number that is none": (
        with_x("ELU", "fc", "elu_param { alpha: nan }"),
        "'x'.*alpha nan",
    ),
    "a softmax over the batch": (
        with_x("Softmax", "fc", "softmax_param { axis: 0 }"),
        "'x'.*batch",
    ),
    "an axis that is not there": (
        with_x("Concat", "fc", "concat_param { axis: 2 }"),
        "'x'.*axis 2",
    ),
    "coefficients of a product": (
        with_x("Eltwise", 'fc" bottom: "fc', "eltwise_param { operation: PROD coeff: 1 coeff: 2 }"),
        "'x'.*coeff",
    ),
    "two sides left open": (
        with_x("Reshape", "fc", "reshape_param { shape { dim: -1 dim: -1 } }"),
        "'x'.*at most one",
    ),
    "a reshape that does not fit": (
        with_x("Reshape", "fc", "reshape_param { shape { dim: 1 dim: 3 } }"),
        "'x' cannot make 1x3 of 1x4",
    ),
    "a BN whose statistics nobody knows": (
        with_x("BN", "conv", "bn_param { decay: 0.1 }"),
        "'x'.*whose mean and variance.*`moving_average: true`",
    ),
    "a BN of rows": (
        with_x("BN", "conv", "bn_param { axis: 2 }"),
        "'x'.*axis 2; only 1",
    ),
    "a BN of two families": (
        with_x("BN", "conv", "bn_param { bn_mode: LEARN slope_filler { } }"),
        "'x'.*a scale and a shift alone",
    ),
    "a BN of a mode that nobody knows": (
        with_x("BN", "conv", "bn_param { bn_mode: ORIGIN }"),
        "'x'.*bn_mode: ORIGIN.*does not know",
    ),
    "flattening the batch": (
        with_x("Flatten", "conv", "flatten_param { axis: 0 }"),
        "'x'.*axes 0 to -1, which is not supported",
    ),
    "flattening backwards": (
        with_x("Flatten", "conv", "flatten_param { axis: 3 end_axis: 2 }"),
        "'x'.*axes 3 to 2, which is not supported",
    ),
    "slicing into more than there are": (
        with_x("Slice", "conv", "slice_param { axis: 1 slice_point: 1 }"),
        "'x'.*slice_point 1; 1 tops want 0",
    ),
    "slicing outside": (
        with_layer(
            'layer { name: "x" type: "Slice" bottom: "conv" top: "x" top: "y" '
            "slice_param { slice_point: 2 } }"
        ),
        "cannot cut 2x6x6 into its 2 parts",
    ),
    "slicing unevenly": (
        with_layer('layer { name: "x" type: "Slice" bottom: "conv" top: "x" top: "y" top: "z" }'),
        "cannot cut 2x6x6 into its 3 parts",
    ),
    "cropping more than there is": (
        with_layer(
            'layer { name: "x" type: "Crop" bottom: "conv" bottom: "data" top: "x" crop_param { offset: 1 } }'
        ),
        "cannot cut 3x8x8 out of 2x6x6",
    ),
    "scaling by a blob of other channels": (
        with_layer(
            'layer { name: "x" type: "Scale" bottom: "conv" bottom: "fc" top: "x" scale_param { axis: 0 } }'
        ),
        "cannot apply 4 to 2x6x6",
    ),
    "repeating without end": (
        with_x("Tile", "conv", "tile_param { tiles: 2000000000 }"),
        "'x'.*tiles 2000000000; it must be",
    ),
    "repeating beyond what can be counted": (
        with_layer(
            'layer { name: "x" type: "Tile" bottom: "conv" top: "x" tile_param { tiles: 60000 } }'
            'layer { name: "y" type: "Tile" bottom: "x" top: "y" tile_param { tiles: 60000 } }'
        ),
        "'y'.*more than Caffe can count",
    ),
    "a logarithm to base 1": (with_x("Log", "conv", "log_param { base: 1 }"), "'x'.*has base 1"),
    "a base below zero": (with_x("Exp", "conv", "exp_param { base: -2 }"), "'x'.*has base -2"),
    "an exponential too large": (
        with_x("Exp", "conv", "exp_param { shift: 1e5 }"),
        "'x'.*has shift 100000.0, too large",
    ),
    "a clip without an end": (with_x("Clip", "conv", "clip_param { min: 0 }"), "'x'.*both min and max"),
    "a pyramid without levels": (with_x("SPP", "conv", ""), "'x'.*pyramid_height 0"),
    "a reduction to one number": (with_x("Reduction", "conv", ""), "'x'.*one number of the whole picture"),
    "groups of a depthwise convolution": (
        with_x("DepthwiseConvolution", "conv", "convolution_param { num_output: 4 kernel_size: 1 group: 4 }"),
        "'x'.*has 4 groups for 2 channels",
    ),
    "a blob of more values than Caffe can count": (
        SMALL.replace("dim: 8 dim: 8", "dim: 100000 dim: 100000"),
        "'data'.*more than Caffe can count",
    ),
    "a thousand million channels": (
        SMALL.replace("num_output: 2", "num_output: 1000000000"),
        "1000000000x3x3x3",
    ),
    "more channels than there are numbers": (
        SMALL.replace("num_output: 2", "num_output: 99999999999"),
        "line 4",
    ),
    "a bomb of braces": ("layer {" * 50_000, "line 1"),
    "a bomb of unknown braces": ("a {" * 50_000, "line 1"),
    "a bomb of backslashes": ('name: "' + "\\" * 300_001 + '"', "line 1: a quotation mark"),
    "a word of a hundred thousand letters": ("a" * 100_000, "line 1"),
    "control characters": ("\x1b[31mred\x00", "line 1"),
    "a file of nothing but layers": ("layer{}" * (LARGEST_PROTOTXT // 7), "no prototxt"),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_a_prototxt_is_refused_with_its_reason(text, said, small):
    small.prototxt.write_text(text, encoding="utf-8", newline="\n")
    message = refusal(small)
    assert re.search(said, message), message


def test_a_missing_prototxt_is_named(small):
    small.prototxt.unlink()
    assert "deploy.prototxt: there is no such file" in refusal(small)


def test_a_prototxt_of_megabytes_is_refused_unread(small):
    small.prototxt.write_bytes(b"#" * (LARGEST_PROTOTXT + 1))
    assert "is larger than 4 MiB, which no prototxt is" in refusal(small)


# ---------------------------------------------------------------------------------------------- caffemodels


def test_a_missing_caffemodel_is_named(small):
    small.caffemodel.unlink()
    assert "weights.caffemodel: there is no such file" in refusal(small)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no endless device here")
def test_an_endless_device_is_not_read(small):
    files = ModelFiles(small.prototxt, Path("/dev/zero"))
    assert "/dev/zero: is no plain file; name a caffemodel" in refusal(files)


def test_a_folder_in_place_of_a_caffemodel_is_named(small):
    small.caffemodel.unlink()
    small.caffemodel.mkdir()
    assert "weights.caffemodel: is a folder; name a caffemodel" in refusal(small)


def test_a_truncated_caffemodel_is_refused_by_name(small):
    small.caffemodel.write_bytes(small.caffemodel.read_bytes()[:-1])
    assert re.search(r"weights\.caffemodel is damaged .*ends in the middle.*get it again", refusal(small))


def test_an_empty_caffemodel_has_no_weights_for_the_first_layer(small):
    small.caffemodel.write_bytes(b"")
    assert re.search(
        r"weights\.caffemodel: layer 'conv' .Convolution. has weights none, "
        r"but deploy\.prototxt wants weight 2x3x3x3, bias 2",
        refusal(small),
    )


def test_a_web_page_in_place_of_a_caffemodel_is_refused(small):
    small.caffemodel.write_bytes(b"<!DOCTYPE html><html><body>Not found</body></html>")
    assert "is a web page, not a caffemodel: the link led to a page" in refusal(small)


def test_a_huge_caffemodel_is_refused_unread(small):
    with small.caffemodel.open("wb") as file:
        file.truncate(LARGEST_CAFFEMODEL + 1)
    assert "is larger than 1 GiB, which no caffemodel is" in refusal(small)


def test_a_layer_without_its_weights_is_refused(small):
    small.change_weights(lambda net: net.layer.pop())
    assert re.search(
        r"layer 'fc' .InnerProduct. has weights none, .* wants weight 4x72, bias 4", refusal(small)
    )


def test_a_layer_with_too_few_weights_is_refused(small):
    small.change_weights(lambda net: net.layer[0].blobs.pop())
    assert re.search(
        r"layer 'conv' .* has weights 2x3x3x3, but .* wants weight 2x3x3x3, bias 2", refusal(small)
    )


def test_a_layer_with_weights_it_has_no_use_for_is_refused(small):
    small.change_weights(lambda net: net.layer.add(name=b"relu", blobs=[blob(np.zeros(2, np.float32))]))
    assert re.search(r"layer 'relu' .ReLU. has weights 2, but .* wants none", refusal(small))


def test_weights_of_another_shape_are_refused_with_both_shapes(small):
    small.prototxt.write_text(SMALL.replace("kernel_size: 3", "kernel_size: 5"), encoding="utf-8")
    assert re.search(
        r"layer 'conv' .* has weight of 2x3x3x3, where deploy\.prototxt wants 2x3x5x5", refusal(small)
    )


def test_weights_of_2014_of_another_shape_are_refused_with_both_shapes(small):
    write_trained(as_v1(read_trained(small.caffemodel)), small.caffemodel)
    small.prototxt.write_text(SMALL.replace("num_output: 4", "num_output: 5"), encoding="utf-8")
    assert re.search(
        r"layer 'fc' .* has weight of 1x1x4x72, where deploy\.prototxt wants 5x72", refusal(small)
    )


def test_fewer_numbers_than_a_shape_claims_are_refused(small):
    def shorten(net: TrainedNet) -> None:
        stored = net.layer[0].blobs[0]
        stored.data[0] = stored.data[0][:-8]

    assert re.search(r"layer 'conv' .* has 52 numbers of weight", refusal(small.change_weights(shorten)))


def test_a_number_cut_in_two_is_refused(small):
    def cut(net: TrainedNet) -> None:
        stored = net.layer[0].blobs[0]
        stored.data[0] = stored.data[0][:-1]

    assert "is damaged or no caffemodel" in refusal(small.change_weights(cut))


@pytest.mark.parametrize("shape", [(10**9, 3, 3, 3), (2**62, 2**62), (-1, -54), (0,)])
def test_a_shape_is_not_believed_before_the_numbers_are_counted(shape, small):
    def claim(net: TrainedNet) -> None:
        sides = net.layer[0].blobs[0].shape.dim
        del sides[:]
        sides.extend(shape)

    assert re.search("layer 'conv' .* has weight of", refusal(small.change_weights(claim)))


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(number, small):
    def spoil(net: TrainedNet) -> None:
        net.layer[1].blobs[1].data[0] = np.array([1, 2, number, 4], "<f4").tobytes()

    told = refusal(small.change_weights(spoil))
    assert re.search("layer 'fc' .* has not only finite numbers in its bias", told)


def test_batch_norm_of_a_negative_variance_is_refused(tmp_path):
    files = model_files(
        tmp_path, SMALL_INPUT + 'layer { name: "bn" type: "BatchNorm" bottom: "data" top: "bn" }'
    )

    def spoil(net: TrainedNet) -> None:
        net.layer[0].blobs[1].data[0] = np.array([1, -1, 1], "<f4").tobytes()

    assert re.search(
        "layer 'bn' .BatchNorm. holds statistics that cannot be", refusal(files.change_weights(spoil))
    )


LAYER, BLOBS, SHAPE = b"\xa2\x06", b"\x3a", b"\x3a"
"""The tags of a net's layer, a layer's blobs and a blob's shape."""


def sized(tag: bytes, content: bytes) -> bytes:
    """A field of the wire format."""
    length, digits = len(content), b""
    while length > 127:
        digits += bytes([length & 127 | 128])
        length >>= 7
    return tag + digits + bytes([length]) + content


@pytest.mark.parametrize(
    "content",
    [
        (LAYER + b"\0") * 4_000_000,
        sized(LAYER, (BLOBS + b"\0") * 6_000_000),
        sized(LAYER, sized(BLOBS, (b"\x2a\0") * 6_000_000)),
        sized(LAYER, sized(BLOBS, sized(SHAPE, sized(b"\x0a", b"\1" * 12_000_000)))),
        sized(b"\x12", sized(b"\x0a", b"\x92\x03\0" * 4_000_000)),
    ],
    ids=["layers", "blobs", "pieces of data", "sides", "blobs of 2013"],
)
def test_millions_of_empty_pieces_do_not_fill_the_memory(content, small):
    small.caffemodel.write_bytes(content)
    assert "is damaged or no caffemodel" in refusal(small)


def test_groups_in_groups_are_refused(small):
    small.caffemodel.write_bytes(b"\x0b" * 100_000)
    assert "is damaged or no caffemodel" in refusal(small)


# ------------------------------------------------------------------------------------------------- fuzzing

fuzzed = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read_or_refuse(files: ModelFiles) -> None:
    """Nothing but a network or a ModelError of one line may come of any bytes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DreamzoomWarning)
        try:
            assert isinstance(read_network(files.prototxt, files.caffemodel), Network)
        except ModelError as error:
            assert str(error).isprintable()  # noqa: PT017 - either outcome is right


@fuzzed
@given(st.binary(max_size=300))
@example(b"\xa2\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f")
def test_any_bytes_as_caffemodel(small, content):
    small.caffemodel.write_bytes(content)
    read_or_refuse(small)


@fuzzed
@given(st.binary(max_size=300))
@example(b"layer { name: '\xff' }")
@example(b"layer { name: '\\377\\x1b' type: 'ReLU' }")
def test_any_bytes_as_prototxt(small, content):
    small.prototxt.write_bytes(content)
    read_or_refuse(small)


@fuzzed
@given(st.data())
def test_a_caffemodel_cut_anywhere(small, data):
    whole = small.caffemodel.read_bytes()
    try:
        small.caffemodel.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
        assert reason(small)
    finally:
        small.caffemodel.write_bytes(whole)


@fuzzed
@given(st.data())
def test_a_caffemodel_with_bits_flipped(small, data):
    whole = small.caffemodel.read_bytes()
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        # Half the hits go to the first bytes, where the structure is.
        place = data.draw(st.integers(0, 60) | st.integers(0, len(whole) - 1))
        damaged[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        small.caffemodel.write_bytes(damaged)
        read_or_refuse(small)
    finally:
        small.caffemodel.write_bytes(whole)


EVERY_LAYER = (NETS / "every_layer.prototxt").read_text(encoding="utf-8")
NUMBERS = ["-1", "0", "1000000000", "4294967295", "nan"]
WORDS = [*sorted(set(re.findall(r"\w+|[^\w\s]", EVERY_LAYER))), *NUMBERS]


@pytest.fixture(scope="module")
def every_layer(tmp_path_factory):
    return model_files(tmp_path_factory.mktemp("every_layer"), EVERY_LAYER)


@fuzzed
@given(st.data())
def test_a_prototxt_with_words_changed(every_layer, data):
    words = re.findall(r"\w+|[^\w\s]|\s+", EVERY_LAYER)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(words) - 1))
        words[place : place + data.draw(st.integers(0, 2))] = [data.draw(st.sampled_from(WORDS))]
    every_layer.prototxt.write_text("".join(words), encoding="utf-8")
    read_or_refuse(every_layer)
