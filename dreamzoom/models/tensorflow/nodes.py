"""A graph's nodes: names, inputs and attributes, each checked when it is asked for, and constants as arrays.

What a constant declares is compared with the bytes there are before anything is allocated.
"""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from math import prod
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dreamzoom.errors import ModelError
from dreamzoom.models.network import Array, Pair
from dreamzoom.models.tensorflow.graph_pb2 import (
    DT_FLOAT,
    DT_INT32,
    DT_INT64,
    AttrValue,
    DataType,
    NodeDef,
    TensorProto,
)

T = TypeVar("T")

LARGEST_SIDE = 4096  # of a window, a stride, a dilation or the declared input, in pixels

_NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.\\/>-]{0,255}")  # TensorFlow's own rule, and a limit


@dataclass(frozen=True)
class Node:
    """One node of the graph in the file `path`.

    `inputs` are the names of the nodes whose values it takes: their first outputs (the only ones of the
    operations read here), without the inputs that only decide the order of work.
    """

    path: Path
    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, AttrValue]

    def error(self, text: str) -> ModelError:
        """The error that says `text` of this node: "wants ...", "has ..."."""
        return ModelError(f"{self.path}: node {self.name!r} ({self.op}) {text}")

    def want_inputs(self, count: int) -> None:
        """Make sure that there are `count` inputs."""
        if len(self.inputs) != count:
            raise self.error(f"wants {count} inputs, but has {len(self.inputs)}")

    def text(self, key: str, default: str | None = None) -> str:
        """An attribute of letters, such as padding; without a default it must be there."""
        value = self._find(key, "s")
        return self._or(default, key) if value is None else value.s.decode("ascii", "backslashreplace")[:40]

    def integer(self, key: str, default: int) -> int:
        """An attribute that is a whole number."""
        value = self._find(key, "i")
        return default if value is None else value.i

    def number(self, key: str, default: float) -> float:
        """An attribute that is a finite number."""
        value = self._find(key, "f")
        if value is not None and not math.isfinite(value.f):
            raise self.error(f"has {key} = {value.f}, with which nothing can be computed")
        return default if value is None else value.f

    def data_type(self, key: str) -> int:
        """An attribute that is a type of numbers, as a DataType; it must be there."""
        value = self._find(key, "type")
        return self._or(None, key) if value is None else value.type

    def flag(self, key: str) -> bool:
        """An attribute that is true or false, false by default."""
        value = self._find(key, "b")
        return value is not None and value.b

    def tensor(self, key: str) -> TensorProto:
        """An attribute that is a tensor; it must be there."""
        value = self._find(key, "tensor")
        return self._or(None, key) if value is None else value.tensor

    def shape(self, key: str) -> tuple[int, ...]:
        """An attribute that is a shape, -1 for a side that is open; () when the shape is unknown."""
        value = self._find(key, "shape")
        return () if value is None else tuple(dim.size for dim in value.shape.dim[:9])

    def sides(self, key: str, default: Pair | None = None) -> Pair:
        """An attribute [1, rows, columns, 1], such as a window's size; without a default it must be there."""
        value = self._find(key, "list")
        if value is None:
            return self._or(default, key)
        numbers = list(value.list.i[:5])
        if len(numbers) != 4 or numbers[0] != 1 or numbers[3] != 1:
            raise self.error(f"has {key} = {numbers}; dreamzoom computes [1, rows, columns, 1] alone")
        rows, columns = numbers[1:3]
        if not (1 <= rows <= LARGEST_SIDE and 1 <= columns <= LARGEST_SIDE):
            raise self.error(f"has {key} = {numbers}; sides go from 1 to {LARGEST_SIDE}")
        return rows, columns

    def want_channels_last(self) -> None:
        """Make sure that pictures are (N, H, W, C), TensorFlow's default."""
        layout = self.text("data_format", "NHWC")
        if layout != "NHWC":
            raise self.error(f"has data_format {layout!r}; dreamzoom reads graphs with NHWC")

    def _find(self, key: str, kind: str) -> AttrValue | None:
        """The attribute `key`, which must hold a `kind` if it is there."""
        if key not in self.attributes:
            return None
        value = self.attributes[key]
        if value.WhichOneof("value") != kind:
            raise self.error(f"has an attribute {key!r} of the wrong kind")
        return value

    def _or(self, default: T | None, key: str) -> T:
        """The default of an attribute that is missing."""
        if default is None:
            raise self.error(f"has no attribute {key!r}")
        return default


def named_nodes(protos: Iterable[NodeDef], path: Path) -> dict[str, Node]:
    """The nodes by name, in the order of the file, every input one of them.

    Raises:
        ModelError: a name is missing, repeated or none, or an input does not exist.
    """
    nodes: dict[str, Node] = {}
    for place, proto in enumerate(protos):
        if not _NAME.fullmatch(proto.name):
            raise ModelError(
                f"{path}: node {place} has {proto.name[:40]!r} for a name, which TensorFlow would refuse"
            )
        if not _NAME.fullmatch(proto.op):
            raise ModelError(f"{path}: node {proto.name!r} has {proto.op[:40]!r} for an operation")
        if proto.name in nodes:
            raise ModelError(f"{path}: two nodes are named {proto.name!r}")
        inputs = tuple(_source(text, proto, path) for text in proto.input if not text.startswith("^"))
        nodes[proto.name] = Node(path, proto.name, proto.op, inputs, proto.attr)
    for node in nodes.values():
        for source in node.inputs:
            if source not in nodes:
                raise node.error(f"takes its input from {source[:80]!r}, and there is no such node")
    return nodes


def _source(text: str, proto: NodeDef, path: Path) -> str:
    """The node that an input names: "conv2d0" or "conv2d0:0"."""
    name, _, output = text.partition(":")
    if output not in ("", "0"):
        raise ModelError(
            f"{path}: node {proto.name!r} takes output {output[:10]!r} of {name[:80]!r}, which has one alone"
        )
    return name


def in_order(nodes: Mapping[str, Node]) -> list[Node]:
    """The nodes, each after its inputs; else as in the file.

    Raises:
        ModelError: a node needs its own value.
    """
    sorter = TopologicalSorter({node.name: node.inputs for node in nodes.values()})
    try:
        sorter.prepare()
    except CycleError as error:
        node = nodes[error.args[1][0]]
        raise node.error("needs its own value: the graph runs in a circle") from error
    places = {name: place for place, name in enumerate(nodes)}
    ready: list[tuple[int, str]] = []
    order: list[Node] = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heapq.heappush(ready, (places[name], name))
        _, name = heapq.heappop(ready)
        order.append(nodes[name])
        sorter.done(name)
    return order


MOST_REPEATED = 1 << 20  # how many numbers one number may stand for

_INTEGERS = {DT_INT32: "<i4", DT_INT64: "<i8"}
_MOST_INTEGERS = 16  # shapes and axes have a few


def floats(node: Node, dimensions: int) -> Array:
    """The numbers of a Const: float32, of that many dimensions, each side at least 1.

    Raises:
        ModelError: it is no such constant, or its shape does not fit its bytes.
    """
    tensor = node.tensor("value")
    shape = _shape(node, tensor)
    if tensor.dtype != DT_FLOAT or len(shape) != dimensions:
        raise node.error(f"is {_words(tensor, shape)}; float32 of {dimensions} dimensions is wanted there")
    if min(shape, default=1) < 1:
        raise node.error(f"has the shape {list(shape)}, with a side below 1")
    numbers: Array = _numbers(node, tensor, shape, "<f4").astype(np.float32, copy=False)
    if not np.isfinite(numbers).all():
        raise node.error("holds numbers that are not finite; the file is damaged")
    return numbers


def integers(node: Node) -> tuple[int, ...]:
    """The few whole numbers of a Const that gives a shape or an axis.

    Raises:
        ModelError: it is no such constant, or its shape does not fit its bytes.
    """
    tensor = node.tensor("value")
    shape = _shape(node, tensor)
    if tensor.dtype not in _INTEGERS or len(shape) > 1 or not 0 <= prod(shape) <= _MOST_INTEGERS:
        raise node.error(f"is {_words(tensor, shape)}; a few whole numbers are wanted there")
    return tuple(int(number) for number in _numbers(node, tensor, shape, _INTEGERS[tensor.dtype]).ravel())


def _shape(node: Node, tensor: TensorProto) -> tuple[int, ...]:
    if tensor.tensor_shape.unknown_rank or len(tensor.tensor_shape.dim) > 8:
        raise node.error("has no shape that dreamzoom can use")
    return tuple(dim.size for dim in tensor.tensor_shape.dim)


def _numbers(node: Node, tensor: TensorProto, shape: tuple[int, ...], kind: str) -> NDArray[Any]:
    """Its numbers, packed or listed; the last one of a list stands for all that are missing."""
    content, count = tensor.tensor_content, prod(shape)
    if content:
        if len(content) != count * np.dtype(kind).itemsize:
            raise node.error(f"is {_words(tensor, shape)}, but has {len(content)} bytes")
        return np.frombuffer(content, kind).reshape(shape)
    listed = _list(node, tensor, kind)
    given = len(listed)
    if not min(count, 1) <= given <= count or count - given > MOST_REPEATED:
        raise node.error(f"is {_words(tensor, shape)}, but lists {given} numbers")
    if count > given:
        listed = np.pad(listed, (0, count - given), "edge")
    return listed.reshape(shape)


def _list(node: Node, tensor: TensorProto, kind: str) -> NDArray[Any]:
    """The numbers in the list of a kind."""
    if kind != "<f4":
        return np.fromiter(tensor.int_val if kind == "<i4" else tensor.int64_val, kind)
    if len(tensor.float_val) % 4:
        raise node.error(f"lists {len(tensor.float_val)} bytes of float32, which have 4 each")
    return np.frombuffer(tensor.float_val, kind)


def _words(tensor: TensorProto, shape: tuple[int, ...]) -> str:
    known = DataType.values()
    kind = DataType.Name(tensor.dtype) if tensor.dtype in known else f"of type {int(tensor.dtype)}"
    return f"{kind} of shape {list(shape)}"
