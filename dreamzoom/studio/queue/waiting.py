"""The list of jobs on disk: what waits, in which order, what is at work, what became of it."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict
from pathlib import Path

from dreamzoom.io.files import write_atomically
from dreamzoom.studio.queue.jobs import Job


class WaitingList:
    """The jobs of a studio, in a folder of its own; every process that looks sees the same.

    Args:
        folder: `FOLDER/.studio/queue`; made when the first job comes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, title: str, words: tuple[str, ...], target: str = "") -> Job:
        """Put a job at the end of the list. Raises a StorageError."""
        job = Job(secrets.token_hex(8), title, words, target)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self.folder / f"{job.id}.json", json.dumps(asdict(job)).encode())
        return job
