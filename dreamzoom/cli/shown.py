"""What the video of a clip shows: its frames, at another speed, blurred, with words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from dreamzoom.errors import warn

if TYPE_CHECKING:
    from dreamzoom.clip.folder import ClipFolder
    from dreamzoom.film.words.titles import TitlePainter
    from dreamzoom.footage.programme import Shown
    from dreamzoom.pictures.frames import Pixels

_FADE = Fraction(1, 4)  # seconds


def retimed(
    clip: ClipFolder, frames: range, speed: Fraction, shutter: Fraction
) -> tuple[int, Iterator[Pixels] | None]:
    """How many frames a video has, and what they are; None for the clip's own."""
    if speed == 1 and shutter == 0:
        return len(frames), None
    from dreamzoom.footage.shutter import moments, retime

    return len(moments(frames, speed)), retime(clip, frames, speed, shutter)


def blurred(
    clip: ClipFolder, frames: range, fps: Fraction, shutter: Fraction
) -> tuple[int, Iterator[Pixels] | None]:
    """How many frames a GIF has, and what they are; None for the clip's own."""
    from dreamzoom.video.gif import frame_length, kept_frames

    kept = kept_frames(len(frames), fps)
    if shutter == 0:
        return len(kept), None
    from dreamzoom.footage.shutter import expose

    shown = (Fraction(frames[index]) for index in kept)
    return len(kept), expose(clip, shown, shutter / 360 * frame_length(fps))


def read_titles(
    path: Path, size: tuple[int, int], fps: Fraction, frames: int, shift: Fraction
) -> TitlePainter:
    """What draws a file's lines over a video.

    Args:
        size: width and height of its pictures.
        frames: how many it has.
        shift: by how many seconds it is ahead of the file's times.

    Raises:
        SoundError: the file cannot be read.
        RequestError: a line cannot be drawn.
    """
    from dreamzoom.film.plan import Title
    from dreamzoom.film.words.lyrics import lyric_titles, read_lyrics
    from dreamzoom.film.words.titles import TitlePainter

    like = Title("", 0, 0, fade=round(_FADE * fps))
    titles = lyric_titles(read_lyrics(path).lines, like, fps, frames, float(shift))
    if not titles:
        warn(f"{path}: none of its lines falls into the video")
    return TitlePainter(titles, size)


def titled(painter: TitlePainter, paths: Sequence[Path], pictures: Iterable[Shown] | None) -> Iterator[Shown]:
    """A video's pictures with their titles.

    Args:
        paths: of the clip's frames, where its pictures are those.
        pictures: what the video shows else.
    """
    from dreamzoom.pictures.frames import read_frame

    for number, picture in enumerate(map(read_frame, paths) if pictures is None else pictures):
        yield painter.draw(picture, number)
