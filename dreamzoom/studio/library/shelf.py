"""The items of a folder by their ids: the only way from what a page says to a path."""

from __future__ import annotations

import os
from pathlib import Path

from dreamzoom.clip.folder import has_clip
from dreamzoom.errors import RequestError
from dreamzoom.film.folder import has_film
from dreamzoom.studio.library.items import Item, ItemKind, item_id

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".avif")
SONGS = (".mp3", ".wav", ".flac", ".ogg", ".m4a", ".aac", ".opus", ".aif", ".aiff")


class UnknownItemError(RequestError):
    """There is nothing of that id, or not any more."""


class Shelf:
    """What lies in a folder.

    Args:
        folder: FOLDER, absolute.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._items: dict[str, Item] = {}

    def scan(self) -> list[Item]:
        """All that lies there now, clips and films first. Links are not followed."""
        found = list(self._scan(Path()))
        material = self.folder / "material"
        if material.is_dir() and not material.is_symlink():
            found += self._scan(Path("material"))
        self._items = {item.id: item for item in found}
        return found

    def find(self, wanted: str) -> Item:
        """The item of an id. Raises an UnknownItemError."""
        item = self._items.get(wanted) or next((each for each in self.scan() if each.id == wanted), None)
        if item is None:
            raise UnknownItemError("there is no such clip, film or file in the folder any more")
        return item

    def path_of(self, item: Item) -> Path:
        """Where it lies."""
        return self.folder / item.place

    def _scan(self, inside: Path) -> list[Item]:
        items = []
        for entry in os.scandir(self.folder / inside):
            if entry.name.startswith(".") or entry.is_symlink():
                continue
            kind = _kind_of(Path(entry.path), is_folder=entry.is_dir(follow_symlinks=False))
            if kind is not None:
                place = inside / entry.name
                items.append(Item(item_id(place), kind, place))
        return items


def _kind_of(path: Path, *, is_folder: bool) -> ItemKind | None:
    if is_folder:
        return "clip" if has_clip(path) else "film" if has_film(path) else None
    suffix = path.suffix.lower()
    if suffix in PICTURES:
        return "picture"
    return "song" if suffix in SONGS else "recipe" if suffix == ".toml" else None
