"""A frozen graph's file, read whole and checked.

The nodes keep TensorFlow's names and, as far as each comes after its inputs, their order in the file. Every
node that depends on the picture becomes a layer with one blob of its name. Constants go into the layers that
use them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from google.protobuf.message import DecodeError

from dreamzoom.errors import ModelError
from dreamzoom.io.files import read_at_most
from dreamzoom.models.network import Layer, Network, Operation
from dreamzoom.models.tensorflow.graph_pb2 import DT_FLOAT, GraphDef
from dreamzoom.models.tensorflow.nodes import LARGEST_SIDE, Node, in_order, named_nodes
from dreamzoom.models.tensorflow.operations import OPERATIONS, ImageValue, Scope, Value
from dreamzoom.models.wire import fields

LARGEST_FILE = 128 << 20  # bytes; inception5h has 54 million
LARGEST_STRUCTURE = 2 << 20  # bytes of all that is no tensor's numbers; inception5h has about 0.1 million
MOST_FIELDS = 200_000  # inception5h has about 5,000

_PATH_TO_NUMBERS = (1, 5, 2, 8)  # GraphDef.node, NodeDef.attr, its entry's value, AttrValue.tensor
_NUMBERS = (4, 5)  # TensorProto.tensor_content and float_val

_USUAL_SIDE = 224  # pixels of an input whose size the graph leaves open: what inception5h was trained with
_SPARE_WEIGHTS = 64 << 20  # bytes that weights may take beyond the file's size, being shared or repeated
_COLOURS = 3


def read_graph(path: Path) -> Network:
    """The network of a frozen GraphDef, such as inception5h's `tensorflow_inception_graph.pb`.

    Nodes it may have: one Placeholder, (N, H, W, 3) float32; Const, Conv2D, BiasAdd, Relu, MaxPool, AvgPool,
    LRN, Concat, ConcatV2, MatMul, Softmax, Reshape that flattens, Identity and CheckNumerics.

    Blobs have the values that TensorFlow computes, as (N, C, H, W); a flattened picture has them channel by
    channel. After a MatMul there are blobs only for pictures of the size that its weights are for.

    Raises:
        ModelError: the file cannot be read, is damaged or no frozen graph, or has something dreamzoom does
            not support; the node and its operation are named.
    """
    data = read_at_most(path, LARGEST_FILE, ModelError, "frozen TensorFlow graph")
    nodes = in_order(named_nodes(_graph(data, path).node, path))
    return _network(nodes, path, len(data) + _SPARE_WEIGHTS)


def _graph(data: bytes, path: Path) -> GraphDef:
    try:
        _check_structure(data)
        graph = GraphDef.FromString(data)
    except DecodeError as error:
        raise ModelError(f"{path} is no frozen TensorFlow graph, or is damaged: {error}") from error
    if not graph.node:
        raise ModelError(f"{path} holds no nodes; a frozen TensorFlow graph (a binary GraphDef) is wanted")
    return graph


def _check_structure(data: bytes) -> None:
    """Make sure that `data` is shaped like a message all through, and that little of it is structure.

    Nearly all bytes of a graph are its tensors' numbers, which the protobuf library leaves as they are.
    """
    numbers = 0
    for visited, (depth, number, length) in enumerate(_walk(memoryview(data), 0)):
        if visited == MOST_FIELDS:
            raise DecodeError(f"it has more than {MOST_FIELDS} fields, which no network needs")
        if depth == len(_PATH_TO_NUMBERS) and number in _NUMBERS:
            numbers += length
    structure = len(data) - numbers
    if structure > LARGEST_STRUCTURE:
        raise DecodeError(f"it has {structure} bytes beside its tensors' numbers, too many for any network")


def _walk(message: memoryview, depth: int) -> Iterator[tuple[int, int, int]]:
    """(depth, field number, bytes of its content) of each field on the way to the tensors' numbers."""
    for number, content in fields(message):
        yield depth, number, len(content or b"")
        if content is not None and _PATH_TO_NUMBERS[depth : depth + 1] == (number,):
            yield from _walk(content, depth + 1)


def _network(nodes: Sequence[Node], path: Path, most_bytes: int) -> Network:
    picture = _placeholder(nodes, path)
    input_shape = _input_shape(picture)
    values: dict[str, Value] = {picture.name: ImageValue(_COLOURS)}
    constants: dict[str, Node] = {}
    layers: list[Layer] = []
    for node in nodes:
        if node is picture:
            continue
        constant = _constant(node, constants)
        if constant is not None:
            constants[node.name] = constant
            continue
        if node.op not in OPERATIONS:
            known = ", ".join(OPERATIONS)
            raise node.error(f"has an operation that dreamzoom does not compute; it computes {known}")
        made = OPERATIONS[node.op](node, Scope(values, constants))
        values[node.name] = made.value
        layers.append(Layer(node.name, made.operation, made.bottoms, (node.name,)))
        most_bytes -= _weight_bytes(made.operation)
        if most_bytes < 0:
            raise node.error("brings the weights to more bytes than the file has; it is no sensible network")
    if not layers:
        raise ModelError(f"{path} has no layers: no node does anything with {picture.name!r}")
    return Network(path.stem, picture.name, input_shape, tuple(layers))


def _placeholder(nodes: Iterable[Node], path: Path) -> Node:
    found = [node for node in nodes if node.op == "Placeholder"]
    if len(found) != 1:
        names = "; the first are " + " and ".join(repr(node.name) for node in found[:2]) if found else ""
        raise ModelError(
            f"{path} has {len(found)} inputs (Placeholder nodes), and dreamzoom needs one{names}"
        )
    return found[0]


def _input_shape(node: Node) -> tuple[int, int, int]:
    """(C, H, W) as the Placeholder declares it; TensorFlow once wrote an unknown shape as an empty one."""
    node.want_inputs(0)
    if node.data_type("dtype") != DT_FLOAT:
        raise node.error("takes something else than float32 numbers")
    shape = node.shape("shape") or (-1, -1, -1, -1)
    if len(shape) != 4 or shape[3] not in (-1, _COLOURS):
        raise node.error(f"has the shape {list(shape)}; dreams need pictures, [-1, H, W, {_COLOURS}]")
    height, width = (_USUAL_SIDE if side == -1 else side for side in shape[1:3])
    if not (1 <= height <= LARGEST_SIDE and 1 <= width <= LARGEST_SIDE):
        raise node.error(f"has the shape {list(shape)}; sides go from 1 to {LARGEST_SIDE}")
    return _COLOURS, height, width


def _constant(node: Node, constants: dict[str, Node]) -> Node | None:
    """The Const that a node is, or hands on; None where it is something else."""
    if node.op == "Const":
        return node
    if node.op in ("Identity", "CheckNumerics") and len(node.inputs) == 1:
        return constants.get(node.inputs[0])
    return None


def _weight_bytes(operation: Operation) -> int:
    return sum(each.nbytes for each in vars(operation).values() if isinstance(each, np.ndarray))
