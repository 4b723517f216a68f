"""What the guard finds in a take's stored frames, and how it pushes the next dream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamzoom.camera.path import motion_between
from dreamzoom.camera.similarity import Similarity
from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.journal import Journal
from dreamzoom.clip.takes import Take
from dreamzoom.dream.saliency import channel_shares
from dreamzoom.engines.base import Engine
from dreamzoom.guard.detect import Found, Guard, Nudge, Seen, find, glance, looked_at, nudge_at
from dreamzoom.pictures.frames import read_frame, to_tensor

_PICTURES: Final = 4  # of a span, whose channels are looked at: a span changes slowly


class Watch:
    """Watches over a take; every answer is a function of stored frames, the recipe and a frame's number."""

    def __init__(
        self, clip: ClipFolder, take: Take, journal: Journal, engine: Engine, settle: Callable[[], None]
    ) -> None:
        """Watch over a take of a clip.

        Args:
            engine: what computes the take.
            settle: called before stored frames are read; returns when all that were handed to the writer are
                on disk.
        """
        settings = take.recipe.guard
        self._guard = Guard(settings.similar, settings.span, settings.few)
        self._clip, self._take, self._journal = clip, take, journal
        self._engine, self._settle = engine, settle
        self._found = lru_cache(maxsize=1)(self._find)  # the same for a whole span

    def nudge(self, key: int) -> Nudge | None:
        """How to push the dream of frame number `key`, if at all."""
        if self._take.recipe.guard.nudge == "none":
            return None
        first, every = self._take.first, self._take.recipe.camera.every
        index = (key - first) // every
        found = self._found(tuple(first + place * every for place in looked_at(self._guard, index)))
        return nudge_at(self._guard, index, found) if found else None

    def _find(self, frames: tuple[int, ...]) -> Found | None:
        """What there is to find in these dreamed frames, which are stored; in none of them, nothing."""
        if not frames:
            return None
        self._settle()
        size, apart = self._take.recipe.clip.size, len(frames) // _PICTURES
        seen = Seen(
            (size.width, size.height),
            [glance(read_frame(self._clip.frame_path(frame))) for frame in frames],
            list(self._steps(frames)),
            list(self._shares(frames[apart - 1 :: apart])),
            self._take.recipe.camera.mirrors,
        )
        return find(self._guard, seen)

    def _steps(self, frames: Sequence[int]) -> Iterator[Similarity]:
        """Where the camera moved the picture from each of these frames to the next."""
        course = self._journal.course()
        return (motion_between(self._take.recipe, *pair, course) for pair in pairwise(frames))

    def _shares(self, frames: Sequence[int]) -> Iterator[NDArray[np.float64]]:
        """The share that each channel of the layer that is dreamed from has of what it sees in these frames.

        Nothing where the recipe itself says which channels are to win: by number, by a guide, or as they
        wander.
        """
        dream, clock, last = self._take.recipe.dream, self._take.recipe.clock, frames[-1]
        chosen = any(channels for channels, _ in dream.channel.at(last, clock))
        wanders = dream.wander.at(last, clock) > 0
        if chosen or wanders or dream.objective == "guide" or self._guard.few == 0:
            return
        layer, _ = max(dream.layer.at(last, clock), key=lambda each: each[1])
        for frame in frames:
            image = to_tensor(read_frame(self._clip.frame_path(frame)), self._engine.device).float()
            yield channel_shares(image, self._engine, layer, dream.octaves, dream.octave_scale)
