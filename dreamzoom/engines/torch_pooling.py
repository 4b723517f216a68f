"""Pooling with Caffe's and TensorFlow's windows; the first maximum in scan order takes the whole gradient."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

from dreamzoom.engines.torch_convolution import Frame, without_frame
from dreamzoom.engines.torch_kernel import Pullback
from dreamzoom.models.network import Pair, Pooling
from dreamzoom.models.shapes import pooled_side, same_padding, same_side


@dataclass(frozen=True)
class Windows:
    """The windows along one side: how many, and the padding before and behind that makes each of them whole.

    `counted` is the part (start, end) of the padded side that an average counts.
    """

    outputs: int
    before: int
    behind: int
    counted: Pair


def windows_of(operation: Pooling, axis: int, side: int) -> Windows:
    """The windows of a pooling layer along `axis` (0: rows, 1: columns) of `side` pixels."""
    if operation.kernel is None:
        return Windows(1, 0, 0, (0, side))
    kernel, stride = operation.kernel[axis], operation.stride[axis]
    if operation.padding == "same":
        before, behind = same_padding(side, kernel, stride)
        return Windows(same_side(side, stride), before, behind, (before, before + side))
    padding = operation.padding[axis]
    outputs = pooled_side(side, kernel, stride, padding, round_up=operation.round_up)
    behind = max((outputs - 1) * stride + kernel - padding - side, 0)
    return Windows(outputs, padding, behind, (0, padding + side + padding))


@dataclass(frozen=True)
class PoolingKernel:
    """`Pooling`, by torch's own windows where they are the same, else on an input padded to whole windows."""

    operation: Pooling

    def __call__(self, x: Tensor) -> tuple[Tensor, Pullback]:
        rows, columns = (windows_of(self.operation, axis, x.shape[2 + axis]) for axis in (0, 1))
        if self.operation.method == "max":
            return self._maximum(x, rows, columns)
        return self._average(x, rows, columns)

    def _kernel(self, x: Tensor) -> Pair:
        return self.operation.kernel or (x.shape[2], x.shape[3])

    def _maximum(self, x: Tensor, rows: Windows, columns: Windows) -> tuple[Tensor, Pullback]:
        kernel, stride = self._kernel(x), self.operation.stride
        frame = _frame(rows, columns)
        padded = F.pad(x, frame, value=-torch.inf) if any(frame) else x
        value, places = torch.ops.aten.max_pool2d_with_indices(padded, kernel, stride, (0, 0))

        def pullback(diff: Tensor) -> tuple[Tensor, ...]:
            found = torch.ops.aten.max_pool2d_with_indices_backward(
                diff, padded, kernel, stride, (0, 0), (1, 1), False, places
            )
            return (without_frame(found, frame),)

        return value, pullback

    def _average(self, x: Tensor, rows: Windows, columns: Windows) -> tuple[Tensor, Pullback]:
        kernel, stride = self._kernel(x), self.operation.stride
        frame = _frame(rows, columns)
        padded = F.pad(x, frame) if any(frame) else x
        counts = torch.outer(
            _counts(rows, kernel[0], stride[0], x), _counts(columns, kernel[1], stride[1], x)
        )
        sums = F.avg_pool2d(padded, kernel, stride, divisor_override=1)

        def pullback(diff: Tensor) -> tuple[Tensor, ...]:
            found = torch.ops.aten.avg_pool2d_backward(
                diff / counts, padded, kernel, stride, (0, 0), False, True, 1
            )
            return (without_frame(found, frame),)

        return sums / counts, pullback


def _frame(rows: Windows, columns: Windows) -> Frame:
    return columns.before, columns.behind, rows.before, rows.behind


def _counts(windows: Windows, kernel: int, stride: int, like: Tensor) -> Tensor:
    """How many counted pixels each window of a side has: (outputs,)."""
    starts = torch.arange(windows.outputs, device=like.device) * stride
    low, high = windows.counted
    return ((starts + kernel).clamp(max=high) - starts.clamp(min=low)).to(like.dtype)
