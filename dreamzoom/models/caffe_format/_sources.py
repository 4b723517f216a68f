"""Layers that bring pictures in, and layers that only training needs."""

from __future__ import annotations

from collections.abc import Sequence

from dreamzoom.models.caffe_format.caffe_pb2 import LayerParameter
from dreamzoom.models.shapes import Shape

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
        return _without_batch(shapes[0].dim)
    old = layer.dummy_data_param
    if old.channels and old.height and old.width:
        return old.channels[0], old.height[0], old.width[0]
    memory = layer.memory_data_param
    return (memory.channels, memory.height, memory.width) if memory.channels else None


def _without_batch(sides: Sequence[int]) -> Shape | None:
    return tuple(sides[1:]) if len(sides) == 4 else None


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
