"""Networks and models as data: what every engine and both file formats agree on.

A `Model` is a network and how a picture becomes its input. A `Network` is a list of layers in topological
order. A layer names the blobs it reads (`bottoms`) and writes (`tops`). Its `operation` is one of the frozen
dataclasses below, one per kind of layer with exactly the fields that kind has. Readers (`caffe.reader`,
`tensorflow.reader`) make networks, `shapes` reasons about them, and engines compute them.

Arrays are float32, in Caffe's order: blobs (N, C, H, W), convolution kernels (out, in / groups, kh, kw),
inner-product weights (out, in).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from operator import mul
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dreamzoom.errors import UnknownBlobError, nearest, warn
from dreamzoom.models.operations import (
    BNLL,
    AbsVal,
    Axpy,
    Clamp,
    Crop,
    Exp,
    Log,
    MeanVariance,
    OwnStatistics,
    Patches,
    Product,
    Pyramid,
    Reduction,
    Repetition,
    Shift,
    Slice,
    Swish,
)

Array: TypeAlias = NDArray[np.float32]
Pair: TypeAlias = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Convolution:
    """Cross-correlation (caffe.berkeleyvision.org/tutorial/layers/convolution.html).

    `padding` is (top, left), the same at the opposite sides, or "same": TensorFlow's rule, whose output is
    ceil(input / stride) and whose odd pixel of padding goes to the bottom and right.
    """

    weight: Array  # (out, in / groups, kh, kw)
    bias: Array | None  # (out,)
    stride: Pair = (1, 1)
    padding: Pair | Literal["same"] = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1


@dataclass(frozen=True, eq=False)
class PlacedInnerProduct(Convolution):
    """An inner product as a convolution, whose window is all of its input at the declared size."""


@dataclass(frozen=True, eq=False)
class Deconvolution:
    """Transposed convolution; its output side is
    stride * (input - 1) + dilation * (kernel - 1) + 1 - 2 * padding.
    """

    weight: Array  # (in, out / groups, kh, kw)
    bias: Array | None
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1


@dataclass(frozen=True)
class Pooling:
    """Maximum or average over windows.

    With explicit `padding`, sizes are Caffe's: rounded up when `round_up`, a last window that would start
    in the padding dropped, and an average divided by the window's area clipped to the padded input. With
    "same" padding, sizes are TensorFlow's and an average counts real pixels alone. `kernel` None pools the
    whole blob (global pooling).
    """

    method: Literal["max", "average"]
    kernel: Pair | None
    stride: Pair = (1, 1)
    padding: Pair | Literal["same"] = (0, 0)
    round_up: bool = True


@dataclass(frozen=True)
class LocalResponse:
    """LRN: x / (k + alpha / n * sum of squares) ** beta (Krizhevsky et al. 2012, as Caffe divides alpha).

    `size` is n: how many channels, or the side of the window (n = size squared) when `within_channel`; odd.
    """

    size: int
    alpha: float
    beta: float
    k: float
    within_channel: bool = False


@dataclass(frozen=True)
class ReLU:
    """max(x, 0) + negative_slope * min(x, 0)."""

    negative_slope: float = 0.0


@dataclass(frozen=True, eq=False)
class PReLU:
    """max(x, 0) + slope * min(x, 0); one slope per channel, or one for all (shape (1,))."""

    slope: Array


@dataclass(frozen=True)
class ELU:
    """x where x > 0, else alpha * (exp(x) - 1)."""

    alpha: float = 1.0


@dataclass(frozen=True)
class Sigmoid:
    """1 / (1 + exp(-x))."""


@dataclass(frozen=True)
class TanH:
    """Hyperbolic tangent."""


@dataclass(frozen=True)
class Power:
    """(shift + scale * x) ** power."""

    power: float = 1.0
    scale: float = 1.0
    shift: float = 0.0


@dataclass(frozen=True, eq=False)
class Affine:
    """x * scale + offset per channel: Caffe's BatchNorm (with its stored statistics), Scale and BiasAdd."""

    scale: Array | None  # (C,)
    offset: Array | None  # (C,)


@dataclass(frozen=True, eq=False)
class ScaledBatchNorm(Affine):
    """A BatchNorm with a Scale and a Bias in one layer, as NVIDIA's Caffe has it and others' BN is; BVLC's
    does not.
    """


@dataclass(frozen=True, eq=False)
class InnerProduct:
    """Fully connected: flattens (C, H, W) to a vector, then weight @ x + bias. Output (N, out)."""

    weight: Array  # (out, in)
    bias: Array | None


@dataclass(frozen=True)
class Softmax:
    """Softmax over the channels (`axis` 1)."""

    axis: int = 1


@dataclass(frozen=True)
class Concat:
    """Joins its bottoms along `axis`."""

    axis: int = 1


@dataclass(frozen=True)
class Eltwise:
    """Sum (each bottom times its coefficient), product or maximum of bottoms of one shape."""

    method: Literal["sum", "product", "max"]
    coefficients: tuple[float, ...] = ()


@dataclass(frozen=True)
class Identity:
    """Hands its bottom on unchanged, to each of its tops: Split, and Dropout at test time."""


@dataclass(frozen=True)
class Flatten:
    """The axes `first` to `last` as one: (N, C, H, W) to (N, C * H * W)."""

    first: int = 1
    last: int = -1


@dataclass(frozen=True)
class Reshape:
    """To `shape`: 0 keeps the input's side at that place, -1 is what remains (one at most).

    The input's last sides, `kept` of them, follow as they are.
    """

    shape: tuple[int, ...]
    kept: int = 0


Operation: TypeAlias = (
    Convolution
    | Deconvolution
    | Pooling
    | LocalResponse
    | ReLU
    | PReLU
    | ELU
    | Sigmoid
    | TanH
    | Power
    | Affine
    | InnerProduct
    | Softmax
    | Concat
    | Eltwise
    | Identity
    | Flatten
    | Reshape
    | AbsVal
    | BNLL
    | Exp
    | Log
    | Clamp
    | Swish
    | MeanVariance
    | OwnStatistics
    | Product
    | Shift
    | Slice
    | Crop
    | Repetition
    | Reduction
    | Axpy
    | Pyramid
    | Patches
)


@dataclass(frozen=True)
class Layer:
    """One step of a network. An in-place layer has a top of its bottom's name, as in Caffe."""

    name: str
    operation: Operation
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]


@dataclass(frozen=True)
class Unsupported:
    """A blob of the model's file that cannot be dreamed, the layer that would write it, and why."""

    blob: str
    layer: str
    reason: str


@dataclass(frozen=True)
class Doubt:
    """What could make a layer compute something else than its file means; a whole sentence."""

    layer: str
    text: str


@dataclass(frozen=True)
class Network:
    """Layers in topological order; every bottom is `input_blob` or a top of an earlier layer.

    `input_shape` is the shape (C, H, W) the model file declares; fully convolutional parts take any H and W.
    `unsupported` are the file's other blobs, which dreams cannot climb.
    """

    name: str
    input_blob: str
    input_shape: tuple[int, int, int]
    layers: tuple[Layer, ...]
    unsupported: tuple[Unsupported, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def blobs(self) -> tuple[str, ...]:
        """Every blob's name once, the input first, in the order in which they are first written.

        A blob that an unsupported layer changes in place is not among them, though layers may read it.
        """
        ended = {each.blob for each in self.unsupported}
        tops = (top for layer in self.layers for top in layer.tops if top not in ended)
        return tuple(dict.fromkeys([self.input_blob, *tops]))

    def require(self, blob: str) -> str:
        """Return `blob` if the network has it and it is not the input; for a layer's name, what that writes.

        Raises:
            UnknownBlobError: naming the nearest blobs there are, or why this one cannot be dreamed.
        """
        known = self.blobs[1:]
        if blob in known:
            return blob
        for lost in self.unsupported:
            if blob in (lost.blob, lost.layer):
                raise UnknownBlobError(
                    f"model {self.name!r} cannot dream {blob!r}: {lost.reason}; use a layer below"
                )
        layer = next((layer for layer in self.layers if layer.name == blob), None)
        if layer is not None and layer.tops[0] in known:
            warn(f"model {self.name!r}: layer {blob!r} writes {layer.tops[0]!r}, and that is dreamed")
            return layer.tops[0]
        raise UnknownBlobError(f"model {self.name!r} has no layer {blob!r}{nearest(blob, known)}")

    def doubts_of(self, blobs: Iterable[str]) -> list[str]:
        """What is doubtful in the layers that these blobs depend on."""
        needed = {layer.name for layer in self.until(blobs).layers}
        return [doubt.text for doubt in self.doubts if doubt.layer in needed]

    @property
    def kinds(self) -> dict[str, type[Operation]]:
        """The kind of operation that writes each blob, not of one that changes it in place afterwards."""
        return {top: type(layer.operation) for layer in reversed(self.layers) for top in layer.tops}

    def until(self, blobs: Iterable[str]) -> Network:
        """The part of the network that the final values of `blobs` depend on: what an engine has to run.

        In-place layers that write a wanted blob are part of its value, as in Caffe.
        """
        needed = {self.require(blob) for blob in blobs}
        kept: list[Layer] = []
        for layer in reversed(self.layers):
            if needed.intersection(layer.tops):
                kept.append(layer)
                needed.update(layer.bottoms)
        return replace(self, layers=tuple(reversed(kept)))


@dataclass(frozen=True)
class InputTransform:
    """How an RGB picture of 0 to 255 becomes the network's input: (channel - mean) * scale, in `channels`
    order.

    `mean` is in the network's own channel order, as Caffe's and TensorFlow's documentation give it; one
    number stands for all. A "grey" network gets the picture's luma, minus one number.
    """

    channels: str = "bgr"  # or "rgb", or "grey"
    mean: tuple[float, ...] = (104.0, 117.0, 123.0)
    scale: float = 1.0

    def for_channels(self, count: int) -> InputTransform:
        """The same for a network of so many channels, 1 or 3: a grey one has the luma of the mean."""
        if count == 3:
            return replace(self, mean=self.mean * 3) if len(self.mean) == 1 else self
        mean = self.mean if self.channels == "rgb" else self.mean[::-1]
        grey = sum(map(mul, mean, LUMA)) if len(mean) == 3 else mean[0]
        return replace(self, channels="grey", mean=(grey,))


LUMA = (0.299, 0.587, 0.114)
"""The shares of red, green and blue in grey: ITU-R BT.601, as in OpenCV's `imread`, Caffe's reader."""


@dataclass(frozen=True)
class Model:
    """A model that has been read whole and checked.

    `prototxt` and `caffemodel` are its files where it is a Caffe model (what the caffe engine loads), else
    None. `sha256` identifies the weights file: it goes into every recipe. `labels` is a file beside it that
    names its classes, where there is one.
    """

    name: str
    network: Network
    transform: InputTransform
    default_layer: str
    sha256: str
    prototxt: Path | None = None
    caffemodel: Path | None = None
    labels: Path | None = None
