"""The items of a folder by their ids: the only way from what a page says to a path."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dreamzoom.clip.lock import is_being_written
from dreamzoom.clip.remains import is_left
from dreamzoom.errors import RequestError
from dreamzoom.film.folder import NOTE, has_scenes
from dreamzoom.studio.library.items import DELIVERED, ROOMS, Item, ItemKind, item_id

PICTURES: Final = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".avif")
SONGS: Final = (".mp3", ".wav", ".flac", ".ogg", ".m4a", ".aac", ".opus", ".aif", ".aiff")
FONTS: Final = (".ttf", ".otf", ".ttc", ".otc")
VIDEOS: Final = (".mp4", ".m4v", ".mov", ".webm", ".mkv")

GONE: Final = "there is no such clip, film or file in the folder any more"
"""What is said of what is not there."""


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
        """All that lies there now, the newest first; nothing where FOLDER itself is gone.

        Links are not followed, and what is hidden, or a part of what is being written, is left out.
        """
        dated = [pair for inside in ROOMS for pair in self._scan(inside)]
        found = [item for _, item in sorted(dated, key=lambda pair: (-pair[0], pair[1].place.as_posix()))]
        self._items = {item.id: item for item in found}
        return found

    def find(self, wanted: str) -> Item:
        """The item of an id; a film's scenes have one too. Raises an UnknownItemError."""
        known = self._items.get(wanted)
        item = known if known is not None and self.is_still(known) else self._search(wanted)
        if item is None:
            raise UnknownItemError(GONE)
        return item

    def at(self, place: Path) -> Item | None:
        """The item at a place in FOLDER; None where there is none."""
        return next((item for item in self.scan() if item.place == place), None)

    def folders(self) -> list[Path]:
        """The places of all folders that may hold an item, or become one."""
        found = ((inside, entry) for inside in ROOMS for entry in _entries(self.folder / inside))
        return [inside / entry.name for inside, entry in found if entry.is_dir(follow_symlinks=False)]

    def path_of(self, item: Item) -> Path:
        """Where it lies."""
        return self.folder / item.place

    def scenes_of(self, film: Item) -> list[Item]:
        """The scenes of a film that have begun, by name; each is a clip."""
        inside = film.place / "scenes"
        found = [self._item(inside, entry) for entry in _entries(self.folder / inside)]
        return [item for item in found if item is not None and item.kind == "clip"]

    def is_still(self, item: Item) -> bool:
        """Whether it still lies there."""
        path = self.path_of(item)
        return (
            _kind_of(path, is_folder=path.is_dir(), is_delivered=item.place.parent == DELIVERED) == item.kind
        )

    def _search(self, wanted: str) -> Item | None:
        items = self.scan()
        films = (item for item in items if item.kind == "film")
        scenes = (scene for film in films for scene in self.scenes_of(film))
        there = (item for group in (items, scenes) for item in group)
        return next((item for item in there if item.id == wanted), None)

    def _scan(self, inside: Path) -> Iterator[tuple[int, Item]]:
        """What lies in one folder, and since when."""
        if inside.name and (self.folder / inside).is_symlink():
            return
        for entry in _entries(self.folder / inside):
            item = self._item(inside, entry)
            if item is not None:
                yield begun(self.path_of(item), item.kind), item

    def _item(self, inside: Path, entry: os.DirEntry[str]) -> Item | None:
        is_folder = entry.is_dir(follow_symlinks=False)
        kind = _kind_of(Path(entry.path), is_folder=is_folder, is_delivered=inside == DELIVERED)
        place = inside / entry.name
        return None if kind is None else Item(item_id(place), kind, place)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name; nothing in one that is not there or cannot be read."""
    try:
        with os.scandir(folder) as entries:
            there = [entry for entry in entries if not entry.name.startswith(".") and not entry.is_symlink()]
    except OSError:
        return []
    return sorted(there, key=lambda entry: entry.name)


def _kind_of(path: Path, *, is_folder: bool, is_delivered: bool) -> ItemKind | None:
    if path.is_symlink():
        return None
    if is_folder:
        is_film = _is_own_file(path / NOTE) or (
            _is_own_file(path / "storyboard.toml") and (path / "scenes").is_dir()
        )
        if _is_own_file(path / "recipe.toml"):
            return "clip"
        is_film = is_film or has_scenes(path)
        return "film" if is_film else "clip" if _has_lost_its_recipe(path) else None
    if not path.is_file():
        return None
    name = path.name.lower()
    kinds: tuple[tuple[ItemKind, tuple[str, ...]], ...] = (
        ("picture", PICTURES),
        ("song", SONGS),
        ("video", VIDEOS),
        ("storyboard", (".storyboard.toml",)),
        ("recipe", (".toml",)),
        ("lyrics", (".lrc", ".srt", ".vtt")),
        ("beats", (".beats.txt",)),
        ("font", FONTS),
        ("notes", (".mid", ".midi", ".kar", ".smf")),
    )
    found = next((kind for kind, suffixes in kinds if name.endswith(suffixes)), None)
    return found or ("file" if is_delivered else None)


def _is_own_file(path: Path) -> bool:
    """Whether there is a file, and no link to one that lies elsewhere."""
    try:
        return path.is_file() and not path.is_symlink()
    except OSError:
        return False


def _has_lost_its_recipe(path: Path) -> bool:
    """Whether a folder holds what is left of a clip, and no recipe, or a folder in its place.

    A clip that begins is not meant, whose recipe comes last; nor a link, which is not followed.
    """
    if not is_left(path):  # nor is anything of a folder that cannot be read
        return False
    return not (path / "recipe.toml").is_symlink() and not is_being_written(path)


def begun(path: Path, kind: ItemKind) -> int:
    """When an item began, in nanoseconds: a clip's or a film's lock is made first, and never written."""
    marks = {"clip": (".lock", "recipe.toml"), "film": (".lock", NOTE, "storyboard.toml")}.get(kind, ("",))
    for mark in marks:
        try:
            return (path / mark).lstat().st_mtime_ns
        except OSError:
            continue
    return 0
