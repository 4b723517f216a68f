"""How much of the picture one value of a blob sees."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from dreamzoom.models.network import (
    Convolution,
    Deconvolution,
    Flatten,
    InnerProduct,
    LocalResponse,
    Network,
    Operation,
    Pooling,
    Reshape,
)
from dreamzoom.models.operations import (
    Crop,
    MeanVariance,
    Patches,
    Pyramid,
    Reduction,
    Repetition,
)
from dreamzoom.models.shapes import extent, same_side


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
    product. Where a BatchNorm goes by the picture's own statistics, those are left out of account.
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
        bottoms = layer.bottoms[:1] if isinstance(layer.operation, Crop) else layer.bottoms
        below = [seen[bottom] for bottom in bottoms if bottom in seen]
        for top in layer.tops:
            seen.pop(top, None)
        if reach is not None and len(below) == len(bottoms):
            window, step = reach
            size = max(size + (window - 1) * stride for size, stride in below)
            stride = max(stride * step for _, stride in below)
            seen.update(dict.fromkeys(layer.tops, (size, stride)))
    return seen


def _reach(operation: Operation, side: int) -> tuple[int, Fraction] | None:
    """How many places of its bottom a place of the top sees, and by how many the next; None: it sees all."""
    if isinstance(operation, _SEES_ALL) or (isinstance(operation, Repetition) and operation.axis > 1):
        return None
    match operation:
        case Convolution():
            window = extent(operation.weight.shape[2 + side], operation.dilation[side])
            return window, Fraction(operation.stride[side])
        case Deconvolution():
            window = extent(operation.weight.shape[2 + side], operation.dilation[side])
            return same_side(window, operation.stride[side]), Fraction(1, operation.stride[side])
        case Pooling() | Patches():
            dilation = (1, 1) if isinstance(operation, Pooling) else operation.dilation
            kernel = operation.kernel
            return kernel and (extent(kernel[side], dilation[side]), Fraction(operation.stride[side]))
        case LocalResponse(within_channel=True):
            return operation.size, Fraction(1)
    return 1, Fraction(1)


_SEES_ALL = (InnerProduct, Flatten, Reshape, Pyramid, Reduction, MeanVariance)
