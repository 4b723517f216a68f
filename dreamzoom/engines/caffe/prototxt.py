"""A model's prototxt made ready for Caffe: the part that the targets need, with a backward pass to the image.

Layers stay in the syntax of their file, so that Caffe itself upgrades the older ones. What only training
reads is dropped: fillers cost time, and shared parameters or losses can end the process. The text is read
here, by the installed Caffe's own schema: Caffe's parser ends the process at a word that it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from google.protobuf.message import Message

from dreamzoom.engines.caffe.places import give_places, has_places, in_present_syntax
from dreamzoom.engines.caffe.spellings import spell_as_bvlc
from dreamzoom.engines.caffe.tops import give_own_tops
from dreamzoom.errors import EngineError
from dreamzoom.io.files import read_at_most
from dreamzoom.models.caffe.prototxt import LARGEST_PROTOTXT, by_layer, decode_text, spell_padding
from dreamzoom.models.caffe.text import TextFault, parse_text
from dreamzoom.models.caffe.upgrade import is_included
from dreamzoom.models.network import Network

NetParameter: TypeAlias = Any
"""`caffe.proto.caffe_pb2.NetParameter`, a class known only at run time."""

_TRAINING = {
    "blob_share_mode",
    "blobs_lr",
    "loss_weight",
    "param",
    "phase",
    "propagate_down",
    "weight_decay",
}

_FLOOR_SPELLINGS = {
    "round_mode": (re.compile(r"\bceil_mode\s*:\s*(false|0)\b"), "round_mode: FLOOR"),
    "ceil_mode": (re.compile(r"\bround_mode\s*:\s*(FLOOR|1)\b"), "ceil_mode: false"),
}
"""Two families of Caffe spell the same thing differently; by the word that the installed one knows."""


def runnable_net(caffe: ModuleType, prototxt: Path, network: Network, blobs: Iterable[str]) -> NetParameter:
    """The layers that `blobs` need, each with a backward pass, for one image of the size in the file.

    Args:
        network: what `prototxt` holds, as read and checked.

    Raises:
        EngineError: the file can no longer be read, or this Caffe does not know a word or layer in it.
    """
    net = parse(caffe, prototxt)
    placed = has_places(network.until(blobs))
    if placed:
        in_present_syntax(net, prototxt)
    state = caffe.proto.caffe_pb2.NetState()
    state.CopyFrom(net.state)
    state.phase = caffe.TEST
    for field, layers in (("layer", net.layer), ("layers", net.layers)):
        kept = [layer for layer in layers if is_included(layer, state)]
        needed = _needed(kept, blobs, network.input_blob)
        net.ClearField(field)
        getattr(net, field).extend(needed)
    for layer in [*net.layer, *net.layers]:
        _drop_training(layer)
    give_own_tops([*net.layer, *net.layers], network)
    if placed:
        give_places(net, network)
    spell_as_bvlc(net, network)
    _require_known_types(caffe, net, prototxt)
    _keep_diffs_shared(net)
    for field in ("input", "input_shape", "input_dim"):
        net.ClearField(field)
    net.input.append(network.input_blob)
    net.input_dim.extend((1, *network.input_shape))  # not input_shape, which its upgrade of V0 forgets
    net.force_backward = True
    return net


def parse(caffe: ModuleType, prototxt: Path) -> NetParameter:
    """A prototxt as the installed Caffe reads it, without the words that it does not know."""
    schema = caffe.proto.caffe_pb2
    net = schema.NetParameter()
    text = decode_text(read_at_most(prototxt, LARGEST_PROTOTXT, EngineError, "prototxt"))
    try:
        passed = parse_text(_in_its_words(text, schema), net)
    except TextFault as error:
        raise EngineError(f"cannot read {prototxt}: {error}") from error
    spell_padding([*net.layer, *net.layers], by_layer(passed))
    return net


def _in_its_words(text: str, schema: ModuleType) -> str:
    known = schema.PoolingParameter.DESCRIPTOR.fields_by_name
    for word, (pattern, spelling) in _FLOOR_SPELLINGS.items():
        if word in known:
            text = pattern.sub(spelling, text)
    return text


def _needed(layers: Sequence[Message], blobs: Iterable[str], input_blob: str) -> list[Any]:
    """The layers, of either syntax, between the input and `blobs`, without the one that gives the input."""
    needed = set(blobs)
    kept: list[Any] = []
    layer: Any
    for layer in reversed(layers):
        is_source = input_blob in layer.top and not layer.bottom
        if needed.intersection(layer.top) and not is_source:
            kept.append(layer)
            needed.update(layer.bottom)
    return kept[::-1]


def _drop_training(message: Message) -> None:
    """Remove what only training reads, and which implementation the file asks for."""
    for field, value in message.ListFields():
        if field.name in _TRAINING or field.name == "engine" or field.name.endswith("filler"):
            message.ClearField(field.name)
        elif isinstance(value, Message):
            _drop_training(value)


def _require_known_types(caffe: ModuleType, net: NetParameter, prototxt: Path) -> None:
    known = set(caffe.layer_type_list())
    for layer in net.layer:
        if layer.type not in known:
            raise EngineError(
                f"{prototxt}: layer {layer.name!r} is of type {layer.type!r}, which this Caffe does "
                "not have; use --engine torch"
            )


def _keep_diffs_shared(net: NetParameter) -> None:
    """Write Flatten as the Reshape that it is, where it reads a Reshape's top.

    Both share memory with their bottom. In the backward pass Reshape hands its bottom's `diff` on, but
    Flatten replaces it by its own, so that the bottom of a Reshape before it never gets a gradient.
    """
    reshaped = {top for layer in net.layer if layer.type == "Reshape" for top in layer.top}
    for layer in net.layer:
        if layer.type == "Flatten" and reshaped.intersection(layer.bottom):
            layer.type = "Reshape"
            layer.ClearField("flatten_param")
            layer.reshape_param.shape.dim.extend((0, -1))
