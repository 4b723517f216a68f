"""Convolutions and transposed convolutions, forward and back to their input."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

from dreamzoom.engines.torch_kernel import Place, Pullback
from dreamzoom.models.network import Convolution, Deconvolution, Pair
from dreamzoom.models.shapes import same_padding

Frame = tuple[int, int, int, int]  # left, right, top, bottom: the order of torch's pad


def same_frame(x: Tensor, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Frame:
    """TensorFlow's SAME padding around `x` (1, C, H, W)."""
    top, bottom = same_padding(x.shape[2], kernel[0], stride[0], dilation[0])
    left, right = same_padding(x.shape[3], kernel[1], stride[1], dilation[1])
    return left, right, top, bottom


def without_frame(x: Tensor, frame: Frame) -> Tensor:
    """The inside of a padded tensor: a view."""
    left, right, top, bottom = frame
    return x[..., top : x.shape[-2] - bottom, left : x.shape[-1] - right]


@dataclass(frozen=True, eq=False)
class ConvolutionKernel:
    """`Convolution` on one device."""

    weight: Tensor  # (out, in / groups, kh, kw)
    bias: Tensor | None
    operation: Convolution

    @classmethod
    def prepare(cls, operation: Convolution, place: Place) -> ConvolutionKernel:
        weight = place.tensor(operation.weight).contiguous(memory_format=torch.channels_last)
        return cls(weight, place.optional(operation.bias), operation)

    def __call__(self, x: Tensor) -> tuple[Tensor, Pullback]:
        operation = self.operation
        if operation.padding != "same":
            return self._convolve(x, operation.padding)
        kernel = (self.weight.shape[2], self.weight.shape[3])
        frame = same_frame(x, kernel, operation.stride, operation.dilation)
        value, pullback = self._convolve(F.pad(x, frame), (0, 0))
        return value, lambda diff: (without_frame(pullback(diff)[0], frame),)

    def _convolve(self, x: Tensor, padding: Pair) -> tuple[Tensor, Pullback]:
        operation = self.operation
        value = F.conv2d(
            x, self.weight, self.bias, operation.stride, padding, operation.dilation, operation.groups
        )

        def pullback(diff: Tensor) -> tuple[Tensor, ...]:
            found: Tensor = torch.ops.aten.convolution_backward(
                diff, x, self.weight, None, operation.stride, padding, operation.dilation,
                False, [0, 0], operation.groups, [True, False, False],
            )[0]  # fmt: skip
            return (found,)

        return value, pullback


@dataclass(frozen=True, eq=False)
class DeconvolutionKernel:
    """`Deconvolution` on one device; its way back is the plain convolution."""

    weight: Tensor  # (in, out / groups, kh, kw)
    bias: Tensor | None
    operation: Deconvolution

    @classmethod
    def prepare(cls, operation: Deconvolution, place: Place) -> DeconvolutionKernel:
        return cls(place.tensor(operation.weight), place.optional(operation.bias), operation)

    def __call__(self, x: Tensor) -> tuple[Tensor, Pullback]:
        o = self.operation
        value = F.conv_transpose2d(
            x, self.weight, self.bias, o.stride, o.padding, (0, 0), o.groups, o.dilation
        )

        def pullback(diff: Tensor) -> tuple[Tensor, ...]:
            return (F.conv2d(diff, self.weight, None, o.stride, o.padding, o.dilation, o.groups),)

        return value, pullback
