"""Convolutions on a CPU with a ReLU or a sum fused in: by oneDNN, or for small 1x1 ones by our own kernels.

torch has oneDNN's fused convolutions for its own compiler (`torch._inductor` calls them). `F.conv2d` goes
to the same library, but knows no ReLU, and is up to three times as slow where a layer has few outputs. On
SqueezeNet at 640x360 they take a tenth off a step in float32 and an eighth in bfloat16; on GoogLeNet, which
has larger layers, 3 %.

Each call of oneDNN takes some 28 us before it computes. The kernels do 1x1 layers of SqueezeNet's smaller
octaves in less than that, which makes a step there a tenth quicker. For larger ones oneDNN is as good, or
better (in bfloat16, which the kernels compute as float32).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np
import torch
from torch import Tensor

from dreamzoom.engines.torch.kernel import Placement, Pullbacks, ReLUBackward, quickest_relu_backward
from dreamzoom.engines.torch.native.library import LANES, Kernels, PointwiseLayer, kernels_for
from dreamzoom.engines.torch.passes import SplitConvolution, sees_one_pixel
from dreamzoom.models.network import Convolution, Pair

PostOp: TypeAlias = Literal["none", "relu"]
"""What is done to a convolution's value before it is written."""

LayOut: TypeAlias = "Callable[[torch.Size, Pair, int], Tensor]"
"""From an input's shape, its padding and the number of threads to weights in a layout of oneDNN's own."""

_DTYPES = (torch.float32, torch.bfloat16)
_SIZES_KEPT = 6  # a dream's octaves, and a guide
_MOST_PIXELS = 8192
_MOST_PRODUCTS = {torch.float32: 16e6, torch.bfloat16: 4e6}
"""The largest 1x1 convolutions that the kernels do: pixels, and pixels times weights."""


def has_fused_convolutions(placement: Placement) -> bool:
    """Whether oneDNN's fused convolutions can be had at a placement."""
    return placement.device.type == "cpu" and placement.dtype in _DTYPES and _can_fuse(placement.dtype)


@lru_cache
def _can_fuse(dtype: torch.dtype) -> bool:
    """Whether this torch has oneDNN, and the processor what that needs for the type: a small one is tried."""
    one = torch.ones(1, 1, 1, 1, dtype=dtype)
    plain = Convolution(np.ones((1, 1, 1, 1), np.float32), None)
    try:
        FusedConvolution(one, one[0, 0, 0], plain, "relu")(one, (0, 0))
    except (AttributeError, RuntimeError):
        return False
    return True


# ---- oneDNN --------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class FusedConvolution:
    """A convolution with its post-op; its weights are laid out once for each size."""

    weight: Tensor  # (out, in / groups, kh, kw)
    bias: Tensor | None
    operation: Convolution
    post_op: PostOp = "none"
    laid_out: LayOut = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "laid_out", lru_cache(_SIZES_KEPT)(self._lay_out))

    @classmethod
    def prepare(
        cls, operation: Convolution, placement: Placement, post_op: PostOp = "none"
    ) -> FusedConvolution:
        return cls(placement.tensor(operation.weight), placement.optional(operation.bias), operation, post_op)

    def __call__(self, x: Tensor, padding: Pair) -> Tensor:
        o, weight = self.operation, self.laid_out(x.shape, padding, torch.get_num_threads())
        value: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, weight, self.bias, padding, o.stride, o.dilation, o.groups, self.post_op, [], ""
        )
        return value

    def add_to(self, total: Tensor, x: Tensor, padding: Pair) -> None:
        """Add the convolution of `x` to `total`, in place; the post-op is done to the sum."""
        o, weight = self.operation, self.laid_out(x.shape, padding, torch.get_num_threads())
        torch.ops.mkldnn._convolution_pointwise_.binary(
            total, x, weight, self.bias, padding, o.stride, o.dilation, o.groups,
            "add", 1.0, self.post_op, [], None,
        )  # fmt: skip

    def _lay_out(self, shape: torch.Size, padding: Pair, _threads: int) -> Tensor:
        """The weights in the layout that is quickest for an input of that shape and so many threads."""
        o = self.operation
        packed: Tensor = torch.ops.mkldnn._reorder_convolution_weight(
            self.weight, padding, o.stride, o.dilation, o.groups, shape
        )
        return packed


@dataclass(frozen=True, eq=False)
class FusedGradient:
    """The gradient at the input of a convolution of stride 1: a convolution with the flipped kernel."""

    flipped: FusedConvolution
    relu_backward: ReLUBackward

    @staticmethod
    def knows(operation: Convolution) -> bool:
        """Whether the gradient of `operation` is one."""
        if operation.stride != (1, 1) or operation.groups != 1:
            return False
        padding = (0, 0) if operation.padding == "same" else operation.padding
        return all(side >= 0 for side in _gradient_padding(operation, padding))

    @classmethod
    def prepare(cls, operation: Convolution, placement: Placement) -> FusedGradient:
        weight = operation.weight.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
        flipped = Convolution(np.ascontiguousarray(weight), None, dilation=operation.dilation)
        return cls(FusedConvolution.prepare(flipped, placement), quickest_relu_backward(placement))

    def __call__(self, diff: Tensor, _x: Tensor, padding: Pair) -> Tensor:
        """The gradient at the input, of `diff` at the value."""
        return self.flipped(diff, _gradient_padding(self.flipped.operation, padding))

    def before_relu(self, diff: Tensor, x: Tensor) -> Tensor:
        """The gradient before the ReLU that gave the input `x`, of a convolution without padding."""
        return self.relu_backward(x, self(diff, x, (0, 0)))


def _gradient_padding(operation: Convolution, padding: Pair) -> Pair:
    rows, columns = (
        dilation * (side - 1) - around
        for dilation, side, around in zip(
            operation.dilation, operation.weight.shape[2:], padding, strict=True
        )
    )
    return rows, columns


# ---- 1x1 convolutions ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class PointwiseConvolution:
    """A 1x1 convolution: of a small image by the kernels, of a large one by oneDNN."""

    layer: PointwiseLayer
    kernels: Kernels
    library: FusedConvolution

    def __call__(self, x: Tensor, padding: Pair) -> Tensor:
        if not _is_small(x, self.layer):
            return self.library(x, padding)
        return self.kernels.pointwise(x, self.layer)

    def add_to(self, total: Tensor, x: Tensor, padding: Pair) -> None:
        """Add the convolution of `x` to `total`, in place; the post-op is done to the sum."""
        if _is_small(x, self.layer):
            self.kernels.pointwise(x, self.layer, onto=total)
        else:
            self.library.add_to(total, x, padding)


@dataclass(frozen=True, eq=False)
class PointwiseGradient:
    """The gradient at the input of a 1x1 convolution, which is one as well."""

    layer: PointwiseLayer
    kernels: Kernels
    library: FusedGradient

    def __call__(self, diff: Tensor, x: Tensor, padding: Pair) -> Tensor:
        """The gradient at the input `x`, of `diff` at the value."""
        if not _is_small(diff, self.layer):
            return self.library(diff, x, padding)
        return self.kernels.pointwise(diff, self.layer)

    def before_relu(self, diff: Tensor, x: Tensor) -> Tensor:
        """The gradient before the ReLU that gave `x`; in float32 always by the kernels, to save a pass."""
        if diff.dtype == torch.float32 or _is_small(diff, self.layer):
            return self.kernels.pointwise_relu_backward(diff, self.layer, x)
        return self.library.before_relu(diff, x)


def quickest_forward(
    operation: Convolution, placement: Placement, post_op: PostOp = "none"
) -> FusedConvolution | PointwiseConvolution:
    """The quickest form of a convolution at a placement that has fused ones."""
    fused = FusedConvolution.prepare(operation, placement, post_op)
    kernels = _kernels_that_know(operation, placement)
    if kernels is None:
        return fused
    bias = None if operation.bias is None else _matrix(operation.bias)
    layer = PointwiseLayer(_matrix(operation.weight[:, :, 0, 0].T), bias, rectified=post_op == "relu")
    return PointwiseConvolution(layer, kernels, fused)


def quickest_backward(operation: Convolution, placement: Placement) -> FusedGradient | PointwiseGradient:
    """The quickest form of the gradient of a convolution that `FusedGradient` knows."""
    fused = FusedGradient.prepare(operation, placement)
    kernels = _kernels_that_know(operation, placement)
    if kernels is None:
        return fused
    return PointwiseGradient(PointwiseLayer(_matrix(operation.weight[:, :, 0, 0])), kernels, fused)


@dataclass(frozen=True, eq=False)
class SplitStage:
    """`SplitConvolution`: the convolution of each part is added to the sum of those before it."""

    # The last one has the bias, and the ReLU after it.
    forward: tuple[FusedConvolution | PointwiseConvolution, ...]
    backward: tuple[FusedGradient | PointwiseGradient, ...]
    relu_backward: ReLUBackward

    @classmethod
    def prepare(cls, operation: SplitConvolution, placement: Placement) -> SplitStage:
        """The stage at a placement that has fused convolutions."""
        *others, last = operation.parts
        forward = [quickest_forward(part, placement) for part in others]
        forward.append(quickest_forward(last, placement, "relu"))
        backward = (quickest_backward(part, placement) for part in operation.parts)
        return cls(tuple(forward), tuple(backward), quickest_relu_backward(placement))

    def __call__(self, *inputs: Tensor) -> tuple[tuple[Tensor, ...], Pullbacks]:
        value = self.forward[0](inputs[0], (0, 0))
        for convolution, x in zip(self.forward[1:], inputs[1:], strict=True):
            convolution.add_to(value, x, (0, 0))

        def pullback(diff: Tensor) -> tuple[Tensor, ...]:
            before = self.relu_backward(value, diff)
            return tuple(part.before_relu(before, x) for part, x in zip(self.backward, inputs, strict=True))

        return (value,), pullback


def _kernels_that_know(operation: Convolution, placement: Placement) -> Kernels | None:
    """The kernels, where they compute a convolution and its gradient."""
    is_known = sees_one_pixel(operation) and not any(side % LANES for side in operation.weight.shape[:2])
    return kernels_for(placement.device, placement.dtype) if is_known else None


def _matrix(numbers: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(numbers, np.float32, order="C"))


def _is_small(x: Tensor, layer: PointwiseLayer) -> bool:
    pixels = x.shape[2] * x.shape[3]
    return pixels <= _MOST_PIXELS and pixels * layer.weight.numel() <= _MOST_PRODUCTS[x.dtype]
