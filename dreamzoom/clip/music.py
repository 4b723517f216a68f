"""What was heard in a song, as a clip keeps it: JSON, its numbers whole steps of a ten-thousandth."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NoReturn

from dreamzoom.errors import ClipError
from dreamzoom.io.files import read_at_most
from dreamzoom.recipe.frozen import HOW_TO_MEND
from dreamzoom.tracks.music import SIGNALS, STEPS, Music, levels, steps

LARGEST: Final = 64 * 2**20
"""Bytes of the largest file that is read: the longest song that `hear` takes makes half of that."""

_LAST = 10**6 * STEPS  # a beat falls before that
_RATES = range(1, 1001)


def music_json(music: Music) -> bytes:
    """The file of a piece of music.

    What `hear` gives is kept exactly; other numbers are rounded to a ten-thousandth.

    Args:
        music: its rate a whole number up to 1000.
    """
    document = {
        "rate": int(music.rate),
        "beats": steps(music.beats),
        "bars": steps(music.bars),
        "signals": {name: steps(music.signals[name]) for name in SIGNALS},
    }
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def read_music(path: Path) -> Music:
    """Read what `music_json` wrote.

    Raises:
        ClipError: the file is missing, too large, damaged or no such file.
    """
    try:
        data = read_at_most(path, LARGEST, ClipError, "music file")
    except ClipError as error:
        raise ClipError(f"{error}; {HOW_TO_MEND}") from error
    try:
        return _music(_document(data))
    except _FileError as error:
        raise ClipError(f"{path}: {error}; {HOW_TO_MEND}") from error


class _FileError(Exception):
    """What is wrong with a file, to follow its name."""


def _document(data: bytes) -> Any:
    try:
        return json.loads(data, parse_constant=_refuse, parse_float=_refuse)
    except (ValueError, RecursionError) as error:
        raise _FileError("is damaged, or no music that was heard") from error


def _refuse(number: str) -> NoReturn:
    raise ValueError(number)


def _music(document: Any) -> Music:
    table = _table(document, ("rate", "beats", "bars", "signals"), "it")
    if type(table["rate"]) is not int or table["rate"] not in _RATES:
        raise _FileError(f"is damaged: rate is not a whole number from 1 to {_RATES[-1]}")
    signals = _table(table["signals"], SIGNALS, "signals")
    values = {name: levels(_steps(signals[name], STEPS, name)) for name in SIGNALS}
    if len({len(signal) for signal in values.values()}) > 1:
        raise _FileError("is damaged: its signals are not of one length")
    beats, bars = (_times(table[name], name) for name in ("beats", "bars"))
    return Music(beats=beats, bars=bars, rate=float(table["rate"]), signals=values)


def _table(value: Any, names: tuple[str, ...], what: str) -> dict[str, Any]:
    """A table that has exactly the keys `names`."""
    if not isinstance(value, dict):
        raise _FileError(f"is damaged: {what} is no table")
    if lacking := [name for name in names if name not in value]:
        raise _FileError(f"is damaged: {what} lacks {lacking[0]}")
    if len(value) > len(names):
        unknown = next(key for key in value if key not in names)
        raise _FileError(f"is damaged: {what} has an unknown {unknown[:40]!r}")
    return value


def _times(value: Any, what: str) -> tuple[float, ...]:
    counts = _steps(value, _LAST, what)
    if len(counts) == 1:
        raise _FileError(f"is damaged: {what} are fewer than two")
    if any(after <= before for before, after in pairwise(counts)):
        raise _FileError(f"is damaged: {what} do not ascend")
    return tuple(count / STEPS for count in counts)


def _steps(value: Any, most: int, what: str) -> list[int]:
    """A list of whole numbers from 0 to `most`."""
    if not isinstance(value, list) or any(
        type(count) is not int or not 0 <= count <= most for count in value
    ):
        raise _FileError(f"is damaged: {what} is no list of whole numbers from 0 to {most}")
    return value
