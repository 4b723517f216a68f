"""Windows: the several ways in which Caffe's layers write kernel, stride, padding and dilation."""

from __future__ import annotations

from dataclasses import dataclass

from dreamzoom.models.caffe_format._site import Site
from dreamzoom.models.caffe_format.caffe_pb2 import ConvolutionParameter, PoolingParameter
from dreamzoom.models.network import Pair

LARGEST_SIDE = 1024  # pixels; no known kernel, stride or padding comes near, and memory is spent on each


@dataclass(frozen=True)
class Window:
    """(rows, columns) each."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair


def convolution_window(site: Site, settings: ConvolutionParameter) -> Window:
    """The window of a (de)convolution: `kernel_size` once or twice, or `kernel_h` and `kernel_w`, and so on.

    Raises:
        ModelError: a side is missing, given twice, zero or absurdly large.
    """
    return Window(
        kernel=_pair(site, "kernel_size", [*settings.kernel_size], _sides(settings, "kernel"), 1),
        stride=_pair(site, "stride", [*settings.stride], _sides(settings, "stride"), 1, default=1),
        padding=_pair(site, "pad", [*settings.pad], _sides(settings, "pad"), 0),
        dilation=_pair(site, "dilation", [*settings.dilation], {}, 1, default=1),
    )


def pooling_window(site: Site, settings: PoolingParameter) -> Window:
    """The window of a pool that is not global. As in Caffe, the padding is smaller than the kernel.

    Raises:
        ModelError: a side is missing, given twice, zero or absurdly large.
    """
    window = Window(
        kernel=_pair(site, "kernel_size", _given(settings, "kernel_size"), _sides(settings, "kernel"), 1),
        stride=_pair(site, "stride", _given(settings, "stride"), _sides(settings, "stride"), 1, default=1),
        padding=_pair(site, "pad", _given(settings, "pad"), _sides(settings, "pad"), 0),
        dilation=(1, 1),
    )
    if window.padding[0] >= window.kernel[0] or window.padding[1] >= window.kernel[1]:
        raise site.fault(f"has padding {window.padding}, not smaller than its kernel {window.kernel}")
    return window


def _given(settings: PoolingParameter, name: str) -> list[int]:
    return [getattr(settings, name)] if settings.HasField(name) else []


def _sides(settings: ConvolutionParameter | PoolingParameter, stem: str) -> dict[str, int]:
    """What stands in the fields `stem`_h and `stem`_w, by "h" and "w"."""
    return {side: getattr(settings, f"{stem}_{side}") for side in "hw" if settings.HasField(f"{stem}_{side}")}


def _pair(
    site: Site, name: str, values: list[int], sides: dict[str, int], least: int, *, default: int = 0
) -> Pair:
    """(rows, columns) from `values`, none, one or two, or from `sides`; `default` where nothing is said."""
    if values and sides:
        raise site.fault(f"has {name} twice, once for both sides and once for each")
    if len(values) > 2:
        raise site.fault(f"has {len(values)} times {name}; a picture has two sides")
    rows, columns = (values[0], values[-1]) if values else (sides.get("h", default), sides.get("w", default))
    for side in (rows, columns):
        if not least <= side <= LARGEST_SIDE:
            raise site.fault(f"has {name} {side}; it must be from {least} to {LARGEST_SIDE}")
    return rows, columns
