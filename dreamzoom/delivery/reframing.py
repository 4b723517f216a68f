"""A programme in another shape: a window of it that goes with the point the camera falls into.

The window is as large as the picture allows, and moves along one side alone. It goes smoothly: where the
fall point leaps, it sets out before and arrives after, at three quarters of a window a second, and a point
that trembles moves it by little. At a film's cut it goes over at once.

It stands at fractions of pixels, cut out and scaled in one step by Pillow's Lanczos: along a slow way a
dreamed frame's sharpness (mean difference of neighbouring pixels) keeps within 0.3 % where it is enlarged
twice, and within 5 % where it is not enlarged; at whole pixels it would jerk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy
from numpy.typing import NDArray
from PIL import Image

from dreamzoom.camera.aim import Point
from dreamzoom.delivery.screening import Screening
from dreamzoom.delivery.shapes import has_shape, window_of
from dreamzoom.footage.programme import DEEP_WHITE, Programme, Shown
from dreamzoom.video.excerpt import Excerpt

_FASTEST: Final = 1.5  # windows a second; half of it after a leap
_CALM: Final = 0.4  # seconds: what comes and goes faster hardly moves the window


class ReframedProgramme:
    """A programme in another shape. Sound, length and rate are those it has."""

    def __init__(self, programme: Programme, size: tuple[int, int]) -> None:
        """Re-frame a programme.

        Args:
            size: width and height that its pictures get, in pixels.
        """
        self._programme = programme
        self.size = size
        self.path: Path = programme.path
        self.fps: Fraction = programme.fps
        self.count = programme.count
        self.is_loop = programme.is_loop
        self.is_retimed = programme.is_retimed
        self.pace, self.begins = programme.pace, programme.begins
        self.cuts: tuple[int, ...] = programme.cuts

    @property
    def song(self) -> Path | None:
        """What is heard: the programme's song."""
        return self._programme.song

    @property
    def excerpt(self) -> Excerpt:
        """Which part of it."""
        return self._programme.excerpt

    @property
    def inscription(self) -> str | None:
        """What a file tells of how the programme was made."""
        return self._programme.inscription

    @property
    def window(self) -> tuple[float, float]:
        """Width and height of what is cut out of each picture, in its pixels: the largest of the shape."""
        return window_of(self._programme.size, self.size)

    def pictures(self, frames: Sequence[int], *, deep: bool = False) -> Iterator[Shown]:
        """The windows of some frames, (H, W, 3); see `Programme`."""
        shown = self._programme.pictures(frames, deep=deep)
        for frame, picture in zip(frames, shown, strict=True):
            left, top = self._corner(frame)
            width, height = self.window
            yield _cut_out(picture, (left, top, left + width, top + height), self.size)

    def fall_point(self, frame: int) -> Point:
        """Where the camera falls, in fractions of the window; inside of it."""
        (left, top), point = self._corner(frame), self._programme.fall_point(frame)
        inside = [
            min(max((share * side - start) / length, 0.0), 1.0)
            for share, side, start, length in zip(
                point, self._programme.size, (left, top), self.window, strict=True
            )
        ]
        return inside[0], inside[1]

    def _corner(self, frame: int) -> tuple[float, float]:
        """The top left corner of a frame's window."""
        start = float(self._starts[frame])
        return (start, 0.0) if self._axis == 0 else (0.0, start)

    @property
    def _axis(self) -> int:
        """Along which the window moves: 0 across, 1 down."""
        room = [side - length for side, length in zip(self._programme.size, self.window, strict=True)]
        return int(room[1] > room[0])

    @cached_property
    def _starts(self) -> NDArray[np.float64]:
        """Where each frame's window begins, in pixels along its way, (count,)."""
        side, length = self._programme.size[self._axis], self.window[self._axis]
        points = [self._programme.fall_point(frame)[self._axis] * side for frame in range(self.count)]
        wanted = np.clip(np.array(points) - length / 2, 0.0, side - length)
        fastest, calm = _FASTEST * length / float(self.fps), _CALM * float(self.fps)
        firsts = sorted({0, *(cut for cut in self.cuts if 0 < cut < self.count), self.count})
        if self.is_loop and len(firsts) == 2:
            starts = smooth_way(wanted, fastest, calm, is_round=True)
        else:
            scenes = [smooth_way(wanted[first:stop], fastest, calm) for first, stop in pairwise(firsts)]
            starts = np.concatenate(scenes)
        if starts.size and np.ptp(starts) < 1.0:
            starts = np.full(starts.shape, round(float(starts.mean())), np.float64)
        return starts


def at_size(screening: Screening) -> Screening:
    """The same, its pictures made as large as they are shown: what is drawn over them is then sharp.

    Where that would stretch them it is left as it is.
    """
    size = screening.size
    if size is None or not has_shape(screening.programme.size, size):
        return screening
    return replace(screening, programme=ReframedProgramme(screening.programme, size), size=None)


def smooth_way(
    wanted: NDArray[np.float64], fastest: float, calm: float, *, is_round: bool = False
) -> NDArray[np.float64]:
    """A calm way along the places that are wanted, never outside of what they span.

    Args:
        wanted: a place for each frame, (N,).
        fastest: how far it goes from one frame to the next, at most; half of that where a leap stands alone.
        calm: frames over which it is evened out.
        is_round: whether the last frame leads into the first.
    """
    rounds = np.tile(wanted, 3) if is_round else wanted
    # Half way between the lowest slow way above all that is wanted, and the highest below.
    way = (_stay_below(rounds, fastest) - _stay_below(-rounds, fastest)) / 2
    if is_round:
        way = way[wanted.size : 2 * wanted.size]
    calmed: NDArray[np.float64] = scipy.ndimage.gaussian_filter1d(
        way, calm, mode="wrap" if is_round else "nearest"
    )
    return calmed


def _stay_below(wanted: NDArray[np.float64], fastest: float) -> NDArray[np.float64]:
    """The highest way that is nowhere above the places that are wanted, and slow enough."""
    way = wanted.tolist()
    for places in (range(1, len(way)), range(len(way) - 2, -1, -1)):
        for place in places:
            way[place] = min(way[place], way[place - places.step] + fastest)
    return np.array(way)


def _cut_out(picture: Shown, box: tuple[float, float, float, float], size: tuple[int, int]) -> Shown:
    """A part of a picture, scaled.

    Args:
        picture: (H, W, 3), 8 bits or deep.
        box: left, top, right, bottom; may lie between pixels.
        size: width and height of what comes out.
    """
    box = (box[0], box[1], min(box[2], picture.shape[1]), min(box[3], picture.shape[0]))
    if picture.dtype == np.uint8:
        return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS, box=box))
    planes = [_scale_plane(picture[:, :, channel], box, size) for channel in range(picture.shape[2])]
    return np.stack(planes, axis=2)


def _scale_plane(
    plane: NDArray[Any], box: tuple[float, float, float, float], size: tuple[int, int]
) -> NDArray[np.uint16]:
    scaled = Image.fromarray(plane.astype(np.float32)).resize(size, Image.Resampling.LANCZOS, box=box)
    return np.clip(np.round(np.asarray(scaled)), 0, DEEP_WHITE).astype(np.uint16)
