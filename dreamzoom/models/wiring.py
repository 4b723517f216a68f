"""What a model computes beside its weights, as a hash: its input, and how its layers are joined and set."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from numbers import Real

import numpy as np

from dreamzoom.io.files import sha256_of
from dreamzoom.models.network import Layer, Model


def wiring_sha256(model: Model, blobs: Iterable[str]) -> str:
    """The hash of what is done to a picture up to these blobs, the weights' values left out.

    Layers that they do not depend on do not count. It is the same on all machines, and may be another in
    another version of dreamzoom.

    Raises:
        UnknownBlobError: the network has no such blob.
    """
    transform = model.transform
    numbers = [f"{value:.5g}" for value in (*transform.mean, transform.scale)]
    layers = [_described(layer) for layer in model.network.until(blobs).layers]
    return sha256_of(json.dumps([transform.channels, numbers, layers]).encode())


def _described(layer: Layer) -> list[object]:
    operation = layer.operation
    settings = [[field.name, _plain(getattr(operation, field.name))] for field in fields(operation)]
    return [type(operation).__name__, list(layer.bottoms), list(layer.tops), settings]


def _plain(value: object) -> object:
    """A setting as every machine's libraries write it; of an array its shape."""
    if isinstance(value, np.ndarray):
        return [int(side) for side in value.shape]
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, Real) and not isinstance(value, bool):
        return f"{float(value):.6g}"
    return str(value)
