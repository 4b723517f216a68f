"""Functions of a caller's own: objectives, steps, what comes before a dream and after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dreamzoom.engines.base import Objective
from dreamzoom.errors import RequestError, quote_value, warn

CustomObjective: TypeAlias = "Callable[[Tensor], Tensor | tuple[Tensor, Tensor]]"
"""From the layer's activations (C, H, W) to their gradient of the same shape, or to (value, gradient)."""

CustomStep: TypeAlias = "Callable[[Tensor, Tensor, float], Tensor]"
"""From an image (3, H, W), its gradient and the step size in grey levels to the next image."""

Process: TypeAlias = "Callable[[NDArray[np.float32]], NDArray[np.float32]]"
"""From a picture (H, W, 3) to one of the same size; values are RGB, 0 to 255."""


_FAILURES: Final = (ArithmeticError, IndexError, RuntimeError, TypeError, ValueError)
"""What an engine would take for its own failure where a caller's function raises it."""


def require_function(asked: object, name: str) -> None:
    """Raise a RequestError unless it can be called."""
    if not callable(asked):
        raise RequestError(f"{name}={quote_value(asked)}: must be a function")


def with_value(custom: CustomObjective) -> Objective:
    """A caller's objective, which may give a gradient alone, as the engines want it.

    What it gives is looked at whenever it is called: RequestError, unless that is a gradient of the
    activations' shape, or a pair of a number and that; or where it fails.
    """

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        try:
            outcome = custom(activations)
        except _FAILURES as error:
            said = str(error).partition("\n")[0]
            hint = '; autograd wants "with torch.enable_grad():" around it' if "grad" in said else ""
            raise RequestError(f"objective: failed: {type(error).__name__}: {said}{hint}") from error
        value, gradient = outcome if isinstance(outcome, tuple) and len(outcome) == 2 else (0.0, outcome)
        _require_tensor(gradient, activations, "objective", "a gradient, alone or as (value, gradient)")
        return _as_value(value, activations), gradient.detach()

    return objective


def _as_value(value: object, like: Tensor) -> Tensor:
    """A number as a tensor without sides."""
    if isinstance(value, Tensor) and value.numel() == 1 and not value.is_complex():
        return value.detach().reshape(())
    try:
        return like.new_tensor(float(value))  # type: ignore[arg-type]
    except (RuntimeError, TypeError, ValueError) as error:
        told = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else quote_value(value)
        raise RequestError(f"objective: gave {told} as its value: must give a number") from error


def checked_step(custom: CustomStep) -> CustomStep:
    """A caller's step; RequestError where it gives no image of the shape that it got."""

    def step(image: Tensor, gradient: Tensor, step_size: float) -> Tensor:
        moved = custom(image, gradient, step_size)
        _require_tensor(moved, image, "step", "the next image")
        if not moved.is_floating_point():
            raise RequestError(f"step: gave {moved.dtype}: must give the next image in floating point")
        return moved.detach()

    return step


def processed(process: Process, pixels: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    """What a caller makes of a picture, (H, W, 3); RequestError where that is none.

    A person is warned of one that has 0 to 1 where there were 0 to 255.
    """
    most, given = pixels.max(initial=0), process(pixels)
    try:
        made = np.asarray(given)
    except (RuntimeError, TypeError, ValueError) as error:
        told = f"{name}: gave a {type(given).__name__} that is no array"
        raise RequestError(f"{told}: must give an array (height, width, 3) of 0 to 255") from error
    if made.dtype.kind not in "uif" or made.ndim != 3 or made.shape[2] != 3 or not made.size:
        what = "nothing" if made.dtype == object else f"an array of {made.dtype} and shape {made.shape}"
        raise RequestError(f"{name}: gave {what}: must give an array (height, width, 3) of 0 to 255")
    if not np.isfinite(made).all():
        raise RequestError(f"{name}: gave values that are no numbers or infinite: must give 0 to 255")
    if most > 1 and 0 < made.max() <= 1:
        warn(f"{name}: gave values from 0 to 1, which are all but black: pictures have 0 to 255")
    return made.astype(np.float32, copy=False)


def _require_tensor(given: object, like: Tensor, name: str, what: str) -> None:
    is_complex = isinstance(given, Tensor) and given.is_complex()
    if isinstance(given, Tensor) and given.shape == like.shape and not is_complex:
        return
    kind = "complex numbers of " if is_complex else ""
    got = f"{kind}shape {tuple(given.shape)}" if isinstance(given, Tensor) else f"a {type(given).__name__}"
    got = "nothing" if given is None else got
    raise RequestError(f"{name}: gave {got}: must give {what}, a tensor of shape {tuple(like.shape)}")
