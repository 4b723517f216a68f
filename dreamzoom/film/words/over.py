"""The lines of a file of lyrics or subtitles over what is shown, each in its time."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Final

from dreamzoom.delivery.reframing import at_size
from dreamzoom.delivery.screening import Screening
from dreamzoom.delivery.targets import Target
from dreamzoom.film.plan import Title
from dreamzoom.film.words.lyrics import lyric_titles, read_lyrics
from dreamzoom.film.words.titles import TitlePainter
from dreamzoom.footage.wanted import UnfitError
from dreamzoom.video.excerpt import Excerpt

_FADE: Final = Fraction(1, 4)  # seconds in which a line of words comes and goes


def with_words(
    screening: Screening,
    path: Path,
    target: Target,
    excerpt: Excerpt | None,
    most: int | None = None,
    *,
    font: Path | None = None,
) -> tuple[Screening, tuple[str, ...]]:
    """A screening with a file's lines over it, and what a person should know of that.

    They are drawn over pictures as large as they are shown, where the target's viewer sees them.

    Args:
        path, excerpt, most, font: as `words_over` has them.

    Raises: as `words_over`.
    """
    screening = at_size(screening)
    size, count = screening.programme.size, len(screening.frames)
    place = target.place_of_words(screening.shown_size)
    painter, doubts = words_over(path, size, count, screening.fps, excerpt, place=place, most=most, font=font)
    return replace(screening, words=painter), doubts


def words_over(
    path: Path,
    size: tuple[int, int],
    frames: int,
    fps: Fraction,
    excerpt: Excerpt | None,
    *,
    place: str = "bottom",
    most: int | None = None,
    font: Path | None = None,
) -> tuple[TitlePainter, tuple[str, ...]]:
    """What draws a file's lines over a video, and what a person should know of that.

    Args:
        size: width and height of the pictures that they are drawn over.
        frames: of the video, which they are counted by.
        excerpt: of the song, whose times the file's are; None where there is none: they are the video's.
        place: where they stand, one of `PLACES`.
        most: lines that are laid out: each takes some milliseconds; None for all.
        font: a font's file; None for the one that is built in.

    Raises:
        SoundError: the file cannot be read.
        UnfitError: it has more lines.
        PictureError, RequestError: a line cannot be drawn, or the font not be read.
    """
    shift = Fraction(0) if excerpt is None else Fraction(excerpt.delay) - Fraction(excerpt.start)
    like = Title("", 0, 0, font=font, fade=round(_FADE * fps), place=place)
    titles = lyric_titles(read_lyrics(path).lines, like, fps, frames, float(shift))
    if most is not None and len(titles) > most:
        told = f"{path} has {len(titles)} lines that fall into the video"
        raise UnfitError(told, f"{told}: {most} at most here; a terminal takes more")
    return _painter_of(titles, size), () if titles else (f"{path}: none of its lines falls into the video",)


@lru_cache(maxsize=2)
def _painter_of(titles: tuple[Title, ...], size: tuple[int, int]) -> TitlePainter:
    """What draws them, laid out once: a page checks each choice. Raises a RequestError."""
    return TitlePainter(titles, size)
