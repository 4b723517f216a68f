"""The older kinds of Caffe layer, turned into the present kind as Caffe's upgrade_proto.cpp does.

There are files of three generations: `layers { layer { type: "conv" } }` (V0, 2013), `layers { type:
CONVOLUTION }` (V1, 2014) and `layer { type: "Convolution" }`. What only training reads, such as learning
rates, is dropped on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from dreamzoom.models.caffe.caffe_pb2 import (
    TEST,
    LayerParameter,
    NetParameter,
    NetState,
    PoolingParameter,
    V0LayerParameter,
    V1LayerParameter,
)

_TYPES = {
    "absval": "AbsVal",
    "argmax": "ArgMax",
    "bnll": "BNLL",
    "conv": "Convolution",
    "hdf5_data": "HDF5Data",
    "hdf5_output": "HDF5Output",
    "images": "ImageData",
    "innerproduct": "InnerProduct",
    "lrn": "LRN",
    "mvn": "MVN",
    "pool": "Pooling",
    "relu": "ReLU",
    "softmax_loss": "SoftmaxWithLoss",
    "tanh": "TanH",
}


def deploy_layers(net: NetParameter) -> list[LayerParameter]:
    """The network's layers, of today's kind, as Caffe's TEST phase has them; `input` fields as a layer.

    Raises:
        ValueError: the file mixes kinds of layer, or its `input` fields do not go together.
    """
    state = NetState()
    state.CopyFrom(net.state)
    state.phase = TEST
    return [layer for layer in present_layers(net) if is_included(layer, state)]


def present_layers(net: NetParameter) -> list[LayerParameter]:
    """The network's layers in all phases, of today's kind. Raises as `deploy_layers`."""
    return [*_input_layers(net), *_layers(net)]


def _layers(net: NetParameter) -> Sequence[LayerParameter]:
    if not net.layers:
        return net.layer
    if net.layer:
        raise ValueError("it has both `layer` and `layers`, of two versions of Caffe")
    if any(layer.HasField("layer") for layer in net.layers):
        return [_from_v0(layer) for layer in _without_padding_layers(net.layers)]
    return [_from_v1(layer) for layer in net.layers]


def _input_layers(net: NetParameter) -> Iterator[LayerParameter]:
    """The `input` fields of older files, as the Input layer that replaced them."""
    if not net.input:
        return
    layer = LayerParameter(name="input", type="Input", top=net.input)
    if net.input_shape:
        layer.input_param.shape.extend(net.input_shape)
    for first in range(0, len(net.input_dim) if not net.input_shape else 0, 4):
        layer.input_param.shape.add(dim=net.input_dim[first : first + 4])
    if len(layer.input_param.shape) > len(net.input):
        raise ValueError(f"it has {len(net.input)} `input`, but sizes for {len(layer.input_param.shape)}")
    yield layer


def _from_v1(old: V1LayerParameter) -> LayerParameter:
    kind = _present_type(old.type)
    layer = LayerParameter(
        name=old.name, type=kind, bottom=old.bottom, top=old.top, include=old.include, exclude=old.exclude
    )
    for field, settings in old.ListFields():
        if field.name.endswith("_param"):
            getattr(layer, field.name).CopyFrom(settings)
    return layer


def _from_v0(connection: V1LayerParameter) -> LayerParameter:
    old = connection.layer
    kind = _present_type(old.type)
    layer = LayerParameter(name=old.name, type=kind, bottom=connection.bottom, top=connection.top)
    if kind in _V0_SETTINGS:
        _V0_SETTINGS[kind](old, layer)
    return layer


def _present_type(old: str) -> str:
    """Today's name of a type of 2013 or 2014; one that is neither stays as it is."""
    if old.lower() != old and old.upper() != old:
        return old
    return _TYPES.get(old.lower()) or "".join(word.capitalize() for word in old.lower().split("_"))


def _convolution_from_v0(old: V0LayerParameter, layer: LayerParameter) -> None:
    new = layer.convolution_param
    new.num_output, new.bias_term, new.group = old.num_output, old.biasterm, old.group
    new.kernel_size.append(old.kernelsize)
    new.pad.append(old.pad)
    new.stride.append(old.stride)


def _inner_product_from_v0(old: V0LayerParameter, layer: LayerParameter) -> None:
    layer.inner_product_param.num_output = old.num_output
    layer.inner_product_param.bias_term = old.biasterm


def _pooling_from_v0(old: V0LayerParameter, layer: LayerParameter) -> None:
    new = layer.pooling_param
    new.pool = _V0_POOLS[old.pool]
    new.kernel_size, new.pad, new.stride = old.kernelsize, old.pad, old.stride


def _lrn_from_v0(old: V0LayerParameter, layer: LayerParameter) -> None:
    new = layer.lrn_param
    new.local_size, new.alpha, new.beta, new.k = old.local_size, old.alpha, old.beta, old.k


def _concat_from_v0(old: V0LayerParameter, layer: LayerParameter) -> None:
    layer.concat_param.axis = old.concat_dim


def _data_from_v0(old: V0LayerParameter, layer: LayerParameter) -> None:
    layer.transform_param.crop_size = old.cropsize
    layer.transform_param.mean_file = old.meanfile
    if old.HasField("scale"):
        layer.transform_param.scale = old.scale
    layer.image_data_param.new_height = max(old.new_height, 0)
    layer.image_data_param.new_width = max(old.new_width, 0)


_V0_POOLS = {
    V0LayerParameter.MAX: PoolingParameter.MAX,
    V0LayerParameter.AVE: PoolingParameter.AVE,
    V0LayerParameter.STOCHASTIC: PoolingParameter.STOCHASTIC,
}

_V0_SETTINGS: dict[str, Callable[[V0LayerParameter, LayerParameter], None]] = {
    "Convolution": _convolution_from_v0,
    "InnerProduct": _inner_product_from_v0,
    "Pooling": _pooling_from_v0,
    "LRN": _lrn_from_v0,
    "Concat": _concat_from_v0,
    "Data": _data_from_v0,
    "ImageData": _data_from_v0,
}


def _without_padding_layers(layers: Iterable[V1LayerParameter]) -> Iterator[V1LayerParameter]:
    """V0 padded in layers of their own; the padding belongs to the convolution or pool that reads them.

    Raises:
        ValueError: something else reads a padding layer.
    """
    padding: dict[str, V1LayerParameter] = {}
    for layer in layers:
        if layer.layer.type == "padding":
            padding.update(dict.fromkeys(layer.top, layer))
            continue
        padded = [padding[bottom] for bottom in layer.bottom if bottom in padding]
        yield _padded(layer, padded[0]) if padded else layer


def _padded(layer: V1LayerParameter, padding: V1LayerParameter) -> V1LayerParameter:
    if layer.layer.type not in ("conv", "pool") or len(layer.bottom) != 1 or len(padding.bottom) != 1:
        raise ValueError(f"layer {layer.layer.name!r} cannot read the padding layer {padding.layer.name!r}")
    merged = V1LayerParameter()
    merged.CopyFrom(layer)
    merged.bottom[0] = padding.bottom[0]
    merged.layer.pad = padding.layer.pad
    return merged


def is_included(layer: Any, state: Any) -> bool:
    """Whether Caffe keeps a layer, of any schema, in this state: an `include` rule met, or no `exclude`."""
    if layer.include and layer.exclude:
        raise ValueError(f"layer {layer.name!r} has both `include` and `exclude`")
    if layer.include:
        return any(_is_met(rule, state) for rule in layer.include)
    return not any(_is_met(rule, state) for rule in layer.exclude)


def _is_met(rule: Any, state: Any) -> bool:
    return (
        (not rule.HasField("phase") or rule.phase == state.phase)
        and (not rule.HasField("min_level") or state.level >= rule.min_level)
        and (not rule.HasField("max_level") or state.level <= rule.max_level)
        and set(rule.stage) <= set(state.stage)
        and not set(rule.not_stage) & set(state.stage)
    )
