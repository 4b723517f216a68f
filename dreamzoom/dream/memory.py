"""What memory a dream takes, asked for before the work, and how large its tiles are where it lacks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import torch

from dreamzoom.dream.ascent import octave_sizes
from dreamzoom.dream.tiles import EXACT, TiledEngine
from dreamzoom.engines.base import Engine
from dreamzoom.errors import ModelError, RecipeError
from dreamzoom.io import memory
from dreamzoom.models.network import Model, Pair
from dreamzoom.models.reach import showing
from dreamzoom.models.shapes import blob_shapes
from dreamzoom.models.tiling import cut, least_tile
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.tracks.base import Track

FLOAT32_BYTES = 4
AUTO, OFF = "auto", "off"  # of the settings' kinds of tiles, beside those that `tiles` has

# Measured on SqueezeNet at 3 megapixels on a CPU, bytes a pixel over the program's own 290 MB: 367 for
# fire8/concat and 400 for fire2/concat; 520 for fire8/concat without the compiled kernels. Activations alone
# are 347 and 159.
_COPIES = {"torch": 1.25, "caffe": 2.0}  # of all activations, with what is computed from them
_LEAST_VALUES = 95  # a pixel: the first convolutions' own room
_IMAGE_BYTES = 60  # a pixel: the picture, its gradient and the octaves'
_BLOB_COPIES = 4  # of what is climbed, where it is put together from tiles
_CLOSENESS = 0.95  # of what is left, the share that is advised
_SHARE = 0.8  # of what is left, the share that a dream in tiles may take
_TILES_BYTES = 1_800_000_000  # enough for tiles: of larger ones hardly less is computed twice
_SAMPLE = 1024  # pixels; the side at which a tile's bytes are counted
PICTURE_BYTES = 2_500_000_000
"""Beyond it a picture by itself is cut though it would fit: a clip of that size has a machine of its own."""
_STEP = 16  # pixels; a tile's side is told in such steps

# Bytes a pixel beside a plain dream's, measured of each alone in tiles at 3 megapixels on a CPU. But for the
# fields of a rule, what one takes is free again before the next takes its own.
_FIELDS, _RULE, _HELD, _TRANSFORMS, _LEVELS, _WAVES = 24, 50, 85, 90, 40, 15


def value_bytes(precision: str) -> int:
    """The bytes of one activation in a precision."""
    return 2 if precision == "bfloat16" else FLOAT32_BYTES


@dataclass(frozen=True)
class Need:
    """A dream as its memory sees it.

    Attributes:
        model: what dreams.
        engine: "torch" or "caffe".
        layers: what is climbed.
        size: the picture's width and height.
        value_bytes: of one activation.
        step_bytes: a pixel, of what the steps take beside the picture and its gradient.
    """

    model: Model
    engine: str
    layers: tuple[str, ...]
    size: Pair
    value_bytes: int = FLOAT32_BYTES
    step_bytes: int = 0

    @property
    def pixels(self) -> int:
        return math.prod(self.size)

    def whole(self) -> int:
        """About the bytes that it takes in one piece."""
        return self._image_bytes() + self.network_bytes(self.size)

    def in_tiles(self, pixels: int) -> int:
        """About the bytes that it takes in tiles of so many pixels."""
        side = max(1, math.isqrt(pixels))
        return self.beside_tiles() + self.network_bytes((side, side))

    def beside_tiles(self) -> int:
        """The bytes of what is not cut: the picture, and what is climbed."""
        shapes = blob_shapes(self.model.network.until(self.layers), self.size)
        climbed = max(math.prod(shapes.get(layer, ())) for layer in self.layers)
        return self._image_bytes() + _BLOB_COPIES * FLOAT32_BYTES * climbed

    def picture(self, settings: DreamSettings) -> int:
        """About the bytes that it takes as a picture by itself, as its settings say."""
        need = replace(self, step_bytes=_extra_bytes(settings))
        return _bytes_of(need, _wanted(need, settings, None, PICTURE_BYTES))

    def network_bytes(self, size: Pair) -> int:
        """About the bytes of all activations at a size, with what is computed from them."""
        shapes = blob_shapes(self.model.network.until(self.layers), size)
        values = _COPIES[self.engine] * sum(map(math.prod, shapes.values()))
        return int(max(values, _LEAST_VALUES * math.prod(size)) * self.value_bytes)

    def _image_bytes(self) -> int:
        return (_IMAGE_BYTES + self.step_bytes) * self.pixels


@dataclass(frozen=True)
class Tiling:
    """How a dream is cut.

    Attributes:
        kind: of its tiles; "off" for none.
        side: theirs in pixels, if they were squares.
        held: how many of them there is memory for at a time; no byte of a dream depends on it.
    """

    kind: str = OFF
    side: int = 0
    held: int = field(default=1, compare=False)

    def applied_to(self, engine: Engine) -> Engine:
        """An engine that computes so."""
        if self.kind == OFF:
            return engine
        return TiledEngine(engine, self.side**2, self.kind, held=self.held)


def choose_tiling(
    need: Need, settings: DreamSettings, device: torch.device, most: int | None = None
) -> Tiling:
    """How to cut a dream as its settings say, so that it fits in the memory that is left.

    Args:
        most: bytes beyond which a dream is cut though it would fit, where the settings leave that open.

    Raises:
        MemoryShortageError: it does not fit in any way; names the size that does.
        RecipeError: the tiles are smaller than what a layer sees.
    """
    need, left = replace(need, step_bytes=_extra_bytes(settings)), free_bytes(device)
    chosen = _wanted(need, settings, left, most)
    if chosen.kind == EXACT and not _can_be_cut(need, settings, chosen.side):
        raise _too_small(need, settings, chosen.side)
    needed = _bytes_of(need, chosen)
    if left is not None and needed > left:
        width, height = _fitting(need, chosen, int(_CLOSENESS * left))
        advice = f"use --size {width}x{height}, or an earlier layer"
        if chosen.kind == OFF and settings.tiles == OFF and _least_side(need, settings):
            advice += ', or dream.tiles "auto"'
        memory.require_memory(needed, f"a dream of {need.size[0]}x{need.size[1]} pixels", advice, left)
    return replace(chosen, held=_held(need, chosen, left, most))


def free_bytes(device: torch.device) -> int | None:
    """What memory is left where a device computes; None where that is not known."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return memory.available_memory() if device.type == "cpu" else None


def _wanted(need: Need, settings: DreamSettings, left: int | None, most: int | None) -> Tiling:
    """What the settings ask for, with a side."""
    if settings.tiles == OFF:
        return Tiling()
    if settings.tiles == AUTO and _fits(need, settings, left, most):
        return Tiling()
    least = _least_side(need, settings)
    if settings.tiles == AUTO and least is None:
        return Tiling()
    kind = EXACT if settings.tiles == AUTO else settings.tiles
    return Tiling(kind, settings.tile or max(_side_for(need, left), least or 0))


def _fits(need: Need, settings: DreamSettings, left: int | None, most: int | None) -> bool:
    if settings.tile:
        return need.pixels <= settings.tile**2
    return all(need.whole() <= each for each in (left, most) if each is not None)


def _held(need: Need, tiling: Tiling, left: int | None, most: int | None) -> int:
    """How many tiles there is memory for at a time."""
    allowed = min((each for each in (left and int(_SHARE * left), most) if each is not None), default=0)
    if tiling.kind != EXACT:
        return 1
    return 1 + max(0, allowed - need.in_tiles(tiling.side**2)) // need.network_bytes(
        (tiling.side, tiling.side)
    )


def _side_for(need: Need, left: int | None) -> int:
    """The side of the largest tiles that the memory allows and that are of use."""
    room = _TILES_BYTES if left is None else min(_TILES_BYTES, _SHARE * left - need.beside_tiles())
    each = need.network_bytes((_SAMPLE, _SAMPLE)) / _SAMPLE**2
    return math.isqrt(int(max(0, room) / each)) // _STEP * _STEP


def _least_side(need: Need, settings: DreamSettings) -> int | None:
    """The side of the least exact tiles that will do; None where a layer sees the whole picture."""
    least = [
        least_tile(need.model.network, (layer,), _shown(need, layer, need.size)) for layer in need.layers
    ]
    if None in least:
        return None
    side = -(-max(math.isqrt(math.prod(each or ())) for each in least) // _STEP) * _STEP
    while not _can_be_cut(need, settings, side):  # other octaves leave other rests
        side += _STEP
    return side


def _can_be_cut(need: Need, settings: DreamSettings, side: int) -> bool:
    """Whether exact tiles of that side will do for every layer at every octave."""
    octaves = octave_sizes(need.size, settings.octaves, settings.octave_scale)
    return all(
        math.prod(size) <= side**2 or bool(cut(need.model.network, (layer,), size, side**2))
        for layer in need.layers
        for size in (_shown(need, layer, octave) for octave in octaves)
    )


def _shown(need: Need, layer: str, size: Pair) -> Pair:
    """The size at which the network is shown a picture."""
    try:
        return showing(need.model.network, (layer,), size).padded
    except ModelError:
        return size  # which is told elsewhere


def _too_small(need: Need, settings: DreamSettings, side: int) -> RecipeError:
    least = _least_side(need, settings)
    if least is None:
        return RecipeError(
            f"dream.tiles: {' or '.join(map(repr, need.layers))} sees the whole picture, and exact tiles "
            f'cannot: use dream.tiles "off" or "shifted", or an earlier layer'
        )
    return RecipeError(
        f"dream.tile: tiles of {side}x{side} pixels are smaller than what "
        f'{" or ".join(map(repr, need.layers))} sees: use {least} at least, or dream.tiles "shifted"'
    )


def _bytes_of(need: Need, tiling: Tiling) -> int:
    is_whole = tiling.kind == OFF or need.pixels <= tiling.side**2
    return need.whole() if is_whole else need.in_tiles(tiling.side**2)


def _fitting(need: Need, tiling: Tiling, most: int) -> Pair:
    """The largest size of the same shape that takes no more bytes, in such tiles."""
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        smaller = replace(need, size=_scaled(need.size, middle))
        low, high = (middle, high) if _bytes_of(smaller, tiling) <= most else (low, middle)
    return _scaled(need.size, low)


def _scaled(size: Pair, scale: float) -> Pair:
    width, height = (max(2, int(side * scale) // 2 * 2) for side in size)
    return width, height


def _extra_bytes(settings: DreamSettings) -> int:
    """About the bytes a pixel that the steps take beside the picture and its gradient."""
    is_remembered = any(name != "normalised" for name in settings.rule.choices)
    used = {
        _RULE: is_remembered,
        _HELD: _moves(settings.variation, settings.pull),
        _TRANSFORMS: _moves(settings.turn, settings.scale),
        _LEVELS: _moves(settings.laplacian),
        _WAVES: _moves(settings.spectrum, settings.smooth, settings.decorrelate),
    }
    return max(size * is_used for size, is_used in used.items()) + _FIELDS * is_remembered


def _moves(*tracks: Track) -> bool:
    """Whether one of the tracks is anything but 0."""
    return any(track.source != 0 for track in tracks)
