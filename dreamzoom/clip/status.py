"""How far a clip is: read from the folder alone, without loading a model."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Literal

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.lock import is_being_written

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
    done = len(clip.finished_frames())
    total = clip.recipe.clip.frames
    recent = [entry.seconds for entry in clip.journal()][-_RECENT:]
    pace = median(recent) if recent else None
    return Status(
        frames_done=done,
        frames_total=total,
        state="running" if running else "done" if clip.is_complete() else "interrupted",
        seconds_per_frame=pace,
        eta_seconds=None if pace is None else pace * (total - done),
        video=str(clip.video_path) if clip.video_path.exists() else None,
    )
