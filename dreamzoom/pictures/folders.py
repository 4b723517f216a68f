"""The pictures in a folder, and what lies beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image

from dreamzoom.errors import DreamzoomError, PictureError
from dreamzoom.pictures.containers import RAW_SUFFIXES
from dreamzoom.pictures.decoding import FORMATS
from dreamzoom.pictures.reading import picture_size

_KNOWN_OTHERS = {".heic", ".heif", ".jxl", ".psb", ".exr", ".hdr"}  # whose reader says what to do about them


@dataclass(frozen=True)
class Folder:
    """What lies in a folder: pictures, in the order of their names, and other files."""

    pictures: tuple[Path, ...]
    others: tuple[Path, ...]


def read_folder(folder: Path) -> Folder:
    """What lies in a folder itself; hidden files and folders do not count.

    A file is a picture by the ending of its name, which then may be damaged, or by how it begins.

    Raises:
        PictureError: the folder cannot be read.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.name[:1] != "." and path.is_file())
    except OSError as error:
        raise PictureError(f"{folder}: cannot be read: {error.strerror or error}") from error
    kinds = [(path, _is_picture(path)) for path in files]
    return Folder(
        tuple(path for path, is_picture in kinds if is_picture),
        tuple(path for path, is_picture in kinds if not is_picture),
    )


def _is_picture(path: Path) -> bool:
    if path.suffix.lower() in _suffixes():
        return True
    try:
        picture_size(path)
    except DreamzoomError:
        return False
    return True


@cache
def _suffixes() -> frozenset[str]:
    known = {suffix for suffix, name in Image.registered_extensions().items() if name in FORMATS}
    return frozenset(known | _KNOWN_OTHERS | {f".{suffix.lower()}" for suffix in RAW_SUFFIXES})
