"""A film's folder: what lies where, how a film begins, and how one is opened.

FILM/storyboard.toml      what the film is; a person may edit it
FILM/song.ogg             the song, with the ending of its name
FILM/music.json           what was heard of it
FILM/scenes/03-chorus/    a scene: a clip like any other
FILM/through/03-chorus.png   what a scene that goes on with the dream before it begins with
FILM/storyboards/        what it was before a page changed it, to be gone back to
FILM/material/           pictures and looks of clips that scenes were made of in the studio
FILM/film.mp4             the video
FILM/film.json            how it is put together, and what it is known again by; first of all to be written
FILM/aside/               what others took the place of; a person may delete it
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from dreamzoom.clip.folder import has_clip
from dreamzoom.clip.lock import require_own_places, writing
from dreamzoom.clip.place import require_free
from dreamzoom.clip.reading import is_there, reading
from dreamzoom.errors import ClipError
from dreamzoom.io.disk import rename, sync_folder
from dreamzoom.io.files import remove_leftovers, storage_errors

NOTE = "film.json"
"""The file that a film notes itself in."""

_SCENE = re.compile(r"\d+-(?P<name>.+)", re.DOTALL)


@dataclass(frozen=True)
class FilmFolder:
    """A film's folder."""

    path: Path

    @property
    def storyboard_path(self) -> Path:
        """What the film is."""
        return self.path / "storyboard.toml"

    @property
    def music_path(self) -> Path:
        """What was heard of the song."""
        return self.path / "music.json"

    @property
    def video_path(self) -> Path:
        """The video."""
        return self.path / "film.mp4"

    @property
    def note_path(self) -> Path:
        """How the video is put together, and what it is known again by."""
        return self.path / NOTE

    @property
    def scenes_path(self) -> Path:
        """The folder of the scenes."""
        return self.path / "scenes"

    @property
    def through_path(self) -> Path:
        """The folder of the pictures that scenes begin with which go on with the dream before them."""
        return self.path / "through"

    @property
    def material_path(self) -> Path:
        """The folder of pictures and looks that scenes are made of, and that are the film's own."""
        return self.path / "material"

    @property
    def aside_path(self) -> Path:
        """The folder of what others took the place of."""
        return self.path / "aside"

    def scene_path(self, name: str) -> Path:
        """The folder of a scene, by its name."""
        return self.scenes_path / name

    def song_path(self, song: Path) -> Path:
        """Where a song is kept."""
        suffix = song.suffix.lower()
        return self.path / (f"song{suffix}" if re.fullmatch(r"\.[a-z0-9]{1,16}", suffix) else "song")


def bare_name(scene: str) -> str:
    """A scene's name without the number that its folder has before it: "03-chorus" is "chorus"."""
    match = _SCENE.fullmatch(scene)
    return match["name"] if match else scene


def has_film(path: Path) -> bool:
    """Whether a film has begun in that folder; its note may be lost, which is found out again."""
    film = FilmFolder(path)
    return is_there(film.note_path) or (is_there(film.storyboard_path) and is_there(film.scenes_path))


def has_scenes(path: Path) -> bool:
    """Whether a folder holds scenes of a film, which are clips; its note and its storyboard may be lost."""
    try:
        names = [each.name for each in (path / "scenes").iterdir() if _SCENE.fullmatch(each.name)]
    except OSError:
        return False
    return any(os.path.lexists(path / "scenes" / name / "recipe.toml") for name in names)


def open_film(path: Path) -> FilmFolder:
    """The film in a folder. Raises a ClipError where there is none."""
    with reading(path):
        if not path.is_dir():
            raise ClipError(f"{path}: no such film folder")
    if not has_film(path) and has_scenes(path):
        raise ClipError(
            f"{path} has lost its {NOTE} and its storyboard.toml: restore them from a copy, or run the "
            f"command that made the film again; its scenes stand in {path / 'scenes'}, each a clip"
        )
    if not has_film(path):
        raise ClipError(f"{path} holds no film: it has neither {NOTE} nor scenes and a storyboard.toml")
    return FilmFolder(path)


def require_place(path: Path) -> None:
    """See that a folder is a film's, or can become one's.

    Raises:
        ClipError: it holds something else, a clip too, is a whole disk, or a file is in its place.
    """
    if path.is_dir() and (has_film(path) or (has_scenes(path) and not has_clip(path))):
        return
    require_free(path)
    if path.is_dir() and has_clip(path):
        raise ClipError(f"{path} is a clip: name another folder for the film with --out")


def require_own_film(film: FilmFolder) -> None:
    """See that nothing else lies in the place of what making a film writes. Raises a ClipError."""
    require_own_places(film.path)
    with reading(film.path):
        for path, what in (
            (film.scenes_path, "the film's scenes belong"),
            (film.through_path, "what its scenes begin with belongs"),
            (film.aside_path, "what others took the place of belongs"),
        ):
            if os.path.lexists(path) and not path.is_dir():
                raise ClipError(f"{path} is no folder: move it away, {what} there")
        pictures = film.through_path.iterdir() if film.through_path.is_dir() else ()
        for path, what in (
            (film.video_path, "the film's video"),
            *((picture, "what a scene begins with") for picture in sorted(pictures)),
        ):
            if path.exists() and not path.is_file():
                found = "a folder" if path.is_dir() else "no plain file"
                raise ClipError(f"{path} is {found}: move it away, {what} belongs there")


@contextlib.contextmanager
def beginning_film(path: Path) -> Iterator[FilmFolder]:
    """Be the one process that begins the film in a folder, or goes on with it.

    If none has begun at the end of the context, the folder is as it was.

    Raises:
        ClipError: as `require_place`, or as `require_own_film`.
        ClipLockedError: another process is making it.
        StorageError: it cannot be written.
    """
    require_place(path)
    made = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        with storage_errors(path):
            path.mkdir(parents=True, exist_ok=True)
        with writing(path):
            remove_leftovers(path)
            try:
                require_own_film(FilmFolder(path))
                yield FilmFolder(path)
            finally:
                if not has_film(path):
                    with contextlib.suppress(OSError):
                        (path / ".lock").unlink()
    finally:
        for folder in made:
            with contextlib.suppress(OSError):  # which keeps what is not empty
                folder.rmdir()


def set_aside(film: FilmFolder, path: Path) -> Path:
    """Move a file or folder of a film out of the way, into `aside`.

    Returns:
        Where it is now.

    Raises:
        StorageError: it could not be moved.
    """
    with storage_errors(film.aside_path):
        film.aside_path.mkdir(exist_ok=True)
    target = free_name(film.aside_path / path.name)
    with storage_errors(target):
        rename(path, target)
        sync_folder(target.parent)
    return target


def free_name(path: Path) -> Path:
    """The first of the names NAME, NAME.2, NAME.3 … that nothing has."""
    later = (path.with_name(f"{path.name}.{number}") for number in count(2))
    return next(name for name in chain((path,), later) if not is_there(name))


def put_aside_name(path: Path) -> str:
    """The scene's name of a folder in `aside`."""
    return re.sub(r"\.\d+$", "", path.name)
