"""What was heard of a song, drawn: its sections, bars and beats over its signals, in text and as marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from dreamzoom.plot.charts import (
    FOOTER,
    GREY,
    GRID,
    HEADER,
    INK,
    LEFT,
    RIGHT,
    WIDTH,
    Area,
    Drawing,
    Label,
    Line,
    Mark,
    Scale,
    thin,
)
from dreamzoom.plot.samples import shorten
from dreamzoom.plot.terminal import MARGIN, NARROWEST, block_rows, column_means
from dreamzoom.tracks.music import Music

RULER: Final = 46
"""CSS pixels of the sections, bars and beats above the signals."""

ROW: Final = 64
"""CSS pixels of a signal's row."""

_GAP = 10  # CSS pixels between two rows
_BAND = 18  # CSS pixels of a section's band
_ROWS = 2  # lines of a signal in text
_APART = 7  # characters from one bar's number to the next
_TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)  # seconds
_FINEST = 3.0  # CSS pixels between two beats that are drawn
_HUES = (
    ("#0969da", "#e3effb"),
    ("#8250df", "#efe7fb"),
    ("#bc4c00", "#fbeade"),
    ("#1a7f37", "#e2f2e6"),
    ("#b3246e", "#fae3ee"),
    ("#6e7781", "#eceef0"),
)


@dataclass(frozen=True)
class SongPaint:
    """The colours of a song's drawing: ink and area of each kind of section or signal, and of the lines."""

    hues: tuple[tuple[str, str], ...] = _HUES
    ink: str = INK
    beat: str = GREY
    line: str = GRID


def clock(seconds: float, digits: int = 0) -> str:
    """A moment of a song: "3:04", or with a digit "3:04.2"."""
    scale = 10**digits
    minutes, rest = divmod(round(seconds * scale), 60 * scale)
    hours, minutes = divmod(minutes, 60)
    second = f"{rest // scale:02d}" + (f".{rest % scale:0{digits}d}" if digits else "")
    return f"{hours}:{minutes:02d}:{second}" if hours else f"{minutes}:{second}"


def time_ticks(seconds: float, most: int) -> list[float]:
    """Moments from 0 to the song's end, at most `most` + 1: whole seconds, or parts of minutes and hours."""
    step = next((each for each in _TICKS if each * most >= seconds), _TICKS[-1])
    return [float(tick) for tick in range(0, int(seconds) + 1, step)]


def draw_song_text(music: Music, seconds: float, width: int = 80) -> str:
    """The song as text, `width` characters wide: a line of sections, one of bars, a graph a signal, the time.

    A column of a graph stands for the mean of what falls into it, its full height for the highest of these; a
    dot stands for a bar that has no number.
    """
    columns = max(width, NARROWEST) - MARGIN
    lines = [*_section_line(music, seconds, columns), *_bar_line(music, seconds, columns)]
    for name, values in music.signals.items():
        means = column_means(values, columns)
        graph = block_rows(means, 0.0, max(means) or 1.0, columns, _ROWS)
        names = [shorten(name, MARGIN - 2), *[""] * (_ROWS - 1)]
        lines += [f"{text:<{MARGIN - 1}}│{row}" for text, row in zip(names, graph, strict=True)]
    lines.append(_time_line(seconds, columns))
    return "\n".join(line.rstrip() for line in lines)


def _column(time: float, seconds: float, columns: int) -> int:
    return min(columns - 1, int(time / seconds * columns))


def _section_line(music: Music, seconds: float, columns: int) -> Iterator[str]:
    cells = [" "] * columns
    for section in music.sections:
        first, last = (_column(time, seconds, columns) for time in (section.start, section.end))
        last = columns if section.end >= seconds else last
        text = shorten(section.label, max(1, last - first - 1))
        filled = text.ljust(max(0, last - first), "─")[: last - first]
        cells[first : first + len(filled)] = filled
    if music.sections:
        yield f"{'sections':<{MARGIN}}{''.join(cells)}"


def _bar_line(music: Music, seconds: float, columns: int) -> Iterator[str]:
    if not music.bars:
        return
    cells = [" "] * columns
    places = [_column(bar, seconds, columns) for bar in music.bars]
    wide = columns / seconds * median(after - before for before, after in pairwise(music.bars))
    step = next(2**power for power in range(30) if 2**power * wide >= _APART)
    if wide >= 2:
        for place in places:
            cells[place] = "·"
    for number in range(0, len(places), step):
        text = str(number + 1)
        if places[number] + len(text) <= columns:
            cells[places[number] : places[number] + len(text)] = text
    yield f"{'bars':<{MARGIN}}{''.join(cells)}"


def _time_line(seconds: float, columns: int) -> str:
    cells = [" "] * columns
    for tick in time_ticks(seconds, max(2, columns // 12)):
        text, place = clock(tick), _column(tick, seconds, columns)
        if place + len(text) <= columns:
            cells[place : place + len(text)] = text
    return " " * MARGIN + "".join(cells)


def draw_song(music: Music, seconds: float, title: str, facts: str) -> Drawing:
    """The song as a drawing on white: sections, bars and beats over its signals.

    Args:
        title, facts: what stands above it, to the left and the right.
    """
    across = Scale(0, seconds, LEFT, WIDTH - RIGHT)
    bottom = HEADER + song_height(music)
    marks: list[Mark] = [
        Label(shorten(" ".join(title.split()), 60), (LEFT, 30), INK, size=16),
        Label(shorten(facts, 90), (WIDTH - RIGHT, 30), GREY, anchor="end"),
        *song_marks(music, seconds, across, HEADER, SongPaint()),
    ]
    for index, name in enumerate(music.signals):
        baseline = row_top(index) + HEADER + ROW / 2
        marks.append(Label(shorten(name, 11), (LEFT - 8, baseline), INK, 11, "end"))
    ticks = time_ticks(seconds, 12)
    marks += [Label(clock(tick), (across(tick), bottom + 18), GREY, 11, "middle") for tick in ticks]
    return Drawing(WIDTH, bottom + FOOTER, tuple(marks))


def row_top(index: int) -> int:
    """How far below the drawing's top a signal's row begins, in CSS pixels."""
    return RULER + index * (ROW + _GAP)


def song_height(music: Music) -> int:
    """How high the marks of a song are, in CSS pixels."""
    return row_top(len(music.signals)) - _GAP


def song_marks(music: Music, seconds: float, across: Scale, top: float, paint: SongPaint) -> list[Mark]:
    """Sections, bars and beats, and the signals below them.

    Args:
        across: from seconds to x.
    """
    bottom = top + song_height(music)
    marks: list[Mark] = []
    hues = {label: index for index, label in enumerate(dict.fromkeys(each.label for each in music.sections))}
    for section in music.sections:
        left, right = across(section.start), across(section.end)
        ink, area = paint.hues[hues[section.label] % len(paint.hues)]
        marks.append(Area(_box(left, top, right, top + _BAND), area))
        marks.append(Line(((left, top), (left, bottom)), ink))
        room = int((right - left - 6) / 7)
        if room >= 1:
            marks.append(Label(shorten(section.label, room), (left + 4, top + _BAND - 5), ink, 12))
    marks += _ticks(music, across, top, bottom, paint)
    for index, values in enumerate(music.signals.values()):
        low = top + row_top(index) + ROW
        up = Scale(0, 1, low, low - ROW)
        marks += _curve(values, music.rate, across, up, paint.hues[index % len(paint.hues)])
        marks.append(Line(((across.start, low), (across.end, low)), paint.line))
    return marks


def _ticks(music: Music, across: Scale, top: float, bottom: float, paint: SongPaint) -> Iterator[Mark]:
    """A line a bar through all rows, its number above, and a short one a beat; those that have room."""
    wide = (across.end - across.start) / (across.high - across.low)
    above = top + _BAND
    if _gap(music.beats) * wide >= _FINEST:
        for beat in music.beats:
            yield Line(((across(beat), top + RULER - 8), (across(beat), top + RULER - 2)), paint.beat)
    apart = _gap(music.bars) * wide
    step = next((2**power for power in range(30) if 2**power * apart >= 34), 1)
    for number, bar in enumerate(music.bars):
        x = across(bar)
        if apart >= _FINEST or number % step == 0:
            yield Line(((x, above + 14), (x, bottom)), paint.line)
        if number % step == 0:
            yield Label(str(number + 1), (x + 2, above + 12), paint.beat, 10)


def _gap(times: Sequence[float]) -> float:
    return median(after - before for before, after in pairwise(times)) if len(times) > 1 else 0.0


def _curve(
    values: Sequence[float], rate: float, across: Scale, up: Scale, hue: tuple[str, str]
) -> list[Mark]:
    points = thin(list(enumerate(values)), round(across.end - across.start))
    line = tuple((across(place / rate), up(value)) for place, value in points)
    if len(line) < 2:
        return []
    return [Area(((line[0][0], up.start), *line, (line[-1][0], up.start)), hue[1]), Line(line, hue[0], 1.2)]


def _box(left: float, top: float, right: float, bottom: float) -> tuple[tuple[float, float], ...]:
    return ((left, top), (right, top), (right, bottom), (left, bottom))
