"""A Caffe model as a network: its prototxt parsed, its layers joined with the checks of Net::Init.

A layer that cannot be computed costs what depends on it, nothing else: its blobs are kept as `Unsupported`,
with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

from dreamzoom.errors import ModelError, UnfitWeightsError, warn
from dreamzoom.models.caffe.caffe_pb2 import LayerParameter
from dreamzoom.models.caffe.layers import BOTTOMS, IN_PLACE, OPERATIONS, TOPS, WEIGHTED, network_layers
from dreamzoom.models.caffe.prototxt import (
    LARGEST_PROTOTXT,
    Prototxt,
    could_matter,
    read_prototxt,
    read_words,
    stops,
)
from dreamzoom.models.caffe.site import Site, title
from dreamzoom.models.caffe.sources import SOURCES, InputSource, find_source, is_source, picture_shape
from dreamzoom.models.caffe.text import PassedOver
from dreamzoom.models.caffe.upgrade import deploy_layers, present_layers
from dreamzoom.models.caffe.weights import StoredLayers, names_in, read_caffemodel
from dreamzoom.models.network import Doubt, Layer, Network, Unsupported
from dreamzoom.models.operations import OwnStatistics
from dreamzoom.models.shapes import Shape, top_shape, words

__all__ = [
    "LARGEST_PROTOTXT",
    "SOURCES",
    "TRAINING",
    "picture_shape",
    "read_network",
    "read_prototxt",
]

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

MOST_VALUES = 2**31 - 1  # in one blob: Caffe counts them in an int
MOST_LAYERS = 20_000
LONGEST_NAME = 256

SIDES = (224, 227, 32, 28, 64, 48, 96, 112, 128, 160, 192, 256, 299, 300, 321, 331, 512)
"""Sizes in pixels that a picture may have where a file tells none: those of well-known data, in order."""


def read_network(prototxt: Path, caffemodel: Path) -> Network:
    """Read a Caffe model, whole and checked: what Caffe computes in its TEST phase.

    Weights belong to layers by name. Layers that only training needs are left out; so are weights that no
    layer asks for, as in Caffe. Layers that cannot be computed, and what depends on them, are unsupported.

    Raises:
        ModelError: a file is missing, damaged, too large, or nothing in it can be dreamed. One line, naming
            the file, and the layer or line in it.
    """
    text = read_words(prototxt)
    try:
        layers, everything = deploy_layers(text.net), present_layers(text.net)
    except ValueError as error:
        raise ModelError(f"{prototxt} is no network that Caffe could read: {error}") from error
    _check_names(prototxt, layers)
    stored = read_caffemodel(caffemodel, {layer.name for layer in layers})
    source = find_picture(prototxt, layers, everything)
    return assemble(Parts(prototxt, caffemodel, text, layers, source), stored)


@dataclass(frozen=True)
class Parts:
    """What a network is assembled from: its files, its description, its layers, and its picture."""

    prototxt: Path
    caffemodel: Path
    text: Prototxt
    layers: Sequence[LayerParameter]
    source: InputSource


def assemble(parts: Parts, stored: StoredLayers, make_site: type[Site] = Site) -> Network:
    """Join the layers; where the file does not tell the picture's size, at one that the weights fit.

    Raises:
        ModelError: nothing in it can be dreamed.
    """
    if parts.source.shape is not None:
        return _joined(parts, stored, make_site, parts.source.shape).network()
    channels = _channels_read(parts, stored)
    tried = (_joined(parts, stored, make_site, (channels, side, side)) for side in SIDES)
    first = next(tried)
    fits = first if first.fits_products else next((each for each in tried if each.fits_products), first)
    network = fits.network()
    side = network.input_shape[1]
    where = f" ({title(parts.source.layer)})" if parts.source.layer is not None else ""
    warn(
        f"{parts.prototxt}: it does not tell how large the pictures of {parts.source.blob!r}{where} are; "
        f'taken as {side}x{side}; to tell it, put in its place: layer {{ name: "data" type: "Input" '
        f'top: "{parts.source.blob}" input_param {{ shape {{ dim: 1 dim: {channels} dim: {side} '
        f"dim: {side} }} }} }}"
    )
    return network


def _joined(parts: Parts, stored: StoredLayers, make_site: type[Site], shape: Shape) -> _Assembly:
    assembly = _Assembly(parts, stored, make_site, Counter(layer.name for layer in parts.layers))
    assembly.begin(shape)
    for layer in parts.layers:
        assembly.add(layer)
    return assembly


def find_picture(
    prototxt: Path, layers: Sequence[LayerParameter], everything: Sequence[LayerParameter]
) -> InputSource:
    found = find_source(layers, everything)
    if found is None:
        raise ModelError(
            f"{prototxt} holds no network: no layer in it computes anything{_of_solver(prototxt)}"
        )
    return found


def _of_solver(prototxt: Path) -> str:
    name = prototxt.name.lower()
    return "; a solver says how to train: name the file of the network" if "solver" in name else ""


def _channels_read(parts: Parts, stored: StoredLayers) -> int:
    """How many channels the first convolution that reads the picture has weights for; 3 where none tells."""
    for layer in parts.layers:
        blobs = stored.get(layer.name, ())
        if layer.type == "Convolution" and parts.source.blob in layer.bottom and blobs:
            sides = blobs[0].shape
            channels = sides[1] * layer.convolution_param.group if len(sides) == 4 else 0
            return channels if channels in (1, 3) else 3
    return 3


def _check_names(prototxt: Path, layers: Sequence[LayerParameter]) -> None:
    """Messages have to stay short, and time too."""
    if len(layers) > MOST_LAYERS:
        raise ModelError(f"{prototxt} is no prototxt of a network: it has {len(layers):,} layers")
    for layer in layers:
        if max(map(len, [layer.name, layer.type, *layer.bottom, *layer.top])) > LONGEST_NAME:
            raise ModelError(f"{prototxt}: a name in it has more than {LONGEST_NAME} letters")


@dataclass
class _Assembly:
    """A network as far as its layers have been added."""

    parts: Parts
    stored: StoredLayers
    make_site: type[Site]
    names: Mapping[str, int]  # how many layers have each name
    input_shape: Shape = ()
    shapes: dict[str, Shape] = field(
        default_factory=dict
    )  # of the blobs that can be dreamed, the input first
    layers: list[Layer] = field(default_factory=list)
    absent: set[str] = field(default_factory=set)  # blobs that a deploy network does not have, such as labels
    inputs: set[str] = field(default_factory=set)  # of these, those from outside that are no labels
    read: set[str] = field(default_factory=set)  # blobs that were read since they were last written
    ended: dict[str, str] = field(default_factory=dict)  # why a blob has no value that can be known
    unsupported: list[Unsupported] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    faults: list[ModelError] = field(default_factory=list)
    unfit: list[UnfitWeightsError] = field(default_factory=list)
    fits_products: bool = True  # whether every inner product's weights fit at this size

    def begin(self, shape: Shape) -> None:
        """Take the picture in."""
        source = self.parts.source
        if shape[0] not in (1, 3):
            raise ModelError(
                f"{self.parts.prototxt}: {title(source.layer) if source.layer else source.blob!r} has "
                f"pictures of {words(shape)}; dreams are of colour (3 channels) or grey (1)"
            )
        if prod(shape) > MOST_VALUES:
            raise ModelError(
                f"{self.parts.prototxt}: {source.blob!r} would have {words(shape)} values, more than Caffe "
                "can count"
            )
        self.shapes[source.blob] = self.input_shape = shape

    def add(self, layer: LayerParameter) -> None:
        """Take one more layer into the network, or leave it out if only training needs it."""
        if is_source(layer):
            others = [top for top in layer.top if top != self.parts.source.blob]
            self.absent.update(others)
            self.inputs.update(top for top in others if not top.lower().startswith("label"))
        elif layer.type in TRAINING or self._splits_labels(layer):
            self.absent.update(layer.top)
        else:
            try:
                self._add_operation(layer)
            except UnfitWeightsError as error:
                self._end(layer, error)
            except ModelError as error:
                self._end(layer, self._with_unknown_words(layer, error))

    def _splits_labels(self, layer: LayerParameter) -> bool:
        return layer.type == "Split" and self.absent.issuperset(layer.bottom) and len(layer.bottom) > 0

    def network(self) -> Network:
        """The network of all layers added.

        Raises:
            ModelError: not one layer with weights could be taken, with the reason of the first.
        """
        prototxt = self.parts.prototxt
        wanted = any(layer.type in WEIGHTED for layer in self.parts.layers)
        weighted = {layer.name for layer in self.parts.layers if layer.type in WEIGHTED}
        if self.faults and (
            not self.layers or (wanted and not weighted & {each.name for each in self.layers})
        ):
            raise self._of_other_layers() or self.faults[0]
        if not self.layers:
            raise ModelError(
                f"{prototxt} holds no network: no layer in it computes anything{_of_solver(prototxt)}"
            )
        self._tell_of_weights()
        channels, height, width = self.input_shape
        return Network(
            self.parts.text.net.name or prototxt.stem,
            self.parts.source.blob,
            (channels, height, width),
            tuple(self.layers),
            tuple(self.unsupported),
            tuple(self.doubts),
        )

    def _of_other_layers(self) -> ModelError | None:
        """The fault where not one layer has weights in the file, which has some of others."""
        if self.stored or not isinstance(self.faults[0], UnfitWeightsError):
            return None
        names = names_in(self.parts.caffemodel)
        shown = ", ".join(map(repr, names[:4]))
        more = f"; it has those of other layers ({shown}): the two files do not belong together"
        return ModelError(f"{self.faults[0]}{more}") if names else None

    def _tell_of_weights(self) -> None:
        if self.unfit:
            more = f" (and {len(self.unfit) - 1} more layers)" if len(self.unfit) > 1 else ""
            warn(f"{self.unfit[0]}{more}; what needs it cannot be dreamed, see `dreamzoom layers`")

    def _end(self, layer: LayerParameter, error: ModelError) -> None:
        """The blobs that a layer writes have no value, nor has what is made of them."""
        because = next((self.ended[bottom] for bottom in layer.bottom if bottom in self.ended), "")
        reason = because or _without_file(str(error), self.parts)
        for top in layer.top:
            self.ended.setdefault(top, reason)
            self.shapes.pop(top, None)
            self.unsupported.append(Unsupported(top, layer.name, reason))
        if not because and layer.top:
            self.faults.append(error)
            if isinstance(error, UnfitWeightsError):
                self.unfit.append(error)
                self.fits_products = self.fits_products and layer.type != "InnerProduct"

    def _add_operation(self, layer: LayerParameter) -> None:
        for bottom in layer.bottom:
            if bottom in self.ended:
                raise self._fault(layer, f"needs {bottom!r}")
        if layer.type not in OPERATIONS:
            raise self._fault(layer, "is of a type that dreamzoom does not compute")
        doubts = self._weigh_words(layer)
        self._check_wiring(layer)
        if layer.type in WEIGHTED and self.names[layer.name] > 1:
            raise self._fault(
                layer,
                f"shares a name: {self.names[layer.name]} layers are named {layer.name!r}; weights go by it",
            )
        bottoms = [self.shapes[bottom] for bottom in layer.bottom]
        site = self.make_site(
            layer, bottoms, self.stored.get(layer.name, ()), self.parts.prototxt, self.parts.caffemodel
        )
        if layer.type not in WEIGHTED:
            site.weights()
        made = network_layers(site)
        try:
            shapes = [top_shape(each, self.shapes) for each in made]
        except ModelError as error:
            raise ModelError(f"{self.parts.prototxt}: {error}, at the size it declares") from error
        for shape in shapes:
            self._check_count(layer, shape)
        self.doubts += doubts + self._weigh_statistics(layer, made[0], bottoms[0])
        self.read.update(layer.bottom)
        self.read.difference_update(layer.top)
        self.absent.update(layer.top)
        for each, shape in zip(made, shapes, strict=True):
            self.layers.append(each)
            self.shapes.update(dict.fromkeys(each.tops, shape))
            self.absent.difference_update(each.tops)

    def _with_unknown_words(self, layer: LayerParameter, error: ModelError) -> ModelError:
        """The reason, and the words of the layer that may be misspelt ones of those it lacks."""
        passed = [word for word in self.parts.text.passed.get(layer.name, ()) if could_matter(layer, word)]
        if not passed or layer.type not in OPERATIONS or passed[0].describe() in str(error):
            return error
        return ModelError(f"{error}; it says {passed[0].describe()}, which dreamzoom does not know")

    def _weigh_words(self, layer: LayerParameter) -> list[Doubt]:
        """What was passed over in a layer and could matter; a fault where it cannot be computed without."""
        passed = [word for word in self.parts.text.passed.get(layer.name, ()) if could_matter(layer, word)]
        for word in passed:
            if stops(layer, word):
                raise self._fault(layer, f"says {word.describe()}, which dreamzoom does not know")
        return [
            Doubt(layer.name, f"{self.parts.prototxt}: {title(layer)} says {_told(word)}") for word in passed
        ]

    def _weigh_statistics(self, layer: LayerParameter, made: Layer, bottom: Shape) -> list[Doubt]:
        """A doubt of a layer that takes its own mean from each number, and so leaves nothing."""
        if not isinstance(made.operation, OwnStatistics) or prod(bottom[1:]) > 1:
            return []
        where = f"{self.parts.prototxt}: {title(layer)}"
        return [
            Doubt(
                layer.name,
                f"{where} takes the picture's own statistics, and of {words(bottom)} each number is its own "
                "mean: at that size it leaves nothing to dream of; use a layer below",
            )
        ]

    def _check_wiring(self, layer: LayerParameter) -> None:
        least, most = BOTTOMS.get(layer.type, (1, 1))
        if not least <= len(layer.bottom) <= most:
            raise self._fault(layer, f"reads {len(layer.bottom)} blobs; that many are not supported")
        if not 1 <= len(layer.top) <= TOPS.get(layer.type, 1):
            raise self._fault(layer, f"writes {len(layer.top)} blobs; that many are not supported")
        for bottom in layer.bottom:
            if bottom in self.absent:
                is_input = bottom in self.inputs
                why = "is another input than the picture" if is_input else "only training has"
                raise self._fault(layer, f"reads {bottom!r}, which {why}")
            if bottom not in self.shapes:
                raise self._fault(layer, f"reads {bottom!r}, which no layer before it writes")
        for place, top in enumerate(layer.top):
            self._check_top(layer, place, top)

    def _check_top(self, layer: LayerParameter, place: int, top: str) -> None:
        """A blob is written once, or changed in place by the only layer that reads it."""
        in_place = top in layer.bottom[place : place + 1]
        if not in_place and (top in self.shapes or top in self.absent or top in self.ended):
            raise self._fault(layer, f"writes {top!r}, which another layer has written")
        if top in layer.top[:place]:
            raise self._fault(layer, f"writes {top!r} twice")
        if in_place and layer.type not in IN_PLACE:
            raise self._fault(layer, f"writes {top!r} in place, which its type cannot do")
        if in_place and (top in self.read or list(layer.bottom).count(top) > 1):
            raise self._fault(layer, f"changes {top!r} in place, which another layer has read")

    def _check_count(self, layer: LayerParameter, shape: Shape) -> None:
        if prod(shape) > MOST_VALUES:
            raise self._fault(layer, f"would write {words(shape)} values, more than Caffe can count")

    def _fault(self, layer: LayerParameter, reason: str) -> ModelError:
        return ModelError(f"{self.parts.prototxt}: {title(layer)} {reason}")


def _told(word: PassedOver) -> str:
    if word.kind == "twice":
        return f"{word.path[-1]} twice, with different values: the last one, {word.describe()}, was taken"
    return f"{word.describe()}, which dreamzoom passed over: the layer may be meant to compute more"


def _without_file(message: str, parts: Parts) -> str:
    for path in (parts.prototxt, parts.caffemodel):
        message = message.removeprefix(f"{path}: ")
    return message
