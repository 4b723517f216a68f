"""The folder of a picture's looks: what was made already, and what it was made of.

DIR/ink.webp      the look as a moving picture
DIR/ink.jpg       and as a still
DIR/ink.dusk.jpg  that still in the colours of a palette
DIR/looks.jpg     a contact sheet of the stills
DIR/looks.json    what each was made of, so that it is made once
DIR/.making       what is not finished
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dreamzoom.clip.folder import has_clip
from dreamzoom.errors import ClipError, RequestError
from dreamzoom.io.files import part_of, remove_leftovers, storage_errors, write_atomically
from dreamzoom.io.plain_json import read_json

_INDEX: Final = "looks.json"
_LARGEST: Final = 1 << 22  # bytes
_HARMLESS: Final = (".lock", ".lock.holder", ".writer", ".making", ".DS_Store")


@dataclass(frozen=True)
class LooksFolder:
    """A folder that holds the looks of a picture."""

    path: Path

    def moving_path(self, name: str) -> Path:
        """A look as a moving picture."""
        return self.path / f"{name}.webp"

    def still_path(self, name: str, palette: str = "") -> Path:
        """A look's still; in the colours of a palette, if one is named."""
        return self.path / (f"{name}.{palette}.jpg" if palette else f"{name}.jpg")

    @property
    def sheet_path(self) -> Path:
        """All the stills on one picture."""
        return self.path / "looks.jpg"

    @property
    def making(self) -> Path:
        """Where clips lie while they are made."""
        return self.path / ".making"

    def has(self, name: str, key: str) -> bool:
        """Whether a look was made of just that."""
        is_there = self.moving_path(name).is_file() and self.still_path(name).is_file()
        return is_there and self._index().get(name) == key

    def note(self, name: str, key: str) -> None:
        """Keep what a look was made of."""
        text = json.dumps({**self._index(), name: key}, indent=1, sort_keys=True)
        write_atomically(self.path / _INDEX, text.encode())

    def _index(self) -> Mapping[str, Any]:
        """What was noted; what cannot be read counts as nothing, and is made again."""
        found = read_json(self.path / _INDEX, _LARGEST)
        return found if isinstance(found, dict) else {}


def open_looks(path: Path) -> LooksFolder:
    """The folder of a picture's looks, made where it is not there.

    Raises:
        RequestError: it holds something else.
        StorageError: it cannot be written.
    """
    if path.exists() and not path.is_dir():
        raise RequestError(f"{path} is a file: name a folder with --out")
    if has_clip(path):
        raise ClipError(f"{path} holds a clip: name another folder with --out")
    if path.is_dir() and not (path / _INDEX).exists():
        with storage_errors(path):
            there = next((each.name for each in path.iterdir() if each.name not in _HARMLESS), None)
        if there is not None:
            raise RequestError(
                f"{path} is not empty, it holds {there}: name another folder, or an empty one, with --out"
            )
    folder = LooksFolder(path)
    with storage_errors(path):
        folder.making.mkdir(parents=True, exist_ok=True)
    with part_of(path / "probe"):
        pass
    remove_leftovers(path)
    if not (path / _INDEX).exists():
        write_atomically(path / _INDEX, b"{}")
    return folder
