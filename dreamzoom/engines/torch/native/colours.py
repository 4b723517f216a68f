"""A picture's colours moved by the compiled kernel: by several linear maps, the nearest counting most."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from dreamzoom.engines.torch.native import library as native

MOST_MAPS: Final = 64
"""The most maps that a colour is moved by."""


class _ColourMapShape(ctypes.Structure):
    _fields_ = (*((name, ctypes.c_int64) for name in ("pixels", "maps")),)


@dataclass(frozen=True)
class ColourMover:
    """The kernel that moves colours. The result does not depend on the number of threads."""

    library: ctypes.CDLL

    def move(self, picture: Tensor, nearness: Tensor, maps: Tensor) -> Tensor:
        """The sum over k of softmax_k(nearness [x, 1]) * maps_k [x, 1], for every colour x of a picture.

        Args:
            picture: (3, ...), float32.
            nearness: (K, 4), K being 1 to `MOST_MAPS`.
            maps: (K, 3, 4).

        Raises:
            ValueError: these are of other shapes or types.
        """
        count, pixels = len(nearness), picture[0].numel()
        fits = nearness.shape == (count, 4) and maps.shape == (count, 3, 4) and len(picture) == 3
        if not fits or not 0 < count <= MOST_MAPS or picture.dtype != torch.float32:
            raise ValueError(f"{tuple(maps.shape)} cannot move colours {tuple(picture.shape)}")
        # Of base 2; made in float64, for the forms are small differences of large numbers.
        logarithms = (nearness.double() / torch.log(torch.tensor(2.0, dtype=torch.float64))).float()
        source, linear = picture.contiguous(), maps.float().contiguous()
        moved = torch.empty_like(source)
        tensors = (logarithms.contiguous(), linear, source, moved)
        shape = _ColourMapShape(pixels, count)
        self.library.map_colours(ctypes.byref(shape), *(ctypes.c_void_p(each.data_ptr()) for each in tensors))
        return moved


def mover_for(picture: Tensor, count: int) -> ColourMover | None:
    """What moves such a picture's colours by so many maps; None where torch has to do it."""
    library = native.compiled_library()
    is_known = picture.device.type == "cpu" and picture.dtype == torch.float32 and 0 < count <= MOST_MAPS
    return ColourMover(library) if library is not None and is_known else None
