"""Convolutions by oneDNN on a CPU, with what is behind them done on the way out.

torch has these operations for its own compiler (`torch._inductor` calls them); `F.conv2d` goes to the same
library, but knows no ReLU, and is up to three times as slow where a layer has few outputs. On SqueezeNet at
640x360 they take a tenth off a step in float32 and an eighth in bfloat16; on GoogLeNet, which has larger
layers, 3 %.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np
import torch
from torch import Tensor

from dreamzoom.engines.torch_kernel import Place
from dreamzoom.models.network import Convolution, Pair

Behind: TypeAlias = Literal["none", "relu"]
"""What is done to a convolution's value on its way out."""

LayOut: TypeAlias = "Callable[[torch.Size, Pair, int], Tensor]"
"""From an input's shape, its padding and the number of threads to weights in a layout of oneDNN's own."""

_DTYPES = (torch.float32, torch.bfloat16)
_SIZES_KEPT = 6  # a dream's octaves, and a guide


def fuses(place: Place) -> bool:
    """Whether there are such convolutions at a place."""
    return place.device.type == "cpu" and place.dtype in _DTYPES and _is_done_here(place.dtype)


@lru_cache
def _is_done_here(dtype: torch.dtype) -> bool:
    """Whether this torch and this processor do them: not all builds have oneDNN, nor all processors what it
    needs for bfloat16. A small one is tried.
    """
    one = torch.ones(1, 1, 1, 1, dtype=dtype)
    try:
        FusedConvolution(one, one[0, 0, 0], Convolution(np.ones((1, 1, 1, 1), np.float32), None), "relu")(
            one, (0, 0)
        )
    except (AttributeError, RuntimeError):
        return False
    return True


@dataclass(frozen=True, eq=False)
class FusedConvolution:
    """A convolution, and what is behind it; its weights are laid out once for each size."""

    weight: Tensor  # (out, in / groups, kh, kw)
    bias: Tensor | None
    operation: Convolution
    behind: Behind = "none"
    laid_out: LayOut = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "laid_out", lru_cache(_SIZES_KEPT)(self._lay_out))

    @classmethod
    def prepare(cls, operation: Convolution, place: Place, behind: Behind = "none") -> FusedConvolution:
        """The convolution at a place."""
        return cls(place.tensor(operation.weight), place.optional(operation.bias), operation, behind)

    def __call__(self, x: Tensor, padding: Pair) -> Tensor:
        o, weight = self.operation, self.laid_out(x.shape, padding, torch.get_num_threads())
        value: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, weight, self.bias, padding, o.stride, o.dilation, o.groups, self.behind, [], ""
        )
        return value

    def add_to(self, total: Tensor, x: Tensor, padding: Pair) -> None:
        """Add the convolution of `x` to `total`, in place; what is behind it is done to the sum."""
        o, weight = self.operation, self.laid_out(x.shape, padding, torch.get_num_threads())
        torch.ops.mkldnn._convolution_pointwise_.binary(
            total, x, weight, self.bias, padding, o.stride, o.dilation, o.groups,
            "add", 1.0, self.behind, [], None,
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
    """The gradient at the input of a convolution of stride 1: a convolution with the kernel turned round."""

    turned: FusedConvolution

    @staticmethod
    def knows(operation: Convolution) -> bool:
        """Whether the gradient of `operation` is one."""
        if operation.stride != (1, 1) or operation.groups != 1:
            return False
        padding = (0, 0) if operation.padding == "same" else operation.padding
        return all(side >= 0 for side in _padding_back(operation, padding))

    @classmethod
    def prepare(cls, operation: Convolution, place: Place) -> FusedGradient:
        """The gradient of `operation` at a place."""
        weight = operation.weight.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
        turned = Convolution(np.ascontiguousarray(weight), None, dilation=operation.dilation)
        return cls(FusedConvolution.prepare(turned, place))

    def __call__(self, diff: Tensor, _x: Tensor, padding: Pair) -> Tensor:
        """The gradient at the input, of `diff` at the value."""
        return self.turned(diff, _padding_back(self.turned.operation, padding))


def _padding_back(operation: Convolution, padding: Pair) -> Pair:
    rows, columns = (
        dilation * (side - 1) - around
        for dilation, side, around in zip(
            operation.dilation, operation.weight.shape[2:], padding, strict=True
        )
    )
    return rows, columns
