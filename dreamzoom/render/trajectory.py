"""How far a clip's camera has come since a frame: where a mask lies that goes with the picture.

A mask at frame n is what it was at the frame where it began, moved by the whole motion since: the product of
each frame's motion, which follows from the recipe that ruled the frame and from the journal. So it does not
depend on where a render was stopped, and no mask is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dreamzoom.camera.aim import AS_WRITTEN, Aim
from dreamzoom.camera.path import motion_into
from dreamzoom.camera.similarity import Similarity
from dreamzoom.clip.journal import Journal
from dreamzoom.clip.takes import Take
from dreamzoom.recipe.regions import RegionSettings, mask_of
from dreamzoom.tracks.constant import Constant


@dataclass(frozen=True)
class Trajectory:
    """The camera's way through the takes of a clip.

    Attributes:
        takes: up to the one that is rendered, in order.
        journal: the clip's, which tells what the camera did at frames of earlier runs.
    """

    takes: tuple[Take, ...]
    journal: Journal
    _aims: dict[int, Aim] = field(default_factory=dict)  # of frames that this run has made
    _known: dict[int, tuple[int, Similarity]] = field(default_factory=dict)  # by the frame it begins at

    def beginning(self, region: RegionSettings, frame: int) -> int:
        """The frame at which the mask of a region that is there at `frame` lay as it is written: where it
        came, in the first of the takes that have it.
        """
        first = self.takes[-1].first
        for take in reversed(self.takes[:-1]):
            if all(mask_of(each) != mask_of(region) for each in take.recipe.dream.region):
                break
            first = take.first
        if isinstance(region.there, Constant):
            return first
        share = region.there.bind(self.takes[-1].recipe.clock)
        return next((number for number in range(frame, first, -1) if share(number - 1) == 0), first)

    def note(self, aims: Mapping[int, Aim]) -> None:
        """Keep what the camera did on the way to a frame that is made."""
        self._aims.update(aims)

    def motion(self, first: int, frame: int) -> Similarity:
        """Where the camera has moved, up to a frame, what lay in the picture at an earlier one."""
        since, whole = self._known.get(first, (first, Similarity()))
        if since > frame:
            since, whole = first, Similarity()
        for number in range(since + 1, frame + 1):
            whole = whole.then(motion_into(self._take(number).recipe, number, self._aim(number)))
        self._known[first] = (frame, whole)
        return whole

    def _take(self, frame: int) -> Take:
        return next((take for take in self.takes if frame < take.stop), self.takes[-1])

    def _aim(self, frame: int) -> Aim:
        if frame in self._aims:
            return self._aims[frame]
        entry = self.journal.get(frame)
        return AS_WRITTEN if entry is None else entry.aim
