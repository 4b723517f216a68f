"""Where a clip's camera falls, as its recipe says and its journal tells."""

from __future__ import annotations

from dreamzoom.camera.aim import CENTRE, Point
from dreamzoom.camera.rounds import round_of
from dreamzoom.clip.folder import ClipFolder


def fall_point(clip: ClipFolder, frame: int) -> Point:
    """Where a clip's camera falls at a frame, in fractions of width and height from the top left."""
    recipe, entry = clip.take_of(frame).recipe, clip.journal().get(frame)
    found = None if entry is None else entry.aim.target
    if recipe.loop.is_endless:
        return round_of(recipe).target(frame, found)
    target, clock = recipe.camera.target, recipe.clock
    if not isinstance(target, str):
        return target[0].at(frame, clock), target[1].at(frame, clock)
    return found or CENTRE
