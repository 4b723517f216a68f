"""Lyrics and subtitles as files tell of them: .lrc, .srt and .vtt, in the encodings that people have.

What a file is, is seen in it, whatever its name: lines with arrows between two times are subtitles, lines
that begin with a time in brackets are lyrics. Of lyrics:

    [offset:+250]                            all of it is a quarter of a second sooner
    [00:12.00][01:02.50]We fall for ever     a line that is sung twice
    [00:15.30]                               nothing is sung from here on
    [00:17.00]<00:17.00>Word <00:17.80>by    times of words, which are passed over
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from dreamzoom.errors import RequestError, SoundError, quote_value, tell_first, warn
from dreamzoom.film.plan import Title
from dreamzoom.io.encodings import decode_as, decode_text
from dreamzoom.io.files import read_at_most

LONGEST_TEXT: Final = 500
"""Characters of a line."""

LONGEST_SHOWN: Final = 8.0
"""Seconds that a line of lyrics is shown whose end is not told."""

_LARGEST: Final = 4 << 20  # bytes
_MOST_LINES: Final = 20_000
_FAULTS_SHOWN: Final = 5
_SAME: Final = 0.0005  # seconds; files tell thousandths

_LRC_TIME = re.compile(r"\[\s*(\d{1,5}):(\d{1,2})(?:[.:,](\d{1,3}))?\s*\]", re.ASCII)
_WORD_TIME = re.compile(r"(?<!\s)\s*<(\d{1,5}):(\d{1,2})(?:[.:,](\d{1,3}))?>", re.ASCII)
_TAG = re.compile(r"\[\s*([A-Za-z#]\w{0,20})\s*:(.*)\]")
_CLOCK = r"(?:(\d{1,3})\s*:\s*)?(\d{1,2})\s*:\s*(\d{1,2})(?:\s*[.,:]\s*(\d{1,3}))?"
_ARROW = re.compile(rf"\s*{_CLOCK}\s*-{{1,3}}>\s*{_CLOCK}(?:\s.*)?", re.ASCII)
_MARKUP = re.compile(
    r"</?(?:i|b|u|s|em|strong|font|c|v|lang|ruby|rt|span)(?:[\s.][^<>]*)?>|\{\\[^{}]*\}|<(?:\d+:)?\d\d:\d\d\.\d+>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<br\s*/?>|\\N", re.IGNORECASE)
_EDGES: Final = "\ufeff \t"
_NOTES: Final = "♩♪♫♬"
_JOINERS: Final = "\u200c\u200d"


@dataclass(frozen=True)
class LyricLine:
    """Words, and when they are there: from `start` up to `end`, in seconds of the song."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Lyrics:
    """What a file tells.

    Attributes:
        lines: in the order of their starts; those of subtitles may overlap.
        title, artist: "" where it does not tell.
    """

    lines: tuple[LyricLine, ...]
    title: str = ""
    artist: str = ""


def read_lyrics(path: Path, encoding: str = "") -> Lyrics:
    """A file's lyrics or subtitles. A person is told where the encoding had to be guessed.

    Args:
        encoding: as Python calls it; "" for what the file looks like.

    Raises:
        SoundError: it is missing, too large, or wrong; lines are named by number.
    """
    data = read_at_most(path, _LARGEST, SoundError, "file of lyrics")
    if encoding:
        try:
            return parse_lyrics(decode_as(data, encoding), str(path))
        except RequestError as error:
            if isinstance(error, SoundError):
                raise
            raise SoundError(f"{path}: {error}") from None
    text, found, is_certain = decode_text(data)
    lyrics = parse_lyrics(text, str(path))
    if not is_certain:
        warn(f"{path}: is not UTF-8, and was read as {found}: if words look wrong, save it as UTF-8")
    return lyrics


def parse_lyrics(text: str, name: str) -> Lyrics:
    """Read a file's text.

    Args:
        name: what messages call it.

    Raises:
        SoundError: it holds no line with a time, or something that cannot be read or is out of order.
    """
    rows = re.split(r"\r\n|\r|\n", text.replace("\0", ""))
    if len(rows) > 10 * _MOST_LINES:
        raise SoundError(f"{name}: has {len(rows)} lines, which no song has")
    faults: list[str] = []
    is_timed = any(_ARROW.fullmatch(row) for row in rows)
    found = _subtitles(rows, faults) if is_timed else _lyrics(rows, name, faults)
    if not faults and not found.lines:
        faults = ["has no words with a time; a line is [01:02.50] and words (.lrc), or as .srt has them"]
    if len(found.lines) > _MOST_LINES:
        faults = [f"has {len(found.lines)} lines of words: {_MOST_LINES} at most"]
    if faults:
        raise SoundError(f"{name}: {tell_first(faults, _FAULTS_SHOWN)}")
    return found


def lyric_titles(
    lines: Sequence[LyricLine], like: Title, fps: Fraction, frames: int, shift: float = 0.0
) -> tuple[Title, ...]:
    """The titles that show lyrics in a film; what falls outside of it is left out.

    Args:
        like: what they all have but for text and frames; of its fade a third of a title at most.
        frames: how many the film has.
        shift: by how many seconds the film's time is ahead of the song's: a song of which the film has what
            begins at 0:30 is shifted by -30.
    """
    titles = []
    for line in lines:
        first, stop = (max(0, round((time + shift) * fps)) for time in (line.start, line.end))
        stop = min(stop, frames)
        if stop > first:
            fade = min(like.fade, (stop - first) // 3)
            titles.append(replace(like, text=line.text, first=first, stop=stop, fade=fade))
    return tuple(titles)


class _Cue(NamedTuple):
    """Words of a file; `end` is None where it is not told."""

    number: int
    text: str
    start: float
    end: float | None


def _lyrics(rows: Sequence[str], name: str, faults: list[str]) -> Lyrics:
    """The words of an .lrc file."""
    tags: dict[str, str] = {}
    cues: list[_Cue] = []
    starts: list[tuple[int, float]] = []
    without: list[int] = []
    is_gathered = False  # each text once, with all its times: then rows cannot be in order
    for number, row in enumerate(rows, 1):
        stamps, rest = _stamps(row)
        if not stamps:
            if tag := _TAG.fullmatch(row.strip(_EDGES)):
                tags.setdefault(tag[1].casefold(), tag[2].strip())
            elif re.match(r"\[\s*[-\d]", row):
                faults.append(f"line {number}: {quote_value(row)} begins with no time such as [01:02.50]")
            elif row.strip(_EDGES):
                without.append(number)
            continue
        times = [_seconds(number, stamp, faults) for stamp in stamps]
        starts.append((number, min(times)))
        is_gathered = is_gathered or len(times) > 1
        words, end = _words(number, rest, faults)
        once = end if len(times) == 1 and end is not None and end > times[0] else None
        cues += [_Cue(number, words, time, once) for time in times]
    if not is_gathered:
        faults += _disorder(starts)
    if cues and without:
        warn(f"{name}: lines without a time are left out: {_numbers(without)}")
    sooner = _offset(tags.get("offset", ""), faults)
    return Lyrics(tuple(_lasting(cues, sooner)), _plain(tags.get("ti", "")), _plain(tags.get("ar", "")))


def _disorder(starts: Sequence[tuple[int, float]]) -> Iterator[str]:
    """What is wrong with the order of rows, given by number and start."""
    for (earlier, before), (number, start) in pairwise(starts):
        if start < before:
            yield (
                f"line {number}: begins at {_shown(start)}, before line {earlier}, which does at "
                f"{_shown(before)}: put them in order"
            )


def _numbers(found: Sequence[int]) -> str:
    shown = ", ".join(map(str, found[:_FAULTS_SHOWN]))
    return f"{shown} and {len(found) - _FAULTS_SHOWN} more" if len(found) > _FAULTS_SHOWN else shown


def _stamps(row: str) -> tuple[list[re.Match[str]], str]:
    """The times that a row of lyrics begins with, and what follows."""
    row, stamps = row.strip(_EDGES), []
    while match := _LRC_TIME.match(row):
        stamps.append(match)
        row = row[match.end() :].lstrip()
    return stamps, row


def _words(number: int, row: str, faults: list[str]) -> tuple[str, float | None]:
    """A row's words without their own times, and the time that it ends with, if any."""
    end = None
    for pattern in (_WORD_TIME, _LRC_TIME):
        found = list(pattern.finditer(row))
        if found and not row[found[-1].end() :].strip():
            end = _seconds(number, found[-1], faults)
        row = pattern.sub(lambda match: " " if match[0][:1].isspace() else "", row)
    return _limited(number, _plain(row), faults), end


def _lasting(cues: Sequence[_Cue], sooner: float) -> Iterator[LyricLine]:
    """The lines of lyrics in order; those of one time are shown together, as translations are."""
    ordered = sorted(cues, key=lambda cue: cue.start)
    together: list[_Cue] = []
    for cue in ordered:
        if together and cue.start - together[-1].start < _SAME:
            before = together[-1]
            both = "\n".join(text for text in (before.text, cue.text) if text)
            together[-1] = before._replace(text=both, end=before.end or cue.end)
        else:
            together.append(cue)
    following = [*(cue.start for cue in together[1:]), float("inf")]
    for cue, until in zip(together, following, strict=False):
        end = min(until, cue.end if cue.end is not None else cue.start + LONGEST_SHOWN) - sooner
        if cue.text and end > 0:
            yield LyricLine(cue.text, max(0.0, cue.start - sooner), end)


def _offset(written: str, faults: list[str]) -> float:
    """By how many seconds a file's words are to come sooner: what it says is in milliseconds."""
    if not written:
        return 0.0
    if not re.fullmatch(r"[+-]?\d{1,8}", written, re.ASCII):
        faults.append(f"[offset:{written}] is no number of milliseconds".replace("\n", " "))
        return 0.0
    return int(written) / 1000


def _subtitles(rows: Sequence[str], faults: list[str]) -> Lyrics:
    """The words of an .srt or .vtt file."""
    marks = [(number, match) for number, row in enumerate(rows) if (match := _ARROW.fullmatch(row))]
    ends = [*(number for number, _ in marks[1:]), len(rows)]
    cues = []
    for count, ((row, match), until) in enumerate(zip(marks, ends, strict=True), 1):
        start, end = _clock(row + 1, match.groups()[:4], faults), _clock(row + 1, match.groups()[4:], faults)
        if end <= start:
            faults.append(f"line {row + 1}: ends at {_shown(end)}, and begins at {_shown(start)}")
        body = _without_number(rows[row + 1 : until], count + 1, is_last=until == len(rows))
        text = _plain(html.unescape(_MARKUP.sub("", _BREAK.sub("\n", "\n".join(body)))))
        cues.append(_Cue(row + 1, _limited(row + 1, text, faults), start, end))
    faults += _disorder([(cue.number, cue.start) for cue in cues])
    return Lyrics(tuple(LyricLine(cue.text, cue.start, cue.end or cue.start) for cue in cues if cue.text))


def _without_number(body: Sequence[str], following: int, *, is_last: bool) -> Sequence[str]:
    """A cue's rows without what stands before the next one: its number or name, and notes of a .vtt."""
    if not is_last and body:
        name = body[-1].strip()
        is_apart = len(body) > 1 and not body[-2].strip()
        if name and (is_apart or name == str(following)):
            body = body[:-1]
    blank = next((at for at, row in enumerate(body) if not row.strip()), len(body))
    rest = next((at for at in range(blank, len(body)) if re.match(r"NOTE\b|STYLE$|REGION$", body[at])), None)
    return body[:rest]


def _clock(number: int, parts: Sequence[str | None], faults: list[str]) -> float:
    hours, minutes, seconds, fraction = parts
    return 3600 * int(hours or 0) + _time(number, str(minutes), str(seconds), fraction, faults)


def _seconds(number: int, match: re.Match[str], faults: list[str]) -> float:
    return _time(number, match[1], match[2], match[3], faults)


def _time(number: int, minutes: str, seconds: str, fraction: str | None, faults: list[str]) -> float:
    if int(seconds) > 59:
        faults.append(f"line {number}: {minutes}:{seconds} is no time: a minute has 60 seconds")
    thousandths = int((fraction or "0").ljust(3, "0"))
    return (1000 * (60 * int(minutes) + int(seconds)) + thousandths) / 1000


def _limited(number: int, text: str, faults: list[str]) -> str:
    if "\ufffd" in text:
        faults.append(f"line {number}: has letters of another encoding: save the file as UTF-8")
    if len(text) > LONGEST_TEXT:
        faults.append(f"line {number}: {quote_value(text)} is longer than {LONGEST_TEXT} characters")
    return text


def _plain(text: str) -> str:
    """Words alone, each letter with its marks in one: no controls, no notes drawn about them, no blanks to
    spare.
    """
    kept = "".join(
        letter
        for letter in unicodedata.normalize("NFC", text)
        if letter in _JOINERS or letter == "\n" or letter.isspace() or unicodedata.category(letter)[0] != "C"
    )
    rows = (" ".join(row.strip(f"{_NOTES} \t").split()) for row in kept.split("\n"))
    return "\n".join(row for row in rows if row)


def _shown(seconds: float) -> str:
    """A time as files have it: 1:02.5."""
    return f"{int(seconds // 60)}:{seconds % 60:05.2f}"
