"""A start picture wound onto a torus, so that its round closes.

Magnified without end, copies of the picture lie in one another: every point of the plane is covered by
endlessly many. The smallest that covers it lies on top, and towards its border it gives way to the next
larger one, so that around a picture lies its own middle.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import grid_sample

from dreamzoom.camera.aim import Point
from dreamzoom.dream.threads import one_thread
from dreamzoom.loop.torus import Torus

_Values: TypeAlias = NDArray[np.float64]

_BLEND: Final = 0.8  # of a round, over which a picture gives way to the one around it


def unroll(picture: Tensor, torus: Torus, size: tuple[int, int], target: Point = (0.5, 0.5)) -> Tensor:
    """A picture on a torus.

    Args:
        picture: (C, H, W), 0 to 255, or a mask (1, H, W), 0 to 1; it covers a frame, of which it has the
            proportions.
        size: the frame's width and height.
        target: where in it the zoom falls to.

    Returns:
        (C, rows, columns), float32, within the picture's own range.
    """
    rows, columns = np.meshgrid(np.arange(float(torus.rows)), np.arange(float(torus.columns)), indexing="ij")
    z = torus.points(rows, columns)
    half = math.hypot(*size) / 2
    x, y = z.real * half / size[0], z.imag * half / size[1]
    inside = _inside(x, y, target) / math.log(torus.depth)
    copy = np.floor(inside)  # so many rounds the smallest copy that covers a cell is smaller
    share = _smooth(((inside - copy) / _BLEND).clip(0, 1))
    top, under = (
        _sampled(picture, x * scale + target[0], y * scale + target[1])
        for scale in (torus.depth ** (copy - deeper) for deeper in (0, 1))
    )
    return under + (top - under) * torch.from_numpy(share.astype(np.float32))


def _inside(x: _Values, y: _Values, target: Point) -> _Values:
    """How far inside the picture points are: the logarithm of what would put them on its border."""
    (left, up), (right, down) = target, (1 - target[0], 1 - target[1])
    reach = np.maximum(np.maximum(-x / left, x / right), np.maximum(-y / up, y / down))
    inside: _Values = -np.log(reach)
    return inside


def _sampled(picture: Tensor, x: _Values, y: _Values) -> Tensor:
    """A picture at places in shares of its width and height."""
    grid = torch.from_numpy(np.stack([2 * x - 1, 2 * y - 1], -1)).to(picture.device, torch.float32)
    with one_thread():
        return grid_sample(picture.float()[None], grid[None], "bilinear", "border", align_corners=False)[0]


def _smooth(x: _Values) -> _Values:
    return x * x * (3 - 2 * x)
