"""How far a film is, read from its folder alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dreamzoom.clip.folder import has_clip, open_clip
from dreamzoom.clip.lock import is_being_written
from dreamzoom.clip.reading import is_there
from dreamzoom.clip.status import Status, clip_status, examine_frame
from dreamzoom.clip.vouch import changed_since
from dreamzoom.film.editing import Shot
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.note import film_fault, is_edited, read_note


@dataclass(frozen=True)
class SceneStatus:
    """A scene's progress.

    Attributes:
        name: of its folder.
        first, stop: its frames in the film.
        frames_done: how many of them are finished.
        state: as a clip's; "waiting" before it has begun.
        faults: what is not as it was made, a line each.
    """

    name: str
    first: int
    stop: int
    frames_done: int
    state: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class FilmStatus:
    """A film's progress.

    Attributes:
        state: "running" while a process makes it; "damaged" where something that a scene is made with is lost
            or was changed; "done" when all scenes and the video are there; else "interrupted".
        frames_done, frames_total: of all scenes.
        eta_seconds: time that the missing frames will take; None before the first.
        video: the video's path, None while there is none.
        scenes: in their order.
        faults: what is not as it should be, a line each.
        is_edited: whether a person has edited the storyboard since dreamzoom wrote it.
    """

    state: str
    frames_done: int
    frames_total: int
    eta_seconds: float | None
    video: str | None
    scenes: tuple[SceneStatus, ...]
    faults: tuple[str, ...] = ()
    is_edited: bool = False


def film_status(film: FilmFolder) -> FilmStatus:
    """Read a film's progress; safe while another process makes it. Raises a ClipError."""
    note, running = read_note(film), is_being_written(film.path)
    edits = note.edits
    shots = () if edits is None else edits.shots
    clips = {shot.name: _status(film, shot) for shot in shots}
    scenes = tuple(_scene(shot, clips[shot.name]) for shot in shots)
    done, total = sum(scene.frames_done for scene in scenes), sum(shot.count for shot in shots)
    is_whole = edits is not None and done == total
    video = film_fault(film, edits) if is_whole and edits is not None else None
    faults = [f"scene {scene.name}: {fault}" for scene in scenes for fault in scene.faults]
    if video is not None:
        faults.append(f"{film.video_path} {video}")
    state = "done" if is_whole and not faults else "interrupted"
    if any(scene.state == "damaged" for scene in scenes):
        state = "damaged"
    speeds = [each.seconds_per_frame for each in clips.values() if each and each.seconds_per_frame]
    return FilmStatus(
        state="running" if running else state,
        frames_done=done,
        frames_total=total,
        eta_seconds=speeds[-1] * (total - done) if speeds else None,
        video=str(film.video_path) if is_there(film.video_path) else None,
        scenes=scenes,
        faults=() if running else tuple(faults),
        is_edited=is_edited(film, note),
    )


def scene_faults(film: FilmFolder, shot: Shot, on_frame: Callable[[], object]) -> Iterator[str]:
    """What of a scene's frames, recipe and files is not as it was made; every byte is looked at.

    Args:
        on_frame: called after each frame that the film has of it.

    Raises:
        ClipError: the scene cannot be read.
    """
    if not _has(film, shot):
        yield "has not begun"
        return
    clip = open_clip(film.scene_path(shot.name))
    yield from changed_since(clip)
    journal = clip.journal()
    for frame in range(shot.count):
        fault = examine_frame(frame, clip.frame_path(frame), journal.get(frame))
        if fault is not None:
            yield f"frame {frame}: {fault.reason}"
        on_frame()


def video_fault_of(film: FilmFolder) -> str | None:
    """What is wrong with a film's video; every byte is looked at. Raises a ClipError."""
    edits = read_note(film).edits
    if edits is None or not all(_has(film, shot) for shot in edits.shots):
        return f"{film.video_path} cannot be whole yet"
    fault = film_fault(film, edits, hashed=True)
    return None if fault is None else f"{film.video_path} {fault}"


def _has(film: FilmFolder, shot: Shot) -> bool:
    return has_clip(film.scene_path(shot.name))


def _status(film: FilmFolder, shot: Shot) -> Status | None:
    return clip_status(open_clip(film.scene_path(shot.name))) if _has(film, shot) else None


def _scene(shot: Shot, now: Status | None) -> SceneStatus:
    if now is None:
        return SceneStatus(shot.name, shot.first, shot.stop, 0, "waiting")
    done = min(now.frames_done, shot.count)
    is_shown_whole = done == shot.count and now.state == "interrupted"
    state = "done" if is_shown_whole and not now.faults else now.state
    return SceneStatus(shot.name, shot.first, shot.stop, done, state, now.faults)
