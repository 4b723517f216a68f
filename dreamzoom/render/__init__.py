"""Rendering a clip: frame after frame, each one a checkpoint, and the video beside them."""

from dreamzoom.render.loop import render
from dreamzoom.render.preparation import (
    Prepared,
    PreparedFork,
    prepare,
    prepare_again,
    prepare_fork,
    require_space,
)

__all__ = [
    "Prepared",
    "PreparedFork",
    "prepare",
    "prepare_again",
    "prepare_fork",
    "render",
    "require_space",
]
