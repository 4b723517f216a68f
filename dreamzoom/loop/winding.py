"""A picture seen from a torus: its unmagnified copy at cells, beyond the first and last row too."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from dreamzoom.camera.aim import Point
from dreamzoom.engines.torch.threads import one_thread
from dreamzoom.loop.torus import Torus

_Places: TypeAlias = NDArray[np.float64]

_NEAREST: Final = 0.05  # of a frame's sides


@dataclass(frozen=True)
class Window:
    """The frame through which a zoom is seen.

    Attributes:
        size: width and height in pixels.
        target: where in it the zoom falls to, within it.
    """

    size: tuple[int, int]
    target: Point = (0.5, 0.5)

    @property
    def half_diagonal(self) -> float:
        return math.hypot(*self.size) / 2

    def border(self, angles: _Places) -> _Places:
        """How far its border is from the target at angles clockwise from the right, in radians: the logarithm
        of the distance in half diagonals. A border that the target comes too near to counts as further away.
        """
        (width, height), (x, y) = self.size, self.target
        across, down = np.cos(angles), np.sin(angles)
        to_side = np.where(across > 0, 1 - x, x).clip(_NEAREST) * width / np.abs(across).clip(1e-12)
        to_end = np.where(down > 0, 1 - y, y).clip(_NEAREST) * height / np.abs(down).clip(1e-12)
        border: _Places = np.log(np.minimum(to_side, to_end) / self.half_diagonal)
        return border


def copy_at(picture: Tensor, torus: Torus, window: Window, rows: _Places, columns: _Places) -> Tensor:
    """What the unmagnified copy of a picture shows at places of a torus, as it is without a spiral.

    Cells that are wider than the picture's pixels show their mean, by a pyramid of the picture; beyond its
    border it is mirrored.

    Args:
        picture: (C, H, W), which fills the window.
        rows, columns: arrays that broadcast to some (R, N), in cells.

    Returns:
        (C, R, N), float32; cubic, so values may overshoot.
    """
    z = torus.points(rows, columns)
    x = z.real * (window.half_diagonal / window.size[0]) + window.target[0]
    y = z.imag * (window.half_diagonal / window.size[1]) + window.target[1]
    grid = torch.from_numpy(np.stack([2 * x - 1, 2 * y - 1], -1)).to(picture.device, torch.float32)
    pixels = window.half_diagonal * picture.shape[2] / window.size[0]  # of the picture, in half a diagonal
    width = np.log2(np.abs(z) * (math.tau / torus.columns * pixels)).clip(0)
    found = picture.new_zeros((picture.shape[0], *z.shape), dtype=torch.float32)
    level = picture.float()
    for number in range(math.ceil(width.max()) + 1):
        share = np.clip(1 - np.abs(width - number), 0, 1)
        if number:
            level = _halved(level)
        if share.any():
            with one_thread():
                seen = grid_sample(level[None], grid[None], "bicubic", "reflection", align_corners=False)[0]
            found += seen.mul_(torch.from_numpy(share).to(seen))
    return found


def _halved(picture: Tensor) -> Tensor:
    size = [max(1, -(-side // 2)) for side in picture.shape[1:]]
    with one_thread():
        return interpolate(picture[None], size, mode="bilinear", antialias=True)[0]
