"""A clip's frames in more than 8 bits, where they were computed: in-betweens, and all frames of a loop.

An in-between is both dreamed frames around it, moved and blended; a loop's frame is looked up in the one
picture that was dreamed. Their files hold that rounded to 8 bits: slow gradients have steps there, which a
10-bit film would show. So they are computed again as they were made, and not rounded. Dreamed frames are what
they are stored as.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dreamzoom.camera.lens import Moment, lens_of, make_inbetween
from dreamzoom.camera.path import motion_between
from dreamzoom.camera.rounds import round_of
from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.takes import BY_HAND
from dreamzoom.footage.programme import DEEP_STEP, DEEP_WHITE, deepen
from dreamzoom.loop.torus import Phase, Torus
from dreamzoom.loop.view import TorusPyramid, make_pyramid, view
from dreamzoom.pictures.frames import Pixels, read_frame, to_array, to_tensor
from dreamzoom.recipe.arrivals import stop_of_dreams

_WITHIN = DEEP_STEP // 2  # of a stored value: what is rounded to it
_KEPT = 2  # dreamed frames held in memory: those around an in-between


class DeepFrames:
    """A clip's frames as deep pictures; rounded to 8 bits they are the stored ones to the byte."""

    def __init__(self, clip: ClipFolder) -> None:
        self._clip = clip
        self._dreamed = lru_cache(maxsize=_KEPT)(self._read)

    def picture(self, frame: int) -> NDArray[np.uint16]:
        """A frame (H, W, 3), 0 to 65535.

        A frame that was not computed of those around it, as far as they tell, is as it is stored: what a
        person retouched, or what lies next to that.

        Raises:
            PictureError: it is missing or damaged, or a dreamed one beside it is.
        """
        stored = read_frame(self._clip.frame_path(frame))
        image = self._computed(frame)
        if image is None:
            return deepen(stored)
        return _within(to_array((image.clamp_(0, 255) * DEEP_STEP).round_()), stored)

    def _computed(self, frame: int) -> Tensor | None:
        """A frame before it was rounded, (3, H, W), floating point; None where it was not computed."""
        entry = self._clip.journal().get(frame)
        if entry is None or entry.engine == BY_HAND:
            return None
        if self._clip.take_of(frame).recipe.loop.is_endless:
            return self._looked_up(frame)
        around = self._around(frame)
        return None if around is None else self._between(frame, *around)

    def _around(self, frame: int) -> tuple[int, int] | None:
        """The dreamed frames around an in-between; None where it is none, or one of them is not stored.

        The last of them may come sooner than the others do: where a clip has come to its last picture.
        """
        take = self._clip.take_of(frame)
        every, arrival = take.recipe.camera.every, stop_of_dreams(take.recipe)
        since = (frame - take.first) % every
        before, after = frame - since, frame - since + every
        if arrival is not None:
            after = min(after, arrival)
        if since == 0 or frame == after or (after >= take.stop and not self._comes_round(after)):
            return None
        return (before, after) if self._clip.frame_path(self._stored(after)).exists() else None

    def _comes_round(self, frame: int) -> bool:
        """Whether a frame is the one after the last of a clip that closes, which is its first again."""
        recipe = self._clip.recipe
        return bool(recipe.loop.close) and frame == recipe.clip.frames

    def _stored(self, frame: int) -> int:
        """The number that a dreamed frame is stored as."""
        return 0 if self._comes_round(frame) else frame

    def _between(self, frame: int, before: int, after: int) -> Tensor:
        """An in-between as it was before it was rounded, (3, H, W), floating point."""
        recipe, journal = self._clip.take_of(frame).recipe, self._clip.journal()
        numbers = range(before + 1, after + 1)
        # On the way to a picture the camera goes on as it does: a frame that is not stored has its aim.
        entries = {number: journal.get(frame if self._comes_round(number) else number) for number in numbers}
        aims = {number: entry.aim for number, entry in entries.items() if entry is not None}
        moment = Moment(
            (frame - before) / (after - before),
            motion_between(recipe, before, frame, aims),
            motion_between(recipe, frame, after, aims),
        )
        return make_inbetween(
            self._dreamed(before), self._dreamed(self._stored(after)), moment, lens_of(recipe)
        )

    def _looked_up(self, frame: int) -> Tensor | None:
        """A loop's frame as it was before it was rounded; None where the picture is not there."""
        recipe, pyramid = self._clip.recipe, self._pyramid
        entry = self._clip.torus_journal().get(recipe.torus_dreams)
        if pyramid is None or entry is None:
            return None
        way, size = round_of(recipe), recipe.clip.size
        phase = Phase(way.deeper(frame), way.turned(frame))
        seen = view(pyramid, phase, (size.width, size.height), way.target(frame, entry.aim.target))
        return lens_of(recipe).fold(seen)

    @cached_property
    def _pyramid(self) -> TorusPyramid | None:
        """What a loop's frames are looked up in."""
        recipe = self._clip.recipe
        path = self._clip.torus_path(recipe.torus_dreams)
        if not path.exists():
            return None
        image = to_tensor(read_frame(path))
        torus = Torus(image.shape[-1], image.shape[-2], recipe.loop.depth, recipe.loop.spiral)
        return make_pyramid(image, torus)

    def _read(self, frame: int) -> Tensor:
        return to_tensor(read_frame(self._clip.frame_path(frame)))


def _within(computed: NDArray[np.float32], stored: Pixels) -> NDArray[np.uint16]:
    """What was computed, where it is what is stored; of another engine a last digit may be another one."""
    deep = deepen(stored)
    if computed.shape != deep.shape or np.abs(computed - deep).max() > DEEP_STEP + _WITHIN:
        return deep
    low, high = np.maximum(deep, _WITHIN) - _WITHIN, np.minimum(deep, DEEP_WHITE - _WITHIN) + _WITHIN
    return np.clip(computed, low, high).astype(np.uint16)
