"""Layers of derived Caffes written as those of BVLC's that compute the same."""

from __future__ import annotations

from typing import Any

from dreamzoom.models.caffe.layers import DEPTHWISE
from dreamzoom.models.network import Convolution, Network, ScaledBatchNorm


def spell_as_bvlc(net: Any, network: Network) -> None:
    """Write a depthwise convolution as one in groups, a BatchNorm with a Scale in it as a Scale, and an Axpy
    as the Scale and the sum that it is.
    """
    operations = {layer.name: layer.operation for layer in network.layers}
    layers = [each for layer in net.layer for each in _without_axpy(layer)]
    net.ClearField("layer")
    net.layer.extend(layers)
    for layer in net.layer:
        operation = operations.get(layer.name)
        if layer.type in DEPTHWISE and isinstance(operation, Convolution):
            layer.type = "Convolution"
            layer.convolution_param.group = operation.groups
        elif layer.type == "BatchNorm" and isinstance(operation, ScaledBatchNorm):
            layer.name, layer.type = _new_name(layer.name), "Scale"
            layer.ClearField("batch_norm_param")
            layer.scale_param.bias_term = True


def _without_axpy(layer: Any) -> list[Any]:
    if layer.type != "Axpy":
        return [layer]
    factor, x, y = layer.bottom
    vector, product = f"{layer.name} as a vector", f"{layer.name} product"
    flat = type(layer)(name=vector, type="Reshape", bottom=[factor], top=[vector])
    flat.reshape_param.shape.dim.extend((0, -1))
    scale = type(layer)(name=product, type="Scale", bottom=[x, vector], top=[product])
    scale.scale_param.axis = 0
    return [flat, scale, type(layer)(name=layer.name, type="Eltwise", bottom=[product, y], top=layer.top)]


def fill_as_bvlc(net: Any, network: Network) -> set[str]:
    """Give those Scales of a `caffe.Net` their weights, which the file has in another shape.

    Returns: their names.
    """
    filled = set()
    for layer in network.layers:
        name, operation = _new_name(layer.name), layer.operation
        if isinstance(operation, ScaledBatchNorm) and name in net.params:
            for blob, numbers in zip(net.params[name], (operation.scale, operation.offset), strict=True):
                blob.data[...] = numbers
            filled.add(name)
    return filled


def keep_plain_statistics(net: Any) -> None:
    """Let a BatchNorm of factor 0 have its statistics as they are stored; Caffe takes them for zeros."""
    for layer in net.layers:
        if layer.type == "BatchNorm" and layer.blobs[2].data[0] == 0:
            layer.blobs[2].data[0] = 1


def _new_name(name: str) -> str:
    """Not as in the file of weights, which Caffe would copy into the layer and find of another shape."""
    return f"{name} in one"
