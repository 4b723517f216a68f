"""Where a network's pictures come from: the layer that gives them, their size, and what is done to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from dreamzoom.models.caffe.caffe_pb2 import LayerParameter
from dreamzoom.models.shapes import Shape

SOURCES = frozenset({"Data", "DummyData", "HDF5Data", "ImageData", "Input", "MemoryData", "WindowData"})

_LABELS = ("label", "rois", "im_info", "gt_", "bbox", "seg", "mask", "weight", "clip", "target")


@dataclass(frozen=True)
class InputSource:
    """The picture's blob, its shape (C, H, W) where the file tells it, and the layer that gives it.

    `layer` is None where the file has no such layer, as in a piece cut out of a larger file.
    """

    blob: str
    shape: Shape | None
    layer: LayerParameter | None


def is_source(layer: LayerParameter) -> bool:
    """Whether a layer brings data from outside: one of Caffe's types, or whatever has no bottom."""
    return layer.type in SOURCES or (not layer.bottom and bool(layer.top) and layer.type != "Parameter")


def find_source(layers: Sequence[LayerParameter], everything: Sequence[LayerParameter]) -> InputSource | None:
    """The picture of a network: of several inputs the largest in colour, else grey, else the first read.

    Args:
        layers: of the TEST phase.
        everything: of all phases: a source that only training has tells the size as well.
    """
    read = {bottom for layer in layers for bottom in layer.bottom}
    tops = [*_tops(layers)]
    for channels in (3, 1, None):
        sized = [each for each in tops if each.shape and channels in (None, each.shape[0])]
        if sized:
            return max(sized, key=lambda source: prod(source.shape or ()))
    for source in [*tops, *_tops(everything)]:
        if source.blob in read and not source.blob.lower().startswith(_LABELS):
            shapes = [each for each in _tops(everything) if each.blob == source.blob and each.shape]
            return shapes[0] if shapes else source
    written = {top for layer in layers for top in layer.top}
    for layer in layers:
        if layer.bottom and layer.bottom[0] not in written:
            return InputSource(layer.bottom[0], None, None)
    return None


def _tops(layers: Sequence[LayerParameter]) -> Iterator[InputSource]:
    for layer in layers:
        if is_source(layer):
            for place, top in enumerate(layer.top):
                yield InputSource(top, picture_shape(layer, place), layer)


def picture_shape(layer: LayerParameter, place: int = 0) -> Shape | None:
    """The shape (C, H, W) of a source's top, where its settings tell; None where they do not."""
    declared = layer.input_param.shape or layer.dummy_data_param.shape
    sides = _declared(declared, place) if declared else (_of_store(layer) if place == 0 else None)
    return sides if sides and min(sides) > 0 else None


def _declared(shapes: Sequence[Any], place: int) -> Shape | None:
    """Of the layers that say their shapes outright, (N, C, H, W), one for all tops or one for each."""
    shape = shapes[place if len(shapes) > 1 else 0] if place < max(len(shapes), 1) else None
    return tuple(shape.dim[1:]) if shape is not None and len(shape.dim) == 4 else None


def _of_store(layer: LayerParameter) -> Shape | None:
    """Of a store of pictures, cut or scaled to one size."""
    old = layer.dummy_data_param
    if old.channels and old.height and old.width:
        return old.channels[0], old.height[0], old.width[0]
    memory = layer.memory_data_param
    if memory.channels:
        return memory.channels, memory.height, memory.width
    images, changed = layer.image_data_param, layer.transform_param
    crop = (
        changed.crop_size
        or layer.data_param.crop_size
        or images.crop_size
        or layer.window_data_param.crop_size
    )
    channels = 1 if changed.force_gray or not images.is_color else 3
    if crop:
        return channels, crop, crop
    scaled = changed.resize_param
    return channels, images.new_height or scaled.height, images.new_width or scaled.width
