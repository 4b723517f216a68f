"""A finished clip as a camera's footage: what it shows at any moment, and how the camera moved meanwhile.

A moment is counted in frames of the clip, exactly: 3 is frame 3, 7/2 lies half way from it to frame 4.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

from torch import Tensor

from dreamzoom.camera.aim import AS_WRITTEN
from dreamzoom.camera.lens import Lens, Moment, lens_of, make_inbetween
from dreamzoom.camera.path import motion_between, motion_into
from dreamzoom.camera.similarity import Similarity
from dreamzoom.clip.folder import ClipFolder
from dreamzoom.errors import PictureError
from dreamzoom.footage.deep import DeepFrames
from dreamzoom.footage.programme import DEEP_STEP
from dreamzoom.pictures.frames import read_frame, to_tensor

_KEPT = 3  # frames held in memory: one and its neighbours


def is_whole_loop(clip: ClipFolder) -> bool:
    """Whether a clip's last frame leads into its first, and all its frames are there."""
    return clip.recipe.loop.is_closed and len(clip.finished_frames()) == clip.recipe.clip.frames


class Footage:
    """A clip's stored frames, and the camera's motion between them.

    Attributes:
        size: width and height of the frames, in pixels.
        last: the number of the last frame that is finished.
        is_loop: whether the first frame follows the last one, so that frames go on without end both ways.
    """

    def __init__(self, clip: ClipFolder, *, deep: bool = False) -> None:
        """See a clip.

        Args:
            deep: frames are floating point, and in-betweens are not rounded to 8 bits.
        """
        self._clip = clip
        self._deep = DeepFrames(clip) if deep else None
        self._journal = clip.journal()
        self.size = (clip.recipe.clip.size.width, clip.recipe.clip.size.height)
        self.last = len(clip.finished_frames()) - 1
        self.is_loop = is_whole_loop(clip)
        self._read_kept = lru_cache(maxsize=_KEPT)(self._read)

    def has(self, frame: int) -> bool:
        """Whether there is a frame of a number."""
        return self.is_loop or 0 <= frame <= self.last

    def frame(self, frame: int) -> Tensor:
        """A frame, uint8 (3, H, W); of a loop whatever its number is. Raises a PictureError."""
        return self._read_kept(self._stored(frame))

    def picture(self, moment: Fraction) -> Tensor:
        """What the clip shows at a moment, (3, H, W): floating point, 0 to 255, or uint8 on a stored frame.

        On a frame it is that frame. Between two it is both, moved to where the camera is by then, and blended
        by how near they are. After the last frame the camera goes on with that one alone.

        Args:
            moment: from 0 up to less than a frame after the last; of a loop any.

        Raises:
            PictureError: a frame is missing or damaged.
        """
        frame = math.floor(moment)
        share = float(moment - frame)
        if share == 0:
            return self.frame(frame)
        motion, first = self._motion_into(frame + 1), self.frame(frame)
        lens = self.lens(moment)
        if not self.has(frame + 1):
            return lens.move(first, motion.power(share))
        where = Moment(share, motion.power(share), motion.power(1 - share))
        return make_inbetween(first, self.frame(frame + 1), where, lens)

    def lens(self, moment: Fraction) -> Lens:
        """What the camera sees a moment through: on the way from one frame to the next, the next one's."""
        return lens_of(self._clip.take_of(self._stored(math.ceil(moment))).recipe)

    def travel(self, since: Fraction, until: Fraction) -> Similarity:
        """Where the camera moves what is in the picture from one moment to another, in pixels.

        Before the first frame and after the last it goes on as there; of a loop it goes round.
        """
        if until < since:
            return self.travel(until, since).inverse()
        whole, now = Similarity(), since
        while now < until:
            frame = math.floor(now) + 1
            stop = min(Fraction(frame), until)
            whole = whole.then(self._motion_into(frame).power(float(stop - now)))
            now = stop
        return whole

    def _read(self, frame: int) -> Tensor:
        path = self._clip.frame_path(frame)
        picture = read_frame(path)
        if picture.shape[1::-1] != self.size:
            found, wanted = (f"{width}x{height}" for width, height in (picture.shape[1::-1], self.size))
            raise PictureError(f"{path}: is {found}, but the clip is {wanted}: `dreamzoom resume` mends it")
        if self._deep is None:
            return to_tensor(picture)
        return to_tensor(self._deep.picture(frame)).float() / DEEP_STEP

    def _stored(self, frame: int) -> int:
        """The number that a frame is stored as."""
        return frame % (self.last + 1) if self.is_loop else frame

    def _motion_into(self, frame: int) -> Similarity:
        if self.is_loop:
            place = self._stored(frame)
            if place == 0 and self._clip.recipe.loop.close:
                return self._motion_back()
            entry = self._journal.get(place)
            recipe = self._clip.take_of(place).recipe
            return motion_into(recipe, place, AS_WRITTEN if entry is None else entry.aim)
        # Tracks were checked over the clip's own frames, not beyond.
        known = min(max(frame, 0), self._clip.recipe.clip.frames - 1)
        entry = self._journal.get(min(known, self.last))
        aims = {} if entry is None else {known: entry.aim}
        return motion_between(self._clip.take_of(known).recipe, known - 1, known, aims)

    def _motion_back(self) -> Similarity:
        """The motion from the last frame of a clip that closes to its first: as if there were one more."""
        entry = self._journal.get(self.last)
        recipe = self._clip.take_of(self.last).recipe
        return motion_into(recipe, self.last + 1, AS_WRITTEN if entry is None else entry.aim)
