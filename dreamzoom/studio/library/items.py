"""What lies in a studio's folder: clips, films, pictures, songs, recipes."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeAlias

ItemKind: TypeAlias = Literal["clip", "film", "picture", "song", "recipe"]


@dataclass(frozen=True)
class Item:
    """Something in FOLDER.

    Attributes:
        id: 16 hexadecimal digits, made of its place in FOLDER: the same for every server.
        place: where it lies, relative to FOLDER.
    """

    id: str
    kind: ItemKind
    place: Path

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.place.name


def item_id(place: Path) -> str:
    """The id of what lies there; `place` is relative to FOLDER."""
    return sha256(place.as_posix().encode(errors="surrogateescape")).hexdigest()[:16]
