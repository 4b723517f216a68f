"""A film made of its plan: every scene, then the video."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dreamzoom.clip.music import music_json
from dreamzoom.film.assembly import assemble
from dreamzoom.film.checking import CheckedScene, check_scenes
from dreamzoom.film.editing import edit_list
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.note import read_note, write_note
from dreamzoom.film.plan import FilmPlan
from dreamzoom.film.scenes import FilmReporter, make_scenes, settle_scenes
from dreamzoom.io.files import write_atomically


def prepare_film(
    film: FilmFolder, plan: FilmPlan, on_message: Callable[[str], object] = lambda line: None
) -> tuple[CheckedScene, ...]:
    """Check a whole film against the world, note how it is put together, and see what it has already.

    Nothing is dreamed. The caller holds the film's lock, and the film has its note and its song.

    Raises:
        RequestError: naming every scene at fault.
        ClipError, StorageError, VideoError: the film's folder cannot be used, or has not enough room.
    """
    scenes = check_scenes(film, plan)
    settle_scenes(film, scenes, on_message)
    if plan.heard is not None:
        write_atomically(film.music_path, music_json(plan.heard))
    write_note(film, replace(read_note(film), edits=edit_list(plan)))
    return scenes


def make_film(
    film: FilmFolder,
    plan: FilmPlan,
    scenes: tuple[CheckedScene, ...],
    reporter: FilmReporter,
    on_frame: Callable[[], object] = lambda: None,
) -> None:
    """Make what a film lacks: its scenes, then its video. What was made is kept, whatever ends it.

    Args:
        scenes: as `prepare_film` gave them.
        on_frame: called after each picture of the video.

    Raises:
        StorageError, VideoError, EngineError, ModelError, ClipError, PictureError, SoundError: what went
            wrong.
    """
    make_scenes(film, scenes, reporter)
    assemble(film, edit_list(plan), on_frame, reporter.on_message)
