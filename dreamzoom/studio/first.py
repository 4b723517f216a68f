"""The first dream: a folder in which there is nothing begins with a cloudscape, once."""

from __future__ import annotations

from typing import Final

from dreamzoom.io.files import write_atomically
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.queue.jobs import FIRST_JOB

FIRST_DREAM: Final = "first-dream"
"""The clip's folder in FOLDER."""

_KINDS: Final = ("clip", "film", "picture", "song", "recipe")


def dream_first(desk: Desk) -> None:
    """Put the first dream into the queue, unless that was done before, or there is something in the folder.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    note = desk.private / FIRST_DREAM
    if note.exists():
        return
    if not any(item.kind in _KINDS for item in desk.shelf.scan()) and not desk.waiting.jobs():
        words = ("render", "clouds", "--size", "320x180", "--frames", "120", "--out", FIRST_DREAM)
        desk.waiting.add("Dream a cloudscape", words, FIRST_DREAM, job_id=FIRST_JOB)
    write_atomically(note, b"")
