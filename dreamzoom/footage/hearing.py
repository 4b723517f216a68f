"""What of a song is heard with what is shown: which one, which part, and whether anything of it is left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from dreamzoom.footage.wanted import AskedSound, UnfitError
from dreamzoom.video.excerpt import Excerpt
from dreamzoom.video.sound import Sound


@dataclass(frozen=True)
class HeardSong:
    """A song that a video may have.

    Attributes:
        path: its file.
        sound: what it is.
        is_own: whether it is that of what is shown.
    """

    path: Path
    sound: Sound
    is_own: bool

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is doubtful about it; of an own one that was told when the clip was made."""
        return () if self.is_own else tuple(self.sound.doubts)


def excerpt_of_asked(asked: AskedSound, own: Excerpt) -> Excerpt:
    """Which part of its song a video has: of another song what is asked for, from its beginning on.

    Args:
        own: the part of its own song that goes with what is shown.
    """
    excerpt = own if asked.song is None else Excerpt()
    given: dict[str, Any] = {"start": asked.start, "fade_in": asked.fade_in, "fade_out": asked.fade_out}
    return replace(excerpt, **{name: value for name, value in given.items() if value is not None})


def hear(
    song: HeardSong,
    excerpt: Excerpt,
    length: Fraction,
    frame: Fraction,
    asked: AskedSound,
    *,
    target: Path,
    is_cut_as_made: bool,
) -> tuple[bool, list[str]]:
    """Whether a video has anything of its song, and what a person should know of that.

    Args:
        length: of the video, in seconds.
        frame: how long a frame of it is shown, in seconds: less of its song is not missed.
        target: the video's file.
        is_cut_as_made: whether it ends where it was said to, which cuts the song too.

    Raises:
        UnfitError: its fades last longer than the sound.
    """
    lasts = excerpt.end(song.sound.duration)
    if lasts <= excerpt.delay or excerpt.delay >= length:
        why = "has ended before" if lasts <= excerpt.delay else "begins only later"
        return False, [f"{target} has no sound: {song.path} {why}"]
    sounds, fades = min(lasts, length) - excerpt.delay, excerpt.fade_in + excerpt.fade_out
    if asked.says_fades and fades > sounds:
        told = f"the sound lasts {float(sounds):.2f} s, and its fades take {float(fades):g} s"
        raise UnfitError(f"{told}: make them shorter", f"{told}: make them shorter")
    told = f"{song.path} lasts {float(lasts):.2f} s"
    if lasts > length + frame and not is_cut_as_made:
        return True, [f"{told} and is cut where the film ends, after {float(length):.2f} s"]
    if lasts < length - frame:
        return True, [f"{told}, and the film {float(length):.2f} s: the rest of it is silent"]
    return True, []
