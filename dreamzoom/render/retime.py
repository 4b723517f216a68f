"""A finished clip at another speed, without another dream.

The camera's motion is known exactly. So the picture at a moment between two frames is both of them, moved to
where the camera is by then, and blended. Slower, the moments between frames are made so; faster, frames are
left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.motion import Interpolation, Similarity, warp
from dreamzoom.motion.course import motion_between
from dreamzoom.motion.inbetween import Moment, inbetween
from dreamzoom.render.frame import to_array, to_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from dreamzoom.clip.takes import Take


def moments(frames: range, speed: Fraction) -> list[Fraction]:
    """Where on a clip each frame of a video at another speed lies, in frames of the clip.

    There are as many as the time takes, len(frames) / speed, rounded to a whole number; at least one. The
    last may lie behind the last of `frames`, by less than a frame.

    Args:
        frames: of the clip, one after the other.
        speed: above 1 is faster.
    """
    count = max(1, round(len(frames) / speed))
    return [frames.start + number * speed for number in range(count)]


def retimed(clip: ClipFolder, frames: range, speed: Fraction) -> Iterator[NDArray[np.uint8]]:
    """The pictures (H, W, 3) of a clip at another speed: as many as `moments` tells.

    A moment on a frame is that frame to the byte. Behind the clip's last frame the camera goes on alone.

    Raises:
        PictureError: a frame is missing or damaged.
    """
    pictures = _Pictures(clip)
    return (to_array(pictures.at(moment)) for moment in moments(frames, speed))


class _Pictures:
    """The clip's pictures at whole and broken frame numbers."""

    def __init__(self, clip: ClipFolder) -> None:
        self._clip = clip
        self._journal = clip.journal()
        self._last = len(clip.finished_frames()) - 1
        self._read = lru_cache(maxsize=2)(self._stored)

    def at(self, moment: Fraction) -> Tensor:
        """The picture at a moment in frames, uint8 (3, H, W)."""
        frame = int(moment)
        share = float(moment - frame)
        if share == 0:
            return self._read(frame)
        take = self._take(frame + 1)
        interpolation = cast("Interpolation", take.recipe.camera.interpolation)
        motion, first = self._motion_into(frame + 1, take), self._read(frame).float()
        if frame == self._last:
            return to_bytes(warp(first, motion.power(share), interpolation))
        where = Moment(share, motion.power(share), motion.power(1 - share))
        return to_bytes(inbetween(first, self._read(frame + 1).float(), where, interpolation))

    def _stored(self, frame: int) -> Tensor:
        import torch

        from dreamzoom.pictures import read_frame

        picture = read_frame(self._clip.frame_path(frame))
        return torch.from_numpy(picture.copy()).permute(2, 0, 1).contiguous()

    def _take(self, frame: int) -> Take:
        takes = self._clip.takes
        return next((take for take in takes if take.first <= frame < take.stop), takes[-1])

    def _motion_into(self, frame: int, take: Take) -> Similarity:
        entry = self._journal.get(min(frame, self._last))
        course = {} if entry is None else {frame: entry.aim}
        return motion_between(take.recipe, frame - 1, frame, course)
