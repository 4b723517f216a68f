"""What the guard finds in a take's stored frames, and how it pushes the next dream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from dreamzoom.guard import Guard, Nudge, find_nudge, looked_at
from dreamzoom.motion.course import Course, motion_between

if TYPE_CHECKING:
    from dreamzoom.clip.folder import ClipFolder
    from dreamzoom.clip.journal import Journal
    from dreamzoom.clip.takes import Take
    from dreamzoom.measure import Thumbnail


@dataclass(frozen=True)
class Watch:
    """Watches over a take; every answer is a function of stored frames, the recipe and a frame's number.

    Attributes:
        clip, take, journal: what is watched.
        settle: called before stored frames are read; returns when all that were handed to the writer are on
            disk.
    """

    clip: ClipFolder
    take: Take
    journal: Journal
    settle: Callable[[], None]

    def nudge(self, key: int) -> Nudge | None:
        """How to push the dream of frame number `key`, if at all."""
        settings = self.take.recipe.guard
        if settings.nudge == "none":
            return None
        guard = Guard(settings.similar, settings.span)
        index = (key - self.take.first) // self.take.recipe.camera.every
        looked = [self._number(place) for place in looked_at(guard, index)]
        if len(looked) <= guard.apart:
            return None
        since, until = looked[-1 - guard.apart], looked[-1]
        motion = motion_between(self.take.recipe, since, until, self._course(since, until))
        size = self.take.recipe.clip.size
        return find_nudge(guard, index, _thumbnails(self, tuple(looked)), (size.width, size.height), motion)

    def _number(self, index: int) -> int:
        """The frame's number, of a dreamed frame counted from the take's first."""
        return self.take.first + index * self.take.recipe.camera.every

    def _course(self, since: int, until: int) -> Course:
        entries = (self.journal.get(frame) for frame in range(since + 1, until + 1))
        return {entry.frame: entry.aim for entry in entries if entry}


@lru_cache(1)  # the same frames are looked at for a whole span
def _thumbnails(watch: Watch, frames: tuple[int, ...]) -> tuple[Thumbnail, ...]:
    from dreamzoom.measure import thumbnail
    from dreamzoom.pictures import read_frame

    watch.settle()
    return tuple(thumbnail(read_frame(watch.clip.frame_path(frame))) for frame in frames)
