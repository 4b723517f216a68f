"""The inscription of a picture's file: what it tells of how it was made."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

from PIL import Image, PngImagePlugin

from dreamzoom.errors import PictureError
from dreamzoom.io.files import open_regular
from dreamzoom.io.memory import require_memory
from dreamzoom.pictures.decoding import FORMATS, explained
from dreamzoom.pictures.xmp import inscription_in

_LARGEST_FILE = 4 << 30  # bytes
_PICTURES = (
    (0, b"\x89PNG"),
    (0, b"\xff\xd8\xff"),
    (0, b"GIF8"),
    (8, b"WEBP"),
    (0, b"II*\0"),
    (0, b"MM\0*"),
    (0, b"II+\0"),
    (0, b"MM\0+"),
    (4, b"ftypavif"),
    (4, b"ftypmif1"),
)
_TEXTS = ("xmp", "XML:com.adobe.xmp", "comment")  # of Pillow's `info`, in the order they are looked at


def is_picture(head: bytes) -> bool:
    """Whether a file that begins so is one of the pictures that may have an inscription."""
    return any(head[offset : offset + len(sign)] == sign for offset, sign in _PICTURES)


def picture_inscription(path: Path, *, is_own: bool = False) -> str | None:
    """What a picture's file tells; None where it tells nothing, or its packet is damaged.

    Args:
        is_own: it is as dreamzoom wrote it, and what it tells stands before its pixels: they are not read.

    Raises:
        PictureError: it cannot be read.
    """
    name = str(path)
    with open_regular(path, PictureError, "picture", _LARGEST_FILE) as file, explained(name):
        return _inscription(file, name, is_own=is_own)


def _inscription(file: BinaryIO, name: str, *, is_own: bool) -> str | None:
    file.seek(0, io.SEEK_SET)
    with Image.open(file, formats=FORMATS) as image:
        found = _told(image)
        if found is None and not is_own and isinstance(image, PngImagePlugin.PngImageFile):
            # Other programs put it after the pixels, which Pillow reads before it.
            require_memory(
                image.width * image.height * 8, f"{name}: a picture of this size", "name a smaller one"
            )
            image.load()
            found = _told(image)
        return found


def _told(image: Image.Image) -> str | None:
    for key in _TEXTS:
        data = image.info.get(key)
        if isinstance(data, str):
            data = data.encode()
        if isinstance(data, bytes):
            found = data.decode("utf-8", "replace") if key == "comment" else inscription_in(data)
            if found is not None:
                return found
    return None
