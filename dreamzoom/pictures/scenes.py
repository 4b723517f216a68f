"""More to start from than clouds: hills in the morning's mist, marble, a nebula among stars.

They are made of the noise that clouds are made of, and are the same at every size, but for detail.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

from dreamzoom.pictures.clouds import (
    Canvas,
    Grid,
    billowing,
    colour_of,
    displace,
    draw,
    fractal_noise,
    gradient_noise,
    mix,
    ramp,
)
from dreamzoom.randomness import picture_generator
from dreamzoom.recipe.units import Size

_HIGH_SKY, _LOW_SKY, _SUN = (92, 132, 172), (255, 206, 150), (255, 240, 205)
_MIST, _FAR, _NEAR = (246, 196, 158), (148, 130, 158), (18, 38, 40)
_RIDGES: Final = 7

_VEINS: Final = (  # of the marble, from one band to the next, and back to the first
    (14, 40, 44),
    (24, 104, 96),
    (128, 186, 150),
    (242, 232, 206),
    (206, 132, 84),
    (120, 44, 42),
    (34, 22, 48),
)

_SPACE, _GLOW, _HEART, _EDGE = (8, 8, 24), (176, 40, 108), (255, 196, 150), (26, 116, 150)
_STARS: Final = 260


def hills(size: Size, seed: int) -> Image.Image:
    """Wooded ridges, one after another, in the mist before sunrise."""
    return draw(size, seed, _hills)


def marble(size: Size, seed: int) -> Image.Image:
    """A polished stone of many veins: green, cream, rust and violet, folded into one another."""
    return draw(size, seed, _marble)


def nebula(size: Size, seed: int) -> Image.Image:
    """Glowing gas, red within and blue without, dust before it and stars."""
    return draw(size, seed, _nebula)


def _hills(canvas: Canvas) -> Grid:
    x, y = canvas.x.astype(np.float32)[:, None], canvas.y.astype(np.float32)[:, None, None]
    random = picture_generator(canvas.seed, 0)
    sun = np.float32(random.uniform(-0.5, 0.5))
    picture = mix(colour_of(_HIGH_SKY), colour_of(_LOW_SKY), ramp(y, -0.05, 0.5))
    away = np.hypot(x - sun, y - np.float32(0.3))
    picture = mix(picture, colour_of(_SUN), np.exp(-((away / np.float32(0.28)) ** 2)))
    woods = fractal_noise(canvas, 1, 14, 6, shape=billowing, stretch=0.6)
    for ridge in range(_RIDGES):
        picture = _with_ridge(picture, canvas, ridge, float(random.uniform(0, 50)), woods)
    return picture


def _with_ridge(picture: Grid, canvas: Canvas, ridge: int, start: float, woods: Grid) -> Grid:
    """The picture with a ridge before it, paler at its foot, where the mist lies."""
    near = ridge / (_RIDGES - 1)
    outline = _skyline(canvas, 10 + ridge, start, 2.6 - 1.5 * near)
    trees = np.float32(0.004 + 0.022 * near) * woods
    below = canvas.y.astype(np.float32)[:, None] - np.float32(0.34 + 0.62 * near) + trees
    below += np.float32(0.08 + 0.16 * near) * outline
    body = mix(colour_of(_FAR), colour_of(_NEAR), np.float32(near**0.8))
    lit = body * (1 + np.float32(0.5 * near) * woods)[..., None]
    haze = np.float32(0.75 - 0.35 * near) * ramp(below, 0.0, 0.22)
    return mix(picture, mix(lit, colour_of(_MIST), haze[..., None]), ramp(below, 0, 0.006)[..., None])


def _skyline(canvas: Canvas, pattern: int, start: float, frequency: float) -> Grid:
    """How high a ridge is at each column, (W,), about -1 to 1."""
    heights = np.zeros(len(canvas.x), np.float32)
    for octave in range(6):
        cells = frequency * 2.1**octave
        stream = picture_generator(canvas.seed, pattern, octave)
        heights += (
            np.float32(0.48**octave) * gradient_noise((canvas.x + start) * cells, np.array([0.4]), stream)[0]
        )
    return heights


def _marble(canvas: Canvas) -> Grid:
    field = fractal_noise(canvas, 0, 1.1, 7)
    for fold in range(2):
        reach = np.float32((0.34, 0.16)[fold] * canvas.height)
        right = reach * fractal_noise(canvas, 1 + 2 * fold, 1.3 + fold, 5)
        down = reach * fractal_noise(canvas, 2 + 2 * fold, 1.3 + fold, 5)
        field = displace(field, right, down)
    grain = fractal_noise(canvas, 7, 9, 6, shape=billowing)
    along = (np.float32(2.1) * field + np.float32(0.05) * grain) % 1
    places = np.linspace(0, 1, len(_VEINS) + 1)
    veins = np.array((*_VEINS, _VEINS[0]), np.float32) / 255
    channels = [np.interp(along, places, veins[:, channel]) for channel in range(3)]
    picture: Grid = np.stack(channels, -1).astype(np.float32) * (1 + np.float32(0.12) * grain[..., None])
    return picture


def _nebula(canvas: Canvas) -> Grid:
    x, y = canvas.x.astype(np.float32), canvas.y.astype(np.float32)[:, None]
    reach = np.float32(0.1 * canvas.height)
    right, down = (reach * fractal_noise(canvas, pattern, 2.2, 6) for pattern in (1, 2))
    gas = displace(fractal_noise(canvas, 0, 1.4, 7), right, down)
    dust = displace(fractal_noise(canvas, 3, 1.8, 7, shape=billowing), down, right)
    middle = np.exp(-(x**2 * np.float32(0.9) + (y - np.float32(0.5)) ** 2 * np.float32(2.6)))
    glow = ramp(gas + middle, 0.25, 1.15)[..., None]
    picture = mix(colour_of(_SPACE), colour_of(_EDGE), ramp(gas + middle, -0.1, 0.75)[..., None])
    picture = mix(picture, colour_of(_GLOW), glow)
    picture = mix(picture, colour_of(_HEART), ramp(gas + middle, 0.75, 1.5)[..., None])
    shade = np.float32(0.8) * ramp(dust, 0.0, 0.7)[..., None]
    return _with_stars(mix(picture, colour_of(_SPACE) * np.float32(0.8), shade), canvas)


def _with_stars(picture: Grid, canvas: Canvas) -> Grid:
    """The picture with points of light, few bright and many faint; wide in proportion to the picture."""
    random = picture_generator(canvas.seed, 4)
    width = float(canvas.x[-1] - canvas.x[0])
    for across, down, faint, warm in random.random((_STARS, 4)):
        size = 0.0012 + 0.004 * faint**8
        column = np.flatnonzero(np.abs(canvas.x - canvas.x[0] - across * width) < 5 * size)
        row = np.flatnonzero(np.abs(canvas.y - down) < 5 * size)
        if not len(column) or not len(row):
            continue
        away = (canvas.x[column] - canvas.x[0] - across * width) ** 2 + (canvas.y[row][:, None] - down) ** 2
        light = (0.4 + 0.6 * faint) * np.exp(-away / (2 * size**2))
        tint = mix(colour_of((190, 215, 255)), colour_of((255, 226, 190)), np.float32(warm))
        place = np.ix_(row, column)
        picture[place] = mix(picture[place], tint, light[..., None].astype(np.float32))
    return picture
