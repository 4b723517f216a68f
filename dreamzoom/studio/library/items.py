"""What lies in a studio's folder: clips, films, pictures, songs, recipes, videos, other delivered files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from dreamzoom.io.files import sha256_of

ItemKind: TypeAlias = Literal[
    "clip",
    "film",
    "picture",
    "song",
    "recipe",
    "storyboard",
    "lyrics",
    "beats",
    "notes",
    "font",
    "video",
    "file",
]

INBOX, MATERIAL = Path("inbox"), Path("material")
DREAMED, DELIVERED = Path("dreamed"), Path("delivered")
"""Folders in FOLDER: pictures to be dreamed, material for dreams; dreams of the inbox, files for others."""

OWN_NAMES: Final = frozenset(place.name for place in (INBOX, MATERIAL, DREAMED, DELIVERED))
"""The names of these, which no clip may have."""

ROOMS: Final = (Path(), MATERIAL, DREAMED, DELIVERED)
"""Where items lie that have a name of their own; a film's scenes belong to the film."""

_TAKE = re.compile(r"(?P<family>.+)-take-(?P<number>[2-9]|[1-9]\d{1,5})", re.DOTALL)


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

    @property
    def family(self) -> str:
        """The name that all takes of a clip share."""
        return family_of(self.name)[0]

    @property
    def take(self) -> int:
        """Which take it is, the first one 1."""
        return family_of(self.name)[1]


def family_of(name: str) -> tuple[str, int]:
    """The family of a clip's name, and which take it is: "sky-take-3" is the third of "sky"."""
    match = _TAKE.fullmatch(name)
    return (match["family"], int(match["number"])) if match else (name, 1)


def take_name(family: str, number: int) -> str:
    """The name of a take; of the first one the family's."""
    return family if number == 1 else f"{family}-take-{number}"


def item_id(place: Path) -> str:
    """The id of what lies there; `place` is relative to FOLDER."""
    return sha256_of(place.as_posix().encode(errors="surrogateescape"))[:16]
