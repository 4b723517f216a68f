"""What new clips and takes are called: by their picture, and by the clip that they are a take of."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from dreamzoom.studio.library.items import OWN_NAMES, family_of, take_name

_NO_NAME: Final = re.compile(r"[^\w .,+()'&-]+")
_LONGEST: Final = 60  # letters; a disk has 255 bytes for a name
_OF_WINDOWS: Final = re.compile(r"(?i)con|prn|aux|nul|com\d|lpt\d")


def stem_for(words: str) -> str:
    """A clip's name made of a file's or of what a person wrote: one that every disk can hold."""
    stem = _NO_NAME.sub(" ", words)
    stem = " ".join(stem.split()).strip(" .-'")[:_LONGEST].strip(" .-'")
    if not stem or _OF_WINDOWS.fullmatch(stem):
        return f"clip {stem}".strip()
    return family_of(stem)[0]


def names_in(folder: Path, targets: Iterable[str]) -> frozenset[str]:
    """The names in a folder that are taken, in small letters: by what lies there, and by what is to come.

    Args:
        targets: places in the folder that something waits to be written to.
    """
    there = (entry.name for entry in os.scandir(folder))
    coming = (Path(target).parts[0] for target in targets if Path(target).parts)
    return frozenset(name.casefold() for name in (*there, *coming, *OWN_NAMES))


def free_name(stem: str, taken: Collection[str]) -> str:
    """A clip's name that is free: "sky", "sky-2", …; `taken` as `names_in` gives it."""
    number, name = 1, stem
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}"
    return name


def free_take(family: str, taken: Collection[str]) -> str:
    """The name of a family's next take: "sky-take-2", or one after the last there is."""
    takes = [number for each, number in map(family_of, taken) if each == family.casefold()]
    return take_name(family, 1 + max(takes, default=1))
