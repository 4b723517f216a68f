"""A network as a graph of numbered values, and rewrites of it that compute the same in less time.

Caffe's in-place layers overwrite a blob. Here every node writes new values, and a blob's name stands for
its last one. Each rewrite takes and gives nodes in an order that can be run, and keeps the targets' values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from dreamzoom.models.network import (
    Concat,
    Convolution,
    Identity,
    LocalResponse,
    Network,
    Operation,
    Pooling,
    ReLU,
)


@dataclass(frozen=True, eq=False)
class RectifiedConvolution:
    """A convolution and the ReLU after it in one."""

    convolution: Convolution


@dataclass(frozen=True, eq=False)
class DeferredReLUConvolution:
    """The same, where the node that alone reads the result does the backward pass of the ReLU."""

    convolution: Convolution


@dataclass(frozen=True)
class RectifiedPooling:
    """Max pooling and the ReLU after it in one. After another ReLU it does the backward pass of both."""

    pooling: Pooling


@dataclass(frozen=True)
class LRNAfterReLU:
    """Local response normalisation of a ReLU's result, with the backward pass of that ReLU."""

    lrn: LocalResponse


@dataclass(frozen=True, eq=False)
class SiblingConvolutions:
    """Rectified convolutions of one input, done as one: its channels are split among their values."""

    convolution: Convolution
    channels: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class SplitConvolution:
    """A rectified 1x1 convolution of a concatenation that is never made: the sum of one for each part.

    The parts are results of ReLUs, pooled or not; the backward pass of those ReLUs is done here.
    """

    parts: tuple[Convolution, ...]  # the last one has the bias


NodeOperation: TypeAlias = (
    Operation
    | RectifiedConvolution
    | DeferredReLUConvolution
    | RectifiedPooling
    | LRNAfterReLU
    | SiblingConvolutions
    | SplitConvolution
)


@dataclass(frozen=True, eq=False)
class GraphNode:
    """One operation: the values it reads and those it writes. Value 0 is the network's input."""

    operation: NodeOperation
    reads: tuple[int, ...]
    writes: tuple[int, ...]


@dataclass(frozen=True)
class Graph:
    """The nodes that compute some blobs: `targets` names their values."""

    nodes: tuple[GraphNode, ...]
    targets: dict[str, int]

    def only_reader(self, node: GraphNode) -> GraphNode | None:
        """The one node that reads what a node writes; None where there are more, or where it is a target."""
        readers = [other for other in self.nodes if not set(node.writes).isdisjoint(other.reads)]
        is_target = not set(node.writes).isdisjoint(self.targets.values())
        return readers[0] if len(readers) == 1 and not is_target else None


def graph_of(network: Network, blobs: Sequence[str]) -> Graph:
    """The graph that computes the final values of `blobs`, one node a layer.

    Raises:
        UnknownBlobError: the network has no such blob.
    """
    current = {network.input_blob: 0}
    nodes: list[GraphNode] = []
    for layer in network.until(blobs).layers:
        reads = tuple(current[bottom] for bottom in layer.bottoms)
        if isinstance(layer.operation, Identity):
            written = reads[0]
        else:
            written = len(nodes) + 1
            nodes.append(GraphNode(layer.operation, reads, (written,)))
        current.update(dict.fromkeys(layer.tops, written))
    targets = {blob: current[blob] for blob in blobs}
    return Graph(_needed(nodes, targets.values()), targets)


def optimise(graph: Graph) -> Graph:
    """Do the rewrites that pay at every placement."""
    for rewrite in (rectify_after_pools, concatenate_after_pools, fuse_rectifiers, join_siblings):
        graph = rewrite(graph)
    return graph


def rectify_after_pools(graph: Graph) -> Graph:
    """Turn a ReLU and then max pooling into max pooling and then a ReLU: the same values, less work.

    The gradients are the same too. A window's greatest value is where it was if it is above zero; if it is
    not, its gradient is zero either way.
    """
    swapped: dict[tuple[int, ...], NodeOperation] = {}
    for node in graph.nodes:
        reader = graph.only_reader(node)
        if node.operation == ReLU() and reader is not None and _is_max_pooling(reader.operation):
            swapped |= {node.writes: reader.operation, reader.writes: node.operation}
    nodes = (replace(node, operation=swapped.get(node.writes, node.operation)) for node in graph.nodes)
    return replace(graph, nodes=tuple(nodes))


def concatenate_after_pools(graph: Graph) -> Graph:
    """Turn a concatenation and then max pooling into the pooling of each part and a smaller concatenation."""
    for node in graph.nodes:
        reader = graph.only_reader(node)
        if node.operation == Concat() and reader is not None and _is_max_pooling(reader.operation):
            graph = _concatenated_after(graph, node, reader)
    return graph


def _concatenated_after(graph: Graph, concatenation: GraphNode, pooling: GraphNode) -> Graph:
    fresh = 1 + max(value for node in graph.nodes for value in node.writes)
    pools = [
        GraphNode(pooling.operation, (part,), (value,))
        for value, part in enumerate(concatenation.reads, fresh)
    ]
    pooled = tuple(value for pool in pools for value in pool.writes)
    nodes: list[GraphNode] = []
    for node in graph.nodes:
        if node == pooling:
            nodes += [*pools, GraphNode(Concat(), pooled, pooling.writes)]
        elif node != concatenation:
            nodes.append(node)
    return replace(graph, nodes=tuple(nodes))


def fuse_rectifiers(graph: Graph) -> Graph:
    """Compute a ReLU that alone reads a convolution, or a max pooling, together with it."""
    nodes: list[GraphNode] = []
    fused: set[GraphNode] = set()
    for node in graph.nodes:
        reader = graph.only_reader(node)
        rectified = _rectified(node.operation)
        if rectified is not None and reader is not None and reader.operation == ReLU():
            fused.add(reader)
            nodes.append(GraphNode(rectified, node.reads, reader.writes))
        elif node not in fused:
            nodes.append(node)
    return replace(graph, nodes=tuple(nodes))


def _rectified(operation: NodeOperation) -> RectifiedConvolution | RectifiedPooling | None:
    if isinstance(operation, Convolution):
        return RectifiedConvolution(operation)
    if isinstance(operation, Pooling) and operation.method == "max":
        return RectifiedPooling(operation)
    return None


def join_siblings(graph: Graph) -> Graph:
    """Join rectified 1x1 convolutions of one value, as at the head of GoogLeNet's inceptions.

    One large matrix product is quicker than several small ones, forward and backward, and the gradients at
    the input need not be added up.
    """
    nodes: list[GraphNode] = []
    joined: set[GraphNode] = set()
    for node in graph.nodes:
        siblings = [other for other in graph.nodes if other.reads == node.reads and _pointwise(other)]
        if node in siblings and len(siblings) > 1:
            nodes += [] if node in joined else [_joined(siblings)]
            joined.update(siblings)
        else:
            nodes.append(node)
    return replace(graph, nodes=tuple(nodes))


def elide_concatenations(graph: Graph) -> Graph:
    """Leave out a concatenation that one narrow 1x1 convolution reads: see `SplitConvolution`.

    It would be written and read for nothing, forward and backward, as in SqueezeNet, where it is several
    times as wide as the convolution's value.
    """
    replaced: dict[GraphNode, list[GraphNode]] = {}
    for node in graph.nodes:
        reader = graph.only_reader(node)
        whole = _pointwise(reader) if reader is not None and node.operation == Concat() else None
        widths = _widths(graph, node.reads) if whole else []
        # Adding up part by part has to move less memory than making the whole.
        if reader and whole and widths and (len(widths) - 1) * len(whole.weight) < sum(widths):
            replaced |= {node: [], reader: [GraphNode(_split(whole, widths), node.reads, reader.writes)]}
    nodes = (new for node in graph.nodes for new in replaced.get(node, [node]))
    return replace(graph, nodes=tuple(nodes))


def defer_relu_backward(graph: Graph) -> Graph:
    """Let a ReLU's one reader do its backward pass, where that costs nothing: it saves a pass over memory."""
    replaced: dict[GraphNode, GraphNode] = {}
    for node in graph.nodes:
        reader = graph.only_reader(node)
        reading = _with_relu_backward(reader.operation) if reader is not None else None
        if isinstance(node.operation, RectifiedConvolution) and reader is not None and reading is not None:
            replaced[node] = replace(node, operation=DeferredReLUConvolution(node.operation.convolution))
            replaced[reader] = replace(reader, operation=reading)
    return replace(graph, nodes=tuple(replaced.get(node, node) for node in graph.nodes))


def _with_relu_backward(operation: NodeOperation) -> NodeOperation | None:
    """An operation that does the same to a ReLU's result, and the backward pass of that ReLU."""
    if isinstance(operation, LocalResponse):
        return LRNAfterReLU(operation)
    if isinstance(operation, Pooling) and operation.method == "max":
        return RectifiedPooling(operation)
    return operation if isinstance(operation, RectifiedPooling | SplitConvolution) else None


def _split(whole: Convolution, widths: Sequence[int]) -> SplitConvolution:
    weights = np.split(whole.weight, np.cumsum(widths)[:-1], axis=1)
    *others, last = (replace(whole, weight=weight, bias=None) for weight in weights)
    return SplitConvolution((*others, replace(last, bias=whole.bias)))


def _widths(graph: Graph, values: Sequence[int]) -> list[int]:
    """How many channels each value has; nothing if one is not a rectified convolution's, pooled or not."""
    writers = {node.writes[0]: node for node in graph.nodes}
    widths = []
    for value in values:
        writer = writers.get(value)
        while writer is not None and isinstance(writer.operation, Pooling | RectifiedPooling):
            writer = writers.get(writer.reads[0])
        if writer is None or not isinstance(writer.operation, RectifiedConvolution):
            return []
        widths.append(len(writer.operation.convolution.weight))
    return widths


def _is_max_pooling(operation: NodeOperation) -> bool:
    return isinstance(operation, Pooling) and operation.method == "max"


def _pointwise(node: GraphNode) -> Convolution | None:
    """The convolution of a node, if it is a rectified one that sees one pixel at a time."""
    if not isinstance(node.operation, RectifiedConvolution):
        return None
    found = node.operation.convolution
    return found if sees_one_pixel(found) else None


def sees_one_pixel(convolution: Convolution) -> bool:
    """Whether a convolution is a matrix product at each pixel, of stride 1."""
    o = convolution
    is_plain = o.stride == (1, 1) and o.padding in {(0, 0), "same"} and o.groups == 1
    return is_plain and o.weight.shape[2:] == (1, 1)


def _joined(siblings: Sequence[GraphNode]) -> GraphNode:
    parts = [part for part in map(_pointwise, siblings) if part is not None]
    biases = (np.zeros(len(part.weight), np.float32) if part.bias is None else part.bias for part in parts)
    whole = Convolution(np.concatenate([part.weight for part in parts]), np.concatenate([*biases]))
    operation = SiblingConvolutions(whole, tuple(len(part.weight) for part in parts))
    return GraphNode(operation, siblings[0].reads, tuple(value for node in siblings for value in node.writes))


def _needed(nodes: Sequence[GraphNode], targets: Iterable[int]) -> tuple[GraphNode, ...]:
    """The nodes that the targets depend on."""
    wanted = set(targets)
    kept = []
    for node in reversed(nodes):
        if wanted.intersection(node.writes):
            kept.append(node)
            wanted.update(node.reads)
    return tuple(reversed(kept))
