"""Convolutions and transposed convolutions, forward and back to their input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

from dreamzoom.engines.torch_first_layer import FoldedGradient, PhasedGradient
from dreamzoom.engines.torch_fused import FusedGradient, fuses
from dreamzoom.engines.torch_kernel import Gate, Place, Pullback, Pullbacks
from dreamzoom.engines.torch_pointwise import quickest_back, quickest_forward
from dreamzoom.models.network import Convolution, Deconvolution, Pair
from dreamzoom.models.shapes import same_padding

Frame: TypeAlias = tuple[int, int, int, int]  # left, right, top, bottom: the order of torch's pad

Forward: TypeAlias = Callable[[Tensor, Pair], Tensor]
"""From the input and its padding to the value."""

Backward: TypeAlias = Callable[[Tensor, Tensor, Pair], Tensor]
"""From the gradient at the value, the input and its padding to the gradient at the input."""


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
    """`Convolution` on one device, with the quickest way there and back."""

    operation: Convolution
    forward: Forward
    backward: Backward

    @classmethod
    def prepare(cls, operation: Convolution, place: Place) -> ConvolutionKernel:
        """The kernel at a place."""
        direct = DirectConvolution.prepare(operation, place)
        forward = quickest_forward(operation, place) if fuses(place) else direct
        return cls(operation, forward, quickest_gradient(operation, place, direct))

    @classmethod
    def prepare_rectified(cls, operation: Convolution, place: Place) -> ConvolutionKernel:
        """The same with a ReLU behind it, whose gradient is not this kernel's business."""
        direct = DirectConvolution.prepare(operation, place)
        rectified = quickest_forward(operation, place, "relu") if fuses(place) else direct.rectified
        return cls(operation, rectified, quickest_gradient(operation, place, direct))

    def __call__(self, x: Tensor) -> tuple[Tensor, Pullback]:
        o = self.operation
        if o.padding != "same":
            return self._convolve(x, o.padding)
        frame = same_frame(x, (o.weight.shape[2], o.weight.shape[3]), o.stride, o.dilation)
        value, pullback = self._convolve(F.pad(x, frame), (0, 0))
        return value, lambda diff: (without_frame(pullback(diff)[0], frame),)

    def _convolve(self, x: Tensor, padding: Pair) -> tuple[Tensor, Pullback]:
        return self.forward(x, padding), lambda diff: (self.backward(diff, x, padding),)


def quickest_gradient(operation: Convolution, place: Place, direct: DirectConvolution) -> Backward:
    """How the gradient of a convolution is computed soonest at a place."""
    if FoldedGradient.is_quicker(operation, place):
        return FoldedGradient.prepare(operation, place)
    if PhasedGradient.is_quicker(operation):
        return PhasedGradient.prepare(operation, place)
    if fuses(place) and FusedGradient.knows(operation):
        return quickest_back(operation, place)
    return direct.gradient


@dataclass(frozen=True, eq=False)
class DirectConvolution:
    """A convolution as the library does it."""

    weight: Tensor  # (out, in / groups, kh, kw)
    bias: Tensor | None
    operation: Convolution

    @classmethod
    def prepare(cls, operation: Convolution, place: Place) -> DirectConvolution:
        weight = place.tensor(operation.weight).contiguous(memory_format=torch.channels_last)
        return cls(weight, place.optional(operation.bias), operation)

    def __call__(self, x: Tensor, padding: Pair) -> Tensor:
        o = self.operation
        return F.conv2d(x, self.weight, self.bias, o.stride, padding, o.dilation, o.groups)

    def rectified(self, x: Tensor, padding: Pair) -> Tensor:
        """The value behind a ReLU, in the convolution's own memory."""
        return self(x, padding).relu_()

    def gradient(self, diff: Tensor, x: Tensor, padding: Pair) -> Tensor:
        """The gradient at `x` of `diff` at the value."""
        o = self.operation
        found: Tensor = torch.ops.aten.convolution_backward(
            diff, x, self.weight, None, o.stride, padding, o.dilation,
            False, [0, 0], o.groups, [True, False, False],
        )[0]  # fmt: skip
        return found


@dataclass(frozen=True, eq=False)
class RectifiedKernel:
    """`RectifiedConvolution`."""

    convolution: ConvolutionKernel  # a rectified one
    gate: Gate

    def __call__(self, x: Tensor) -> tuple[Tensor, Pullback]:
        value, pullback = self.convolution(x)
        return value, lambda diff: pullback(self.gate(value, diff))


@dataclass(frozen=True, eq=False)
class SiblingsStage:
    """`SiblingConvolutions`: several rectified convolutions of one input as one."""

    convolution: ConvolutionKernel  # a rectified one
    channels: tuple[int, ...]
    gate: Gate

    def __call__(self, x: Tensor) -> tuple[tuple[Tensor, ...], Pullbacks]:
        value, pullback = self.convolution(x)
        return torch.split(value, list(self.channels), 1), lambda *diffs: pullback(self.gate(value, *diffs))


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
