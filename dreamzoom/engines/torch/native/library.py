"""The compiled kernels, called with tensors."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from dreamzoom.engines.torch.native.build import LEVELS, library_path

_SUFFIXES = {torch.float32: "float32", torch.bfloat16: "bfloat16"}
MOST_TAPS = 255
"""The largest window of a pool, in pixels: the index of its greatest value is a byte, and 255 is nowhere."""
LANES = 16
"""The outputs of a pointwise layer are a multiple of this."""
MOST_PARTS = 8
"""The most gradients that `relu_backward` takes side by side."""
MOST_CHANNELS, MOST_REACH = 4096, 64
"""The most channels that `lrn` takes, and the largest window."""


def _int64(*names: str) -> tuple[tuple[str, type[ctypes.c_int64]], ...]:
    """Fields of a structure."""
    return tuple((name, ctypes.c_int64) for name in names)


class PoolingWindows(ctypes.Structure):
    """Of pooling.hpp: sides of input and output, the windows, whether a ReLU follows."""

    _fields_ = _int64(
        "height", "width", "channels", "out_height", "out_width",
        "kernel_height", "kernel_width", "stride_height", "stride_width", "above", "left", "rectified",
    )  # fmt: skip


class LRNShape(ctypes.Structure):
    """Of lrn.hpp: `share` is alpha / size, `after_relu` whether the input is a ReLU's result."""

    _fields_ = (
        *_int64("pixels", "channels", "size", "after_relu"),
        ("share", ctypes.c_float),
        ("k", ctypes.c_float),
    )


class ReLUBackwardShape(ctypes.Structure):
    """Of relu.hpp: a ReLU's result, and the gradients at it, side by side."""

    _fields_ = (
        *_int64("pixels", "channels", "parts"),
        ("widths", ctypes.c_int64 * MOST_PARTS),
        ("strides", ctypes.c_int64 * MOST_PARTS),
        ("diffs", ctypes.c_void_p * MOST_PARTS),
    )


class PointwiseShape(ctypes.Structure):
    """Of pointwise.hpp: pixels and channels, and what is done to the sums."""

    _fields_ = _int64("pixels", "inputs", "outputs", "adds", "rectifies")


class PixelShuffleShape(ctypes.Structure):
    """Of image_gradient.hpp: the phases' and the image's sides, and what is cut off."""

    _fields_ = _int64(
        "columns", "channels", "stride_height", "stride_width", "height", "width", "above", "left"
    )


class Col2imShape(ctypes.Structure):
    """Of image_gradient.hpp: a layer's windows, and the sides of the image that they see."""

    _fields_ = _int64(
        "rows", "columns", "channels", "kernel_height", "kernel_width", "stride_height", "stride_width",
        "height", "width", "above", "left",
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class PointwiseLayer:
    """A 1x1 convolution's weights, all float32.

    Raises:
        ValueError: they have another layout, or the outputs are no multiple of `LANES`.
    """

    weight: Tensor  # (inputs, outputs), contiguous
    bias: Tensor | None = None  # (outputs,)
    rectified: bool = False  # whether a ReLU follows

    def __post_init__(self) -> None:
        inputs, outputs = self.weight.shape
        numbers = [self.weight] if self.bias is None else [self.weight, self.bias]
        laid_out = all(each.dtype == torch.float32 and each.is_contiguous() for each in numbers)
        if not laid_out or outputs % LANES or (self.bias is not None and self.bias.shape != (outputs,)):
            raise ValueError(f"a pointwise layer of {inputs} to {outputs} channels, {numbers[0].dtype}")


@dataclass(frozen=True, eq=False)
class Kernels:
    """The kernels for one type of number. Tensors are of that type, (1, C, H, W), channels last in memory."""

    library: ctypes.CDLL
    dtype: torch.dtype

    def max_pool(self, x: Tensor, windows: PoolingWindows) -> tuple[Tensor, Tensor]:
        """The greatest value of each window, and its index there in scan order (uint8).

        Of equals the first is taken (bfloat16: 0 before -0), and not-a-number before all. A rectified window
        without a value above zero has zero, from nowhere.
        """
        if windows.kernel_height * windows.kernel_width > MOST_TAPS:
            raise ValueError("the windows are too large")
        value = _empty(windows.channels, windows.out_height, windows.out_width, self.dtype)
        indices = _empty(windows.channels, windows.out_height, windows.out_width, torch.uint8)
        source = self._checked(x, windows.channels, windows.height, windows.width)
        self._call("max_pool", windows, source, value, indices)
        return value, indices

    def max_pool_backward(self, diff: Tensor, indices: Tensor, windows: PoolingWindows) -> Tensor:
        """The gradient at the input, of `diff` at the values."""
        found = _empty(windows.channels, windows.height, windows.width, self.dtype)
        source = self._checked(diff, windows.channels, windows.out_height, windows.out_width)
        if indices.shape != source.shape or indices.dtype != torch.uint8:
            raise ValueError("these are not the indices of that pool")
        self._call("max_pool_backward", windows, source, indices, found)
        return found

    def lrn(self, x: Tensor, shape: LRNShape) -> Tensor:
        """x * s^-0.75, where s = k + share * the sum of x^2 over a window of `size` channels."""
        source = self._checked_for_lrn(x, shape)
        value = torch.empty_like(source)
        self._call("lrn", shape, source, value)
        return value

    def lrn_backward(self, x: Tensor, diff: Tensor, shape: LRNShape) -> Tensor:
        """The gradient at `x`, of `diff` at the value; or before the ReLU that gave `x` (`after_relu`)."""
        source, gradient = self._checked_for_lrn(x, shape), self._checked_for_lrn(diff, shape)
        found = torch.empty_like(source)
        self._call("lrn_backward", shape, source, gradient, found)
        return found

    def _checked_for_lrn(self, x: Tensor, shape: LRNShape) -> Tensor:
        fits = shape.channels <= MOST_CHANNELS and shape.size <= MOST_REACH and shape.size % 2
        if not fits or shape.pixels != x.shape[2] * x.shape[3]:
            raise ValueError(f"LRN over {shape.size} channels of {tuple(x.shape)} cannot be computed")
        return self._checked(x, shape.channels, *x.shape[2:])

    def relu_backward(self, value: Tensor, *diffs: Tensor) -> Tensor:
        """The gradient before a ReLU with that result, of `diffs` at it, side by side along the channels."""
        _, channels, height, width = value.shape
        source = self._checked(value, channels, height, width)
        parts = [self._checked(diff, diff.shape[1], height, width, views=True) for diff in diffs]
        widths = [part.shape[1] for part in parts]
        if sum(widths) != channels:
            raise ValueError(f"gradients at {widths} channels, where {channels} were meant")
        strides = (*map(_pixel_stride, parts),)
        addresses = (*map(Tensor.data_ptr, parts),)
        shape = ReLUBackwardShape(height * width, channels, len(parts), (*widths,), strides, addresses)
        found = torch.empty_like(source)
        self._call("relu_backward", shape, source, found)
        return found

    def pointwise(self, x: Tensor, layer: PointwiseLayer, onto: Tensor | None = None) -> Tensor:
        """A 1x1 convolution of `x`, added to `onto` in place if it is given."""
        _, outputs = layer.weight.shape
        value = _empty(outputs, x.shape[2], x.shape[3], self.dtype) if onto is None else onto
        if value is not self._checked(value, outputs, *x.shape[2:]):
            raise ValueError("`onto` is not channels last")
        self._point(x, layer, PointwiseShape(adds=onto is not None, rectifies=layer.rectified), value)
        return value

    def pointwise_relu_backward(self, diff: Tensor, layer: PointwiseLayer, result: Tensor) -> Tensor:
        """A 1x1 convolution of `diff`, then the backward pass of the ReLU with that result."""
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

    def pixel_shuffle(self, phases: Tensor, shape: PixelShuffleShape) -> Tensor:
        """The image (1, C, H, W), contiguous, whose phases of a stride are channels of `phases`."""
        strides = (shape.stride_height, shape.stride_width)
        source = self._checked(phases, shape.channels * prod(strides), phases.shape[2], shape.columns)
        found = torch.empty(1, shape.channels, shape.height, shape.width, dtype=self.dtype, device="cpu")
        self._call("pixel_shuffle", shape, source, found)
        return found

    def col2im(self, taps: Tensor, shape: Col2imShape) -> Tensor:
        """The image (1, C, H, W), contiguous, of which each pixel is the sum of all windows' values for it.

        Channels of `taps` are rows, columns and channels of a window. It is for float32 alone.
        """
        depth = shape.kernel_height * shape.kernel_width * shape.channels
        source = self._checked(taps, depth, shape.rows, shape.columns)
        found = torch.empty(1, shape.channels, shape.height, shape.width, dtype=self.dtype, device="cpu")
        self._call("col2im", shape, source, found)
        return found

    def _checked(self, x: Tensor, *sides: int, views: bool = False) -> Tensor:
        """`x`, channels last; with `views` it may be some channels of such a tensor.

        C++ checks neither sizes nor types.
        """
        if x.shape != (1, *sides) or x.dtype != self.dtype or x.device.type != "cpu":
            raise ValueError(f"{tuple(x.shape)} of {x.dtype} on {x.device}, where {(1, *sides)} was meant")
        return x if views and _pixel_stride(x) else x.contiguous(memory_format=torch.channels_last)

    def _call(self, name: str, shape: ctypes.Structure, *tensors: Tensor | None) -> None:
        """Call a function of the library, which takes addresses alone: of a structure, and of tensors."""
        addresses = (ctypes.c_void_p(None if tensor is None else tensor.data_ptr()) for tensor in tensors)
        getattr(self.library, f"{name}_{_SUFFIXES[self.dtype]}")(ctypes.byref(shape), *addresses)


def kernels_for(device: torch.device, dtype: torch.dtype) -> Kernels | None:
    """The kernels for that device and type; None where there are none, or none were compiled."""
    library = compiled_library()
    if library is None or device.type != "cpu" or dtype not in _SUFFIXES:
        return None
    return Kernels(library, dtype)


@lru_cache
def compiled_library() -> ctypes.CDLL | None:
    """The library for this processor; None if it was not compiled, or does not fit this torch."""
    level = torch.backends.cpu.get_cpu_capability().lower()
    if level not in LEVELS:
        return None
    try:
        return ctypes.CDLL(str(library_path(level)))
    except OSError:  # there is none, or torch came with an OpenMP of another make
        return None


def name_after(words: str) -> str:
    """What computes with them, and then the name of the library; `words` alone where there is none."""
    library = compiled_library()
    return words if library is None else f"{words}, {Path(library._name).stem}"


def _pixel_stride(x: Tensor) -> int:
    """The step in memory between pixels of (1, C, H, W); 0 if it varies, or channels are not side by side."""
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
