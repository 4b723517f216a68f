"""How far a film is, read from its folder alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from dreamzoom.clip.folder import has_clip, open_clip
from dreamzoom.clip.lock import is_being_written, require_own_places
from dreamzoom.clip.reading import is_there
from dreamzoom.clip.status import clip_status, examine_frame
from dreamzoom.clip.vouch import changed_since
from dreamzoom.errors import ClipError
from dreamzoom.film.editing import EditList, Shot
from dreamzoom.film.folder import FilmFolder, require_own_film
from dreamzoom.film.losses import lost_scene_fault, missing_files_fault, storyboard_fault, tell_of_scene
from dreamzoom.film.note import film_fault, is_edited, note_fault, read_note
from dreamzoom.recipe.frozen import HOW_TO_MEND


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
        state: "running" while a process makes it; "done" when all scenes and the video are there; "damaged"
            where going on is refused, for something that it is made with is lost or was changed, or
            something else lies in the place of what is written; else "interrupted".
        frames_done, frames_total: of all scenes.
        eta_seconds: time that the missing frames will take; None before the first.
        video: the video's path, None while there is none.
        scenes: in their order.
        faults: what is not as it should be, a line each; first why it is damaged.
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
    looked = [_look_at(film, shot) for shot in shots]
    scenes, speeds = tuple(scene for scene, _ in looked), [speed for _, speed in looked if speed]
    done, total = sum(scene.frames_done for scene in scenes), sum(shot.count for shot in shots)
    video = _video_faults(film, edits) if edits is not None and done == total else []
    is_done = edits is not None and done == total and not (video or any(scene.faults for scene in scenes))
    lost = [fault for fault in (note_fault(film), storyboard_fault(film)) if fault is not None]
    if not is_done and not running:
        scenes = tuple(_with_obstacle(film, scene) for scene in scenes)
        lost += _obstacles(film)
    damaged, others = (
        [
            f"scene {each.name}: {fault}"
            for each in scenes
            for fault in each.faults
            if _is_damaged(each) == wanted
        ]
        for wanted in (True, False)
    )
    state = "damaged" if lost or any(map(_is_damaged, scenes)) else "done" if is_done else "interrupted"
    return FilmStatus(
        state="running" if running else state,
        frames_done=done,
        frames_total=total,
        eta_seconds=speeds[-1] * (total - done) if speeds else None,
        video=str(film.video_path) if is_there(film.video_path) else None,
        scenes=scenes,
        faults=() if running else (*lost, *damaged, *others, *video),
        is_edited=not lost and is_edited(film, note),
    )


def _is_damaged(scene: SceneStatus) -> bool:
    """Whether going on with a film is refused for a scene."""
    return scene.state == "damaged"


def scene_faults(film: FilmFolder, shot: Shot, on_frame: Callable[[], object]) -> Iterator[str]:
    """What of a scene's frames, recipe and files is not as it was made; every byte is looked at.

    Args:
        on_frame: called after each frame that the film has of it.

    What cannot be read is one more line.
    """
    path = film.scene_path(shot.name)
    try:
        if not _has(film, shot):
            yield lost_scene_fault(film, shot.name) or "has not begun"
            return
        clip = open_clip(path)
        yield from (tell_of_scene(fault, path) for fault in changed_since(clip))
        journal = clip.journal()
    except ClipError as error:
        yield tell_of_scene(str(error), path)
        return
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
    return next(iter(_video_faults(film, edits, hashed=True)), None)


def _has(film: FilmFolder, shot: Shot) -> bool:
    return has_clip(film.scene_path(shot.name))


def _video_faults(film: FilmFolder, edits: EditList, *, hashed: bool = False) -> list[str]:
    try:
        fault = film_fault(film, edits, hashed=hashed)
    except ClipError as error:  # the song is lost, or cannot be read
        return [str(error).replace(HOW_TO_MEND, "going on takes it again from where the storyboard names it")]
    return [] if fault is None else [f"{film.video_path} {fault}"]


def _look_at(film: FilmFolder, shot: Shot) -> tuple[SceneStatus, float | None]:
    """How far a scene is, and the seconds that a frame of it takes; None before the first."""
    path = film.scene_path(shot.name)
    try:
        if not _has(film, shot):
            return _without_clip(film, shot), None
        now = clip_status(open_clip(path))
    except ClipError as error:
        fault = tell_of_scene(str(error), path)
        return SceneStatus(shot.name, shot.first, shot.stop, 0, "damaged", (fault,)), None
    done = min(now.frames_done, shot.count)
    is_shown_whole = done == shot.count and now.state == "interrupted"
    state = "done" if is_shown_whole and not now.faults else now.state
    faults = tuple(tell_of_scene(fault, path) for fault in now.faults)
    return SceneStatus(shot.name, shot.first, shot.stop, done, state, faults), now.seconds_per_frame


def _with_obstacle(film: FilmFolder, scene: SceneStatus) -> SceneStatus:
    """A scene that is done, as it is where going on with the film would be refused for it."""
    try:
        if scene.state == "done":
            require_own_places(film.scene_path(scene.name))
    except ClipError as error:
        return replace(scene, state="damaged", faults=(*scene.faults, str(error)))
    return scene


def _obstacles(film: FilmFolder) -> list[str]:
    """Why going on with a film would be refused beside what its scenes tell."""
    found = [] if (fault := missing_files_fault(film)) is None else [fault]
    try:
        require_own_film(film)
    except ClipError as error:
        found.append(str(error))
    return found


def _without_clip(film: FilmFolder, shot: Shot) -> SceneStatus:
    fault = lost_scene_fault(film, shot.name)
    if fault is None:
        return SceneStatus(shot.name, shot.first, shot.stop, 0, "waiting")
    return SceneStatus(shot.name, shot.first, shot.stop, 0, "interrupted", (fault,))
