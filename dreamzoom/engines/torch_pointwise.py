"""1x1 convolutions by dreamzoom's own kernels, where the library takes longer to get under way than to work.

oneDNN takes some 28 us for each call. The layers of SqueezeNet at its smaller octaves are done in less: there
this makes a step a tenth quicker. For larger ones oneDNN is as good, or better (bfloat16, which the kernels
compute as float32).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dreamzoom.engines.torch_fused import Behind, FusedConvolution, FusedGradient
from dreamzoom.engines.torch_kernel import Gate, Place, Pullbacks, gate_at
from dreamzoom.engines.torch_rewrites import PartedConvolution, sees_one_pixel
from dreamzoom.models.network import Convolution, Pair
from dreamzoom.native.library import LANES, Kernels, PointwiseLayer, kernels_for

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
