"""A start picture wound onto a torus, so that its round closes.

Copies of the picture, magnified round for round, lie in one another, each ending at a seam (`seam`) beyond
which the middle of the next larger one goes on. What is kept of them is the differences between neighbours
and, over long ways, the light and colours: a picture that has both, as far as there is one, solves the
screened Poisson equation (Pérez, Gangnet & Blake 2003, "Poisson image editing"; Bhat et al. 2008, "Fourier
analysis of the 2D screened Poisson equation"). On a torus the Fourier transform gives it in closed form. So
edges stay as crisp as they are, and beside a seam light and colours change over a good part of a round.
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import Final

import numpy as np
import torch
from torch import Tensor

from dreamzoom.camera.aim import CENTRE, Point
from dreamzoom.colour.grading import draw_in
from dreamzoom.engines.torch.threads import one_thread
from dreamzoom.loop.seam import Seam, find_seam
from dreamzoom.loop.torus import Torus
from dreamzoom.loop.winding import Window, copy_at

_REACH: Final = 0.2  # of a round, over which light and colours change beside a seam
_BAND: Final = 1 << 20  # cells that are looked at at a time
_SMALL: Final = 1 << 18  # cells whose transform one thread makes


def unroll(picture: Tensor, torus: Torus, size: tuple[int, int], target: Point = CENTRE) -> Tensor:
    """A picture on a torus.

    Args:
        picture: (3, H, W), 0 to 255; it covers a frame, of which it has the proportions.
        size: the frame's width and height.
        target: where in it the zoom falls to, within it.

    Returns:
        (3, rows, columns), float32, 0 to 255.
    """
    window = Window(size, target)
    seam = find_seam(picture, torus, window)
    found = _laid(picture, torus, window, seam)
    across, down = (_laid(picture, torus, window, seam, way).sub_(found) for way in ((0, 1), (1, 0)))
    return draw_in(solve_poisson(across, down, found, _REACH * torus.rows))


def unroll_mask(
    mask: Tensor, picture: Tensor, torus: Torus, size: tuple[int, int], target: Point = CENTRE
) -> Tensor:
    """A mask (1, H, W), 0 to 1, on a torus (1, rows, columns), laid as `unroll` lays the picture."""
    window = Window(size, target)
    return _laid(mask, torus, window, find_seam(picture, torus, window)).clamp_(0, 1)


def _laid(
    picture: Tensor, torus: Torus, window: Window, seam: Seam, beside: tuple[int, int] = (0, 0)
) -> Tensor:
    """Copies of a picture, each up to its seam: (C, rows, columns).

    Args:
        beside: rows and columns; of each cell's copy what it shows so far from the cell, which may be beyond
            the seam.
    """
    at = seam.rows(torus)
    columns = np.arange(float(torus.columns))
    laid = picture.new_empty((picture.shape[0], torus.rows, torus.columns), dtype=torch.float32)
    height = max(1, _BAND // torus.columns)
    for top in range(0, torus.rows, height):
        rows = np.arange(float(top), min(top + height, torus.rows))[:, None]
        rows = at - (at - rows) % torus.rows  # where the unmagnified copy shows what is there
        laid[:, top : top + height] = copy_at(picture, torus, window, rows + beside[0], columns + beside[1])
    return laid


def solve_poisson(across: Tensor, down: Tensor, near: Tensor, reach: float) -> Tensor:
    """The picture without a border that has, by least squares, differences as given and values as given.

    Args:
        across, down: how much more the next cell to the right, and below, should have, (C, H, W).
        near: the values, (C, H, W).
        reach: how many cells away the differences count as much as the values: less far they count more.
    """
    height, width = across.shape[1:]
    waves = torch.sin(math.pi * torch.fft.fftfreq(height, dtype=torch.float64)).square()[:, None]
    waves = waves + torch.sin(math.pi * torch.fft.rfftfreq(width, dtype=torch.float64)).square()
    gains = waves.mul_(4).add_(reach**-2).reciprocal_().float().to(across.device)
    gains[0, 0] = 0  # the mean stays
    solved = torch.empty_like(across)
    with one_thread() if height * width <= _SMALL else nullcontext():
        for right, below, value, into in zip(across, down, near, solved, strict=True):
            # By how much the values change: their own differences are off beside a seam alone.
            wanted = torch.zeros_like(value)
            for given, axis in ((right, 1), (below, 0)):
                off = given + value - value.roll(-1, axis)
                wanted.add_(off.roll(1, axis)).sub_(off)
            change = torch.fft.irfft2(torch.fft.rfft2(wanted).mul_(gains), (height, width))
            torch.add(value, change, out=into)
    return solved
