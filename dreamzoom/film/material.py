"""What a film takes along of the material of another one, of whose storyboard it is made.

A film made in full of its draft, or a draft of a film, has the same storyboard. What that names in the other
film's folder is copied: each film stays whole when the other one is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from dreamzoom.clip.reading import reading
from dreamzoom.errors import StoryboardError, warn
from dreamzoom.film.board.reading import find_beside
from dreamzoom.film.board.rewriting import scenes_in, set_key
from dreamzoom.film.folder import FilmFolder, has_film
from dreamzoom.film.note import kept_beside
from dreamzoom.io.disk import remove, remove_folder
from dreamzoom.io.files import copy_atomically, storage_errors

_NAMING: Final = ("image", "preset")  # keys of a scene, as the studio writes them


@contextmanager
def taking_material(storyboard: Path, film: FilmFolder, text: str) -> Iterator[str]:
    """The text of a storyboard as a film is to have it: what it names in the material of the film that keeps
    it was copied. If the film has not begun at the end of the context, the copies are gone again.

    Args:
        storyboard: where the text lies.
        film: that is to be made of it; its lock is held.

    Raises:
        ClipError: the material cannot be read.
        StorageError: it cannot be written.
    """
    source = FilmFolder(storyboard.parent.absolute())
    is_kept = storyboard.name == source.storyboard_path.name and has_film(source.path)
    named = _named(source, text) if is_kept and source.path != film.path.absolute() else {}
    copies = _copies(source.material_path, film.material_path) if named else []
    try:
        for original, copy in copies:
            with storage_errors(copy):
                copy.parent.mkdir(exist_ok=True)
            with reading(original):
                copy_atomically(original, copy)
        yield _renamed(text, named, film.material_path.absolute())
    finally:
        if copies and not has_film(film.path):
            for _, copy in copies:
                remove(copy)
            with suppress(OSError):  # what else is in it is not ours
                remove_folder(film.material_path)


def _named(film: FilmFolder, text: str) -> dict[tuple[int, str], str]:
    """The files in a film's material that its scenes name, by the scene's number and the key."""
    try:
        scenes = scenes_in(text)
    except StoryboardError:
        return {}  # which is told when it is read
    beside, found = kept_beside(film), {}
    for number, scene in enumerate(scenes):
        for key in _NAMING:
            raw = scene.get(key)
            path = Path(find_beside(beside, raw)) if isinstance(raw, str) and raw else Path()
            if path.parent.resolve() == film.material_path.resolve() and path.is_file():
                found[number, key] = path.name
    return found


def _renamed(text: str, named: dict[tuple[int, str], str], folder: Path) -> str:
    for (scene, key), name in named.items():
        try:
            text = set_key(text, scene, key, str(folder / name))
        except StoryboardError as error:
            warn(f"scene {scene + 1} goes on to name {name} in the folder of the other film: {error}")
    return text


def _copies(source: Path, target: Path) -> list[tuple[Path, Path]]:
    """All files of a folder that another one has not, and where they come to lie in it: a look names the
    pictures that lie beside it. Links are not followed.
    """
    with reading(source):
        files = sorted(path for path in source.iterdir() if path.is_file() and not path.is_symlink())
    pairs = [(path, target / path.name) for path in files]
    return [(path, copy) for path, copy in pairs if not copy.exists()]  # each is named by what it holds
