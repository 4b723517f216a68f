"""Local response normalisation (Krizhevsky et al. 2012), across channels and within a channel."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

from dreamzoom.engines.torch.kernel import Pullback, run_after_relu
from dreamzoom.engines.torch.native.library import MOST_CHANNELS, MOST_REACH, Kernels, LRNShape
from dreamzoom.engines.torch.threads import one_thread, power_of
from dreamzoom.models.network import LocalResponse


@dataclass(frozen=True)
class CompiledLRNKernel:
    """`LocalResponse` across channels by dreamzoom's own kernels, in one pass over memory in place of ten."""

    operation: LocalResponse
    kernels: Kernels
    after_relu: bool = False  # whether x is a ReLU's result, and the gradient is the one before that ReLU

    @staticmethod
    def knows(operation: LocalResponse) -> bool:
        """Whether the kernels compute it: the usual exponent, and windows that are not too large.

        Their roots are for numbers that are neither tiny nor infinite: k above zero, x below 1e19.
        """
        o = operation
        return o.beta == 0.75 and o.k > 1e-6 and not o.within_channel and o.size <= MOST_REACH

    def __call__(self, x: Tensor) -> tuple[Tensor, Pullback]:
        o = self.operation
        if x.shape[1] > MOST_CHANNELS:
            plain = LRNKernel(o)
            return run_after_relu(plain, x) if self.after_relu else plain(x)
        shape = LRNShape(
            pixels=x.shape[2] * x.shape[3],
            channels=x.shape[1],
            size=o.size,
            after_relu=self.after_relu,
            share=o.alpha / o.size,
            k=o.k,
        )
        value = self.kernels.lrn(x, shape)
        return value, lambda diff: (self.kernels.lrn_backward(x, diff, shape),)


@dataclass(frozen=True)
class LRNKernel:
    """y = x * s^-beta, where s = k + alpha / n * (the sum of x^2 over a window of n values).

    The window is symmetric, so the backward pass sums over it as well:
    dx = dy * s^-beta - 2 * alpha * beta / n * x * sum(dy * y / s).
    """

    operation: LocalResponse

    def __call__(self, x: Tensor) -> tuple[Tensor, Pullback]:
        o = self.operation
        share = o.alpha / (o.size**2 if o.within_channel else o.size)
        sums = self._window_sum(x, x)
        s = _plus(o.k, share, sums)
        factor = power(s, -o.beta)
        value = x * factor

        def pullback(diff: Tensor) -> tuple[Tensor, ...]:
            slope = self._window_sum(diff, value / s)
            return (torch.addcmul(diff * factor, slope, x, value=-2 * share * o.beta),)

        return value, pullback

    def _window_sum(self, x: Tensor, y: Tensor) -> Tensor:
        """The sum of x * y over each value's window."""
        size = self.operation.size
        if self.operation.within_channel:
            return F.avg_pool2d(x * y, size, 1, size // 2, divisor_override=1)
        return channel_sum(x, y, size)


def channel_sum(x: Tensor, y: Tensor, size: int) -> Tensor:
    """The sum of x * y over each channel and its size // 2 neighbours on either side, both (1, C, H, W).

    Shifted views of one padded product are added, two channels at a time: that is several times quicker than
    a product with a band matrix, which multiplies mostly by zero.
    """
    channels, reach = x.shape[1], size // 2
    shape = (x.shape[0], channels + 2 * reach, *x.shape[2:])
    layout = (
        torch.channels_last if x.is_contiguous(memory_format=torch.channels_last) else torch.contiguous_format
    )
    padded = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=layout)
    padded[:, :reach].zero_()
    padded[:, reach + channels :].zero_()
    torch.mul(x, y, out=padded[:, reach : reach + channels])
    pairs = padded[:, :-1] + padded[:, 1:]
    terms = [pairs[:, shift : shift + channels] for shift in range(0, size - 1, 2)]
    return sum_of([*terms, padded[:, size - 1 :]])


def sum_of(terms: Sequence[Tensor]) -> Tensor:
    """The sum of tensors of one shape: a new tensor, unless there is only one term."""
    if len(terms) == 1:
        return terms[0]
    total = terms[0] + terms[1]
    for term in terms[2:]:
        total.add_(term)
    return total


def power(s: Tensor, exponent: float) -> Tensor:
    """s ** exponent for s > 0; the usual -3/4 by two reciprocal square roots, far quicker than a power."""
    if exponent != -0.75:
        return power_of(s, exponent)
    with _exactly(s):
        root = s.rsqrt()
        return root.sqrt().mul_(root)


def _plus(k: float, share: float, sums: Tensor) -> Tensor:
    """k + share * sums, in place."""
    with _exactly(sums):
        return torch.add(sums.new_full((), k), sums, alpha=share, out=sums)


def _exactly(values: Tensor) -> AbstractContextManager[None]:
    """Half precisions are rounded otherwise at the ends of a thread's share, float32 is not."""
    return nullcontext() if values.dtype == torch.float32 else one_thread()
