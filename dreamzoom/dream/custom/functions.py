"""Functions of a caller's own: objectives, steps, what comes before a dream and after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dreamzoom.engines.base import Objective

CustomObjective: TypeAlias = "Callable[[Tensor], Tensor | tuple[Tensor, Tensor]]"
"""From the layer's activations (C, H, W) to their gradient of the same shape, or to (value, gradient)."""

CustomStep: TypeAlias = "Callable[[Tensor, Tensor, float], Tensor]"
"""From an image (3, H, W), its gradient and the step size in grey levels to the next image."""

Process: TypeAlias = "Callable[[NDArray[np.float32]], NDArray[np.float32]]"
"""From a picture (H, W, 3) to one of the same size; values are RGB, 0 to 255."""


def with_value(custom: CustomObjective) -> Objective:
    """A caller's objective, which may give a gradient alone, as the engines want it."""

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        outcome = custom(activations)
        return outcome if isinstance(outcome, tuple) else (activations.new_zeros(()), outcome)

    return objective
