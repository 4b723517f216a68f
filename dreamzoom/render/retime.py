"""A finished clip at another speed, without another dream.

The camera's motion is known exactly. So the picture at a moment between two frames is both of them, moved to
where the camera is by then, and blended. Slower, the moments between frames are made so; faster, frames are
left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from dreamzoom.render.shutter import exposed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dreamzoom.clip.folder import ClipFolder

_CLOSED: Final = Fraction(0)


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


def retimed(
    clip: ClipFolder, frames: range, speed: Fraction, shutter: Fraction = _CLOSED
) -> Iterator[NDArray[np.uint8]]:
    """The pictures (H, W, 3) of a clip at another speed: as many as `moments` tells.

    With a closed shutter, a moment on a frame is that frame to the byte. Behind the clip's last frame the
    camera goes on alone.

    Args:
        shutter: its angle in degrees, 0 to 360: for how much of a frame of the video it is open, see
            `dreamzoom.render.shutter`.

    Raises:
        PictureError: a frame is missing or damaged.
    """
    return exposed(clip, moments(frames, speed), shutter / 360 * speed)
