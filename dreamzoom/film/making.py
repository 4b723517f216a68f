"""A film made of its plan: every scene, then the video."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dreamzoom.film.assembly import assemble
from dreamzoom.film.checking import CheckedScene
from dreamzoom.film.editing import edit_list
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.note import read_note, write_note
from dreamzoom.film.plan import FilmPlan
from dreamzoom.film.scenes import FilmReporter, make_scenes, settle_scenes


def settle_film(
    film: FilmFolder,
    plan: FilmPlan,
    scenes: tuple[CheckedScene, ...],
    on_message: Callable[[str], object] = lambda line: None,
) -> None:
    """Note how a film is put together, and give its scenes their numbers; nothing is dreamed.

    The caller holds the film's lock, and the film has its note and its song.

    Args:
        scenes: as `check_scenes` gave them.

    Raises:
        ClipError, StorageError: the film's folder cannot be used, or has not enough room.
    """
    settle_scenes(film, scenes, on_message)
    write_note(film, replace(read_note(film), edits=edit_list(plan)))


def make_film(
    film: FilmFolder,
    plan: FilmPlan,
    scenes: tuple[CheckedScene, ...],
    reporter: FilmReporter,
    on_frame: Callable[[], object] = lambda: None,
) -> None:
    """Make what a film lacks: its scenes, then its video. What was made is kept, whatever ends it.

    Args:
        scenes: as `check_scenes` gave them; the film is settled.
        on_frame: called after each picture of the video.

    Raises:
        StorageError, VideoError, EngineError, ModelError, ClipError, PictureError, SoundError: what went
            wrong.
    """
    make_scenes(film, scenes, reporter)
    assemble(film, edit_list(plan), on_frame, reporter.on_message)
