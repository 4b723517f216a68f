"""Kernels of layers that are a function of each value, and of those that normalise each plane."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

from dreamzoom.engines.torch.kernel import Kernel, Placement, Pullback
from dreamzoom.engines.torch.threads import one_thread, sigmoid_of
from dreamzoom.models.operations import BNLL, AbsVal, Clamp, Exp, Log, MeanVariance, OwnStatistics, Swish

Slope: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""From what a function was given, and its value, to its slope there."""

Pointwise: TypeAlias = AbsVal | BNLL | Exp | Log | Clamp | Swish


def _pointwise(function: Callable[[Tensor], Tensor], slope: Slope) -> Kernel:
    def kernel(x: Tensor) -> tuple[Tensor, Pullback]:
        value = function(x)
        return value, lambda diff: (diff * slope(x, value),)

    return kernel


def pointwise_kernel(operation: Pointwise) -> Kernel:
    """The kernel of a function of each value."""
    match operation:
        case AbsVal():
            return _pointwise(torch.abs, lambda x, _: x.sign())
        case BNLL():
            return _pointwise(_softplus, lambda x, _: sigmoid_of(x))
        case Exp(inner=inner, outer=outer):
            return _pointwise(lambda x: (x * inner).exp() * outer, lambda _, value: value * inner)
        case Log(outer=outer, scale=scale, shift=shift):
            return _pointwise(
                lambda x: (x * scale + shift).log() * outer, lambda x, _: outer * scale / (x * scale + shift)
            )
        case Clamp(low=low, high=high):
            return _pointwise(
                lambda x: x.clamp(low, high), lambda x, _: ((x >= low) & (x <= high)).to(x.dtype)
            )
        case Swish(beta=beta):
            return _swish(beta)


def _softplus(x: Tensor) -> Tensor:
    with one_thread():
        return F.softplus(x, threshold=50)


def _swish(beta: float) -> Kernel:
    def slope(x: Tensor, value: Tensor) -> Tensor:
        return beta * value + sigmoid_of(beta * x) * (1 - beta * value)

    return _pointwise(lambda x: x * sigmoid_of(beta * x), slope)


def mean_variance_kernel(operation: MeanVariance) -> Kernel:
    """The kernel of MVN.

    As in Caffe, the slope takes the deviation plus `eps` for the deviation: they differ where `eps` is large.
    """

    @one_thread()  # the mean of all channels is one sum, which threads would cut up
    def normalise(x: Tensor) -> tuple[Tensor, Pullback]:
        shape = x.shape + (1,) * (4 - x.dim())  # Caffe's MVN gives every blob rows and columns
        planes = x.reshape(x.shape[0], 1 if operation.across_channels else x.shape[1], -1)
        value = planes - planes.mean(2, keepdim=True)
        if not operation.divides:
            return value.reshape(shape), one_thread()(
                lambda diff: (_centred(diff.reshape(planes.shape)).reshape(x.shape),)
            )
        deviation = value.square().mean(2, keepdim=True).sqrt() + operation.eps
        value = value / deviation

        @one_thread()
        def pullback(diff: Tensor) -> tuple[Tensor, ...]:
            given = diff.reshape(planes.shape)
            found = _centred(given) - value * (given * value).mean(2, keepdim=True)
            return ((found / deviation).reshape(x.shape),)

        return value.reshape(shape), pullback

    return normalise


def own_statistics_kernel(operation: OwnStatistics, placement: Placement) -> Kernel:
    """The kernel of a BatchNorm by the picture's own statistics; its slope goes through them."""
    scale, offset = placement.optional(operation.scale), placement.optional(operation.offset)

    def normalise(x: Tensor) -> tuple[Tensor, Pullback]:
        planes = x if x.dim() > 2 else x[..., None]
        axes = tuple(range(2, planes.dim()))

        def centred(numbers: Tensor) -> Tensor:
            return numbers - numbers.mean(axes, keepdim=True)

        def scaled(numbers: Tensor) -> Tensor:
            return numbers if scale is None else numbers * scale.reshape(-1, *[1] * len(axes))

        unscaled = centred(planes)
        deviation = (unscaled.square().mean(axes, keepdim=True) + operation.eps).sqrt()
        unscaled = unscaled / deviation
        value = scaled(unscaled)
        value = value if offset is None else value + offset.reshape(-1, *[1] * len(axes))

        def pullback(diff: Tensor) -> tuple[Tensor, ...]:
            given = scaled(diff.reshape(planes.shape))
            found = centred(given) - unscaled * (given * unscaled).mean(axes, keepdim=True)
            return ((found / deviation).reshape(x.shape),)

        return value.reshape(x.shape), pullback

    return normalise


def _centred(diff: Tensor) -> Tensor:
    return diff - diff.mean(2, keepdim=True)
