"""What a clip notes of its video, so that it knows the file again without a look at clocks.

    CLIP/video.json    {"frames": 300, "bytes": 1234567, "sha256": "…", "of": "…"}

`of` is the hash of what the frames that it shows are known by. Clips of dreamzoom 0.2.0 have no such file: of
their videos the MP4's own index is read.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO, TypeAlias

from dreamzoom.clip.journal import Journal
from dreamzoom.clip.reading import cannot_be_read, is_there, reading
from dreamzoom.errors import ClipError, StorageError
from dreamzoom.io.files import file_digest, open_regular, read_at_most, sha256_of, write_atomically

NOTE = "video.json"
"""The file of a clip that tells of its video."""

_LARGEST_NOTE = 1 << 16  # bytes
_MOST_BOXES = 1000  # side by side; a video of ours has four


@dataclass(frozen=True)
class VideoNote:
    """What is noted: how many frames, the file's bytes and hash, and the hash of the frames' identities.

    `next` is the hash of the video that is about to take this one's place, if any.
    """

    frames: int
    bytes: int
    sha256: str
    of: str
    next: str = ""


def note_video(video: Path, journal: Journal, frames: Iterable[int]) -> None:
    """Note a video that was made of the stored `frames`, in their order.

    Raises:
        ClipError: the video cannot be read.
        StorageError: the note cannot be written.
    """
    numbers = list(frames)
    with reading(video):
        size, sha256 = video.stat().st_size, file_digest(video)
    _write_note(video, VideoNote(len(numbers), size, sha256, _of(journal, numbers)))


def _write_note(video: Path, note: VideoNote) -> None:
    values = {name: value for name, value in asdict(note).items() if value != ""}
    write_atomically(video.with_name(NOTE), json.dumps(values).encode() + b"\n")


def note_coming_video(video: Path, coming: Path) -> None:
    """Note that `coming` is about to take the place of a noted video.

    A run that is killed between that and the next note has then not left a video that nobody knows. Raises a
    StorageError.
    """
    note = _read_note(video.with_name(NOTE))
    if note is not None:
        with reading(coming):
            sha256 = file_digest(coming)
        _write_note(video, replace(note, next=sha256))


def note_whole_video(video: Path, journal: Journal, frames: Iterable[int]) -> None:
    """Note a whole video that has no note: an older dreamzoom made it, or the note could not be written.

    A disk that only can be read is no obstacle.
    """
    if _read_note(video.with_name(NOTE)) is None:
        with contextlib.suppress(ClipError, StorageError):
            note_video(video, journal, frames)


def video_fault(video: Path, journal: Journal, frames: int, *, hashed: bool = False) -> str | None:
    """What is wrong with a clip's video, to follow its name; None where it shows the clip's frames.

    Args:
        frames: how many the clip has.
        hashed: look at every byte; else at the size alone.
    """
    try:
        if not is_there(video):
            return "is missing"
        note = _read_note(video.with_name(NOTE))
        if note is None:
            return _index_fault(video, video.stat().st_size, frames)
        if fault := _note_fault(note, video, hashed=hashed):
            return fault
    except (ClipError, OSError) as error:
        told = cannot_be_read(video, error) if isinstance(error, OSError) else str(error)
        return told.removeprefix(f"{video} ")
    if note.frames != frames:
        return f"shows {note.frames} of {frames} frames"
    return None if note.of == _of(journal, range(frames)) else "shows other frames than there are now"


def _note_fault(note: VideoNote, video: Path, *, hashed: bool) -> str | None:
    """Why the file is not the one that was noted. Raises an OSError where it cannot be read."""
    size = video.stat().st_size
    if size != note.bytes:
        return f"has {size} bytes instead of {note.bytes}"
    return "has other bytes than it was made with" if hashed and file_digest(video) != note.sha256 else None


def is_foreign_video(video: Path) -> bool:
    """Whether there is a whole video that is not the one that was noted: a person's work, as may be."""
    try:
        note = _read_note(video.with_name(NOTE))
        if note is None or not video.exists() or file_digest(video) in (note.sha256, note.next):
            return False
        with open_regular(video, ClipError, "video") as file:
            return bool(list(_picture_counts(file, video.stat().st_size)))
    except (OSError, ClipError, _CutError):
        return False


def _of(journal: Journal, frames: Iterable[int]) -> str:
    entries = (journal.get(frame) for frame in frames)
    return sha256_of("".join(entry.identity if entry else "-" for entry in entries).encode())


def _read_note(path: Path) -> VideoNote | None:
    """The note, or None where there is none that makes sense."""
    try:
        if not is_there(path):
            return None
        values = json.loads(read_at_most(path, _LARGEST_NOTE, ClipError, "note"))
    except (ClipError, ValueError, RecursionError):
        return None
    kinds = {"frames": int, "bytes": int, "sha256": str, "of": str}
    if not isinstance(values, dict) or any(type(values.get(name)) is not kinds[name] for name in kinds):
        return None
    following = values.get("next", "")
    return VideoNote(
        **{name: values[name] for name in kinds}, next=following if type(following) is str else ""
    )


def _index_fault(video: Path, size: int, frames: int) -> str | None:
    """What an MP4's own index says of a video that was never noted."""
    with open_regular(video, ClipError, "video") as file:
        try:
            counts = list(_picture_counts(file, size))
        except _CutError:
            return f"is no whole video ({size} bytes)"
    if not counts:
        return f"is no whole video ({size} bytes)"
    return None if counts == [frames] else f"shows {sum(counts)} of {frames} frames"


class _CutError(Exception):
    """A box reaches beyond the one it is in, or beyond the file."""


def _picture_counts(file: BinaryIO, size: int) -> Iterator[int]:
    """How many pictures each video track of an MP4 file has."""
    for index in _named(b"moov", list(_boxes(file, 0, size))):
        for track in _inside(file, index, b"trak"):
            for media in _inside(file, track, b"mdia"):
                if any(_word(file, kind) == b"vide" for kind in _inside(file, media, b"hdlr")):
                    for tables in _inside(file, media, b"minf", b"stbl"):
                        yield from (
                            int.from_bytes(_word(file, sizes), "big")
                            for sizes in _inside(file, tables, b"stsz")
                        )


_Box: TypeAlias = tuple[bytes, int, int]  # its name, and where what is in it begins and ends


def _inside(file: BinaryIO, box: _Box, *names: bytes) -> list[_Box]:
    """The boxes that a way of names leads to."""
    found = [box]
    for name in names:
        found = [part for _, start, end in found for part in _named(name, list(_boxes(file, start, end)))]
    return found


def _named(name: bytes, boxes: list[_Box]) -> list[_Box]:
    return [box for box in boxes if box[0] == name]


def _word(file: BinaryIO, box: _Box) -> bytes:
    """The third word in a box: what a handler handles, how many sizes a table has."""
    file.seek(box[1] + 8)
    return file.read(4)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    """The boxes between two places of a file, which they fill."""
    for _ in range(_MOST_BOXES):
        if start == end:
            return
        file.seek(start)
        head = file.read(16)
        length, inner = int.from_bytes(head[:4], "big"), start + 8
        if length == 1:  # the length follows in 64 bits
            length, inner = int.from_bytes(head[8:16], "big"), start + 16
        if start + length > end or start + length < inner:
            raise _CutError
        yield head[4:8], inner, start + length
        start += length
    raise _CutError
