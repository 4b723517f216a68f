"""Convolutions, forward and backward to their input, each in its quickest form.

Libraries compute few channels at the price of many. So there are two more forms of the gradient at the
input of a strided convolution with few input channels, such as a network's first. Both make one plain
convolution of the gradient at the layer's value, and then lay out, or add up, what it gives as an image.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

from dreamzoom.engines.torch.kernel import Placement, Pullback, Pullbacks, ReLUBackward
from dreamzoom.engines.torch.native.library import Col2imShape, Kernels, PixelShuffleShape, kernels_for
from dreamzoom.engines.torch.onednn import (
    FusedConvolution,
    FusedGradient,
    PostOp,
    has_fused_convolutions,
    quickest_backward,
    quickest_forward,
)
from dreamzoom.engines.torch.threads import at_most
from dreamzoom.models.network import Convolution, Pair
from dreamzoom.models.shapes import same_padding

Sides: TypeAlias = tuple[int, int, int, int]
"""Padding on the left, the right, the top and the bottom: the order of torch's pad."""

Forward: TypeAlias = Callable[[Tensor, Pair], Tensor]
"""From the input (1, C, H, W) and its padding to the value."""

Backward: TypeAlias = Callable[[Tensor, Tensor, Pair], Tensor]
"""From the gradient at the value, the input and its padding to the gradient at the input."""

_MOST_THREADS = 8  # for more, oneDNN was seen to add up the taps of a few output channels in another order


def same_sides(x: Tensor, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Sides:
    """TensorFlow's SAME padding around `x` (1, C, H, W)."""
    top, bottom = same_padding(x.shape[2], kernel[0], stride[0], dilation[0])
    left, right = same_padding(x.shape[3], kernel[1], stride[1], dilation[1])
    return left, right, top, bottom


def crop_padding(x: Tensor, sides: Sides) -> Tensor:
    """The inside of a padded tensor (1, C, H, W): a view."""
    left, right, top, bottom = sides
    return x[..., top : x.shape[-2] - bottom, left : x.shape[-1] - right]


@dataclass(frozen=True, eq=False)
class ConvolutionKernel:
    """`Convolution` at one placement, each pass in its quickest form."""

    operation: Convolution
    forward: Forward
    backward: Backward

    @classmethod
    def prepare(
        cls, operation: Convolution, placement: Placement, post_op: PostOp = "none"
    ) -> ConvolutionKernel:
        """The kernel at a placement; if a ReLU follows, its backward pass is not this kernel's business."""
        direct = DirectConvolution.prepare(operation, placement, post_op)
        fused = has_fused_convolutions(placement)
        forward = quickest_forward(operation, placement, post_op) if fused else direct
        return cls(operation, forward, quickest_gradient(operation, placement, direct))

    def __call__(self, x: Tensor) -> tuple[Tensor, Pullback]:
        o = self.operation
        if o.padding != "same":
            return self._convolve(x, o.padding)
        sides = same_sides(x, (o.weight.shape[2], o.weight.shape[3]), o.stride, o.dilation)
        value, pullback = self._convolve(F.pad(x, sides), (0, 0))
        return value, lambda diff: (crop_padding(pullback(diff)[0], sides),)

    def _convolve(self, x: Tensor, padding: Pair) -> tuple[Tensor, Pullback]:
        return self.forward(x, padding), lambda diff: (self.backward(diff, x, padding),)


@dataclass(frozen=True, eq=False)
class RectifiedKernel:
    """`RectifiedConvolution`."""

    convolution: ConvolutionKernel  # a rectified one
    relu_backward: ReLUBackward

    def __call__(self, x: Tensor) -> tuple[Tensor, Pullback]:
        value, pullback = self.convolution(x)
        return value, lambda diff: pullback(self.relu_backward(value, diff))


@dataclass(frozen=True, eq=False)
class SiblingsStage:
    """`SiblingConvolutions`: several rectified convolutions of one input as one."""

    convolution: ConvolutionKernel  # a rectified one
    channels: tuple[int, ...]
    relu_backward: ReLUBackward

    def __call__(self, x: Tensor) -> tuple[tuple[Tensor, ...], Pullbacks]:
        value, pullback = self.convolution(x)
        values = torch.split(value, list(self.channels), 1)
        return values, lambda *diffs: pullback(self.relu_backward(value, *diffs))


def quickest_gradient(operation: Convolution, placement: Placement, direct: DirectConvolution) -> Backward:
    """The quickest form of a convolution's gradient at a placement."""
    fused = has_fused_convolutions(placement)
    if PixelShuffleGradient.is_quicker(operation):
        kernels = kernels_for(placement.device, placement.dtype)
        if kernels and fused and Col2imGradient.is_quicker(operation, placement.dtype):
            return Col2imGradient.prepare(operation, placement, kernels)
        return PixelShuffleGradient.prepare(operation, placement, kernels)
    if fused and FusedGradient.knows(operation):
        return quickest_backward(operation, placement)
    return direct.gradient


@dataclass(frozen=True, eq=False)
class DirectConvolution:
    """A convolution by torch's own operations."""

    weight: Tensor  # (out, in / groups, kh, kw)
    bias: Tensor | None
    operation: Convolution
    post_op: PostOp

    @classmethod
    def prepare(cls, operation: Convolution, placement: Placement, post_op: PostOp) -> DirectConvolution:
        weight = placement.tensor(operation.weight).contiguous(memory_format=torch.channels_last)
        return cls(weight, placement.optional(operation.bias), operation, post_op)

    def __call__(self, x: Tensor, padding: Pair) -> Tensor:
        o = self.operation
        value = F.conv2d(x, self.weight, self.bias, o.stride, padding, o.dilation, o.groups)
        return value.relu_() if self.post_op == "relu" else value

    def gradient(self, diff: Tensor, x: Tensor, padding: Pair) -> Tensor:
        """The gradient at `x` of `diff` at the value."""
        o = self.operation
        found: Tensor = torch.ops.aten.convolution_backward(
            diff, x, self.weight, None, o.stride, padding, o.dilation,
            False, [0, 0], o.groups, [True, False, False],
        )[0]  # fmt: skip
        return found


@dataclass(frozen=True, eq=False)
class PixelShuffleGradient:
    """The gradient at the input of a strided convolution with few input channels, by a pixel shuffle.

    With a stride of s, input pixels fall into s * s phases, each of which meets its own taps of the kernel.
    All phases together are one plain convolution of the output's gradient, to s * s times the channels,
    whose values are then laid out as pixels. Libraries do the direct form of 3 channels at the price of 16:
    this is 2.5 times as quick for GoogLeNet's first layer, and twice for SqueezeNet's.
    """

    weight: Tensor  # (in * sy * sx, out, ceil(kh / sy), ceil(kw / sx))
    stride: Pair
    kernels: Kernels | None

    @staticmethod
    def is_quicker(operation: Convolution) -> bool:
        """Whether this form computes the gradient of `operation`, and sooner than the library does."""
        few = operation.weight.shape[1] <= 4 and operation.groups == 1
        return few and max(operation.stride) > 1 and operation.dilation == (1, 1)

    @classmethod
    def prepare(
        cls, operation: Convolution, placement: Placement, kernels: Kernels | None
    ) -> PixelShuffleGradient:
        (sy, sx), (outputs, inputs, height, width) = operation.stride, operation.weight.shape
        rows, columns = -(-height // sy), -(-width // sx)
        taps = np.zeros((outputs, inputs, rows * sy, columns * sx), np.float32)
        taps[:, :, :height, :width] = operation.weight
        phases = taps.reshape(outputs, inputs, rows, sy, columns, sx)[:, :, ::-1, :, ::-1]
        weight = phases.transpose(1, 3, 5, 0, 2, 4).reshape(inputs * sy * sx, outputs, rows, columns)
        weights = placement.tensor(weight).contiguous(memory_format=torch.channels_last)
        return cls(weights, operation.stride, kernels)

    def __call__(self, diff: Tensor, x: Tensor, padding: Pair) -> Tensor:
        """The gradient at `x` (1, in, H, W), contiguous, of `diff` at the value."""
        reach = (self.weight.shape[2] - 1, self.weight.shape[3] - 1)
        with at_most(_MOST_THREADS):
            found = F.conv2d(diff, self.weight, None, 1, reach)  # (1, in * sy * sx, rows, columns)
        if self.kernels is None or any(side < 0 for side in self._left_over(found, x, padding)):
            return self._laid_out(found, x, padding)
        (sy, sx), (_, channels, height, width) = self.stride, x.shape
        shape = PixelShuffleShape(
            found.shape[3], channels, sy, sx, height, width, above=padding[0], left=padding[1]
        )
        return self.kernels.pixel_shuffle(found, shape)

    def _left_over(self, found: Tensor, x: Tensor, padding: Pair) -> Pair:
        """How many rows and columns the phases reach beyond the image; below 0 if they end within it."""
        rows, columns = (
            found.shape[axis] * stride - padding[axis - 2] - x.shape[axis]
            for axis, stride in zip((2, 3), self.stride, strict=True)
        )
        return rows, columns

    def _laid_out(self, found: Tensor, x: Tensor, padding: Pair) -> Tensor:
        """The phases as an image, cut to its size; what no window of the layer saw is zero."""
        (sy, sx), channels, (rows, columns) = self.stride, x.shape[1], found.shape[2:]
        bottom, right = self._left_over(found, x, padding)
        phases = found.reshape(channels, sy, sx, rows, columns)
        image = phases.permute(0, 3, 1, 4, 2).reshape(1, channels, rows * sy, columns * sx)
        return F.pad(image, (-padding[1], -right, -padding[0], -bottom))


@dataclass(frozen=True, eq=False)
class Col2imGradient:
    """The gradient at the input of a first layer with a small kernel, by dreamzoom's own col2im.

    The gradient of each window at each of its pixels is a 1x1 convolution of the gradient at the value; then
    each pixel gets their sum. The library does 3x3 taps of 3 channels at the price of 32 numbers, and phases
    cost 64: for SqueezeNet's first layer this takes two thirds of their time. With 7x7 taps there is too much
    to add up, and in bfloat16 too much is rounded.
    """

    taps: FusedConvolution
    operation: Convolution
    kernels: Kernels

    @staticmethod
    def is_quicker(operation: Convolution, dtype: torch.dtype) -> bool:
        """Whether this form is quicker than phases for a convolution that they are for."""
        return max(operation.weight.shape[2:]) <= 3 and dtype == torch.float32

    @classmethod
    def prepare(cls, operation: Convolution, placement: Placement, kernels: Kernels) -> Col2imGradient:
        outputs = operation.weight.shape[0]
        weight = operation.weight.transpose(2, 3, 1, 0).reshape(-1, outputs, 1, 1)
        taps = FusedConvolution.prepare(Convolution(np.ascontiguousarray(weight), None), placement)
        return cls(taps, operation, kernels)

    def __call__(self, diff: Tensor, x: Tensor, padding: Pair) -> Tensor:
        """The gradient at `x` (1, in, H, W), contiguous, of `diff` at the value."""
        kernel, stride = self.operation.weight.shape[2:], self.operation.stride
        shape = Col2imShape(*diff.shape[2:], x.shape[1], *kernel, *stride, *x.shape[2:], *padding)
        return self.kernels.col2im(self.taps(diff, (0, 0)), shape)
