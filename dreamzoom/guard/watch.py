"""The guard at work: it reads a take's stored frames, and says how the next dream is pushed."""

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
from dreamzoom.dream.planning.frame import main_goal
from dreamzoom.dream.saliency import channel_shares
from dreamzoom.engines.base import Engine
from dreamzoom.guard.detect import (
    Diagnosis,
    Guard,
    Nudge,
    Observation,
    diagnose,
    nudge_at,
    observed_before,
    preview,
)
from dreamzoom.pictures.frames import read_frame, to_tensor
from dreamzoom.recipe.goals import GUIDED, is_of_class

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
        self._diagnosis = lru_cache(maxsize=1)(self._diagnose)  # the same for a whole span

    def nudge(self, key: int) -> Nudge | None:
        """How to push the dream of frame number `key`, if at all."""
        if self._take.recipe.guard.nudge == "none":
            return None
        first, every = self._take.first, self._take.recipe.camera.every
        index = (key - first) // every
        frames = tuple(first + place * every for place in observed_before(self._guard, index))
        diagnosis = self._diagnosis(frames) if frames else None
        return nudge_at(self._guard, index, diagnosis) if diagnosis else None

    def _diagnose(self, frames: tuple[int, ...]) -> Diagnosis | None:
        """What is wrong with these dreamed frames, which were handed to the writer."""
        self._settle()
        size, apart = self._take.recipe.clip.size, len(frames) // _PICTURES
        observation = Observation(
            size=(size.width, size.height),
            previews=[preview(read_frame(self._clip.frame_path(frame))) for frame in frames],
            motions=list(self._motions(frames)),
            shares=list(self._shares(frames[apart - 1 :: apart])),
            mirrors=self._take.recipe.camera.mirrors,
        )
        return diagnose(self._guard, observation)

    def _motions(self, frames: Sequence[int]) -> Iterator[Similarity]:
        """Where the camera moved the picture from each of these frames to the next."""
        aims = self._journal.aims()
        return (motion_between(self._take.recipe, *pair, aims) for pair in pairwise(frames))

    def _shares(self, frames: Sequence[int]) -> Iterator[NDArray[np.float64]]:
        """The share that each channel of the layer that is dreamed from has of what it sees in these frames.

        Nothing where the recipe itself says which channels are to be strong: by number, by a class, by a
        guide, or as they wander. Of several goals the one of most weight is looked at.
        """
        dream, clock, last = self._take.recipe.dream, self._take.recipe.clock, frames[-1]
        goal = main_goal(dream, last, clock)
        chosen = any(channels for channels, _ in goal.channel.at(last, clock)) or is_of_class(goal)
        wanders = dream.wander.at(last, clock) > 0
        if chosen or wanders or goal.objective in GUIDED or self._guard.few == 0:
            return
        layer, _ = max(goal.layer.at(last, clock), key=lambda each: each[1])
        for frame in frames:
            image = to_tensor(read_frame(self._clip.frame_path(frame)), self._engine.device).float()
            yield channel_shares(image, self._engine, layer, dream.octaves, dream.octave_scale)
