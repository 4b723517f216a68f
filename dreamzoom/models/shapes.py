"""How large each blob of a network is, and how much of the picture one value of it sees.

The arithmetic of output sizes is here and nowhere else: `convolved_side`, `deconvolved_side`, `pooled_side`,
`same_side` and `same_padding` take one side in pixels at a time, and give a size below 1 where the input is
too small. Shapes are without the leading 1 of Caffe's blobs: (C, H, W), or (C,) after an inner product. An
`axis` counts that leading 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import singledispatch
from math import ceil, prod
from typing import TypeAlias

from dreamzoom.errors import ModelError
from dreamzoom.models.network import (
    Affine,
    Concat,
    Convolution,
    Deconvolution,
    Eltwise,
    Flatten,
    InnerProduct,
    Layer,
    LocalResponse,
    Network,
    Operation,
    Pair,
    Pooling,
    PReLU,
    Reshape,
)

Shape: TypeAlias = tuple[int, ...]


class _DoesNotFitError(Exception):
    """An operation cannot take bottoms of these shapes; the text goes on from "layer 'pool5' "."""


def extent(kernel: int, dilation: int = 1) -> int:
    """The side of the window that a dilated kernel reaches over."""
    return dilation * (kernel - 1) + 1


def convolved_side(side: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """A convolution's output side: rounded down, `padding` at both ends; 0 when no window fits."""
    room = side + 2 * padding - extent(kernel, dilation)
    return room // stride + 1 if room >= 0 else 0


def deconvolved_side(side: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """A transposed convolution's output side."""
    return stride * (side - 1) + extent(kernel, dilation) - 2 * padding


def pooled_side(side: int, kernel: int, stride: int = 1, padding: int = 0, *, round_up: bool = True) -> int:
    """Caffe's pooling output side (its pooling_layer.cpp); at most 0 when the input is too small.

    Rounded up, the last window may hang over the end, and one window may be larger than the whole input. A
    last window that would start after the input, in the padding, is dropped. (Caffe drops it only where
    there is padding; without any it comes only with a stride larger than the kernel, and holds no value.)
    """
    room = side + 2 * padding - kernel
    windows = (-(-room // stride) if round_up else room // stride) + 1
    return windows - 1 if (windows - 1) * stride >= side + padding else windows


def same_side(side: int, stride: int = 1) -> int:
    """The output side of TensorFlow's SAME convolutions and pools."""
    return -(-side // stride)


def same_padding(side: int, kernel: int, stride: int = 1, dilation: int = 1) -> Pair:
    """TensorFlow's SAME padding of one side: (before, after), the odd pixel after."""
    total = max((same_side(side, stride) - 1) * stride + extent(kernel, dilation) - side, 0)
    return total // 2, total - total // 2


def blob_shapes(network: Network, size: Pair) -> dict[str, Shape]:
    """The shape of every blob that an image of `size` (width, height) reaches, in network order.

    A layer that cannot take its input at this size has no shape, nor has anything after it: such blobs are
    left out. So it is where the image is too small, and after an inner product, which wants the very number
    of values it was trained on. `blob_shape` says why a blob is missing.
    """
    width, height = size
    shapes: dict[str, Shape] = {network.input_blob: (network.input_shape[0], height, width)}
    for layer in network.layers:
        try:
            shapes.update(dict.fromkeys(layer.tops, top_shape(layer, shapes)))
        except (ModelError, KeyError):
            for top in layer.tops:
                shapes.pop(top, None)
    return shapes


def blob_shape(network: Network, blob: str, size: Pair) -> Shape:
    """The shape of one blob for an image of `size` (width, height).

    Raises:
        UnknownBlobError: the network has no such blob.
        ModelError: the image is too small for it, or a layer before it wants another size; it is named.
    """
    width, height = size
    needed = network.until([blob]).layers
    shapes: dict[str, Shape] = {network.input_blob: (network.input_shape[0], height, width)}
    try:
        for layer in needed:
            shapes.update(dict.fromkeys(layer.tops, top_shape(layer, shapes)))
    except ModelError as error:
        raise ModelError(
            f"model {network.name!r} cannot take an image of {width}x{height} as far as {blob!r}: "
            f"{error}; use another image size or an earlier layer"
        ) from error
    return shapes[blob]


def top_shape(layer: Layer, shapes: Mapping[str, Shape]) -> Shape:
    """The shape of what a layer writes, given its bottoms' in `shapes`.

    Raises:
        ModelError: the layer cannot take them; it is named.
    """
    bottoms = [shapes[bottom] for bottom in layer.bottoms]
    try:
        shape = _output_shape(layer.operation, bottoms)
    except _DoesNotFitError as error:
        raise ModelError(f"layer {layer.name!r} {error}") from error
    if min(shape) < 1:
        raise ModelError(f"layer {layer.name!r} gets {words(bottoms[0])}, too small for its window")
    return shape


def words(shape: Shape) -> str:
    """A shape as people write it: 512x14x14."""
    return "x".join(map(str, shape))


def _spatial(shape: Shape) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise _DoesNotFitError(f"wants rows and columns, but gets {words(shape)}")
    channels, height, width = shape
    return channels, height, width


@singledispatch
def _output_shape(_operation: Operation, bottoms: Sequence[Shape]) -> Shape:
    """The shape of an operation's tops; as registered here, for those that keep their bottom's shape."""
    return bottoms[0]


@_output_shape.register
def _(operation: Convolution, bottoms: Sequence[Shape]) -> Shape:
    channels, *sides = _spatial(bottoms[0])
    outputs, inputs_per_group, *kernel = operation.weight.shape
    _want_channels(channels, inputs_per_group * operation.groups)
    if operation.padding == "same":
        return (outputs, *map(same_side, sides, operation.stride))
    padding, dilation = operation.padding, operation.dilation
    return (outputs, *map(convolved_side, sides, kernel, operation.stride, padding, dilation))


@_output_shape.register
def _(operation: Deconvolution, bottoms: Sequence[Shape]) -> Shape:
    channels, *sides = _spatial(bottoms[0])
    inputs, outputs_per_group, *kernel = operation.weight.shape
    _want_channels(channels, inputs)
    outputs = outputs_per_group * operation.groups
    geometry = (kernel, operation.stride, operation.padding, operation.dilation)
    return (outputs, *map(deconvolved_side, sides, *geometry))


@_output_shape.register
def _(operation: Pooling, bottoms: Sequence[Shape]) -> Shape:
    channels, height, width = _spatial(bottoms[0])
    if operation.kernel is None:
        return channels, 1, 1
    if operation.padding == "same":
        return (channels, *map(same_side, (height, width), operation.stride))
    windows = zip((height, width), operation.kernel, operation.stride, operation.padding, strict=True)
    return (channels, *(pooled_side(*window, round_up=operation.round_up) for window in windows))


@_output_shape.register
def _(_operation: LocalResponse, bottoms: Sequence[Shape]) -> Shape:
    return _spatial(bottoms[0])


@_output_shape.register
def _(operation: PReLU, bottoms: Sequence[Shape]) -> Shape:
    if operation.slope.size > 1:
        _want_channels(bottoms[0][0], operation.slope.size)
    return bottoms[0]


@_output_shape.register
def _(operation: Affine, bottoms: Sequence[Shape]) -> Shape:
    for numbers in (operation.scale, operation.offset):
        if numbers is not None:
            _want_channels(bottoms[0][0], numbers.size)
    return bottoms[0]


@_output_shape.register
def _(operation: InnerProduct, bottoms: Sequence[Shape]) -> Shape:
    outputs, inputs = operation.weight.shape
    if prod(bottoms[0]) != inputs:
        raise _DoesNotFitError(f"wants {inputs} values, but gets {words(bottoms[0])} = {prod(bottoms[0])}")
    return (outputs,)


@_output_shape.register
def _(operation: Concat, bottoms: Sequence[Shape]) -> Shape:
    first = bottoms[0]
    axis = operation.axis - 1 if operation.axis > 0 else operation.axis + len(first)
    if any(shape[:axis] + shape[axis + 1 :] != first[:axis] + first[axis + 1 :] for shape in bottoms):
        raise _DoesNotFitError(f"cannot join {' and '.join(map(words, bottoms))}")
    return (*first[:axis], sum(shape[axis] for shape in bottoms), *first[axis + 1 :])


@_output_shape.register
def _(_operation: Eltwise, bottoms: Sequence[Shape]) -> Shape:
    if len(set(bottoms)) > 1:
        raise _DoesNotFitError(f"wants blobs of one shape, but gets {' and '.join(map(words, bottoms))}")
    return bottoms[0]


@_output_shape.register
def _(_operation: Flatten, bottoms: Sequence[Shape]) -> Shape:
    return (prod(bottoms[0]),)


@_output_shape.register
def _(operation: Reshape, bottoms: Sequence[Shape]) -> Shape:
    before = (1, *bottoms[0])
    if any(side == 0 and place >= len(before) for place, side in enumerate(operation.shape)):
        raise _DoesNotFitError(f"cannot keep sides that {words(bottoms[0])} does not have")
    after = [before[place] if side == 0 else side for place, side in enumerate(operation.shape)]
    rest = prod(side for side in after if side != -1)
    full = tuple(prod(before) // rest if side == -1 else side for side in after)
    if prod(full) != prod(before) or full[0] != 1 or len(full) < 2:
        raise _DoesNotFitError(f"cannot make {words(tuple(operation.shape))} of {words(before)}")
    return full[1:]


def _want_channels(found: int, wanted: int) -> None:
    if found != wanted:
        raise _DoesNotFitError(f"wants {wanted} channels, but gets {found}")


@dataclass(frozen=True)
class ReceptiveField:
    """The square of the picture that one place of a blob sees, `size` pixels a side.

    The squares of neighbouring places lie `stride` pixels apart (rounded up, after an upsampling). Where
    rows and columns differ, both are the larger.
    """

    size: int
    stride: int


def receptive_fields(network: Network) -> dict[str, ReceptiveField]:
    """The receptive field of every blob, the widest over all ways to the input, padding included.

    Blobs that see the whole picture, whatever its size, are left out: those after a global pool or an inner
    product.
    """
    rows, columns = _seen_along(network, 0), _seen_along(network, 1)
    return {
        blob: ReceptiveField(ceil(max(size, columns[blob][0])), ceil(max(stride, columns[blob][1])))
        for blob, (size, stride) in rows.items()
    }


def _seen_along(network: Network, side: int) -> dict[str, tuple[Fraction, Fraction]]:
    """Size and stride of the receptive fields along rows (`side` 0) or columns (1)."""
    seen = {network.input_blob: (Fraction(1), Fraction(1))}
    for layer in network.layers:
        reach = _reach(layer.operation, side)
        below = [seen[bottom] for bottom in layer.bottoms if bottom in seen]
        for top in layer.tops:
            seen.pop(top, None)
        if reach is not None and len(below) == len(layer.bottoms):
            window, step = reach
            size = max(size + (window - 1) * stride for size, stride in below)
            stride = max(stride * step for _, stride in below)
            seen.update(dict.fromkeys(layer.tops, (size, stride)))
    return seen


def _reach(operation: Operation, side: int) -> tuple[int, Fraction] | None:
    """How many places of its bottom a place of the top sees, and by how many the next; None: it sees all."""
    match operation:
        case Convolution():
            window = extent(operation.weight.shape[2 + side], operation.dilation[side])
            return window, Fraction(operation.stride[side])
        case Deconvolution():
            window = extent(operation.weight.shape[2 + side], operation.dilation[side])
            return same_side(window, operation.stride[side]), Fraction(1, operation.stride[side])
        case Pooling():
            return operation.kernel and (operation.kernel[side], Fraction(operation.stride[side]))
        case InnerProduct() | Flatten() | Reshape():
            return None
        case LocalResponse(within_channel=True):
            return operation.size, Fraction(1)
    return 1, Fraction(1)
