"""The camera's course over a clip, as its recipe tells it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from dreamzoom.motion.similarity import Similarity, camera_motion

if TYPE_CHECKING:
    from dreamzoom.recipe import Recipe

Point: TypeAlias = tuple[float, float]
"""A place in the picture, x and y in fractions of the frame from the top left."""

CENTRE: Final[Point] = (0.5, 0.5)
_NOWHERE: Final[Mapping[int, Point]] = MappingProxyType({})
_DIGITS: Final = 6  # a millionth of the frame


def motion_between(
    recipe: Recipe, since: int, until: int, found: Mapping[int, Point] = _NOWHERE
) -> Similarity:
    """Where the camera moves the picture from one frame to a later one, in pixels.

    Args:
        found: where the camera looked at each frame behind `since`, if it finds its own target; where a
            frame is not in it, the centre.
    """
    whole = Similarity()
    for frame in range(since + 1, until + 1):
        whole = whole.then(_motion_into(recipe, frame, found))
    return whole


def straight(since: tuple[int, Point], until: tuple[int, Point]) -> dict[int, Point]:
    """The targets at the frames behind one and up to another, on a straight way between their targets."""
    (first, start), (last, end) = since, until
    shares = {frame: (frame - first) / (last - first) for frame in range(first + 1, last + 1)}
    return {frame: rounded(_mixed(start, end, share)) for frame, share in shares.items()}


def _motion_into(recipe: Recipe, frame: int, found: Mapping[int, Point]) -> Similarity:
    camera, clock, size = recipe.camera, recipe.clock, recipe.clip.size
    target = camera.target
    return camera_motion(
        (size.width, size.height),
        zoom=camera.zoom.at(frame, clock),
        rotate=camera.rotate.at(frame, clock),
        pan=(camera.pan[0].at(frame, clock), camera.pan[1].at(frame, clock)),
        target=found.get(frame, CENTRE)
        if isinstance(target, str)
        else (target[0].at(frame, clock), target[1].at(frame, clock)),
    )


def _mixed(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def rounded(point: Point) -> Point:
    """A target as the journal keeps it, and as the camera uses it."""
    return round(point[0], _DIGITS), round(point[1], _DIGITS)
