"""A caffemodel: the weights of each layer, by its name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from google.protobuf.message import DecodeError

from dreamzoom.errors import ModelError
from dreamzoom.io.files import read_at_most
from dreamzoom.models.caffe.caffe_pb2 import (
    TrainedBlob,
    TrainedLayer,
    TrainedLayerV0,
    TrainedLayerV1,
    TrainedNet,
)
from dreamzoom.models.network import Array
from dreamzoom.models.shapes import Shape
from dreamzoom.models.sniff import other_file
from dreamzoom.models.wire import pieces

LARGEST_CAFFEMODEL = 1 << 30  # bytes; VGG-19, the largest of the well-known networks, has 575 million
LONGEST_SHAPE = 96  # bytes of the message of a blob's sides: nine of the longest, and Caffe's have four

_LAYER = TrainedNet.LAYER_FIELD_NUMBER
_LAYER_V1 = TrainedNet.LAYERS_FIELD_NUMBER

_RAW_TYPES = {0: "<f8", 1: "<f4", 2: "<f2"}  # by NVIDIA's and OpenCV's numbers


class UnknownNumbersError(ValueError):
    """Weights are numbers of a kind that is not read; the text goes on from the file's name."""


@dataclass(frozen=True, eq=False)
class StoredBlob:
    """One array of weights as the file holds it: `numbers` (float32, in a row) and the `shape` it claims.

    `legacy` marks a shape of the time when every blob had four sides: a bias of C is then (1, 1, 1, C).
    """

    shape: Shape
    legacy: bool
    numbers: Array

    def has_shape(self, wanted: Shape) -> bool:
        """Whether it is of that shape, as Caffe's Blob::ShapeEquals sees it, with a number for each place."""
        as_stored = (1,) * (4 - len(wanted)) + wanted if self.legacy else wanted
        return self.shape == as_stored or self._differs_in_ones(wanted)

    def _differs_in_ones(self, wanted: Shape) -> bool:
        """A fully connected layer turned into a 1x1 convolution, or back, keeps the order of numbers."""
        return 0 not in self.shape and [n for n in self.shape if n != 1] == [n for n in wanted if n != 1]


StoredLayers: TypeAlias = dict[str, tuple[StoredBlob, ...]]


def read_caffemodel(path: Path, wanted: Collection[str]) -> StoredLayers:
    """The weights of those `wanted` layers that a caffemodel has; of one that is there twice, the last.

    Raises:
        ModelError: it cannot be read, is too large, damaged or no caffemodel.
    """
    content = read_at_most(path, LARGEST_CAFFEMODEL, ModelError, "caffemodel")
    if other := other_file(content[:512], "caffemodel"):
        raise ModelError(f"{path} {other}")
    try:
        return dict(_layers(memoryview(content), wanted))
    except UnknownNumbersError as error:
        raise ModelError(f"{path} {error}") from error
    except (DecodeError, ValueError) as error:
        raise ModelError(f"{path} is damaged or no caffemodel: {error}; get it again") from error


def names_in(path: Path) -> list[str]:
    """The names of the layers that a caffemodel, which `read_caffemodel` has found whole, has weights of."""
    content = memoryview(read_at_most(path, LARGEST_CAFFEMODEL, ModelError, "caffemodel"))
    layers = [_parsed(number, each) for number, each in pieces(content) if number in (_LAYER, _LAYER_V1)]
    return [name for name, blobs in layers if list(blobs)]


def _layers(net: memoryview, wanted: Collection[str]) -> Iterator[tuple[str, tuple[StoredBlob, ...]]]:
    for number, encoded in pieces(net):
        if number in (_LAYER, _LAYER_V1):
            _look_inside(number, encoded)
            name, blobs = _parsed(number, encoded)
            if name in wanted:
                yield name, tuple(stored_blob(blob) for blob in blobs)


def _look_inside(number: int, layer: memoryview) -> None:
    """Count what is in a layer, down to the sides of its blobs, before it is parsed."""
    if number == _LAYER:
        _check_blobs(layer, TrainedLayer.BLOBS_FIELD_NUMBER)
        return
    _check_blobs(layer, TrainedLayerV1.BLOBS_FIELD_NUMBER)
    for inner in _contents(layer, TrainedLayerV1.LAYER_FIELD_NUMBER):
        _check_blobs(inner, TrainedLayerV0.BLOBS_FIELD_NUMBER)


def _check_blobs(layer: memoryview, number: int) -> None:
    for blob in _contents(layer, number):
        for shape in _contents(blob, TrainedBlob.SHAPE_FIELD_NUMBER):
            if len(shape) > LONGEST_SHAPE:
                raise DecodeError("it has a blob of more sides than any network's")


def _contents(message: memoryview, number: int) -> list[memoryview]:
    return [content for found, content in pieces(message) if found == number]


def _parsed(number: int, encoded: memoryview) -> tuple[str, Iterable[TrainedBlob]]:
    if number == _LAYER:
        layer = TrainedLayer.FromString(bytes(encoded))
        return layer.name.decode("utf-8", "replace"), layer.blobs
    old = TrainedLayerV1.FromString(bytes(encoded))
    older = old.layer if old.HasField("layer") else old
    return older.name.decode("utf-8", "replace"), older.blobs


def stored_blob(blob: TrainedBlob) -> StoredBlob:
    """A blob of a file, its numbers not counted. Raises a ValueError where they are of a broken length."""
    legacy = any(blob.HasField(side) for side in ("num", "channels", "height", "width"))
    shape = (blob.num, blob.channels, blob.height, blob.width) if legacy else tuple(blob.shape.dim)
    return StoredBlob(shape, legacy, _numbers(blob))


def _numbers(blob: TrainedBlob) -> Array:
    """Its numbers in a row; those of a broken length are a ValueError of NumPy's."""
    if blob.raw_data:
        if blob.raw_data_type not in _RAW_TYPES:
            raise UnknownNumbersError(
                f"has weights of a kind that dreamzoom does not read ({blob.raw_data_type}, "
                "perhaps whole numbers): get the network with weights in float32 or float16"
            )
        return np.frombuffer(b"".join(blob.raw_data), _RAW_TYPES[blob.raw_data_type]).astype(np.float32)
    if blob.double_data:
        return np.frombuffer(b"".join(blob.double_data), dtype="<f8").astype(np.float32)
    return np.frombuffer(b"".join(blob.data), dtype="<f4").astype(np.float32, copy=False)
