"""A cloudscape to start from: banks of cumulus in low sun before a deep blue sky.

Each bank is a field of density: above 0 is cloud. Its outline is a smooth one with billows added, stirred by
gradient noise. The light is what volume rendering comes down to for a thin picture: a point is bright where
the density falls towards the sun. Nothing depends on the number of pixels, so each size shows the same
clouds, a larger one with finer detail.

Points of a picture are (x, y) in heights of the picture: y from 0 at the top to 1, x from 0 in the middle, to
the right. All arrays are float32.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dreamzoom.randomness import picture_generator
from dreamzoom.recipe.units import Size

Grid: TypeAlias = NDArray[np.float32]

_CELLS = 256  # after so many cells the noise repeats itself
_GAIN = 0.5  # each octave's amplitude to that of the one before
_LACUNARITY = 2.03  # each octave's frequency to that of the one before; not 2, or lattice points would meet
_DRAWN_AT_ONCE = 2  # parts of a cloudscape; more would take memory
_MOST_PIXELS = 2 << 20  # more are not drawn, but made by enlarging: clouds have no detail so fine

_ZENITH, _BLUE, _PALE, _HORIZON = ((28, 68, 142), (86, 142, 206), (176, 205, 222), (250, 222, 190))
_GLOW, _VEIL = (60, 30, 0), (255, 250, 244)
_SHADE, _TWILIGHT, _SUNLIGHT = (88, 108, 158), (232, 203, 194), (255, 249, 236)

_ARRANGEMENT, _VEIL_PATTERN, _HAZE_PATTERN, _FIRST_BANK_PATTERN = 0, 1, 2, 10
_PATTERNS_PER_BANK = 6
_STEPS_TO_SUN = ((0.010, 1.1), (0.028, 0.8), (0.075, 0.6))  # how far, how much: creases, heaps, whole clouds


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


def soft(noise: Grid) -> Grid:
    """Noise as it is: smoke and veils."""
    return noise


def billowing(noise: Grid) -> Grid:
    """Noise folded at 0 and centred again: round heaps with creases between them."""
    folded: Grid = np.abs(noise) * np.float32(2) - np.float32(0.6)
    return folded


def fractal_noise(
    canvas: Canvas,
    pattern: int,
    frequency: float,
    octaves: int,
    *,
    shape: Callable[[Grid], Grid] = soft,
    stretch: float = 1.0,
) -> Grid:
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
        stream = picture_generator(canvas.seed, pattern, octave)
        total += np.float32(_GAIN**octave) * shape(gradient_noise(x * cells, y * cells, stream))
    return total


def gradient_noise(x: NDArray[np.float64], y: NDArray[np.float64], stream: np.random.Generator) -> Grid:
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
    noise: Grid = (along_x[:, column] * across + along_y[:, column]) * (1 - ease)
    noise += (along_x[:, column + 1] * (across - 1) + along_y[:, column + 1]) * ease
    noise *= np.float32(1.5)
    return noise


def displace(field: Grid, right: Grid | np.float32, down: Grid | np.float32) -> Grid:
    """The field seen `right` and `down` pixels away from each pixel (bilinear; the border is continued)."""
    # SciPy's map_coordinates took 40 % longer for a whole cloudscape, and changed some 10 of its pixels.
    height, width = field.shape
    x = np.clip(np.arange(width, dtype=np.float32) + right, 0, width - 1.001)
    y = np.clip(np.arange(height, dtype=np.float32)[:, None] + down, 0, height - 1.001)
    column, row = x.astype(np.int32), y.astype(np.int32)
    corner, flat = row * width + column, field.ravel()
    x, y = x - column.astype(np.float32), y - row.astype(np.float32)
    above = flat[corner] * (1 - x) + flat[corner + 1] * x
    below = flat[corner + width] * (1 - x) + flat[corner + width + 1] * x
    seen: Grid = above * (1 - y) + below * y
    return seen


def _cell(points: NDArray[np.float64]) -> tuple[NDArray[np.int64], Grid]:
    """The cell each point is in, and where in the cell (0 to 1)."""
    cell = np.floor(points).astype(np.int64)
    return cell, (points - cell).astype(np.float32)


def _ease(t: Grid) -> Grid:
    return t * t * t * (t * (t * 6 - 15) + 10)


@dataclass(frozen=True)
class _Bank:
    """A row of clouds at one distance. Lengths are in heights of the picture."""

    base: float  # where it stands, from the top
    rise: float  # how high it towers
    frequency: float  # clouds in a height
    haze: float  # how much air is before it, 0 to 1
    middle: float = 0.0  # how much higher it is in the middle, where a zoom goes


_BANKS = (  # far to near
    _Bank(base=0.93, rise=0.10, frequency=6.0, haze=0.72),
    _Bank(base=0.98, rise=0.22, frequency=3.6, haze=0.42),
    _Bank(base=1.02, rise=0.56, frequency=1.9, haze=0.14, middle=0.42),
    _Bank(base=1.22, rise=0.55, frequency=1.3, haze=0.0),
)


@dataclass(frozen=True)
class _Arrangement:
    """What the seed decides besides the noise."""

    sun: tuple[float, float]  # towards it, a unit vector (right, down)
    middle: float  # x of the highest cloud
    starts: tuple[float, ...]  # where in its noise each bank's outline begins


def clouds(size: Size, seed: int) -> Image.Image:
    """A cloudscape; the same at every size, but for detail. About 0.15 s at 640x360 on two cores."""
    return draw(size, seed, _cloudscape)


def draw(size: Size, seed: int, paint: Callable[[Canvas], Grid]) -> Image.Image:
    """The picture that `paint` makes on a canvas: (H, W, 3), 0 to 1; a very large one is enlarged."""
    enlarged = max(1.0, (size.width * size.height / _MOST_PIXELS) ** 0.5)
    canvas = make_canvas(max(2, round(size.width / enlarged)), max(2, round(size.height / enlarged)), seed)
    image = Image.fromarray(np.rint(np.clip(paint(canvas), 0, 1) * 255).astype(np.uint8), "RGB")
    wanted = (size.width, size.height)
    return image if image.size == wanted else image.resize(wanted, Image.Resampling.LANCZOS)


def _cloudscape(canvas: Canvas) -> Grid:
    """The sky (H, W, 3) with the banks before it, far to near; two of them are drawn at a time."""
    arrangement = _arrange(canvas.seed)
    with ThreadPoolExecutor(_DRAWN_AT_ONCE) as painters:
        sky = painters.submit(_sky, canvas, arrangement)
        banks = [
            painters.submit(_bank, canvas, bank, number, arrangement) for number, bank in enumerate(_BANKS)
        ]
        picture = sky.result()
        for bank in banks:
            picture = mix(picture, *bank.result())
    return picture


def _arrange(seed: int) -> _Arrangement:
    random = picture_generator(seed, _ARRANGEMENT)
    side = random.choice([-1.0, 1.0])
    sun = np.array([side * random.uniform(0.6, 0.9), -random.uniform(0.45, 0.7)])
    right, down = sun / np.hypot(*sun)
    starts = tuple(float(start) for start in random.uniform(0, 50, len(_BANKS)))
    return _Arrangement((float(right), float(down)), random.uniform(-0.12, 0.12), starts)


def _sky(canvas: Canvas, arrangement: _Arrangement) -> Grid:
    """The sky (H, W, 3): blue above, warm at the horizon on the sun's side, with a thin veil of cirrus."""
    x, y = canvas.x.astype(np.float32)[:, None], canvas.y.astype(np.float32)[:, None, None]
    sky = mix(colour_of(_ZENITH), colour_of(_BLUE), ramp(y, -0.1, 0.5))
    sky = mix(sky, colour_of(_PALE), ramp(y, 0.35, 0.8))
    sky = mix(sky, colour_of(_HORIZON), ramp(y, 0.6, 1.02))
    glow = np.exp(-((x - np.float32(1.1 * arrangement.sun[0])) ** 2 * 1.2 + (y - np.float32(0.85)) ** 2 * 5))
    streaks = fractal_noise(canvas, _VEIL_PATTERN, 1.6, 6, stretch=3.2)
    streaks += 0.5 * fractal_noise(canvas, _HAZE_PATTERN, 0.9, 3)
    veil = ramp(streaks, 0.05, 1.1)[..., None] * ramp(1 - y, 0.15, 0.7)
    return mix(sky + glow * colour_of(_GLOW), colour_of(_VEIL), 0.55 * veil)


def _bank(canvas: Canvas, bank: _Bank, number: int, arrangement: _Arrangement) -> tuple[Grid, Grid]:
    """A bank's colours (H, W, 3), and its share of what is seen at each point (H, W, 1), 0 to 1."""
    pattern = _FIRST_BANK_PATTERN + number * _PATTERNS_PER_BANK
    outline = _outline(canvas, bank, pattern, arrangement.middle, arrangement.starts[number])
    density = _density(canvas, bank, pattern, outline)
    depth = (canvas.y.astype(np.float32)[:, None] - (np.float32(bank.base) - outline)) / (1.3 * bank.rise)
    brightness = 1.12 * _sunlight(canvas, bank, density, arrangement.sun) - 0.30 * np.clip(depth, 0, 1) + 0.13
    colours = _shaded(np.clip(brightness, 0, 1)[..., None])
    colours = mix(colours, colour_of(_SUNLIGHT), 0.22 * (1 - ramp(density, 0, 0.5))[..., None])
    air = mix(colour_of(_PALE), colour_of(_HORIZON), np.float32(0.55))
    return mix(colours, air, np.float32(bank.haze)), ramp(density, 0, 0.2)[..., None]


def _outline(canvas: Canvas, bank: _Bank, pattern: int, middle: float, start: float) -> Grid:
    """How high the bank is at each column, (W,)."""
    x = canvas.x + start
    coarse, fine = (picture_generator(canvas.seed, pattern, octave) for octave in range(2))
    waves = gradient_noise(x * 0.42 * bank.frequency, np.array([0.5]), coarse)[0]
    waves += 0.4 * gradient_noise(x * 1.1 * bank.frequency, np.array([0.3]), fine)[0]
    hump = bank.middle * np.exp(-(((canvas.x - middle) / 0.38) ** 2))
    outline: Grid = (bank.rise * (0.66 + 0.8 * waves + hump)).astype(np.float32)
    return outline


def _density(canvas: Canvas, bank: _Bank, pattern: int, outline: Grid) -> Grid:
    """The bank's density (H, W): above 0 is cloud, about 1 well inside."""
    y = canvas.y.astype(np.float32)[:, None]
    inside = (outline - (np.float32(bank.base) - y)) * np.float32(1.1 * bank.frequency)
    inside = np.where(inside < 0, 3.2 * inside, inside)  # few scraps fly above
    billows = fractal_noise(canvas, pattern + 1, 1.5 * bank.frequency, 7, shape=billowing)
    reach = np.float32(0.065 / bank.frequency * canvas.height)  # pixels
    right = reach * fractal_noise(canvas, pattern + 2, 2 * bank.frequency, 4)
    down = reach * fractal_noise(canvas, pattern + 3, 2 * bank.frequency, 4)
    return displace((inside + 0.74 * billows).astype(np.float32), right, down)


def _sunlight(canvas: Canvas, bank: _Bank, density: Grid, sun: tuple[float, float]) -> Grid:
    """How much light there is, 0 to 1: much where the density falls towards the sun."""
    light = np.zeros_like(density)
    for distance, weight in _STEPS_TO_SUN:
        pixels = distance * 3 / bank.frequency * canvas.height
        ahead = displace(density, np.float32(sun[0] * pixels), np.float32(sun[1] * pixels))
        light += np.float32(weight) * np.clip(density - ahead, -0.7, 0.7)
    return ramp(light, -1.0, 1.75)


def _shaded(brightness: Grid) -> Grid:
    """The colours of cloud from shade through a warm half-light to sunlight."""
    dim = mix(colour_of(_SHADE), colour_of(_TWILIGHT), ramp(brightness, 0.05, 0.62))
    return mix(dim, colour_of(_SUNLIGHT), ramp(brightness, 0.38, 1.0))


def ramp(values: Grid, low: float, high: float) -> Grid:
    """From 0 at `low` to 1 at `high`, smoothly."""
    t: Grid = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    smooth: Grid = t * t * (3 - 2 * t)
    return smooth


def mix(one: Grid, other: Grid, share: Grid | np.float32) -> Grid:
    """From one at a share of 0 to the other at 1."""
    mixed: Grid = one + (other - one) * share
    return mixed


def colour_of(rgb: tuple[int, int, int]) -> Grid:
    """A colour of 0 to 255 as paint of 0 to 1, (3,)."""
    colour: Grid = np.array(rgb, np.float32) / np.float32(255)
    return colour
