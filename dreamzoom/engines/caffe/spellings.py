"""Layers of derived Caffes written as those of BVLC's that compute the same."""

from __future__ import annotations

from typing import Any

from dreamzoom.models.caffe.layers import DEPTHWISE
from dreamzoom.models.network import Array, Convolution, Network, Operation, ScaledBatchNorm
from dreamzoom.models.operations import OwnStatistics


def spell_as_bvlc(net: Any, network: Network) -> None:
    """Write a depthwise convolution as one in groups, a BatchNorm with a Scale in it (or a BN) as a Scale, or
    as both where it goes by the picture's own statistics, and an Axpy as the Scale and the sum that it is.
    """
    operations = {layer.name: layer.operation for layer in network.layers}
    layers = [each for layer in net.layer for each in _as_bvlcs(layer, operations.get(layer.name))]
    net.ClearField("layer")
    net.layer.extend(layers)


def _as_bvlcs(layer: Any, operation: Operation | None) -> list[Any]:
    if layer.type == "Axpy":
        return _without_axpy(layer)
    if layer.type in DEPTHWISE and isinstance(operation, Convolution):
        layer.type = "Convolution"
        layer.convolution_param.group = operation.groups
    elif layer.type in _NORMALISING and isinstance(operation, ScaledBatchNorm):
        layer.name, layer.type = _new_name(layer.name), "Scale"
        layer.ClearField("batch_norm_param")
        layer.scale_param.bias_term = True
    elif layer.type in _NORMALISING and isinstance(operation, OwnStatistics):
        return _of_own_statistics(layer, operation)
    return [layer]


_NORMALISING = ("BatchNorm", "BN")


def _of_own_statistics(layer: Any, operation: OwnStatistics) -> list[Any]:
    """A BatchNorm, and after it a Scale in place."""
    name = layer.name
    layer.name, layer.type = _own_name(name), "BatchNorm"
    layer.batch_norm_param.use_global_stats = False
    layer.batch_norm_param.eps = operation.eps
    if operation.scale is None:
        return [layer]
    scale = type(layer)(name=_new_name(name), type="Scale", bottom=layer.top, top=layer.top)
    scale.scale_param.bias_term = True
    return [layer, scale]


def _without_axpy(layer: Any) -> list[Any]:
    factor, x, y = layer.bottom
    vector, product = f"{layer.name} as a vector", f"{layer.name} product"
    flat = type(layer)(name=vector, type="Reshape", bottom=[factor], top=[vector])
    flat.reshape_param.shape.dim.extend((0, -1))
    scale = type(layer)(name=product, type="Scale", bottom=[x, vector], top=[product])
    scale.scale_param.axis = 0
    return [flat, scale, type(layer)(name=layer.name, type="Eltwise", bottom=[product, y], top=layer.top)]


def fill_as_bvlc(net: Any, network: Network) -> set[str]:
    """Give those Scales of a `caffe.Net` their weights, which the file has in another shape.

    Returns: their names, and those of the layers that need none.
    """
    filled = set()
    for layer in network.layers:
        match layer.operation:
            case ScaledBatchNorm(scale=scale, offset=offset):
                filled |= _fill_scale(net, _new_name(layer.name), scale, offset)
            case OwnStatistics(scale=scale, offset=offset):
                filled |= {_own_name(layer.name)} & set(net.params)
                filled |= _fill_scale(net, _new_name(layer.name), scale, offset)
    return filled


def _fill_scale(net: Any, name: str, *weights: Array | None) -> set[str]:
    if name not in net.params:
        return set()
    for blob, numbers in zip(net.params[name], weights, strict=True):
        blob.data[...] = numbers
    return {name}


def keep_plain_statistics(net: Any) -> None:
    """Let a BatchNorm of factor 0 have its statistics as they are stored; Caffe takes them for zeros."""
    for layer in net.layers:
        if layer.type == "BatchNorm" and layer.blobs[2].data[0] == 0:
            layer.blobs[2].data[0] = 1


def _new_name(name: str) -> str:
    """Not as in the file of weights, which Caffe would copy into the layer and find of another shape."""
    return f"{name} in one"


def _own_name(name: str) -> str:
    """Of a layer that needs none of the file's weights."""
    return f"{name} by its own statistics"
