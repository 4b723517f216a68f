"""At which sizes a picture reaches a blob, and how it is shown to the network at all others.

A pool rounds its sides up where the convolution beside it rounds down, so that in nets such as Inception-v4
the branches meet at some sizes only: 299x299 or 331x331, and nothing in between. What comes after an inner
product, such as the classes' scores, wants a whole picture of the size the net was trained at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from dreamzoom.errors import ModelError
from dreamzoom.models.network import (
    Convolution,
    Deconvolution,
    Network,
    Operation,
    Pair,
    PlacedInnerProduct,
)
from dreamzoom.models.receptive import receptive_fields
from dreamzoom.models.shapes import blob_shape, blob_shapes


@dataclass(frozen=True)
class Showing:
    """How a network is shown a picture: enlarged or shrunk to `scaled`, then continued to `padded`.

    Both are (width, height), and the picture's own size where nothing has to be done.
    """

    scaled: Pair
    padded: Pair


_MOST_KNOWN = 256  # of a network
_KNOWN: WeakKeyDictionary[Network, dict[tuple[tuple[str, ...], Pair], Showing]] = WeakKeyDictionary()


def showing(network: Network, blobs: tuple[str, ...], size: Pair) -> Showing:
    """How a picture of `size` (width, height) is shown to a network, so that it reaches all of the `blobs`.

    As it is, wherever that reaches them. Else it is continued to the next size where the branches meet, less
    than a stride away. Where a blob sees whole pictures, smaller ones are enlarged to the size that the model
    declares, in proportion; and where that does not do, any picture is brought to exactly that size.

    Raises:
        UnknownBlobError: the network has no such blob.
        ModelError: the picture is too small for a blob; names the layer, and the least size there is.
    """
    known = _KNOWN.setdefault(network, {})
    if (blobs, size) not in known:
        if len(known) == _MOST_KNOWN:
            known.clear()
        known[blobs, size] = _find_showing(network, blobs, size)
    return known[blobs, size]


def _find_showing(network: Network, blobs: tuple[str, ...], size: Pair) -> Showing:
    part = network.until(blobs)
    if _reached(part, blobs, size):
        return Showing(size, size)
    own = part.input_shape[2], part.input_shape[1]
    whole = _see_whole_pictures(part, blobs)
    scaled = _enlarged(size, own) if whole else size
    padded = _next_size(part, blobs, scaled, least=whole)
    if padded is not None and _reached(part, blobs, padded):
        return Showing(scaled, padded)
    if whole and _reached(part, blobs, own):
        return Showing(own, own)
    raise _too_small(part, blobs, size)


def size_for_all(network: Network, size: Pair) -> Pair:
    """The next size at which the branches of the whole network meet; `size` itself where it knows of none."""
    try:
        return showing(network, tuple(_see_parts(network))[1:], size).padded
    except ModelError:
        return size


def showings(network: Network, size: Pair) -> dict[str, Showing]:
    """As `showing`, of each blob by itself; without those for which a picture of that size is too small."""
    found: dict[str, Showing] = {}
    parts, meeting = _see_parts(network), size_for_all(network, size)
    shapes, others = blob_shapes(network, size), blob_shapes(network, meeting)
    for blob in network.blobs[1:]:
        if blob in shapes:
            found[blob] = Showing(size, size)
        elif blob in others and blob in parts:
            found[blob] = Showing(size, meeting)
        else:
            with suppress(ModelError):
                found[blob] = showing(network, (blob,), size)
    return found


def least_size(network: Network, blobs: Sequence[str]) -> Pair | None:
    """The least width and height of a picture that reaches all of the blobs; None where none is found."""
    part = network.until(blobs)
    sides = [
        next((side for side in range(1, _FARTHEST) if _reached(square, blobs, (side, side))), None)
        for square in (squared(part, 1), squared(part, 0))
    ]
    return (sides[0], sides[1]) if sides[0] and sides[1] else None


_FARTHEST = 1024  # pixels; no known network wants a larger picture


def _reached(network: Network, blobs: Iterable[str], size: Pair) -> bool:
    shapes = blob_shapes(network, size)
    return all(blob in shapes for blob in blobs)


def _see_whole_pictures(network: Network, blobs: Iterable[str]) -> bool:
    """Whether one of the blobs comes after an inner product, or a pool of everything."""
    bounded = _see_parts(network)
    return any(blob not in bounded for blob in blobs)


def _see_parts(network: Network) -> dict[str, None]:
    """The blobs whose places see a part of the picture, whatever its size, in order."""
    whole: set[str] = set()
    for layer in network.layers:
        if isinstance(layer.operation, PlacedInnerProduct) or not whole.isdisjoint(layer.bottoms):
            whole.update(layer.tops)
    return {blob: None for blob in receptive_fields(network) if blob not in whole}


def _enlarged(size: Pair, least: Pair) -> Pair:
    """In proportion, to no less than `least` on either side; a larger size stays."""
    factor = max(1.0, *(wanted / side for wanted, side in zip(least, size, strict=True)))
    width, height = (max(side, round(side * factor)) for side in size)
    return (max(width, least[0]), max(height, least[1])) if factor > 1 else size


def _next_size(network: Network, blobs: Sequence[str], size: Pair, *, least: bool) -> Pair | None:
    """The next size, side by side, at which the blobs are reached; None where the picture is too small.

    Args:
        least: whether the least size of all will do; else a smaller one must have reached the blobs, too.
    """
    period = max((field.stride for field in receptive_fields(network).values()), default=1)
    found = []
    for axis, side in ((1, size[0]), (0, size[1])):
        square = squared(network, axis)
        after = range(side, side + min(period, side) + 1)
        before = range(side if least else max(1, side - period), side + 1)
        next_side = next((each for each in after if _reached(square, blobs, (each, each))), None)
        if next_side is None or not (
            least or next_side == side or any(_reached(square, blobs, (each, each)) for each in before)
        ):
            return None
        found.append(next_side)
    return found[0], found[1]


def squared(network: Network, axis: int) -> Network:
    """A network whose rows (`axis` 0) or columns (1) are as they were, and the others like them.

    So one side can be looked at by itself: of a square picture both sides then fit, or neither does.
    """
    layers = (replace(layer, operation=_square(layer.operation, axis)) for layer in network.layers)
    return replace(network, layers=tuple(layers))


def _square(operation: Operation, axis: int) -> Operation:
    changes: dict[str, Any] = {}
    for setting in ("kernel", "stride", "padding", "dilation"):
        sides = getattr(operation, setting, None)
        if isinstance(sides, tuple):
            changes[setting] = (sides[axis], sides[axis])
    if isinstance(operation, Convolution | Deconvolution):
        *channels, rows, columns = operation.weight.shape
        kernel = (rows, columns)[axis]
        changes["weight"] = np.broadcast_to(np.float32(0), (*channels, kernel, kernel))
    return replace(operation, **changes)


def _too_small(network: Network, blobs: Sequence[str], size: Pair) -> ModelError:
    least = least_size(network, blobs)
    words = f"; it has to have {least[0]}x{least[1]} at least" if least else ""
    for blob in blobs:
        try:
            blob_shape(network, blob, size)
        except ModelError as error:
            return ModelError(f"{error}{words}")
    return ModelError(f"model {network.name!r} cannot take an image of {size[0]}x{size[1]}{words}")
