"""A Caffe model as a network: its prototxt parsed, its layers joined with the checks of Net::Init."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

from google.protobuf import text_format

from dreamzoom.errors import ModelError
from dreamzoom.io.files import read_at_most
from dreamzoom.models.caffe.caffe_pb2 import LayerParameter, NetParameter
from dreamzoom.models.caffe.layers import BOTTOMS, IN_PLACE, OPERATIONS, TOPS, WEIGHTED, network_layers
from dreamzoom.models.caffe.site import Site, title
from dreamzoom.models.caffe.upgrade import deploy_layers
from dreamzoom.models.caffe.weights import StoredLayers, read_caffemodel
from dreamzoom.models.network import Layer, Network
from dreamzoom.models.shapes import Shape, top_shape, words

LARGEST_PROTOTXT = 512 << 10  # bytes; twice the longest of well-known networks, of hundreds of layers

# The parser takes time quadratic in these: nothing that a network needs has them.
_ABSURD = re.compile(r"\w{1024}|\\{16}")


def read_prototxt(path: Path) -> NetParameter:
    """Parse a prototxt.

    Raises:
        ModelError: it cannot be read, is too large, or is no network in protobuf's text format (line named).
    """
    # Comments in the wild are in any encoding; Caffe skips them unread.
    text = read_at_most(path, LARGEST_PROTOTXT, ModelError, "prototxt").decode("utf-8-sig", errors="replace")
    if _ABSURD.search(text):
        raise ModelError(f"{path} is no prototxt: it holds a word of more than a thousand letters")
    try:
        net: NetParameter = text_format.Parse(text, NetParameter())
    except text_format.ParseError as error:
        raise ModelError(f"{path}, line {error.GetLine()}: {_reason(error)}") from error
    except (RecursionError, ValueError) as error:
        raise ModelError(f"{path} is no prototxt of a network: {_reason(error)}") from error
    return net


def _reason(error: Exception) -> str:
    """What the parser says, in one short line, without the "3:14 : " before it and our package's name."""
    reason = " ".join(str(error).replace("dreamzoom.caffe.", "").split())
    reason = re.sub(r"^\d+:\d+ : ", "", reason)
    return reason if len(reason) <= 200 else reason[:80] + " … " + reason[-110:]


SOURCES = frozenset({"Data", "DummyData", "HDF5Data", "ImageData", "Input", "MemoryData", "WindowData"})

TRAINING = frozenset(
    {
        "Accuracy",
        "ContrastiveLoss",
        "EuclideanLoss",
        "HDF5Output",
        "HingeLoss",
        "InfogainLoss",
        "MultinomialLogisticLoss",
        "SigmoidCrossEntropyLoss",
        "Silence",
        "SoftmaxWithLoss",
    }
)
"""Types that a deploy file does not have: they compare with labels, or end a path."""


def picture_shape(layer: LayerParameter) -> Shape | None:
    """The shape (C, H, W) of a source's first top, where its settings tell; None where they do not."""
    sides = _declared_sides(layer) or _training_sides(layer)
    return sides if sides and min(sides) > 0 else None


def _declared_sides(layer: LayerParameter) -> Shape | None:
    """Of the layers that say their shape outright: (N, C, H, W)."""
    shapes = layer.input_param.shape or layer.dummy_data_param.shape
    if shapes:
        return tuple(shapes[0].dim[1:]) if len(shapes[0].dim) == 4 else None
    old = layer.dummy_data_param
    if old.channels and old.height and old.width:
        return old.channels[0], old.height[0], old.width[0]
    memory = layer.memory_data_param
    return (memory.channels, memory.height, memory.width) if memory.channels else None


def _training_sides(layer: LayerParameter) -> Shape | None:
    """Of a store of pictures, cut or scaled to one size."""
    images = layer.image_data_param
    crop = (
        layer.transform_param.crop_size
        or layer.data_param.crop_size
        or images.crop_size
        or layer.window_data_param.crop_size
    )
    channels = 1 if layer.transform_param.force_gray or not images.is_color else 3
    if crop:
        return channels, crop, crop
    return channels, images.new_height, images.new_width


MOST_VALUES = 2**31 - 1  # in one blob: Caffe counts them in an int
LONGEST_NAME = 256


def read_network(prototxt: Path, caffemodel: Path) -> Network:
    """Read a Caffe model, whole and checked: what Caffe computes in its TEST phase.

    Weights belong to layers by name; every layer that has weights must find them, in number and shape. Layers
    that only training needs are left out; so are weights that no layer asks for, as in Caffe.

    Raises:
        ModelError: a file is missing, damaged, too large, or holds what dreamzoom does not compute. One line,
            naming the file, and the layer or line in it.
    """
    net = read_prototxt(prototxt)
    try:
        layers = deploy_layers(net)
    except ValueError as error:
        raise ModelError(f"{prototxt} is no network that Caffe could read: {error}") from error
    _check_names(prototxt, layers)
    stored = read_caffemodel(caffemodel, {layer.name for layer in layers})
    assembly = _Assembly(prototxt, caffemodel, stored)
    for layer in layers:
        assembly.add(layer)
    return assembly.network(net.name or prototxt.stem)


def _check_names(prototxt: Path, layers: Sequence[LayerParameter]) -> None:
    """Weights find their layer by its name, so no other may have it; and messages have to stay short."""
    counts = Counter(layer.name for layer in layers)
    for layer in layers:
        if max(map(len, [layer.name, layer.type, *layer.bottom, *layer.top])) > LONGEST_NAME:
            raise ModelError(f"{prototxt}: a name in it has more than {LONGEST_NAME} letters")
        if layer.type in WEIGHTED and counts[layer.name] > 1:
            times = counts[layer.name]
            raise ModelError(f"{prototxt}: {times} layers are named {layer.name!r}; weights go by name")


@dataclass
class _Assembly:
    """A network as far as its layers have been added."""

    prototxt: Path
    caffemodel: Path
    stored: StoredLayers
    shapes: dict[str, Shape] = field(default_factory=dict)  # of the blobs there are, the input first
    layers: list[Layer] = field(default_factory=list)
    absent: set[str] = field(default_factory=set)  # blobs that a deploy network does not have, such as labels
    read: set[str] = field(default_factory=set)  # blobs that were read since they were last written

    def add(self, layer: LayerParameter) -> None:
        """Take one more layer into the network, or leave it out if only training needs it."""
        if layer.type in SOURCES:
            self._add_source(layer)
        elif layer.type in TRAINING or self._splits_labels(layer):
            self.absent.update(layer.top)
        else:
            self._add_operation(layer)

    def _splits_labels(self, layer: LayerParameter) -> bool:
        return layer.type == "Split" and self.absent.issuperset(layer.bottom) and len(layer.bottom) > 0

    def network(self, name: str) -> Network:
        """The network of all layers added."""
        if not self.layers:
            raise ModelError(f"{self.prototxt} holds no network: no layer in it computes anything")
        input_blob, (channels, height, width) = next(iter(self.shapes.items()))
        return Network(name, input_blob, (channels, height, width), tuple(self.layers))

    def _add_source(self, layer: LayerParameter) -> None:
        """The first top of the first source is the picture; all others bring labels and the like."""
        self.absent.update(layer.top)
        if self.shapes or not layer.top:
            return
        shape = picture_shape(layer)
        if shape is None:
            raise self._fault(layer, "does not say how large its pictures are; give it a shape { dim: ... }")
        if shape[0] not in (1, 3):
            raise self._fault(
                layer, f"has pictures of {words(shape)}; dreams are of colour (3 channels) or grey (1)"
            )
        self._check_count(layer, shape)
        self.shapes[layer.top[0]] = shape
        self.absent.discard(layer.top[0])

    def _add_operation(self, layer: LayerParameter) -> None:
        if layer.type not in OPERATIONS:
            raise self._fault(layer, "is of a type that dreamzoom does not compute")
        self._check_wiring(layer)
        bottoms = [self.shapes[bottom] for bottom in layer.bottom]
        site = Site(layer, bottoms, self.stored.get(layer.name, ()), self.prototxt, self.caffemodel)
        if layer.type not in WEIGHTED:
            site.weights()
        made = network_layers(site)
        try:
            shapes = [top_shape(each, self.shapes) for each in made]
        except ModelError as error:
            raise ModelError(f"{self.prototxt}: {error}, at the size it declares") from error
        self.read.update(layer.bottom)
        self.read.difference_update(layer.top)
        self.absent.update(layer.top)
        for each, shape in zip(made, shapes, strict=True):
            self._check_count(layer, shape)
            self.layers.append(each)
            self.shapes.update(dict.fromkeys(each.tops, shape))
            self.absent.difference_update(each.tops)

    def _check_wiring(self, layer: LayerParameter) -> None:
        least, most = BOTTOMS.get(layer.type, (1, 1))
        if not least <= len(layer.bottom) <= most:
            raise self._fault(layer, f"reads {len(layer.bottom)} blobs; that many are not supported")
        if not 1 <= len(layer.top) <= TOPS.get(layer.type, 1):
            raise self._fault(layer, f"writes {len(layer.top)} blobs; that many are not supported")
        for bottom in layer.bottom:
            if bottom in self.absent:
                raise self._fault(layer, f"reads {bottom!r}, which only training has")
            if bottom not in self.shapes:
                raise self._fault(layer, f"reads {bottom!r}, which no layer before it writes")
        for place, top in enumerate(layer.top):
            self._check_top(layer, place, top)

    def _check_top(self, layer: LayerParameter, place: int, top: str) -> None:
        """A blob is written once, or changed in place by the only layer that reads it."""
        in_place = top in layer.bottom[place : place + 1]
        if not in_place and (top in self.shapes or top in self.absent or top in layer.top[:place]):
            raise self._fault(layer, f"writes {top!r}, which another layer has written")
        if in_place and layer.type not in IN_PLACE:
            raise self._fault(layer, f"writes {top!r} in place, which its type cannot do")
        if in_place and (top in self.read or list(layer.bottom).count(top) > 1):
            raise self._fault(layer, f"changes {top!r} in place, which another layer has read")

    def _check_count(self, layer: LayerParameter, shape: Shape) -> None:
        if prod(shape) > MOST_VALUES:
            raise self._fault(layer, f"would write {words(shape)} values, more than Caffe can count")

    def _fault(self, layer: LayerParameter, reason: str) -> ModelError:
        return ModelError(f"{self.prototxt}: {title(layer)} {reason}")
