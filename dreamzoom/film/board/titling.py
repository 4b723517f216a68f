"""A film's titles and lyrics, to the frame."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from dreamzoom.errors import warn
from dreamzoom.film.board.reading import noting
from dreamzoom.film.board.storyboard import Storyboard, WordSettings
from dreamzoom.film.board.times import end_of, frame_at, in_words, start_of
from dreamzoom.film.plan import Title
from dreamzoom.film.words.lyrics import lyric_titles, read_lyrics
from dreamzoom.tracks.base import Clock


def plan_titles(board: Storyboard, clock: Clock, frames: int, faults: list[str]) -> tuple[Title, ...]:
    """The titles of a storyboard, in order; what is wrong with them is added to `faults`.

    Args:
        clock: of the film, with what it hears.
        frames: how many the film has; a title that lasts longer ends with it.
    """
    titles = [*_titles(board, clock, frames, faults), *_lyrics(board, clock, frames, faults)]
    return tuple(sorted(titles, key=lambda title: (title.first, title.stop)))


def _titles(board: Storyboard, clock: Clock, frames: int, faults: list[str]) -> Iterator[Title]:
    end = Fraction(frames) / clock.fps
    for number, each in enumerate(board.titles, 1):
        place = f"title {number}"
        with noting(faults, place):
            start = start_of(each.start, clock)
            stop = end_of(start, each.length, clock)
            if frame_at(start, clock.fps) < 0 or frame_at(start, clock.fps) >= frames:
                faults.append(f"{place}: start: is at {in_words(start)}, and the film lasts {in_words(end)}")
            elif frame_at(stop, clock.fps) <= frame_at(start, clock.fps):
                faults.append(f"{place}: length: lasts no frame")
            else:
                yield _title(each.text, start, min(stop, end), each, clock)


def _lyrics(board: Storyboard, clock: Clock, frames: int, faults: list[str]) -> tuple[Title, ...]:
    """The lines of a file of lyrics, in the film's time."""
    settings, soundtrack = board.lyrics, board.soundtrack
    if settings is None:
        return ()
    if not settings.file:
        faults.append("lyrics: file: names none: a .lrc, .srt or .vtt file tells the words and their times")
        return ()
    titles: tuple[Title, ...] = ()
    with noting(faults, "lyrics: file"):
        lines = read_lyrics(Path(settings.file), settings.encoding).lines
        like = _title("", Fraction(0), Fraction(frames) / clock.fps, settings, clock)
        shift = soundtrack.delay - soundtrack.start + settings.later
        titles = lyric_titles(lines, like, clock.fps, frames, shift)
        if not titles:
            warn(f"{settings.file}: none of its lines is sung in the film")
    return titles


def _title(text: str, start: Fraction, stop: Fraction, words: WordSettings, clock: Clock) -> Title:
    first, last = frame_at(start, clock.fps), frame_at(stop, clock.fps)
    fade = frame_at(end_of(start, words.fade, clock), clock.fps) - first
    return Title(
        text,
        first,
        last,
        min(max(fade, 0), (last - first) // 2),
        words.place,
        words.height,
        words.colour,
        Path(words.font) if words.font else None,
        words.style,
    )
