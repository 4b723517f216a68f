"""A frozen graph's file, read whole and checked.

The nodes keep TensorFlow's names and, as far as each comes behind its inputs, their order in the file. Every
node that depends on the picture becomes a layer with one blob of its name; constants go into the layers that
use them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from google.protobuf.message import DecodeError

from dreamzoom.errors import ModelError
from dreamzoom.models.network import Affine, Convolution, InnerProduct, Layer, Network, Operation
from dreamzoom.models.tensorflow.graph_pb2 import DT_FLOAT, GraphDef
from dreamzoom.models.tensorflow.nodes import LARGEST_SIDE, Node, in_order, named_nodes
from dreamzoom.models.tensorflow.operations import OPERATIONS, Made, Picture, Scope, Value
from dreamzoom.models.tensorflow.wire import WireError, check_wire

LARGEST_FILE = 128 << 20  # bytes; inception5h has 54 million

_USUAL_SIDE = (
    224  # of the input, in pixels, where the graph leaves it open: what inception5h was trained with
)
_SPARE_WEIGHTS = 64 << 20  # bytes that weights may take beyond the file's size, being shared or repeated
_COLOURS = 3


def read_graph(path: Path) -> Network:
    """The network of a frozen GraphDef, such as inception5h's `tensorflow_inception_graph.pb`.

    Nodes it may have: one Placeholder, (N, H, W, 3) float32; Const, Conv2D, BiasAdd, Relu, MaxPool, AvgPool,
    LRN, Concat, ConcatV2, MatMul, Softmax, Reshape that flattens, Identity and CheckNumerics.

    Blobs have the values that TensorFlow computes, as (N, C, H, W); a flattened picture has them channel by
    channel. Behind a MatMul there are blobs only for pictures of the size that its weights are for.

    Raises:
        ModelError: the file cannot be read, is damaged or no frozen graph, or has something dreamzoom does
            not support; the node and its operation are named.
    """
    data = _bytes(path)
    nodes = in_order(named_nodes(_graph(data, path).node, path))
    return _network(nodes, path, len(data) + _SPARE_WEIGHTS)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > LARGEST_FILE:
        raise ModelError(
            f"{path} is larger than {LARGEST_FILE >> 20} MiB; dreamzoom reads no graphs of that size"
        )
    return data


def _graph(data: bytes, path: Path) -> GraphDef:
    try:
        check_wire(data)
        graph = GraphDef.FromString(data)
    except WireError as error:
        raise ModelError(f"{path} is no frozen TensorFlow graph, or is damaged: it {error}") from error
    except DecodeError as error:
        raise ModelError(
            f"{path} is no frozen TensorFlow graph, or is damaged: protobuf cannot read it"
        ) from error
    if not graph.node:
        raise ModelError(f"{path} holds no nodes; a frozen TensorFlow graph (a binary GraphDef) is wanted")
    return graph


def _network(nodes: Sequence[Node], path: Path, most_bytes: int) -> Network:
    picture = _placeholder(nodes, path)
    input_shape = _input_shape(picture)
    values: dict[str, Value] = {picture.name: Picture(_COLOURS)}
    constants: dict[str, Node] = {}
    layers: list[Layer] = []
    for node in nodes:
        if node is picture:
            continue
        constant = _constant(node, constants)
        if constant is not None:
            constants[node.name] = constant
            continue
        made = _made(node, Scope(values, constants))
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


def _made(node: Node, scope: Scope) -> Made:
    if node.op not in OPERATIONS:
        raise node.error(
            f"has an operation that dreamzoom does not compute; it computes {', '.join(OPERATIONS)}"
        )
    return OPERATIONS[node.op](node, scope)


def _weight_bytes(operation: Operation) -> int:
    if isinstance(operation, Convolution | InnerProduct):
        return operation.weight.nbytes
    if isinstance(operation, Affine) and operation.offset is not None:
        return operation.offset.nbytes
    return 0
