"""What of its song a video has: which part, and whether there is anything left of it to hear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.reading import reading
from dreamzoom.stitching.wanted import StitchError, StitchOrder
from dreamzoom.video.excerpt import Excerpt, excerpt_of
from dreamzoom.video.sound import Sound


@dataclass(frozen=True)
class HeardSong:
    """A song that a video may have.

    Attributes:
        path: its file.
        sound: what it is.
        is_own: whether it is the clip's.
    """

    path: Path
    sound: Sound
    is_own: bool

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is doubtful about it; of the clip's own that was told when the clip was made."""
        return () if self.is_own else tuple(self.sound.doubts)


def song_of(clip: ClipFolder, order: StitchOrder, measure: Callable[[Path], Sound]) -> HeardSong | None:
    """The song of a video: another one, or the clip's; None where there is none, or of a GIF.

    Raises:
        SoundError: it cannot be used.
        ClipError: the clip's own is missing.
    """
    own = clip.soundtrack_path
    path = order.song or own
    if path is None or order.is_gif:
        return None
    if path == own:
        with reading(path):
            path.stat()
    return HeardSong(path, measure(path), path == own)


def excerpt_for(clip: ClipFolder, frames: range, order: StitchOrder) -> Excerpt:
    """Which part of its song a video has: that of its frames, or of another song what the order says."""
    excerpt = Excerpt()
    if order.song is None and clip.soundtrack_path is not None and frames:
        begin, is_last = frames[0] / clip.recipe.clip.fps, frames[-1] >= clip.recipe.clip.frames - 1
        excerpt = excerpt_of(clip.recipe.music).of_range(begin, is_last=is_last)
    asked: dict[str, Any] = {"start": order.start, "fade_in": order.fade_in, "fade_out": order.fade_out}
    return replace(excerpt, **{name: value for name, value in asked.items() if value is not None})


def hear(
    song: HeardSong,
    excerpt: Excerpt,
    length: Fraction,
    frame: Fraction,
    order: StitchOrder,
    *,
    is_cut_by_recipe: bool,
) -> tuple[bool, list[str]]:
    """Whether a video has anything of its song, and what a person should know of that.

    Args:
        length: of the video, in seconds.
        frame: how long a frame of it is shown, in seconds: less of its song is not missed.
        is_cut_by_recipe: whether it ends where it was said to, which cuts the song too.

    Raises:
        StitchError: its fades last longer than the sound.
    """
    lasts = excerpt.end(song.sound.duration)
    if lasts <= excerpt.delay or excerpt.delay >= length:
        why = "has ended before" if lasts <= excerpt.delay else "begins only later"
        return False, [f"{order.target} has no sound: {song.path} {why}"]
    sounds, fades = min(lasts, length) - excerpt.delay, excerpt.fade_in + excerpt.fade_out
    if order.says_fades and fades > sounds:
        told = f"the sound lasts {float(sounds):.2f} s, and its fades take {float(fades):g} s"
        raise StitchError(f"{told}: make them shorter", f"{told}: make them shorter")
    told = f"{song.path} lasts {float(lasts):.2f} s"
    if lasts > length + frame and not is_cut_by_recipe:
        return True, [f"{told} and is cut where the film ends, after {float(length):.2f} s"]
    if lasts < length - frame:
        return True, [f"{told}, and the film {float(length):.2f} s: the rest of it is silent"]
    return True, []
