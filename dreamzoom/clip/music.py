"""What was heard in a song, as a clip keeps it: JSON, its numbers whole steps of a ten-thousandth."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NoReturn

from dreamzoom.errors import ClipError
from dreamzoom.io.files import read_at_most
from dreamzoom.recipe.frozen import HOW_TO_MEND
from dreamzoom.tracks.music import SIGNALS, STEPS, Music, Section, levels, steps

LARGEST: Final = 96 * 2**20
"""Bytes of the largest file that is read: what `hear` takes makes 78 MB at most."""

_LAST = 10**6 * STEPS  # a beat falls before that
_RATES = range(1, 1001)
_SHOWN = 40  # characters
_LONGEST_LABEL = 100  # characters
_LONGEST_NAME = 1000  # characters
_SHA256 = re.compile(r"[0-9a-f]{64}")


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
        "signals": {name: steps(values) for name, values in music.signals.items()},
        **({"sections": _sections_json(music.sections)} if music.sections else {}),
        **({"sources": dict(music.sources)} if music.sources else {}),
    }
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _sections_json(sections: Sequence[Section]) -> list[list[object]]:
    return [[section.label, *steps((section.start, section.end))] for section in sections]


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
    table = _table(document, ("rate", "beats", "bars", "signals"), "it", ("sections", "sources"))
    if type(table["rate"]) is not int or table["rate"] not in _RATES:
        raise _FileError(f"is damaged: rate is not a whole number from 1 to {_RATES[-1]}")
    signals = _table(table["signals"], SIGNALS, "signals", None)
    if strange := next((name for name in signals if not 0 < len(name) <= _LONGEST_NAME), None):
        raise _FileError(f"is damaged: a signal's name is {strange[:_SHOWN]!r}")
    values = {name: levels(_steps(signal, STEPS, name[:_SHOWN])) for name, signal in signals.items()}
    if len({len(signal) for signal in values.values()}) > 1:
        raise _FileError("is damaged: its signals are not of one length")
    beats, bars = (_times(table[name], name) for name in ("beats", "bars"))
    return Music(
        beats=beats,
        bars=bars,
        rate=float(table["rate"]),
        signals=values,
        sections=_sections(table.get("sections", [])),
        sources=_sources(table.get("sources", {})),
    )


def _table(
    value: Any, names: tuple[str, ...], what: str, others: tuple[str, ...] | None = ()
) -> dict[str, Any]:
    """A table that has all the keys `names`, and may have `others`; None: any."""
    if not isinstance(value, dict):
        raise _FileError(f"is damaged: {what} is no table")
    if lacking := [name for name in names if name not in value]:
        raise _FileError(f"is damaged: {what} lacks {lacking[0]}")
    unknown = None if others is None else next((key for key in value if key not in names + others), None)
    if unknown is not None:
        raise _FileError(f"is damaged: {what} has an unknown {unknown[:_SHOWN]!r}")
    return value


def _times(value: Any, what: str) -> tuple[float, ...]:
    counts = _steps(value, _LAST, what)
    if len(counts) == 1:
        raise _FileError(f"is damaged: {what} are fewer than two")
    if any(after <= before for before, after in pairwise(counts)):
        raise _FileError(f"is damaged: {what} do not ascend")
    return tuple(count / STEPS for count in counts)


def _sections(value: Any) -> tuple[Section, ...]:
    """Sections from lists of a label, a start and an end."""
    if not isinstance(value, list) or any(not isinstance(each, list) or len(each) != 3 for each in value):
        raise _FileError("is damaged: sections are no list of a label, a start and an end each")
    sections, ended = [], 0
    for label, *times in value:
        start, end = _steps(times, _LAST, "a section's times")
        if not isinstance(label, str) or not 0 < len(label) <= _LONGEST_LABEL:
            raise _FileError(f"is damaged: a section's label is no text of 1 to {_LONGEST_LABEL} characters")
        if not ended <= start < end:
            raise _FileError("is damaged: sections do not follow one another")
        sections.append(Section(label, start / STEPS, end / STEPS))
        ended = end
    return tuple(sections)


def _sources(value: Any) -> dict[str, str]:
    """Hashes of files by name."""
    if not isinstance(value, dict) or not all(
        0 < len(name) <= _SHOWN and isinstance(digest, str) and _SHA256.fullmatch(digest)
        for name, digest in value.items()
    ):
        raise _FileError("is damaged: sources are no hashes by name")
    return value


def _steps(value: Any, most: int, what: str) -> list[int]:
    """A list of whole numbers from 0 to `most`."""
    if not isinstance(value, list) or any(
        type(count) is not int or not 0 <= count <= most for count in value
    ):
        raise _FileError(f"is damaged: {what} is no list of whole numbers from 0 to {most}")
    return value
