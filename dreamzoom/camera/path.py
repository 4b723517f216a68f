"""The camera's course over a clip, as its recipe tells it."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from dreamzoom.camera.aim import AS_WRITTEN, CENTRE, Aim, Course, Point, rounded
from dreamzoom.camera.similarity import Similarity, camera_motion
from dreamzoom.recipe.schema import Recipe

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
