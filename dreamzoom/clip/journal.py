"""The journal: one JSON line for each finished frame, appended once the frame is safely on disk."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeAlias, TypeGuard

from dreamzoom.camera.aim import NO_TURN, Aim
from dreamzoom.clip.reading import is_there
from dreamzoom.errors import ClipError
from dreamzoom.io.files import append, read_at_most, write_atomically

LARGEST_FILE = 1 << 30  # bytes; some 300 a frame


@dataclass(frozen=True, slots=True)
class Entry:
    """What is recorded of one frame.

    Attributes:
        frame: its number, from 0.
        sha256: of the PNG file, whose bytes depend on what deflated it.
        bytes: size of the PNG file.
        seconds: how long the frame took, from the picture before it to its own 8-bit pixels.
        objective: the objective's value, see `dreamzoom.dream.ascent.DreamResult`.
        engine: what computed it (`Engine.fingerprint`).
        target: where the camera looked, x and y in fractions of the frame, in a clip whose camera finds its
            own target; only there the line has it.
        nudge: how the guard pushed the frame's dream, in words; only where it did the line has it.
        turn: how the guard turned the camera, see `dreamzoom.camera.aim.Aim`; only where it did the line
            has it.
        pixels: what the frame is known by, see `dreamzoom.pictures.png.pixels_digest`; None in the lines of
            older versions, where the file's own hash serves.
        png: what deflated the file, as "isal 1.9.1"; None in those lines, and where another program did.
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
    pixels: str | None = None
    png: str | None = None

    @property
    def identity(self) -> str:
        """What tells whether it is the same frame: the hash of its pixels, or that of its file."""
        return self.pixels or self.sha256

    @property
    def aim(self) -> Aim:
        """What the camera did that the recipe does not tell."""
        return Aim(self.target, self.turn or NO_TURN)


Range: TypeAlias = tuple[float, float]

_LONGEST_LINE = 1 << 16  # bytes; a line has some 300
_LAST_FRAME = 999_999  # the longest clip's last frame has a lower number
_LARGEST = 1 << 53  # bytes of a frame's file
_LONGEST = 1e9  # seconds that a frame took
_SHA256 = re.compile(r"[0-9a-f]{64}")

# The keys that hold two numbers, where a line has them, and from what to what each may be.
_PAIRS: dict[str, tuple[Range, Range]] = {"target": ((0, 1), (0, 1)), "turn": ((-180, 180), (0.1, 10))}
_OPTIONAL = ("nudge", *_PAIRS, "pixels", "png")

# A line as it is written where no nudge, turn or target belongs in it: most are, and this reads them fast.
_PLAIN_LINE = re.compile(
    rb'\{"frame": (0|[1-9]\d{0,5}), "sha256": "([0-9a-f]{64})", "bytes": ([1-9]\d{0,14}), '
    rb'"seconds": (\d{1,8}\.\d{1,8}), "objective": (-?\d{1,15}\.\d{1,15}), "engine": "([ !#-\[\]-~]*)"'
    rb'(?:, "pixels": "([0-9a-f]{64})"(?:, "png": "([ !#-\[\]-~]*)")?)?\}'
)


def _line(entry: Entry) -> str:
    values = {field.name: getattr(entry, field.name) for field in fields(Entry)}
    return json.dumps({key: value for key, value in values.items() if value is not None}) + "\n"


def _parse(line: bytes) -> Entry | None:
    """The entry a line holds, or None when it is torn, damaged or not ours."""
    if plain := _PLAIN_LINE.fullmatch(line):
        frame, sha256, size, seconds, objective, engine, pixels, png = plain.groups()
        return Entry(
            int(frame),
            sha256.decode(),
            int(size),
            float(seconds),
            float(objective),
            engine.decode(),
            pixels=pixels.decode() if pixels else None,
            png=None if png is None else png.decode(),
        )
    if len(line) > _LONGEST_LINE:
        return None
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return _entry(values) if isinstance(values, dict) else None


def _entry(values: dict[str, Any]) -> Entry | None:
    get = values.get
    frame, sha256, size, engine = get("frame"), get("sha256"), get("bytes"), get("engine")
    if type(frame) is not int or not 0 <= frame <= _LAST_FRAME:
        return None
    if type(sha256) is not str or not _SHA256.fullmatch(sha256) or type(engine) is not str:
        return None
    if type(size) is not int or not 0 < size <= _LARGEST:
        return None
    seconds, objective = get("seconds"), get("objective")
    if not _is_number(seconds) or not 0 <= seconds <= _LONGEST or not _is_number(objective):
        return None
    more = {key: values[key] for key in _OPTIONAL if key in values}
    if more and not _read_optional(more):
        return None
    return Entry(frame, sha256, size, seconds, objective, engine, **more)


def _is_number(value: object) -> TypeGuard[float]:
    """Whether it is a number that a float can be; an objective may be one without an end."""
    return type(value) is float or (type(value) is int and -_LARGEST <= value <= _LARGEST)


def _read_optional(values: dict[str, Any]) -> bool:
    """Whether the keys that not every line has are right; pairs are made ones."""
    if not all(isinstance(values.get(key, ""), str) for key in ("nudge", "pixels", "png")):
        return False
    if "pixels" in values and not _SHA256.fullmatch(values["pixels"]):
        return False
    for key in _PAIRS.keys() & values.keys():
        values[key] = _pair(values[key], _PAIRS[key])
        if values[key] is None:
            return False
    return True


def _pair(value: object, ranges: tuple[Range, Range]) -> tuple[float, float] | None:
    """Two numbers, each in its range; None where it is anything else."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    x, y = (
        part if isinstance(part, float) and low <= part <= high else None
        for part, (low, high) in zip(value, ranges, strict=True)
    )
    return None if x is None or y is None else (x, y)


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise ClipError(f"{path}: is a folder; move it away, the clip's journal belongs there")
    return read_at_most(path, LARGEST_FILE, ClipError, "journal") if is_there(path) else b""


class Journal:
    """The entries of a clip, by frame; what is recorded here is on disk when `record` returns.

    Lines that are torn or damaged count as absent: their frames are rendered again. Reading never changes
    the file; the first write puts it right.
    """

    def __init__(self, path: Path) -> None:
        """Read the journal in a file; there may be none yet. Raises a ClipError where it cannot be read."""
        self._path = path
        self._entries: dict[int, Entry] = {}
        data = _read(path)
        # Whether a line can be added as it is: all are whole, in order and ended.
        self._clean, self._last = data.endswith(b"\n") or not data, -1
        self._size = len(data)  # of the file, as it was read or written last
        for line in data.splitlines():
            entry = _parse(line)
            if entry is None:
                self._clean = False
                continue
            self._clean = self._clean and entry.frame > self._last
            self._entries[entry.frame] = entry
            self._last = max(self._last, entry.frame)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """The entries in the order of their frames."""
        return (self._entries[frame] for frame in sorted(self._entries))

    def get(self, frame: int) -> Entry | None:
        """The entry of a frame, or None."""
        return self._entries.get(frame)

    def is_as_left(self) -> bool:
        """Whether the file is as long as it was read or written last: nobody else has added to it. One that
        is gone nobody has.
        """
        try:
            return self._path.stat().st_size == self._size
        except OSError:
            return True

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
        self._clean, self._size = True, self._size + len(line)

    def _rewrite(self) -> None:
        text = self._text()
        write_atomically(self._path, text)
        self._clean, self._size = True, len(text)
