"""What a film notes of itself: `film.json`.

    {"dreamzoom": "0.9.1", "written": ["…"], "asked": "…", "beside": "…", "heard": "…", "edits": {…},
     "video": {"bytes": 1234567, "sha256": "…", "of": "…"}}

`written` are the hashes of the storyboards and beat maps that dreamzoom itself wrote here: what has another
one a person has edited. `edits` is the edit list, and `of` the hash of it and of all frames and sound that
the video was made of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from dreamzoom._version import __version__
from dreamzoom.clip.folder import open_clip
from dreamzoom.clip.reading import is_there, reading
from dreamzoom.errors import ClipError
from dreamzoom.film.editing import EditList, dump_edits, load_edits
from dreamzoom.film.folder import FilmFolder, has_scenes
from dreamzoom.io.files import file_digest, read_at_most, sha256_of, write_atomically
from dreamzoom.io.plain_json import parse_json

_LARGEST = 1 << 26  # bytes
_AGAIN = "run the command that made the film again; its scenes stand"


@dataclass(frozen=True)
class FilmVideoNote:
    """What the video is known again by: its bytes, its hash, and the hash of what it was made of.

    `next` is the hash of the video that is about to take this one's place, if any.
    """

    bytes: int = 0
    sha256: str = ""
    of: str = ""
    next: str = ""


@dataclass(frozen=True)
class FilmNote:
    """What is noted of a film.

    Attributes:
        written: hashes of the storyboards and beat maps that dreamzoom wrote.
        asked: what the film was asked for with, in words that compare; "" where that was a storyboard.
        beside: the folder beside which the files lie that the storyboard names.
        heard: what decides what was heard of its song, in words that compare.
        is_draft: whether it is a draft of what the storyboard tells.
        edits: how the video is put together; None before that is known.
        video: the video; None before there is one.
    """

    written: tuple[str, ...] = ()
    asked: str = ""
    beside: str = ""
    heard: str = ""
    is_draft: bool = False
    edits: EditList | None = None
    video: FilmVideoNote | None = field(default=None)


def read_note(film: FilmFolder) -> FilmNote:
    """What a film notes; nothing where its note is lost. Raises a ClipError where that is damaged."""
    if not is_there(film.note_path):
        return FilmNote()
    if film.note_path.is_dir():
        raise ClipError(f"{film.note_path} is a folder: move it away, and {_AGAIN}")
    data = read_at_most(film.note_path, _LARGEST, ClipError, "note")
    try:
        document: Any = parse_json(data)
        edits, video = document.get("edits"), document.get("video")
        return FilmNote(
            tuple(map(str, document["written"])),
            str(document["asked"]),
            str(document["beside"]),
            str(document["heard"]),
            document["is_draft"] is True,
            None if edits is None else load_edits(edits),
            None if video is None else FilmVideoNote(**video),
        )
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
        raise ClipError(f"{film.note_path} is damaged: delete it, and {_AGAIN}") from error


def kept_beside(film: FilmFolder) -> Path:
    """The folder beside which the files lie that the storyboard names which a film keeps; the film's own
    where that is gone. Raises a ClipError.
    """
    beside = read_note(film).beside
    return Path(beside) if beside and Path(beside).is_dir() else film.path


def write_note(film: FilmFolder, note: FilmNote) -> None:
    """Write what a film notes. Raises a StorageError."""
    document: dict[str, Any] = {
        "dreamzoom": __version__,
        "written": list(note.written),
        "asked": note.asked,
        "beside": note.beside,
        "heard": note.heard,
        "is_draft": note.is_draft,
    }
    if note.edits is not None:
        document["edits"] = dump_edits(note.edits)
    if note.video is not None:
        document["video"] = {name: value for name, value in asdict(note.video).items() if value != ""}
    write_atomically(film.note_path, json.dumps(document, indent=1).encode() + b"\n")


def is_edited(film: FilmFolder, note: FilmNote) -> bool:
    """Whether the storyboard has a text that dreamzoom did not write. Raises a ClipError."""
    if not is_there(film.storyboard_path):
        return False
    with reading(film.storyboard_path):
        return file_digest(film.storyboard_path) not in note.written


def note_fault(film: FilmFolder) -> str | None:
    """That the note of a film is lost, with what to do; None where it is there, or nothing was made yet."""
    if is_there(film.note_path) or not (is_there(film.video_path) or has_scenes(film.path)):
        return None
    return f"{film.note_path} is missing, which tells how the film is put together: {_AGAIN}"


def require_edits(film: FilmFolder) -> EditList:
    """How a film's video is put together. Raises a ClipError before that is known."""
    edits = read_note(film).edits
    if (fault := note_fault(film)) is not None:
        raise ClipError(fault)
    if edits is None:
        raise ClipError(f"{film.path} has no scenes yet: `dreamzoom resume` goes on with it")
    return edits


def material_digest(film: FilmFolder, edits: EditList) -> str:
    """The hash of all that a video is made of: the edit list, every frame that is shown, song and fonts.

    Raises:
        ClipError: a scene cannot be read, or the song.
    """
    return sha256_of("\n".join(_material(film, edits)).encode())


def _material(film: FilmFolder, edits: EditList) -> Iterator[str]:
    yield json.dumps(dump_edits(edits), sort_keys=True)
    for shot in edits.shots:
        journal = open_clip(film.scene_path(shot.name)).journal()
        entries = (journal.get(frame) for frame in range(shot.count))
        yield from (entry.identity if entry else "-" for entry in entries)
    files = [] if edits.song is None else [film.path / edits.song]
    files += [title.font for title in edits.titles if title.font is not None]
    for path in files:
        with reading(path):
            yield file_digest(path)


def note_made(film: FilmFolder, edits: EditList) -> None:
    """Note a video that was made of an edit list. Raises a ClipError or a StorageError."""
    video = film.video_path
    with reading(video):
        size, sha256 = video.stat().st_size, file_digest(video)
    made = FilmVideoNote(size, sha256, material_digest(film, edits))
    write_note(film, replace(read_note(film), edits=edits, video=made))


def note_coming(film: FilmFolder, coming: Path) -> None:
    """Note that `coming` is about to take the video's place, so that it is known if nothing comes after."""
    note = read_note(film)
    with reading(coming):
        sha256 = file_digest(coming)
    write_note(film, replace(note, video=replace(note.video or FilmVideoNote(), next=sha256)))


def is_foreign(film: FilmFolder) -> bool:
    """Whether there is a video that is not the one that was noted: a person's work, as may be."""
    video, note = film.video_path, read_note(film).video
    if not is_there(video):
        return False
    with reading(video):
        return note is None or file_digest(video) not in (note.sha256, note.next)


def film_fault(film: FilmFolder, edits: EditList, *, hashed: bool = False) -> str | None:
    """What is wrong with a film's video, to follow its name; None where it shows what it should.

    Args:
        hashed: look at every byte; else at the size alone.
    """
    if not is_there(film.video_path):
        return "is missing"
    if film.video_path.is_dir():
        return "is a folder: move it away, the film's video belongs there"
    note = read_note(film).video
    if note is None:
        return "is not known to be whole"
    with reading(film.video_path):
        size = film.video_path.stat().st_size
        if size != note.bytes:
            return f"has {size} bytes instead of {note.bytes}"
        if hashed and file_digest(film.video_path) != note.sha256:
            return "has other bytes than it was made with"
    return None if note.of == material_digest(film, edits) else "shows other scenes than there are now"
