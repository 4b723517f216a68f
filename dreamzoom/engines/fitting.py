"""An engine that takes pictures of every size: what the network cannot take is shown to it otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dreamzoom.engines.base import Ascent, Engine, LocalObjective, Objective
from dreamzoom.models.reach import Showing, showing


class FittingEngine:
    """An `Engine` by another one, whose pictures need not have a size that the network can take.

    `models.reach.showing` says how such a picture is shown. What is climbed is then what the network sees in
    the picture as shown, and the gradient is exactly that at the picture as it is: nothing of it is blurred,
    and its size stays. Every blob is a picture of activations (C, H, W): scores (C,) are (C, 1, 1).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._shown = lru_cache(64)(self._showing)

    def activations(self, image: Tensor, blobs: Sequence[str]) -> dict[str, Tensor]:
        """As `base.Engine.activations`, and a ModelError where the picture is too small."""
        shown = show(image, self._shown(tuple(blobs), _size(image)))
        found = self._engine.activations(shown, blobs)
        return {blob: as_picture(values) for blob, values in found.items()}

    def ascend(self, image: Tensor, objectives: Mapping[str, Objective]) -> Ascent:
        """As `base.Engine.ascend`, and a ModelError where the picture is too small."""
        if not objectives:
            return self._engine.ascend(image, objectives)
        how = self._shown(tuple(objectives), _size(image))
        climbed = {blob: _of_picture(objective) for blob, objective in objectives.items()}
        ascent = self._engine.ascend(show(image, how), climbed)
        return Ascent(hand_back(ascent.gradient, how, _size(image)), ascent.value)

    def _showing(self, blobs: tuple[str, ...], size: tuple[int, int]) -> Showing:
        return showing(self._engine.model.network, blobs, size)


def as_picture(values: Tensor) -> Tensor:
    """A blob as (C, H, W): the scores (C,) of an inner product have one row and one column."""
    return values if values.dim() == 3 else values.reshape(values.shape[0], -1, 1)


def show(image: Tensor, how: Showing) -> Tensor:
    """A picture (3, H, W) as the network is shown it: scaled, then continued with its own beginning.

    A dream shifts its picture round in every step, so that this is how it goes on there too.
    """
    scaled = _resampled(image, _size(image), how.scaled, adjoint=False)
    if how.padded == how.scaled:
        return scaled
    right, below = how.padded[0] - how.scaled[0], how.padded[1] - how.scaled[1]
    wide = torch.cat([scaled, scaled[:, :, :right]], 2)
    return torch.cat([wide, wide[:, :below]], 1)


def hand_back(gradient: Tensor, how: Showing, size: tuple[int, int]) -> Tensor:
    """From the gradient at what `show` gave to that at the picture of `size` (width, height)."""
    width, height = how.scaled
    if how.padded != how.scaled:
        right, below = how.padded[0] - width, how.padded[1] - height
        folded = gradient[:, :height].clone()
        folded[:, :below] += gradient[:, height:]
        gradient = folded[:, :, :width].clone()
        gradient[:, :, :right] += folded[:, :, width:]
    return _resampled(gradient, size, how.scaled, adjoint=True)


def _resampled(values: Tensor, size: tuple[int, int], scaled: tuple[int, int], *, adjoint: bool) -> Tensor:
    """Values (3, H, W) scaled from `size` to `scaled`, or, for the adjoint, gradients brought back."""
    if size == scaled:
        return values
    across, down = (
        torch.from_numpy(resampling(*sides)).to(values) for sides in zip(size, scaled, strict=True)
    )
    return down.T @ values @ across if adjoint else down @ values @ across.T


@lru_cache(16)
def resampling(before: int, after: int) -> NDArray[np.float32]:
    """The matrix (after, before) that resamples a row of so many values linearly.

    Shrinking averages over all that falls together: a triangle as wide as two pixels of the larger grid
    (Turkowski 1990, Filters for Common Resampling Tasks).
    """
    ratio = before / after
    reach = max(1.0, ratio)
    centres = (np.arange(after) + 0.5) * ratio - 0.5
    distances = np.abs(np.clip(centres, 0, before - 1)[:, None] - np.arange(before))
    weights = np.maximum(0, 1 - distances / reach)
    return np.asarray(weights / weights.sum(1, keepdims=True), dtype=np.float32)


def _size(image: Tensor) -> tuple[int, int]:
    return image.shape[-1], image.shape[-2]


def _of_picture(objective: Objective) -> Objective:
    """An objective of pictures of activations, for blobs of any shape."""

    def placed(activations: Tensor) -> tuple[Tensor, Tensor]:
        value, gradient = objective(as_picture(activations))
        return value, gradient if gradient.dim() == activations.dim() else gradient.reshape(activations.shape)

    return LocalObjective(placed) if isinstance(objective, LocalObjective) else placed
