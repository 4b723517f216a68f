"""A film that is asked for with pictures and a song: it is directed, unless it was so before."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dreamzoom.audio.words import heard_in_words
from dreamzoom.errors import RequestError
from dreamzoom.film.board.storyboard import SoundtrackSettings, Storyboard
from dreamzoom.film.director.script import direct
from dreamzoom.film.folder import FilmFolder, has_film
from dreamzoom.film.keeping import Intention, hear_before, intend, intend_kept, require_unedited
from dreamzoom.film.note import read_note
from dreamzoom.io.files import file_digest
from dreamzoom.pictures.generate import GENERATORS
from dreamzoom.recipe.schema import Recipe
from dreamzoom.render.song import find_map, hear_song
from dreamzoom.tracks.music import Music
from dreamzoom.video.sound import Sound, read_sound


def commission(
    film: FilmFolder,
    pictures: Sequence[str],
    song: Path | None,
    keys: Mapping[str, object],
    on_message: Callable[[str], object] = lambda line: None,
    *,
    is_draft: bool = False,
) -> Intention:
    """What a film of pictures and a song is to be; nothing is written.

    The same order again goes by the storyboard that was written for it.

    Args:
        pictures: files, URLs or generators, in the order in which they come in.
        keys: of the storyboard's table [film], as they stand in a file.
        is_draft: whether a draft is made of it.

    Raises:
        ClipError: the film has a storyboard that a person has edited.
        StoryboardError, RequestError, SoundError, VideoError: whatever is wrong, as `intend`.
    """
    sound = None if song is None else read_sound(song)
    names = [name if name in GENERATORS or "://" in name else str(Path(name).absolute()) for name in pictures]
    asked = _in_words(names, song, keys)
    if film.note_path.exists():  # which tells what dreamzoom wrote; without it only another text is refused
        require_unedited(film)
    if has_film(film.path) and film.storyboard_path.is_file() and read_note(film).asked == asked:
        return intend_kept(film, on_message)
    for name in names:
        if Path(name).is_absolute() and not Path(name).exists():
            raise RequestError(f"{name}: there is no such picture")
    heard = None if sound is None else _hear(film, sound, on_message)
    kept = "" if song is None else film.song_path(song).name
    title = {} if song is None else {"title": song.stem}
    seconds = 0.0 if sound is None else float(sound.duration)
    text = direct(names, kept, heard, seconds, {**title, **keys})
    return intend(
        film,
        text,
        film.storyboard_path,
        film.path,
        on_message,
        song=song,
        before=heard,
        asked=asked,
        is_draft=is_draft,
    )


def _in_words(names: Sequence[str], song: Path | None, keys: Mapping[str, object]) -> str:
    """What is asked for, in words that compare."""
    return json.dumps([*names, None if song is None else file_digest(song), dict(keys)], sort_keys=True)


def _hear(film: FilmFolder, sound: Sound, on_message: Callable[[str], object]) -> Music:
    """What there is to be heard of a whole song; as before, where the film knows it."""
    board = Storyboard(film.storyboard_path, soundtrack=SoundtrackSettings(song=str(sound.path)))
    before = hear_before(film, board)
    if before is not None:
        return before
    recipe = Recipe(music=board.soundtrack.music)
    given = find_map(recipe.music, sound.path)
    heard = hear_song(sound, recipe, given)
    on_message(heard_in_words(sound.path, heard, given, of_film=True))
    return heard
