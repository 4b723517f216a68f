"""The song of a stitched video, and which part of it goes with its frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.reading import reading
from dreamzoom.footage.hearing import HeardSong, excerpt_of_asked
from dreamzoom.stitching.wanted import StitchOrder
from dreamzoom.video.excerpt import WHOLE, Excerpt, excerpt_of
from dreamzoom.video.sound import Sound


def song_of(clip: ClipFolder, order: StitchOrder, measure: Callable[[Path], Sound]) -> HeardSong | None:
    """The song of a video: another one, or the clip's; None where there is none, or of a GIF.

    Raises:
        SoundError: it cannot be used.
        ClipError: the clip's own is missing.
    """
    own = clip.soundtrack_path
    path = order.sound.song or own
    if path is None or order.is_gif:
        return None
    if path == own:
        with reading(path):
            path.stat()
    return HeardSong(path, measure(path), path == own)


def excerpt_for(clip: ClipFolder, frames: range, order: StitchOrder) -> Excerpt:
    """Which part of its song a video has: that of its frames, or of another song what the order says."""
    own = WHOLE
    if clip.soundtrack_path is not None and frames:
        begin, is_last = frames[0] / clip.recipe.clip.fps, frames[-1] >= clip.recipe.clip.frames - 1
        own = excerpt_of(clip.recipe.music).of_range(begin, is_last=is_last)
    return excerpt_of_asked(order.sound, own)
