"""Never stuck: whether a clip has stopped going anywhere, and how hard to push it.

Every `span` dreamed frames the guard looks at thumbnails of the last `span` dreamed frames. Where it finds
the clip stuck, the frames up to its next look are nudged: the nudge swells, is strongest half way, and has
faded when the guard looks again. What it decides is a function of stored frames, the camera and a frame's
number, so a render that is resumed decides as an uninterrupted one.

Frames are counted here as dreamed ones: with in-betweens, those are the ones that follow from each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from dreamzoom.measure import Thumbnail, correlation
from dreamzoom.motion.similarity import Similarity

_STILL = 0.995  # correlation with what the camera alone would have made: no new detail at all
_MARGIN = 0.1  # by how much a correlation has to stand out from the one it is compared with
_DARK, _LIGHT = 8.0, 247.0  # beyond these a thumbnail's luma counts as burnt out
_BURNT = 0.5  # the share of burnt out places at which a picture is saturated
_FLAT = 2.0  # grey levels of spread below which a picture shows nothing


class Stuck(str, Enum):
    """In which way a clip is stuck; the value is how a person calls it."""

    SATURATION = "saturation"  # half the picture is black or white, or all of it is one grey
    CYCLE = "two-cycle"  # every other frame is the same
    STILL = "fixed point"  # the dream adds nothing to what the camera makes of the picture
    REPETITION = "repetition"  # the same picture stands there although the camera moves


@dataclass(frozen=True)
class Guard:
    """When a clip counts as stuck.

    Attributes:
        similar: the mean correlation of thumbnails `apart` frames apart from which on a clip repeats
            itself, 0 to 1.
        span: dreamed frames from one look to the next, more than `apart`.
        apart: see `similar`.
    """

    similar: float = 0.5
    span: int = 40
    apart: int = 20


@dataclass(frozen=True)
class Nudge:
    """What a frame's dream is pushed with.

    Attributes:
        reason: what was found.
        since: the dreamed frame at which it was found; with the clip's seed it keys the nudge's randomness.
        strength: above 0, at most 1.
    """

    reason: Stuck
    since: int
    strength: float

    def __str__(self) -> str:
        """As the journal tells of it, such as "fixed point, 0.42"."""
        return f"{self.reason.value}, {self.strength:.2f}"


def looked_at(guard: Guard, index: int) -> range:
    """The dreamed frames whose thumbnails decide how frame `index` is nudged; all are before it. May be
    empty.
    """
    look = index // guard.span * guard.span
    return range(max(0, look - guard.span), look)


def find_nudge(
    guard: Guard, index: int, thumbnails: Sequence[Thumbnail], size: tuple[int, int], motion: Similarity
) -> Nudge | None:
    """How to nudge the dream of frame `index`, if at all.

    Args:
        index: counts dreamed frames, from 0.
        thumbnails: those of the frames `looked_at(guard, index)`.
        size: the frames' width and height.
        motion: where the camera moved the picture over the last `apart` of those frames, in pixels.
    """
    reason = find_stuck(guard, thumbnails, size, motion)
    if reason is None:
        return None
    since = index // guard.span * guard.span
    # Frame `since` is pushed already, so that a nudge has `span` frames to work, none of them at strength 0.
    strength = math.sin(math.pi * (index - since + 0.5) / guard.span) ** 2
    return Nudge(reason, since, strength)


def find_stuck(
    guard: Guard, thumbnails: Sequence[Thumbnail], size: tuple[int, int], motion: Similarity
) -> Stuck | None:
    """In which way the frames are stuck; None where they are not, or are too few to tell.

    The arguments are those of `find_nudge`.
    """
    if len(thumbnails) <= guard.apart:
        return None
    if all(_is_saturated(thumbnail) for thumbnail in thumbnails[-guard.apart :]):
        return Stuck.SATURATION
    if _alike(thumbnails, 2) > _alike(thumbnails, 1) + _MARGIN:
        return Stuck.CYCLE
    pairs = list(zip(thumbnails, thumbnails[guard.apart :], strict=False))
    carried = [_carried(then, size, motion) for then, _ in pairs]
    if _mean(correlation(now, moved) for (_, now), moved in zip(pairs, carried, strict=True)) > _STILL:
        return Stuck.STILL
    alike = _alike(thumbnails, guard.apart)
    # A slow camera leaves most of a picture where it was: that is no repetition.
    unmoved = _mean(correlation(then, moved) for (then, _), moved in zip(pairs, carried, strict=True))
    return Stuck.REPETITION if alike > max(guard.similar, unmoved + _MARGIN) else None


def _is_saturated(thumbnail: Thumbnail) -> bool:
    burnt = float(((thumbnail < _DARK) | (thumbnail > _LIGHT)).mean())
    return burnt > _BURNT or float(thumbnail.std()) < _FLAT


def _alike(thumbnails: Sequence[Thumbnail], apart: int) -> float:
    """The mean correlation of thumbnails so many frames apart."""
    return _mean(correlation(then, now) for then, now in zip(thumbnails, thumbnails[apart:], strict=False))


def _carried(thumbnail: Thumbnail, size: tuple[int, int], motion: Similarity) -> Thumbnail:
    """What the camera alone would have made of a thumbnail: each place takes the nearest one's value."""
    rows, columns = thumbnail.shape
    x = (np.arange(columns) + 0.5) * size[0] / columns - 0.5
    y = (np.arange(rows) + 0.5) * size[1] / rows - 0.5
    back = motion.inverse()
    source = back.factor * (x + 1j * y[:, None]) + back.offset
    column = np.clip(np.floor((source.real + 0.5) * columns / size[0]), 0, columns - 1).astype(int)
    row = np.clip(np.floor((source.imag + 0.5) * rows / size[1]), 0, rows - 1).astype(int)
    carried: Thumbnail = thumbnail[row, column]
    return carried


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)
