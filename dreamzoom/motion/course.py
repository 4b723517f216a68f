"""The camera's course over a clip, as its recipe tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from dreamzoom.motion.similarity import Similarity, camera_motion

if TYPE_CHECKING:
    from dreamzoom.recipe import Recipe

Point: TypeAlias = tuple[float, float]
"""A place in the picture, x and y in fractions of the frame from the top left."""

Turn: TypeAlias = tuple[float, float]
"""Degrees by which the picture turns clockwise, and how many times larger it grows."""

CENTRE: Final[Point] = (0.5, 0.5)
NO_TURN: Final[Turn] = (0.0, 1.0)
_DIGITS: Final = 6  # a millionth of the frame, or of a degree


@dataclass(frozen=True)
class Aim:
    """What the camera did at a frame and the recipe does not tell.

    Attributes:
        target: where it looked, if it finds its own target.
        turn: by how much the guard turned and enlarged the picture on the way from the frame before, beside
            the recipe's own rotation and zoom.
    """

    target: Point | None = None
    turn: Turn = NO_TURN


Course: TypeAlias = Mapping[int, Aim]
"""The aims of a clip's frames, as far as they tell anything."""

AS_WRITTEN: Final = Aim()
"""The recipe tells everything."""

_NOTHING_ELSE: Final[Course] = MappingProxyType({})


def motion_between(recipe: Recipe, since: int, until: int, course: Course = _NOTHING_ELSE) -> Similarity:
    """Where the camera moves the picture from one frame to a later one, in pixels.

    Args:
        course: the aims of the frames behind `since`; a camera that finds its own target looks at the centre
            where a frame is not in it.
    """
    whole = Similarity()
    for frame in range(since + 1, until + 1):
        whole = whole.then(_motion_into(recipe, frame, course.get(frame, AS_WRITTEN)))
    return whole


def straight(since: tuple[int, Point], until: tuple[int, Point]) -> dict[int, Point]:
    """The targets at the frames behind one and up to another, on a straight way between their targets."""
    (first, start), (last, end) = since, until
    shares = {frame: (frame - first) / (last - first) for frame in range(first + 1, last + 1)}
    return {frame: rounded(_mixed(start, end, share)) for frame, share in shares.items()}


def _motion_into(recipe: Recipe, frame: int, aim: Aim) -> Similarity:
    camera, clock, size = recipe.camera, recipe.clock, recipe.clip.size
    target = camera.target
    return camera_motion(
        (size.width, size.height),
        zoom=camera.zoom.at(frame, clock) * aim.turn[1],
        rotate=camera.rotate.at(frame, clock) + aim.turn[0],
        pan=(camera.pan[0].at(frame, clock), camera.pan[1].at(frame, clock)),
        target=aim.target or CENTRE
        if isinstance(target, str)
        else (target[0].at(frame, clock), target[1].at(frame, clock)),
    )


def _mixed(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def rounded(pair: tuple[float, float]) -> tuple[float, float]:
    """A target or a turn as the journal keeps it, and as the camera uses it."""
    return round(pair[0], _DIGITS), round(pair[1], _DIGITS)
