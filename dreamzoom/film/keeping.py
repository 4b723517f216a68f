"""What a film keeps of what it was asked for: its storyboard, its song, and what was heard of it.

A person's edit is never replaced: what has other bytes than dreamzoom wrote is theirs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dreamzoom.audio.beatmap import LARGEST as LARGEST_MAP
from dreamzoom.audio.beatmap import map_beside
from dreamzoom.clip.music import music_json, read_music
from dreamzoom.clip.reading import is_there, reading
from dreamzoom.errors import ClipError, SoundError, StoryboardError, shell_word
from dreamzoom.film.board.looks import raw_music
from dreamzoom.film.board.planning import plan_film
from dreamzoom.film.board.reading import LARGEST, parse_storyboard
from dreamzoom.film.board.storyboard import Storyboard
from dreamzoom.film.drafting import draft_film
from dreamzoom.film.folder import FilmFolder, has_film, set_aside
from dreamzoom.film.kind import find_kind, has_begun
from dreamzoom.film.losses import missing_storyboard
from dreamzoom.film.note import FilmNote, is_edited, kept_beside, read_note, write_note
from dreamzoom.film.plan import FilmPlan
from dreamzoom.io.files import copy_atomically, file_digest, read_at_most, sha256_of, write_atomically
from dreamzoom.io.toml import read_text
from dreamzoom.render.song import find_map
from dreamzoom.tracks.music import Music

_NOT_HEARD = ("song", "sound", "start", "delay", "fade_in", "fade_out", "map")  # which decide nothing of it


def lies_beside(storyboard: Path) -> Path:
    """The folder beside which the files lie that a storyboard names: its own; of one that a film keeps, that
    of the one it was made from.
    """
    film = FilmFolder(storyboard.parent)
    if storyboard.name == film.storyboard_path.name and has_film(film.path):
        beside = read_note(film).beside
        return Path(beside) if beside else film.path
    return storyboard.parent


@dataclass(frozen=True)
class Intention:
    """What a film is to be, all of it checked, before anything is written of it.

    Attributes:
        text: of its storyboard.
        beside: the folder beside which the files lie that it names.
        plan: what it comes to; its song wherever it lies.
        heard: what decides what was heard of the song, in words that compare.
        is_draft: whether the plan is a draft of what the storyboard tells.
        asked: what the film was asked for with, in words that compare; "" for a storyboard.
    """

    text: str
    beside: Path
    plan: FilmPlan
    heard: str
    is_draft: bool = False
    asked: str = ""


def intend_kept(film: FilmFolder, on_message: Callable[[str], object] = lambda line: None) -> Intention:
    """What a film is to be by the storyboard that it keeps.

    Raises: as `intend`, and a ClipError where nobody can tell whether it is a draft.
    """
    note, beside = read_note(film), kept_beside(film)
    if not is_there(film.storyboard_path):
        raise StoryboardError(missing_storyboard(film))
    text = read_text(film.storyboard_path, StoryboardError, "storyboard", LARGEST)
    path, asked, is_draft = film.storyboard_path, note.asked, note.is_draft
    if not is_there(film.note_path) and has_begun(film):
        is_draft = find_kind(film, parse_storyboard(text, beside / path.name))
        on_message(
            f"{film.note_path} is missing: by its scenes it is {'a draft' if is_draft else 'no draft'}"
        )
    return intend(film, text, path, beside, on_message, asked=asked, is_draft=is_draft)


def intend(
    film: FilmFolder,
    text: str,
    path: Path,
    beside: Path,
    on_message: Callable[[str], object] = lambda line: None,
    *,
    song: Path | None = None,
    before: Music | None = None,
    asked: str = "",
    is_draft: bool = False,
) -> Intention:
    """What a film is to be by a storyboard. Its song is listened to, unless that is known.

    Args:
        film: that has begun, or is to begin.
        path: of the storyboard, for messages.
        beside: the folder beside which the files lie that it names.
        song: where its song is, whatever it is called there.
        before: what was heard of the whole song, where it was listened to.
        asked, is_draft: see `Intention`.

    Raises:
        StoryboardError: naming all that is wrong with the storyboard.
        ClipError: the film cannot be read.
        VideoError: there is no ffmpeg.
    """
    with _naming(path, beside / film.storyboard_path.name):
        board = parse_storyboard(text, beside / film.storyboard_path.name)
        board = _with_song(board, film, song)
        plan = plan_film(board, on_message, before or hear_before(film, board))
    heard = "" if plan.heard is None else _heard_as(board)
    return Intention(text, beside, draft_film(plan) if is_draft else plan, heard, is_draft, asked)


def hear_before(film: FilmFolder, board: Storyboard) -> Music | None:
    """What a film knows of the whole song that a storyboard names; None where it was not listened to, or
    otherwise. Raises a ClipError.
    """
    wanted = _heard_as(board)
    if not wanted or not has_film(film.path) or read_note(film).heard != wanted:
        return None
    try:
        return replace(read_music(film.music_path), beat_map=_map_of(board))
    except ClipError:
        return None  # its file is lost or damaged, and is written again


def keep(film: FilmFolder, intended: Intention, on_message: Callable[[str], object]) -> FilmPlan:
    """Write down what a film is to be: its storyboard, its song, and what was heard of that. The film begins
    with it. The caller holds its lock.

    Returns:
        The plan, whose song is the film's own copy.

    Raises:
        ClipError: there is a storyboard that a person has edited, or the film cannot be read.
        StorageError: it cannot be written.
    """
    _keep_storyboard(film, intended, on_message)
    plan = intended.plan
    if plan.song is not None:
        plan = replace(plan, song=_keep_song(film, plan.song, on_message))
    if plan.heard is not None:
        write_atomically(film.music_path, music_json(plan.heard))
        write_note(film, replace(read_note(film), heard=intended.heard))
    return plan


def _keep_storyboard(film: FilmFolder, intended: Intention, on_message: Callable[[str], object]) -> None:
    path, data = film.storyboard_path, intended.text.encode()
    note, has_note = read_note(film), is_there(film.note_path)
    told = replace(
        note, beside=str(intended.beside.absolute()), asked=intended.asked, is_draft=intended.is_draft
    )
    sha256 = sha256_of(data)
    if is_there(path):
        with reading(path):
            is_same = file_digest(path) == sha256
        if is_same:
            write_note(film, told if has_note else _with_written(told, sha256))
            return
        require_unedited(film)
    write_note(film, _with_written(told, sha256))
    if is_there(path):
        on_message(f"{path} is written anew: {set_aside(film, path)} keeps the one that was there")
    write_atomically(path, data)


def require_unedited(film: FilmFolder) -> None:
    """See that a film's storyboard, if it has one, is as dreamzoom wrote it. Raises a ClipError."""
    path = film.storyboard_path
    if has_film(film.path) and is_edited(film, read_note(film)):
        raise ClipError(
            f"{path} was edited since it was written: `dreamzoom film {shell_word(str(path))}` goes by it; "
            "for another film name another folder with --out"
        )


@contextmanager
def _naming(path: Path, read_as: Path) -> Iterator[None]:
    """Have an error name the storyboard's own file, whose names were looked up as if it lay elsewhere."""
    try:
        yield
    except StoryboardError as error:
        told = str(error).replace(f"{read_as}:", f"{path}:", 1)
        raise StoryboardError(told, error.faults) from error


def _with_written(note: FilmNote, sha256: str) -> FilmNote:
    return note if sha256 in note.written else replace(note, written=(*note.written, sha256))


def _with_song(board: Storyboard, film: FilmFolder, song: Path | None) -> Storyboard:
    """A storyboard whose song is where that is: the film's own copy where the one that it names is gone."""
    named = board.soundtrack.song
    if song is None and named and not Path(named).exists():
        kept = film.song_path(Path(named))
        song = kept if is_there(kept) else None
    if song is None or not named:
        return board
    return replace(board, soundtrack=replace(board.soundtrack, song=str(song)))


def _keep_song(film: FilmFolder, song: Path, on_message: Callable[[str], object]) -> Path:
    """The film's copy of its song, with the beat map beside it."""
    kept = film.song_path(song)
    if is_there(kept) and kept.samefile(song):
        return kept
    with reading(kept):
        there = file_digest(kept) if is_there(kept) else ""
    with reading(song):
        is_same = there == file_digest(song)
    if not is_same:
        _replace(film, song, kept, on_message)
    beside = map_beside(song)
    if beside.is_file():
        _keep_map(film, beside, map_beside(kept), on_message)
    return kept


def _keep_map(film: FilmFolder, beside: Path, kept: Path, on_message: Callable[[str], object]) -> None:
    """Keep the beat map beside the song, unless a person has edited the film's own."""
    note = read_note(film)
    with reading(beside):
        sha256 = file_digest(beside)
    if is_there(kept):
        there = file_digest(kept)
        if there == sha256 or there not in note.written:
            return
    write_note(film, _with_written(note, sha256))
    _replace(film, beside, kept, on_message)


def _replace(film: FilmFolder, source: Path, kept: Path, on_message: Callable[[str], object]) -> None:
    if is_there(kept):
        on_message(f"{source} is another one now: {set_aside(film, kept)} keeps the film's earlier copy")
    with reading(source):
        copy_atomically(source, kept)


def _heard_as(board: Storyboard) -> str:
    """What decides what is heard of a storyboard's song, in words that compare; "" without one."""
    song = Path(board.soundtrack.song)
    if not board.soundtrack.song or not song.is_file():
        return ""
    values = {key: value for key, value in raw_music(board.soundtrack.music).items() if key not in _NOT_HEARD}
    return json.dumps([file_digest(song), sha256_of(_map_of(board)), values], sort_keys=True, default=str)


def _map_of(board: Storyboard) -> bytes:
    """The beat map that rules a storyboard's song; nothing where there is none, or it cannot be read."""
    given = find_map(board.soundtrack.music, Path(board.soundtrack.song))
    try:
        return b"" if given is None else read_at_most(given, LARGEST_MAP, SoundError, "beat map")
    except SoundError:
        return b""  # which is told where it is used
