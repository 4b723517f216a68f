"""The part of a Caffe network that some targets need, forward and backward to the image."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from google.protobuf import text_format
from torch import Tensor

from dreamzoom.engines.caffe.places import fill_places
from dreamzoom.engines.caffe.prototxt import NetParameter, runnable_net
from dreamzoom.engines.caffe.spellings import fill_as_bvlc, keep_plain_statistics
from dreamzoom.errors import EngineError
from dreamzoom.models.caffe.weights import read_caffemodel
from dreamzoom.models.network import Model


class CaffeNet:
    """pycaffe's `Net`, pruned to `blobs`; it takes images of any size that fits them.

    Every layer in it leads to a target, so a backward pass writes every gradient anew: nothing of an earlier
    pass, another target or another size is left in the result. Returned tensors are views of Caffe's own
    memory, which the next call overwrites.

    Raises:
        EngineError: this Caffe cannot compute the model.
    """

    def __init__(self, caffe: ModuleType, model: Model, blobs: Sequence[str]) -> None:
        if model.prototxt is None or model.caffemodel is None:
            raise EngineError(f"model {model.name!r} has no Caffe files")
        self._net = _load(caffe, runnable_net(caffe, model.prototxt, model.network, blobs))
        filled = fill_places(self._net, model.network) | fill_as_bvlc(self._net, model.network)
        _fill(self._net, model.caffemodel, set(self._net.params) - filled)
        keep_plain_statistics(self._net)
        # No layer writes these blobs' gradients: none reads them, or a Crop alone, for their size.
        self._ends = [*self._net.outputs, *_sizes_read(self._net)]
        self._input = model.network.input_blob
        # The layers that write the targets' final values, in the network's order, with those targets.
        self._targets = sorted((_last_writer(self._net, blob), blob) for blob in blobs)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """The values of the targets, each (1, C, H, W), for an input (1, C, H, W)."""
        data = self._net.blobs[self._input]
        if tuple(data.data.shape) != tuple(x.shape):
            data.reshape(*x.shape)
        torch.from_numpy(data.data).copy_(x)
        self._net._forward(0, self._last_layer)
        return {blob: torch.from_numpy(self._net.blobs[blob].data) for _, blob in self._targets}

    def backward(self, diffs: Mapping[str, Tensor]) -> Tensor:
        """The gradient at the input (1, C, H, W), of the objectives' gradients at every target.

        It goes in stretches, from the last target to the first. Where one ends, the target's `diff` has the
        gradient of all later layers, and the objective's is added to it.
        """
        for blob in self._ends:
            self._net.blobs[blob].diff[...] = 0
        stretches = pairwise([*reversed(self._targets), (-1, self._input)])
        for (layer, blob), (next_layer, _) in stretches:
            torch.from_numpy(self._net.blobs[blob].diff).add_(diffs[blob])
            if layer > next_layer:
                self._net._backward(layer, next_layer + 1)
        return torch.from_numpy(self._net.blobs[self._input].diff)

    @property
    def _last_layer(self) -> int:
        return len(self._net.layers) - 1


def _load(caffe: ModuleType, net: NetParameter) -> Any:
    """A `caffe.Net` of a network in memory; pycaffe reads files alone."""
    with _named_file(text_format.MessageToString(net).encode()) as name:
        return caffe.Net(name, caffe.TEST, level=net.state.level)


@contextlib.contextmanager
def _named_file(content: bytes) -> Iterator[str]:
    """The name of a file that is in memory where the system can: no disk for temporary files is needed."""
    if sys.platform == "linux":
        with os.fdopen(os.memfd_create("dreamzoom"), "wb") as file:
            os.fchmod(file.fileno(), 0o600)  # for this user alone, as the other one
            file.write(content)
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
        return
    descriptor, name = tempfile.mkstemp(prefix="dreamzoom-", suffix=".prototxt")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        yield name
    finally:
        Path(name).unlink()


def _fill(net: Any, caffemodel: Path, names: Collection[str]) -> None:
    """Give layers their weights; read here, as Caffe does not know every precision and ends the process.

    Raises:
        EngineError: a layer's weights do not fit this Caffe; it is named.
        ModelError: the file can no longer be read.
    """
    stored = read_caffemodel(caffemodel, names)
    for name in names:
        parameters, blobs = net.params[name], stored.get(name, ())
        sizes = [parameter.data.size for parameter in parameters]
        if [blob.numbers.size for blob in blobs] != sizes:
            raise EngineError(
                f"{caffemodel}: layer {name!r} has {len(blobs)} arrays of weights, and this Caffe cannot "
                f"take them, it wants {len(sizes)}; use --engine torch"
            )
        for parameter, blob in zip(parameters, blobs, strict=True):
            parameter.data.flat = blob.numbers


def _last_writer(net: Any, blob: str) -> int:
    """The index of the layer that writes a blob's final value."""
    number = list(net._blob_names).index(blob)
    return max(layer for layer in range(len(net.layers)) if number in net._top_ids(layer))


def _sizes_read(net: Any) -> list[str]:
    """The blobs that a Crop reads for their size."""
    names = list(net._blob_names)
    return [
        names[net._bottom_ids(number)[1]] for number, layer in enumerate(net.layers) if layer.type == "Crop"
    ]
