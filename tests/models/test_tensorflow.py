"""TensorFlow's frozen graphs: values and gradients as TensorFlow computes them, names, and files that lie."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dreamzoom.engines.base import Engine
from dreamzoom.engines.registry import open_engine
from dreamzoom.errors import EngineError, ModelError
from dreamzoom.models.descriptor import TENSORFLOW_INPUT
from dreamzoom.models.network import (
    Affine,
    Concat,
    Convolution,
    Flatten,
    Identity,
    InnerProduct,
    LocalResponse,
    Model,
    Network,
    Operation,
    Pooling,
)
from dreamzoom.models.shapes import blob_shapes
from dreamzoom.models.tensorflow.graph_pb2 import DT_UINT8, GraphDef, NodeDef
from dreamzoom.models.tensorflow.reader import MOST_FIELDS, read_graph
from support.counting import counted_calls
from support.tensorflow import (
    axis,
    const,
    constant,
    conv,
    inception5h,
    integers,
    kernel,
    node,
    placeholder,
    pool,
    write_graph,
)

REFERENCE = Path(__file__).parent / "tensorflow_reference"
SIZES = ("29x22", "16x31", "40x56")  # height x width
TOLERANCE = 1e-5  # of ‖ours - TensorFlow's‖ / ‖TensorFlow's‖; both compute in float32
MOST_CALLS = 5_000_000  # of functions, for any file, however wrong


@pytest.fixture(scope="module")
def recorded() -> dict[str, NDArray[np.generic]]:
    """What TensorFlow computed; the keys are described in record.py."""
    with np.load(REFERENCE / "values.npz") as archive:
        return dict(archive)


@pytest.fixture(scope="module")
def reference_engine() -> Engine:
    """The engine with the graph that TensorFlow computed."""
    return engine_of(read_graph(REFERENCE / "graph.pb"))


def engine_of(network: Network) -> Engine:
    model = Model("reference", network, TENSORFLOW_INPUT, network.blobs[-1], "")
    return open_engine(model, "torch", "cpu")


def image_of(recorded: dict[str, NDArray[np.generic]], size: str) -> torch.Tensor:
    return torch.from_numpy(recorded[f"{size}/image"].transpose(2, 0, 1).astype(np.float32))


def section(recorded: dict[str, NDArray[np.generic]], prefix: str) -> dict[str, NDArray[np.generic]]:
    return {key.removeprefix(prefix): array for key, array in recorded.items() if key.startswith(prefix)}


def channels_first(value: NDArray[np.generic]) -> NDArray[np.generic]:
    return value.transpose(2, 0, 1) if value.ndim == 3 else value


def relative_error(ours: torch.Tensor, theirs: NDArray[np.generic]) -> float:
    assert ours.shape == theirs.shape
    return float(np.linalg.norm(ours.numpy() - theirs) / np.linalg.norm(theirs))


def half_sum_of_squares(value: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return value.square().sum() / 2, value


# ------------------------------------------------------------------------------------- against TensorFlow


@pytest.mark.parametrize("size", SIZES)
def test_values_are_those_of_tensorflow(reference_engine, recorded, size):
    expected = section(recorded, f"{size}/value/")
    flattened = expected.pop("head0_bottleneck/reshape", None)  # in another order: see below
    found = reference_engine.activations(image_of(recorded, size), list(expected))
    errors = {name: relative_error(found[name], channels_first(expected[name])) for name in expected}
    assert len(errors) >= 18
    assert {name: error for name, error in errors.items() if error > TOLERANCE} == {}
    assert (flattened is not None) == (size == "40x56")


@pytest.mark.parametrize("size", SIZES)
def test_gradients_at_the_picture_are_those_of_tensorflow(reference_engine, recorded, size):
    expected = section(recorded, f"{size}/gradient/")
    image = image_of(recorded, size)
    found = {name: reference_engine.ascend(image, {name: half_sum_of_squares}).gradient for name in expected}
    errors = {name: relative_error(found[name], channels_first(expected[name])) for name in expected}
    assert len(errors) >= 3
    assert {name: error for name, error in errors.items() if error > TOLERANCE} == {}


def test_a_flattened_picture_has_tensorflows_values_channel_by_channel(reference_engine, recorded):
    name, rows, columns, channels = "head0_bottleneck/reshape", 2, 4, 5
    found = reference_engine.activations(image_of(recorded, "40x56"), [name])[name]
    by_pixel = recorded[f"40x56/value/{name}"].reshape(rows, columns, channels)
    assert relative_error(found, by_pixel.transpose(2, 0, 1).ravel()) <= TOLERANCE


def test_an_inner_product_refuses_pictures_of_another_size(reference_engine):
    with pytest.raises(EngineError, match="nn0_pre_relu/matmul"):
        reference_engine.activations(torch.zeros(3, 64, 64), ["nn0"])


def test_the_reference_has_every_operation_of_inception5h():
    def operations(graph: GraphDef) -> set[str]:
        return {made.op for made in graph.node}

    reference = GraphDef.FromString((REFERENCE / "graph.pb").read_bytes())
    assert operations(reference) >= operations(GraphDef(node=inception5h(64)))
    assert operations(reference) >= {"Concat", "ConcatV2", "CheckNumerics"}


# ------------------------------------------------------------------------------------------- names, order


@pytest.fixture(scope="module")
def thin_inception5h(tmp_path_factory) -> Network:
    """All of inception5h, with an eighth of its channels."""
    return read_graph(write_graph(tmp_path_factory.mktemp("graph") / "thin.pb", *inception5h(8)))


def test_inception5h_loads_under_its_own_names(thin_inception5h):
    names = [made.name for made in inception5h(8) if made.op != "Const"]
    assert list(thin_inception5h.blobs) == names
    assert [layer.name for layer in thin_inception5h.layers] == names[1:]
    assert names[:5] == ["input", "conv2d0_pre_relu/conv", "conv2d0_pre_relu", "conv2d0", "maxpool0"]
    assert "mixed4d_3x3_bottleneck_pre_relu" in names


def test_inception5h_has_the_shapes_of_tensorflow_at_its_own_size(thin_inception5h):
    shapes = blob_shapes(thin_inception5h, (224, 224))
    assert thin_inception5h.input_shape == (3, 224, 224)
    assert list(shapes) == list(thin_inception5h.blobs)
    assert [shapes[name] for name in ("conv2d0", "maxpool1", "mixed3b", "mixed4c", "mixed5b")] == [
        (8, 112, 112),
        (24, 28, 28),
        (60, 28, 28),
        (64, 14, 14),
        (128, 7, 7),
    ]
    assert [shapes[name] for name in ("head1_bottleneck/reshape", "output2")] == [(256,), (126,)]


def test_inception5h_dreams_on_pictures_of_any_size(thin_inception5h):
    image = torch.from_numpy(np.random.default_rng(1).uniform(0, 255, (3, 75, 101)).astype(np.float32))
    ascent = engine_of(thin_inception5h).ascend(image, {"mixed4c": half_sum_of_squares})
    assert ascent.value > 0
    assert ascent.gradient.shape == image.shape
    assert ascent.gradient.abs().max() > 0


def test_nodes_may_come_in_any_order(tmp_path):
    nodes = inception5h(64)
    forward = read_graph(write_graph(tmp_path / "graph.pb", *nodes))
    backward = read_graph(write_graph(tmp_path / "graph.pb", *reversed(nodes)))
    assert sorted(backward.blobs) == sorted(forward.blobs)
    written = {backward.input_blob}
    for layer in backward.layers:
        assert written.issuperset(layer.bottoms)
        written.update(layer.tops)


def test_a_very_deep_graph_loads(tmp_path):
    links = [node(f"n{k}", "Identity", f"n{k - 1}" if k else "input") for k in range(5_000)]
    assert len(read_graph(write_graph(tmp_path / "deep.pb", placeholder(), *links)).layers) == 5_000


# --------------------------------------------------------------------------------------------- operations


def only(tmp_path: Path, *nodes: NodeDef) -> Operation:
    """The operation of the last node, after the picture."""
    return read_graph(write_graph(tmp_path / "graph.pb", placeholder(), *nodes)).layers[-1].operation


def test_kernels_are_turned_to_channels_first(tmp_path):
    weights = np.arange(2 * 5 * 3 * 4, dtype=np.float32).reshape(2, 5, 3, 4)
    made = only(tmp_path, const("w", weights), conv("c", "input", "w", stride=2, padding="VALID"))
    assert isinstance(made, Convolution)
    assert (made.stride, made.padding, made.dilation, made.groups, made.bias) == (
        (2, 2),
        (0, 0),
        (1, 1),
        1,
        None,
    )
    assert made.weight.shape == (4, 3, 2, 5)
    assert made.weight[3, 2, 1, 4] == weights[1, 4, 2, 3]


def test_strides_and_dilations_are_rows_then_columns(tmp_path):
    how = {"strides": [1, 2, 3, 1], "dilations": [1, 4, 5, 1], "padding": "SAME"}
    made = only(tmp_path, kernel("w", 1, 1, 3, 2), node("c", "Conv2D", "input", "w", **how))
    assert isinstance(made, Convolution)
    assert (made.stride, made.dilation, made.padding) == ((2, 3), (4, 5), "same")


def test_windows_are_rows_then_columns(tmp_path):
    how = {"ksize": [1, 2, 3, 1], "strides": [1, 4, 5, 1], "padding": "VALID"}
    made = only(tmp_path, node("p", "AvgPool", "input", **how))
    assert made == Pooling("average", (2, 3), (4, 5), (0, 0), round_up=False)


def test_alpha_is_given_for_all_the_channels_of_a_window(tmp_path):
    how = {"depth_radius": 2, "alpha": 0.5, "beta": 0.75, "bias": 2.0}
    assert only(tmp_path, node("n", "LRN", "input", **how)) == LocalResponse(5, 2.5, 0.75, 2.0)


def test_missing_attributes_have_tensorflows_defaults(tmp_path):
    picture = [kernel("w", 1, 1, 3, 16), conv("c", "input", "w")]
    assert only(tmp_path, *picture, node("n", "LRN", "c")) == LocalResponse(11, 11.0, 0.5, 1.0)


def test_a_bias_is_an_offset_for_each_channel(tmp_path):
    made = only(tmp_path, const("b", np.array([1, 2, 3], np.float32)), node("a", "BiasAdd", "input", "b"))
    assert isinstance(made, Affine)
    assert made.scale is None
    np.testing.assert_array_equal(made.offset, [1, 2, 3])


def flattened(tmp_path: Path, *nodes: NodeDef) -> Operation:
    """The operation of the last node, after a picture of 1 by 2 pixels flattened to "flat"."""
    return only(tmp_path, integers("s", -1, 6), node("flat", "Reshape", "input", "s"), *nodes)


def test_weights_after_a_flattened_picture_are_put_channel_by_channel(tmp_path):
    weights = np.arange(12, dtype=np.float32).reshape(6, 2)
    made = flattened(tmp_path, const("w", weights), node("m", "MatMul", "flat", "w"))
    assert isinstance(made, InnerProduct)
    np.testing.assert_array_equal(
        made.weight[0], [0, 6, 2, 8, 4, 10]
    )  # pixels 0 and 1 of each channel in turn


def test_transposed_weights_are_turned_back(tmp_path):
    weights = np.arange(12, dtype=np.float32).reshape(6, 2)
    plain = flattened(tmp_path, const("w", weights), node("m", "MatMul", "flat", "w"))
    turned = flattened(
        tmp_path, const("w", weights.T.copy()), node("m", "MatMul", "flat", "w", transpose_b=True)
    )
    assert isinstance(plain, InnerProduct)
    assert isinstance(turned, InnerProduct)
    np.testing.assert_array_equal(turned.weight, plain.weight)


def test_a_vector_given_its_own_shape_is_handed_on(tmp_path):
    assert flattened(tmp_path, node("again", "Reshape", "flat", "s")) == Identity()
    assert flattened(tmp_path, integers("t", 1, -1), node("again", "Reshape", "flat", "t")) == Identity()


def test_a_picture_may_be_flattened_whatever_its_size(tmp_path):
    assert only(tmp_path, integers("s", 1, -1), node("flat", "Reshape", "input", "s")) == Flatten()


@pytest.mark.parametrize(
    "nodes",
    [
        [axis("axis", 3), node("j", "Concat", "axis", "input", "input")],
        [axis("axis", -1), node("j", "ConcatV2", "input", "input", "axis")],
        [const("axis", np.array(3, np.int64)), node("j", "ConcatV2", "input", "input", "axis")],
    ],
    ids=["axis first", "axis last", "axis of 8 bytes"],
)
def test_both_forms_of_concat_join_the_channels(tmp_path, nodes):
    network = read_graph(write_graph(tmp_path / "graph.pb", placeholder(), *nodes))
    assert network.layers[0].operation == Concat(axis=1)
    assert network.layers[0].bottoms == ("input", "input")
    assert blob_shapes(network, (5, 4))["j"] == (6, 4, 5)


def test_a_constant_may_repeat_its_last_number(tmp_path):
    made = only(
        tmp_path,
        constant("b", "float32", [3], float_val=np.array([1, 2], np.float32).tobytes()),
        node("a", "BiasAdd", "input", "b"),
    )
    assert isinstance(made, Affine)
    np.testing.assert_array_equal(made.offset, [1, 2, 2])


def test_a_constant_may_be_handed_on(tmp_path):
    nodes = [kernel("w", 1, 1, 3, 2), node("w/read", "Identity", "w"), conv("c", "input", "w/read")]
    network = read_graph(write_graph(tmp_path / "graph.pb", placeholder(), *nodes))
    assert network.blobs == ("input", "c")


def test_inputs_may_name_their_output_or_only_an_order(tmp_path):
    network = read_graph(
        write_graph(
            tmp_path / "graph.pb", placeholder(), node("r", "Relu", "input:0", "^input", "^elsewhere")
        )
    )
    assert network.layers[0].bottoms == ("input",)


def test_the_declared_size_is_kept(tmp_path):
    graph = write_graph(tmp_path / "graph.pb", placeholder(1, 30, -1, 3), node("r", "Relu", "input"))
    assert read_graph(graph).input_shape == (3, 30, 224)


# ----------------------------------------------------------------------------------------- files that lie


def refusal(path: Path) -> str:
    """The error for a file that must be refused: one line that names it, and soon."""
    with counted_calls() as calls, pytest.raises(ModelError) as caught:
        read_graph(path)
    assert calls.total() < MOST_CALLS
    text = str(caught.value)
    assert str(path) in text
    assert "\n" not in text
    assert len(text) < 600
    return text.removeprefix(str(path))


KERNEL = kernel("w", 3, 3, 3, 4)
SQUARE = integers("s", -1, 12)
FLAT = [SQUARE, node("flat", "Reshape", "input", "s")]
PAIR = [axis("a", 3), node("x", "Concat", "a", "input", "input")]
BILLION = 10**9

WRONG_GRAPHS: dict[str, tuple[list[NodeDef], str]] = {
    "operation": ([node("sub", "Sub", "input")], r"node 'sub' \(Sub\) .* does not compute.*Conv2D"),
    "operation's name": ([node("x", "Re\nlu", "input")], r"node 'x' has 'Re\\nlu'"),
    "no name": ([node("", "Relu", "input")], r"node 1 has '' for a name"),
    "name of two lines": ([node("a\nb", "Relu", "input")], r"'a\\nb'"),
    "endless name": ([node("a" * 10_000, "Relu", "input")], r"for a name"),
    "repeated name": ([node("x", "Relu", "input")] * 2, r"two nodes are named 'x'"),
    "no such input": ([node("x", "Relu", "nowhere")], r"node 'x' \(Relu\).*'nowhere'"),
    "no such output": ([node("x", "Relu", "input:1")], r"output '1' of 'input'"),
    "itself": ([node("x", "Relu", "x")], r"node 'x' \(Relu\) needs its own value"),
    "circle": (
        [node("x", "Relu", "y"), node("y", "Relu", "x"), node("z", "Relu", "y")],
        r"node '[xy]' .* needs its own value",
    ),
    "two inputs": ([node("input2", "Placeholder")], r"2 inputs .*'input' and 'input2'"),
    "no layers": ([], r"no layers"),
    "too few inputs": (
        [KERNEL, node("x", "Conv2D", "input")],
        r"node 'x' \(Conv2D\) wants 2 inputs, but has 1",
    ),
    "joins nothing": ([axis("a", 3), node("x", "ConcatV2", "a")], r"joins nothing"),
    "picture where a constant belongs": ([node("x", "BiasAdd", "input", "input")], r"wants a constant"),
    "constant where the picture belongs": ([KERNEL, node("x", "Relu", "w")], r"wants a value of the picture"),
    "no strides": (
        [KERNEL, node("x", "Conv2D", "input", "w", padding="SAME")],
        r"'x' .*no attribute 'strides'",
    ),
    "strides of a wrong kind": (
        [KERNEL, node("x", "Conv2D", "input", "w", padding="SAME", strides=2)],
        r"attribute 'strides' of the wrong kind",
    ),
    "strides over channels": (
        [KERNEL, node("x", "Conv2D", "input", "w", padding="SAME", strides=[1, 1, 1, 2])],
        r"strides = \[1, 1, 1, 2\]",
    ),
    "strides too short": (
        [KERNEL, node("x", "Conv2D", "input", "w", padding="SAME", strides=[1, 1])],
        r"strides = \[1, 1\]",
    ),
    "stride of zero": ([KERNEL, conv("x", "input", "w", stride=0)], r"sides go from 1"),
    "stride of a billion": ([KERNEL, conv("x", "input", "w", stride=BILLION)], r"sides go from 1"),
    "padding": ([KERNEL, conv("x", "input", "w", padding="EXPLICIT")], r"padding 'EXPLICIT'"),
    "layout": (
        [node("x", "MaxPool", "input", ksize=[1] * 4, strides=[1] * 4, padding="SAME", data_format="NCHW")],
        r"data_format 'NCHW'",
    ),
    "no padding": (
        [node("x", "MaxPool", "input", ksize=[1] * 4, strides=[1] * 4)],
        r"no attribute 'padding'",
    ),
    "window of a billion": ([pool("x", "MaxPool", "input", BILLION, 1)], r"sides go from 1"),
    "radius of a billion": ([node("x", "LRN", "input", depth_radius=BILLION)], r"depth_radius = 1000000000"),
    "alpha without a value": ([node("x", "LRN", "input", alpha=float("nan"))], r"alpha = nan"),
    "kernel for other channels": (
        [kernel("w", 3, 3, 8, 4), conv("x", "input", "w")],
        r"node 'x' .*\[3, 3, 8, 4\] for 8 channels, but 'input' has 3",
    ),
    "kernel of two dimensions": ([kernel("w", 3, 4), conv("x", "input", "w")], r"node 'w' .*4 dimensions"),
    "kernel of whole numbers": (
        [const("w", np.ones((1, 1, 3, 1), np.int32)), conv("x", "input", "w")],
        r"DT_INT32 of shape \[1, 1, 3, 1\]",
    ),
    "kernel without sides": (
        [const("w", np.ones((0, 1, 3, 1), np.float32)), conv("x", "input", "w")],
        r"below 1",
    ),
    "kernel of a negative side": (
        [constant("w", "float32", [-1, -1, 3, 1], tensor_content=b"\0" * 12), conv("x", "input", "w")],
        r"below 1",
    ),
    "numbers that are none": (
        [const("w", np.full((1, 1, 3, 1), np.nan, np.float32)), conv("x", "input", "w")],
        r"not finite",
    ),
    "bytes too few": (
        [constant("w", "float32", [1, 1, 3, 9], tensor_content=b"\0" * 40), conv("x", "input", "w")],
        r"node 'w' .*\[1, 1, 3, 9\], but has 40 bytes",
    ),
    "a billion channels declared": (
        [constant("w", "float32", [1, 1, 3, BILLION], tensor_content=b"\0" * 40), conv("x", "input", "w")],
        r"but has 40 bytes",
    ),
    "a billion channels of one number": (
        [constant("w", "float32", [1, 1, 3, BILLION], float_val=b"\0" * 4), conv("x", "input", "w")],
        r"but lists 1 numbers",
    ),
    "a list of broken numbers": (
        [constant("w", "float32", [1, 1, 3, 1], float_val=b"\0" * 11), conv("x", "input", "w")],
        r"lists 11 bytes of float32",
    ),
    "no numbers": ([constant("w", "float32", [1, 1, 3, 1]), conv("x", "input", "w")], r"but lists 0 numbers"),
    "a constant without a value": ([node("w", "Const"), conv("x", "input", "w")], r"no attribute 'value'"),
    "bias of another length": (
        [kernel("b", 4), node("x", "BiasAdd", "input", "b")],
        r"bias for 4 channels, but 'input' has 3",
    ),
    "bias on a flattened picture": (
        [*FLAT, kernel("b", 12), node("x", "BiasAdd", "flat", "b")],
        r"flattened",
    ),
    "product with a picture": ([kernel("w", 3, 2), node("x", "MatMul", "input", "w")], r"else than a vector"),
    "weights of other rows": (
        [*FLAT, kernel("w", 9, 2), node("x", "MatMul", "flat", "w")],
        r"\[9, 2\].*12 values",
    ),
    "convolved vector": ([*FLAT, KERNEL, conv("x", "flat", "w")], r"'flat' is flat"),
    "joined along rows": (
        [axis("a", 1), node("x", "Concat", "a", "input", "input")],
        r"along axis \[1\]",
    ),
    "joined with a vector": (
        [*FLAT, axis("a", 3), node("x", "Concat", "a", "input", "flat")],
        r"of one kind",
    ),
    "joined flattened pictures": (
        [*FLAT, axis("a", 1), node("x", "Concat", "a", "flat", "flat")],
        r"flattened",
    ),
    "doubled without end": (
        [
            axis("a", 3),
            *(node(f"n{k}", "Concat", "a", *[f"n{k - 1}" if k else "input"] * 2) for k in range(99)),
        ],
        r"more than 1048576 channels",
    ),
    "shape of three sides": (
        [integers("t", 1, 1, 3), node("x", "Reshape", "input", "t")],
        r"shape \[1, 1, 3\]",
    ),
    "shape that splits pixels": (
        [integers("t", -1, 10), node("x", "Reshape", "input", "t")],
        r"10 values of pixels",
    ),
    "shape of other length": (
        [*FLAT, integers("t", -1, 6), node("x", "Reshape", "flat", "t")],
        r"6 values of 12",
    ),
    "shape of a thousand sides": (
        [integers("t", *[1] * 1000), node("x", "Reshape", "input", "t")],
        r"a few whole numbers",
    ),
    "weights shared too often": (
        [
            const("w", np.zeros((1, 1, 3, 1 << 18), np.float32)),
            *(conv(f"x{k}", "input", "w") for k in range(99)),
        ],
        r"more bytes than the file",
    ),
}


@pytest.mark.parametrize(("nodes", "words"), WRONG_GRAPHS.values(), ids=list(WRONG_GRAPHS))
def test_a_wrong_graph_is_refused_by_name(tmp_path, nodes, words):
    path = write_graph(tmp_path / "wrong.pb", placeholder(), *nodes)
    assert re.search(words, refusal(path))


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (placeholder(-1, 224, 224, 1), r"node 'input' \(Placeholder\) .*\[-1, 224, 224, 1\]"),
        (placeholder(224, 224, 3), r"the shape \[224, 224, 3\]"),
        (placeholder(1, BILLION, 224, 3), r"sides go from 1"),
        (placeholder(1, 0, 224, 3), r"sides go from 1"),
        (placeholder(kind=DT_UINT8), r"else than float32"),
        (node("input", "Placeholder"), r"no attribute 'dtype'"),
        (kernel("input", 3), r"0 inputs"),
    ],
    ids=["grey", "flat", "huge", "empty", "bytes", "untyped", "missing"],
)
def test_a_wrong_input_is_refused(tmp_path, picture, words):
    assert re.search(words, refusal(write_graph(tmp_path / "wrong.pb", picture, node("x", "Relu", "input"))))


def test_a_missing_file_is_refused(tmp_path):
    assert "there is no such file" in refusal(tmp_path / "none.pb")


def test_a_folder_is_refused(tmp_path):
    assert "is a folder; name a frozen TensorFlow graph" in refusal(tmp_path)


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "empty.pb"
    path.touch()
    assert "holds no nodes" in refusal(path)


def test_a_file_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("dreamzoom.models.tensorflow.reader.LARGEST_FILE", 1 << 20)
    path = tmp_path / "large.pb"
    with path.open("wb") as file:
        file.truncate((1 << 20) + 1)
    assert "larger than 1 MiB" in refusal(path)


def test_a_truncated_graph_is_refused(tmp_path):
    nodes = inception5h(64)
    whole = GraphDef(node=nodes).SerializeToString()
    between_nodes = set(accumulate(GraphDef(node=[made]).ByteSize() for made in nodes))
    path = tmp_path / "truncated.pb"
    for length in set(range(1, len(whole), 1777)) - between_nodes:
        path.write_bytes(whole[:length])
        refusal(path)


def test_it_is_told_how_much_a_broken_download_lacks(tmp_path):
    path = tmp_path / "truncated.pb"
    path.write_bytes(GraphDef(node=inception5h(32)).SerializeToString()[:-1])
    assert re.search("damaged: it ends in the middle of a field, 1 bytes short", refusal(path))


@pytest.mark.parametrize(
    "tiny",
    [b"\x0a\x00", b"\x0a\x02\x1a\x00", b"\x0a\x02\x2a\x00", b"\x10\x01"],
    ids=["nodes", "inputs", "attributes", "unknown"],
)
def test_a_file_of_millions_of_tiny_fields_is_refused(tmp_path, tiny):
    path = tmp_path / "tiny.pb"
    path.write_bytes(tiny * (16 * MOST_FIELDS))
    assert "than" in refusal(path)


def test_structure_hidden_in_one_field_is_refused(tmp_path):
    made = node("input", "Placeholder", dims=[7] * (4 << 20))
    assert "beside its tensors" in refusal(write_graph(tmp_path / "list.pb", made))


def test_a_graph_nested_deeply_is_refused(tmp_path):
    data = b""
    for _ in range(2000):
        data = b"\x0a" + _varint(len(data)) + data
    path = tmp_path / "nested.pb"
    path.write_bytes(data)
    refusal(path)


def _varint(number: int) -> bytes:
    low, high = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(high) if high else bytes([low])


# --------------------------------------------------------------------------------------------------- fuzz


def small_graph() -> bytes:
    """A graph of most operations with few weights, so that damage meets its structure."""
    nodes = [
        kernel("w", 1, 1, 3, 2),
        kernel("b", 2),
        conv("c", "input", "w", stride=2),
        node("a", "BiasAdd", "c", "b"),
        node("n", "LRN", "a", depth_radius=2, alpha=0.1),
        pool("p", "MaxPool", "n", 3, 2),
        axis("axis", 3),
        node("j", "Concat", "axis", "p", "p"),
        integers("s", -1, 4),
        node("flat", "Reshape", "j", "s"),
        kernel("m", 4, 2),
        node("y", "MatMul", "flat", "m"),
        node("z", "Softmax", "y"),
    ]
    return GraphDef(node=[placeholder(), *nodes]).SerializeToString()


SMALL = small_graph()


def read_or_refuse(path: Path, data: bytes) -> None:
    """Whatever the bytes, there is a network or a ModelError of one line."""
    path.write_bytes(data)
    words, network = outcome(path)
    assert "\n" not in words
    assert network is None or blob_shapes(network, (32, 32))


def outcome(path: Path) -> tuple[str, Network | None]:
    """What the reader says of a file, or the network it reads."""
    try:
        return "", read_graph(path)
    except ModelError as error:
        return str(error), None


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory) -> Callable[[bytes], None]:
    """Reads bytes from a file."""
    path = tmp_path_factory.mktemp("fuzz") / "fuzzed.pb"
    return lambda data: read_or_refuse(path, data)


@given(data=st.binary(max_size=400))
def test_random_bytes_are_refused(fuzzed, data):
    fuzzed(data)


@given(length=st.integers(0, len(SMALL)))
def test_any_truncation_is_read_or_refused(fuzzed, length):
    fuzzed(SMALL[:length])


@given(flips=st.lists(st.integers(0, 8 * len(SMALL) - 1), min_size=1, max_size=8))
def test_any_flipped_bits_are_read_or_refused(fuzzed, flips):
    damaged = bytearray(SMALL)
    for bit in flips:
        damaged[bit // 8] ^= 1 << bit % 8
    fuzzed(bytes(damaged))


@given(place=st.integers(0, len(SMALL)), cut=st.integers(0, 40), patch=st.binary(max_size=40))
def test_any_patch_is_read_or_refused(fuzzed, place, cut, patch):
    fuzzed(SMALL[:place] + patch + SMALL[place + cut :])
