"""Where a network says what it sees: the scores of its classes, before they are made to sum to 1."""

from __future__ import annotations

from dataclasses import dataclass

from dreamzoom.errors import ModelError
from dreamzoom.models.network import (
    Array,
    Convolution,
    Flatten,
    Identity,
    InnerProduct,
    Layer,
    Network,
    PlacedInnerProduct,
    Pooling,
    ReLU,
    Reshape,
    Softmax,
)

_PASSED_ON = (Softmax, Pooling, Identity, Flatten, Reshape)  # what may stand between the scores and the end


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of a network's classes.

    Attributes:
        blob: what is climbed for them.
        count: how many classes there are.
        weights: (count, C) from the blob's channels to the scores, where those themselves cannot be climbed;
            None where a score is a channel of the blob.
        biases: (count,) of the scores, with the weights.
    """

    blob: str
    count: int
    weights: Array | None = None
    biases: Array | None = None


def find_scores(network: Network) -> Scores:
    """The scores of a network's classes.

    They are what its last softmax reads, or where it has none, what its last layer writes. Where a ReLU cuts
    off all scores below zero, as SqueezeNet's does, a class that is not in the picture has no gradient; so
    they are reckoned from the blob below, by the weights of the layer that would write them.

    Raises:
        ModelError: the network does not end in classes.
    """
    last = max((place for place, layer in enumerate(network.layers) if _is_softmax(layer)), default=None)
    place = len(network.layers) - 1 if last is None else last
    pooled, cut = last is not None, False
    while place >= 0:
        layer = network.layers[place]
        operation = layer.operation
        if isinstance(operation, Convolution | InnerProduct):
            if pooled or isinstance(operation, InnerProduct | PlacedInnerProduct):
                return _scores_of(layer, operation, cut=cut)
            break
        if not isinstance(operation, (*_PASSED_ON, ReLU)):
            break
        pooled = pooled or (isinstance(operation, Pooling) and operation.kernel is None)
        cut = cut or isinstance(operation, ReLU)
        place = _writer(network, layer.bottoms[0], place)
    raise ModelError(
        f"model {network.name!r} has no scores of classes at its end: name a layer and a channel"
    )


def _is_softmax(layer: Layer) -> bool:
    return isinstance(layer.operation, Softmax)


def _writer(network: Network, blob: str, before: int) -> int:
    """The place of the last layer before another that writes a blob; -1 where none does."""
    return max((place for place in range(before) if blob in network.layers[place].tops), default=-1)


def _scores_of(layer: Layer, operation: Convolution | InnerProduct, *, cut: bool) -> Scores:
    """The scores that a layer with weights writes, `cut` off at zero by a later one or not."""
    count, rest = operation.weight.shape[0], operation.weight.shape[1:]
    seen_at_a_place = len(rest) == 1 or rest[1:] == (1, 1)
    ungrouped = not isinstance(operation, Convolution) or operation.groups == 1
    if cut and seen_at_a_place and ungrouped:
        return Scores(layer.bottoms[0], count, operation.weight.reshape(count, -1), operation.bias)
    return Scores(layer.tops[0], count)
