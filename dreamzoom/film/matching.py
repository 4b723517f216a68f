"""Which of the scenes that a film has are those that its storyboard asks for: numbers shift, names stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from dreamzoom.clip.folder import has_clip
from dreamzoom.clip.lock import is_being_written
from dreamzoom.clip.reading import reading
from dreamzoom.errors import ClipLockedError
from dreamzoom.film.folder import FilmFolder, bare_name, put_aside_name, set_aside
from dreamzoom.io.disk import rename, sync_folder
from dreamzoom.io.files import storage_errors


def scene_folders(film: FilmFolder) -> list[Path]:
    """The folders in `scenes`, in the order of their names; those that are no clip too."""
    if not film.scenes_path.is_dir():
        return []
    with reading(film.scenes_path):
        return sorted(path for path in film.scenes_path.iterdir() if path.is_dir() and _is_shown(path))


def aside_scenes(film: FilmFolder, scene: str) -> list[Path]:
    """The clips in `aside` that were a scene of this name, the latest first."""
    if not film.aside_path.is_dir():
        return []
    with reading(film.aside_path):
        folders = [path for path in film.aside_path.iterdir() if path.is_dir() and has_clip(path)]
    alike = [path for path in folders if bare_name(put_aside_name(path)) == bare_name(scene)]
    return sorted(alike, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def match_scenes(
    film: FilmFolder, scenes: Sequence[str], fits: Callable[[Path, str], bool]
) -> dict[str, Path]:
    """The folder that each scene has by now, under whatever number.

    A folder whose clip fits is a scene's before one that bears its whole name, and that before one of the
    same name with another number.

    Args:
        fits: whether the clip in a folder is what a scene asks for.

    Returns:
        Folders by the scene's name; a scene that has none is not in it.
    """
    free = scene_folders(film)
    found: dict[str, Path] = {}
    ways: list[Callable[[Path, str], bool]] = [
        lambda path, scene: path.name == scene and fits(path, scene),
        lambda path, scene: bare_name(path.name) == bare_name(scene) and fits(path, scene),
        lambda path, scene: path.name == scene,
        lambda path, scene: bare_name(path.name) == bare_name(scene),
    ]
    for way in ways:
        for scene in scenes:
            if scene in found:
                continue
            path = next((path for path in free if way(path, scene)), None)
            if path is not None:
                found[scene] = path
                free.remove(path)
    return found


def number_scenes(film: FilmFolder, found: dict[str, Path], on_message: Callable[[str], object]) -> None:
    """Give each scene's folder the scene's name, and move aside what is no scene's.

    It may be killed anywhere and done again.

    Raises:
        ClipLockedError: one of them is being rendered.
        StorageError: one could not be renamed.
    """
    leftover = [path for path in scene_folders(film) if path not in found.values()]
    moving = {scene: path for scene, path in found.items() if path.name != scene}
    for path in [*leftover, *moving.values()]:
        if is_being_written(path):
            raise ClipLockedError(f"{path} is being rendered by another process: wait for it, or stop it")
    for path in leftover:
        on_message(f"no scene is called {bare_name(path.name)} any more: {set_aside(film, path)} keeps it")
    waiting = {}
    for scene, path in moving.items():  # first to names that nothing has, for numbers may change places
        number, _, name = scene.partition("-")
        waiting[scene] = film.scene_path(f"{number.zfill(6)}-{name}")
        _rename(path, waiting[scene])
    for scene, path in waiting.items():
        _rename(path, film.scene_path(scene))


def _rename(path: Path, target: Path) -> None:
    with storage_errors(target):
        rename(path, target)
        sync_folder(target.parent)


def _is_shown(path: Path) -> bool:
    return not path.name.startswith(".")
