"""Pooling with Caffe's and TensorFlow's windows. The first maximum in scan order takes the whole gradient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

from dreamzoom.engines.torch.convolution import crop_padding
from dreamzoom.engines.torch.kernel import Pullback
from dreamzoom.engines.torch.native.library import MOST_TAPS, Kernels, PoolingWindows
from dreamzoom.models.network import Pair, Pooling
from dreamzoom.models.shapes import pooled_side, same_padding, same_side


@dataclass(frozen=True)
class Windows:
    """The windows along one side: how many, and the padding before and after it that makes each whole.

    `counted` is the part (start, end) of the padded side that an average counts.
    """

    outputs: int
    before: int
    after: int
    counted: Pair


def windows_of(operation: Pooling, axis: int, side: int) -> Windows:
    """The windows of a pooling layer along `axis` (0: rows, 1: columns) of `side` pixels."""
    if operation.kernel is None:
        return Windows(1, 0, 0, (0, side))
    kernel, stride = operation.kernel[axis], operation.stride[axis]
    if operation.padding == "same":
        before, after = same_padding(side, kernel, stride)
        return Windows(same_side(side, stride), before, after, (before, before + side))
    padding = operation.padding[axis]
    outputs = pooled_side(side, kernel, stride, padding, round_up=operation.round_up)
    after = max((outputs - 1) * stride + kernel - padding - side, 0)
    return Windows(outputs, padding, after, (0, padding + side + padding))


@dataclass(frozen=True)
class CompiledPoolingKernel:
    """`Pooling` by dreamzoom's own kernels.

    torch's backward pass does not share one image among threads, and keeps eight bytes for each index.
    """

    operation: Pooling
    kernels: Kernels
    rectified: bool = False  # whether a ReLU follows

    @staticmethod
    def knows(operation: Pooling) -> bool:
        """Whether the kernels have these windows: every one sees a pixel, and not too many of them."""
        if operation.method != "max" or operation.kernel is None or prod(operation.kernel) > MOST_TAPS:
            return False
        if operation.padding == "same":
            return True
        return all(pad < side for pad, side in zip(operation.padding, operation.kernel, strict=True))

    def __call__(self, x: Tensor) -> tuple[Tensor, Pullback]:
        windows = _compiled_windows(self.operation, x.shape, self.rectified)
        value, indices = self.kernels.max_pool(x, windows)
        return value, lambda diff: (self.kernels.max_pool_backward(diff, indices, windows),)


@lru_cache(256)
def _compiled_windows(operation: Pooling, shape: torch.Size, rectified: bool) -> PoolingWindows:
    rows, columns = (windows_of(operation, axis, shape[2 + axis]) for axis in (0, 1))
    kernel = operation.kernel or (shape[2], shape[3])
    return PoolingWindows(
        height=shape[2], width=shape[3], channels=shape[1],
        out_height=rows.outputs, out_width=columns.outputs,
        kernel_height=kernel[0], kernel_width=kernel[1],
        stride_height=operation.stride[0], stride_width=operation.stride[1],
        above=rows.before, left=columns.before, rectified=rectified,
    )  # fmt: skip


@dataclass(frozen=True)
class PoolingKernel:
    """`Pooling` whose windows torch knows by itself: Caffe's, unless the padding is over half the kernel."""

    operation: Pooling

    @staticmethod
    def knows(operation: Pooling) -> bool:
        """Whether torch has these windows."""
        if operation.kernel is None or operation.padding == "same":
            return False
        return all(pad <= side // 2 for pad, side in zip(operation.padding, operation.kernel, strict=True))

    def __call__(self, x: Tensor) -> tuple[Tensor, Pullback]:
        o, aten = self.operation, torch.ops.aten
        windows = (o.kernel, o.stride, o.padding)
        if o.method == "max":
            value, indices = aten.max_pool2d_with_indices(x, *windows, (1, 1), o.round_up)
            return value, lambda diff: (
                aten.max_pool2d_with_indices_backward(diff, x, *windows, (1, 1), o.round_up, indices),
            )
        value = aten.avg_pool2d(x, *windows, o.round_up, True, None)
        return value, lambda diff: (aten.avg_pool2d_backward(diff, x, *windows, o.round_up, True, None),)


@dataclass(frozen=True)
class PaddedPoolingKernel:
    """`Pooling` of any kind, on an input that is first padded to whole windows."""

    operation: Pooling

    def __call__(self, x: Tensor) -> tuple[Tensor, Pullback]:
        rows, columns = (windows_of(self.operation, axis, x.shape[2 + axis]) for axis in (0, 1))
        sides = (columns.before, columns.after, rows.before, rows.after)
        kernel = self.operation.kernel or (x.shape[2], x.shape[3])
        whole = PoolingKernel(Pooling(self.operation.method, kernel, self.operation.stride))
        if self.operation.method == "max":
            value, pullback = whole(F.pad(x, sides, value=-torch.inf))
            return value, lambda diff: (crop_padding(pullback(diff)[0], sides),)
        value, pullback = whole(F.pad(x, sides))
        axes = zip((rows, columns), kernel, self.operation.stride, strict=True)
        shares = torch.outer(*(_shares(windows, side, stride, x) for windows, side, stride in axes))
        return value / shares, lambda diff: (crop_padding(pullback(diff / shares)[0], sides),)


def _shares(windows: Windows, kernel: int, stride: int, like: Tensor) -> Tensor:
    """The share of each window along a side that an average counts: (outputs,)."""
    starts = torch.arange(windows.outputs, device=like.device) * stride
    low, high = windows.counted
    counted = (starts + kernel).clamp(max=high) - starts.clamp(min=low)
    return counted.to(like.dtype) / kernel
