"""Frozen TensorFlow graphs for tests, put together node by node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamzoom.models.tensorflow.graph_pb2 import (
    DT_FLOAT,
    DT_INT32,
    DT_INT64,
    AttrValue,
    DataType,
    GraphDef,
    NodeDef,
    TensorProto,
    TensorShapeProto,
)

Attribute = bool | int | float | str | Sequence[int] | AttrValue
KINDS = {"float32": DT_FLOAT, "int32": DT_INT32, "int64": DT_INT64}

# The towers of inception5h's modules: 1x1, 3x3 bottleneck, 3x3, 5x5 bottleneck, 5x5 and pool reduce.
MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 204, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 48, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
POOLS_BEFORE = {"4a": "maxpool4", "5a": "maxpool10"}
CLASSES = 1008


def node(name: str, op: str, *inputs: str, **attributes: Attribute) -> NodeDef:
    """A node; attributes that are lists or tuples are lists of integers."""
    made = NodeDef(name=name, op=op, input=inputs)
    for key, value in attributes.items():
        made.attr[key].CopyFrom(attribute(value))
    return made


def attribute(value: Attribute) -> AttrValue:
    """An attribute of the kind that Python's value is."""
    if isinstance(value, AttrValue):
        return value
    if isinstance(value, str):
        return AttrValue(s=value.encode())
    if isinstance(value, bool):
        return AttrValue(b=value)
    if isinstance(value, int):
        return AttrValue(i=value)
    if isinstance(value, float):
        return AttrValue(f=value)
    return AttrValue(list=AttrValue.ListValue(i=value))


def shape_of(sides: Sequence[int]) -> TensorShapeProto:
    """A shape."""
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=side) for side in sides])


def const(name: str, array: NDArray[np.generic]) -> NodeDef:
    """A constant with its numbers as bytes."""
    return constant(name, array.dtype.name, array.shape, tensor_content=array.tobytes())


def constant(name: str, kind: str, sides: Sequence[int], **numbers: Any) -> NodeDef:
    """A constant that declares a kind and a shape, whatever its `numbers` are, the field of that name."""
    tensor = TensorProto(dtype=KINDS[kind], tensor_shape=shape_of(sides), **numbers)
    return node(name, "Const", dtype=AttrValue(type=KINDS[kind]), value=AttrValue(tensor=tensor))


def integers(name: str, *numbers: int) -> NodeDef:
    """A constant list of int32."""
    return const(name, np.array(numbers, np.int32))


def axis(name: str, number: int) -> NodeDef:
    """A constant int32 without dimensions, in the list that TensorFlow puts one in."""
    return constant(name, "int32", [], int_val=[number])


def placeholder(*sides: int, kind: DataType = DT_FLOAT) -> NodeDef:
    """The picture; without sides its shape is unknown."""
    return node("input", "Placeholder", dtype=AttrValue(type=kind), shape=AttrValue(shape=shape_of(sides)))


def conv(name: str, source: str, weights: str, stride: int = 1, padding: str = "SAME") -> NodeDef:
    """Conv2D."""
    return node(name, "Conv2D", source, weights, strides=[1, stride, stride, 1], padding=padding)


def pool(name: str, op: str, source: str, side: int, stride: int, *, padding: str = "SAME") -> NodeDef:
    """MaxPool or AvgPool."""
    return node(name, op, source, ksize=[1, side, side, 1], strides=[1, stride, stride, 1], padding=padding)


def kernel(name: str, *shape: int) -> NodeDef:
    """Constant weights (rows, columns, in, out), or (in, out), or a bias, seeded by their name."""
    rng = np.random.default_rng(list(name.encode()))
    spread = float(np.prod(shape[:-1])) ** -0.5
    return const(name, (rng.standard_normal(shape) * spread).astype(np.float32))


def write_graph(path: Path, *nodes: NodeDef) -> Path:
    """A frozen graph as a file."""
    path.write_bytes(GraphDef(node=nodes).SerializeToString())
    return path


@dataclass
class _Builder:
    """Collects constants, which come first in inception5h's file, and the nodes that compute."""

    divisor: int
    constants: list[NodeDef] = field(default_factory=list)
    nodes: list[NodeDef] = field(default_factory=list)

    def thin(self, channels: int) -> int:
        return max(1, channels // self.divisor)

    def conv(self, name: str, source: str, side: int, ins: int, outs: int, *, stride: int = 1) -> str:
        self.constants += [kernel(f"{name}_w", side, side, ins, outs), kernel(f"{name}_b", outs)]
        self.nodes += [
            conv(f"{name}_pre_relu/conv", source, f"{name}_w", stride),
            node(f"{name}_pre_relu", "BiasAdd", f"{name}_pre_relu/conv", f"{name}_b"),
            node(name, "Relu", f"{name}_pre_relu"),
        ]
        return name

    def add(self, made: NodeDef) -> str:
        self.nodes.append(made)
        return made.name

    def dense(self, name: str, weights: str, source: str, ins: int, outs: int) -> str:
        self.constants += [kernel(f"{weights}_w", ins, outs), kernel(f"{weights}_b", outs)]
        self.add(node(f"{name}/matmul", "MatMul", source, f"{weights}_w"))
        return self.add(node(name, "BiasAdd", f"{name}/matmul", f"{weights}_b"))

    def reshape(self, source: str, length: int) -> str:
        self.nodes.append(integers(f"{source}/reshape/shape", -1, length))
        return self.add(node(f"{source}/reshape", "Reshape", source, f"{source}/reshape/shape"))

    def module(self, name: str, source: str, ins: int, widths: Sequence[int]) -> int:
        one, middle, three, small, five, reduced = map(self.thin, widths)
        self.conv(f"{name}_1x1", source, 1, ins, one)
        self.conv(
            f"{name}_3x3", self.conv(f"{name}_3x3_bottleneck", source, 1, ins, middle), 3, middle, three
        )
        self.conv(f"{name}_5x5", self.conv(f"{name}_5x5_bottleneck", source, 1, ins, small), 5, small, five)
        pooled = self.add(pool(f"{name}_pool", "MaxPool", source, 3, 1))
        self.conv(f"{name}_pool_reduce", pooled, 1, ins, reduced)
        towers = [f"{name}_{tower}" for tower in ("1x1", "3x3", "5x5", "pool_reduce")]
        self.nodes += [axis(f"{name}/concat_dim", 3), node(name, "Concat", f"{name}/concat_dim", *towers)]
        return one + three + five + reduced

    def head(self, number: int, source: str, ins: int) -> None:
        pooled = self.add(pool(f"head{number}_pool", "AvgPool", source, 5, 3, padding="VALID"))
        bottleneck, hidden = self.thin(128), self.thin(1024)
        flat = self.reshape(
            self.conv(f"head{number}_bottleneck", pooled, 1, ins, bottleneck), 16 * bottleneck
        )
        self.dense(f"nn{number}_pre_relu", f"nn{number}", flat, 16 * bottleneck, hidden)
        self.add(node(f"nn{number}", "Relu", f"nn{number}_pre_relu"))
        self.classify(number, self.reshape(f"nn{number}", hidden), hidden)

    def classify(self, number: int, source: str, ins: int) -> None:
        logits = f"softmax{number}_pre_activation"
        self.dense(logits, f"softmax{number}", source, ins, self.thin(CLASSES))
        self.add(node(f"softmax{number}", "Softmax", logits))


def inception5h(divisor: int = 1) -> list[NodeDef]:
    """The nodes of inception5h in its file's order: random weights, channels divided by `divisor`."""
    b = _Builder(divisor)
    lrn = {"depth_radius": 5, "bias": 1.0, "alpha": 1e-4, "beta": 0.5}
    first, third = b.thin(64), b.thin(192)
    b.add(pool("maxpool0", "MaxPool", b.conv("conv2d0", "input", 7, 3, first, stride=2), 3, 2))
    b.add(node("localresponsenorm0", "LRN", "maxpool0", **lrn))
    b.conv("conv2d2", b.conv("conv2d1", "localresponsenorm0", 1, first, first), 3, first, third)
    b.add(node("localresponsenorm1", "LRN", "conv2d2", **lrn))
    source, ins = b.add(pool("maxpool1", "MaxPool", "localresponsenorm1", 3, 2)), third
    channels = {}
    for module, widths in MODULES.items():
        if module in POOLS_BEFORE:
            source = b.add(pool(POOLS_BEFORE[module], "MaxPool", source, 3, 2))
        channels[module] = ins = b.module(f"mixed{module}", source, ins, widths)
        source = f"mixed{module}"
    b.add(pool("avgpool0", "AvgPool", source, 7, 1, padding="VALID"))
    b.head(0, "mixed4a", channels["4a"])
    b.head(1, "mixed4d", channels["4d"])
    b.classify(2, b.reshape("avgpool0", ins), ins)
    outputs = [node(f"output{number or ''}", "Identity", f"softmax{number}") for number in range(3)]
    return [placeholder(), *b.constants, *b.nodes, *outputs]
