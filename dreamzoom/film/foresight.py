"""What the making of a film would do, found out before it begins, and nothing written: which scenes stand,
which frames are dreamed, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from dreamzoom.clip.folder import MUSIC, ClipFolder, has_clip, open_clip
from dreamzoom.film.checking import CheckedScene, check_scene, differing
from dreamzoom.film.editing import EditList, edit_list
from dreamzoom.film.folder import FilmFolder, require_own_film
from dreamzoom.film.matching import match_scenes, scene_folders
from dreamzoom.film.note import film_fault, read_note
from dreamzoom.film.plan import FilmPlan
from dreamzoom.film.scenes import (
    coming_back,
    earlier_clips,
    few,
    fits,
    missing_frames,
    require_ready,
    standing,
)
from dreamzoom.film.through import beginning_of
from dreamzoom.io.files import file_digest

_OF_THE_DREAM = "what the scene before it ends with"


@dataclass(frozen=True)
class ForeseenScene:
    """What becomes of a scene.

    Attributes:
        name: of its folder.
        first, stop: its first frame in the film, and the one after its last.
        kept: how many of its frames there are by now that stay, from the first one on; at most.
        why: in what it is another one than what stands there; "" where nothing does, or it is the same.
    """

    name: str
    first: int
    stop: int
    kept: int
    why: str = ""

    @property
    def dreamed(self) -> int:
        """How many of its frames are made."""
        return self.stop - self.first - self.kept


@dataclass(frozen=True)
class Foresight:
    """What the making of a film does.

    Attributes:
        frames: how many the film has.
        scenes: in their order.
        leaving: scenes that are there and are asked for no more: they go to `aside`.
        is_new_video: whether its video is made anew.
    """

    frames: int
    scenes: tuple[ForeseenScene, ...]
    leaving: tuple[str, ...]
    is_new_video: bool


def foresee(film: FilmFolder, plan: FilmPlan, scenes: Sequence[CheckedScene]) -> Foresight:
    """What the making of a film would do now; the film need not have begun.

    Args:
        scenes: as `check_scenes` gave them.

    Raises:
        RequestError, EngineError, VideoError: the film's folder, or a scene in it, cannot be used.
    """
    wanted = {scene.name: scene for scene in scenes}
    clip_in = cache(lambda path: open_clip(path) if has_clip(path) else None)
    found = match_scenes(film, [*wanted], cache(lambda path, name: fits(clip_in(path), wanted[name])))
    require_own_film(film)
    require_ready(scenes, {name: clip_in(path) for name, path in found.items()})
    leaving = [path.name for path in scene_folders(film) if path not in found.values()]
    with TemporaryDirectory(prefix="dreamzoom-") as scratch:
        foreseen = tuple(_foresee_all(film, scenes, found.get, clip_in, Path(scratch)))
    is_made = not leaving and all(each.dreamed == 0 and not each.why for each in foreseen)
    is_numbered = all(path.name == name for name, path in found.items())
    is_new_video = not (is_made and is_numbered and _shows(film, plan))
    return Foresight(plan.frames, foreseen, tuple(leaving), is_new_video)


def _foresee_all(
    film: FilmFolder,
    scenes: Sequence[CheckedScene],
    path_of: Callable[[str], Path | None],
    clip_in: Callable[[Path], ClipFolder | None],
    scratch: Path,
) -> Iterator[ForeseenScene]:
    """The scenes in their order.

    Args:
        path_of: the folder that a scene has by now.
        scratch: a folder for pictures that nobody keeps.
    """
    before: tuple[CheckedScene, Path] | None = None  # the scene before and its folder, where it stands whole
    for scene in scenes:
        path = path_of(scene.name)
        clip = None if path is None else clip_in(path)
        if scene.is_begun_by_dream and before is None:
            each = _scene(scene, 0, _OF_THE_DREAM if clip is not None else "")
        else:
            known = scene
            if scene.is_begun_by_dream and before is not None:
                start = scratch / f"{scene.name}.png"
                start.write_bytes(beginning_of(before[1], before[0].scene, scene.scene))
                known = check_scene(film, scene.scene, start, scene.engine)
            each = _foresee(film, known, clip)
        yield each
        before = (scene, path) if path is not None and each.dreamed == 0 and not each.why else None


def _foresee(film: FilmFolder, scene: CheckedScene, clip: ClipFolder | None) -> ForeseenScene:
    """What becomes of a scene whose beginning is known.

    Args:
        clip: what stands in its place.
    """
    if clip is not None and standing(clip, scene) is not None:
        return _scene(scene, scene.frames - missing_frames(clip, scene))
    why = "" if clip is None else few(differing(clip, scene)) or "its length"
    earlier = earlier_clips(film, scene)
    back = coming_back(earlier, scene)
    if back is not None:
        return _scene(scene, scene.frames - missing_frames(back, scene), why)
    others = [*earlier, *([] if clip is None else [clip])]
    latest = max(others, key=lambda each: each.path.stat().st_mtime_ns, default=None)
    if latest is None or latest.frozen.files.get(MUSIC) != scene.frozen.files.get(MUSIC):
        return _scene(scene, 0, why)
    return _scene(scene, scene.frames - missing_frames(latest, scene), why)


def _scene(scene: CheckedScene, kept: int, why: str = "") -> ForeseenScene:
    return ForeseenScene(scene.name, scene.scene.first, scene.scene.stop, kept, why)


def _shows(film: FilmFolder, plan: FilmPlan) -> bool:
    """Whether the video that there is shows what is planned; all its scenes stand."""
    edits = read_note(film).edits
    if edits is None or edits != _kept_edits(film, plan):
        return False
    if plan.song is not None:
        song = film.song_path(plan.song)
        if not song.is_file() or file_digest(song) != file_digest(plan.song):
            return False
    return film_fault(film, edits) is None


def _kept_edits(film: FilmFolder, plan: FilmPlan) -> EditList:
    """How the film would be put together, its song being the film's own copy."""
    song = None if plan.song is None else film.song_path(plan.song).name
    return replace(edit_list(plan), song=song)
