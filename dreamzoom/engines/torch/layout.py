"""Kernels of layers that join, cut, repeat and lay out blobs."""

from __future__ import annotations

from functools import singledispatch

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

from dreamzoom.engines.torch.kernel import Kernel, Pullback
from dreamzoom.engines.torch.pooling import PaddedPoolingKernel
from dreamzoom.models.network import Concat, Flatten, Pooling, Reshape
from dreamzoom.models.operations import (
    Crop,
    Patches,
    Pyramid,
    Reduction,
    Repetition,
    Slice,
)
from dreamzoom.models.shapes import convolved_side, pyramid_windows, slice_bounds


@singledispatch
def layout_kernel(operation: object) -> Kernel:
    """The kernel of an operation that moves values, and computes little."""
    raise TypeError(f"no kernel computes {type(operation).__name__}")


@layout_kernel.register
def _(operation: Concat) -> Kernel:
    axis = operation.axis

    def concat(*inputs: Tensor) -> tuple[Tensor, Pullback]:
        sides = [x.shape[axis] for x in inputs]
        return torch.cat(inputs, axis), lambda diff: torch.split(diff, sides, axis)

    return concat


@layout_kernel.register
def _(operation: Slice) -> Kernel:
    def cut(x: Tensor) -> tuple[Tensor, Pullback]:
        start, stop = slice_bounds(operation, x.shape[operation.axis])
        return _window(x, [(operation.axis, start, stop - start)])

    return cut


@layout_kernel.register
def _(operation: Crop) -> Kernel:
    def crop(x: Tensor, like: Tensor) -> tuple[Tensor, Pullback]:
        axes = range(operation.axis, x.dim())
        windows = [
            (axis, offset, like.shape[axis]) for axis, offset in zip(axes, operation.offsets, strict=True)
        ]
        value, pullback = _window(x, windows)
        return value, lambda diff: (*pullback(diff), torch.zeros_like(like))

    return crop


def _window(x: Tensor, windows: list[tuple[int, int, int]]) -> tuple[Tensor, Pullback]:
    """The part of `x` of that (axis, start, length) each, and its gradient among zeros."""

    def part(of: Tensor) -> Tensor:
        for axis, start, length in windows:
            of = of.narrow(axis, start, length)
        return of

    def pullback(diff: Tensor) -> tuple[Tensor, ...]:
        whole = torch.zeros_like(x)
        part(whole).copy_(diff)
        return (whole,)

    return part(x).clone(), pullback  # a value of its own: kernels after it may want whole memory


@layout_kernel.register
def _(operation: Repetition) -> Kernel:
    def repeat(x: Tensor) -> tuple[Tensor, Pullback]:
        value = torch.cat([x] * operation.times, operation.axis)

        def pullback(diff: Tensor) -> tuple[Tensor, ...]:
            return (torch.stack(torch.split(diff, x.shape[operation.axis], operation.axis)).sum(0),)

        return value, pullback

    return repeat


@layout_kernel.register
def _(operation: Reduction) -> Kernel:
    o = operation

    def reduce(x: Tensor) -> tuple[Tensor, Pullback]:
        values = x.flatten(o.axis)
        factor = o.coefficient / (values.shape[-1] if o.method == "mean" else 1)
        each, slope = values, torch.ones_like(values)
        if o.method == "absolutes":
            each, slope = values.abs(), values.sign()
        elif o.method == "squares":
            each, slope = values.square(), 2 * values

        def pullback(diff: Tensor) -> tuple[Tensor, ...]:
            return ((diff.unsqueeze(-1) * slope * factor).reshape(x.shape),)

        return each.sum(-1) * factor, pullback

    return reduce


@layout_kernel.register
def _(operation: Pyramid) -> Kernel:
    def pyramid(x: Tensor) -> tuple[Tensor, Pullback]:
        windows = [pyramid_windows(level, x.shape[2], x.shape[3]) for level in range(operation.levels)]
        pools = [
            PaddedPoolingKernel(Pooling(operation.method, kernel, kernel, padding))(x)
            for kernel, padding in windows
        ]
        if len(pools) == 1:
            return pools[0]
        shapes = [value.shape for value, _ in pools]
        sides = [shape.numel() for shape in shapes]

        def pullback(diff: Tensor) -> tuple[Tensor, ...]:
            parts = zip(torch.split(diff, sides, 1), shapes, pools, strict=True)
            return (torch.stack([back(part.reshape(shape))[0] for part, shape, (_, back) in parts]).sum(0),)

        return torch.cat([value.flatten(1) for value, _ in pools], 1), pullback

    return pyramid


@layout_kernel.register
def _(operation: Patches) -> Kernel:
    o = operation
    windows = {"dilation": o.dilation, "padding": o.padding, "stride": o.stride}

    def patches(x: Tensor) -> tuple[Tensor, Pullback]:
        sides = map(convolved_side, x.shape[2:], o.kernel, o.stride, o.padding, o.dilation)
        columns = F.unfold(x, o.kernel, **windows)
        return columns.reshape(1, -1, *sides), lambda diff: (
            F.fold(diff.flatten(2), x.shape[2:], o.kernel, **windows),
        )

    return patches


@layout_kernel.register
def _(operation: Flatten) -> Kernel:
    return lambda x: (x.flatten(operation.first, operation.last), lambda diff: (diff.reshape(x.shape),))


@layout_kernel.register
def _(operation: Reshape) -> Kernel:
    def reshape(x: Tensor) -> tuple[Tensor, Pullback]:
        shape = [x.shape[axis] if side == 0 else side for axis, side in enumerate(operation.shape)]
        shape += x.shape[x.dim() - operation.kept :]
        return x.reshape(shape), lambda diff: (diff.reshape(x.shape),)

    return reshape
