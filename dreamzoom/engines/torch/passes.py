"""A network's layers as a graph of numbered values, and rewrites of it that compute the same in less time.

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
    """A convolution and the ReLU behind it in one."""

    convolution: Convolution


@dataclass(frozen=True, eq=False)
class GatedConvolution:
    """A convolution and the ReLU behind it, whose one reader passes its gradient back through the ReLU."""

    convolution: Convolution


@dataclass(frozen=True)
class RectifiedPooling:
    """Max pooling and the ReLU behind it in one; also of a ReLU's result, whose gate it is then."""

    pooling: Pooling


@dataclass(frozen=True)
class GatingResponse:
    """Local response normalisation of a ReLU's result, and the ReLU's gate on the way back."""

    response: LocalResponse


@dataclass(frozen=True, eq=False)
class SiblingConvolutions:
    """Rectified convolutions of one input, done as one: its channels are split among as many values."""

    convolution: Convolution
    channels: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class PartedConvolution:
    """A rectified 1x1 convolution of a concatenation that is never made: one convolution for each part.

    The parts are results of ReLUs, pooled or not; on the way back this is their gate.
    """

    parts: tuple[Convolution, ...]  # the last one has the bias


NodeOperation: TypeAlias = (
    Operation
    | RectifiedConvolution
    | GatedConvolution
    | RectifiedPooling
    | GatingResponse
    | SiblingConvolutions
    | PartedConvolution
)


@dataclass(frozen=True, eq=False)
class Node:
    """One operation: the values it reads and those it writes. Value 0 is the network's input."""

    operation: NodeOperation
    reads: tuple[int, ...]
    writes: tuple[int, ...]


@dataclass(frozen=True)
class Graph:
    """What has to be run for some blobs: `targets` names their values."""

    nodes: tuple[Node, ...]
    targets: dict[str, int]

    def only_reader(self, node: Node) -> Node | None:
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
    nodes: list[Node] = []
    for layer in network.until(blobs).layers:
        reads = tuple(current[bottom] for bottom in layer.bottoms)
        if isinstance(layer.operation, Identity):
            written = reads[0]
        else:
            written = len(nodes) + 1
            nodes.append(Node(layer.operation, reads, (written,)))
        current.update(dict.fromkeys(layer.tops, written))
    targets = {blob: current[blob] for blob in blobs}
    return Graph(_needed(nodes, targets.values()), targets)


def faster(graph: Graph) -> Graph:
    """The graph after the rewrites that pay everywhere."""
    for rewrite in (rectify_behind_pools, concatenate_behind_pools, fuse_rectifiers, join_siblings):
        graph = rewrite(graph)
    return graph


def rectify_behind_pools(graph: Graph) -> Graph:
    """ReLU, then max pooling, becomes max pooling, then ReLU: the same values, a fraction of the work.

    The gradients are the same too: a window's greatest value is where it was if it is above zero, and if
    it is not, nothing passes either way.
    """
    swapped: dict[tuple[int, ...], NodeOperation] = {}
    for node in graph.nodes:
        reader = graph.only_reader(node)
        if node.operation == ReLU() and reader is not None and _is_max_pooling(reader.operation):
            swapped |= {node.writes: reader.operation, reader.writes: node.operation}
    nodes = (replace(node, operation=swapped.get(node.writes, node.operation)) for node in graph.nodes)
    return replace(graph, nodes=tuple(nodes))


def concatenate_behind_pools(graph: Graph) -> Graph:
    """Concatenation, then max pooling, becomes the pooling of each part, then a smaller concatenation."""
    for node in graph.nodes:
        reader = graph.only_reader(node)
        if node.operation == Concat() and reader is not None and _is_max_pooling(reader.operation):
            graph = _concatenated_behind(graph, node, reader)
    return graph


def _concatenated_behind(graph: Graph, concatenation: Node, pooling: Node) -> Graph:
    fresh = 1 + max(value for node in graph.nodes for value in node.writes)
    pools = [
        Node(pooling.operation, (part,), (value,)) for value, part in enumerate(concatenation.reads, fresh)
    ]
    pooled = tuple(value for pool in pools for value in pool.writes)
    nodes: list[Node] = []
    for node in graph.nodes:
        if node == pooling:
            nodes += [*pools, Node(Concat(), pooled, pooling.writes)]
        elif node != concatenation:
            nodes.append(node)
    return replace(graph, nodes=tuple(nodes))


def fuse_rectifiers(graph: Graph) -> Graph:
    """A ReLU that alone reads a convolution, or a max pooling, is computed with it."""
    nodes: list[Node] = []
    fused: set[Node] = set()
    for node in graph.nodes:
        reader = graph.only_reader(node)
        rectified = _rectified(node.operation)
        if rectified is not None and reader is not None and reader.operation == ReLU():
            fused.add(reader)
            nodes.append(Node(rectified, node.reads, reader.writes))
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
    """Rectified 1x1 convolutions of one value become one, as at the head of GoogLeNet's inceptions.

    One large matrix product is quicker than several small ones, forward and back, and the gradients of the
    input need not be added up.
    """
    nodes: list[Node] = []
    joined: set[Node] = set()
    for node in graph.nodes:
        siblings = [other for other in graph.nodes if other.reads == node.reads and _pointwise(other)]
        if node in siblings and len(siblings) > 1:
            nodes += [] if node in joined else [_joined(siblings)]
            joined.update(siblings)
        else:
            nodes.append(node)
    return replace(graph, nodes=tuple(nodes))


def part_concatenations(graph: Graph) -> Graph:
    """A concatenation that one narrow 1x1 convolution reads is not made: see `PartedConvolution`.

    It would be written and read for nothing, forward and back: as in SqueezeNet, where it is several times
    as wide as what is made of it.
    """
    replaced: dict[Node, list[Node]] = {}
    for node in graph.nodes:
        reader = graph.only_reader(node)
        whole = _pointwise(reader) if reader is not None and node.operation == Concat() else None
        widths = _widths(graph, node.reads) if whole else []
        # Adding up part by part is to move less memory than making the whole of the parts.
        if reader and whole and widths and (len(widths) - 1) * len(whole.weight) < sum(widths):
            replaced |= {node: [], reader: [Node(_parted(whole, widths), node.reads, reader.writes)]}
    nodes = (new for node in graph.nodes for new in replaced.get(node, [node]))
    return replace(graph, nodes=tuple(nodes))


def gate_at_readers(graph: Graph) -> Graph:
    """A ReLU is passed on the way back by its one reader, where that costs nothing: no pass of its own."""
    replaced: dict[Node, Node] = {}
    for node in graph.nodes:
        reader = graph.only_reader(node)
        gating = _gating(reader.operation) if reader is not None else None
        if isinstance(node.operation, RectifiedConvolution) and reader is not None and gating is not None:
            replaced[node] = replace(node, operation=GatedConvolution(node.operation.convolution))
            replaced[reader] = replace(reader, operation=gating)
    return replace(graph, nodes=tuple(replaced.get(node, node) for node in graph.nodes))


def _gating(operation: NodeOperation) -> NodeOperation | None:
    """An operation that does the same to a ReLU's result, and passes the ReLU on the way back."""
    if isinstance(operation, LocalResponse):
        return GatingResponse(operation)
    if isinstance(operation, Pooling) and operation.method == "max":
        return RectifiedPooling(operation)
    return operation if isinstance(operation, RectifiedPooling | PartedConvolution) else None


def _parted(whole: Convolution, widths: Sequence[int]) -> PartedConvolution:
    weights = np.split(whole.weight, np.cumsum(widths)[:-1], axis=1)
    *others, last = (replace(whole, weight=weight, bias=None) for weight in weights)
    return PartedConvolution((*others, replace(last, bias=whole.bias)))


def _widths(graph: Graph, values: Sequence[int]) -> list[int]:
    """How many channels each value has; nothing where one is no rectified convolution's, pooled or not."""
    makers = {node.writes[0]: node for node in graph.nodes}
    widths = []
    for value in values:
        maker = makers.get(value)
        while maker is not None and isinstance(maker.operation, Pooling | RectifiedPooling):
            maker = makers.get(maker.reads[0])
        if maker is None or not isinstance(maker.operation, RectifiedConvolution):
            return []
        widths.append(len(maker.operation.convolution.weight))
    return widths


def _is_max_pooling(operation: NodeOperation) -> bool:
    return isinstance(operation, Pooling) and operation.method == "max"


def _pointwise(node: Node) -> Convolution | None:
    """The convolution of a node that is a rectified one, and sees one pixel at a time."""
    if not isinstance(node.operation, RectifiedConvolution):
        return None
    found = node.operation.convolution
    return found if sees_one_pixel(found) else None


def sees_one_pixel(convolution: Convolution) -> bool:
    """Whether a convolution is a matrix product at each pixel."""
    o = convolution
    is_plain = o.stride == (1, 1) and o.padding in {(0, 0), "same"} and o.groups == 1
    return is_plain and o.weight.shape[2:] == (1, 1)


def _joined(siblings: Sequence[Node]) -> Node:
    parts = [part for part in map(_pointwise, siblings) if part is not None]
    biases = (np.zeros(len(part.weight), np.float32) if part.bias is None else part.bias for part in parts)
    whole = Convolution(np.concatenate([part.weight for part in parts]), np.concatenate([*biases]))
    operation = SiblingConvolutions(whole, tuple(len(part.weight) for part in parts))
    return Node(operation, siblings[0].reads, tuple(value for node in siblings for value in node.writes))


def _needed(nodes: Sequence[Node], targets: Iterable[int]) -> tuple[Node, ...]:
    """The nodes that the targets depend on."""
    wanted = set(targets)
    kept = []
    for node in reversed(nodes):
        if wanted.intersection(node.writes):
            kept.append(node)
            wanted.update(node.reads)
    return tuple(reversed(kept))
