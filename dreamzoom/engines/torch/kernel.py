"""What the torch engine is made of: kernels, which compute a layer's value and hand out the way back.

There is no autograd here. A kernel returns the layer's value together with its pullback, a function from
the gradient at that value to the gradients at the layer's inputs; weights have no gradients. Whatever the
way back needs is captured by the pullback and freed with it. Values have shape (1, C, H, W), or (1, C)
behind an inner product. Kernels keep nothing of one image for the next: the same image gives the same bytes
each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dreamzoom.engines.torch.native.library import MOST_PARTS, kernels_for

Pullback: TypeAlias = Callable[[Tensor], tuple[Tensor, ...]]
"""From the gradient at a kernel's value to one gradient per input; it leaves the given tensor as it is."""

Kernel: TypeAlias = Callable[..., tuple[Tensor, Pullback]]
"""From the inputs, as positional tensors, to the value and its pullback."""

Pullbacks: TypeAlias = Callable[..., tuple[Tensor, ...]]
"""A pullback of as many gradients as there are values, as positional tensors."""

Stage: TypeAlias = Callable[..., tuple[tuple[Tensor, ...], Pullbacks]]
"""A kernel of several values."""


def stage_of(kernel: Kernel) -> Stage:
    """A kernel as a stage of one value."""

    def run(*inputs: Tensor) -> tuple[tuple[Tensor, ...], Pullback]:
        value, pullback = kernel(*inputs)
        return (value,), pullback

    return run


@dataclass(frozen=True)
class Place:
    """Where and how a network is computed. float64 is for tests: it makes finite differences sharp."""

    device: torch.device
    dtype: torch.dtype

    def tensor(self, array: NDArray[np.float32]) -> Tensor:
        """A copy of `array` of this place's type, on its device."""
        return torch.from_numpy(np.array(array, dtype=np.float32)).to(self.device, self.dtype)

    def optional(self, array: NDArray[np.float32] | None) -> Tensor | None:
        """As `tensor`, for weights that a layer may lack."""
        return None if array is None else self.tensor(array)


Gate: TypeAlias = Callable[..., Tensor]
"""From a ReLU's result, and the gradients at it, channels side by side, to the gradient before it."""


def gate_at(place: Place, gradients: int = 1) -> Gate:
    """The quickest gate for a convolution's values (1, C, H, W), of so many gradients, at a place."""
    kernels = kernels_for(place.device, place.dtype)
    pays = gradients > 1 or place.dtype == torch.bfloat16  # torch's own is as quick for one of float32
    return kernels.gate if kernels and pays and gradients <= MOST_PARTS else gate


def gate(value: Tensor, *diffs: Tensor) -> Tensor:
    """`Gate` by torch, for values of any shape."""
    diff = torch.cat(diffs, 1) if len(diffs) > 1 else diffs[0]
    found: Tensor = torch.ops.aten.threshold_backward(diff, value, 0)
    return found


def gating(kernel: Kernel, x: Tensor) -> tuple[Tensor, Pullback]:
    """`kernel` of a ReLU's result `x`, whose pullback goes on to before the ReLU."""
    value, pullback = kernel(x)
    return value, lambda diff: (gate(x, *pullback(diff)),)
