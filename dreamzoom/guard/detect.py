"""Whether a clip has stopped going anywhere, and how hard to push it.

Every `span` dreamed frames the guard looks at the last `span` of them: at small pictures of all, and at what
the network sees in some. Where it finds the clip stuck, the frames up to its next look are nudged: the nudge
swells, is strongest half way, and has faded when the guard looks again. All of this is a function of stored
frames, the camera and a frame's number, so that a resumed render decides as an uninterrupted one.

Frames are counted here as dreamed ones: with in-betweens, those are the ones that follow from each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from statistics import fmean
from typing import Final, TypeAlias

import numpy as np
import scipy
import torch
from numpy.typing import NDArray

from dreamzoom.camera.kaleidoscope import source_sector
from dreamzoom.camera.similarity import Similarity
from dreamzoom.pictures.frames import Pixels
from dreamzoom.pictures.thumbnails import THUMBNAIL_SIZE, Thumbnail, correlation, small_luma

LumaGrid: TypeAlias = NDArray[np.float64]
"""A picture's luma, 72 rows of 128, grey levels: fine enough to be moved as the camera moved it."""

_FINER: Final = 4  # a preview's sides are so many times a thumbnail's

# Correlation with what the camera alone would have made, half a span of 40 ago. Measured on clips: 0.996 and
# above where nothing is dreamed at all, 0.985 to 0.996 of a face that only grows sharper; 0.96 at most, and
# 0.85 as a rule, of dreams that go on.
_STILL = 0.98
_MARGIN = 0.1  # by how much a correlation has to stand out from the one it is compared with
_DARK, _LIGHT = 8.0, 247.0  # beyond these a thumbnail's luma counts as burnt out
_BURNT = 0.5  # the share of burnt out places at which a picture is saturated
_FAR = 1e6  # times the way from a frame's middle: no camera brings that back
_KNOWN = 0.1  # the share of a picture by which two can be compared
_FLAT = 2.0  # grey levels of spread below which a picture shows nothing
_MOST = 0.5  # of all that a layer sees: what its few strongest channels have at least


class Stuck(str, Enum):
    """In which way a clip is stuck; the value is how a person calls it."""

    SATURATION = "saturation"  # half the picture is black or white, or all of it is one grey
    CYCLE = "two-cycle"  # every other frame is the same
    STILL = "fixed point"  # the dream adds nothing to what the camera makes of the picture
    REPETITION = "repetition"  # the same picture stands there although the camera moves
    MONOTONY = "few channels"  # the same few channels are strongest in every picture, wherever in it


@dataclass(frozen=True)
class Guard:
    """When a clip counts as stuck.

    Attributes:
        similar: the mean correlation of thumbnails `apart` frames apart from which on a clip repeats
            itself, 0 to 1.
        span: dreamed frames from one look to the next.
        few: the share of a layer's channels that is few, 0 to 1: where so few have most of what the layer
            sees, and the same ones throughout, the clip is monotonous; 0: never.
    """

    similar: float = 0.5
    span: int = 40
    few: float = 0.05

    @property
    def apart(self) -> int:
        """How many dreamed frames apart pictures are compared."""
        return self.span // 2


@dataclass(frozen=True, eq=False)
class Observation:
    """What the guard sees at a look, of dreamed frames in a row.

    Attributes:
        size: their width and height.
        previews: one of each.
        motions: where the camera moved the picture from each to the next, in pixels.
        shares: of some of them, spread over all, the share that each channel of a layer has of what it sees
            there: (C,) each, summing to 1, or nothing but zeros. Empty where channels are not looked at.
        mirrors: those that the frames were seen in.
    """

    size: tuple[int, int]
    previews: Sequence[LumaGrid]
    motions: Sequence[Similarity]
    shares: Sequence[NDArray[np.float64]] = ()
    mirrors: int = 0


@dataclass(frozen=True)
class Diagnosis:
    """In which way a clip is stuck, and the channels that are not its strongest (see `Nudge`)."""

    reason: Stuck
    others: tuple[int, ...] = ()


@dataclass(frozen=True)
class Nudge:
    """What a frame's dream is pushed with.

    Attributes:
        reason: in which way the clip is stuck.
        since, index: the dreamed frame at which that was found, and the one that is pushed.
        strength: above 0, at most 1.
        share: of the nudge's whole work, from its first frame to its last, that this frame has.
        others: all but the strongest channels, ascending; none where channels were not looked at.
    """

    reason: Stuck
    since: int
    index: int
    strength: float
    share: float
    others: tuple[int, ...] = ()


def preview(frame: Pixels) -> LumaGrid:
    """A frame (H, W, 3) shrunk to what the guard keeps of it, (72, 128)."""
    width, height = THUMBNAIL_SIZE
    return small_luma(frame, (_FINER * width, _FINER * height))


def observed_before(guard: Guard, index: int) -> range:
    """The dreamed frames, by their places, that decide how number `index` is nudged; all are before it. There
    may be none.
    """
    look = index // guard.span * guard.span
    return range(max(0, look - guard.span), look)


def nudge_at(guard: Guard, index: int, found: Diagnosis) -> Nudge:
    """How dreamed frame number `index`, from 0, is nudged after that diagnosis at the look before it."""
    since = index // guard.span * guard.span
    # Frame `since` is pushed already, so that a nudge has `span` frames to work, none of them at strength 0.
    strength = math.sin(math.pi * (index - since + 0.5) / guard.span) ** 2
    # The strengths of a span add up to half of it.
    return Nudge(found.reason, since, index, strength, 2 * strength / guard.span, found.others)


def diagnose(guard: Guard, seen: Observation) -> Diagnosis | None:
    """What is wrong with the frames; None where they are not stuck, or are too few to tell."""
    reason = find_stuck(guard, seen)
    return Diagnosis(reason, _other_channels(seen.shares, guard.few)) if reason else None


def find_stuck(guard: Guard, seen: Observation) -> Stuck | None:
    """In which way the frames are stuck; None where they are not, or are too few to tell."""
    if len(seen.previews) <= guard.apart:
        return None
    thumbnails = [_thumbnail(each) for each in seen.previews]
    if all(_is_saturated(thumbnail) for thumbnail in thumbnails[-guard.apart :]):
        return Stuck.SATURATION
    if _alike(thumbnails, 2) > _alike(thumbnails, 1) + _MARGIN:
        return Stuck.CYCLE
    moved = [_thumbnail(each) for each in _moved_on(seen, guard.apart)]
    if fmean(map(_known_correlation, thumbnails[guard.apart :], moved)) > _STILL:
        return Stuck.STILL
    # A slow camera leaves most of a picture where it was: that is no repetition.
    unmoved = fmean(map(_known_correlation, thumbnails, moved))
    if _alike(thumbnails, guard.apart) > max(guard.similar, unmoved + _MARGIN):
        return Stuck.REPETITION
    return Stuck.MONOTONY if _is_monotonous(seen.shares, guard.few) else None


def _is_monotonous(shares: Sequence[NDArray[np.float64]], few: float) -> bool:
    """Whether the few strongest channels, the same ones in all pictures, have most of each."""
    if not shares or few == 0:
        return False
    return bool((np.array(shares)[:, _strongest(shares, few)].sum(1) > _MOST).all())


def _other_channels(shares: Sequence[NDArray[np.float64]], few: float) -> tuple[int, ...]:
    """All channels but the few strongest, ascending."""
    if not shares:
        return ()
    return tuple(np.delete(np.arange(len(shares[0])), _strongest(shares, few)).tolist())


def _strongest(shares: Sequence[NDArray[np.float64]], few: float) -> NDArray[np.int64]:
    """The few channels that have most in all pictures together."""
    everywhere = np.array(shares)  # (pictures, C)
    return np.argsort(everywhere.mean(0), kind="stable")[-max(1, round(few * everywhere.shape[1])) :]


def _is_saturated(thumbnail: Thumbnail) -> bool:
    burnt = float(((thumbnail < _DARK) | (thumbnail > _LIGHT)).mean())
    return burnt > _BURNT or float(thumbnail.std()) < _FLAT


def _alike(thumbnails: Sequence[Thumbnail], apart: int) -> float:
    """The mean correlation of thumbnails so many frames apart."""
    return fmean(correlation(then, now) for then, now in zip(thumbnails, thumbnails[apart:], strict=False))


def _thumbnail(seen: LumaGrid) -> Thumbnail:
    """Each value the mean of the finer ones it covers; NaN where one of them is."""
    width, height = THUMBNAIL_SIZE
    small: Thumbnail = seen.reshape(height, _FINER, width, _FINER).mean((1, 3))
    return small


def _moved_on(seen: Observation, apart: int) -> Iterator[LumaGrid]:
    """What the camera alone would have made of each picture so many frames later, where there is one."""
    for place, then in enumerate(seen.previews[:-apart]):
        yield _sample(then, seen.size, _sources(seen, seen.motions[place : place + apart]))


def _sources(seen: Observation, motions: Sequence[Similarity]) -> NDArray[np.complex128]:
    """Where a preview's values come from in a frame that so many motions have moved, (72, 128), pixels."""
    width, height = seen.size
    columns, rows = (_FINER * side for side in THUMBNAIL_SIZE)
    x = (np.arange(columns) + 0.5) * width / columns - 0.5
    y = (np.arange(rows) + 0.5) * height / rows - 0.5
    places = x + 1j * y[:, None]
    if seen.mirrors == 0:
        return _undo(reduce(Similarity.then, motions), places)
    for motion in reversed(motions):
        places = _undo(motion, _unmirrored(places, seen))
    return places


def _undo(motion: Similarity, places: NDArray[np.complex128]) -> NDArray[np.complex128]:
    source = motion.inverse()
    return source.factor * places + source.offset


def _unmirrored(places: NDArray[np.complex128], seen: Observation) -> NDArray[np.complex128]:
    """Where that lies which a kaleidoscope shows at places.

    Beyond the frame's border it goes far away: what is seen there comes from elsewhere.
    """
    width, height = seen.size
    middle = complex(width - 1, height - 1) / 2
    folded = source_sector(seen.size, seen.mirrors).fold(torch.from_numpy(places - middle)).numpy()
    beyond = (np.abs(folded.real) > width / 2) | (np.abs(folded.imag) > height / 2)
    shown: NDArray[np.complex128] = np.where(beyond, _FAR * folded, folded) + middle
    return shown


def _sample(seen: LumaGrid, size: tuple[int, int], sources: NDArray[np.complex128]) -> LumaGrid:
    """A preview at places of its frame, bilinearly; NaN where the frame does not reach."""
    rows, columns = seen.shape
    down = (sources.imag + 0.5) * rows / size[1] - 0.5
    across = (sources.real + 0.5) * columns / size[0] - 0.5
    inside = np.clip([down, across], 0, [[[rows - 1]], [[columns - 1]]])
    # A frame reaches half a value beyond its outermost values' middles.
    inside[np.abs(inside - [down, across]) > 0.5] = -1
    sampled: LumaGrid = scipy.ndimage.map_coordinates(seen, inside, order=1, cval=np.nan)
    return sampled


def _known_correlation(thumbnail: Thumbnail, moved: Thumbnail) -> float:
    """Their correlation where the moved one is known; 0 where that is next to nowhere."""
    known = ~np.isnan(moved)
    return correlation(thumbnail[known], moved[known]) if known.mean() > _KNOWN else 0.0
