"""Where previews lie, which picture they are of, and which are thrown away."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dreamzoom.clip.folder import open_clip
from dreamzoom.errors import RequestError, StorageError, quote_value
from dreamzoom.io.disk import remove_tree
from dreamzoom.io.files import file_digest, sha256_of, storage_errors
from dreamzoom.recipe.settings import GENERATED
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import Item

LARGEST: Final = 200 << 20
"""Bytes of all previews; the sets that were not asked for the longest go first."""

_LONGER_SIDE: Final = 256
_USUAL: Final = (256, 144)
_SET = re.compile(r"[0-9a-f]{16}")
_FILE = re.compile(r"[0-9a-z][0-9a-z-]{0,63}(\.[0-9a-z][0-9a-z-]{0,63})?\.(webp|jpg)")
_TYPES: Final = {".webp": "image/webp", ".jpg": "image/jpeg"}


@dataclass(frozen=True)
class PreviewedPicture:
    """The picture that previews are of.

    Attributes:
        set: the name of their folder: what the picture is, and their size.
        image: the picture as a command line names it, from FOLDER.
        size: of the previews, width and height.
    """

    set: str
    image: str
    size: tuple[int, int] = _USUAL


def find_picture(desk: Desk, picture: str, frame: int | None = None) -> PreviewedPicture:
    """The subject that a page names: an item's id or a generated picture's name.

    Args:
        frame: of a clip, the frame that is meant; else what it begins with.

    Raises:
        RequestError: it is no picture, or is not there.
    """
    if picture in GENERATED:
        return PreviewedPicture(_set_of(picture, _USUAL), picture)
    item = desk.shelf.find(picture)
    place, size = _picture_of(desk, item, frame)
    require_inside(desk, desk.folder / place)
    try:
        digest = file_digest(desk.folder / place)
    except OSError as error:
        raise RequestError(f"{item.name} cannot be read: is it still there?") from error
    return PreviewedPicture(_set_of(digest, size), f"./{place.as_posix()}", size)


def require_inside(desk: Desk, path: Path) -> None:
    """See that a path, links followed, leads to within the folder. Raises a RequestError."""
    if not path.resolve().is_relative_to(desk.folder):
        raise RequestError(f"{path.relative_to(desk.folder)} is a link to somewhere outside of the folder")


def _picture_of(desk: Desk, item: Item, frame: int | None) -> tuple[Path, tuple[int, int]]:
    """Where a picture lies in FOLDER, and the size of its previews."""
    if item.kind == "picture":
        return item.place, _USUAL
    if item.kind != "clip":
        raise RequestError(f"{item.name} is a {item.kind}: choose a picture or a clip")
    clip = open_clip(desk.shelf.path_of(item))
    there = clip.start_path
    if frame is not None and 0 <= frame < clip.recipe.clip.frames and clip.frame_path(frame).is_file():
        there = clip.frame_path(frame)
    size = clip.recipe.clip.size
    scale = min(1.0, _LONGER_SIDE / max(size.width, size.height))
    sides = (max(32, round(size.width * scale)), max(32, round(size.height * scale)))
    return item.place / there.relative_to(clip.path), sides


def _set_of(digest: str, size: tuple[int, int]) -> str:
    return sha256_of(f"{digest} {size[0]}x{size[1]}".encode())[:16]


def previews_folder(desk: Desk) -> Path:
    """Where all sets lie."""
    return desk.private / "previews"


def begin_set(desk: Desk, name: str) -> Path:
    """The folder of a set, made where it is not there, as the one that was asked for last.

    Raises:
        StorageError: it cannot be written.
    """
    path = previews_folder(desk) / name
    with storage_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        os.utime(path)
    return path


def made_in(desk: Desk, name: str) -> list[str]:
    """The files of a set that are there."""
    try:
        there = [path.name for path in (previews_folder(desk) / name).iterdir()]
    except OSError:
        return []
    return sorted(file for file in there if _FILE.fullmatch(file))


def preview_path(desk: Desk, name: str, file: str) -> tuple[Path, str]:
    """Where a preview lies, and its type.

    Raises:
        RequestError: no preview is called so.
    """
    if not _SET.fullmatch(name) or not _FILE.fullmatch(file):
        raise RequestError(f"there is no preview {quote_value(file)}")
    path = previews_folder(desk) / name / file
    return path, _TYPES[path.suffix]


def throw_away_the_oldest(desk: Desk, keep: str, largest: int = LARGEST) -> list[str]:
    """Remove sets until the rest is small enough, but never the one that is worked at. What went."""
    try:
        sets = [
            (path.stat().st_mtime_ns, path.name, _size_of(path))
            for path in previews_folder(desk).iterdir()
            if _SET.fullmatch(path.name) and path.is_dir() and not path.is_symlink()
        ]
    except OSError as error:
        raise StorageError(f"{previews_folder(desk)} cannot be read: {error.strerror}") from error
    whole, gone = sum(size for _, _, size in sets), []
    for _, name, size in sorted(sets):
        if whole <= largest or name == keep:
            continue
        remove_tree(previews_folder(desk) / name)
        whole -= size
        gone.append(name)
    return gone


def _size_of(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
