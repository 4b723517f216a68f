"""What a film takes along of another one, of whose storyboard it is made.

A film made in full of its draft, or a draft of a film, has the same storyboard. What that names in the other
film's folder, whatever the key, is copied into the film's own `material`, and so is what a look names there:
each film stays whole when the other one is gone. The song is not meant, of which a film always has a copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dreamzoom.clip.reading import is_there, reading
from dreamzoom.errors import DreamzoomError, StoryboardError, warn
from dreamzoom.film.board.naming import PRESET, SONG, Renaming, map_board, map_look, rename_files
from dreamzoom.film.board.reading import find_beside
from dreamzoom.film.folder import FilmFolder, has_film
from dreamzoom.film.note import kept_beside
from dreamzoom.io.disk import remove, remove_folder
from dreamzoom.io.files import copy_atomically, file_digest, sha256_of, storage_errors, write_atomically
from dreamzoom.io.toml import parse_toml, read_text
from dreamzoom.recipe.settings import FileText


@contextmanager
def taking_material(storyboard: Path, film: FilmFolder, text: str) -> Iterator[str]:
    """The text of a storyboard as a film is to have it: what it names in the folder of the film that keeps
    it was copied. If the film has not begun at the end of the context, the copies are gone again.

    Args:
        storyboard: where the text lies.
        film: that is to be made of it; its lock is held.

    Raises:
        ClipError: what is named cannot be read.
        StorageError: it cannot be written.
    """
    source = FilmFolder(storyboard.parent.absolute())
    is_kept = storyboard.name == source.storyboard_path.name and has_film(source.path)
    luggage = _Luggage(source, film.material_path.absolute())
    own = luggage.pack(text) if is_kept and source.path != film.path.absolute() else text
    made = [name for name in luggage.names() if not (film.material_path / name).exists()]
    try:
        for name in made:  # each is named by what it holds
            luggage.unpack(name)
        yield own
    finally:
        if made and not has_film(film.path):
            for name in made:
                remove(film.material_path / name)
            with suppress(OSError):  # what else is in it is not ours
                remove_folder(film.material_path)


@dataclass(frozen=True)
class _Luggage:
    """What is to be copied of a film's folder.

    Attributes:
        source: the film that it is of.
        target: the folder that it is to lie in.
        files: the files by the names that they are to have there.
        looks: the texts of those that are looks and are to name other files.
    """

    source: FilmFolder
    target: Path
    files: dict[str, Path] = field(default_factory=dict)
    looks: dict[str, str] = field(default_factory=dict)

    def pack(self, text: str) -> str:
        """The text of a storyboard that names the copies."""
        try:
            names = self._named(text, kept_beside(self.source), map_board)
        except StoryboardError:
            return text  # which is told when it is read
        material = self.source.material_path.resolve()
        if any(path.parent == material for path in self.files.values()):
            self._pack_material()
        names = {name: str(self.target / copy) for name, copy in names.items()}
        return _renamed(text, names, map_board, "the storyboard")

    def names(self) -> list[str]:
        """What the copies are called."""
        return [*self.files]

    def unpack(self, name: str) -> None:
        """Write a copy. Raises a ClipError or a StorageError."""
        with storage_errors(self.target):
            self.target.mkdir(exist_ok=True)
        if name in self.looks:
            write_atomically(self.target / name, self.looks[name].encode())
            return
        with reading(self.files[name]):
            copy_atomically(self.files[name], self.target / name)

    def _named(
        self,
        text: str,
        beside: Path,
        map_names: Callable[[Mapping[str, Any], Renaming], Mapping[str, Any]],
    ) -> dict[str, str]:
        """The names in a text that lead into the film's folder, each with what the copy is called.

        Raises:
            StoryboardError: it is no TOML.
        """
        found: dict[str, str] = {}

        def note(setting: FileText, name: str) -> str:
            path = Path(find_beside(beside, name, or_word=setting.or_word))
            if name and setting is not SONG and self._is_own(path):
                found[name] = self._pack_file(path.resolve(), is_look=setting is PRESET)
            return name

        map_names(parse_toml(text, "the text", StoryboardError), note)
        return found

    def _is_own(self, path: Path) -> bool:
        """Whether a file lies in the film's folder; links are not followed."""
        try:
            is_file = path.is_file() and not path.is_symlink()
            return is_file and path.resolve().is_relative_to(self.source.path.resolve())
        except (OSError, ValueError):  # it is no path
            return False

    def _pack_file(self, path: Path, *, is_look: bool) -> str:
        """What a file's copy is called: as the file where that lies in `material`, else by what it holds."""
        look = self._look(path) if is_look and path.suffix.lower() == ".toml" else None
        name = path.name
        if look is not None or not self._keeps_name(path):
            with reading(path):
                sha256 = file_digest(path) if look is None else sha256_of(look.encode())
            name = f"{path.stem}-{sha256[:8]}{path.suffix}"
        self.files[name] = path
        if look is not None:
            self.looks[name] = look
        return name

    def _keeps_name(self, path: Path) -> bool:
        """Whether a file's copy may be called as the file is: nothing else is called so where it comes."""
        if path.parent != self.source.material_path.resolve():
            return False
        there = self.target / path.name
        with reading(there):
            return not is_there(there) or file_digest(there) == file_digest(path)

    def _look(self, path: Path) -> str | None:
        """The text of a look that is to name other files than it does; None where it is to stay as it is."""
        try:
            text = read_text(path)
            names = self._named(text, path.parent, map_look)
        except DreamzoomError:
            return None  # which is told when it is read
        names = {name: copy for name, copy in names.items() if name != copy}
        return _renamed(text, names, map_look, path.name) if names else None

    def _pack_material(self) -> None:
        """Pack all files of the film's material: what is named there names others beside itself."""
        with reading(self.source.material_path):
            inside = sorted(self.source.material_path.resolve().iterdir())
        for path in inside:
            if path.is_file() and not path.is_symlink():
                self.files.setdefault(path.name, path)


def _renamed(
    text: str,
    names: Mapping[str, str],
    map_names: Callable[[Mapping[str, Any], Renaming], Mapping[str, Any]],
    what: str,
) -> str:
    """A text that calls files otherwise; a person is told of those for which only they can do it."""
    with suppress(StoryboardError):
        return rename_files(text, names, map_names)
    for name, copy in names.items():
        try:
            text = rename_files(text, {name: copy}, map_names)
        except StoryboardError as error:
            warn(f"{what} goes on to name {name} in the folder of the other film: {error}")
    return text
