"""One kernel per kind of layer: `prepare` makes it from the layer's operation, its weights on a device."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

import torch
from torch import Tensor

from dreamzoom.engines.torch.convolution import (
    ConvolutionKernel,
    DeconvolutionKernel,
    RectifiedKernel,
    SiblingsStage,
)
from dreamzoom.engines.torch.kernel import Kernel, Place, Pullback, Stage, gate, gate_at, gating, stage_of
from dreamzoom.engines.torch.lrn import CompiledResponseKernel, LocalResponseKernel
from dreamzoom.engines.torch.native.library import kernels_for
from dreamzoom.engines.torch.onednn import PartedStage
from dreamzoom.engines.torch.passes import (
    GatedConvolution,
    GatingResponse,
    NodeOperation,
    PartedConvolution,
    RectifiedConvolution,
    RectifiedPooling,
    SiblingConvolutions,
)
from dreamzoom.engines.torch.pooling import CompiledPoolingKernel, PaddedPoolingKernel, PoolingKernel
from dreamzoom.models.network import (
    ELU,
    Affine,
    Concat,
    Convolution,
    Deconvolution,
    Eltwise,
    Flatten,
    Identity,
    InnerProduct,
    LocalResponse,
    Pooling,
    Power,
    PReLU,
    ReLU,
    Reshape,
    Sigmoid,
    Softmax,
    TanH,
)


def prepare_stage(operation: NodeOperation, place: Place) -> Stage:
    """The stage that computes a graph's node at a place."""
    if isinstance(operation, PartedConvolution):
        return PartedStage.prepare(operation, place)
    if isinstance(operation, SiblingConvolutions):
        return SiblingsStage(
            ConvolutionKernel.prepare_rectified(operation.convolution, place),
            operation.channels,
            gate_at(place, len(operation.channels)),
        )
    return stage_of(prepare(operation, place))


@singledispatch
def prepare(operation: NodeOperation, _place: Place) -> Kernel:
    """The kernel that computes `operation` at a place."""
    raise TypeError(f"no kernel computes {type(operation).__name__}")


@prepare.register
def _(operation: Convolution, place: Place) -> Kernel:
    return ConvolutionKernel.prepare(operation, place)


@prepare.register
def _(operation: RectifiedConvolution, place: Place) -> Kernel:
    convolution = ConvolutionKernel.prepare_rectified(operation.convolution, place)
    return RectifiedKernel(convolution, gate_at(place))


@prepare.register
def _(operation: GatedConvolution, place: Place) -> Kernel:
    return ConvolutionKernel.prepare_rectified(operation.convolution, place)


@prepare.register
def _(operation: Deconvolution, place: Place) -> Kernel:
    return DeconvolutionKernel.prepare(operation, place)


@prepare.register
def _(operation: Pooling, place: Place) -> Kernel:
    kernels = kernels_for(place.device, place.dtype)
    if kernels and CompiledPoolingKernel.knows(operation):
        return CompiledPoolingKernel(operation, kernels)
    kind = PoolingKernel if PoolingKernel.knows(operation) else PaddedPoolingKernel
    return kind(operation)


@prepare.register
def _(operation: RectifiedPooling, place: Place) -> Kernel:
    pool = prepare(operation.pooling, place)
    if isinstance(pool, CompiledPoolingKernel):
        return replace(pool, rectified=True)

    def rectified_pool(x: Tensor) -> tuple[Tensor, Pullback]:
        pooled, pullback = pool(x)
        value = pooled.relu_()
        return value, lambda diff: pullback(gate(value, diff))

    return rectified_pool


@prepare.register
def _(operation: LocalResponse, place: Place) -> Kernel:
    kernels = kernels_for(place.device, place.dtype)
    if kernels and CompiledResponseKernel.knows(operation):
        return CompiledResponseKernel(operation, kernels)
    return LocalResponseKernel(operation)


@prepare.register
def _(operation: GatingResponse, place: Place) -> Kernel:
    kernel = prepare(operation.response, place)
    if isinstance(kernel, CompiledResponseKernel):
        return replace(kernel, gates=True)
    return lambda x: gating(kernel, x)


@prepare.register
def _(operation: ReLU, _place: Place) -> Kernel:
    def relu(x: Tensor) -> tuple[Tensor, Pullback]:
        if operation.negative_slope:
            slope = torch.where(x > 0, 1.0, operation.negative_slope).to(x.dtype)
            return x * slope, lambda diff: (diff * slope,)
        value = x.relu()
        return value, lambda diff: (gate(value, diff),)

    return relu


@prepare.register
def _(operation: PReLU, place: Place) -> Kernel:
    slopes = per_channel(place.tensor(operation.slope))

    def prelu(x: Tensor) -> tuple[Tensor, Pullback]:
        slope = torch.where(x > 0, torch.ones_like(slopes), slopes)
        return x * slope, lambda diff: (diff * slope,)

    return prelu


@prepare.register
def _(operation: ELU, _place: Place) -> Kernel:
    def elu(x: Tensor) -> tuple[Tensor, Pullback]:
        value = torch.where(x > 0, x, operation.alpha * x.clamp(max=0).expm1())
        return value, lambda diff: (diff * torch.where(x > 0, torch.ones_like(x), value + operation.alpha),)

    return elu


@prepare.register
def _(_operation: Sigmoid, _place: Place) -> Kernel:
    def sigmoid(x: Tensor) -> tuple[Tensor, Pullback]:
        value = x.sigmoid()
        return value, lambda diff: (diff * value * (1 - value),)

    return sigmoid


@prepare.register
def _(_operation: TanH, _place: Place) -> Kernel:
    def tanh(x: Tensor) -> tuple[Tensor, Pullback]:
        value = x.tanh()
        return value, lambda diff: (diff * (1 - value * value),)

    return tanh


@prepare.register
def _(operation: Power, _place: Place) -> Kernel:
    o = operation

    def power(x: Tensor) -> tuple[Tensor, Pullback]:
        base = x * o.scale + o.shift
        if o.power == 1:
            return base, lambda diff: (diff * o.scale,)
        slope = o.scale * o.power  # 0 where the layer is constant; there 0 * base ** -1 may not be NaN
        return base.pow(o.power), lambda diff: (
            diff * base.pow(o.power - 1) * slope if slope else torch.zeros_like(diff),
        )

    return power


@prepare.register
def _(operation: Affine, place: Place) -> Kernel:
    scale, offset = place.optional(operation.scale), place.optional(operation.offset)

    def affine(x: Tensor) -> tuple[Tensor, Pullback]:
        value = x if scale is None else x * per_channel(scale, x.dim())
        value = value if offset is None else value + per_channel(offset, x.dim())
        return value, lambda diff: (diff if scale is None else diff * per_channel(scale, x.dim()),)

    return affine


@prepare.register
def _(operation: InnerProduct, place: Place) -> Kernel:
    weight, bias = place.tensor(operation.weight), place.optional(operation.bias)

    def inner_product(x: Tensor) -> tuple[Tensor, Pullback]:
        value = torch.nn.functional.linear(x.reshape(x.shape[0], -1), weight, bias)
        return value, lambda diff: ((diff @ weight).reshape(x.shape),)

    return inner_product


@prepare.register
def _(operation: Softmax, _place: Place) -> Kernel:
    axis = operation.axis

    def softmax(x: Tensor) -> tuple[Tensor, Pullback]:
        value = x.softmax(axis)
        return value, lambda diff: (value * (diff - (diff * value).sum(axis, keepdim=True)),)

    return softmax


@prepare.register
def _(operation: Concat, _place: Place) -> Kernel:
    axis = operation.axis

    def concat(*inputs: Tensor) -> tuple[Tensor, Pullback]:
        sides = [x.shape[axis] for x in inputs]
        return torch.cat(inputs, axis), lambda diff: torch.split(diff, sides, axis)

    return concat


@prepare.register
def _(operation: Eltwise, _place: Place) -> Kernel:
    if operation.method == "sum":
        return lambda *inputs: weighted_sum(inputs, operation.coefficients or (1.0,) * len(inputs))
    return product if operation.method == "product" else maximum


@prepare.register
def _(_operation: Identity, _place: Place) -> Kernel:
    return lambda x: (x, lambda diff: (diff,))


@prepare.register
def _(_operation: Flatten, _place: Place) -> Kernel:
    return lambda x: (x.flatten(1), lambda diff: (diff.reshape(x.shape),))


@prepare.register
def _(operation: Reshape, _place: Place) -> Kernel:
    def reshape(x: Tensor) -> tuple[Tensor, Pullback]:
        shape = [x.shape[place] if side == 0 else side for place, side in enumerate(operation.shape)]
        return x.reshape(shape), lambda diff: (diff.reshape(x.shape),)

    return reshape


def weighted_sum(inputs: tuple[Tensor, ...], coefficients: tuple[float, ...]) -> tuple[Tensor, Pullback]:
    """The sum of the inputs, each times its coefficient."""
    value = inputs[0] * coefficients[0]
    for x, coefficient in zip(inputs[1:], coefficients[1:], strict=True):
        value.add_(x, alpha=coefficient)
    return value, lambda diff: tuple(diff * coefficient for coefficient in coefficients)


def product(*inputs: Tensor) -> tuple[Tensor, Pullback]:
    """The product; each input's slope is the product of the others, so that zeros do no harm."""

    def pullback(diff: Tensor) -> tuple[Tensor, ...]:
        others = ([x for place, x in enumerate(inputs) if place != own] for own in range(len(inputs)))
        return tuple(_multiplied([diff, *rest]) for rest in others)

    return _multiplied(inputs), pullback


def maximum(*inputs: Tensor) -> tuple[Tensor, Pullback]:
    """The greatest. As in Caffe, of equals the second of the first two has the gradient, else the first."""
    value = torch.maximum(inputs[0], inputs[1])
    winner = (inputs[0] <= inputs[1]).to(torch.uint8)
    for place, x in enumerate(inputs[2:], start=2):
        winner.masked_fill_(x > value, place)
        value = torch.maximum(value, x)
    return value, lambda diff: tuple(diff * (winner == place) for place in range(len(inputs)))


def _multiplied(factors: list[Tensor] | tuple[Tensor, ...]) -> Tensor:
    value = factors[0]
    for factor in factors[1:]:
        value = value * factor
    return value


def per_channel(numbers: Tensor, dimensions: int = 4) -> Tensor:
    """`numbers` (C,) so shaped that they meet axis 1 of a tensor."""
    return numbers.reshape(-1, *[1] * (dimensions - 2))
