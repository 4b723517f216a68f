"""Gradient noise over a picture, the same shapes at every size: a larger picture only shows finer ones.

Points of a picture are (x, y) in heights of the picture: y from 0 at the top to 1, x from 0 in the middle, to
the right. All arrays are float32.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]

_CELLS = 256  # after so many cells the noise repeats itself
_GAIN = 0.5  # each octave's amplitude to that of the one before
_LACUNARITY = 2.03  # each octave's frequency to that of the one before; not 2, or lattice points would meet
_STREAMS_PER_SEED = 64  # room for the octaves of one pattern


@dataclass(frozen=True)
class Canvas:
    """A picture's points, and the seed of all that is drawn on it."""

    x: NDArray[np.float64]  # (W,)
    y: NDArray[np.float64]  # (H,)
    seed: int

    @property
    def height(self) -> int:
        return len(self.y)


def make_canvas(width: int, height: int, seed: int) -> Canvas:
    """The centres of the pixels of a picture."""
    x = (np.arange(width) + 0.5 - width / 2) / height
    y = (np.arange(height) + 0.5) / height
    return Canvas(x, y, seed)


def random_stream(seed: int, stream: int) -> np.random.Generator:
    """One of many independent streams of random numbers of a seed; counter-based, so the same everywhere."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, stream], dtype=np.uint64)))


def soft(noise: Array) -> Array:
    """Noise as it is: smoke and veils."""
    return noise


def billowing(noise: Array) -> Array:
    """Noise folded at 0 and centred again: round heaps with creases between them."""
    folded: Array = np.abs(noise) * np.float32(2) - np.float32(0.6)
    return folded


def fractal_noise(
    canvas: Canvas,
    pattern: int,
    frequency: float,
    octaves: int,
    *,
    shape: Callable[[Array], Array] = soft,
    stretch: float = 1.0,
) -> Array:
    """A sum of octaves of gradient noise, (H, W), about -1 to 1.

    Args:
        pattern: which of the seed's patterns.
        frequency: cells in a picture's height, of the first octave.
        octaves: how many there are; those too fine for the canvas are left out.
        shape: what is done to each octave.
        stretch: how much longer than high the shapes are.
    """
    total = np.zeros((canvas.height, len(canvas.x)), np.float32)
    for octave in range(octaves):
        cells = frequency * _LACUNARITY**octave
        if 2 * cells > canvas.height:
            break
        x, y = canvas.x / stretch + 0.37 * octave, canvas.y + 0.71 * octave
        stream = random_stream(canvas.seed, pattern * _STREAMS_PER_SEED + octave)
        total += np.float32(_GAIN**octave) * shape(gradient_noise(x * cells, y * cells, stream))
    return total


def gradient_noise(x: NDArray[np.float64], y: NDArray[np.float64], stream: np.random.Generator) -> Array:
    """Perlin's improved noise (2002) at the points of a grid, (len(y), len(x)), about -1 to 1.

    A cell has side 1. The grid is regular, so the sum over a cell's four corners is taken along columns, then
    along rows.
    """
    angles = stream.random((_CELLS, _CELLS), dtype=np.float32) * np.float32(2 * np.pi)
    column, across = _cell(x)
    row, down = _cell(y)
    first = int(column.min())
    reach = np.arange(first, int(column.max()) + 2) % _CELLS
    slope_x, slope_y = np.cos(angles)[:, reach], np.sin(angles)[:, reach]  # (cells, reach)
    above, below, down, column = row % _CELLS, (row + 1) % _CELLS, down[:, None], column - first
    ease = _ease(down)
    along_x = (1 - ease) * slope_x[above] + ease * slope_x[below]  # (H, reach)
    along_y = (1 - ease) * down * slope_y[above] + ease * (down - 1) * slope_y[below]
    ease = _ease(across)
    noise: Array = (along_x[:, column] * across + along_y[:, column]) * (1 - ease)
    noise += (along_x[:, column + 1] * (across - 1) + along_y[:, column + 1]) * ease
    noise *= np.float32(1.5)
    return noise


def displace(field: Array, right: Array | np.float32, down: Array | np.float32) -> Array:
    """The field seen `right` and `down` pixels away from each pixel (bilinear; the border is continued)."""
    height, width = field.shape
    x = np.clip(np.arange(width, dtype=np.float32) + right, 0, width - 1.001)
    y = np.clip(np.arange(height, dtype=np.float32)[:, None] + down, 0, height - 1.001)
    column, row = x.astype(np.int32), y.astype(np.int32)
    corner, flat = row * width + column, field.ravel()
    x, y = x - column.astype(np.float32), y - row.astype(np.float32)
    above = flat[corner] * (1 - x) + flat[corner + 1] * x
    below = flat[corner + width] * (1 - x) + flat[corner + width + 1] * x
    seen: Array = above * (1 - y) + below * y
    return seen


def _cell(points: NDArray[np.float64]) -> tuple[NDArray[np.int64], Array]:
    """The cell each point is in, and where in the cell (0 to 1)."""
    cell = np.floor(points).astype(np.int64)
    return cell, (points - cell).astype(np.float32)


def _ease(t: Array) -> Array:
    return t * t * t * (t * (t * 6 - 15) + 10)
