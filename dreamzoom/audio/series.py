"""Numbers over time from a CSV or JSON file, as signals: a heart's beats, what another program heard.

    time;value        [[0, 0.5], [0.5, 0.7]]        {"time": [0, 0.5], "value": [0.5, 0.7]}
    0;0,5             {"rate": 25, "value": [0.5, 0.7]}        [{"time": 0, "value": 0.5}]
    0,5;0,7

Times are seconds from the song's start, unless their column is called "ms" or "frame". A CSV's first
column is its times where none is called so; columns of words are left out.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import numpy as np

from dreamzoom.audio.features import ENVELOPES_PER_SECOND, FloatArray
from dreamzoom.errors import SoundError, quote_value, warn
from dreamzoom.io.files import read_at_most

T = TypeVar("T")

LARGEST: Final = 32 << 20
"""Bytes of the largest file that is read."""

_MOST_COLUMNS = 64
_TIMES: Final[Mapping[str, float]] = {
    "time": 1, "timestamp": 1, "zeit": 1, "t": 1, "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1,
    "time_s": 1, "time_sec": 1, "time_seconds": 1, "ms": 1e-3, "time_ms": 1e-3,
    "msec": 1e-3, "milliseconds": 1e-3,
}  # fmt: skip
_FRAMES: Final = ("frame", "frames", "n")
_RATES: Final = ("rate", "fps", "hz")
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+,\d+(?:[eE][+-]?\d+)?\s*")
_CLOCK = re.compile(r"\s*(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)\s*")


@dataclass(frozen=True)
class TimeSeries:
    """Numbers over time.

    Attributes:
        columns: by name, times in seconds and values, (N,) each; times ascend.
    """

    columns: Mapping[str, tuple[FloatArray, FloatArray]]

    def signal(self, name: str, count: int) -> FloatArray:
        """A column as a signal, `count` values, `ENVELOPES_PER_SECOND` of them a second, linear in between.

        What stays within 0 to 1 is taken as it is; of another the lowest is 0 and the highest 1. Before the
        first value it is that one, after the last one that.
        """
        times, values = self.columns[name]
        low, high = float(values.min()), float(values.max())
        if low < 0 or high > 1:
            values = (values - low) / (high - low) if high > low else np.ones(values.size)
        signal: FloatArray = np.interp(np.arange(count) / ENVELOPES_PER_SECOND, times, values)
        return signal


class _FileError(Exception):
    """What is wrong with a file, to follow its name."""


def read_series(path: Path, fps: float) -> TimeSeries:
    """Read a CSV or JSON file.

    Args:
        fps: the clip's frames a second, which times in frames are counted in.

    Raises:
        SoundError: it cannot be read, or is not as this module's text says; where, and what is wrong.
    """
    data = read_at_most(path, LARGEST, SoundError, "series")
    try:
        text = _decode(data)
        is_json = path.suffix.lower() == ".json" or text.lstrip()[:1] in ("[", "{")
        columns = _from_json(text, fps) if is_json else _from_csv(text, fps, path)
    except _FileError as error:
        raise SoundError(f"{path}: {error}") from error
    return TimeSeries(columns)


def _decode(data: bytes) -> str:
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _FileError(
            "is neither CSV nor JSON: give a table of times and values, or MIDI; name a sound in music.stems"
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")  # only names can be meant


def _from_csv(text: str, fps: float, path: Path) -> dict[str, tuple[FloatArray, FloatArray]]:
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not lines:
        raise _FileError("is empty: write a line for each time and value")
    sign = _delimiter(lines[len(lines) // 2][1])
    rows = [(number, _cells(line, sign)) for number, line in lines]
    names: list[str] = []
    if not _is_number(rows[0][1][0], sign):
        names = [_identifier(cell) for cell in rows[0][1]]
        rows = rows[1:]
    width = len(names or rows[0][1]) if rows else 0
    if width < 2:
        raise _FileError("has no numbers" if not rows else "has one column: write a time and a value a line")
    if width > _MOST_COLUMNS:
        raise _FileError(f"has {width} columns: at most {_MOST_COLUMNS} are read")
    names = names or ["time", "value", *(f"value{number}" for number in range(2, width))]
    for number, cells in rows:
        if len(cells) != width:
            raise _FileError(f"line {number}: has {len(cells)} cells, and the first line has {width}")
    where = [f"line {number}" for number, _ in rows]
    columns = _by_name(names, list(zip(*(cells for _, cells in rows), strict=True)))
    told = next((name for name in names if _tells_time(name)), None)
    if told is None:
        warn(f"{path}: no column is called time: {names[0]!r}, the first one, is taken as seconds")
    texts = columns.pop(told or names[0])
    times = _seconds(np.array(list(map(_number, texts, repeat(sign), where))), told or "", fps)
    numbered = {
        name: cells for name, cells in columns.items() if any(_is_number(cell, sign) for cell in cells)
    }
    return {
        name: _present(times, np.array([_value(*cell) for cell in zip(cells, repeat(sign), where)]), name)
        for name, cells in (numbered or columns).items()  # words, such as remarks, are left out
    }


def _by_name(names: Sequence[str], columns: Sequence[T]) -> dict[str, T]:
    """Columns by their names; of those that have one name the first: spreadsheets add empty ones."""
    return {name: columns[names.index(name)] for name in names}


def _tells_time(name: str) -> bool:
    return name in _TIMES or name in _FRAMES


def _value(cell: str, sign: str, where: str) -> float:
    """A number; one that is missing is NaN."""
    return _number(cell, sign, where) if cell.strip() else math.nan


def _delimiter(line: str) -> str:
    return next((sign for sign in "\t;," if sign in line), " ")


def _cells(line: str, sign: str) -> list[str]:
    if sign == " ":
        return line.split()
    try:
        return next(csv.reader(io.StringIO(line), delimiter=sign), [])
    except csv.Error as error:
        raise _FileError(f"is no CSV ({error})") from error


def _is_number(cell: str, sign: str) -> bool:
    try:
        _number(cell, sign, "")
    except _FileError:
        return False
    return True


def _number(cell: str, sign: str, where: str) -> float:
    """A number, with a decimal comma where commas do not part cells, or minutes and seconds."""
    if sign != "," and _DECIMAL_COMMA.fullmatch(cell):
        cell = cell.replace(",", ".")
    if match := _CLOCK.fullmatch(cell):
        return int(match[1] or 0) * 3600 + int(match[2]) * 60 + float(match[3])
    try:
        number = float(cell)
    except ValueError:
        raise _FileError(f"{where}: {quote_value(cell)} is no number") from None
    if not math.isfinite(number):
        raise _FileError(f"{where}: {quote_value(cell)} is no finite number")
    return number


def _from_json(text: str, fps: float) -> dict[str, tuple[FloatArray, FloatArray]]:
    try:
        document = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise _FileError(f"is no JSON that is read ({error})") from error
    if isinstance(document, list) and document and all(isinstance(row, Mapping) for row in document):
        document = {str(name): [row.get(name) for row in document] for name in document[0]}
    elif isinstance(document, list):
        document = _columns(document)
    if not isinstance(document, Mapping):
        raise _FileError("holds neither a list of [time, value] nor a table of lists")
    numbers = {
        _identifier(str(name)): _numbers(each, str(name))
        for name, each in document.items()
        if not _is_words(each) or _tells_time(_identifier(str(name)))
    }
    rates = [name for name in _RATES if isinstance(document.get(name), int | float)]
    lists = {name: column for name, column in numbers.items() if name not in rates}
    if not lists or len({column.size for column in lists.values()}) > 1:
        raise _FileError("must have lists of numbers, all of one length")
    if rates:
        rate = float(numbers[rates[0]][0])
        if not rate > 0:
            raise _FileError(f"{rates[0]} is {rate:g}: must be above 0")
        times = np.arange(next(iter(lists.values())).size) / rate
    else:
        name = next(filter(_tells_time, lists), None)
        if name is None:
            raise _FileError('has no "time" and no "rate": write each value\'s seconds, or values a second')
        times = _seconds(lists.pop(name), name, fps)
    if not lists or len(lists) > _MOST_COLUMNS:
        raise _FileError(f"has {len(lists)} lists of values: must be 1 to {_MOST_COLUMNS}")
    return {name: _present(times, column, name) for name, column in lists.items()}


def _refuse(number: str) -> NoReturn:
    raise ValueError(f"{number} is no number")


def _columns(rows: list[Any]) -> dict[str, list[Any]]:
    """Lists of a time and values each as columns."""
    widths = {len(row) if isinstance(row, list) else 0 for row in rows}
    if len(widths) != 1 or min(widths) < 2:
        raise _FileError('must be a list of [time, value], or a table such as {"rate": 25, "value": [...]}')
    width = widths.pop()
    names = ["time", "value", *(f"value{number}" for number in range(2, width))]
    return {name: [row[index] for row in rows] for index, name in enumerate(names)}


def _is_words(values: Any) -> bool:
    """Whether a column says something beside the numbers, such as remarks."""
    return isinstance(values, str) or (
        isinstance(values, list) and all(isinstance(item, str) for item in values)
    )


def _numbers(values: Any, name: str) -> FloatArray:
    """A list of numbers; null stands for one that is missing."""
    items: list[Any] = values if isinstance(values, list) else [values]
    strange = next(
        (item for item in items if item is not None and (isinstance(item, bool) or not _is_real(item))), None
    )
    if strange is not None:
        raise _FileError(f"{quote_value(name)} holds {quote_value(strange)}, which is no finite number")
    return np.array([math.nan if item is None else float(item) for item in items])


def _is_real(item: object) -> bool:
    return isinstance(item, int | float) and abs(item) < 1e300


def _seconds(times: FloatArray, name: str, fps: float) -> FloatArray:
    """Times in seconds, by what their column is called."""
    if np.isnan(times).any():
        raise _FileError("lacks a time")
    seconds = times / fps if name in _FRAMES else times * _TIMES.get(name, 1)
    for index, (one, other) in enumerate(pairwise(seconds.tolist()), start=2):
        if other <= one:
            raise _FileError(f"times do not ascend: value {index} is at {other:g} s, after one at {one:g} s")
    return seconds


def _present(times: FloatArray, values: FloatArray, name: str) -> tuple[FloatArray, FloatArray]:
    """A column without the values that are missing."""
    there = ~np.isnan(values)
    if not there.any():
        raise _FileError(f"{quote_value(name)} has no numbers")
    return times[there], values[there]


def _identifier(cell: str) -> str:
    """A column's name as formulas may write it: "Heart rate (bpm)" is heart_rate_bpm."""
    name = re.sub(r"[^a-z0-9]+", "_", cell.strip().lower()).strip("_")[:40]
    return name if name[:1].isalpha() else f"value{name}"


def first_of(names: Sequence[str]) -> Mapping[str, str]:
    """What columns may be called beside their names: the first one is `value` too."""
    return {"value": names[0]} if names and "value" not in names else {}
