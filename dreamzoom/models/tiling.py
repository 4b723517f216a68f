"""How a picture is cut into tiles, so that a network sees in each what it sees in the whole.

A tile that begins at a multiple of the network's stride, and whose side leaves the same rest as the whole
picture's when it is divided by that stride, meets every window of the whole: those of convolutions and of
pools that round up or down, and TensorFlow's paddings. At the picture's border a tile has the network's own
padding. Where it ends inside the picture, padding stands where the picture goes on, and what that reaches is
not as in the whole; `_Margin` counts it, blob by blob. Of what is left each tile has its part, so that all
tiles together have every place of a blob once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import lcm
from typing import TypeAlias

from dreamzoom.models.network import (
    ELU,
    Affine,
    Concat,
    Convolution,
    Deconvolution,
    Eltwise,
    Identity,
    LocalResponse,
    Network,
    Operation,
    Pair,
    Pooling,
    Power,
    PReLU,
    ReLU,
    Sigmoid,
    Softmax,
    TanH,
)
from dreamzoom.models.operations import BNLL, AbsVal, Clamp, Crop, Exp, Log, Patches, Slice, Swish
from dreamzoom.models.reach import squared
from dreamzoom.models.shapes import blob_shapes, extent, same_padding

Span: TypeAlias = tuple[int, int]
"""From a place to the one after the last."""

_MOST_TILES = 256  # along a side
_ENDLESS = 1 << 30
_THINNEST = 32  # times as high as wide: thinner tiles are not looked for


@dataclass(frozen=True)
class PictureTile:
    """A part of a picture, and what of each blob it alone computes.

    Attributes:
        rows, columns: of the picture.
        parts: for each blob the rows and the columns that count, among those of the tile.
        places: where these are in the whole blob.
    """

    rows: Span
    columns: Span
    parts: Mapping[str, tuple[Span, Span]]
    places: Mapping[str, tuple[Span, Span]]


@lru_cache(64)
def cut(network: Network, blobs: tuple[str, ...], size: Pair, pixels: int) -> tuple[PictureTile, ...]:
    """The tiles of a picture of `size` (width, height), row by row: all of one size, of so many `pixels` at
    most, and such that the least is computed twice.

    None at all where no tiles of so few pixels will do, or where a blob sees the whole picture.
    """
    sides = _sides(network, blobs, size)
    if sides is None:
        return ()
    down, across = sides
    choices = []
    for many in range(1, _MOST_TILES + 1):
        width = across.least(many)
        height = None if width is None else down.fewest(pixels // width)
        if width is None or width**2 < pixels // _THINNEST:
            break
        if height is not None:
            choices.append((down.computed(height) * across.computed(width), width, height))
    if not choices:
        return ()
    _, width, height = min(choices)
    rows, columns = down.cut(height), across.cut(width)
    return tuple(_tile(row, column) for row in rows for column in columns)


@lru_cache(64)
def least_tile(network: Network, blobs: tuple[str, ...], size: Pair) -> Pair | None:
    """Width and height of the smallest tiles that a picture of that size can be cut into; None: into none."""
    sides = _sides(network, blobs, size)
    if sides is None:
        return None
    height, width = (side.least(_MOST_TILES) or side.length for side in sides)
    return width, height


@dataclass(frozen=True)
class _Strip:
    """A tile as one side of a picture sees it: its `span`, of each blob the `parts` that count and their
    `places` in the whole.
    """

    span: Span
    parts: Mapping[str, Span]
    places: Mapping[str, Span]


@dataclass(frozen=True)
class _Side:
    """One side of a picture, before it is cut.

    Attributes:
        length: in pixels.
        strides: how far apart the places of each blob lie, in pixels.
        margins: of the blobs that are wanted. They are the same in all tiles whose sides leave the same rest.
        period: of these sides, in pixels.
    """

    length: int
    strides: Mapping[str, Fraction]
    margins: Mapping[str, _Margin]
    period: int

    def least(self, many: int) -> int | None:
        """The side of so many tiles, as small as it can be; None where they are too many."""
        if many == 1:
            return self.length
        shorter, longer = (self.length - 1) // self.period + 1, 0  # by how many periods, than the whole
        while shorter - longer > 1:
            middle = (shorter + longer) // 2
            if self._needed(self.length - middle * self.period) <= many:
                longer = middle
            else:
                shorter = middle
        return self.length - longer * self.period if longer else None

    def fewest(self, most: int) -> int | None:
        """The side of the fewest tiles of at most that many pixels; None where these are too few."""
        if most >= self.length:
            return self.length
        side = self.length - -(-(self.length - most) // self.period) * self.period
        needed = self._needed(side)
        return self.least(needed) if needed <= _MOST_TILES else None

    def computed(self, side: int) -> int:
        """How many pixels all tiles of that side have together."""
        return side * self._needed(side)

    def cut(self, side: int) -> list[_Strip]:
        """The strips of that side, spread over the whole."""
        many, steps = self._needed(side), (self.length - side) // self.period
        starts = [self.period * (steps * number // max(1, many - 1)) for number in range(many)]
        places: dict[str, list[Span]] = {
            blob: _places(self._within(blob, side), [int(start / self.strides[blob]) for start in starts])
            for blob in self.margins
        }
        found = []
        for number, start in enumerate(starts):
            here = {blob: spans[number] for blob, spans in places.items()}
            shifts = {blob: int(start / self.strides[blob]) for blob in here}
            parts = {blob: (span[0] - shifts[blob], span[1] - shifts[blob]) for blob, span in here.items()}
            found.append(_Strip((start, start + side), parts, here))
        return found

    def _needed(self, side: int) -> int:
        """How many tiles of that side it takes; as good as endless where they have nothing that counts."""
        if side == self.length:
            return 1
        hop = self.length
        for blob in self.margins:
            own = self._within(blob, side)
            hop = min(hop, int((own.side - own.before - own.after) * self.strides[blob] // self.period))
        return _ENDLESS if hop < 1 else 1 - (side - self.length) // self.period // hop

    def _within(self, blob: str, side: int) -> _Margin:
        """The margin in a tile of that side."""
        whole = self.margins[blob]
        stride = self.strides[blob]
        return replace(whole, side=whole.side - (self.length - side) * stride.denominator // stride.numerator)


def _sides(network: Network, blobs: tuple[str, ...], size: Pair) -> tuple[_Side, _Side] | None:
    """The rows and the columns of a picture of `size` (width, height); None where it cannot be cut."""
    part = network.until(blobs)
    found = []
    for axis, length in ((0, size[1]), (1, size[0])):
        line = squared(part, axis)
        strides = _strides(line)
        margins = None if strides is None else _margins(line, length)
        if strides is None or margins is None:
            return None
        period = lcm(*(stride.numerator for stride in strides.values()))
        wanted = {blob: strides[blob] for blob in blobs}
        found.append(_Side(length, wanted, {blob: margins[blob] for blob in blobs}, period))
    return found[0], found[1]


def _tile(rows: _Strip, columns: _Strip) -> PictureTile:
    parts = {blob: (rows.parts[blob], columns.parts[blob]) for blob in rows.parts}
    places = {blob: (rows.places[blob], columns.places[blob]) for blob in rows.parts}
    return PictureTile(rows.span, columns.span, parts, places)


# ---- what the end of a tile inside the picture reaches -------------------------------------------


@dataclass(frozen=True)
class _Margin:
    """Of a blob's `side` in a tile: how many places are not as in the whole at its beginning (`before`),
    where that is inside the picture, and at its end (`after`).
    """

    side: int
    before: int
    after: int


def _places(margin: _Margin, shifts: Sequence[int]) -> list[Span]:
    """What each tile computes of a blob, these starting at `shifts`."""
    ends = [margin.side - margin.after + shift for shift in shifts[:-1]] + [margin.side + shifts[-1]]
    return list(pairwise([0, *ends]))


def _margins(line: Network, side: int) -> dict[str, _Margin] | None:
    """The margins of every blob in a tile of that side; None where it is too small for one of them."""
    shapes = blob_shapes(line, (side, side))
    margins = {line.input_blob: _Margin(side, 0, 0)}
    for layer in line.layers:
        if any(top not in shapes for top in layer.tops):
            return None
        bottoms = layer.bottoms[:1] if isinstance(layer.operation, Crop) else layer.bottoms
        after = shapes[layer.tops[0]][-1]
        found = [_margin(layer.operation, margins[bottom], after) for bottom in bottoms]
        whole = _Margin(after, max(each.before for each in found), max(each.after for each in found))
        margins.update(dict.fromkeys(layer.tops, whole))
    return margins


def _margin(operation: Operation, below: _Margin, side: int) -> _Margin:
    """The margin of an operation's top, which has that many places, by its bottom's."""
    known = below.side - below.after  # up to here the bottom is as in the whole
    if isinstance(operation, Deconvolution):
        window, stride, padding = _window(operation, below.side)
        before = stride * (below.before - 1) + window - padding
        return _trimmed(side, before, stride * known - padding)
    if isinstance(operation, Crop):
        offset = operation.offsets[-1]
        return _trimmed(side, below.before - offset, known - offset)
    window, stride, padding = _window(operation, below.side)
    return _trimmed(side, -(-(below.before + padding) // stride), (known + padding - window) // stride + 1)


def _trimmed(side: int, before: int, stop: int) -> _Margin:
    return _Margin(side, max(0, before), max(0, side - stop))


def _window(operation: Operation, side: int) -> tuple[int, int, int]:
    """Window, stride and the padding before, of an operation on a bottom of so many places."""
    match operation:
        case Convolution() | Deconvolution():
            kernel, dilation = operation.weight.shape[-1], operation.dilation[1]
        case Patches():
            kernel, dilation = operation.kernel[1], operation.dilation[1]
        case Pooling(kernel=(_, kernel)):
            dilation = 1
        case LocalResponse(within_channel=True):
            return operation.size, 1, operation.size // 2
        case _:
            return 1, 1, 0
    stride, padding = operation.stride[1], operation.padding
    if padding == "same":
        return extent(kernel, dilation), stride, same_padding(side, kernel, stride, dilation)[0]
    return extent(kernel, dilation), stride, padding[1]


def _strides(line: Network) -> dict[str, Fraction] | None:
    """How far apart the places of each blob lie, in pixels; None where something sees the whole picture, or
    where blobs meet whose places lie differently.
    """
    strides = {line.input_blob: Fraction(1)}
    for layer in line.layers:
        below = {strides[bottom] for bottom in layer.bottoms}
        if len(below) != 1 or not _is_local(layer.operation):
            return None
        strides.update(dict.fromkeys(layer.tops, below.pop() * _step(layer.operation)))
    return strides


def _step(operation: Operation) -> Fraction:
    if isinstance(operation, Deconvolution):
        return Fraction(1, operation.stride[1])
    return Fraction(operation.stride[1] if isinstance(operation, Convolution | Pooling | Patches) else 1)


def _is_local(operation: Operation) -> bool:
    """Whether a place of the top sees a window of the bottom, the same at each place."""
    if isinstance(operation, Softmax | Concat | Slice):
        return operation.axis == 1
    if isinstance(operation, Pooling):
        return operation.kernel is not None
    return isinstance(operation, _LOCAL)


_LOCAL = (
    Convolution, Deconvolution, Patches, LocalResponse, Crop, Eltwise, Identity, Affine,
    ReLU, PReLU, ELU, Sigmoid, TanH, Power, AbsVal, BNLL, Clamp, Exp, Log, Swish,
)  # fmt: skip
