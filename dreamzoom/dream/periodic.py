"""Pictures without a border: right joins left, and bottom top.

Such a picture is resampled round its borders, and a network is shown a margin of what lies beyond them, so
that it finds no border either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from dreamzoom.dream.transforms import TransformingEngine
from dreamzoom.engines.base import Ascent, Objective
from dreamzoom.engines.fitting import FittingEngine
from dreamzoom.engines.torch.threads import one_thread

MARGIN: Final = 48
"""Pixels that a network is shown on each side: what it sees beyond them hardly counts."""

_QUICK_PRIMES: Final = (2, 3, 5, 7, 11, 13)


def resize_periodic(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Resample (C, H, W) to `size` (height, width), bilinearly and round its borders; pixel 0 stays at 0."""
    for dimension, length in zip((1, 2), size, strict=True):
        image = _resampled(image, dimension, length)
    return image


def _resampled(image: Tensor, dimension: int, length: int) -> Tensor:
    old = image.shape[dimension]
    if old == length:
        return image
    places = torch.arange(length, dtype=torch.float64) * old / length
    first = places.floor()
    share = (places - first).to(image).view([-1 if axis == dimension else 1 for axis in range(3)])
    here = image.index_select(dimension, first.long().to(image.device))
    there = image.index_select(dimension, (first.long() + 1).remainder(old).to(image.device))
    with one_thread():
        return there.sub_(here).mul_(share).add_(here)


@dataclass(frozen=True)
class PeriodicEngine:
    """An engine that is shown of every picture what lies beyond its borders, round the other side.

    Attributes:
        engine: what computes.
    """

    engine: FittingEngine | TransformingEngine

    def activations(self, image: Tensor, blobs: Sequence[str]) -> dict[str, Tensor]:
        """As of any engine, of the picture with its margin."""
        return self.engine.activations(with_margin(image, MARGIN), blobs)

    def ascend(self, image: Tensor, objectives: Mapping[str, Objective]) -> Ascent:
        """As of any engine: the gradient at the picture is that of one that goes on without end."""
        ascent = self.engine.ascend(with_margin(image, MARGIN), objectives)
        height, width = image.shape[1:]
        gradient = ascent.gradient[:, MARGIN : MARGIN + height, MARGIN : MARGIN + width]
        return Ascent(gradient.contiguous(), ascent.value)


def with_margin(image: Tensor, margin: int) -> Tensor:
    """A picture (C, H, W) and so many pixels around it, which are its own from the other side."""
    for dimension in (1, 2):
        length = image.shape[dimension]
        places = torch.arange(-margin, length + margin, device=image.device).remainder(length)
        image = image.index_select(dimension, places)
    return image


def quick_length(length: int) -> int:
    """The number nearest to a length of whose picture a Fourier transform is quick."""
    return next(
        near for off in range(length) for near in (length - off, length + off) if has_quick_transform(near)
    )


def has_quick_transform(length: int) -> bool:
    """Whether no prime factor of a length is large."""
    for prime in _QUICK_PRIMES:
        while length % prime == 0:
            length //= prime
    return length == 1
