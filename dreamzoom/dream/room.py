"""What memory a dream takes, asked for before the work."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dreamzoom.engines.base import Engine
from dreamzoom.io import memory
from dreamzoom.models.network import Model
from dreamzoom.models.shapes import blob_shapes

FLOAT32_BYTES = 4

# Measured on SqueezeNet at 3 megapixels on a CPU, bytes a pixel over the program's own 290 MB: 367 for
# fire8/concat and 400 for fire2/concat; 520 for fire8/concat without the compiled kernels. Activations alone
# are 347 and 159.
_COPIES = {"torch": 1.25, "caffe": 2.0}  # of all activations, with what is computed from them
_LEAST_VALUES = 95  # a pixel: the first convolutions' own room
_IMAGE_BYTES = 60  # a pixel: the picture, its gradient and the octaves'
_CLOSENESS = 0.95  # of what is left, the share that is advised


def dream_bytes(
    model: Model, layers: Sequence[str], size: tuple[int, int], engine: str, value_bytes: int = FLOAT32_BYTES
) -> int:
    """About the bytes that a dream of a picture takes in a computer's own memory.

    Args:
        layers: what is climbed.
        size: the picture's width and height.
        engine: "torch" or "caffe".
        value_bytes: of one activation.
    """
    shapes = blob_shapes(model.network.until(layers), size)
    pixels = math.prod(size)
    values = max(_COPIES[engine] * sum(map(math.prod, shapes.values())), _LEAST_VALUES * pixels)
    return int(values * value_bytes + _IMAGE_BYTES * pixels)


def require_room(
    engine: Engine, layers: Sequence[str], size: tuple[int, int], value_bytes: int = FLOAT32_BYTES
) -> None:
    """See that a dream of this size fits in what memory is left; a GPU's own is not looked at.

    Raises:
        MemoryShortageError: naming the size that fits.
    """
    if engine.device.type != "cpu":
        return
    needed = dream_bytes(engine.model, layers, size, engine.name, value_bytes)
    left = memory.available_memory() or needed
    scale = math.sqrt(min(1.0, _CLOSENESS * left / needed))
    width, height = (max(2, int(side * scale) // 2 * 2) for side in size)
    memory.require_memory(
        needed,
        f"a dream of {size[0]}x{size[1]} pixels",
        f"use --size {width}x{height}, or an earlier layer",
    )
