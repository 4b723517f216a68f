"""A clip at another speed, or with an open shutter, as a programme."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from dreamzoom.camera.aim import Point
from dreamzoom.clip.folder import ClipFolder
from dreamzoom.footage.clips import ClipProgramme
from dreamzoom.footage.programme import Shown
from dreamzoom.footage.shutter import expose, expose_deep, moments
from dreamzoom.video.excerpt import Excerpt


class RetimedProgramme:
    """Some of a clip's frames at another speed, blurred by motion; the song goes on at its own speed."""

    cuts: tuple[int, ...] = ()
    is_retimed = True

    def __init__(self, clip: ClipFolder, frames: range, speed: Fraction, shutter: Fraction) -> None:
        """Show a clip.

        Args:
            frames: of the clip, one after the other; at least one.
            speed: above 1 is faster.
            shutter: its angle in degrees, 0 to 360.
        """
        self._clip, self._frames, self._programme = clip, frames, ClipProgramme(clip)
        self._moments = moments(frames, speed)
        self.pace, self.begins = speed, frames.start
        self._length = shutter / 360 * speed
        self.path: Path = clip.path
        self.size = self._programme.size
        self.fps: Fraction = self._programme.fps
        self.count = len(self._moments)
        is_whole = frames == range(self._programme.count)
        self.is_loop = self._programme.is_loop and is_whole and (len(frames) / speed).denominator == 1

    @property
    def song(self) -> Path | None:
        """The clip's own song."""
        return self._programme.song

    @property
    def excerpt(self) -> Excerpt:
        """The part of it that begins with the frames."""
        is_last = self._frames[-1] == self._programme.count - 1
        return self._programme.excerpt.of_range(self._frames.start / self.fps, is_last=is_last)

    @property
    def inscription(self) -> str:
        """The clip's recipe."""
        return self._programme.inscription

    def pictures(self, frames: Sequence[int], *, deep: bool = False) -> Iterator[Shown]:
        """The exposed frames, (H, W, 3); see `Programme`."""
        shown = [self._moments[frame] for frame in frames]
        return (expose_deep if deep else expose)(self._clip, shown, self._length)

    def fall_point(self, frame: int) -> Point:
        """Where the camera falls at a frame's moment."""
        return self._programme.fall_point(min(round(self._moments[frame]), self._frames[-1]))
