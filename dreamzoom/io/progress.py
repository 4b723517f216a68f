"""How far a command is, as lines of JSON in a file that its environment names: for whoever watches it.

    DREAMZOOM_PROGRESS=progress.jsonl dreamzoom render …
    {"label": "dream", "unit": "frame", "done": 12, "total": 300, "rate": 1.4, "left": 205.7}

The last whole line counts. The file stays small: it begins anew where it has grown.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

from dreamzoom.io.disk import open_own, open_plain
from dreamzoom.io.plain_json import parse_json

VARIABLE: Final = "DREAMZOOM_PROGRESS"
"""The variable that names the file."""

LARGEST: Final = 64 << 10
"""Bytes after which the file begins anew."""

_EVERY = 0.25  # seconds
_LAST = 4096  # bytes in which the last line is
_LONGEST_LABEL = 300


class Measured(Protocol):
    """Work that is counted."""

    @property
    def total(self) -> int:
        """All of it."""

    @property
    def done(self) -> int:
        """What is done."""

    @property
    def rate(self) -> float | None:
        """How much a second; None before that can be told."""


def progress_writer(work: Measured, label: Callable[[], str], unit: str) -> Callable[[], None]:
    """What tells how far some work is whenever it is called; it does so a few times a second, and at the end.

    A file that cannot be written is no reason to stop.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return lambda: None
    path = Path(named)
    told = -_EVERY

    def write() -> None:
        nonlocal told
        now = time.monotonic()
        if now - told < _EVERY and work.done < work.total:
            return
        told = now
        rate = work.rate
        line = {
            "label": label()[:_LONGEST_LABEL],
            "unit": unit,
            "done": work.done,
            "total": work.total,
            "rate": rate,
            "left": (work.total - work.done) / rate if rate else None,
        }
        with contextlib.suppress(OSError):
            _append(path, json.dumps(line).encode() + b"\n")

    write()
    return write


def _append(path: Path, line: bytes) -> None:
    with os.fdopen(open_own(path, os.O_APPEND | os.O_CREAT), "ab", buffering=0) as file:
        if os.fstat(file.fileno()).st_size > LARGEST:
            file.truncate(0)
        file.write(line)


def read_progress(path: Path) -> dict[str, Any] | None:
    """What a command told last; None where it told nothing."""
    try:
        with os.fdopen(open_plain(path), "rb") as file:
            file.seek(max(0, file.seek(0, 2) - _LAST))
            lines = file.read(_LAST).split(b"\n")
        told = parse_json(lines[-2]) if lines[1:] else None
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None
