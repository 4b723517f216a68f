"""Rendering a clip: frame after frame, each one a checkpoint, and the video beside them."""
