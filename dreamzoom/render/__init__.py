"""Rendering a clip: frame after frame, each one a checkpoint, and the video beside them."""

from dreamzoom.render.loop import render
from dreamzoom.render.preparation import Prepared, prepare, prepare_again, require_space

__all__ = ["Prepared", "prepare", "prepare_again", "render", "require_space"]
