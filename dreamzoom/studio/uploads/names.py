"""A name for a file that somebody sends: one for every system, in every script, and of no folder."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_LONGEST: Final = 160  # bytes; the system takes 255, and other names are made of it
_LONGEST_ENDING: Final = 24
_JOINERS: Final = "\u200c\u200d"  # Persian, Hindi and emoji are written with them
_NOT_ON_WINDOWS: Final = re.compile(r'[<>:"|?*]')
_DEVICES: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³]) *(\.|\Z)", re.IGNORECASE
)
_ENDING: Final = re.compile(r"((\.beats|\.storyboard)?\.\w{1,10})\Z", re.IGNORECASE | re.ASCII)


def safe_name(given: str) -> str:
    """The name of a file that somebody calls so."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", given)[-1])
    name = "".join(" " if letter.isspace() else letter for letter in name)
    name = "".join(letter for letter in name if letter.isprintable() or letter in _JOINERS)
    name = _NOT_ON_WINDOWS.sub("-", " ".join(name.split())).strip(". ")
    name = _shorten(name or "unnamed")
    return f"_{name}" if _DEVICES.match(name) else name


def split_name(name: str) -> tuple[str, str]:
    """A name without its ending, and the ending, ".beats.txt" as one."""
    found = _ENDING.search(name)
    ending = found[1] if found and found.start() else ""
    return name.removesuffix(ending), ending


def free_names(name: str) -> Iterator[str]:
    """The name, and others for when it is taken: "sky.jpg", "sky-2.jpg", "sky-3.jpg"."""
    yield name
    stem, ending = split_name(name)
    for number in range(2, 100_000):
        yield f"{stem}-{number}{ending}"


def _shorten(name: str) -> str:
    if len(name.encode()) <= _LONGEST:
        return name
    stem, ending = split_name(name)
    room = _LONGEST - len(ending.encode()[:_LONGEST_ENDING])
    return stem.encode()[:room].decode(errors="ignore").rstrip(". " + _JOINERS) + ending
