"""The types that the torch engine is made of, and the backward pass of a ReLU.

A kernel computes a layer's value and its pullback, a function from the gradient at that value to the
gradients at the layer's inputs. There is no autograd, and weights have no gradients: the pullback holds
what the backward pass needs, and frees it when it is freed. Values have shape (1, C, H, W), or (1, C) after
an inner product. Kernels keep nothing of one image for the next, so the same image gives the same bytes
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

ReLUBackward: TypeAlias = Callable[..., Tensor]
"""From a ReLU's result, and gradients at it, side by side along the channels, to the gradient before it."""


@dataclass(frozen=True)
class Placement:
    """The device and type of a network's numbers. float64 is for tests: it makes finite differences sharp."""

    device: torch.device
    dtype: torch.dtype

    def tensor(self, array: NDArray[np.float32]) -> Tensor:
        """A copy of `array` on the device, in the type."""
        return torch.from_numpy(np.array(array, dtype=np.float32)).to(self.device, self.dtype)

    def optional(self, array: NDArray[np.float32] | None) -> Tensor | None:
        """As `tensor`, for weights that a layer may lack."""
        return None if array is None else self.tensor(array)


def stage_of(kernel: Kernel) -> Stage:
    """A kernel as a stage of one value."""

    def run(*inputs: Tensor) -> tuple[tuple[Tensor, ...], Pullback]:
        value, pullback = kernel(*inputs)
        return (value,), pullback

    return run


def quickest_relu_backward(placement: Placement, gradients: int = 1) -> ReLUBackward:
    """The quickest backward pass of a ReLU of values (1, C, H, W), for so many gradients side by side."""
    kernels = kernels_for(placement.device, placement.dtype)
    pays = gradients > 1 or placement.dtype == torch.bfloat16  # torch's own is as quick for one of float32
    return kernels.relu_backward if kernels and pays and gradients <= MOST_PARTS else relu_backward


def relu_backward(value: Tensor, *diffs: Tensor) -> Tensor:
    """`ReLUBackward` by torch, for values of any shape."""
    diff = torch.cat(diffs, 1) if len(diffs) > 1 else diffs[0]
    found: Tensor = torch.ops.aten.threshold_backward(diff, value, 0)
    return found


def run_after_relu(kernel: Kernel, x: Tensor) -> tuple[Tensor, Pullback]:
    """`kernel` of a ReLU's result `x`; the pullback gives the gradient before that ReLU."""
    value, pullback = kernel(x)
    return value, lambda diff: (relu_backward(x, *pullback(diff)),)
