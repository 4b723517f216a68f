"""A song as a film goes by it: its parts, how loud each is beside the others, and where a cut may fall."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from dreamzoom.tracks.music import Music
from dreamzoom.tracks.places import section_names

CALM, MOVING, LOUD = "calm", "moving", "loud"
"""How parts of a song are to one another."""

_CALMEST, _LOUDEST = 0.38, 0.62  # energies below and above which a part is calm, and loud
_FLAT: Final = 0.08  # of loudness from the quietest to the loudest part, in a song that is everywhere alike
_SHORTEST: Final = 4.0  # seconds of a part; a shorter one goes with its neighbour
_BARS: Final = 16  # of a part where no sections were heard
_SECONDS: Final = 25.0  # of a part where nothing was


@dataclass(frozen=True)
class SongPart:
    """A part of a song.

    Attributes:
        name: as keyframes and storyboards call it: "A2", "chorus 2"; "" where it has none.
        kin: the same for all parts that sound alike.
        start, end: seconds.
        loudness: on average, 0 to 1.
        energy: the loudness beside that of the song's other parts, 0 to 1.
    """

    name: str
    kin: str
    start: float
    end: float
    loudness: float = 0.0
    energy: float = 0.5

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start

    @property
    def pace(self) -> str:
        """`CALM`, `MOVING` or `LOUD`."""
        return CALM if self.energy < _CALMEST else LOUD if self.energy > _LOUDEST else MOVING


def song_parts(music: Music | None, seconds: float) -> list[SongPart]:
    """The parts of a song, in order, from its beginning to its end.

    They are its sections; where none were heard, so many bars, or so many seconds.

    Args:
        music: what was heard of the whole song; None: nothing.
        seconds: how long it is.
    """
    parts = _together(list(_named_parts(music, seconds)) if music else [])
    if not parts:
        parts = list(_even_parts(music, seconds))
    if music is None:
        return parts
    louds = [_mean_loudness(music, part) for part in parts]
    kin = {part.kin for part in parts}
    shares = {each: _mean_of_kin(each, parts, louds) for each in kin}
    energies = _energies([(shares[part.kin], part.seconds) for part in parts])
    return [
        replace(part, loudness=loud, energy=energy)
        for part, loud, energy in zip(parts, louds, energies, strict=True)
    ]


def bars_within(music: Music | None, part: SongPart) -> list[int]:
    """The bars that begin within a part, by their number from 0: a cut may fall on each but the first."""
    if music is None or len(music.bars) < 2:
        return []
    first = bisect_left(music.bars, part.start - 1e-3)
    return list(range(first, bisect_right(music.bars, part.end - 1e-3)))


def _named_parts(music: Music, seconds: float) -> Iterator[SongPart]:
    """The sections, and what lies between them."""
    at = 0.0
    for name, section in zip(section_names(music.sections), music.sections, strict=True):
        start, end = max(section.start, at), min(section.end, seconds)
        if end - start <= 0:
            continue
        if start > at:
            yield SongPart("", f"at {at:.1f}", at, start)
        yield SongPart(
            name if start == section.start else "", " ".join(section.label.split()).casefold(), start, end
        )
        at = end
    if 0 < at < seconds:
        yield SongPart("", f"at {at:.1f}", at, seconds)


def _together(parts: list[SongPart]) -> list[SongPart]:
    """The parts, those that are too short taken together with the one before or, first of all, after."""
    kept: list[SongPart] = []
    for part in parts:
        if kept and part.seconds < _SHORTEST:
            kept[-1] = replace(kept[-1], end=part.end)
        elif kept and kept[-1].seconds < _SHORTEST:  # the song's first
            kept[-1] = replace(part, name="", start=kept[-1].start)
        else:
            kept.append(part)
    return kept


def _even_parts(music: Music | None, seconds: float) -> Iterator[SongPart]:
    bars = music.bars if music else ()
    cuts = [time for time in bars[_BARS::_BARS] if time < seconds - _SHORTEST]
    if len(bars) < 2:
        count = max(1, round(seconds / _SECONDS))
        cuts = [round(seconds * number / count, 2) for number in range(1, count)]
    for start, end in pairwise([0.0, *cuts, seconds]):
        yield SongPart("", f"at {start:.1f}", start, end)


def _mean_loudness(music: Music, part: SongPart) -> float:
    values = music.signals["loudness"]
    first = min(int(part.start * music.rate), max(len(values) - 1, 0))
    held = values[first : max(first + 1, int(part.end * music.rate))]
    return sum(held) / len(held) if held else 0.0


def _mean_of_kin(kin: str, parts: Sequence[SongPart], louds: Sequence[float]) -> float:
    of_kin = [(part.seconds, loud) for part, loud in zip(parts, louds, strict=True) if part.kin == kin]
    return sum(seconds * loud for seconds, loud in of_kin) / sum(seconds for seconds, _ in of_kin)


def _energies(parts: Sequence[tuple[float, float]]) -> list[float]:
    """How loud each part is beside the others: half by its place from the quietest to the loudest, half by
    how much of the song is quieter.

    Args:
        parts: loudness and seconds of each.
    """
    louds = [loud for loud, _ in parts]
    low, high = min(louds), max(louds)
    if high - low < _FLAT:
        return [0.5] * len(parts)
    whole = sum(seconds for _, seconds in parts)
    energies = []
    for loud, _ in parts:
        quieter = sum(seconds for other, seconds in parts if other < loud) / whole
        as_loud = sum(seconds for other, seconds in parts if other == loud) / whole
        energies.append(((loud - low) / (high - low) + quieter + as_loud / 2) / 2)
    return energies
