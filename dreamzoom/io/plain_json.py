"""JSON as everybody reads it: UTF-8, no NaN, no number that no float holds, no nesting without an end.

Python's own reader takes more, and writes it again; a browser then refuses all that it stands in.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import NoReturn

from dreamzoom.errors import StorageError
from dreamzoom.io.files import read_at_most


def parse_json(data: bytes) -> object:
    """The value of a text. Raises a ValueError where it is none."""
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error


def read_json(path: Path, largest: int) -> object:
    """The value in a small file; None where that is missing, cannot be read, is larger, or no such text.

    Args:
        largest: bytes that it may have.
    """
    try:
        return parse_json(read_at_most(path, largest, StorageError, "file"))
    except (StorageError, ValueError):
        return None


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is more than a number may be")
    return number
