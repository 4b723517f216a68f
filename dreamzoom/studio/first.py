"""The first dream: a folder in which there is nothing begins with a cloudscape, once."""

from __future__ import annotations

from typing import Final

from dreamzoom.io.files import write_atomically
from dreamzoom.studio.desk import Desk

FIRST_DREAM: Final = "first-dream"
"""The clip's folder in FOLDER."""

FIRST_JOB: Final = "0000000000000001"
"""The job's id: whatever dies in between, it is put into the queue once."""

_NOTE = "first-dream"
_KINDS: Final = ("clip", "film", "picture", "song", "recipe")


def dream_first(desk: Desk) -> None:
    """Put the first dream into the queue, unless that was done before, or there is something in the folder.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    note = desk.private / _NOTE
    if note.exists():
        return
    if not any(item.kind in _KINDS for item in desk.shelf.scan()) and not desk.waiting.jobs():
        words = ("render", "clouds", "--size", "320x180", "--frames", "120", "--out", FIRST_DREAM)
        desk.waiting.add("Dream a cloudscape", words, FIRST_DREAM, job_id=FIRST_JOB)
    write_atomically(note, b"")
