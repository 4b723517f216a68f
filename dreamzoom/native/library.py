"""The compiled kernels, called with tensors."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from dreamzoom.native.build import LEVELS, library_path

_NAMES = {torch.float32: "float32", torch.bfloat16: "bfloat16"}
MOST_TAPS = 255
"""The largest window of a pool, in pixels: a byte says where its greatest value was, and 255 is nowhere."""
MOST_CHANNELS, MOST_REACH = 4096, 64
"""The largest picture and window that a response is computed for."""


class PoolingWindows(ctypes.Structure):
    """`Windows` of kernels.cpp: sides of the input (1, C, H, W) and the output, where the windows are, and
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
    """`Response` of kernels.cpp; `share` is alpha / size."""

    _fields_ = (
        ("pixels", ctypes.c_int64),
        ("channels", ctypes.c_int64),
        ("size", ctypes.c_int64),
        ("share", ctypes.c_float),
        ("k", ctypes.c_float),
    )


@dataclass(frozen=True, eq=False)
class CompiledLibrary:
    """A library that build.py has made, loaded."""

    path: Path
    functions: ctypes.CDLL


@dataclass(frozen=True, eq=False)
class Kernels:
    """The kernels for one type of number. Tensors are of that type, (1, C, H, W), channels last in memory."""

    library: CompiledLibrary
    dtype: torch.dtype

    def pool(self, x: Tensor, windows: PoolingWindows) -> tuple[Tensor, Tensor]:
        """Max pooling: the values, and where in its window each of them was (uint8, in scan order).

        Of equals the first is taken, and not-a-number before all. A rectified window without a value above
        zero has zero, from nowhere.
        """
        value = _empty(windows.channels, windows.out_height, windows.out_width, self.dtype)
        places = _empty(windows.channels, windows.out_height, windows.out_width, torch.uint8)
        source = self._checked(x, windows.channels, windows.height, windows.width)
        self._call("pool", windows, source, value, places)
        return value, places

    def unpool(self, diff: Tensor, places: Tensor, windows: PoolingWindows) -> Tensor:
        """The gradient at a pool's input of one at its values."""
        found = _empty(windows.channels, windows.height, windows.width, self.dtype)
        source = self._checked(diff, windows.channels, windows.out_height, windows.out_width)
        self._call("unpool", windows, source, places, found)
        return found

    def respond(self, x: Tensor, response: ResponseShape) -> Tensor:
        """x * s^-0.75, where s = k + share * the sum of x^2 over a window of `size` channels."""
        source = self._checked(x, response.channels, *x.shape[2:])
        value = torch.empty_like(source)
        self._call("respond", response, source, value)
        return value

    def respond_back(self, x: Tensor, diff: Tensor, response: ResponseShape) -> Tensor:
        """The gradient at `x` of one at `respond`'s value."""
        sides = (response.channels, *x.shape[2:])
        source, gradient = self._checked(x, *sides), self._checked(diff, *sides)
        found = torch.empty_like(source)
        self._call("respond_back", response, source, gradient, found)
        return found

    def _checked(self, x: Tensor, *sides: int) -> Tensor:
        """`x`, channels last; C++ believes what it is told of sizes and types."""
        if x.shape != (1, *sides) or x.dtype != self.dtype or x.device.type != "cpu":
            raise ValueError(f"{tuple(x.shape)} of {x.dtype} on {x.device}, where {(1, *sides)} was meant")
        return x.contiguous(memory_format=torch.channels_last)

    def _call(self, name: str, shape: ctypes.Structure, *tensors: Tensor) -> None:
        function = getattr(self.library.functions, f"{name}_{_NAMES[self.dtype]}")
        function(ctypes.byref(shape), *(ctypes.c_void_p(tensor.data_ptr()) for tensor in tensors))


def kernels_for(device: torch.device, dtype: torch.dtype) -> Kernels | None:
    """The kernels for numbers of that type; None where there are none, or none were compiled."""
    library = compiled_library()
    return Kernels(library, dtype) if library and device.type == "cpu" and dtype in _NAMES else None


@lru_cache
def compiled_library() -> CompiledLibrary | None:
    """The library for this processor; None if it was not compiled, or does not fit this torch."""
    level = torch.backends.cpu.get_cpu_capability().lower()
    path = library_path(level)
    if level not in LEVELS or not path.is_file():
        return None
    try:
        return CompiledLibrary(path, ctypes.CDLL(str(path)))
    except OSError:  # torch came with an OpenMP of another make, say
        return None


def _empty(channels: int, height: int, width: int, dtype: torch.dtype) -> Tensor:
    return torch.empty(1, channels, height, width, dtype=dtype, memory_format=torch.channels_last)
