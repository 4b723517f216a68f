"""Networks and sizes that Caffe itself computes wrongly, and that the caffe engine refuses with a reason.

They were found by comparison with the torch engine and with finite differences; Caffe's sources say why.
"""

from __future__ import annotations

from collections.abc import Iterable

from dreamzoom.errors import EngineError
from dreamzoom.models.network import Network, Pair, Pooling
from dreamzoom.models.shapes import Shape, blob_shapes


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


def _has_empty_window(pooling: Pooling, bottom: Shape) -> bool:
    if pooling.kernel is None or pooling.padding != (0, 0) or not pooling.round_up:
        return False
    windows = zip(bottom[1:], pooling.kernel, pooling.stride, strict=True)
    return any(-(-(side - kernel) // stride) * stride >= side for side, kernel, stride in windows)
