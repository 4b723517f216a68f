"""The beat map: a song's beats, bars and sections as a text that a person may edit.

A line a beat and a line a section, their parts set apart by tabs, as Audacity writes a track of labels:

    12.3456   12.3456   7.1       beat 1 of bar 7
    12.3456   12.3456   chorus    a section begins, which lasts until the next one
    14.0000   20.5000   solo      a section that ends before the next one

Audacity imports that as it is (Importing and Exporting Labels, Audacity Manual), Sonic Visualiser as start,
end and label. Two columns would not do: Audacity takes `7.1` for the moment at which a label ends. Nor may
there be a comment: Audacity complains of it. So the song's length is a label too, the last one.

What people and other programs write is read as well: taps, one time a line; a time and a number of the beat
within its bar; Sonic Visualiser's layers; commas, blanks or semicolons; the encodings of Windows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from dreamzoom.errors import SoundError, quote_value, warn
from dreamzoom.io.encodings import decode_text
from dreamzoom.io.files import read_at_most
from dreamzoom.tracks.music import STEPS, Music, Section

ENDING: Final = ".beats.txt"
LARGEST: Final = 8 << 20
"""Bytes of the largest map that is read: four hours of the quickest beats make a quarter of that."""

LONGEST_NAME: Final = 100
"""Characters of a section's name."""

END_OF_SONG: Final = "end of song"
_ROUNDING = 0.1  # seconds that one decoder lets a song last longer than another
_ANOTHER = 1.0  # seconds by which a song is another one
_TAIL = 0.25  # of a song, that may be without beats

# Reads a digit in one way only: never slow.
_NUMBER = r"(?:[0-9]+(?:[.,][0-9]+)?|[.,][0-9]+)(?:[eE][-+]?[0-9]+)?|[0-9]+[.,]"
_TIME = re.compile(rf"(-?)(?:([0-9]+):)?(?:([0-9]+):)?({_NUMBER})")
_PLACE = re.compile(r"([0-9]{1,6})(?:[.:]([0-9]{1,2}))?")
_PLACE_AND_NAME = re.compile(r"([0-9]{1,6}[.:][0-9]{1,2})\s+(.*[^\W\d_].*)")
_TEMPO = re.compile(r"[0-9.,]+ ?bpm", re.IGNORECASE)
_BEATS = ("", "beat", "x", "tap", "new point")  # the last is Sonic Visualiser's
_BARS = ("bar", "downbeat")
_HEADINGS = ("time", "start", "begin", "onset", "seconds", "beat")
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}")


@dataclass(frozen=True)
class BeatMap:
    """What a person says of a song; what is empty is left to hearing. Times are seconds of the song.

    Attributes:
        beats: none, or at least two, ascending.
        bars: those of the beats that begin a bar, as far as they are told.
        sections: in order, none before the end of the one before it.
        length: of the song, as far as the map tells it.
    """

    beats: tuple[float, ...] = ()
    bars: tuple[float, ...] = ()
    sections: tuple[Section, ...] = ()
    length: float | None = None


def map_beside(song: Path) -> Path:
    """Where a song's map is looked for: "song.beats.txt" beside "song.mp3"."""
    stem = song.stem if _SUFFIX.fullmatch(song.suffix) else song.name
    return song.with_name(stem + ENDING)


def write_map(music: Music, length: float) -> bytes:
    """The map of what was heard, as a file; `parse_map` reads it back to the ten-thousandth of a second.

    Args:
        music: in the song's own time.
        length: of the song, in seconds.
    """
    lines = sorted([*_beat_lines(music), *_section_lines(music.sections, length)])
    labels = [f"{start:.4f}\t{end:.4f}\t{label}" for start, _, end, label in lines]
    return "".join(f"{line}\n" for line in [*labels, f"{length:.4f}\t{length:.4f}\t{END_OF_SONG}"]).encode()


def _beat_lines(music: Music) -> Iterator[tuple[float, int, float, str]]:
    for beat, place in zip(music.beats, beat_places(music.beats, music.bars), strict=True):
        yield beat, 1, beat, place


def beat_places(beats: Sequence[float], bars: Sequence[float]) -> Iterator[str]:
    """Each beat by its bar and place, such as "7.1", "" where there are no bars; those before the first bar
    are the last ones of bar 0, never its first.
    """
    begins = set(bars)
    places = [place for place, beat in enumerate(beats) if beat in begins]
    number, place = 0, max(1, places[1] - 2 * places[0]) if len(places) > 1 else 1
    for beat in beats:
        if beat in begins:
            number, place = number + 1, 0
        place += 1
        yield f"{number}.{place}" if begins else ""


def _section_lines(sections: Sequence[Section], length: float) -> Iterator[tuple[float, int, float, str]]:
    starts = [*(section.start for section in sections[1:]), length]
    for section, following in zip(sections, starts, strict=False):
        lasts = round(section.end * STEPS) >= round(following * STEPS)
        yield section.start, 0, section.start if lasts else section.end, " ".join(section.label.split())


def read_map(path: Path, length: float) -> tuple[BeatMap, bytes]:
    """A song's map, and the file's bytes. A person is warned where it seems to be another song's.

    Args:
        length: of the song, in seconds.

    Raises:
        SoundError: it is missing, too large, or wrong; the line is named.
    """
    data = read_at_most(path, LARGEST, SoundError, "beat map")
    found = parse_map(data, str(path), length)
    _warn_of_another_song(path, found, length)
    return found, data


def parse_map(data: bytes, name: str, length: float) -> BeatMap:
    """Read a map.

    Args:
        name: what messages call it.
        length: of the song, in seconds.

    Raises:
        SoundError: it holds nothing, or something that is no time, no label, out of order or beyond the song.
    """
    try:
        marks = [read_mark(number, line) for number, line in numbered_lines(decode_text(data).text)]
        ends = [mark.start for mark in marks if mark.label.casefold() == END_OF_SONG]
        marks = [mark for mark in marks if mark.label.casefold() != END_OF_SONG]
        for mark in marks:
            _require_within(mark, length)
        found = _beats_and_bars([mark for mark in marks if mark.is_beat])
        sections = _sections([mark for mark in marks if mark.section], length)
    except MapLineError as error:
        raise SoundError(f"{name}: {error}") from None
    if not found[0] and not sections:
        raise SoundError(
            f"{name}: tells of no beat and no section; a line is a time, a tab and 7.1 or a name"
        )
    return BeatMap(*found, sections, ends[-1] if ends else None)


class MapLineError(Exception):
    """What is wrong with a line, and which it is."""

    def __init__(self, number: int, what: str) -> None:
        super().__init__(f"line {number}: {what}")


class MapMark(NamedTuple):
    """A line of a map. `place` is "7.1", "3" or "" for a beat; None: it is none. `section`: "" for none."""

    number: int
    start: float
    end: float
    label: str
    place: str | None
    section: str

    @property
    def is_beat(self) -> bool:
        return self.place is not None


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that say something, by number: no comments, no heading, none of Audacity's frequencies."""
    first = True
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        told = line.strip("\0 \ufeff")
        if not told.strip() or told.lstrip().startswith(("#", ";", "\\", "%", "//")):
            continue
        word = re.split(r"[\t,; ]", told.strip("\"' \t"), maxsplit=1)[0]
        if not (first and word.strip("\"'").casefold() in _HEADINGS):
            yield number, told
        first = False


def read_mark(number: int, line: str) -> MapMark:
    """What a line of `numbered_lines` says. Raises a MapLineError."""
    fields = _fields(line)
    start = _time(fields[0])
    if start is None:
        raise MapLineError(number, f"begins with {quote_value(fields[0])}, which is no time in seconds")
    end, rest = _end(start, fields)
    label = " ".join(" ".join(rest).split())
    return MapMark(number, start, end, label, *_meaning(number, label))


def _end(start: float, fields: list[str]) -> tuple[float, list[str]]:
    """When the mark of a line ends that begins at `start`, and the columns of its label."""
    written, *rest = fields
    times = [_time(field) for field in rest[:2]]
    if len(rest) > 2 and times[0] is not None and times[1] is not None:
        return start + times[1], rest[2:]  # Sonic Visualiser's regions: value, duration, label
    if not rest or times[0] is None:
        return start, rest
    is_label = len(rest) == 1 and _PLACE.fullmatch(rest[0]) and rest[0] != written
    return (start, rest) if is_label else (times[0], rest[1:])


def _fields(line: str) -> list[str]:
    """The columns of a line, without quotes: at tabs, else at semicolons, blanks or commas."""
    if "\t" in line:
        parts = line.split("\t")
    elif ";" in line:
        parts = line.split(";")
    elif "," not in line or _TIME.fullmatch(line.split(maxsplit=1)[0]):
        parts = line.split(maxsplit=2)
    else:
        parts = line.split(",")
    return [part.strip().strip('"').strip() for part in parts]


def _time(text: str) -> float | None:
    """Seconds, from "12.5", "12,5" or "3:12.5"; None of what is no time."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    sign, *larger, seconds = match.groups()
    found = float(seconds.replace(",", "."))
    for unit, part in zip((60.0, 3600.0), [part for part in reversed(larger) if part], strict=False):
        found += unit * float(part)
    return -found if sign else found


def _meaning(number: int, label: str) -> tuple[str | None, str]:
    """What a label says: a beat's place, None where it is no beat, and a section's name, "" of none."""
    word = label.casefold()
    if word in _BEATS or _TEMPO.fullmatch(label):
        return "", ""
    if word in _BARS:
        return word, ""
    if _PLACE.fullmatch(label):
        return label.replace(":", "."), ""
    both = _PLACE_AND_NAME.fullmatch(label)
    place, name = (both[1].replace(":", "."), both[2]) if both else (None, label)
    if not any(letter.isalpha() for letter in name):
        raise MapLineError(number, f"{quote_value(label)} is no bar.beat such as 7.1, and no section's name")
    if len(name) > LONGEST_NAME:
        raise MapLineError(number, f"{quote_value(name)} is longer than {LONGEST_NAME} characters")
    return place, name


def _require_within(mark: MapMark, length: float) -> None:
    if mark.start < 0:
        raise MapLineError(mark.number, f"{mark.start:.10g} s is before the song's start")
    if not mark.start <= length + _ROUNDING:
        raise MapLineError(
            mark.number,
            f"{mark.start:.10g} s is beyond the song, which ends at {length:.10g} s: is it another song's?",
        )


def _beats_and_bars(marks: Sequence[MapMark]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    for before, mark in pairwise(marks):
        if _step(mark.start) <= _step(before.start):
            order = "at the same time as" if _step(mark.start) == _step(before.start) else "earlier than"
            raise MapLineError(mark.number, f"its beat, at {mark.start:.10g} s, is {order} the one before it")
    if len(marks) == 1:
        raise MapLineError(marks[0].number, "is the only beat; a map has at least two, or none at all")
    bars = tuple(_step(mark.start) / STEPS for mark in _bar_marks(marks))
    return tuple(_step(mark.start) / STEPS for mark in marks), bars


def _bar_marks(marks: Sequence[MapMark]) -> Iterator[MapMark]:
    """The beats that begin a bar. Numbers that return to 1 count within bars; others count all beats."""
    counts = sum(mark.place == "1" for mark in marks)
    bar = ""
    for mark in marks:
        number, point, beat = (mark.place or "").partition(".")
        if point and not int(beat):
            raise MapLineError(mark.number, f"{mark.label!r}: a bar's beats count from 1")
        begins = int(beat) == 1 and number != bar if point else number == "1" and counts > 1
        if begins or number in _BARS:
            yield mark
        bar = number if point else bar


def _sections(marks: Sequence[MapMark], length: float) -> tuple[Section, ...]:
    for before, mark in pairwise(marks):
        if _step(mark.start) <= _step(before.start):
            raise MapLineError(
                mark.number,
                f"{mark.section!r} begins at {mark.start:.10g} s, not after the section before it",
            )
    starts = [*(mark.start for mark in marks[1:]), max(length, marks[-1].start if marks else 0)]
    sections = []
    for mark, following in zip(marks, starts, strict=False):
        end = min(mark.end, following) if mark.end > mark.start else following
        if _step(end) > _step(mark.start):  # one that begins where the song ends is none
            sections.append(Section(mark.section, _step(mark.start) / STEPS, _step(end) / STEPS))
    return tuple(sections)


def _step(seconds: float) -> int:
    return math.floor(seconds * STEPS + 0.5)


def _warn_of_another_song(path: Path, found: BeatMap, length: float) -> None:
    if found.length is not None and abs(found.length - length) > _ANOTHER:
        what = f"is the map of a song of {found.length:.1f} s, and this one lasts {length:.1f} s"
    elif found.length is None and found.beats and found.beats[-1] < length * (1 - _TAIL):
        what = f"has its last beat at {found.beats[-1]:.1f} s of {length:.1f} s"
    else:
        return
    warn(f"{path}: {what}: is it another song's?")
