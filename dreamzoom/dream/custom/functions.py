"""Functions of a caller's own: objectives, steps, what comes before a dream and after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dreamzoom.engines.base import Objective
from dreamzoom.errors import RequestError, quote_value

CustomObjective: TypeAlias = "Callable[[Tensor], Tensor | tuple[Tensor, Tensor]]"
"""From the layer's activations (C, H, W) to their gradient of the same shape, or to (value, gradient)."""

CustomStep: TypeAlias = "Callable[[Tensor, Tensor, float], Tensor]"
"""From an image (3, H, W), its gradient and the step size in grey levels to the next image."""

Process: TypeAlias = "Callable[[NDArray[np.float32]], NDArray[np.float32]]"
"""From a picture (H, W, 3) to one of the same size; values are RGB, 0 to 255."""


def require_function(asked: object, name: str) -> None:
    """Raise a RequestError unless it can be called."""
    if not callable(asked):
        raise RequestError(f"{name}={quote_value(asked)}: must be a function")


def with_value(custom: CustomObjective) -> Objective:
    """A caller's objective, which may give a gradient alone, as the engines want it.

    What it gives is looked at whenever it is called: RequestError, unless that is a gradient of the
    activations' shape, or a pair of a number and that.
    """

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        outcome = custom(activations)
        value, gradient = outcome if isinstance(outcome, tuple) and len(outcome) == 2 else (0.0, outcome)
        _require_tensor(gradient, activations, "objective", "a gradient, alone or as (value, gradient)")
        if not isinstance(value, Tensor):
            value = activations.new_tensor(value)
        return value, gradient

    return objective


def checked_step(custom: CustomStep) -> CustomStep:
    """A caller's step; RequestError where it gives no image of the shape that it got."""

    def step(image: Tensor, gradient: Tensor, step_size: float) -> Tensor:
        moved = custom(image, gradient, step_size)
        _require_tensor(moved, image, "step", "the next image")
        return moved

    return step


def processed(process: Process, pixels: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    """What a caller makes of a picture, (H, W, 3); RequestError where that is none."""
    made = np.asarray(process(pixels))
    if made.dtype.kind not in "uif" or made.ndim != 3 or made.shape[2] != 3 or not made.size:
        what = "nothing" if made.dtype == object else f"an array of {made.dtype} and shape {made.shape}"
        raise RequestError(f"{name}: gave {what}: must give an array (height, width, 3) of 0 to 255")
    if not np.isfinite(made).all():
        raise RequestError(f"{name}: gave values that are no numbers or infinite: must give 0 to 255")
    return made.astype(np.float32, copy=False)


def _require_tensor(given: object, like: Tensor, name: str, what: str) -> None:
    if isinstance(given, Tensor) and given.shape == like.shape:
        return
    got = f"shape {tuple(given.shape)}" if isinstance(given, Tensor) else f"a {type(given).__name__}"
    got = "nothing" if given is None else got
    raise RequestError(f"{name}: gave {got}: must give {what}, a tensor of shape {tuple(like.shape)}")
