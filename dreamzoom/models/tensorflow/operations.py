"""What each operation of TensorFlow is in a network of ours.

TensorFlow's pictures are (N, H, W, C), ours (N, C, H, W): kernels turn from (rows, columns, in, out) to
(out, in, rows, columns), and joining along axis 3 becomes joining along axis 1. A flattened picture has
TensorFlow's numbers in another order, channel by channel instead of pixel by pixel, and the weights of a
MatMul after it are put in that order too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

import numpy as np

from dreamzoom.models import network
from dreamzoom.models.network import Array, Operation, Pair
from dreamzoom.models.tensorflow.nodes import Node, floats, integers

MOST_CHANNELS = 1 << 20


@dataclass(frozen=True)
class ImageValue:
    """What is known of a value (N, H, W, channels)."""

    channels: int


@dataclass(frozen=True)
class VectorValue:
    """What is known of a value (N, length), which was flattened from pictures of that many channels.

    `length` is None where it depends on the size of the picture, and equals `channels` for a single pixel.
    """

    length: int | None
    channels: int


Value: TypeAlias = ImageValue | VectorValue


@dataclass(frozen=True)
class Made:
    """A node as it stands in the network: the values it reads, what it does with them, and what comes out."""

    bottoms: tuple[str, ...]
    operation: Operation
    value: Value


@dataclass(frozen=True)
class Scope:
    """What the nodes so far have made: values of the picture, and the Const that each constant is."""

    values: Mapping[str, Value]
    constants: Mapping[str, Node]

    def value(self, node: Node, place: int) -> Value:
        """The value a node takes at that place."""
        name = node.inputs[place]
        if name not in self.values:
            raise node.error(f"wants a value of the picture for input {place}, but {name!r} is constant")
        return self.values[name]

    def picture(self, node: Node, place: int = 0) -> ImageValue:
        """The value at that place, which must have rows and columns."""
        value = self.value(node, place)
        if not isinstance(value, ImageValue):
            raise node.error(f"wants a picture for input {place}, but {node.inputs[place]!r} is flat")
        return value

    def constant(self, node: Node, place: int) -> Node:
        """The Const a node takes at that place."""
        name = node.inputs[place]
        if name not in self.constants:
            raise node.error(f"wants a constant for input {place}, but {name!r} is none")
        return self.constants[name]


def _convolution(node: Node, scope: Scope) -> Made:
    node.want_inputs(2)
    node.want_channels_last()
    picture, kernel = scope.picture(node), floats(scope.constant(node, 1), 4)
    if kernel.shape[2] != picture.channels:
        raise node.error(
            f"has a kernel {list(kernel.shape)} for {kernel.shape[2]} channels, but "
            f"{node.inputs[0]!r} has {picture.channels}"
        )
    weight = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))  # (out, in, rows, columns)
    stride, dilation = node.sides("strides"), node.sides("dilations", (1, 1))
    operation = network.Convolution(weight, None, stride, _padding(node), dilation)
    return Made(node.inputs[:1], operation, ImageValue(weight.shape[0]))


def _bias_add(node: Node, scope: Scope) -> Made:
    """BiasAdd, on pictures and after a MatMul."""
    node.want_inputs(2)
    node.want_channels_last()
    value, bias = scope.value(node, 0), floats(scope.constant(node, 1), 1)
    if isinstance(value, VectorValue) and value.length != value.channels:
        raise node.error("adds a bias to a flattened picture, which dreamzoom does not compute")
    if len(bias) != value.channels:
        raise node.error(f"has a bias for {len(bias)} channels, but {node.inputs[0]!r} has {value.channels}")
    return Made(node.inputs[:1], network.Affine(None, bias), value)


def _matrix_product(node: Node, scope: Scope) -> Made:
    """MatMul of a vector with constant weights."""
    node.want_inputs(2)
    vector, weight = scope.value(node, 0), floats(scope.constant(node, 1), 2)
    if not isinstance(vector, VectorValue) or node.flag("transpose_a"):
        raise node.error(
            "multiplies something else than a vector with weights, which dreamzoom does not compute"
        )
    if node.flag("transpose_b"):
        weight = weight.T
    if weight.shape[0] != (vector.length or weight.shape[0]) or weight.shape[0] % vector.channels:
        raise node.error(
            f"has weights {list(weight.shape)} that do not fit {node.inputs[0]!r} of "
            f"{vector.length or 'any'} values from {vector.channels} channels"
        )
    operation = network.InnerProduct(_channel_by_channel(weight, vector.channels), None)
    return Made(node.inputs[:1], operation, VectorValue(weight.shape[1], weight.shape[1]))


def _channel_by_channel(weight: Array, channels: int) -> Array:
    """Weights (pixels * channels, out) of TensorFlow as ours, (out, channels * pixels)."""
    values, outputs = weight.shape
    by_pixel = weight.reshape(values // channels, channels, outputs)
    return np.ascontiguousarray(by_pixel.transpose(2, 1, 0).reshape(outputs, values))


def _value_by_value(node: Node, scope: Scope, operation: Operation) -> Made:
    """What keeps the shape of its only input."""
    node.want_inputs(1)
    return Made(node.inputs, operation, scope.value(node, 0))


def _local_response(node: Node, scope: Scope) -> Made:
    """LRN, over 2 r + 1 channels; TensorFlow's alpha is that of one channel, Caffe's that of them all."""
    node.want_inputs(1)
    picture, radius = scope.picture(node), node.integer("depth_radius", 5)
    if not 0 <= radius <= MOST_CHANNELS:
        raise node.error(f"has depth_radius = {radius}; it goes from 0 to {MOST_CHANNELS}")
    size = 2 * min(radius, picture.channels) + 1  # beyond the channels there is nothing to sum
    alpha, beta, bias = node.number("alpha", 1.0), node.number("beta", 0.5), node.number("bias", 1.0)
    return Made(node.inputs, network.LocalResponse(size, alpha * size, beta, bias), picture)


def _pool(node: Node, scope: Scope, method: Literal["max", "average"]) -> Made:
    """MaxPool and AvgPool; with SAME padding an average counts real pixels alone."""
    node.want_inputs(1)
    node.want_channels_last()
    window, stride = node.sides("ksize"), node.sides("strides")
    operation = network.Pooling(method, window, stride, _padding(node), round_up=False)
    return Made(node.inputs, operation, scope.picture(node))


def _padding(node: Node) -> Pair | Literal["same"]:
    padding = node.text("padding")
    if padding == "SAME":
        return "same"
    if padding != "VALID":
        raise node.error(f"has padding {padding!r}; dreamzoom computes SAME and VALID")
    return 0, 0


def _join(node: Node, scope: Scope, *, axis_first: bool) -> Made:
    """Concat, whose input 0 is the axis, and ConcatV2, whose last input is."""
    last = len(node.inputs) - 1
    axis_place, places = (0, range(1, last + 1)) if axis_first else (last, range(last))
    if not places:
        raise node.error("joins nothing")
    values = [scope.value(node, place) for place in places]
    last_axes = {(3,), (-1,)} if isinstance(values[0], ImageValue) else {(1,), (-1,)}
    axis = integers(scope.constant(node, axis_place))
    if len({type(value) for value in values}) > 1 or axis not in last_axes:
        raise node.error(
            f"joins along axis {list(axis)}; dreamzoom joins values of one kind by their channels"
        )
    value = _joined(node, values)
    if value.channels > MOST_CHANNELS:
        raise node.error(f"makes more than {MOST_CHANNELS} channels")
    return Made(tuple(node.inputs[place] for place in places), network.Concat(axis=1), value)


def _joined(node: Node, values: Sequence[Value]) -> Value:
    channels = sum(value.channels for value in values)
    vectors = [value for value in values if isinstance(value, VectorValue)]
    if any(vector.length != vector.channels for vector in vectors):
        raise node.error("joins flattened pictures, which dreamzoom does not compute")
    return VectorValue(channels, channels) if vectors else ImageValue(channels)


def _reshape(node: Node, scope: Scope) -> Made:
    """Reshape to [1 or -1, length], which flattens; a vector may be given the shape it has."""
    node.want_inputs(2)
    value, shape = scope.value(node, 0), integers(scope.constant(node, 1))
    if len(shape) != 2 or shape[0] not in (1, -1) or (shape[1] < 1 and shape != (1, -1)):
        raise node.error(
            f"gives the shape {list(shape)}; dreamzoom flattens to [1, -1] or [-1, length] alone"
        )
    length = shape[1] if shape[1] > 0 else None
    if isinstance(value, VectorValue):
        if length and value.length and length != value.length:
            raise node.error(f"makes {length} values of {value.length}")
        return Made(node.inputs[:1], network.Identity(), VectorValue(length or value.length, value.channels))
    if length and length % value.channels:
        raise node.error(f"makes {length} values of pixels with {value.channels} channels each")
    return Made(node.inputs[:1], network.Flatten(), VectorValue(length, value.channels))


OPERATIONS: Mapping[str, Callable[[Node, Scope], Made]] = {
    "AvgPool": partial(_pool, method="average"),
    "BiasAdd": _bias_add,
    "CheckNumerics": partial(_value_by_value, operation=network.Identity()),
    "Concat": partial(_join, axis_first=True),
    "ConcatV2": partial(_join, axis_first=False),
    "Conv2D": _convolution,
    "Identity": partial(_value_by_value, operation=network.Identity()),
    "LRN": _local_response,
    "MatMul": _matrix_product,
    "MaxPool": partial(_pool, method="max"),
    "Relu": partial(_value_by_value, operation=network.ReLU()),
    "Reshape": _reshape,
    "Softmax": partial(_value_by_value, operation=network.Softmax(axis=1)),
}
