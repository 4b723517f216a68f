"""What a film has lost, in words: each with the way on, which for a film is another one than for a clip."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dreamzoom.clip.place import require_free
from dreamzoom.clip.reading import is_there
from dreamzoom.clip.remains import find_remains
from dreamzoom.errors import ClipError, StoryboardError
from dreamzoom.film.board.reading import LARGEST, find_beside, parse_storyboard
from dreamzoom.film.board.storyboard import Storyboard
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.note import is_edited, kept_beside, read_note
from dreamzoom.io.toml import read_text
from dreamzoom.recipe.frozen import HOW_TO_MEND
from dreamzoom.recipe.presets import names_file, preset_names

_FAULTS_SHOWN: Final = 3


def tell_of_scene(fault: str, scene: Path) -> str:
    """A clip's fault as it is told of a scene, which the film makes anew where it is not there."""
    return fault.replace(
        HOW_TO_MEND, f"restore it from a copy, or move {scene} away: going on makes the scene anew"
    )


def lost_scene_fault(film: FilmFolder, name: str) -> str | None:
    """What lies in the place of a scene that is no clip any more; None where it has not begun.

    Raises:
        ClipError: its folder cannot be read.
    """
    path = film.scene_path(name)
    if path.is_dir() and find_remains(path) is not None:
        what = "has lost its recipe.toml"
    elif is_no_place(path):
        what = "holds something else"
    else:
        return None
    return (
        f"{path} {what}: restore it from a copy; else going on makes the scene anew, and "
        f"{film.aside_path} keeps what is there"
    )


def is_no_place(path: Path) -> bool:
    """Whether no clip can begin in a scene's folder, for something else is in its place, or in it."""
    if not os.path.lexists(path):
        return False
    try:
        require_free(path)
    except ClipError:
        return True
    return not path.exists()  # a link that leads nowhere


def storyboard_fault(film: FilmFolder) -> str | None:
    """That a film has lost its storyboard, or that a person's is wrong, with what to do; else None."""
    path, note = film.storyboard_path, read_note(film)
    try:
        if not is_there(path):
            return missing_storyboard(film) if note.written else None
        if not is_edited(film, note):
            return None
        text = read_text(path, StoryboardError, "storyboard", LARGEST)
        board = parse_storyboard(text, kept_beside(film) / path.name)
    except (ClipError, StoryboardError) as error:
        return str(error)
    faults = [*board.faults, *([] if board.scenes else ["has no scenes"])]
    more = [f"and {len(faults) - _FAULTS_SHOWN} more"] if len(faults) > _FAULTS_SHOWN else []
    return f"{path}: {'; '.join([*faults[:_FAULTS_SHOWN], *more])}" if faults else None


def missing_files_fault(film: FilmFolder) -> str | None:
    """That files are missing which a film's storyboard names, with what to do; None where none is. A film
    cannot be gone on with then, also where the scenes that name them stand.
    """
    path = film.storyboard_path
    try:
        text = read_text(path, StoryboardError, "storyboard", LARGEST)
        beside = kept_beside(film)
        board = parse_storyboard(text, beside / path.name)
        missing = list(dict.fromkeys(_missing_files(film, board, beside)))
    except (ClipError, StoryboardError):
        return None  # which `storyboard_fault` tells
    if not missing:
        return None
    more = f", and {len(missing) - _FAULTS_SHOWN} more" if len(missing) > _FAULTS_SHOWN else ""
    return (
        f"{path} names what is missing: {', '.join(missing[:_FAULTS_SHOWN])}{more}; "
        "put it back, or name something else there"
    )


def _missing_files(film: FilmFolder, board: Storyboard, beside: Path) -> Iterator[str]:
    """The pictures, looks, words, fonts and song that a storyboard names and that are not there."""
    presets = [board.film.preset, *(scene.settings.preset for scene in board.scenes)]
    files = [find_beside(beside, preset) for preset in presets if names_file(preset)]
    files += [scene.settings.image for scene in board.scenes]
    files += [words.font for words in (*board.titles, board.lyrics) if words is not None]
    files += [] if board.lyrics is None else [board.lyrics.file]
    song = board.soundtrack.song
    files += [song] if song and not is_there(film.song_path(Path(song))) else []
    for name in files:
        if re.search(r"[./\\]", name) and "://" not in name and not is_there(Path(name)):
            yield name
    known = preset_names()
    yield from (
        f"the preset {preset}" for preset in presets if not names_file(preset) and preset not in ("", *known)
    )


def missing_storyboard(film: FilmFolder) -> str:
    """That a film's storyboard is lost, with what to do."""
    kept = film.path / "storyboards"
    earlier = f"; {kept} keeps those that it had in the studio" if is_there(kept) else ""
    return (
        f"{film.storyboard_path} is missing: restore it from a copy, or run the command that made the film "
        f"again{earlier}"
    )
