"""The journal: one JSON line for each finished frame, appended once the frame is safely on disk."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TypeAlias

from dreamzoom.camera.aim import NO_TURN, Aim
from dreamzoom.errors import ClipError
from dreamzoom.io.files import append, read_at_most, write_atomically

LARGEST_FILE = 1 << 30  # bytes; some 300 a frame


@dataclass(frozen=True)
class Entry:
    """What is recorded of one frame.

    Attributes:
        frame: its number, from 0.
        sha256: of the PNG file.
        bytes: size of the PNG file.
        seconds: how long the frame took, from the picture before it to its own 8-bit pixels.
        objective: the objective's value, see `dreamzoom.dream.ascent.DreamResult`.
        engine: what computed it (`Engine.fingerprint`).
        target: where the camera looked, x and y in fractions of the frame, in a clip whose camera finds its
            own target; only there the line has it.
        nudge: how the guard pushed the frame's dream, in words; only where it did the line has it.
        turn: how the guard turned the camera, see `dreamzoom.camera.aim.Aim`; only where it did the line
            has it.
    """

    frame: int
    sha256: str
    bytes: int
    seconds: float
    objective: float
    engine: str
    target: tuple[float, float] | None = None
    nudge: str | None = None
    turn: tuple[float, float] | None = None

    @property
    def aim(self) -> Aim:
        """What the camera did that the recipe does not tell."""
        return Aim(self.target, self.turn or NO_TURN)


_TYPES: dict[str, type | tuple[type, ...]] = {
    "frame": int,
    "sha256": str,
    "bytes": int,
    "seconds": (int, float),
    "objective": (int, float),
    "engine": str,
}

Range: TypeAlias = tuple[float, float]

# The keys that hold two numbers, where a line has them, and from what to what each may be.
_PAIRS: dict[str, tuple[Range, Range]] = {"target": ((0, 1), (0, 1)), "turn": ((-180, 180), (0.1, 10))}


def _line(entry: Entry) -> str:
    values = {key: value for key, value in asdict(entry).items() if value is not None}
    return json.dumps(values) + "\n"


def _parse(line: bytes) -> Entry | None:
    """The entry a line holds, or None when it is torn or not ours."""
    try:
        values = json.loads(line)
    except ValueError:
        return None
    if not isinstance(values, dict) or any(
        not isinstance(values.get(key), kind) for key, kind in _TYPES.items()
    ):
        return None
    if not isinstance(values.get("nudge", ""), str):
        return None
    for key in _PAIRS.keys() & values.keys():
        values[key] = _pair(values[key], _PAIRS[key])
        if values[key] is None:
            return None
    return Entry(**{field.name: values[field.name] for field in fields(Entry) if field.name in values})


def _pair(value: object, ranges: tuple[Range, Range]) -> tuple[float, float] | None:
    """Two numbers, each in its range; None where it is anything else."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    x, y = (
        part if isinstance(part, float) and low <= part <= high else None
        for part, (low, high) in zip(value, ranges, strict=True)
    )
    return None if x is None or y is None else (x, y)


class Journal:
    """The entries of a clip, by frame; what is recorded here is on disk when `record` returns.

    Lines that are torn or damaged count as absent: their frames are rendered again. Reading never changes
    the file; the first write puts it right.
    """

    def __init__(self, path: Path) -> None:
        """Read the journal in a file. Raises a ClipError where that cannot be read."""
        self._path = path
        self._entries: dict[int, Entry] = {}
        data = read_at_most(path, LARGEST_FILE, ClipError, "journal") if path.exists() else b""
        for line in data.splitlines():
            if entry := _parse(line):
                self._entries[entry.frame] = entry
        self._last = max(self._entries, default=-1)
        self._clean = data == self._text()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """The entries in the order of their frames."""
        return (self._entries[frame] for frame in sorted(self._entries))

    def get(self, frame: int) -> Entry | None:
        """The entry of a frame, or None."""
        return self._entries.get(frame)

    def aims(self) -> dict[int, Aim]:
        """What the camera did at each journaled frame that the recipe does not tell."""
        return {frame: entry.aim for frame, entry in self._entries.items()}

    def has_beyond(self, frame: int) -> bool:
        """Whether a later frame than `frame` is journaled."""
        return self._last > frame

    def record(self, entry: Entry) -> None:
        """Add an entry, or put it in the place of the one its frame had.

        Raises:
            StorageError: the disk is full or cannot be written; the file is as it was, or ends in a torn
                line.
        """
        in_order = entry.frame > self._last
        self._entries[entry.frame] = entry
        self._last = max(self._last, entry.frame)
        if in_order and self._clean:
            self._append(_line(entry).encode())
        else:
            self._rewrite()

    def record_all(self, entries: Iterable[Entry]) -> None:
        """Add many entries at once. Raises a StorageError; the file is then as it was."""
        self._entries.update((entry.frame, entry) for entry in entries)
        self._last = max(self._entries, default=-1)
        self._rewrite()

    def forget_from(self, frame: int) -> None:
        """Drop the entries of `frame` and all later ones: they no longer follow from what is before them."""
        kept = {number: entry for number, entry in self._entries.items() if number < frame}
        if len(kept) < len(self._entries):
            self._entries = kept
            self._last = max(kept, default=-1)
            self._rewrite()

    def _text(self) -> bytes:
        return "".join(map(_line, self)).encode()

    def _append(self, line: bytes) -> None:
        self._clean = False  # until the line is known to be whole
        append(self._path, line)
        self._clean = True

    def _rewrite(self) -> None:
        write_atomically(self._path, self._text())
        self._clean = True
