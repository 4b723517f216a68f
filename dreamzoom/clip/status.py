"""How far a clip is and what is wrong with its frames, read from its folder alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.journal import Entry, Journal
from dreamzoom.clip.lock import is_being_written
from dreamzoom.io.files import file_digest

_RECENT = 20  # frames that tell the present speed


@dataclass(frozen=True)
class Status:
    """A clip's progress.

    Attributes:
        frames_done: frames finished from 0 up to the first gap.
        frames_total: frames the recipe asks for.
        state: "running" while a process writes it, "done" when all frames and the video are there, else
            "interrupted".
        seconds_per_frame: median of the latest frames; None before the first.
        eta_seconds: time the remaining frames will take at that speed; None before the first.
        video: the video's path, None while there is none.
    """

    frames_done: int
    frames_total: int
    state: Literal["running", "interrupted", "done"]
    seconds_per_frame: float | None
    eta_seconds: float | None
    video: str | None


def clip_status(clip: ClipFolder) -> Status:
    """Read a clip's progress; safe while another process writes it."""
    running = is_being_written(clip.path)
    journal = clip.journal()
    done = len(clip.finished_frames(journal))
    total = clip.recipe.clip.frames
    recent = [entry.seconds for entry in journal][-_RECENT:]
    typical = median(recent) if recent else None
    return Status(
        frames_done=done,
        frames_total=total,
        state="running" if running else "done" if clip.is_complete(journal) else "interrupted",
        seconds_per_frame=typical,
        eta_seconds=None if typical is None else typical * (total - done),
        video=str(clip.video_path) if clip.video_path.exists() else None,
    )


@dataclass(frozen=True)
class Fault:
    """A frame that is not as the journal says, and why."""

    frame: int
    reason: str


def find_faults(
    clip: ClipFolder, journal: Journal, on_frame: Callable[[], None] = lambda: None
) -> list[Fault]:
    """Hash every journaled frame again and find what is missing, damaged or not in the journal.

    Frames after the last journaled one are simply not rendered yet: they are no faults.
    """
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
        found = file_digest(path)
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"unreadable ({error.strerror})"
    return None if found == entry.sha256 else "other bytes than the journal's"
