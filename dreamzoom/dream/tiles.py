"""An engine that computes large pictures in tiles, where memory would not hold them whole.

`exact` tiles overlap by what the network sees beyond them, so that the gradient is that of the whole picture
but for rounding. `shifted` ones do not: each is a picture of its own, and their borders fall elsewhere at
every step, so that no seam builds up (the `calc_grad_tiled` of TensorFlow's DeepDream tutorial, Mordvintsev
2016).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from dreamzoom.engines.base import Ascent, Engine, LocalObjective, Objective
from dreamzoom.engines.fitting import FittingEngine
from dreamzoom.engines.torch.process import give_back_memory
from dreamzoom.models.shapes import blob_shapes
from dreamzoom.models.tiling import PictureTile, Span, cut

EXACT, SHIFTED = "exact", "shifted"


def drawing_from(shifts: np.random.Generator, engine: Engine) -> Engine:
    """An engine whose shifted tiles, if it has any, are placed by that generator."""
    if isinstance(engine, TiledEngine):
        return TiledEngine(engine.engine, engine.pixels, engine.kind, held=engine.held, shifts=shifts)
    return engine


def is_reentrant(engine: Engine) -> bool:
    """Whether an engine can compute another picture while an objective waits: a Caffe net, and what CUDA has
    recorded, hold one picture at a time.
    """
    return engine.name == "torch" and engine.device.type == "cpu"


class TiledEngine:
    """An `Engine` by another one, which is shown no more than so many `pixels` of a picture at a time.

    What cannot be cut, for a blob sees all of it, is computed whole.

    Args:
        engine: what computes the tiles.
        pixels: of a tile, at most; smaller pictures are computed whole.
        kind: "exact" or "shifted".
        held: how many exact tiles' activations may be kept at a time, so that they are not computed twice
            where an objective has to know the whole blob. The bytes of a dream do not depend on it.
        shifts: where the places of shifted tiles are drawn from; without it they stay where they are.
    """

    def __init__(
        self,
        engine: Engine,
        pixels: int,
        kind: str = EXACT,
        *,
        held: int = 1,
        shifts: np.random.Generator | None = None,
    ) -> None:
        self.engine, self.pixels, self.kind, self.held, self.shifts = engine, pixels, kind, held, shifts
        self._last_pixels = 0
        self.name, self.device, self.model = engine.name, engine.device, engine.model

    @property
    def fingerprint(self) -> str:
        """What decides the bytes of a frame."""
        return f"{self.engine.fingerprint}, {self.kind} tiles of {self.pixels} pixels"

    def activations(self, image: Tensor, blobs: Sequence[str]) -> dict[str, Tensor]:
        """As `base.Engine.activations`."""
        tiles = self._tiles(image, tuple(blobs))
        if not tiles:
            return self.engine.activations(image, blobs)
        whole = _Whole({}, self._empty(image, blobs))
        for tile in tiles:
            whole.put(self.engine.activations(_crop(image, tile), blobs), tile)
        return whole.blobs

    def ascend(self, image: Tensor, objectives: Mapping[str, Objective]) -> Ascent:
        """As `base.Engine.ascend`."""
        self._make_room(image)
        if self.kind == SHIFTED and _pixels(image) > self.pixels:
            return self._ascend_shifted(image, objectives)
        tiles = self._tiles(image, tuple(objectives))
        if not tiles:
            return self.engine.ascend(image, objectives)
        if all(isinstance(objective, LocalObjective) for objective in objectives.values()):
            return self._ascend_parts(image, objectives, tiles)
        return self._ascend_whole(image, objectives, tiles)

    def _make_room(self, image: Tensor) -> None:
        """Let go of what pictures of another size have left behind, in pieces too small for this one."""
        if _pixels(image) != self._last_pixels and _pixels(image) > self.pixels:
            give_back_memory()
        self._last_pixels = _pixels(image)

    # ---- exact ---------------------------------------------------------------------------------------

    def _tiles(self, image: Tensor, blobs: tuple[str, ...]) -> tuple[PictureTile, ...]:
        """The tiles of a picture; none where it is computed whole."""
        size = image.shape[-1], image.shape[-2]
        if not blobs or _pixels(image) <= self.pixels:
            return ()
        return cut(self.model.network, blobs, size, self.pixels)

    def _ascend_parts(
        self, image: Tensor, objectives: Mapping[str, Objective], tiles: Sequence[PictureTile]
    ) -> Ascent:
        """In one pass: each tile's part of a blob says itself what is climbed there."""
        counts = {blob: sum(_count(tile.places[blob]) for tile in tiles) for blob in objectives}
        gradient, value = torch.zeros_like(image), image.new_zeros(())
        for tile in tiles:
            parts = {
                blob: _local_part(objective, tile.parts[blob], _count(tile.parts[blob]) / counts[blob])
                for blob, objective in objectives.items()
            }
            ascent = self.engine.ascend(_crop(image, tile), parts)
            _crop(gradient, tile).add_(ascent.gradient)
            value = value + ascent.value
        return Ascent(gradient, value)

    def _ascend_whole(
        self, image: Tensor, objectives: Mapping[str, Objective], tiles: Sequence[PictureTile]
    ) -> Ascent:
        """First the whole blobs, tile by tile, and what is climbed there; then each tile's part of that.

        Of one blob, the last tiles are computed once: each waits for the next one where it would be told its
        part, and the last one has the whole blob. Gradients are added in one order, however many wait.
        """
        blobs = tuple(objectives)
        whole = _Whole(objectives, self._empty(image, blobs))
        waiting = min(len(tiles), self.held if is_reentrant(self.engine) else 1) if len(blobs) == 1 else 0
        early, late = tiles[: len(tiles) - waiting], tiles[len(tiles) - waiting :]
        for tile in early:
            whole.put(self.engine.activations(_crop(image, tile), blobs), tile)
        gradient = torch.zeros_like(image)

        def climb(tile: PictureTile, objective_at: Callable[[str], Objective]) -> None:
            parts = {blob: objective_at(blob) for blob in blobs}
            _crop(gradient, tile).add_(self.engine.ascend(_crop(image, tile), parts).gradient)

        def climb_late(number: int) -> None:
            tile, is_last = late[number], number == len(late) - 1
            go_on = (lambda: None) if is_last else partial(climb_late, number + 1)
            climb(tile, lambda blob: whole.part_of_new(blob, tile, go_on))

        if late:
            climb_late(0)
        for tile in reversed(early):
            climb(tile, partial(whole.part, tile=tile))
        return Ascent(gradient, whole.value)

    def _empty(self, image: Tensor, blobs: Sequence[str]) -> dict[str, Tensor]:
        """The whole blobs, to be filled."""
        shapes = blob_shapes(self.model.network.until(blobs), (image.shape[-1], image.shape[-2]))
        return {blob: image.new_empty(shapes[blob]) for blob in blobs}

    # ---- shifted -------------------------------------------------------------------------------------

    def _ascend_shifted(self, image: Tensor, objectives: Mapping[str, Objective]) -> Ascent:
        """Each tile is a picture of its own, and counts by its share of the pixels."""
        height, width = image.shape[-2:]
        side = math.isqrt(self.pixels)
        shift = (0, 0) if self.shifts is None else self.shifts.integers(0, side, 2).tolist()
        rolled = image.roll(shift, (1, 2))
        fitting = FittingEngine(self.engine)
        gradient, value = torch.empty_like(image), image.new_zeros(())
        for rows in _evenly(height, side):
            for columns in _evenly(width, side):
                tile = _of(rolled, (rows, columns))
                share = _pixels(tile) / (width * height)
                ascent = fitting.ascend(tile.contiguous(), objectives)
                _of(gradient, (rows, columns)).copy_(ascent.gradient * share)
                value = value + ascent.value * share
        return Ascent(gradient.roll((-shift[0], -shift[1]), (1, 2)), value)


class _Whole:
    """Whole blobs, put together from tiles, and the gradients of the objectives there."""

    def __init__(self, objectives: Mapping[str, Objective], blobs: dict[str, Tensor]) -> None:
        self.blobs, self._objectives = blobs, objectives
        self._gradients: dict[str, Tensor] = {}
        self.value = next(iter(blobs.values())).new_zeros(())

    def put(self, found: Mapping[str, Tensor], tile: PictureTile) -> None:
        """Fill in what a tile has computed."""
        for blob, values in found.items():
            _of(self.blobs[blob], tile.places[blob]).copy_(_of(values, tile.parts[blob]))

    def part_of_new(self, blob: str, tile: PictureTile, go_on: Callable[[], None]) -> Objective:
        """As `part`, of a tile whose activations the whole still lacks.

        Args:
            go_on: puts there what is lacking after it.
        """

        def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
            self.put({blob: activations}, tile)
            go_on()
            return self.part(blob, tile)(activations)

        return objective

    def part(self, blob: str, tile: PictureTile) -> Objective:
        """The objective of a tile: its part of the whole blob's gradient."""

        def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
            gradient = torch.zeros_like(activations)
            _of(gradient, tile.parts[blob]).copy_(_of(self._gradient(blob), tile.places[blob]))
            return activations.new_zeros(()), gradient

        return objective

    def _gradient(self, blob: str) -> Tensor:
        """The gradient at the whole blob, which is let go once it is known."""
        if blob in self.blobs:
            value, self._gradients[blob] = self._objectives[blob](self.blobs.pop(blob))
            self.value = self.value + value
        return self._gradients[blob]


def _local_part(objective: Objective, places: tuple[Span, Span], share: float) -> Objective:
    """A local objective, of a tile's part of a blob that counts by its share."""

    def part(activations: Tensor) -> tuple[Tensor, Tensor]:
        value, pull = objective(_of(activations, places))
        gradient = torch.zeros_like(activations)
        torch.mul(pull, share, out=_of(gradient, places))
        return value * share, gradient

    return part


def _of(values: Tensor, places: tuple[Span, Span]) -> Tensor:
    """A view of the rows and columns of (C, H, W)."""
    (top, bottom), (left, right) = places
    return values[:, top:bottom, left:right]


def _crop(image: Tensor, tile: PictureTile) -> Tensor:
    return _of(image, (tile.rows, tile.columns))


def _count(places: tuple[Span, Span]) -> int:
    return math.prod(stop - start for start, stop in places)


def _pixels(image: Tensor) -> int:
    return image.shape[-2] * image.shape[-1]


def _evenly(length: int, side: int) -> list[Span]:
    """A length in parts as near to a side as can be, all alike but for a pixel."""
    many = max(1, round(length / side))
    return list(pairwise(length * number // many for number in range(many + 1)))
