"""How large each blob of a network is.

The arithmetic of output sizes is here and nowhere else: `convolved_side`, `deconvolved_side`, `pooled_side`,
`same_side` and `same_padding` take one side in pixels at a time, and give a size below 1 where the input is
too small. Shapes are without the leading 1 of Caffe's blobs: (C, H, W), or (C,) after an inner product. An
`axis` counts that leading 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from math import prod
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
from dreamzoom.models.operations import (
    Axpy,
    Crop,
    MeanVariance,
    OwnStatistics,
    Patches,
    Product,
    Pyramid,
    Reduction,
    Repetition,
    Shift,
    Slice,
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


@_output_shape.register(Affine)
@_output_shape.register(OwnStatistics)
def _(operation: Affine | OwnStatistics, bottoms: Sequence[Shape]) -> Shape:
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


@_output_shape.register(Product)
@_output_shape.register(Shift)
def _(operation: Product | Shift, bottoms: Sequence[Shape]) -> Shape:
    first, second = ((1, *shape) for shape in bottoms)
    if first[operation.axis : operation.axis + len(second)] != second:
        raise _DoesNotFitError(f"cannot apply {words(bottoms[1])} to {words(bottoms[0])}")
    return bottoms[0]


@_output_shape.register
def _(_operation: MeanVariance, bottoms: Sequence[Shape]) -> Shape:
    if len(bottoms[0]) > 3:
        raise _DoesNotFitError(f"wants rows and columns, but gets {words(bottoms[0])}")
    return bottoms[0] + (1,) * (3 - len(bottoms[0]))


@_output_shape.register
def _(operation: Slice, bottoms: Sequence[Shape]) -> Shape:
    axis = operation.axis - 1
    start, stop = slice_bounds(operation, bottoms[0][axis])
    if not 0 <= start < stop <= bottoms[0][axis]:
        raise _DoesNotFitError(f"cannot cut {words(bottoms[0])} into its {operation.parts} parts")
    return (*bottoms[0][:axis], stop - start, *bottoms[0][axis + 1 :])


def slice_bounds(operation: Slice, side: int) -> Pair:
    """Where a part begins and ends on a side; (0, 0) where even parts do not fill it."""
    if operation.points:
        bounds = (0, *operation.points, side)
        return bounds[operation.place], bounds[operation.place + 1]
    share, rest = divmod(side, operation.parts)
    return (0, 0) if rest else (share * operation.place, share * (operation.place + 1))


@_output_shape.register
def _(operation: Crop, bottoms: Sequence[Shape]) -> Shape:
    first, second = ((1, *shape) for shape in bottoms)
    axis = operation.axis
    if len(first) != len(second) or any(
        side - offset < size
        for side, size, offset in zip(first[axis:], second[axis:], operation.offsets, strict=True)
    ):
        raise _DoesNotFitError(f"cannot cut {words(bottoms[1])} out of {words(bottoms[0])}")
    return (*first[:axis], *second[axis:])[1:]


@_output_shape.register
def _(operation: Repetition, bottoms: Sequence[Shape]) -> Shape:
    axis = operation.axis - 1
    return (*bottoms[0][:axis], bottoms[0][axis] * operation.times, *bottoms[0][axis + 1 :])


@_output_shape.register
def _(operation: Reduction, bottoms: Sequence[Shape]) -> Shape:
    return bottoms[0][: operation.axis - 1]


@_output_shape.register
def _(_operation: Axpy, bottoms: Sequence[Shape]) -> Shape:
    factor, first, second = bottoms
    if factor not in (first[:1], (*first[:1], 1, 1)) or first != second:
        raise _DoesNotFitError(f"cannot compute with {' and '.join(map(words, bottoms))}")
    return first


@_output_shape.register
def _(operation: Pyramid, bottoms: Sequence[Shape]) -> Shape:
    channels, height, width = _spatial(bottoms[0])
    bins = 0
    for level in range(operation.levels):
        kernel, padding = pyramid_windows(level, height, width)
        if any(pad >= side for pad, side in zip(padding, kernel, strict=True)):
            raise _DoesNotFitError(f"gets {words(bottoms[0])}, too small for its {4**level} bins")
        bins += prod(map(pooled_side, (height, width), kernel, kernel, padding))
    return (channels, 1, 1) if operation.levels == 1 else (channels * bins,)


def pyramid_windows(level: int, height: int, width: int) -> tuple[Pair, Pair]:
    """Kernel and padding, (rows, columns) each, of a pyramid's level; its stride is its kernel."""
    rows, columns = -(-height // 2**level), -(-width // 2**level)
    padding = (rows * 2**level - height + 1) // 2, (columns * 2**level - width + 1) // 2
    return (rows, columns), padding


@_output_shape.register
def _(operation: Patches, bottoms: Sequence[Shape]) -> Shape:
    channels, *sides = _spatial(bottoms[0])
    windows = (operation.kernel, operation.stride, operation.padding, operation.dilation)
    return (channels * prod(operation.kernel), *map(convolved_side, sides, *windows))


@_output_shape.register
def _(operation: Flatten, bottoms: Sequence[Shape]) -> Shape:
    last = operation.last % (len(bottoms[0]) + 1)
    first = operation.first - 1
    return (*bottoms[0][:first], prod(bottoms[0][first:last]), *bottoms[0][last:])


@_output_shape.register
def _(operation: Reshape, bottoms: Sequence[Shape]) -> Shape:
    before = (1, *bottoms[0])
    if any(side == 0 and place >= len(before) for place, side in enumerate(operation.shape)):
        raise _DoesNotFitError(f"cannot keep sides that {words(bottoms[0])} does not have")
    after = [before[place] if side == 0 else side for place, side in enumerate(operation.shape)]
    after += before[len(before) - operation.kept :]
    rest = prod(side for side in after if side != -1)
    full = tuple(prod(before) // rest if side == -1 else side for side in after)
    if prod(full) != prod(before) or full[0] != 1 or len(full) < 2:
        raise _DoesNotFitError(f"cannot make {words(tuple(operation.shape))} of {words(before)}")
    return full[1:]


def _want_channels(found: int, wanted: int) -> None:
    if found != wanted:
        raise _DoesNotFitError(f"wants {wanted} channels, but gets {found}")
