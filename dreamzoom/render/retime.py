"""A finished clip at another speed, without another dream.

The camera's motion is known exactly. So the picture at a moment between two frames is both of them, moved to
where the camera is by then, and blended. Slower, the moments between frames are made so; faster, frames are
left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from dreamzoom.render.footage import Footage
from dreamzoom.render.frame import to_array, to_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dreamzoom.clip.folder import ClipFolder


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
    footage = Footage(clip)
    return (to_array(to_bytes(footage.picture(moment))) for moment in moments(frames, speed))
