"""The camera's course over a clip, as its recipe tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dreamzoom.motion.similarity import Similarity, camera_motion

if TYPE_CHECKING:
    from dreamzoom.recipe import Recipe


def motion_between(recipe: Recipe, since: int, until: int) -> Similarity:
    """Where the camera moves the picture from one frame to a later one, in pixels."""
    whole = Similarity()
    for frame in range(since + 1, until + 1):
        whole = whole.then(_motion_into(recipe, frame))
    return whole


def _motion_into(recipe: Recipe, frame: int) -> Similarity:
    camera, clock, size = recipe.camera, recipe.clock, recipe.clip.size
    return camera_motion(
        (size.width, size.height),
        zoom=camera.zoom.at(frame, clock),
        rotate=camera.rotate.at(frame, clock),
        pan=(camera.pan[0].at(frame, clock), camera.pan[1].at(frame, clock)),
        target=(camera.target[0].at(frame, clock), camera.target[1].at(frame, clock)),
    )
