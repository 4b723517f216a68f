"""How far a clip is and what is wrong with its frames, read from its folder alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from statistics import median
from typing import Literal, TypeAlias

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.identity import shows
from dreamzoom.clip.journal import Entry, Journal
from dreamzoom.clip.lock import is_being_written, require_own_places
from dreamzoom.clip.note import NOTE
from dreamzoom.clip.reading import is_there, reading
from dreamzoom.clip.vouch import changed_since
from dreamzoom.errors import ClipError, PictureError
from dreamzoom.io.disk import NotPlainError, open_plain
from dreamzoom.io.files import file_digest

_RECENT = 20  # frames that tell the present speed
_SHOWN = 5  # frames with a fault that status names


@dataclass(frozen=True)
class Status:
    """A clip's progress.

    Attributes:
        frames_done: frames finished from 0 up to the first gap.
        frames_total: frames the recipe asks for.
        state: "running" while a process writes it; "done" when all frames and the video are there; "damaged"
            where going on is refused, for something that it is made with is lost or was changed, or
            something else lies in the place of what is written; else "interrupted".
        seconds_per_frame: median of the latest frames; None before the first.
        eta_seconds: time the remaining frames will take at that speed; None before the first.
        video: the video's path, None while there is none.
        faults: what is not as it was made, a line each, with what to do where `resume` does not mend it.
        dreams_done: of a loop, how often its picture has been dreamed.
        dreams_total: how often it is to be; 0 where the clip is no loop.
    """

    frames_done: int
    frames_total: int
    state: Literal["running", "damaged", "interrupted", "done"]
    seconds_per_frame: float | None
    eta_seconds: float | None
    video: str | None
    faults: tuple[str, ...] = ()
    dreams_done: int = 0
    dreams_total: int = 0


def clip_status(clip: ClipFolder) -> Status:
    """Read a clip's progress; safe while another process writes it.

    It stays quick however long the clip is: of frames and of large files the sizes are looked at.
    """
    running = is_being_written(clip.path)
    journal = clip.journal()
    done = len(clip.finished_frames())
    total = clip.recipe.clip.frames
    recent = [entry.seconds for entry in journal][-_RECENT:]
    typical = median(recent) if recent else None
    changed = changed_since(clip, hashed=False)
    frames = [*torus_faults_in_words(clip, hashed=False), *frames_of_other_sizes(clip)]
    video = clip.video_fault() if done == total else None
    is_done = done == total and video is None and not frames
    obstacle = None if running or is_done else find_obstacle(clip)
    faults = [*changed, *frames] if video is None else [*changed, *frames, f"{clip.video_path} {video}"]
    if obstacle is not None:
        faults = [*changed, obstacle]  # what else is wrong is told once that is away
    return Status(
        frames_done=done,
        frames_total=total,
        state="running"
        if running
        else "damaged"
        if changed or obstacle
        else "done"
        if is_done
        else "interrupted",
        seconds_per_frame=typical,
        eta_seconds=None if typical is None else typical * (total - done),
        video=str(clip.video_path) if _is_file(clip.video_path) else None,
        faults=() if running else tuple(faults),
        dreams_done=_dreams_done(clip),
        dreams_total=clip.recipe.torus_dreams if clip.recipe.loop.is_endless else 0,
    )


def frames_of_other_sizes(clip: ClipFolder) -> list[str]:
    """The journaled frames that are missing or have another size than they had, in a line; none where all
    are right.
    """
    faults: list[str] = []
    count = 0
    for entry in clip.journal():
        if entry.frame >= clip.recipe.clip.frames:
            break
        path = clip.frame_path(entry.frame)
        fault = _size_fault(path, entry)
        if fault is not None and shows(path, entry.pixels):
            fault = None
        count += fault is not None
        if fault is not None and count <= _SHOWN:
            faults.append(f"frame {entry.frame}: {fault}")
    if count > _SHOWN:
        faults.append(f"and {count - _SHOWN} more frame{'s' if count > _SHOWN + 1 else ''} like these")
    return faults


def find_torus_faults(clip: ClipFolder, *, hashed: bool = True) -> list[Fault]:
    """What is wrong with the pictures from which a loop's frames are looked up, by their numbers.

    Those that are not made yet are no faults; where there are frames, all are made. A clip that is no loop
    has none.

    Args:
        hashed: look at every byte; else at the sizes.
    """
    if not clip.recipe.loop.is_endless:
        return []
    journal = clip.torus_journal()
    last = (
        clip.recipe.torus_dreams if len(clip.journal()) else max((each.frame for each in journal), default=-1)
    )
    return [
        fault
        for number in range(last + 1)
        if (fault := _examine(number, clip.torus_path(number), journal.get(number), hashed=hashed))
    ]


def torus_faults_in_words(clip: ClipFolder, *, hashed: bool = True) -> list[str]:
    """The same, a line each."""
    faults = find_torus_faults(clip, hashed=hashed)
    return [f"{clip.torus_path(fault.frame)} is {fault.reason}" for fault in faults]


def _dreams_done(clip: ClipFolder) -> int:
    return sum(0 < entry.frame <= clip.recipe.torus_dreams for entry in clip.torus_journal())


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _size_fault(path: Path, entry: Entry) -> str | None:
    try:
        there = path.stat()
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"unreadable ({error.strerror})"
    if not S_ISREG(there.st_mode):
        return "no plain file lies in its place: move it away"
    size = there.st_size
    return None if size == entry.bytes else f"{size} bytes instead of {entry.bytes}"


FaultKind: TypeAlias = Literal["missing", "unjournaled", "damaged", "retouched", "unreadable"]


@dataclass(frozen=True)
class Fault:
    """A frame that is not as the journal says, and why.

    Attributes:
        kind: "retouched" is a whole picture, but another one than the journal's: a person's work, as may be;
            "unreadable" is a file that the system refuses, which says nothing about what is in it.
    """

    frame: int
    reason: str
    kind: FaultKind


def find_faults(
    clip: ClipFolder, journal: Journal, on_frame: Callable[[], None] = lambda: None
) -> list[Fault]:
    """Hash every journaled frame again and find what is missing, damaged or not in the journal.

    Frames after the last journaled one are simply not rendered yet: they are no faults.
    """
    last = max((entry.frame for entry in journal), default=-1)
    faults: list[Fault] = []
    for frame in range(min(last + 1, clip.recipe.clip.frames)):
        fault = examine_frame(frame, clip.frame_path(frame), journal.get(frame))
        if fault:
            faults.append(fault)
        on_frame()
    return faults


def find_obstacle(clip: ClipFolder) -> str | None:
    """What lies in the place of what going on with a clip writes, with what to do; None where nothing does.

    What going on refuses this tells: it asks the same.
    """
    try:
        require_own_places(clip.path)
        require_plain_frames(clip)
    except ClipError as error:
        return str(error)
    return None


def require_plain_frames(clip: ClipFolder) -> None:
    """See that each frame of a clip that is there can be opened, and that no folder or FIFO is in its place,
    nor a folder in the video's or its note's, nor anything else in that of the folder of frames.

    Nothing is read: this is quick, and comes before the clip is changed.

    Raises:
        ClipError: naming the first that is not so.
    """
    frames, note = clip.path / "frames", clip.video_path.with_name(NOTE)
    if clip.video_path.is_dir():
        raise ClipError(f"{clip.video_path} is a folder: move it away, the clip's video belongs there")
    if note.is_dir():
        raise ClipError(f"{note} is a folder: move it away, what is noted of the video belongs there")
    if os.path.lexists(frames) and not frames.is_dir():
        raise ClipError(f"{frames} is no folder: move it away, the clip's frames belong there")
    there = _frame_names(clip)
    for frame in range(clip.recipe.clip.frames):
        path = clip.frame_path(frame)
        if path.name not in there:
            continue
        try:
            os.close(open_plain(path))
        except (IsADirectoryError, NotPlainError) as error:
            raise ClipError(f"{path} is no plain file: move it away, frame {frame} belongs there") from error
        except FileNotFoundError:
            continue  # a link that leads nowhere
        except OSError as error:
            raise ClipError(
                f"{path} is unreadable ({error.strerror}): mend that and try again, or delete the file to "
                "have the frame rendered again"
            ) from error


def count_unlisted_frames(clip: ClipFolder) -> int:
    """How many of a clip's frames are there though the journal has no line of theirs. Raises a ClipError."""
    there, journal = _frame_names(clip), clip.journal()
    frames = range(clip.recipe.clip.frames) if there else ()
    return sum(journal.get(frame) is None and clip.frame_path(frame).name in there for frame in frames)


def _frame_names(clip: ClipFolder) -> set[str]:
    """What lies in a clip's folder of frames."""
    folder = clip.path / "frames"
    if not is_there(folder):
        return set()
    with reading(folder):
        return {entry.name for entry in os.scandir(folder)}


def frame_fault(path: Path, entry: Entry | None) -> str | None:
    """Why the file is not the frame its journal entry tells of; None where it is."""
    fault = examine_frame(0, path, entry)
    return fault.reason if fault else None


def examine_frame(frame: int, path: Path, entry: Entry | None) -> Fault | None:
    """What is wrong with the file of a frame; None where it is as its journal entry tells, or another PNG of
    the same pixels.
    """
    return _examine(frame, path, entry, hashed=True)


def _examine(frame: int, path: Path, entry: Entry | None, *, hashed: bool) -> Fault | None:
    if entry is None:
        return Fault(frame, "not in the journal", "unjournaled")
    try:
        reason = _size_fault(path, entry)
        if reason is None and hashed and file_digest(path) != entry.sha256:
            reason = "other bytes than the journal's"
    except OSError as error:
        reason = f"unreadable ({error.strerror})"
    if reason is None:
        return None
    if reason == "missing":
        return Fault(frame, reason, "missing")
    if reason.startswith("unreadable"):
        return Fault(frame, reason, "unreadable")
    return None if shows(path, entry.pixels) else _changed(frame, reason, path)


def _changed(frame: int, reason: str, path: Path) -> Fault:
    """What is wrong with a file that is another than was written, and shows other pixels."""
    if is_whole_picture(path):
        return Fault(frame, f"{reason}, and a whole picture: retouched by hand?", "retouched")
    return Fault(frame, reason, "damaged")


def is_whole_picture(path: Path) -> bool:
    """Whether there is a picture in the file that can be read to its end."""
    from dreamzoom.pictures.reading import open_picture

    try:
        open_picture(path)
    except PictureError:
        return False
    return True
