"""What was heard, in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Final

from dreamzoom.audio.correct import beats_in_bars
from dreamzoom.errors import shell_word
from dreamzoom.tracks.music import Music, number_at

_MOST_SECTIONS: Final = 16  # in one line
# Clarity. Of 40 real songs, those above the first agreed with another ear's beats (AMLt) at 0.97 on average,
# those between them at 0.86, the others at 0.27.
_SURE, _FAIRLY = 0.57, 0.44
_AROUND: Final = 8  # beats over which a tempo is taken
_STEADY: Final = 1.06  # the quickest tempo of a steady song as a multiple of its slowest


def heard_in_words(song: Path, music: Music, given: Path | None = None, *, of_film: bool = False) -> str:
    """What was heard of a song in a line, and how it is seen and changed.

    Args:
        given: the beat map that rules it.
        of_film: whether it is a film's, which takes no --set.
    """
    by, how = f"by {given}: " if given else "", f"dreamzoom listen {shell_word(str(song))}"
    if not music.beats:
        tap = f"write it down: {how} --tempo BPM --write"
        if not of_film:
            tap = f"say its tempo with --set music.tempo=BPM, or see: {how}"
        return f"{song}: {by}no beat was found; if it has a beat, {tap}"
    return f"{song}: {by}{beats_in_words(music)}; if that is wrong: {how}"


def beats_in_words(music: Music) -> str:
    """Tempo, metre, beats, bars and sections, such as "128 bpm in 4, 312 beats, 78 bars, sections A B A"."""
    metre = beats_in_bars(music)
    sure = certainty_in_words(music) if not music.beat_map else ""
    pace = f"{tempo_in_words(music.beats)}{f' in {metre}' if metre else ''}{f' ({sure})' if sure else ''}"
    labels = [label for label, _ in groupby(section.label for section in music.sections)]
    shown = " ".join(labels[:_MOST_SECTIONS]) + (" …" if len(labels) > _MOST_SECTIONS else "")
    parts = [pace, _count(len(music.beats), "beat"), _count(len(music.bars), "bar")]
    return ", ".join([*parts, f"sections {shown}"] if labels else parts)


def tempo_in_words(beats: Sequence[float]) -> str:
    """How fast beats (two or more) are, such as "128 bpm", or "90 to 112 bpm" where that changes."""
    reach = min(_AROUND, len(beats) - 1)
    paces = sorted(60 * reach / (beats[index + reach] - beats[index]) for index in range(len(beats) - reach))
    slow, quick = (paces[round(share * (len(paces) - 1))] for share in (0.1, 0.9))
    if quick <= slow * _STEADY:
        return f"{usual_tempo(beats):.4g} bpm"
    return f"{slow:.0f} to {quick:.0f} bpm"


def usual_tempo(beats: Sequence[float]) -> float:
    """Beats a minute, over most of the song, to a tenth."""
    reach = min(_AROUND, len(beats) - 1)
    apart = median(beats[index + reach] - beats[index] for index in range(len(beats) - reach)) / reach
    return round(60 / apart, 1)


def certainty_in_words(music: Music) -> str:
    """How sure the beats are: "sure", "fairly sure" or "not sure"; "" where that is not told."""
    if not music.clarity:
        return ""
    return "sure" if music.clarity >= _SURE else "fairly sure" if music.clarity >= _FAIRLY else "not sure"


def bars_between(music: Music, start: float, end: float) -> str:
    """How many bars there are from one moment to another, to a half; "" without bars."""
    if not music.bars:
        return ""
    halves = round(2 * (number_at(end, music.bars) - number_at(start, music.bars)))
    return f"{halves / 2:g}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
