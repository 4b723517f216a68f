"""Local response normalisation (Krizhevsky et al. 2012), across channels and within a channel."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

from dreamzoom.engines.torch_kernel import Pullback
from dreamzoom.models.network import LocalResponse


@dataclass(frozen=True)
class LocalResponseKernel:
    """y = x * s^-beta, where s = k + alpha / n * (the sum of x^2 over a window of n values).

    The window is symmetric, so the way back sums over it as well:
    dx = dy * s^-beta - 2 * alpha * beta / n * x * sum(dy * y / s).
    """

    operation: LocalResponse

    def __call__(self, x: Tensor) -> tuple[Tensor, Pullback]:
        o = self.operation
        share = o.alpha / (o.size**2 if o.within_channel else o.size)
        s = self._window_sum(x * x).mul_(share).add_(o.k)
        factor = power(s, -o.beta)
        value = x * factor

        def pullback(diff: Tensor) -> tuple[Tensor, ...]:
            slope = self._window_sum(diff * value / s).mul_(x)
            return (torch.add(diff * factor, slope, alpha=-2 * share * o.beta),)

        return value, pullback

    def _window_sum(self, x: Tensor) -> Tensor:
        size = self.operation.size
        if self.operation.within_channel:
            return F.avg_pool2d(x, size, 1, size // 2, divisor_override=1)
        return F.conv2d(x, band(x.shape[1], size, x).reshape(x.shape[1], x.shape[1], 1, 1))


def power(s: Tensor, exponent: float) -> Tensor:
    """s ** exponent for s > 0; the usual -3/4 by two reciprocal square roots, far quicker than a power."""
    if exponent != -0.75:
        return s.pow(exponent)
    root = s.rsqrt()
    return root.sqrt().mul_(root)


def band(channels: int, size: int, like: Tensor) -> Tensor:
    """The (channels, channels) matrix that sums each channel with its size // 2 neighbours on either side."""
    places = torch.arange(channels, device=like.device)
    return ((places[:, None] - places[None, :]).abs() <= size // 2).to(like.dtype)
