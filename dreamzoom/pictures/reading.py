"""Pictures from anywhere (a path, a URL, bytes, a stream, PIL or an array) as upright, opaque sRGB."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dreamzoom.errors import PictureError, warn
from dreamzoom.io.files import binary_size, open_regular, read_stream
from dreamzoom.io.http import read_url
from dreamzoom.pictures.colours import NEUTRAL, orientation_of
from dreamzoom.pictures.containers import choose_picture
from dreamzoom.pictures.decoding import FORMATS, Wish, convert, decode, explained, one_line
from dreamzoom.pictures.kinds import CHANGED, HEAD, OtherKind, is_jpeg_sent_as_text, name_other_kind

__all__ = ["NEUTRAL", "PictureSource", "open_picture", "picture_size"]

PictureSource: TypeAlias = "str | os.PathLike[str] | bytes | BinaryIO | Image.Image | NDArray[Any]"

LARGEST_FILE = 4 << 30  # bytes; more hardly any picture has
LARGEST_STREAM = 512 << 20  # bytes
LARGEST_DOWNLOAD = 64 << 20  # bytes
_TAIL = 64 << 10  # bytes

_TARGA = {".tga", ".icb", ".vda", ".vst"}
_TARGA_END = b"TRUEVISION-XFILE."


def open_picture(
    source: PictureSource, wanted: tuple[int, int] | None = None, *, is_whole: bool = False
) -> Image.Image:
    """The picture at `source`, upright, in 8-bit RGB of the sRGB colour space.

    What is doubtful is warned of: a picture that moves, of which the first one counts; pages, of which the
    first counts that is no thumbnail; a camera's raw photo, of which a preview is read; a file that is cut
    short, of which the rest is read; a colour profile that cannot be used.

    Args:
        source: a path; an http or https URL; a file's bytes; a binary stream such as `sys.stdin.buffer`; a
            PIL image; or an array (H, W, 3) of 0 to 255.
        wanted: width and height that the picture will be brought to. One of more than 89 million pixels, or
            that memory is too short for, may then be read smaller, though never below twice that.
        is_whole: refuse what is damaged in any way.

    Raises:
        PictureError: there is no such file, it is no picture, or nothing of it can be read.
        MemoryShortageError: it needs more memory than is left.
    """
    if isinstance(source, Image.Image):
        with _notes(tell_them=True) as notes, explained("picture"):
            return convert(source, Wish("picture", tell=notes.append))
    if isinstance(source, np.ndarray) or not (_is_file(source) or hasattr(source, "read")):
        return _from_array(source)
    with (
        _stream_of(source) as (stream, name),
        _notes(tell_them=not is_whole) as notes,
        explained(name),
    ):
        wish = Wish(
            name, wanted, is_whole, _formats_of(stream, name), lambda note: notes.append(f"{name}: {note}")
        )
        return decode(choose_picture(stream, name, wanted, wish.tell), wish)


def picture_size(source: str | os.PathLike[str]) -> tuple[int, int]:
    """The width and height that `open_picture` gives for a path, by the file's header.

    Raises: as `open_picture`; damage further on is not seen.
    """
    with _stream_of(source) as (stream, name), explained(name):
        formats = _formats_of(stream, name)
        chosen = choose_picture(stream, name, None, lambda note: None)
        chosen.stream.seek(0)
        with Image.open(chosen.stream, formats=formats) as image:
            width, height = image.size
            turned = orientation_of(image) if chosen.orientation is None else chosen.orientation
            stored = getattr(image, "tag_v2", {}).get(256, width)  # newer Pillows turn a TIFF by themselves
    return (height, width) if turned >= 5 and width == stored else (width, height)


@contextmanager
def _notes(*, tell_them: bool) -> Iterator[list[str]]:
    """What is noted about a picture is told once it is read, when warnings are heard again."""
    notes: list[str] = []
    yield notes
    for note in dict.fromkeys(notes if tell_them else ()):
        warn(note)


def _formats_of(stream: BinaryIO, name: str) -> tuple[str, ...]:
    """The formats that a file may have.

    Raises:
        PictureError: it is empty, or known to be something else.
    """
    stream.seek(0)
    head = stream.read(HEAD)
    stream.seek(max(0, stream.seek(0, io.SEEK_END) - _TAIL))
    _refuse_others(head, name)
    if is_jpeg_sent_as_text(head, stream.read(_TAIL)):
        raise _other(CHANGED, name)
    return (*FORMATS, "TGA") if _is_targa(stream, name) else FORMATS


def _refuse_others(head: bytes, name: str) -> None:
    if not head:
        raise PictureError(f"{name}: is empty")
    other = name_other_kind(head, set(FORMATS))
    if other is not None:
        raise _other(other, name)


def _other(kind: OtherKind, name: str) -> PictureError:
    return PictureError(f"{name}: is {kind.name}, not a picture that can be read: {kind.advice}")


def _is_targa(stream: BinaryIO, name: str) -> bool:
    """A Targa file has no signature but, since 1989, its end: without that its name tells."""
    if PurePath(name).suffix.lower() in _TARGA:
        return True
    stream.seek(max(0, stream.seek(0, io.SEEK_END) - 32))
    return _TARGA_END in stream.read()


# ---- where pictures come from --------------------------------------------------------------------


def _is_file(source: object) -> bool:
    return isinstance(source, str | os.PathLike | bytes | bytearray)


@contextmanager
def _stream_of(source: Any) -> Iterator[tuple[BinaryIO, str]]:
    """A seekable stream of a picture's file, and the name it has in messages."""
    if isinstance(source, bytes | bytearray):
        yield io.BytesIO(source), "picture"
    elif isinstance(source, str) and "://" in source:  # `C:\sky.jpg` is no URL
        yield io.BytesIO(read_url(source, LARGEST_DOWNLOAD, PictureError)), source
    elif isinstance(source, str | os.PathLike):
        with open_regular(Path(source), PictureError, "picture", LARGEST_FILE) as file:
            yield file, str(Path(source))
    else:
        yield io.BytesIO(read_all(source)), _name_of(source)


def read_all(stream: BinaryIO) -> bytes:
    """All of a binary stream, if it begins as a picture may: whatever else it is may have no end.

    Raises:
        PictureError: it does not, or has more than `LARGEST_STREAM` bytes.
    """
    name = _name_of(stream)
    try:
        head = stream.read(HEAD)
        if not isinstance(head, bytes):
            raise PictureError(f"{name}: is a stream of text; open it in binary mode")
        _refuse_others(head, name)
        rest = read_stream(stream, LARGEST_STREAM - len(head))
    except OSError as error:
        raise PictureError(f"{name}: cannot be read: {error.strerror}") from error
    if rest is None:
        raise PictureError(f"{name}: is larger than {binary_size(LARGEST_STREAM)}")
    return head + rest


def _name_of(stream: BinaryIO) -> str:
    name = getattr(stream, "name", None)
    return name.strip("<>") if isinstance(name, str) else "picture"


def _from_array(source: object) -> Image.Image:
    if not hasattr(source, "__array__"):
        raise PictureError(f"a {type(source).__name__} is no picture; give a path, a PIL image or an array")
    try:
        array = np.asarray(source)
    except (RuntimeError, TypeError, ValueError) as error:  # a tensor on a GPU, or one with gradients
        raise PictureError(f"a {type(source).__name__} that is no picture: {one_line(error)}") from error
    if array.ndim != 3 or array.shape[2] != 3 or array.size == 0:
        raise PictureError(f"an array of shape {array.shape} is no picture; it must be (H, W, 3)")
    if array.dtype.kind not in "uif":
        raise PictureError(f"an array of {array.dtype} is no picture; give numbers from 0 to 255")
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 255):  # NaN fails too
        raise PictureError(f"an array of values from {low:g} to {high:g} is no picture; give 0 to 255")
    if array.dtype.kind == "f" and 0 < high <= 1:
        raise PictureError("an array of values from 0 to 1 is no picture here; multiply it by 255")
    with explained("picture"):
        return Image.fromarray(array if array.dtype == np.uint8 else np.rint(array).astype(np.uint8), "RGB")
