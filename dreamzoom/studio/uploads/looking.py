"""What a file is, by the readers of the command line, in a process of its own.

A file may be made to take all memory and time there is, or to bring its reader down. Here it brings down a
process that has bounds and does nothing else, and the server tells that the file cannot be read.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from dreamzoom.audio.beatmap import ENDING, LARGEST, parse_map
from dreamzoom.audio.midi import SUFFIXES, read_notes
from dreamzoom.errors import DreamzoomError, DreamzoomWarning, RequestError
from dreamzoom.film.board.reading import read_storyboard
from dreamzoom.film.words.lyrics import read_lyrics
from dreamzoom.io.files import open_regular, read_at_most, write_atomically
from dreamzoom.io.toml import read_toml
from dreamzoom.pictures.fonts import open_font, read_font
from dreamzoom.pictures.kinds import HEAD, name_own_kind
from dreamzoom.pictures.reading import open_picture
from dreamzoom.recipe.inscription import is_inscription, read_inscription
from dreamzoom.recipe.palettes import hex_of, read_palette
from dreamzoom.recipe.presets import read_preset
from dreamzoom.studio.library.shelf import FONTS, PICTURES, SONGS, VIDEOS
from dreamzoom.studio.uploads.receiving import ACCEPTED
from dreamzoom.video.ffmpeg import command, find_ffmpeg, run, url
from dreamzoom.video.metadata import film_inscription, preset_inside
from dreamzoom.video.sound import LONGEST, Sound, copied_stream, measure_sound

_MEMORY: Final = 6 << 30  # bytes of address space
_PROCESSOR_S: Final = 300
_STORYBOARD: Final = ("film", "scene", "soundtrack")  # tables that no recipe has
_COPIED: Final = {
    "aac": ".m4a",
    "alac": ".m4a",
    "mp3": ".mp3",
    "flac": ".flac",
    "opus": ".ogg",
    "vorbis": ".ogg",
}
_TRIAL_PX: Final = 16
_FILMS: Final = ((4, b"ftyp"), (4, b"moov"), (0, b"\x1a\x45\xdf\xa3"))


@dataclass(frozen=True)
class DroppedFile:
    """What a file is.

    Attributes:
        what: "picture", "song", "recipe", "palette", "storyboard", "lyrics", "beats", "notes" or "font".
        file: the name of what is to be kept: the file itself, or what was taken from it.
        facts: what more a page may tell of it.
        notes: what is doubtful about it.
    """

    what: str
    file: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def find_out(path: Path) -> DroppedFile:
    """What a file is. Raises a DreamzoomError where it is of no use, or damaged."""
    suffix = ENDING if path.name.lower().endswith(ENDING) else path.suffix.lower()
    if suffix in _READERS:
        return _READERS[suffix](path)
    with open_regular(path, RequestError, "file") as file:
        head = file.read(HEAD)
    if name_own_kind(head):  # names lie
        return _picture(path)
    if any(head[offset : offset + len(sign)] == sign for offset, sign in _FILMS):
        return _film(path)
    for reader in (_picture, _film):
        with contextlib.suppress(DreamzoomError):
            return reader(path)
    raise RequestError(f"{path.name}: cannot be used: {ACCEPTED}")


def _picture(path: Path) -> DroppedFile:
    size = open_picture(path).size
    try:
        title = preset_inside(path).title
    except DreamzoomError:  # a picture of somebody else's
        return DroppedFile("picture", path.name, {"size": list(size), "has_recipe": False})
    return DroppedFile("picture", path.name, {"size": list(size), "has_recipe": True, "recipe": title})


def _film(path: Path) -> DroppedFile:
    """Of a film its recipe, if dreamzoom made it, else its sound; what it shows is no start for a dream."""
    told = film_inscription(path)
    if told is not None and is_inscription(told):
        title = read_inscription(told, path).title
        target = path.with_name(f"{path.stem}.toml")
        write_atomically(target, told.encode())
        return DroppedFile("recipe", target.name, {"recipe": title, "recipe_of": path.name})
    sound = measure_sound(path)
    if path.suffix.lower() in SONGS:
        return _sounding(sound, path)
    suffix = _COPIED.get(sound.codec, ".flac")
    target = path.with_name(f"{path.stem}{suffix}")
    options = {"c:a": "copy" if sound.codec in _COPIED else "flac", "map_metadata": -1}
    ended = run(command(find_ffmpeg(path), copied_stream(sound).output(url(target), **options)))
    if ended.status:
        raise RequestError(f"{path.name}: its sound cannot be taken from it: {ended.words.strip()[:200]}")
    found = _song(target)
    return DroppedFile(found.what, found.file, {**found.facts, "song_of": path.name}, found.notes)


def _song(path: Path) -> DroppedFile:
    return _sounding(measure_sound(path), path)


def _sounding(sound: Sound, path: Path) -> DroppedFile:
    return DroppedFile("song", path.name, {"seconds": float(sound.duration)}, sound.doubts)


def _lyrics(path: Path) -> DroppedFile:
    return DroppedFile("lyrics", path.name, {"lines": len(read_lyrics(path).lines)})


def _notes(path: Path) -> DroppedFile:
    return DroppedFile("notes", path.name, {"notes": len(read_notes(path))})


def _font(path: Path) -> DroppedFile:
    family, style = open_font(path.name, read_font(str(path)), _TRIAL_PX).getname()
    return DroppedFile("font", path.name, {"font": " ".join(filter(None, (family, style)))})


def _beats(path: Path) -> DroppedFile:
    found = parse_map(read_at_most(path, LARGEST, RequestError, "beat map"), path.name, LONGEST)
    target = path
    if not path.name.lower().endswith(ENDING):
        target = path.with_name(f"{path.stem}{ENDING}")
        write_atomically(target, path.read_bytes())
    return DroppedFile("beats", target.name, {"beats": len(found.beats), "sections": len(found.sections)})


def _toml(path: Path) -> DroppedFile:
    document = read_toml(path)
    if "colours" in document:
        return _palette(path)
    if not any(table in document for table in _STORYBOARD):
        preset = read_preset(path)
        return DroppedFile("recipe", path.name, {"recipe": preset.title})
    board = read_storyboard(path)
    target = path.with_name(f"{path.name.removesuffix('.toml').removesuffix('.storyboard')}.storyboard.toml")
    if target != path:
        write_atomically(target, path.read_bytes())
    return DroppedFile("storyboard", target.name, {"scenes": len(board.scenes)}, board.faults[:3])


def _palette(path: Path) -> DroppedFile:
    palette = read_palette(path)
    target = path
    if path.suffix.lower() != ".toml":
        target = path.with_name(f"{path.stem}.toml")
        rows = "".join(f'"{hex_of(colour)}" = {share:.6f}\n' for colour, share in palette.rows)
        title = json.dumps(palette.title or path.stem)
        write_atomically(target, f"title = {title}\n\n[colours]\n{rows}".encode())
        read_palette(target)
    return DroppedFile("palette", target.name, {"colours": [hex_of(colour) for colour in palette.colours]})


_READERS: Final[Mapping[str, Callable[[Path], DroppedFile]]] = {
    ENDING: _beats,
    ".txt": _beats,
    ".toml": _toml,
    **dict.fromkeys((".lrc", ".srt", ".vtt"), _lyrics),
    **dict.fromkeys((".gpl", ".hex"), _palette),
    **dict.fromkeys(SUFFIXES, _notes),
    **dict.fromkeys(FONTS, _font),
    **dict.fromkeys(PICTURES, _picture),
    **dict.fromkeys(SONGS, _song),
    **dict.fromkeys(VIDEOS, _film),
}
"""Who reads a file, by its ending."""


def main() -> None:
    """Look at the file that the command line names, and write what it is to stdout, as JSON."""
    _bound()
    path = Path(sys.argv[1])
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", DreamzoomWarning)
        try:
            found = find_out(path)
        except (DreamzoomError, MemoryError, RecursionError) as error:
            words = str(error) if isinstance(error, DreamzoomError) else "needs more memory than there is"
            answer: dict[str, Any] = {"error": _without_folder(words, path)}
        else:
            told = [str(each.message) for each in heard if issubclass(each.category, DreamzoomWarning)]
            notes = [_without_folder(note, path) for note in (*found.notes, *told)]
            answer = {**asdict(found), "notes": list(dict.fromkeys(notes))}
    json.dump(answer, sys.stdout)


def _without_folder(words: str, path: Path) -> str:
    """A message with the file's name alone."""
    return re.sub(f"(?:{re.escape(str(path.parent))})[/\\\\]", "", words)


def _bound() -> None:
    """Take no more than a file that is what it seems needs, where the system knows such bounds."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        for kind, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _PROCESSOR_S)):
            _, hard = resource.getrlimit(kind)
            resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
