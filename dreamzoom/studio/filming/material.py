"""What a film keeps of a clip that a scene of it is made of: the picture that it began with, and its look.

FILM/material/sky-0a1b2c3d.png, sky-4e5f6a7b.toml: named by what they hold, so that none is ever another one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from os.path import normpath
from pathlib import Path
from typing import Final

from dreamzoom.errors import RequestError, printable
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.note import kept_beside
from dreamzoom.io.disk import open_within
from dreamzoom.io.files import binary_size, read_stream, sha256_of, storage_errors, write_atomically
from dreamzoom.recipe.schema import SETTINGS
from dreamzoom.recipe.settings import FileText
from dreamzoom.recipe.sources import without_image
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import MATERIAL, Item
from dreamzoom.studio.wishes.bases import as_text, open_basis
from dreamzoom.studio.wishes.files import ItemPath
from dreamzoom.studio.wishes.names import stem_for

_LARGEST: Final = 1 << 28  # bytes of a picture
_OF_FILM: Final = ("size", "fps", "seed", "frames")  # of the table [clip], which the film says


@dataclass(frozen=True)
class _Keeper:
    """Keeps files in a film's own folder."""

    desk: Desk
    film: FilmFolder
    stem: str

    def keep(self, data: bytes, ending: str) -> Path:
        """Where a file is now that holds that. Raises a StorageError, or a RequestError for a link."""
        folder = self.film.material_path
        if folder.is_symlink():
            raise RequestError(f"the film's folder {MATERIAL} is a link to somewhere else: remove it first")
        with storage_errors(folder):
            folder.mkdir(exist_ok=True)
        path = folder / f"{self.stem}-{sha256_of(data)[:8]}{ending}"
        write_atomically(path, data)
        return path

    def keep_file(self, named: str) -> Path:
        """The film's copy of a file of FOLDER, named as for a command line."""
        place = Path(named)
        try:
            with os.fdopen(open_within(self.desk.folder, place), "rb") as file:
                data = read_stream(file, _LARGEST)
        except OSError as error:
            raise RequestError(f"{printable(place.name)} cannot be read: {error.strerror}") from error
        if data is None:
            raise RequestError(f"{printable(place.name)} is larger than {binary_size(_LARGEST)}")
        return self.keep(data, place.suffix)

    def keep_named(self, setting: FileText, text: str) -> str:
        """What a recipe in that folder calls a file."""
        return self.keep_file(text).name if isinstance(text, ItemPath) else text


def scene_of_clip(desk: Desk, film: FilmFolder, item: Item) -> dict[str, object]:
    """The keys of a scene that dreams what a clip has dreamed: its picture, its look, its seed.

    Raises:
        RequestError: the clip cannot be read.
        StorageError: the film's folder cannot be written.
    """
    fragment = open_basis(desk, {"item": item.id}).fragment
    clip = fragment.values.get("clip", {})
    keeper = _Keeper(desk, film, stem_for(item.name))
    image = clip.get("image", "")
    if isinstance(image, ItemPath):
        image = _named_by(film, keeper.keep_file(image))
    tables = {
        table: dict(values) for table, values in without_image(fragment).values.items() if table != "loop"
    }
    tables["clip"] = {name: raw for name, raw in tables["clip"].items() if name not in _OF_FILM}
    for table, values in tables.items():
        for name, raw in values.items():
            values[name] = SETTINGS[f"{table}.{name}"].map_files(raw, keeper.keep_named)
    look = keeper.keep(as_text([replace(fragment, values=tables)]), ".toml")
    seed = {"seed": clip["seed"]} if "seed" in clip else {}
    return {"image": image, "preset": _named_by(film, look), **seed}


def own_picture(film: FilmFolder, image: str) -> Path | None:
    """The picture in the film's own folder that a scene begins with; None where it begins with another one.

    Args:
        image: as a storyboard that was read names it.
    """
    path = Path(normpath(image))
    return path if path.parent == film.material_path and path.suffix == ".png" else None


def _named_by(film: FilmFolder, path: Path) -> str:
    """What the storyboard calls a file in the film's folder."""
    return path.relative_to(film.path).as_posix() if kept_beside(film) == film.path else str(path)
