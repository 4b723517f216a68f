"""What a frame is known by: its pixels, whoever packed its file.

The journal tells both hashes of a frame, that of its file and that of its pixels. The file's is quickly
checked; where it differs the pixels decide. So frames may be packed smaller by another program, and a frame
that is made again with another zlib is still the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.journal import Entry, Journal
from dreamzoom.clip.takes import LARGEST_PICTURE
from dreamzoom.errors import ClipError, PictureError
from dreamzoom.io.files import file_digest, read_at_most


def shows(path: Path, pixels: str | None) -> bool:
    """Whether the file is a PNG of these pixels, without any damage.

    Args:
        pixels: see `dreamzoom.pictures.png.pixels_digest`; None, of an older version's frame, is no file's.
    """
    if pixels is None:
        return False
    import numpy as np

    from dreamzoom.pictures.png import is_whole_png, pixels_digest
    from dreamzoom.pictures.reading import open_picture

    try:
        is_whole = is_whole_png(read_at_most(path, LARGEST_PICTURE, ClipError, "frame"))
        return is_whole and pixels_digest(np.asarray(open_picture(path, is_whole=True))) == pixels
    except (ClipError, PictureError):
        return False


def note_repacked(clip: ClipFolder, journal: Journal) -> None:
    """Put down the new sizes and hashes of frames whose files another program packed.

    The caller holds the clip's lock. It is quick where there are none: sizes are looked at. Raises a
    StorageError.
    """
    repacked = list(_repacked(clip, journal))
    if repacked:
        journal.record_all(repacked)


def _repacked(clip: ClipFolder, journal: Journal) -> Iterator[Entry]:
    for entry in journal:
        path = clip.frame_path(entry.frame)
        try:
            size = path.stat().st_size
            if size != entry.bytes and shows(path, entry.pixels):
                yield replace(entry, sha256=file_digest(path), bytes=size, png=None)
        except OSError:
            continue  # one that is missing or cannot be read is told elsewhere
