"""Convolutions by oneDNN on a CPU, with what is behind them done on the way out.

torch has these operations for its own compiler (`torch._inductor` calls them); `F.conv2d` goes to the same
library, but knows no ReLU, and is up to three times as slow where a layer has few outputs. On SqueezeNet at
640x360 they take a tenth off a step in float32 and an eighth in bfloat16; on GoogLeNet, which has larger
layers, 3 %.

1x1 convolutions by dreamzoom's own kernels, where the library takes longer to get under way than to work.

oneDNN takes some 28 us for each call. The layers of SqueezeNet at its smaller octaves are done in less: there
this makes a step a tenth quicker. For larger ones oneDNN is as good, or better (bfloat16, which the kernels
compute as float32).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np
import torch
from torch import Tensor

from dreamzoom.engines.torch.kernel import Gate, Place, Pullbacks, gate_at
from dreamzoom.engines.torch.native.library import LANES, Kernels, PointwiseLayer, kernels_for
from dreamzoom.engines.torch.passes import PartedConvolution, sees_one_pixel
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


_MOST_PIXELS = 8192
_MOST_PRODUCTS = {torch.float32: 16e6, torch.bfloat16: 4e6}
"""The largest work that is not the library's."""


def is_known(operation: Convolution) -> bool:
    """Whether the kernels compute a convolution, and its gradient."""
    return sees_one_pixel(operation) and not any(side % LANES for side in operation.weight.shape[:2])


@dataclass(frozen=True, eq=False)
class PointwiseConvolution:
    """A 1x1 convolution: of a small picture by the kernels, of a large one by the library."""

    layer: PointwiseLayer
    kernels: Kernels
    library: FusedConvolution

    @classmethod
    def prepare(
        cls, operation: Convolution, place: Place, behind: Behind, kernels: Kernels
    ) -> PointwiseConvolution:
        layer = PointwiseLayer(
            _matrix(operation.weight[:, :, 0, 0].T),
            None if operation.bias is None else _matrix(operation.bias),
            behind == "relu",
        )
        return cls(layer, kernels, FusedConvolution.prepare(operation, place, behind))

    def __call__(self, x: Tensor, padding: Pair) -> Tensor:
        if not _is_small(x, self.layer):
            return self.library(x, padding)
        return self.kernels.pointwise(x, self.layer)

    def add_to(self, total: Tensor, x: Tensor, padding: Pair) -> None:
        """Add the convolution of `x` to `total`, in place; what is behind it is done to the sum."""
        if _is_small(x, self.layer):
            self.kernels.pointwise(x, self.layer, onto=total)
        else:
            self.library.add_to(total, x, padding)


@dataclass(frozen=True, eq=False)
class PointwiseGradient:
    """The gradient at the input of a 1x1 convolution: one as well."""

    layer: PointwiseLayer
    kernels: Kernels
    library: FusedGradient
    gate: Gate

    @classmethod
    def prepare(cls, operation: Convolution, place: Place, kernels: Kernels) -> PointwiseGradient:
        layer = PointwiseLayer(_matrix(operation.weight[:, :, 0, 0]))
        return cls(layer, kernels, FusedGradient.prepare(operation, place), gate_at(place))

    def __call__(self, diff: Tensor, x: Tensor, padding: Pair) -> Tensor:
        """The gradient at the input `x`, of `diff` at the value."""
        if not _is_small(diff, self.layer):
            return self.library(diff, x, padding)
        return self.kernels.pointwise(diff, self.layer)

    def gated(self, diff: Tensor, x: Tensor) -> Tensor:
        """The gradient before the ReLU that gave `x`; in float32 of any size, for that saves a pass."""
        if diff.dtype == torch.float32 or _is_small(diff, self.layer):
            return self.kernels.pointwise_gated(diff, self.layer, x)
        return self.gate(x, self.library(diff, x, (0, 0)))


@dataclass(frozen=True, eq=False)
class GatedGradient:
    """`PointwiseGradient.gated` by the library, for numbers of channels that the kernels do not know."""

    gradient: FusedGradient
    gate: Gate

    def gated(self, diff: Tensor, x: Tensor) -> Tensor:
        """The gradient before the ReLU that gave `x`."""
        return self.gate(x, self.gradient(diff, x, (0, 0)))


def quickest_forward(
    operation: Convolution, place: Place, behind: Behind = "none"
) -> FusedConvolution | PointwiseConvolution:
    """How a convolution is computed soonest at a place that fuses."""
    kernels = kernels_for(place.device, place.dtype)
    if kernels and is_known(operation):
        return PointwiseConvolution.prepare(operation, place, behind, kernels)
    return FusedConvolution.prepare(operation, place, behind)


def quickest_back(operation: Convolution, place: Place) -> FusedGradient | PointwiseGradient:
    """How the gradient of a convolution that `FusedGradient` knows is computed soonest."""
    kernels = kernels_for(place.device, place.dtype)
    if kernels and is_known(operation):
        return PointwiseGradient.prepare(operation, place, kernels)
    return FusedGradient.prepare(operation, place)


@dataclass(frozen=True, eq=False)
class PartedStage:
    """`PartedConvolution`: each part is added to what the parts before it came to."""

    # The last one has the bias, and the ReLU behind it.
    forward: tuple[FusedConvolution | PointwiseConvolution, ...]
    backward: tuple[PointwiseGradient | GatedGradient, ...]
    gate: Gate

    @classmethod
    def prepare(cls, operation: PartedConvolution, place: Place) -> PartedStage:
        """The stage at a place that fuses."""
        *others, last = operation.parts
        forward = [quickest_forward(part, place) for part in others]
        gradients = (quickest_back(part, place) for part in operation.parts)
        backward = tuple(
            GatedGradient(found, gate_at(place)) if isinstance(found, FusedGradient) else found
            for found in gradients
        )
        return cls((*forward, quickest_forward(last, place, "relu")), backward, gate_at(place))

    def __call__(self, *inputs: Tensor) -> tuple[tuple[Tensor, ...], Pullbacks]:
        value = self.forward[0](inputs[0], (0, 0))
        for convolution, x in zip(self.forward[1:], inputs[1:], strict=True):
            convolution.add_to(value, x, (0, 0))

        def back(diff: Tensor) -> tuple[Tensor, ...]:
            before = self.gate(value, diff)
            return tuple(part.gated(before, x) for part, x in zip(self.backward, inputs, strict=True))

        return (value,), back


def _matrix(numbers: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(numbers, np.float32, order="C"))


def _is_small(x: Tensor, layer: PointwiseLayer) -> bool:
    pixels = x.shape[2] * x.shape[3]
    return pixels <= _MOST_PIXELS and pixels * layer.weight.numel() <= _MOST_PRODUCTS[x.dtype]
