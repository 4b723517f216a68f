"""A graph's constants as arrays.

What they declare is compared with the bytes there are before anything is allocated.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamzoom.models.network import Array
from dreamzoom.models.tensorflow_format.graph_pb2 import DT_FLOAT, DT_INT32, DT_INT64, DataType, TensorProto
from dreamzoom.models.tensorflow_format.nodes import Node

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
    content = tensor.tensor_content
    count = prod(shape)
    if content:
        if len(content) != count * np.dtype(kind).itemsize:
            raise node.error(f"is {_words(tensor, shape)}, but has {len(content)} bytes")
        return np.frombuffer(content, kind).reshape(shape)
    return _listed(node, tensor, shape, kind)


def _listed(node: Node, tensor: TensorProto, shape: tuple[int, ...], kind: str) -> NDArray[Any]:
    """The numbers of a tensor that lists them; the last one stands for all that are missing."""
    listed = _list(node, tensor, kind)
    count, given = prod(shape), len(listed)
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
