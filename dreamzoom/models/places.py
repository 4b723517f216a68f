"""Inner products over rows and columns as the convolutions that they are, so that scores have places.

A network that tells classes apart ends in inner products, which want exactly the values of the size that it
was trained at. Each is a convolution whose window is all of its input at that size (Long, Shelhamer and
Darrell 2015, arXiv:1411.4038, and Caffe's example net_surgery): at that size the values are the same, and a
larger picture gives a map of scores, one for each place of the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dreamzoom.errors import ModelError
from dreamzoom.models.network import (
    Flatten,
    Identity,
    InnerProduct,
    Layer,
    Network,
    PlacedInnerProduct,
    ReLU,
    Reshape,
)
from dreamzoom.models.shapes import Shape, blob_shapes, top_shape


def with_places(network: Network) -> Network:
    """A network whose inner products have places; the same network where it has none, or needs their absence.

    Every blob keeps its values at the size that the model declares. What was (C,) is (C, 1, 1) there, and a
    flattening that inner products alone read hands its bottom on.
    """
    channels, height, width = network.input_shape
    before = blob_shapes(network, (width, height))
    shapes: dict[str, Shape] = {network.input_blob: (channels, height, width)}
    placed: set[str] = set()  # the blobs that come after one
    layers: list[Layer] = []
    for place, layer in enumerate(network.layers):
        made = _with_place(layer, shapes, network.layers[place + 1 :])
        try:
            shape = top_shape(made, shapes)
        except (ModelError, KeyError):
            return network
        if isinstance(made.operation, PlacedInnerProduct) or not placed.isdisjoint(layer.bottoms):
            placed.update(layer.tops)
        unflattened = made is not layer and made.operation == Identity()
        if not unflattened and any(
            _differs(before.get(top), shape, scored=top in placed) for top in layer.tops
        ):
            return network
        shapes.update(dict.fromkeys(layer.tops, shape))
        layers.append(made)
    return replace(network, layers=tuple(layers)) if placed else network


def _differs(before: Shape | None, after: Shape, *, scored: bool) -> bool:
    """Whether a blob is another one now, but for the single place of scores that had none, or had one."""
    if scored:
        return before is None or after[1:] != (1, 1) or before not in (after, after[:1])
    return before != after


def _with_place(layer: Layer, shapes: dict[str, Shape], later: Sequence[Layer]) -> Layer:
    bottoms = [shapes.get(bottom, ()) for bottom in layer.bottoms]
    operation = layer.operation
    if isinstance(operation, InnerProduct) and len(bottoms[0]) == 3:
        weight = operation.weight.reshape(-1, *bottoms[0])
        return replace(layer, operation=PlacedInnerProduct(weight, operation.bias))
    if isinstance(operation, Flatten | Reshape) and len(bottoms[0]) == 3:
        flat = top_shape(layer, shapes)
        if len(flat) == 1 and all(_read_by_inner_products(top, later) for top in layer.tops):
            return replace(layer, operation=Identity())
    return layer


def _read_by_inner_products(blob: str, later: Sequence[Layer]) -> bool:
    """Whether nothing but inner products reads a blob, changed in place value by value or not."""
    readers = [layer for layer in later if blob in layer.bottoms]
    return bool(readers) and all(
        isinstance(layer.operation, InnerProduct)
        or (isinstance(layer.operation, Identity | ReLU) and layer.tops == (blob,))
        for layer in readers
    )
