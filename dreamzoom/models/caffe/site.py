"""A layer at the moment it becomes an operation: its settings, what flows into it, and its weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

from dreamzoom.errors import ModelError, UnfitWeightsError
from dreamzoom.models.caffe.caffe_pb2 import LayerParameter
from dreamzoom.models.caffe.weights import StoredBlob
from dreamzoom.models.network import Array
from dreamzoom.models.shapes import Shape, words


def title(layer: LayerParameter) -> str:
    """How messages call a layer: layer 'conv1' (Convolution)."""
    return f"layer {layer.name!r} ({repr(layer.type)[1:-1]})"  # whatever a file calls its type, on one line


@dataclass(frozen=True, eq=False)
class Site:
    """`bottoms` are the shapes (C, H, W) or (C,) that flow in at the declared input size."""

    layer: LayerParameter
    bottoms: Sequence[Shape]
    stored: Sequence[StoredBlob]
    prototxt: Path
    caffemodel: Path

    def fault(self, reason: str) -> ModelError:
        """What is wrong with the layer, for `raise`; `reason` goes on from "layer 'conv1' (Convolution) "."""
        return ModelError(f"{self.prototxt}: {title(self.layer)} {reason}")

    def weights(self, **wanted: Shape) -> list[Array]:
        """The layer's weights, in order: exactly these, each of exactly this shape, all numbers finite.

        Raises:
            UnfitWeightsError: naming the layer, and the shapes expected and found.
        """
        if len(self.stored) != len(wanted):
            expected = ", ".join(f"{name.replace('_', ' ')} {_words(each)}" for name, each in wanted.items())
            found = ", ".join(_words(blob.shape) for blob in self.stored[:9])
            raise UnfitWeightsError(
                f"{self.caffemodel}: {title(self.layer)} has weights {found or 'none'}, but "
                f"{self.prototxt.name} wants {expected or 'none'}"
            )
        return [
            self._array(name, shape, blob)
            for (name, shape), blob in zip(wanted.items(), self.stored, strict=True)
        ]

    def _array(self, name: str, shape: Shape, blob: StoredBlob) -> Array:
        start = f"{self.caffemodel}: {title(self.layer)} has"
        what = name.replace("_", " ")
        if not blob.has_shape(shape):
            raise UnfitWeightsError(
                f"{start} {what} of {_words(blob.shape)}, where {self.prototxt.name} wants {_words(shape)}"
            )
        if blob.numbers.size != prod(shape):
            raise UnfitWeightsError(
                f"{start} {blob.numbers.size} numbers of {what}, where its shape {_words(shape)} has more"
            )
        if not _all_finite(blob.numbers):
            raise UnfitWeightsError(f"{start} not only finite numbers in its {what}; the file is damaged")
        return blob.numbers.reshape(shape)

    def axis(self, axis: int) -> int:
        """An axis counted from the front, with the batch as axis 0."""
        rank = len(self.bottoms[0]) + 1
        if not -rank <= axis < rank:
            raise self.fault(f"has axis {axis}, but its input has {rank} axes")
        return axis % rank

    def finite(self, **settings: float) -> None:
        """Check that settings are finite numbers.

        Raises:
            ModelError: naming the one that is not.
        """
        for name, value in settings.items():
            if not math.isfinite(value):
                raise self.fault(f"has {name} {value}")


def _words(shape: Shape) -> str:
    return words(shape) if shape else "one number"


def _all_finite(numbers: Array) -> bool:
    """Without another array of that size: a number that is not finite makes the least or the greatest so."""
    return numbers.size == 0 or (math.isfinite(numbers.min()) and math.isfinite(numbers.max()))
