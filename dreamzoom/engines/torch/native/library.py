"""The compiled kernels, called with tensors."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from dreamzoom.engines.torch.native.build import LEVELS, library_path

_NAMES = {torch.float32: "float32", torch.bfloat16: "bfloat16"}
_TENSORS = {
    "pool": 3,
    "unpool": 3,
    "respond": 2,
    "respond_back": 3,
    "gate": 2,
    "pointwise": 5,
    "to_pixels": 2,
}
_OF_FLOAT32_ALONE = {"fold": 2}
MOST_TAPS = 255
"""The largest window of a pool, in pixels: a byte says where its greatest value was, and 255 is nowhere."""
LANES = 16
"""What the outputs of a pointwise layer are a multiple of."""
MOST_PARTS = 8
"""The most gradients that a gate takes side by side."""
MOST_CHANNELS, MOST_REACH = 4096, 64
"""How many channels a response is computed for at most, and over windows of how many."""


class PoolingWindows(ctypes.Structure):
    """`Windows` of pooling.hpp: sides of the input (1, C, H, W) and the output, where the windows are, and
    whether there is a ReLU behind.
    """

    _fields_ = tuple(
        (name, ctypes.c_int64)
        for name in (
            "height", "width", "channels", "out_height", "out_width",
            "kernel_height", "kernel_width", "stride_height", "stride_width", "above", "left", "rectified",
        )
    )  # fmt: skip


class ResponseShape(ctypes.Structure):
    """`Response` of response.hpp; `share` is alpha / size, `gates` whether a ReLU before it is passed too."""

    _fields_ = (
        ("pixels", ctypes.c_int64),
        ("channels", ctypes.c_int64),
        ("size", ctypes.c_int64),
        ("gates", ctypes.c_int64),
        ("share", ctypes.c_float),
        ("k", ctypes.c_float),
    )


class GateParts(ctypes.Structure):
    """`Gate` of relu.hpp: the gradients at the channels of a ReLU's result, and where they are."""

    _fields_ = (
        ("pixels", ctypes.c_int64),
        ("channels", ctypes.c_int64),
        ("parts", ctypes.c_int64),
        ("widths", ctypes.c_int64 * MOST_PARTS),
        ("strides", ctypes.c_int64 * MOST_PARTS),
        ("diffs", ctypes.c_void_p * MOST_PARTS),
    )


class PointwiseShape(ctypes.Structure):
    """`Pointwise` of pointwise.hpp: a 1x1 convolution's pixels and channels, and what is done to its sums."""

    _fields_ = tuple((name, ctypes.c_int64) for name in ("pixels", "inputs", "outputs", "adds", "rectifies"))


class PhasesShape(ctypes.Structure):
    """`Phases` of picture.hpp: sides of the phases and of the picture, and what is cut off around it."""

    _fields_ = tuple(
        (name, ctypes.c_int64)
        for name in (
            "columns", "channels", "stride_height", "stride_width", "height", "width", "above", "left",
        )
    )  # fmt: skip


class TapsShape(ctypes.Structure):
    """`Taps` of picture.hpp: where a layer's windows are, and the picture that gets what they have."""

    _fields_ = tuple(
        (name, ctypes.c_int64)
        for name in (
            "rows", "columns", "channels", "kernel_height", "kernel_width", "stride_height", "stride_width",
            "height", "width", "above", "left",
        )
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class CompiledLibrary:
    """A library that build.py has made, loaded."""

    path: Path
    functions: ctypes.CDLL


@dataclass(frozen=True, eq=False)
class PointwiseLayer:
    """A 1x1 convolution's numbers, all float32.

    Raises:
        ValueError: the numbers are not laid out so, or the outputs are no multiple of `LANES`.
    """

    weight: Tensor  # (inputs, outputs), contiguous
    bias: Tensor | None = None  # (outputs,)
    rectified: bool = False  # whether there is a ReLU behind it

    def __post_init__(self) -> None:
        inputs, outputs = self.weight.shape
        numbers = [self.weight] if self.bias is None else [self.weight, self.bias]
        laid_out = all(each.dtype == torch.float32 and each.is_contiguous() for each in numbers)
        if not laid_out or outputs % LANES or (self.bias is not None and self.bias.shape != (outputs,)):
            raise ValueError(f"a pointwise layer of {inputs} to {outputs} channels, {numbers[0].dtype}")


@dataclass(frozen=True, eq=False)
class Kernels:
    """The kernels for one type of number. Tensors are of that type, (1, C, H, W), channels last in memory."""

    functions: Mapping[str, Callable[..., None]]
    dtype: torch.dtype

    def pool(self, x: Tensor, windows: PoolingWindows) -> tuple[Tensor, Tensor]:
        """Max pooling: the values, and where in its window each of them was (uint8, in scan order).

        Of equals the first is taken (bfloat16: 0 before -0), and not-a-number before all. A rectified window
        without a value above zero has zero, from nowhere.
        """
        if windows.kernel_height * windows.kernel_width > MOST_TAPS:
            raise ValueError("the windows are too large")
        value = _empty(windows.channels, windows.out_height, windows.out_width, self.dtype)
        places = _empty(windows.channels, windows.out_height, windows.out_width, torch.uint8)
        source = self._checked(x, windows.channels, windows.height, windows.width)
        self._call("pool", windows, source, value, places)
        return value, places

    def unpool(self, diff: Tensor, places: Tensor, windows: PoolingWindows) -> Tensor:
        """The gradient at a pool's input of one at its values."""
        found = _empty(windows.channels, windows.height, windows.width, self.dtype)
        source = self._checked(diff, windows.channels, windows.out_height, windows.out_width)
        if places.shape != source.shape or places.dtype != torch.uint8:
            raise ValueError("these are not the places of that pool")
        self._call("unpool", windows, source, places, found)
        return found

    def respond(self, x: Tensor, response: ResponseShape) -> Tensor:
        """x * s^-0.75, where s = k + share * the sum of x^2 over a window of `size` channels."""
        source = self._responding(x, response)
        value = torch.empty_like(source)
        self._call("respond", response, source, value)
        return value

    def respond_back(self, x: Tensor, diff: Tensor, response: ResponseShape) -> Tensor:
        """The gradient at `x` of one at `respond`'s value; before the ReLU that gave `x`, if it `gates`."""
        source, gradient = self._responding(x, response), self._responding(diff, response)
        found = torch.empty_like(source)
        self._call("respond_back", response, source, gradient, found)
        return found

    def _responding(self, x: Tensor, response: ResponseShape) -> Tensor:
        fits = response.channels <= MOST_CHANNELS and response.size <= MOST_REACH and response.size % 2
        if not fits or response.pixels != x.shape[2] * x.shape[3]:
            raise ValueError(f"a response of {response.size} at {tuple(x.shape)} cannot be computed")
        return self._checked(x, response.channels, *x.shape[2:])

    def gate(self, value: Tensor, *diffs: Tensor) -> Tensor:
        """The gradient before a ReLU of that value, of those at it, side by side along the channels."""
        _, channels, height, width = value.shape
        source = self._checked(value, channels, height, width)
        parts = [self._checked(diff, diff.shape[1], height, width, views=True) for diff in diffs]
        widths = [part.shape[1] for part in parts]
        if sum(widths) != channels:
            raise ValueError(f"gradients at {widths} channels, where {channels} were meant")
        strides = (*map(_pixel_stride, parts),)
        places = (*map(Tensor.data_ptr, parts),)
        shape = GateParts(height * width, channels, len(parts), (*widths,), strides, places)
        found = torch.empty_like(source)
        self._call("gate", shape, source, found)
        return found

    def pointwise(self, x: Tensor, layer: PointwiseLayer, onto: Tensor | None = None) -> Tensor:
        """A 1x1 convolution of `x`; added to `onto`, in place, if there is one."""
        _, outputs = layer.weight.shape
        value = _empty(outputs, x.shape[2], x.shape[3], self.dtype) if onto is None else onto
        if value is not self._checked(value, outputs, *x.shape[2:]):
            raise ValueError("what is added to is not channels last")
        self._point(x, layer, PointwiseShape(adds=onto is not None, rectifies=layer.rectified), value)
        return value

    def pointwise_gated(self, diff: Tensor, layer: PointwiseLayer, result: Tensor) -> Tensor:
        """A 1x1 convolution of `diff`, but zero where `result`, a ReLU's of its shape, is not above zero."""
        _, outputs = layer.weight.shape
        like = self._checked(result, outputs, *diff.shape[2:])
        value = torch.empty_like(like)
        self._point(diff, layer, PointwiseShape(rectifies=layer.rectified), value, like)
        return value

    def _point(
        self,
        x: Tensor,
        layer: PointwiseLayer,
        shape: PointwiseShape,
        value: Tensor,
        like: Tensor | None = None,
    ) -> None:
        shape.inputs, shape.outputs = layer.weight.shape
        source = self._checked(x, shape.inputs, *value.shape[2:])
        shape.pixels = value.shape[2] * value.shape[3]
        self._call("pointwise", shape, layer.weight, layer.bias, source, like, value)

    def to_pixels(self, phases: Tensor, shape: PhasesShape) -> Tensor:
        """The picture (1, C, H, W), contiguous, whose phases of a stride are channels of `phases`."""
        strides = (shape.stride_height, shape.stride_width)
        source = self._checked(phases, shape.channels * prod(strides), phases.shape[2], shape.columns)
        found = torch.empty(1, shape.channels, shape.height, shape.width, dtype=self.dtype, device="cpu")
        self._call("to_pixels", shape, source, found)
        return found

    def fold(self, taps: Tensor, shape: TapsShape) -> Tensor:
        """The picture (1, C, H, W), contiguous, that gets what each window has for its pixels.

        Channels of `taps` are rows, columns and channels of a window. There is this for float32 alone.
        """
        depth = shape.kernel_height * shape.kernel_width * shape.channels
        source = self._checked(taps, depth, shape.rows, shape.columns)
        found = torch.empty(1, shape.channels, shape.height, shape.width, dtype=self.dtype, device="cpu")
        self._call("fold", shape, source, found)
        return found

    def _checked(self, x: Tensor, *sides: int, views: bool = False) -> Tensor:
        """`x`, channels last, or with `views` some of the channels of such a one.

        C++ believes what it is told of sizes and types.
        """
        if x.shape != (1, *sides) or x.dtype != self.dtype or x.device.type != "cpu":
            raise ValueError(f"{tuple(x.shape)} of {x.dtype} on {x.device}, where {(1, *sides)} was meant")
        return x if views and _pixel_stride(x) else x.contiguous(memory_format=torch.channels_last)

    def _call(self, name: str, shape: ctypes.Structure, *tensors: Tensor | None) -> None:
        addresses = (None if tensor is None else tensor.data_ptr() for tensor in tensors)
        self.functions[name](ctypes.byref(shape), *addresses)


def kernels_for(device: torch.device, dtype: torch.dtype) -> Kernels | None:
    """The kernels for numbers of that type; None where there are none, or none were compiled."""
    library = compiled_library()
    if library is None or device.type != "cpu" or dtype not in _NAMES:
        return None
    tensors = _TENSORS | (_OF_FLOAT32_ALONE if dtype == torch.float32 else {})
    named = {name: f"{name}_{_NAMES[dtype]}" for name in tensors}
    return Kernels({name: _function(library, named[name], tensors[name]) for name in tensors}, dtype)


def _function(library: CompiledLibrary, name: str, tensors: int) -> Callable[..., None]:
    """A function of the library: of a structure, and as many addresses of tensors."""
    function = getattr(library.functions, name)
    function.argtypes, function.restype = [ctypes.c_void_p] * (1 + tensors), None
    return cast("Callable[..., None]", function)


@lru_cache
def compiled_library() -> CompiledLibrary | None:
    """The library for this processor; None if it was not compiled, or does not fit this torch."""
    level = torch.backends.cpu.get_cpu_capability().lower()
    if level not in LEVELS:
        return None
    try:
        path = library_path(level)
        return CompiledLibrary(path, ctypes.CDLL(str(path)))
    except OSError:  # there is none, or torch came with an OpenMP of another make
        return None


def _pixel_stride(x: Tensor) -> int:
    """How far apart in memory the pixels of (1, C, H, W) are; 0 where there is no such number, or channels
    are not side by side.
    """
    _, channels, height, width = x.shape
    if channels > 1 and x.stride(1) != 1:
        return 0
    if width == 1:
        return x.stride(2) if height > 1 else channels
    return x.stride(3) if height == 1 or x.stride(2) == width * x.stride(3) else 0


def _empty(channels: int, height: int, width: int, dtype: torch.dtype) -> Tensor:
    return torch.empty(
        1, channels, height, width, dtype=dtype, device="cpu", memory_format=torch.channels_last
    )
