"""Frames that others take the place of are kept under other names: they may be a person's work."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.identity import shows
from dreamzoom.clip.journal import Journal
from dreamzoom.clip.note import is_foreign_video
from dreamzoom.clip.reading import is_there
from dreamzoom.clip.status import is_whole_picture
from dreamzoom.io.disk import rename
from dreamzoom.io.files import file_digest, storage_errors


def keep_foreign_frame(
    clip: ClipFolder, frame: int, known: frozenset[str], pixels: frozenset[str | None] = frozenset()
) -> Path | None:
    """Give a frame's file another name, `frames/000137.png.bak`, where it is a whole picture of its own.

    Args:
        known: the hashes of the files that may be overwritten: that were rendered, and that are to be.
        pixels: the same of their pixels.

    Returns:
        Where it is now; None where nothing had to be kept.

    Raises:
        StorageError: it can neither be read nor kept.
    """
    return keep_foreign_picture(clip.frame_path(frame), known, pixels)


def keep_foreign_picture(
    path: Path, known: frozenset[str], pixels: frozenset[str | None] = frozenset()
) -> Path | None:
    """The same for any picture of a clip's."""
    with storage_errors(path):
        if not path.exists() or file_digest(path) in known or not is_whole_picture(path):
            return None
        if any(shows(path, each) for each in pixels):
            return None
        kept = _free(path.with_name(f"{path.name}.bak"))
        rename(path, kept)
    return kept


def keep_foreign_video(clip: ClipFolder) -> Path | None:
    """Give the clip's video another name, `clip.mp4.bak`, where it is a whole one but not the clip's.

    Returns:
        Where it is now; None where nothing had to be kept.

    Raises:
        StorageError: it could not be renamed.
    """
    path = clip.video_path
    if not is_foreign_video(path):
        return None
    with storage_errors(path):
        kept = _free(path.with_name(f"{path.name}.bak"))
        rename(path, kept)
    return kept


def kept_by_hand(clip: ClipFolder, frame: int) -> Path | None:
    """The newest picture that was kept of a frame, if any."""
    first = clip.frame_path(frame).with_name(f"{clip.frame_path(frame).name}.bak")
    newest = None
    for path in _names(first):
        if not path.exists():
            return newest
        newest = path
    return newest


def later_frames(clip: ClipFolder, journal: Journal, frame: int) -> list[int]:
    """The frames after `frame` that are journaled and there."""
    later = (entry.frame for entry in journal if entry.frame > frame)
    return [number for number in later if is_there(clip.frame_path(number))]


def set_aside(clip: ClipFolder, journal: Journal, first: int) -> Path | None:
    """Move the frames from `first` on, which no longer follow from the one before, out of the way.

    They lie in a folder of the clip then, `replaced-000138`, with their lines of the journal; a person may
    delete it.

    Returns:
        The folder; None where there were no such frames.

    Raises:
        StorageError: they could not be moved.
    """
    entries = [entry for entry in journal if entry.frame >= first]
    there = [entry.frame for entry in entries if is_there(clip.frame_path(entry.frame))]
    if not there:
        journal.forget_from(first)
        return None
    folder = _free(clip.path / f"replaced-{first:06d}")
    with storage_errors(folder):
        folder.mkdir()
    Journal(folder / "journal.jsonl").record_all(entries)
    journal.forget_from(first)
    for frame in there:
        path = clip.frame_path(frame)
        with storage_errors(path):
            rename(path, folder / path.name)
    return folder


def _free(path: Path) -> Path:
    """The first of the names NAME, NAME-2, NAME-3 … that nothing has."""
    return next(name for name in _names(path) if not name.exists())


def _names(path: Path) -> Iterator[Path]:
    yield path
    yield from (path.with_name(f"{path.name}-{number}") for number in count(2))
