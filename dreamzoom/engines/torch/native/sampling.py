"""Pictures sampled between their pixels by the compiled kernels: warps, blends of two, mirrors."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from dreamzoom.engines.torch.native import library as native

REACHES: Final = {"bilinear": 1, "cubic": 2, "lanczos": 3}
"""The filters, and how many pixels to each side they reach."""
MOST_BORDERS: Final = 6
"""The most straight borders that a picture of a blend has."""

_TYPES: Final = {torch.float32: "float32", torch.uint8: "uint8"}
_SLOTS: Final = 4  # numbers of a pixel on a sheet, and the most channels
_MOST_PLACES: Final = 2**28  # pixels of a sheet, counted in 32 bits with their numbers
_MOST_TURN: Final = 1e6
_MOST_SHIFT: Final = (
    1e12  # pixels: beyond them float64 does not tell where in the picture a place is mirrored
)


class _SheetShape(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int64) for name in ("height", "width", "channels", "margin")),
        *((name, ctypes.c_int64) for name in ("row_stride", "column_stride", "channel_stride")),
    )


class _View(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_double) for name in ("turn_real", "turn_imag", "shift_real", "shift_imag")),
    )


class _Border(ctypes.Structure):
    _fields_ = (*((name, ctypes.c_double) for name in ("across", "down", "at_zero")),)


class _Share(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_double) for name in ("weight", "feather", "least")),
        ("borders", ctypes.c_int64),
        ("border", _Border * MOST_BORDERS),
    )


class _Blend(ctypes.Structure):
    _fields_ = (("views", _View * 2), ("shares", _Share * 2))


class _FoldShape(ctypes.Structure):
    _fields_ = (*((name, ctypes.c_int64) for name in ("pixels", "channels", "places", "wide", "sampled")),)


@dataclass(frozen=True)
class Place:
    """Where in a picture a view is: its point x + iy = z is the picture's turn * z + shift, in pixels."""

    turn: complex
    shift: complex

    @property
    def is_near(self) -> bool:
        """Whether the kernels can tell where in a picture that is."""
        return abs(self.turn) <= _MOST_TURN and abs(self.shift) <= _MOST_SHIFT  # and neither is not-a-number


@dataclass(frozen=True)
class BlendPart:
    """A picture's part in a blend.

    Attributes:
        place: where in the picture the view is.
        weight: against the other picture's, where this one is known.
        borders: what it is known inside of, as far inside as a complex number `normal` and an `offset` tell:
            a point z of the view is Re(normal * z) + offset pixels inside.
        feather: over how many pixels beyond a border its weight falls to nothing.
        least: the share of the weight that always stays.
    """

    place: Place
    weight: float
    borders: Sequence[tuple[complex, float]]
    feather: float
    least: float


@dataclass(frozen=True, eq=False)
class FoldPlan:
    """What a picture shows of itself in mirrors, pixels being counted row by row.

    Attributes:
        shown: the N pixels that show something else than themselves, int64.
        stand_ins: for each place of the picture and a margin around it, as wide as the filter reaches, the
            pixel that stands there, int64; counted row by row.
        wide: how many places a row has.
        first: of each pixel shown, the place of its filter's first neighbour, (N,), int64.
        right, down: how far it lies after the last neighbour before it, (N,), 0 to 1, float32.
    """

    shown: Tensor
    stand_ins: Tensor
    wide: int
    first: Tensor
    right: Tensor
    down: Tensor


@dataclass(frozen=True)
class Sampler:
    """The kernels for one filter. Pictures are (C, H, W) of up to four channels, float32 or uint8.

    Beyond its border a picture is itself, mirrored at its edge. What comes out is float32, contiguous, and
    does not depend on the number of threads. Positions are exact to some 1e-6 pixels.
    """

    library: ctypes.CDLL
    name: str

    def warp(self, picture: Tensor, place: Place) -> Tensor:
        """A view of the picture, as large as it."""
        shape = self._shape(picture)
        view = torch.empty(picture.shape, dtype=torch.float32)
        self._call("warp", picture.dtype, shape, _view(place), self._sheet(picture, shape), view)
        return view

    def blend(self, first: Tensor, second: Tensor, parts: tuple[BlendPart, BlendPart]) -> Tensor:
        """A view of two pictures of one size and type, each where it is known."""
        if first.shape != second.shape or first.dtype != second.dtype:
            raise ValueError(f"{tuple(first.shape)} and {tuple(second.shape)} cannot be blended")
        sheets = [self._sheet(picture, self._shape(picture)) for picture in (first, second)]
        view = torch.empty(first.shape, dtype=torch.float32)
        plan = _Blend((_View * 2)(*(_view(part.place) for part in parts)), (_Share * 2)(*map(_share, parts)))
        self._call("blend", first.dtype, self._shape(first), plan, *sheets, view)
        return view

    def fold(self, picture: Tensor, plan: FoldPlan) -> Tensor:
        """A picture, float32, as it is in mirrors."""
        if picture.dtype != torch.float32:
            raise ValueError(f"a picture of {picture.dtype} cannot be folded")
        channels, pixels = picture.shape[0], picture.shape[1] * picture.shape[2]
        shape = _FoldShape(pixels, channels, len(plan.stand_ins), plan.wide, len(plan.shown))
        source = picture.contiguous()
        folded = source.clone()
        sheet = torch.empty(shape.places, _SLOTS)
        tables = (plan.stand_ins, plan.shown, plan.first, plan.right, plan.down)
        run = getattr(self.library, f"fold_{self.name}")
        run(ctypes.byref(shape), *map(_address, (source, *tables, sheet, folded)))
        return folded

    def _shape(self, picture: Tensor) -> _SheetShape:
        channels, height, width = picture.shape
        down, across = picture.stride()[1:]
        return _SheetShape(height, width, channels, REACHES[self.name], down, across, picture.stride(0))

    def _sheet(self, picture: Tensor, shape: _SheetShape) -> Tensor:
        """The picture with the numbers of a pixel side by side, and a margin around it."""
        around = 2 * shape.margin
        sheet = torch.empty(shape.height + around, shape.width + around, _SLOTS, dtype=picture.dtype)
        run = getattr(self.library, f"lay_out_{_TYPES[picture.dtype]}")
        run(ctypes.byref(shape), *map(_address, (picture, sheet)))
        return sheet

    def _call(
        self, work: str, dtype: torch.dtype, shape: _SheetShape, plan: ctypes.Structure, *tensors: Tensor
    ) -> None:
        run = getattr(self.library, f"{work}_{self.name}_{_TYPES[dtype]}")
        run(ctypes.byref(shape), ctypes.byref(plan), *map(_address, tensors))


def sampler_for(picture: Tensor, name: str) -> Sampler | None:
    """What samples such a picture (C, H, W) with a filter; None where torch has to do it."""
    library = native.compiled_library()
    channels, height, width = picture.shape
    margin = 2 * REACHES[name]
    is_known = (
        picture.device.type == "cpu"
        and picture.dtype in _TYPES
        and 0 < channels <= _SLOTS
        and 0 < (height + margin) * (width + margin) <= _MOST_PLACES
        and height * width > 0
    )
    return Sampler(library, name) if library is not None and is_known else None


def _address(tensor: Tensor) -> ctypes.c_void_p:
    return ctypes.c_void_p(tensor.data_ptr())


def _view(place: Place) -> _View:
    if not place.is_near:
        raise ValueError(f"{place} lies too far away")
    return _View(place.turn.real, place.turn.imag, place.shift.real, place.shift.imag)


def _share(part: BlendPart) -> _Share:
    if len(part.borders) > MOST_BORDERS or not all(map(math.isfinite, (part.weight, part.feather))):
        raise ValueError(f"{len(part.borders)} borders are too many")
    borders = [_Border(normal.real, -normal.imag, offset) for normal, offset in part.borders]
    return _Share(part.weight, part.feather, part.least, len(borders), (_Border * MOST_BORDERS)(*borders))
