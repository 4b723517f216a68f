"""Scenes, transitions, titles and a song into one video."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from dreamzoom.film.editing import EditList
from dreamzoom.film.folder import FilmFolder, free_name
from dreamzoom.film.note import film_fault, is_foreign, note_coming, note_made, read_note, write_note
from dreamzoom.film.programme import FilmProgramme
from dreamzoom.io.disk import rename
from dreamzoom.io.files import storage_errors
from dreamzoom.video.encode import Encoder


def assemble(
    film: FilmFolder,
    edits: EditList,
    on_frame: Callable[[], object] = lambda: None,
    on_message: Callable[[str], object] = lambda line: None,
    *,
    again: bool = False,
) -> bool:
    """Make a film's video of its finished scenes, unless the one that is there shows just that.

    The video is replaced when the new one is whole. One that is not known to be ours is kept. The caller
    holds the film's lock.

    Args:
        on_frame: called after each picture; what it raises ends the work.
        on_message: told in a line what was kept.
        again: make it whatever there is.

    Returns:
        Whether it was made now.

    Raises:
        PictureError: a frame is missing or damaged.
        SoundError, VideoError, StorageError: the video could not be made.
        ClipError: a scene cannot be read.
    """
    write_note(film, replace(read_note(film), edits=edits))
    if not again and film_fault(film, edits, hashed=True) is None:
        return False
    if is_foreign(film):
        kept = free_name(film.video_path.with_name(f"{film.video_path.name}.bak"))
        with storage_errors(kept):
            rename(film.video_path, kept)
        on_message(f"{film.video_path} was another video than was made of the film: {kept} keeps it")
    programme = FilmProgramme(film, edits)
    with Encoder(
        film.video_path,
        programme.size,
        programme.fps,
        programme.song,
        excerpt=programme.excerpt,
        inscription=programme.inscription,
        on_made=partial(note_coming, film),
    ) as encoder:
        for picture in programme.pictures(range(programme.count)):
            encoder.write(picture)
            on_frame()
    note_made(film, edits)
    return True
