"""One kernel for each kind of layer: `prepare` makes it from the layer's operation."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce, singledispatch

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

from dreamzoom.engines.torch import passes
from dreamzoom.engines.torch.convolution import (
    ConvolutionKernel,
    RectifiedKernel,
    SiblingsStage,
)
from dreamzoom.engines.torch.kernel import (
    Kernel,
    Placement,
    Pullback,
    Stage,
    quickest_relu_backward,
    relu_backward,
    run_after_relu,
    stage_of,
)
from dreamzoom.engines.torch.layout import layout_kernel
from dreamzoom.engines.torch.lrn import CompiledLRNKernel, LRNKernel
from dreamzoom.engines.torch.native.library import kernels_for
from dreamzoom.engines.torch.onednn import SplitStage
from dreamzoom.engines.torch.pointwise import (
    Pointwise,
    mean_variance_kernel,
    own_statistics_kernel,
    pointwise_kernel,
)
from dreamzoom.engines.torch.pooling import CompiledPoolingKernel, PaddedPoolingKernel, PoolingKernel
from dreamzoom.engines.torch.threads import one_thread, power_of, sigmoid_of
from dreamzoom.models import network, operations


def prepare_stage(operation: passes.NodeOperation, placement: Placement) -> Stage:
    """The stage that computes a graph's node at a placement."""
    if isinstance(operation, passes.SplitConvolution):
        return SplitStage.prepare(operation, placement)
    if isinstance(operation, passes.SiblingConvolutions):
        return SiblingsStage(
            ConvolutionKernel.prepare(operation.convolution, placement, "relu"),
            operation.channels,
            quickest_relu_backward(placement, len(operation.channels)),
        )
    return stage_of(prepare(operation, placement))


@singledispatch
def prepare(operation: passes.NodeOperation, _placement: Placement) -> Kernel:
    """The kernel that computes `operation` at a placement."""
    raise TypeError(f"no kernel computes {type(operation).__name__}")


@prepare.register
def _(operation: network.Convolution, placement: Placement) -> Kernel:
    return ConvolutionKernel.prepare(operation, placement)


@prepare.register
def _(operation: passes.RectifiedConvolution, placement: Placement) -> Kernel:
    convolution = ConvolutionKernel.prepare(operation.convolution, placement, "relu")
    return RectifiedKernel(convolution, quickest_relu_backward(placement))


@prepare.register
def _(operation: passes.DeferredReLUConvolution, placement: Placement) -> Kernel:
    return ConvolutionKernel.prepare(operation.convolution, placement, "relu")


@prepare.register
def _(operation: network.Deconvolution, placement: Placement) -> Kernel:
    o, weight, bias = operation, placement.tensor(operation.weight), placement.optional(operation.bias)

    def deconvolve(x: Tensor) -> tuple[Tensor, Pullback]:
        value = F.conv_transpose2d(x, weight, bias, o.stride, o.padding, (0, 0), o.groups, o.dilation)
        return value, lambda diff: (F.conv2d(diff, weight, None, o.stride, o.padding, o.dilation, o.groups),)

    return deconvolve


@prepare.register
def _(operation: network.Pooling, placement: Placement) -> Kernel:
    kernels = kernels_for(placement.device, placement.dtype)
    if kernels and CompiledPoolingKernel.knows(operation):
        return CompiledPoolingKernel(operation, kernels)
    kind = PoolingKernel if PoolingKernel.knows(operation) else PaddedPoolingKernel
    return kind(operation)


@prepare.register
def _(operation: passes.RectifiedPooling, placement: Placement) -> Kernel:
    pool = prepare(operation.pooling, placement)
    if isinstance(pool, CompiledPoolingKernel):
        return replace(pool, rectified=True)

    def rectified_pool(x: Tensor) -> tuple[Tensor, Pullback]:
        pooled, pullback = pool(x)
        value = pooled.relu_()
        return value, lambda diff: pullback(relu_backward(value, diff))

    return rectified_pool


@prepare.register
def _(operation: network.LocalResponse, placement: Placement) -> Kernel:
    kernels = kernels_for(placement.device, placement.dtype)
    if kernels and CompiledLRNKernel.knows(operation):
        return CompiledLRNKernel(operation, kernels)
    return LRNKernel(operation)


@prepare.register
def _(operation: passes.LRNAfterReLU, placement: Placement) -> Kernel:
    kernel = prepare(operation.lrn, placement)
    if isinstance(kernel, CompiledLRNKernel):
        return replace(kernel, after_relu=True)
    return lambda x: run_after_relu(kernel, x)


@prepare.register
def _(operation: network.ReLU, _placement: Placement) -> Kernel:
    def relu(x: Tensor) -> tuple[Tensor, Pullback]:
        if operation.negative_slope:
            slope = torch.where(x > 0, 1.0, operation.negative_slope).to(x.dtype)
            return x * slope, lambda diff: (diff * slope,)
        value = x.relu()
        return value, lambda diff: (relu_backward(value, diff),)

    return relu


@prepare.register
def _(operation: network.PReLU, placement: Placement) -> Kernel:
    slope_of_each = placement.tensor(operation.slope)

    def prelu(x: Tensor) -> tuple[Tensor, Pullback]:
        slopes = per_channel(slope_of_each, x.dim())
        slope = torch.where(x > 0, torch.ones_like(slopes), slopes)
        return x * slope, lambda diff: (diff * slope,)

    return prelu


@prepare.register
def _(operation: network.ELU, _placement: Placement) -> Kernel:
    def elu(x: Tensor) -> tuple[Tensor, Pullback]:
        value = torch.where(x > 0, x, operation.alpha * x.clamp(max=0).expm1())
        return value, lambda diff: (diff * torch.where(x > 0, torch.ones_like(x), value + operation.alpha),)

    return elu


@prepare.register
def _(_operation: network.Sigmoid, _placement: Placement) -> Kernel:
    def sigmoid(x: Tensor) -> tuple[Tensor, Pullback]:
        value = sigmoid_of(x)
        return value, lambda diff: (diff * value * (1 - value),)

    return sigmoid


@prepare.register
def _(_operation: network.TanH, _placement: Placement) -> Kernel:
    def tanh(x: Tensor) -> tuple[Tensor, Pullback]:
        value = x.tanh()
        return value, lambda diff: (diff * (1 - value * value),)

    return tanh


@prepare.register
def _(operation: network.Power, _placement: Placement) -> Kernel:
    o = operation

    def power(x: Tensor) -> tuple[Tensor, Pullback]:
        base = x * o.scale + o.shift
        if o.power == 1:
            return base, lambda diff: (diff * o.scale,)
        slope = o.scale * o.power  # 0 where the layer is constant: 0 * base ** -1 could be NaN
        return power_of(base, o.power), lambda diff: (
            diff * power_of(base, o.power - 1) * slope if slope else torch.zeros_like(diff),
        )

    return power


@prepare.register
def _(operation: network.Affine, placement: Placement) -> Kernel:
    scale, offset = placement.optional(operation.scale), placement.optional(operation.offset)

    def affine(x: Tensor) -> tuple[Tensor, Pullback]:
        value = x if scale is None else x * per_channel(scale, x.dim())
        value = value if offset is None else value + per_channel(offset, x.dim())
        return value, lambda diff: (diff if scale is None else diff * per_channel(scale, x.dim()),)

    return affine


@prepare.register
def _(operation: network.InnerProduct, placement: Placement) -> Kernel:
    weight, bias = placement.tensor(operation.weight), placement.optional(operation.bias)

    def inner_product(x: Tensor) -> tuple[Tensor, Pullback]:
        value = F.linear(x.reshape(x.shape[0], -1), weight, bias)
        return value, lambda diff: ((diff @ weight).reshape(x.shape),)

    return inner_product


@prepare.register
def _(operation: network.Softmax, _placement: Placement) -> Kernel:
    axis = operation.axis

    def softmax(x: Tensor) -> tuple[Tensor, Pullback]:
        with one_thread():
            value = x.softmax(axis)
        return value, lambda diff: (value * (diff - (diff * value).sum(axis, keepdim=True)),)

    return softmax


@prepare.register
def _(operation: network.Eltwise, _placement: Placement) -> Kernel:
    if operation.method == "sum":
        return lambda *inputs: weighted_sum(inputs, operation.coefficients or (1.0,) * len(inputs))
    return product if operation.method == "product" else maximum


@prepare.register
def _(_operation: network.Identity, _placement: Placement) -> Kernel:
    return lambda x: (x, lambda diff: (diff,))


@prepare.register
def _(operation: operations.Product, placement: Placement) -> Kernel:
    bias = placement.optional(operation.bias)

    def scale(x: Tensor, factor: Tensor) -> tuple[Tensor, Pullback]:
        spread = spread_from(factor, operation.axis, x.dim())
        value = x * spread if bias is None else x * spread + spread_from(bias, operation.axis, x.dim())
        return value, lambda diff: (diff * spread, (diff * x).sum_to_size(spread.shape).reshape(factor.shape))

    return scale


@prepare.register
def _(_operation: operations.Axpy, _placement: Placement) -> Kernel:
    def axpy(factor: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Pullback]:
        spread = per_channel(factor.flatten(), x.dim())
        return x * spread + y, lambda diff: (
            (diff * x).flatten(2).sum(2).reshape(factor.shape),
            diff * spread,
            diff,
        )

    return axpy


@prepare.register
def _(operation: operations.Shift, _placement: Placement) -> Kernel:
    def shift(x: Tensor, offset: Tensor) -> tuple[Tensor, Pullback]:
        spread = spread_from(offset, operation.axis, x.dim())
        return x + spread, lambda diff: (diff, diff.sum_to_size(spread.shape).reshape(offset.shape))

    return shift


@prepare.register(operations.AbsVal)
@prepare.register(operations.BNLL)
@prepare.register(operations.Clamp)
@prepare.register(operations.Exp)
@prepare.register(operations.Log)
@prepare.register(operations.Swish)
def _(operation: Pointwise, _placement: Placement) -> Kernel:
    return pointwise_kernel(operation)


@prepare.register
def _(operation: operations.MeanVariance, _placement: Placement) -> Kernel:
    return mean_variance_kernel(operation)


@prepare.register
def _(operation: operations.OwnStatistics, placement: Placement) -> Kernel:
    return own_statistics_kernel(operation, placement)


@prepare.register(network.Concat)
@prepare.register(network.Flatten)
@prepare.register(network.Reshape)
@prepare.register(operations.Crop)
@prepare.register(operations.Patches)
@prepare.register(operations.Pyramid)
@prepare.register(operations.Reduction)
@prepare.register(operations.Repetition)
@prepare.register(operations.Slice)
def _(operation: object, _placement: Placement) -> Kernel:
    return layout_kernel(operation)


def weighted_sum(inputs: tuple[Tensor, ...], coefficients: tuple[float, ...]) -> tuple[Tensor, Pullback]:
    """The sum of the inputs, each times its coefficient."""
    value = inputs[0] * coefficients[0]
    for x, coefficient in zip(inputs[1:], coefficients[1:], strict=True):
        value.add_(x, alpha=coefficient)
    return value, lambda diff: tuple(diff * coefficient for coefficient in coefficients)


def product(*inputs: Tensor) -> tuple[Tensor, Pullback]:
    """The product; each input's slope is the product of the others, so that zeros do no harm."""

    def pullback(diff: Tensor) -> tuple[Tensor, ...]:
        others = ([x for index, x in enumerate(inputs) if index != own] for own in range(len(inputs)))
        return tuple(reduce(torch.mul, [diff, *rest]) for rest in others)

    return reduce(torch.mul, inputs), pullback


def maximum(*inputs: Tensor) -> tuple[Tensor, Pullback]:
    """The greatest. As in Caffe, of equals the second of the first two has the gradient, else the first."""
    value = torch.maximum(inputs[0], inputs[1])
    winner = (inputs[0] <= inputs[1]).to(torch.uint8)
    for index, x in enumerate(inputs[2:], start=2):
        winner.masked_fill_(x > value, index)
        value = torch.maximum(value, x)
    return value, lambda diff: tuple(diff * (winner == index) for index in range(len(inputs)))


def per_channel(numbers: Tensor, dimensions: int) -> Tensor:
    """`numbers` (C,), shaped to broadcast along axis 1 of a tensor with so many dimensions."""
    return numbers.reshape(-1, *[1] * (dimensions - 2))


def spread_from(numbers: Tensor, axis: int, dimensions: int) -> Tensor:
    """`numbers`, shaped to broadcast along a tensor's axes from `axis` on."""
    return numbers.reshape(*[1] * axis, *numbers.shape, *[1] * (dimensions - axis - numbers.dim()))
