"""What a timeline is of: a clip, a film, or a song or picture that is to be dreamed.

A clip goes by the beats it began with, where its tracks go by its song. Elsewhere the song's map rules, and
what is heard of it where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from dreamzoom.audio.beatmap import parse_map
from dreamzoom.audio.correct import apply_map
from dreamzoom.clip.folder import open_clip
from dreamzoom.clip.music import read_music
from dreamzoom.errors import RequestError
from dreamzoom.film.editing import Shot
from dreamzoom.film.folder import open_film
from dreamzoom.film.note import read_note
from dreamzoom.recipe.build import Fragment, build_recipe, change_recipe
from dreamzoom.recipe.schema import Recipe
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import Item
from dreamzoom.studio.timeline.curves import RuledStretch
from dreamzoom.studio.timeline.errands import Errand
from dreamzoom.studio.timeline.maps import MapFile, map_of
from dreamzoom.studio.timeline.songs import KnownSong, Songs
from dreamzoom.tracks.base import Clock
from dreamzoom.tracks.music import Music, take_part
from dreamzoom.video.sound import frames_for

_NOTHING_HEARD: Final = Music(beats=(), bars=(), rate=1, signals={})


@dataclass(frozen=True)
class SubjectSong:
    """The song of a timeline.

    Attributes:
        path: its file.
        item: what has that file as its sound, by its id.
        start: seconds into the song at which the clip begins.
        delay: seconds of the clip before that.
        seconds: of the song; None while that is not known.
        owner: the song in `material` whose map rules it, if it lies there.
        known: what was heard of it, or how far that is; None where a film or clip tells.
        fault: what is wrong with its map, "" for nothing.
    """

    path: Path
    item: str
    start: float = 0.0
    delay: float = 0.0
    seconds: float | None = None
    owner: Item | None = None
    known: KnownSong | Errand | None = None
    fault: str = ""


@dataclass(frozen=True)
class Subject:
    """What a timeline is of.

    Attributes:
        clock: its rate, its frames, and its music in its own time.
        recipe: the one that rules its end, or that is to rule it; None of a film.
        stretches: the recipes of its takes, in order.
        scenes: of a film.
        song: what is heard with it.
        has_own_music: whether it keeps the beats it began with.
    """

    clock: Clock
    recipe: Recipe | None = None
    stretches: tuple[RuledStretch, ...] = ()
    scenes: tuple[Shot, ...] = ()
    song: SubjectSong | None = None
    has_own_music: bool = False


def clip_subject(desk: Desk, songs: Songs, item: Item, *changes: Fragment) -> Subject:
    """A clip, or what it becomes with a changed recipe. Raises a ClipError, a RecipeError."""
    clip = open_clip(desk.shelf.path_of(item))
    recipe, own = clip.recipe, clip.recipe.heard
    song, music = None, own
    if clip.soundtrack_path is not None and clip.soundtrack_path.is_file():
        path = clip.soundtrack_path
        song = SubjectSong(path, item.id, recipe.music.start, recipe.music.delay, songs.seconds(path))
        song, whole = _with_music(desk, songs, song, is_known=own is not None)
        music = own or (whole and take_part(whole, song.start, song.delay))
    stretches = tuple(RuledStretch(take.first, take.stop, take.recipe) for take in clip.takes)
    recipe = replace(recipe, heard=music)
    if changes:
        recipe, stretches = change_recipe(recipe, *changes), ()
    return Subject(recipe.clock, recipe, stretches, song=song, has_own_music=own is not None)


def film_subject(desk: Desk, songs: Songs, item: Item) -> Subject:
    """A film, of which the scenes are known. Raises a ClipError where they are not yet."""
    film = open_film(desk.shelf.path_of(item))
    edits = read_note(film).edits
    if edits is None:
        raise RequestError(f"{item.name} has no scenes yet: its song is being heard")
    song, music = None, None
    path = film.path / edits.song if edits.song else None
    if path is not None and path.is_file():
        start, delay = float(edits.excerpt.start), float(edits.excerpt.delay)
        song = SubjectSong(path, item.id, start, delay, songs.seconds(path))
        whole = read_music(film.music_path) if film.music_path.is_file() else None
        if whole is None:
            song, whole = _with_music(desk, songs, song, is_known=False)
        music = whole and take_part(whole, start, delay)
    clock = Clock(edits.fps, edits.frames, music)
    return Subject(clock, scenes=edits.shots, song=song, has_own_music=True)


def planned_subject(desk: Desk, songs: Songs, sound: Item | None, *parts: Fragment) -> Subject:
    """A clip that has not begun: its recipe's parts, and the song that it is to have."""
    recipe = build_recipe(*parts, is_whole=False)
    if sound is None:
        return Subject(recipe.clock, recipe)
    path = desk.shelf.path_of(sound)
    song = SubjectSong(
        path, sound.id, recipe.music.start, recipe.music.delay, songs.seconds(path), owner=sound
    )
    song, whole = _with_music(desk, songs, song, is_known=False)
    seconds = song.seconds
    if seconds is not None and not recipe.loop.is_endless and not _names_frames(parts):
        lasts = Fraction(song.delay) + Fraction(seconds) - Fraction(song.start)
        frames = frames_for(max(lasts, Fraction(0)), recipe.clip.fps)
        recipe = replace(recipe, clip=replace(recipe.clip, frames=frames))
    music = whole and take_part(whole, song.start, song.delay)
    recipe = replace(recipe, heard=music, music=replace(recipe.music, song=sound.place.as_posix()))
    return Subject(recipe.clock, recipe, song=song)


def song_of(desk: Desk, songs: Songs, item: Item) -> Item | None:
    """The song in the folder that an item's beats are edited of; None where it has none there."""
    if item.kind == "song":
        return item
    if item.kind not in ("clip", "film"):
        return None
    subject = (clip_subject if item.kind == "clip" else film_subject)(desk, songs, item)
    return subject.song.owner or _owner(desk, songs, subject.song.path) if subject.song else None


def sound_path(desk: Desk, item: Item) -> Path:
    """The file that is an item's sound. Raises a RequestError where it has none."""
    path = desk.shelf.path_of(item)
    if item.kind == "song":
        return path
    found: Path | None = None
    if item.kind == "clip":
        found = open_clip(path).soundtrack_path
    elif item.kind == "film":
        edits = read_note(open_film(path)).edits
        found = path / edits.song if edits and edits.song else None
    if found is None or not found.is_file() or found.is_symlink():
        raise RequestError(f"{item.name} has no song")
    return found


def map_file(desk: Desk, song: Item) -> MapFile:
    """The map of a song in the folder."""
    return map_of(desk.shelf.path_of(song), desk.private, song.id)


def ruled_music(known: Music | None, data: bytes, name: str, seconds: float) -> Music:
    """A song's music, as a map has it where there is one. Raises a SoundError where that is wrong."""
    music = known or _NOTHING_HEARD
    return apply_map(music, parse_map(data, name, seconds)) if data else music


def _with_music(
    desk: Desk, songs: Songs, song: SubjectSong, *, is_known: bool
) -> tuple[SubjectSong, Music | None]:
    """The song with whom its map belongs to, and its music in its own time, as far as it is known."""
    owner = song.owner or _owner(desk, songs, song.path)
    song = replace(song, owner=owner)
    if is_known:
        return song, None
    known = songs.heard(song.path)
    heard = known.music if isinstance(known, KnownSong) else None
    seconds = known.seconds if isinstance(known, KnownSong) else song.seconds
    song = replace(song, known=known, seconds=seconds)
    if owner is None or seconds is None:
        return song, heard
    kept = map_file(desk, owner)
    try:
        return song, ruled_music(heard, kept.read(), kept.path.name, seconds)
    except RequestError as error:
        return replace(song, fault=str(error).replace(f"{desk.folder}/", "")), heard


def _owner(desk: Desk, songs: Songs, path: Path) -> Item | None:
    """The song in the folder that a clip's copy was made of: the one with the same bytes."""
    size = path.stat().st_size
    for item in desk.shelf.scan():
        there = desk.shelf.path_of(item)
        if item.kind == "song" and there.stat().st_size == size and songs.digest(there) == songs.digest(path):
            return item
    return None


def _names_frames(parts: tuple[Fragment, ...]) -> bool:
    return any("frames" in part.values.get("clip", {}) for part in parts[1:])
