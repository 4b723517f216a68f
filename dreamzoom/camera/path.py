"""The camera's path over a clip: its motion between frames, and the way of a target it finds by itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dreamzoom.camera.aim import AS_WRITTEN, CENTRE, Aim, Point, round_pair
from dreamzoom.camera.rounds import round_of
from dreamzoom.camera.similarity import Similarity, camera_motion
from dreamzoom.recipe.schema import Recipe

_GLIDE_RATE: Final = 1.0  # of what is left of the way, per second
_NO_AIMS: Final[Mapping[int, Aim]] = MappingProxyType({})


def motion_between(recipe: Recipe, since: int, until: int, aims: Mapping[int, Aim] = _NO_AIMS) -> Similarity:
    """Where the camera moves the picture from one frame to a later one, in pixels.

    Args:
        aims: of the frames after `since`; a camera that finds its own target looks at the centre where a
            frame has none.
    """
    whole = Similarity()
    for frame in range(since + 1, until + 1):
        whole = whole.then(motion_into(recipe, frame, aims.get(frame, AS_WRITTEN)))
    return whole


def motion_into(recipe: Recipe, frame: int, aim: Aim) -> Similarity:
    """Where the camera moves the picture from the frame before to this one, in pixels."""
    if recipe.loop.is_endless:
        return round_of(recipe).motion_into(frame, aim.target)
    camera, clock, size = recipe.camera, recipe.clock, recipe.clip.size
    if isinstance(camera.target, str):
        target = aim.target or CENTRE
    else:
        target = (camera.target[0].at(frame, clock), camera.target[1].at(frame, clock))
    return camera_motion(
        (size.width, size.height),
        zoom=camera.zoom.at(frame, clock) * aim.turn[1],
        rotate=camera.rotate.at(frame, clock) + aim.turn[0],
        pan=(camera.pan[0].at(frame, clock), camera.pan[1].at(frame, clock)),
        target=target,
    )


def glide(now: Point, goal: Point, seconds: float) -> Point:
    """Where a camera is that has gone from `now` towards `goal` for so long, the slower the nearer it is."""
    return _between(now, goal, -math.expm1(-_GLIDE_RATE * seconds))


def interpolate_targets(since: tuple[int, Point], until: tuple[int, Point]) -> dict[int, Point]:
    """The targets at the frames after one and up to another, on a straight line between their targets."""
    (first, start), (last, end) = since, until
    shares = {frame: (frame - first) / (last - first) for frame in range(first + 1, last + 1)}
    return {frame: round_pair(_between(start, end, share)) for frame, share in shares.items()}


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
