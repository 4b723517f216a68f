"""A film's scenes made: each is a clip that begins, goes on, or stands.

A scene stands that is what its storyboard asks for. One that only became longer is extended, and one that
became shorter is shown shorter. Of one that changed on its way a new one shares the frames up to there; else
it is begun anew. What stood before is kept in `aside`, and comes back from there if it is asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from dreamzoom._version import __version__
from dreamzoom.clip.extend import Extension, plan_extension, write_extension
from dreamzoom.clip.folder import MUSIC, ClipFolder, create_clip, has_clip, open_clip
from dreamzoom.clip.fork import create_fork
from dreamzoom.clip.lock import is_being_written, writing
from dreamzoom.clip.place import beginning
from dreamzoom.clip.status import find_obstacle, require_plain_frames
from dreamzoom.clip.vouch import changed_since, require_unchanged
from dreamzoom.errors import ClipError, ClipLockedError, RequestError
from dreamzoom.film.checking import CheckedScene, check_scene, differing, prepare_scene, shared_with
from dreamzoom.film.folder import FilmFolder, set_aside
from dreamzoom.film.losses import is_no_place, tell_of_scene
from dreamzoom.film.matching import aside_scenes, match_scenes, number_scenes
from dreamzoom.film.plan import PlannedScene
from dreamzoom.film.through import write_beginning
from dreamzoom.io.disk import rename, sync_folder
from dreamzoom.io.files import storage_errors
from dreamzoom.recipe.build import Fragment
from dreamzoom.recipe.schema import raw_value
from dreamzoom.render.loop import render
from dreamzoom.render.makers import require_same_maker
from dreamzoom.render.preparation import prepare_fork
from dreamzoom.render.space import require_disk
from dreamzoom.render.store import Reporter

_FEW = 4  # words of what is another in a scene


@dataclass(frozen=True)
class FilmReporter:
    """How the making of a film tells of itself.

    Attributes:
        on_scene: called with a scene's name and its frames before they are made.
        on_message: called with a line for a person.
        of_scene: how the render of each scene tells of itself.
    """

    on_scene: Callable[[str], object] = lambda name: None
    on_message: Callable[[str], object] = lambda line: None
    of_scene: Reporter = field(default_factory=Reporter)


def settle_scenes(
    film: FilmFolder, scenes: Sequence[CheckedScene], on_message: Callable[[str], object]
) -> None:
    """Give the scenes that a film has the numbers that they are to have, and move aside those that it has
    not any more; nothing is dreamed.

    Raises:
        ClipError: a scene's folder cannot be read, or is being rendered, or one that is to go on cannot.
        StorageError: one could not be moved, or the disk has no room for all that is missing.
    """
    wanted = {scene.name: scene for scene in scenes}
    clip_in = cache(lambda path: open_clip(path) if has_clip(path) else None)
    found = match_scenes(film, [*wanted], cache(lambda path, name: fits(clip_in(path), wanted[name])))
    there = {name: clip_in(path) for name, path in found.items()}
    require_ready(scenes, there)
    missing = sum(missing_frames(there.get(scene.name), scene) for scene in scenes)
    if missing:
        require_disk(film.path, scenes[0].recipe, missing)
    number_scenes(film, found, on_message)


def require_ready(scenes: Sequence[CheckedScene], there: Mapping[str, ClipFolder | None]) -> None:
    """See that each scene that stands can be gone on with, before hours of work on those before it.

    What a scene begins with that goes on with a dream is known where that one is finished.

    Args:
        there: the clips that there are by now, by the scene's name.

    Raises:
        ClipError: the first that cannot, and what to do.
    """
    is_known = True
    for scene in scenes:
        clip = there.get(scene.name)
        if clip is None or not fits(clip, scene) or (scene.is_begun_by_dream and not is_known):
            is_known = False
            continue
        with _telling_of(clip.path):
            faults = changed_since(clip, hashed=False)
            if (fault := next(iter(faults), find_obstacle(clip))) is not None:
                raise ClipError(f"scene {scene.name}: {fault}")
        is_known = not missing_frames(clip, scene)


def make_scenes(
    film: FilmFolder,
    scenes: Sequence[CheckedScene],
    reporter: FilmReporter,
    only: Collection[str] | None = None,
    *,
    on_same_machine: bool = False,
) -> None:
    """Make scenes, in their order; see `render`. The caller holds the film's lock, or makes some `only`.

    Args:
        only: the names of those that are to be made; None for all.
        on_same_machine: go on with a scene only where it was begun on such a machine as this.

    Raises:
        StorageError, VideoError, EngineError, ModelError, ClipError, PictureError: as `render`; of a scene
            that goes on with the dream before it a PictureError too while that is not finished.
        OtherMachineError: a machine of another kind began one.
    """
    before: PlannedScene | None = None
    for scene in scenes:
        if only is not None and scene.name not in only:
            before = scene.scene
            continue
        reporter.on_scene(scene.name)
        if scene.is_begun_by_dream:
            if before is None:
                raise RequestError(f"scene {scene.name}: nothing comes before it that it could go on with")
            start = write_beginning(film, before, scene.scene)
            scene = check_scene(film, scene.scene, start, scene.engine)  # noqa: PLW2901 - the same, its start known
        _make_scene(film, scene, reporter, on_same_machine=on_same_machine)
        before = scene.scene


def _make_scene(
    film: FilmFolder, scene: CheckedScene, reporter: FilmReporter, *, on_same_machine: bool
) -> None:
    path = film.scene_path(scene.name)
    with _telling_of(path):
        clip = _ready(film, path, scene, reporter.on_message)
    with writing(path):
        with _telling_of(path):
            require_unchanged(clip)
            require_plain_frames(clip)
        if on_same_machine:
            require_same_maker(clip, scene.engine)
        render(clip, scene.engine, reporter.of_scene)


@contextmanager
def _telling_of(path: Path) -> Iterator[None]:
    """Say of a scene that cannot be gone on with what a film does about it."""
    try:
        yield
    except ClipError as error:
        if type(error) is not ClipError:
            raise  # it is locked, or another machine's
        raise ClipError(tell_of_scene(str(error), path)) from error


def _ready(
    film: FilmFolder, path: Path, scene: CheckedScene, on_message: Callable[[str], object]
) -> ClipFolder:
    """The clip of a scene, with all its frames that there are already; no frame is dreamed."""
    if has_clip(path):
        clip = open_clip(path)
        _require_nobody_writing(path)
        stands = _as_it_stands(clip, scene)
        if stands is not None:
            return stands
        why = few(differing(clip, scene)) or "its length"
        kept = set_aside(film, path)
        on_message(f"scene {scene.name} is another one in {why}: {kept} keeps what stood there")
    elif is_no_place(path):
        _require_nobody_writing(path)
        kept = set_aside(film, path)
        on_message(f"scene {scene.name} is no clip any more: {kept} keeps what stood there")
    earlier = earlier_clips(film, scene)
    back = coming_back(earlier, scene)
    if back is not None:
        on_message(f"scene {scene.name} comes back from {back.path}")
        _move(back.path, path)
        again = _as_it_stands(open_clip(path), scene)
        assert again is not None  # noqa: S101 - it was found to stand
        return again
    shared = _share(earlier[0], path, scene, on_message) if earlier else None
    return shared or _begin(film, path, scene)


def earlier_clips(film: FilmFolder, scene: CheckedScene) -> list[ClipFolder]:
    """What stood in a scene's place before and was kept, the latest first. Raises a ClipError."""
    return [open_clip(path) for path in aside_scenes(film, scene.name)]


def coming_back(earlier: Sequence[ClipFolder], scene: CheckedScene) -> ClipFolder | None:
    """The first of them that is what a scene asks for, or can be made longer to be that."""
    return next((clip for clip in earlier if standing(clip, scene) is not None), None)


def few(words: list[str]) -> str:
    """The first few of some words, and how many more there are: another preset differs in a dozen keys."""
    more = [f"{len(words) - _FEW} more"] if len(words) > _FEW + 1 else []
    return ", ".join([*(words[:_FEW] if more else words), *more])


def fits(clip: ClipFolder | None, scene: CheckedScene) -> bool:
    """Whether a clip is what a scene asks for, or what it lacks can be added to it."""
    if clip is None:
        return False
    if scene.frames < clip.recipe.clip.frames and len(clip.finished_frames()) < scene.frames:
        return False
    return shared_with(clip, scene) == min(scene.frames, clip.recipe.clip.frames)


def standing(clip: ClipFolder, scene: CheckedScene) -> ClipFolder | Extension | None:
    """A clip that is what a scene asks for, or how it is made longer to be that; None where it is another."""
    if not fits(clip, scene):
        return None
    if scene.frames <= clip.recipe.clip.frames:
        return clip
    extension = plan_extension(clip, scene.frames)
    if extension.kept is not None or shared_with(extension.clip, scene) < scene.frames:
        return None
    return extension


def _as_it_stands(clip: ClipFolder, scene: CheckedScene) -> ClipFolder | None:
    """A clip as it is to go on, longer if it has to be; None where it is not what a scene asks for."""
    found = standing(clip, scene)
    return write_extension(found) if isinstance(found, Extension) else found


def _share(
    parent: ClipFolder, path: Path, scene: CheckedScene, on_message: Callable[[str], object]
) -> ClipFolder | None:
    """A new clip that shares what it can with the one that stood before; None where it can nothing."""
    heard = {clip.files.get(MUSIC) for clip in (parent.frozen, scene.frozen)}
    if len(heard) > 1 or not min(shared_with(parent, scene), len(parent.finished_frames())):
        return None
    keys = [*differing(parent, scene), "clip.frames"]
    changes: dict[str, dict[str, object]] = {}
    for table, name in (key.split(".") for key in keys):
        changes.setdefault(table, {})[name] = raw_value(scene.recipe, f"{table}.{name}")
    try:
        fork = prepare_fork(parent, [Fragment(f"scene {scene.name}", changes)], None, path).fork
    except RequestError:
        return None  # what a fork cannot do a new clip can
    if differing(ClipFolder(path, fork.takes[-1].frozen), scene):
        return None
    clip = create_fork(parent, path, fork)
    on_message(f"scene {scene.name}: {fork.shared} frames are shared with {parent.path}")
    return clip


def _begin(film: FilmFolder, path: Path, scene: CheckedScene) -> ClipFolder:
    with beginning(path):
        prepared = prepare_scene(film, scene.scene, scene.start, scene.engine)
        sha256 = prepared.engine.model.sha256
        return create_clip(path, prepared.recipe, __version__, sha256, prepared.ingredients)


def missing_frames(clip: ClipFolder | None, scene: CheckedScene) -> int:
    """How many of a scene's frames have to be made, at most."""
    if clip is None:
        return scene.frames
    return scene.frames - min(shared_with(clip, scene), len(clip.finished_frames()))


def _require_nobody_writing(path: Path) -> None:
    if is_being_written(path):
        raise ClipLockedError(f"{path} is being rendered by another process: wait for it, or stop it first")


def _move(path: Path, target: Path) -> None:
    with storage_errors(target):
        target.parent.mkdir(exist_ok=True)
        rename(path, target)
        sync_folder(target.parent)
