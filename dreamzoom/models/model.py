"""A model: a network, and how a picture becomes its input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dreamzoom.models.network import Network


@dataclass(frozen=True)
class InputTransform:
    """How an RGB picture of 0 to 255 becomes the network's input: (channel - mean) * scale, in `channels`
    order.

    `mean` is in the network's own channel order, as Caffe's and TensorFlow's documentation give it.
    """

    channels: str = "bgr"  # or "rgb"
    mean: tuple[float, float, float] = (104.0, 117.0, 123.0)
    scale: float = 1.0


@dataclass(frozen=True)
class Model:
    """A model that has been read whole and checked.

    `prototxt` and `caffemodel` are its files where it is a Caffe model (what the caffe engine loads), else
    None. `sha256` identifies the weights file: it goes into every recipe.
    """

    name: str
    network: Network
    transform: InputTransform
    default_layer: str
    sha256: str
    prototxt: Path | None = None
    caffemodel: Path | None = None
