"""From a storyboard to what its film is, to the frame. All that is wrong is told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from dreamzoom.audio.words import heard_in_words
from dreamzoom.errors import RequestError, warn
from dreamzoom.film.board.looks import part_of_music, picture_faults, preset_of_scene, scene_recipe
from dreamzoom.film.board.reading import NO_SONG, all_faults, noting
from dreamzoom.film.board.storyboard import SoundtrackSettings, Storyboard, StoryScene
from dreamzoom.film.board.timeline import SceneSpan, Timeline, place_scenes, require_kind
from dreamzoom.film.board.times import before_end, end_of, frame_at, in_words
from dreamzoom.film.board.titling import plan_titles
from dreamzoom.film.plan import DREAM, FilmPlan, PlannedScene, Title
from dreamzoom.film.words.dreamed import dream_titles
from dreamzoom.film.words.titles import title_faults
from dreamzoom.recipe.build import Fragment, check_recipe, follows_music, give_music, wanted_signals
from dreamzoom.recipe.music import MusicSettings
from dreamzoom.recipe.schema import Recipe
from dreamzoom.render.song import find_map, hear_more, hear_song
from dreamzoom.tracks.base import Clock
from dreamzoom.tracks.music import Music, keep_first, take_part
from dreamzoom.tracks.signals import Signal
from dreamzoom.tracks.timing import Time
from dreamzoom.video.excerpt import Excerpt, excerpt_of
from dreamzoom.video.sound import Sound, read_sound

_SKETCHED = 24  # frames over which a recipe is looked at before it is known how many it has
# Seconds of the song after a scene's end that it hears too, so that it can be made longer: no more, for of an
# hour of film each scene would keep all that is left of an hour.
_SPARE = 120.0
_LONGEST_NAME = 40  # characters of a scene's folder, beside its number


def plan_film(
    board: Storyboard, on_message: Callable[[str], object] = lambda line: None, before: Music | None = None
) -> FilmPlan:
    """What a storyboard comes to. Its song is listened to where times or tracks go by it.

    Args:
        on_message: is told in a line what was heard.
        before: what was heard of the whole song before, as the storyboard's soundtrack asks for it.

    Raises:
        StoryboardError: naming all that is wrong with it, each with its place.
        VideoError: there is no ffmpeg.
    """
    faults = list(board.faults)
    if not board.scenes:
        faults.append("has no scenes: write [[scene]] with an image and a length")
    sketches = _sketch(board, faults)
    song = _open_song(board.soundtrack, faults)
    heard = None
    if song is not None and (needs_music(board) or any(map(follows_music, sketches.values()))):
        wanted = {signal for recipe in sketches.values() for signal in wanted_signals(recipe)}
        with noting(faults, "soundtrack"):
            heard = _hear(board.soundtrack, song, wanted, before, on_message)
    music = board.soundtrack
    part = None if heard is None else take_part(heard, music.start, music.delay)
    clock = Clock(board.film.fps, 1, part)
    song_end = None if song is None else _excerpt(music).end(song.duration)
    of_times: list[str] = []
    timeline = place_scenes(board, clock, song_end, of_times)
    fades = _fades(board, clock, timeline, of_times)
    titles = plan_titles(board, clock, timeline.frames, of_times)
    is_lost = bool(music.song) and heard is None  # what is wrong with the song is told already
    faults += [fault for fault in of_times if not (is_lost and NO_SONG in fault)]
    if song is not None:
        faults += _faults_of_sound(music, song, Fraction(timeline.frames) / clock.fps)
    faults += picture_faults(board, sketches)
    faults += title_faults(titles, (board.film.size.width, board.film.size.height))
    scenes = tuple(_plan_scenes(board, timeline, sketches, heard, faults))
    scenes = scenes if faults else _with_dreamed_titles(scenes, titles, faults)
    if faults:
        raise all_faults(board.path, faults)
    if song_end is not None and frame_at(song_end, clock.fps) + 1 < timeline.frames:
        warn(
            f"{music.song} has ended after {in_words(song_end)} of the film: what comes after that is silent"
        )
    return FilmPlan(
        board.film.title,
        board.film.size,
        board.film.fps,
        timeline.frames,
        scenes,
        titles,
        None if song is None else song.path,
        _excerpt(music),
        *fades,
        heard,
    )


def needs_music(board: Storyboard) -> bool:
    """Whether a time of a storyboard goes by its song, which has to be heard for it."""
    scenes = (each.settings for each in board.scenes)
    times: list[Time | None] = [board.film.length, board.film.fade_in, board.film.fade_out]
    times += [time for each in scenes for time in (each.start, each.length, each.over)]
    times += [time for each in board.titles for time in (each.start, each.length, each.fade)]
    times += [board.lyrics.fade] if board.lyrics else []
    return any(time is not None and time.needs_music for time in times)


def _sketch(board: Storyboard, faults: list[str]) -> dict[int, Recipe]:
    """The recipes of the scenes that have a right one, by their number from 0, before anything was heard."""
    sketches: dict[int, Recipe] = {}
    presets: dict[str, Fragment] = {}
    for number, scene in enumerate(board.scenes):
        with noting(faults, scene.place):
            require_kind(scene, number)
        name = scene.settings.preset or board.film.preset
        try:
            preset = presets[name] if name in presets else preset_of_scene(board, scene)
        except RequestError as error:
            faults.append(f"{scene.place if scene.settings.preset else 'film'}: preset: {error}")
            continue
        presets[name] = preset
        with noting(faults):
            sketches[number] = scene_recipe(board, scene, preset, _SKETCHED, board.soundtrack.music)
    return sketches


def _open_song(soundtrack: SoundtrackSettings, faults: list[str]) -> Sound | None:
    if soundtrack.song:
        with noting(faults, "soundtrack.song"):
            return read_sound(Path(soundtrack.song))
    elif soundtrack != SoundtrackSettings():
        faults.append("soundtrack: is of a song: name one in soundtrack.song")
    return None


def _hear(
    soundtrack: SoundtrackSettings,
    song: Sound,
    wanted: Iterable[Signal],
    before: Music | None,
    on_message: Callable[[str], object],
) -> Music:
    """What there is to be heard of a whole song, in its own time."""
    recipe = Recipe(music=replace(soundtrack.music, start=0.0, delay=0.0), heard=before)
    if before is not None:
        return hear_more(song, recipe, wanted)
    given = find_map(recipe.music, song.path)
    heard = hear_song(song, recipe, given, wanted)
    on_message(heard_in_words(song.path, heard, given, of_film=True))
    return heard


def _excerpt(soundtrack: SoundtrackSettings) -> Excerpt:
    return replace(excerpt_of(soundtrack.music), gain=soundtrack.gain)


def _faults_of_sound(soundtrack: SoundtrackSettings, song: Sound, length: Fraction) -> Iterator[str]:
    """What is wrong with the part of its song that a film of so many seconds has."""
    excerpt = _excerpt(soundtrack)
    ends = excerpt.end(song.duration)
    if ends <= excerpt.delay:
        lasts = f"{song.path} lasts {float(song.duration):.2f} s"
        yield f"soundtrack.start: is {soundtrack.start:g} s, and {lasts}: begin earlier"
    elif excerpt.delay >= length:
        yield (
            f"soundtrack.delay: is {soundtrack.delay:g} s, and the film ends after {float(length):.2f} s: "
            "before its song begins"
        )
    elif excerpt.fade_in + excerpt.fade_out > min(ends, length) - excerpt.delay:
        fades = soundtrack.fade_in + soundtrack.fade_out
        yield (
            f"soundtrack.fade_in and soundtrack.fade_out: take {fades:g} s, and "
            f"the film's sound lasts {float(min(ends, length) - excerpt.delay):.2f} s"
        )


def _fades(board: Storyboard, clock: Clock, timeline: Timeline, faults: list[str]) -> tuple[int, int]:
    """How many frames the film takes out of black, and into it."""
    end = Fraction(timeline.frames) / clock.fps
    risen, falling = Fraction(0), end
    with noting(faults, "film.fade_in"):
        risen = end_of(Fraction(0), board.film.fade_in, clock)
    with noting(faults, "film.fade_out"):
        falling = before_end(end, board.film.fade_out, clock)
    if risen > falling and any(timeline.spans):
        faults.append(
            f"film.fade_in and film.fade_out: take {float(risen + end - falling):.2f} s, and the film lasts "
            f"{float(end):.2f} s"
        )
    return frame_at(risen, clock.fps), timeline.frames - frame_at(max(falling, Fraction(0)), clock.fps)


def _plan_scenes(
    board: Storyboard,
    timeline: Timeline,
    sketches: Mapping[int, Recipe],
    heard: Music | None,
    faults: list[str],
) -> Iterator[PlannedScene]:
    """The scenes that have a right recipe and a place."""
    width = max(2, len(str(len(board.scenes))))
    for number, (scene, span) in enumerate(zip(board.scenes, timeline.spans, strict=True)):
        if span is None or number not in sketches:
            continue
        with noting(faults, scene.place):
            recipe = _give_song(_with_frames(sketches[number], span), board.soundtrack.music, span, heard)
            yield _plan_scene(f"{number + 1:0{width}d}-{_slug(scene)}", scene, recipe, span)


def _with_dreamed_titles(
    scenes: Iterable[PlannedScene], titles: Iterable[Title], faults: list[str]
) -> tuple[PlannedScene, ...]:
    """The scenes, with the titles that are dreamed in them."""
    found = []
    for scene in scenes:
        with noting(faults, f"scene {scene.name}: titles"):
            found.append(dream_titles(scene, list(titles)))
    return tuple(found)


def _with_frames(sketch: Recipe, span: SceneSpan) -> Recipe:
    return replace(sketch, clip=replace(sketch.clip, frames=span.stop - span.first))


def _give_song(recipe: Recipe, music: MusicSettings, span: SceneSpan, heard: Music | None) -> Recipe:
    """A scene's recipe with its part of the song where its tracks go by it, and else without one."""
    if heard is None or not follows_music(recipe):
        return check_recipe(replace(recipe, music=MusicSettings()))
    part = part_of_music(music, Fraction(span.first) / recipe.clip.fps)
    length = float(recipe.clip.frames / recipe.clip.fps)
    near = keep_first(heard, part.start + length + _SPARE)
    return give_music(replace(recipe, music=part), take_part(near, part.start, part.delay))


def _plan_scene(name: str, scene: StoryScene, recipe: Recipe, span: SceneSpan) -> PlannedScene:
    is_dream = span.transition.kind == DREAM
    if is_dream:
        recipe = replace(recipe, clip=replace(recipe.clip, image=""))
    picture = scene.settings.image if is_dream else ""
    return PlannedScene(name, recipe, span.first, span.stop, span.transition, picture)


def _slug(scene: StoryScene) -> str:
    """What a scene's folder is called beside its number: a name that every disk takes."""
    settings = scene.settings
    given = settings.name or re.split(r"[/\\]", settings.image.partition("?")[0].rstrip("/\\"))[-1]
    name = given if settings.name or "." not in given else given.rpartition(".")[0]
    return re.sub(r"[^\w]+", "-", name.casefold()).strip("-_")[:_LONGEST_NAME] or "scene"
