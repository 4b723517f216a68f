"""A clip's frames in more than 8 bits, where they were computed: its in-betweens.

An in-between is both dreamed frames around it, moved and blended, and its file holds that rounded to 8 bits:
slow gradients have steps there, which a 10-bit film would show. So it is computed again as it was made, and
not rounded. Dreamed frames are what they are stored as.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dreamzoom.camera.lens import Moment, lens_of, make_inbetween
from dreamzoom.camera.path import motion_between
from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.takes import BY_HAND
from dreamzoom.footage.programme import DEEP_STEP, DEEP_WHITE, deepen
from dreamzoom.pictures.frames import Pixels, read_frame, to_array, to_tensor

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
        around = self._around(frame)
        if around is None:
            return deepen(stored)
        computed = to_array((self._between(frame, *around).clamp_(0, 255) * DEEP_STEP).round_())
        return _within(computed, stored)

    def _around(self, frame: int) -> tuple[int, int] | None:
        """The dreamed frames around an in-between; None where it is none, or one of them is not stored."""
        take, entry = self._clip.take_of(frame), self._clip.journal().get(frame)
        every = 1 if take.recipe.loop.is_endless else take.recipe.camera.every
        since = (frame - take.first) % every
        before, after = frame - since, frame - since + every
        if since == 0 or after >= take.stop or entry is None or entry.engine == BY_HAND:
            return None
        return (before, after) if self._clip.frame_path(after).exists() else None

    def _between(self, frame: int, before: int, after: int) -> Tensor:
        """An in-between as it was before it was rounded, (3, H, W), floating point."""
        recipe, journal = self._clip.take_of(frame).recipe, self._clip.journal()
        numbers = range(before + 1, after + 1)
        aims = {number: entry.aim for number in numbers if (entry := journal.get(number)) is not None}
        moment = Moment(
            (frame - before) / (after - before),
            motion_between(recipe, before, frame, aims),
            motion_between(recipe, frame, after, aims),
        )
        return make_inbetween(self._dreamed(before), self._dreamed(after), moment, lens_of(recipe))

    def _read(self, frame: int) -> Tensor:
        return to_tensor(read_frame(self._clip.frame_path(frame)))


def _within(computed: NDArray[np.float32], stored: Pixels) -> NDArray[np.uint16]:
    """What was computed, where it is what is stored; of another engine a last digit may be another one."""
    deep = deepen(stored)
    if computed.shape != deep.shape or np.abs(computed - deep).max() > DEEP_STEP + _WITHIN:
        return deep
    low, high = np.maximum(deep, _WITHIN) - _WITHIN, np.minimum(deep, DEEP_WHITE - _WITHIN) + _WITHIN
    return np.clip(computed, low, high).astype(np.uint16)
