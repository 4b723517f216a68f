"""Networks and sizes that Caffe itself computes wrongly, and that the caffe engine refuses with a reason.

They were found by comparison with the torch engine and with finite differences; Caffe's sources say why.
"""

from __future__ import annotations

from collections.abc import Iterable

from dreamzoom.errors import EngineError
from dreamzoom.models.network import ELU, Eltwise, Layer, Network, Pair, Pooling, Power, ReLU
from dreamzoom.models.shapes import Shape, blob_shapes


def refuse_lost_gradients(network: Network, blobs: Iterable[str]) -> None:
    """Refuse in-place layers whose backward pass reads what the layer has overwritten.

    Raises:
        EngineError: naming the layer.
    """
    for layer in network.until(blobs).layers:
        if set(layer.tops) & set(layer.bottoms) and _reads_what_it_overwrites(layer):
            raise EngineError(
                f"layer {layer.name!r} changes {layer.tops[0]!r} in place, where Caffe loses the gradient: "
                "give it a top of its own, or use --engine torch"
            )


def refuse_empty_windows(network: Network, blobs: Iterable[str], size: Pair) -> None:
    """Refuse pools with a last window beyond the end of their input, for an image of `size` (width, height).

    Caffe drops such a window only where there is padding. Elsewhere it fills it with -3.4e38 (or, for an
    average, divides by zero), and the backward pass writes before the start of its memory.

    Raises:
        EngineError: naming the layer.
    """
    shapes = blob_shapes(network, size)
    for layer in network.until(blobs).layers:
        if isinstance(layer.operation, Pooling) and _has_empty_window(
            layer.operation, shapes[layer.bottoms[0]]
        ):
            width, height = size
            raise EngineError(
                f"Caffe cannot pool in layer {layer.name!r} for an image of {width}x{height}: the last "
                "window holds nothing; use another image size or --engine torch"
            )


def _reads_what_it_overwrites(layer: Layer) -> bool:
    match layer.operation:
        case Power() | Eltwise():
            return True
        case ReLU(negative_slope=slope):  # the sign of what it wrote has to be that of what it read
            return slope < 0
        case ELU(alpha=alpha):
            return alpha < 0
    return False


def _has_empty_window(pooling: Pooling, bottom: Shape) -> bool:
    if pooling.kernel is None or pooling.padding != (0, 0) or not pooling.round_up:
        return False
    windows = zip(bottom[1:], pooling.kernel, pooling.stride, strict=True)
    return any(-(-(side - kernel) // stride) * stride >= side for side, kernel, stride in windows)
