"""What the making of a film would do, remembered for as long as all that decides it is the same.

FOLDER/.studio/foretold/0123456789abcdef.json, a file a film: {"signs": "…", "found": {…}}. What is wrong is
found out each time: it may be mended elsewhere, as a model that was missing is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from dreamzoom._version import __version__
from dreamzoom.audio.beatmap import map_beside
from dreamzoom.film.board.looks import preset_of_scene
from dreamzoom.film.folder import FilmFolder
from dreamzoom.io.disk import remove
from dreamzoom.io.files import sha256_of, storage_errors, write_atomically
from dreamzoom.io.plain_json import read_json
from dreamzoom.studio.filming.boards import OpenBoard
from dreamzoom.studio.library.outside import named_in, named_in_look

_MOST: Final = 500  # films of which it is remembered
_LARGEST: Final = 1 << 22  # bytes
_OF_SCENE: Final = ("recipe.toml", "journal.jsonl", "start.png", "frames")  # what a scene is known by


def signs_of_film(folder: Path, opened: OpenBoard) -> str:
    """A hash of all that decides what the making of a film would do: its storyboard, and of each file that
    this names, and of each scene that there is, when it was last changed.

    Args:
        folder: FOLDER, from which files are named.

    Raises:
        RequestError: a preset's file cannot be read.
    """
    paths = sorted({folder / path for path in (*_material(folder, opened), *_film_paths(opened.film))})
    return sha256_of(json.dumps([__version__, opened.text, *map(_sign, paths)]).encode())


def recall(path: Path, signs: str) -> dict[str, Any] | None:
    """What was found out while the signs were these; None where that is not known."""
    kept = read_json(path, _LARGEST)
    found = kept.get("found") if isinstance(kept, Mapping) and kept.get("signs") == signs else None
    return found if isinstance(found, dict) else None


def remember(path: Path, signs: str, found: Mapping[str, Any]) -> None:
    """Keep what was found out. Raises a StorageError."""
    with storage_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        others = sorted(path.parent.glob("*.json"), key=lambda each: each.lstat().st_mtime_ns)
        for each in others[: max(len(others) - _MOST + 1, 0)]:
            remove(each)
    write_atomically(path, json.dumps({"signs": signs, "found": found}).encode())


def _material(folder: Path, opened: OpenBoard) -> Iterator[Path]:
    """What a storyboard names, and what the presets name that lie in files."""
    board = opened.board
    yield from map(Path, named_in(board))
    looks = {scene.settings.preset or board.film.preset: scene for scene in board.scenes}
    for name, scene in looks.items():
        if name.lower().endswith(".toml"):
            yield folder / name
            yield opened.film.path / name
            yield from map(Path, named_in_look(preset_of_scene(board, scene)))
    if board.soundtrack.song:
        song = Path(board.soundtrack.song)
        kept = opened.film.song_path(song)
        yield from (map_beside(song), kept, map_beside(kept))


def _film_paths(film: FilmFolder) -> Iterator[Path]:
    """What of a film's folder tells which of its scenes stand, and whether its video does."""
    yield from (film.note_path, film.music_path, film.video_path)
    for inside in (film.scenes_path, film.aside_path):
        for scene in _entries(inside):
            yield scene
            yield from (scene / name for name in _OF_SCENE)
    yield from _entries(film.through_path)


def _entries(folder: Path) -> list[Path]:
    try:
        return [*folder.iterdir()]
    except OSError:
        return []


def _sign(path: Path) -> tuple[str, int, int, int]:
    try:
        found = path.stat()
    except (OSError, ValueError):  # it is not there, or no path
        return ascii(path), 0, 0, 0
    return ascii(path), found.st_mtime_ns, found.st_size, found.st_ino
