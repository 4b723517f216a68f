"""What the dream asks of an engine: activations, and the gradient of an objective at the image.

An engine holds one model on one device. It takes and gives torch tensors, and the dream code is the same
for all engines. An image is a float32 tensor (3, H, W) in RGB, 0 to 255, on `engine.device`. The model's
channel order, mean and scale are the engine's business, so a step of size 1 is one grey level on every
model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import torch
from torch import Tensor

from dreamzoom.errors import RequestError
from dreamzoom.models.network import Model

Objective: TypeAlias = "Callable[[Tensor], tuple[Tensor, Tensor]]"
"""From a blob's activations (C, H, W) to its value (a 0-dimensional tensor) and its gradient (C, H, W).

The gradient is what Caffe calls the blob's `diff`. It must be a pure function of the activations.
"""


@dataclass(frozen=True)
class LocalObjective:
    """An `Objective` that is a mean over the places of a blob, each of them seen by itself.

    So the blob may be given in parts: what it says of the whole is the mean of what it says of these, each
    counting by its share of the places.
    """

    climb: Objective

    def __call__(self, activations: Tensor) -> tuple[Tensor, Tensor]:
        return self.climb(activations)


@dataclass(frozen=True)
class Ascent:
    """The objectives' `value` (0-dimensional, on the device), and its `gradient` (3, H, W) at the image."""

    gradient: Tensor
    value: Tensor


@dataclass
class SoleUse:
    """Refuses a second use within the first: an objective that asked the engine that calls it would change
    what its own gradient is sent back through.

    Attributes:
        engine: what it is called in messages.
    """

    engine: str
    _is_used: bool = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Within it, the engine is used. Raises a RequestError where it is already."""
        if self._is_used:
            raise RequestError(
                f"{self.engine} does one thing at a time: within an objective use another Dreamer"
            )
        self._is_used = True
        try:
            yield
        finally:
            self._is_used = False


class Engine(Protocol):
    """Computes one model's activations and image gradients.

    Attributes:
        name: "torch" or "caffe", as in the recipe's `model.engine`.
        fingerprint: the library, version, device, precision and threads that decide the bytes of a frame,
            in words.
        device: where images live.
        model: the model it computes.
    """

    name: str
    device: torch.device
    model: Model

    @property
    def fingerprint(self) -> str:
        """What decides the bytes of a frame, as it stands now."""
        ...

    def activations(self, image: Tensor, blobs: Sequence[str]) -> dict[str, Tensor]:
        """The values of `blobs`, each without its leading 1: (C, H, W), or (C,) after an inner product.

        Raises:
            UnknownBlobError: the model has no such blob.
            EngineError: the engine failed while it computed, or the image is too small for that blob.
        """
        ...

    def ascend(self, image: Tensor, objectives: Mapping[str, Objective]) -> Ascent:
        """The summed value of `objectives`, each at the blob that names it, and its gradient at the image.

        Raises:
            UnknownBlobError, EngineError: as for `activations`.
        """
        ...
