"""Tracks drawn in text, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from dreamzoom.plot.samples import Series, sample, short_number, shorten
from dreamzoom.tracks.base import Clock, Track

ROWS: Final = 3
MARGIN: Final = 12  # characters left of the graph, for the scale
NARROWEST: Final = 40

_BLOCKS = " ▁▂▃▄▅▆▇█"
_PLAIN = str.maketrans("▁▂▃▄▅▆▇█┤│└─…·", "_.,-=+*#||+-~.")


def draw_text(tracks: Mapping[str, Track], clock: Clock, width: int = 80) -> str:
    """Every track as a small graph, `width` characters wide; a track that never changes is one line.

    A column stands for the mean of the frames that fall into it. No line ends with a blank, nor the text with
    a line break.

    Raises:
        RecipeError: naming the track that has no finite value at some frame.
    """
    width = max(width, NARROWEST)
    lines: list[str] = []
    for track in sample(tracks, clock):
        lines.append(shorten(f"{track.name}  {track.about}", width))
        if not track.still:
            lines += [*_graph(track, width - MARGIN), _axis(clock, width - MARGIN), ""]
    return "\n".join(line.rstrip() for line in lines).rstrip("\n")


def to_ascii(text: str) -> str:
    """The same drawing in ASCII, for a terminal that knows nothing else."""
    return text.translate(_PLAIN).encode("ascii", "replace").decode()


def _graph(track: Series, columns: int) -> list[str]:
    labels = [track.high, *[None] * (ROWS - 2), track.low]
    rows = block_rows(track.values, track.low, track.high, columns, ROWS)
    return [_label(label) + row for label, row in zip(labels, rows, strict=True)]


def block_rows(values: Sequence[float], low: float, high: float, columns: int, rows: int) -> list[str]:
    """A graph of blocks, the highest row first: a column is the mean of the values that fall into it."""
    # The lowest value is still one eighth high: a column without ink would look like one without a value.
    scale = rows * 8 - 1
    heights = [1 + round((value - low) / (high - low) * scale) for value in column_means(values, columns)]
    return [
        "".join(_BLOCKS[min(max(height - 8 * below, 0), 8)] for height in heights)
        for below in reversed(range(rows))
    ]


def _label(value: float | None) -> str:
    return " " * (MARGIN - 1) + "│" if value is None else f"{short_number(value):>{MARGIN - 2}} ┤"


def _axis(clock: Clock, columns: int) -> str:
    """The time below a graph: start, middle and end of the clip in seconds."""
    end = f"{short_number(clock.seconds(clock.frames))} s"
    middle = f"{short_number(clock.seconds(clock.frames) / 2)} s"
    half = (columns - len(middle)) // 2
    text = f"0 s{middle:>{half + len(middle) - 3}}{end:>{columns - half - len(middle)}}"
    return " " * MARGIN + text


def column_means(values: Sequence[float], columns: int) -> list[float]:
    """The mean of the frames in each column; a short clip's frames fill several columns each."""
    means = []
    for column in range(columns):
        first = column * len(values) // columns
        stop = max(first + 1, (column + 1) * len(values) // columns)
        part = values[first:stop]
        means.append(sum(part) / len(part))
    return means
