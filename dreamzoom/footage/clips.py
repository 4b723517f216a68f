"""A clip's frames as a programme."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from dreamzoom.camera.aim import Point
from dreamzoom.clip.folder import ClipFolder
from dreamzoom.footage.deep import DeepFrames
from dreamzoom.footage.falls import fall_point
from dreamzoom.footage.footage import is_whole_loop
from dreamzoom.footage.programme import Shown
from dreamzoom.pictures.frames import read_frame
from dreamzoom.recipe.inscription import inscribe_film
from dreamzoom.video.excerpt import Excerpt, excerpt_of


class ClipProgramme:
    """What a clip shows and sounds like: its finished frames, from the first to the first gap."""

    cuts: tuple[int, ...] = ()
    is_retimed = False
    pace = Fraction(1)
    begins = 0

    def __init__(self, clip: ClipFolder) -> None:
        """Show a clip as it is now."""
        self._clip, self._deep = clip, DeepFrames(clip)
        self.path = clip.path
        self.size = (clip.recipe.clip.size.width, clip.recipe.clip.size.height)
        self.fps: Fraction = clip.recipe.clip.fps
        self.count = len(clip.finished_frames())
        self.is_loop = is_whole_loop(clip)

    @property
    def song(self) -> Path | None:
        """The clip's own song."""
        return self._clip.soundtrack_path

    @property
    def excerpt(self) -> Excerpt:
        """The part of it that the clip has."""
        return excerpt_of(self._clip.recipe.music)

    @property
    def inscription(self) -> str:
        """The clip's recipe."""
        return inscribe_film(self._clip.recipe, self._clip.takes[-1].first)

    def pictures(self, frames: Sequence[int], *, deep: bool = False) -> Iterator[Shown]:
        """The stored frames, (H, W, 3); see `Programme`."""
        for frame in frames:
            path = self._clip.frame_path(frame)
            yield self._deep.picture(frame) if deep else read_frame(path, self.size)

    def fall_point(self, frame: int) -> Point:
        """Where the camera falls, in fractions of width and height."""
        return fall_point(self._clip, frame)
