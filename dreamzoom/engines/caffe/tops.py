"""In-place layers given tops of their own, where Caffe's backward pass would read what they overwrite.

A layer in place saves memory, and Caffe's own nets of training data put ReLU after a convolution so, which
is harmless: a convolution's gradient needs nothing of what it wrote, and a ReLU's only the signs. But a
BatchNorm in place after that ReLU takes the signs away, and no Caffe says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from dreamzoom.models.network import (
    ELU,
    Affine,
    Concat,
    Convolution,
    Deconvolution,
    Eltwise,
    Identity,
    InnerProduct,
    Network,
    Operation,
    Pooling,
    PReLU,
    ReLU,
    Sigmoid,
    Softmax,
    TanH,
)
from dreamzoom.models.operations import OwnStatistics


def give_own_tops(layers: Sequence[Any], network: Network) -> None:
    """Rename blobs so that no layer overwrites what the backward pass of another, or its own, reads.

    A blob's name stays with its last value, which is what targets mean; the input's with its first.

    Args:
        layers: Caffe's own messages, of any syntax, in their order.
        network: what they are, as read and checked.
    """
    operations = {(layer.name, layer.tops): layer.operation for layer in network.layers}
    versions: Counter[str] = Counter()
    is_free = {network.input_blob: True}  # whether nothing needs a blob's memory on the way back
    wiring = []
    for layer in layers:
        read = [(blob, versions[blob]) for blob in layer.bottom]
        name = layer.layer.name if hasattr(layer, "layer") and layer.HasField("layer") else layer.name
        operation = operations.get((name, tuple(layer.top)))
        for top in layer.top:
            is_in_place = top in layer.bottom
            if is_in_place and not (is_free[top] and _works_in_place(operation)):
                versions[top] += 1
                is_in_place = False
            is_free[top] = _needs_nothing_of_its_top(operation, in_place=is_in_place)
        wiring.append((layer, read, [(blob, versions[blob]) for blob in layer.top]))
    names = _names(versions, network.input_blob, {blob for layer in layers for blob in layer.top})
    for layer, read, written in wiring:
        layer.bottom[:] = [names.get(version, version[0]) for version in read]
        layer.top[:] = [names.get(version, version[0]) for version in written]


def _names(versions: Counter[str], input_blob: str, taken: set[str]) -> dict[tuple[str, int], str]:
    """The names of those versions of blobs that cannot have the blob's own."""
    names = {}
    for blob, last in versions.items():
        own = 0 if blob == input_blob else last
        for version in range(last + 1):
            if version != own:
                name = f"{blob} {version}"
                while name in taken:
                    name += "'"
                taken.add(name)
                names[blob, version] = name
    return names


def _works_in_place(operation: Operation | None) -> bool:
    """Whether a layer in place computes its value and its gradient as if it were not."""
    match operation:
        case ReLU(negative_slope=slope):  # the sign of what it wrote has to be that of what it read
            return slope >= 0
        case ELU(alpha=alpha):
            return alpha >= 0
    return isinstance(operation, Affine | Identity | OwnStatistics | PReLU | Sigmoid | Softmax | TanH)


def _needs_nothing_of_its_top(operation: Operation | None, *, in_place: bool) -> bool:
    """Whether a layer's backward pass does without what it wrote, and its top shares no memory."""
    match operation:
        case Identity():  # a Split's top is its bottom's memory
            return in_place
        case Eltwise(method=method):
            return method != "product"
    return isinstance(
        operation,
        Affine | Concat | Convolution | Deconvolution | InnerProduct | OwnStatistics | Pooling | PReLU,
    )
