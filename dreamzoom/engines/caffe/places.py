"""Inner products run as convolutions by Caffe itself, as `models.places` describes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from google.protobuf import text_format

from dreamzoom.models.caffe.prototxt import read_prototxt
from dreamzoom.models.caffe.text import parse_text
from dreamzoom.models.caffe.upgrade import deploy_layers
from dreamzoom.models.network import Concat, Identity, Network, PlacedInnerProduct, Softmax


def has_places(network: Network) -> bool:
    """Whether an inner product of the network is a convolution."""
    return any(isinstance(layer.operation, PlacedInnerProduct) for layer in network.layers)


def in_present_syntax(net: Any, prototxt: Path) -> None:
    """Give a `NetParameter` of Caffe's its layers in today's syntax, where its file has an older one."""
    if net.layers:
        net.ClearField("layers")
        for layer in deploy_layers(read_prototxt(prototxt)):
            parse_text(text_format.MessageToString(layer), net.layer.add())


def give_places(net: Any, network: Network) -> None:
    """Write inner products as convolutions, and the flattening before them as nothing, where `network` has
    it so.
    """
    operations = {layer.name: layer.operation for layer in network.layers}
    for layer in net.layer:
        operation = operations.get(layer.name)
        if isinstance(operation, PlacedInnerProduct):
            _write_as_convolution(layer, operation)
        elif isinstance(operation, Identity) and layer.type in ("Flatten", "Reshape"):
            layer.type = "Split"
            layer.ClearField("reshape_param")
            layer.ClearField("flatten_param")
        elif isinstance(operation, Softmax):
            layer.softmax_param.axis = operation.axis  # one counted from the end would be another now
        elif isinstance(operation, Concat):
            layer.concat_param.ClearField("concat_dim")
            layer.concat_param.axis = operation.axis


def fill_places(net: Any, network: Network) -> set[str]:
    """Give those convolutions of a `caffe.Net` their weights, which the file has in another shape.

    Returns: their names.
    """
    filled = set()
    for layer in network.layers:
        name, operation = _new_name(layer.name), layer.operation
        if isinstance(operation, PlacedInnerProduct) and name in net.params:
            weights = [operation.weight] if operation.bias is None else [operation.weight, operation.bias]
            for blob, numbers in zip(net.params[name], weights, strict=True):
                blob.data[...] = numbers
            filled.add(name)
    return filled


def _write_as_convolution(layer: Any, operation: PlacedInnerProduct) -> None:
    outputs, _, rows, columns = operation.weight.shape
    layer.name, layer.type = _new_name(layer.name), "Convolution"
    layer.ClearField("inner_product_param")
    settings = layer.convolution_param
    settings.num_output, settings.kernel_h, settings.kernel_w = outputs, rows, columns
    settings.bias_term = operation.bias is not None


def _new_name(name: str) -> str:
    """Not as in the file of weights, which Caffe would copy into the layer and find of another shape."""
    return f"{name} with places"
