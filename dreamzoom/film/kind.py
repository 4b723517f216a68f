"""Whether a film is a draft. Its note tells; where that is lost, the size and the rate of its scenes do."""

from __future__ import annotations

import os
from contextlib import suppress
from fractions import Fraction
from typing import TypeAlias

from dreamzoom.clip.folder import has_clip, open_clip
from dreamzoom.clip.reading import is_there
from dreamzoom.errors import ClipError
from dreamzoom.film.board.storyboard import Storyboard
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.matching import scene_folders
from dreamzoom.film.note import read_note
from dreamzoom.recipe.draft import draft_ratios, draft_size
from dreamzoom.recipe.units import Size

_Shape: TypeAlias = tuple[Size, Fraction]


def has_begun(film: FilmFolder) -> bool:
    """Whether anything of a film was made; else a person began it by hand: a storyboard, a folder."""
    made = (film.video_path, film.music_path, film.through_path, film.aside_path)
    return bool(scene_folders(film)) or any(map(os.path.lexists, made))


def find_kind(film: FilmFolder, board: Storyboard) -> bool:
    """Whether a film whose note is lost is a draft of what its storyboard tells: going on with it in another
    size would be hours of work that nobody wants.

    Raises:
        ClipError: its scenes do not tell.
    """
    size, fps = board.film.size, board.film.fps
    shapes = _shapes(film)
    if shapes == {(size, fps)}:
        return False
    if len(shapes) == 1 and shapes <= {(draft_size(size), fps / ratio) for ratio in draft_ratios(fps)}:
        return True
    found = " and ".join(sorted(map(_words, shapes)))
    they = f"they have {found}, and the storyboard says {_words((size, fps))}" if found else "there are none"
    raise ClipError(
        f"{film.note_path} is missing, which tells whether this is a draft; its scenes do not tell either: "
        f"{they}. Restore it from a copy, or run the command that made the film again; else copy "
        f"{film.storyboard_path} to another folder, and give the copy to `dreamzoom film` with --out, "
        "and with --draft where it was one"
    )


def is_draft(film: FilmFolder, board: Storyboard) -> bool:
    """Whether a film is a draft, as far as anybody can tell. Raises a ClipError where its note is damaged."""
    if is_there(film.note_path):
        return read_note(film).is_draft
    with suppress(ClipError):
        return has_begun(film) and find_kind(film, board)
    return False


def _shapes(film: FilmFolder) -> set[_Shape]:
    """The sizes and rates of a film's scenes, as far as their recipes can be read."""
    found = set()
    for path in scene_folders(film):
        with suppress(ClipError):
            if has_clip(path):
                clip = open_clip(path).recipe.clip
                found.add((clip.size, clip.fps))
    return found


def _words(shape: _Shape) -> str:
    size, fps = shape
    return f"{size} at {fps} frames a second"
