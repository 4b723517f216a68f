"""Finding what is wrong with a clip's frames."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.journal import Entry


@dataclass(frozen=True)
class Fault:
    """A frame that is not as the journal says, and why."""

    frame: int
    reason: str


def find_faults(clip: ClipFolder, on_frame: Callable[[], None] = lambda: None) -> list[Fault]:
    """Hash every journaled frame again, and find those that are missing, damaged, or missing from the
    journal.

    Frames that are simply not rendered yet (behind the last journaled one) are no faults.
    """
    journal = clip.journal()
    last = max((entry.frame for entry in journal), default=-1)
    faults: list[Fault] = []
    for frame in range(min(last + 1, clip.recipe.clip.frames)):
        reason = frame_fault(clip.frame_path(frame), journal.get(frame))
        if reason:
            faults.append(Fault(frame, reason))
        on_frame()
    return faults


def frame_fault(path: Path, entry: Entry | None) -> str | None:
    """Why the file is not the frame its journal entry tells of; None where it is."""
    if entry is None:
        return "not in the journal"
    try:
        size = path.stat().st_size
        if size != entry.bytes:
            return f"{size} bytes instead of {entry.bytes}"
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"unreadable ({error.strerror})"
    return None if found == entry.sha256 else "other bytes than the journal's"
