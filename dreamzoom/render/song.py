"""A recipe's song: how many frames it needs, and what tracks hear of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from dreamzoom.audio.beatmap import LARGEST, map_beside, parse_map, read_map
from dreamzoom.audio.correct import apply_map, beats_in_bars, shift_bars
from dreamzoom.audio.words import heard_in_words
from dreamzoom.clip.folder import BEAT_MAP, MUSIC, ClipFolder, has_clip, open_clip
from dreamzoom.clip.music import music_json
from dreamzoom.clip.reading import reading
from dreamzoom.errors import RecipeError, SoundError, shell_word, warn
from dreamzoom.io.files import file_digest, read_at_most
from dreamzoom.recipe.build import check_recipe, follows_music, give_music, wanted_signals
from dreamzoom.recipe.music import MusicSettings
from dreamzoom.recipe.schema import SETTINGS, Recipe
from dreamzoom.render.sources import hear_files, warn_of_unused
from dreamzoom.tracks.music import SIGNALS, Music, take_part
from dreamzoom.tracks.signals import Signal
from dreamzoom.video.excerpt import excerpt_of
from dreamzoom.video.sound import LONGEST, Sound, frames_for, measure_sound, read_sound

NO_MAP: Final = "none"
"""What `music.map` is where a map beside the song is not to be used."""

_ONCE_DEFAULT: Final = 4  # beats in a bar


def say_nothing(line: str) -> None:
    """For whoever does not want to know."""


def listen(
    recipe: Recipe,
    folder: Path | None = None,
    on_message: Callable[[str], object] = say_nothing,
    *,
    keep_frames: bool = False,
) -> Recipe:
    """The recipe with as many frames as its song needs, and with the song heard where tracks go by it.

    Without a song it is as it was. What a clip's folder has heard of the song is not listened to again, so
    that a clip goes on as it began, whoever goes on with it.

    Args:
        on_message: is told in a line what was heard, if the song was listened to.
        keep_frames: the recipe says how many frames there are, as that of a loop always does: as much of the
            song as they last.

    Raises:
        SoundError: the song or its beat map cannot be used.
        RecipeError: a track leaves its range, goes by beats where there are none, or by what a file has not.
        RequestError: what reads MIDI is not installed.
        VideoError: there is no ffmpeg.
    """
    if not recipe.music.song:
        require_no_part(recipe.music)
        return recipe
    recipe = _counted_as_begun(folder, recipe)
    song = read_sound(Path(recipe.music.song))
    recipe = recipe if keep_frames or recipe.loop.is_endless else _as_long_as(song, recipe)
    require_part(recipe, song)
    wanted = wanted_signals(recipe)
    warn_of_unused(recipe, wanted)
    if not follows_music(recipe):
        return check_recipe(recipe)
    given = find_map(recipe.music, song.path)
    heard = folder and _heard_before(folder, song.path, recipe, given)
    if not heard:
        whole = hear_song(song, recipe, given, wanted)
        on_message(heard_in_words(song.path, whole, given))
        heard = take_part(whole, recipe.music.start, recipe.music.delay)
    recipe = replace(recipe, heard=heard)
    return give_music(recipe, hear_more(song, recipe, wanted))


def _counted_as_begun(folder: Path | None, recipe: Recipe) -> Recipe:
    """The recipe with a clip's bars of four beats, where it names no number: that was the default when bars
    could not be shifted either.
    """
    if folder is None or recipe.music.beats_per_bar or not has_clip(folder):
        return recipe
    clip = open_clip(folder)
    if clip.recipe.music.beats_per_bar != _ONCE_DEFAULT or "music.shift" not in clip.frozen.lacks:
        return recipe
    return replace(recipe, music=replace(recipe.music, beats_per_bar=_ONCE_DEFAULT))


def require_part(recipe: Recipe, song: Sound) -> None:
    """See that a clip has something of its song, and time for its fades; warn where the song ends before it.

    Raises:
        RecipeError: it has not, or its song is shorter than a loop's round; the key is named.
    """
    music, length = recipe.music, recipe.clip.frames / recipe.clip.fps
    excerpt = excerpt_of(music)
    ends = excerpt.end(song.duration)
    if ends <= excerpt.delay:
        lasts = f"{song.path} lasts {float(song.duration):.2f} s"
        raise RecipeError(f"music.start: is {music.start:g} s, and {lasts}: begin earlier")
    if excerpt.delay >= length:
        raise RecipeError(
            f"music.delay: is {music.delay:g} s, and the clip ends after {float(length):.2f} s: before its "
            "song begins"
        )
    sounds = min(ends, length) - excerpt.delay
    if excerpt.fade_in + excerpt.fade_out > sounds:
        raise RecipeError(
            f"music.fade_in and music.fade_out: take {music.fade_in + music.fade_out:g} s, and the clip's "
            f"sound lasts {float(sounds):.2f} s"
        )
    if ends < length - 1 / recipe.clip.fps and recipe.loop.is_endless:
        raise RecipeError(
            f"clip.frames: a round of {recipe.clip.frames} frames lasts {float(length):.2f} s, and "
            f"{song.path} has ended after {float(ends):.2f} s: make it shorter, with --frames "
            f"{int(ends * recipe.clip.fps)} at most"
        )
    if ends < length - 1 / recipe.clip.fps:
        warn(f"{song.path} has ended after {float(ends):.2f} s of the clip: what comes after that is silent")


def require_no_part(music: MusicSettings) -> None:
    """Raise a RecipeError where a clip without a song tells which part of it is its sound."""
    for name in ("start", "delay", "fade_in", "fade_out"):
        if getattr(music, name):
            raise RecipeError(f"music.{name}: is of a song: name one in music.song, or with --audio")


def _as_long_as(song: Sound, recipe: Recipe) -> Recipe:
    """The recipe with the frames that its song needs."""
    lasts = excerpt_of(recipe.music).end(song.duration)
    frames = frames_for(lasts, recipe.clip.fps)
    try:
        SETTINGS["clip.frames"].parse(frames)
    except RecipeError as error:
        raise RecipeError(
            f"{song.path}: lasts too long for {recipe.clip.fps} frames a second: clip.frames {error}; "
            "choose a lower --fps"
        ) from error
    return replace(recipe, clip=replace(recipe.clip, frames=frames))


def find_map(music: MusicSettings, song: Path) -> Path | None:
    """The beat map that rules a song: the one that is named, or the one beside it."""
    if music.map:
        return None if music.map == NO_MAP else Path(music.map)
    beside = map_beside(song)
    try:
        return beside if beside.is_file() else None
    except OSError:  # a name longer than the disk takes
        return None


def hear_song(
    song: Sound,
    recipe: Recipe,
    given: Path | None,
    wanted: Iterable[Signal] = (),
    on_section: Callable[[], object] = lambda: None,
) -> Music:
    """What there is to be heard of a whole song, in its own time, and what a person says of it.

    Args:
        given: the beat map that rules it.
        wanted: signals beside those that every song has.
        on_section: called after each section, of which there are `audio.decode.sections_of`.

    Raises:
        SoundError, RequestError, VideoError: as `listen`.
    """
    from dreamzoom.audio.analysis import hear  # here, since a clip without a song has no use for it

    said = None if given is None else read_map(given, float(song.duration))  # before the long work
    wanted = tuple(wanted)
    of_files = hear_files(recipe, wanted, float(song.duration))
    of_song = [signal for signal in wanted if not signal.source]
    music = hear(song, recipe.music.tempo, recipe.music.beats_per_bar, of_song, on_section)
    if said is not None:
        if said[0].beats and recipe.music.tempo:
            warn(f"music.tempo is not used: {given} tells the beats; music.map = 'none' uses no map")
        music = replace(apply_map(music, said[0]), beat_map=said[1])
        if len(said[0].bars) > 1 and recipe.music.beats_per_bar not in (0, beats_in_bars(music)):
            warn(f"music.beats_per_bar is not used: {given} tells the bars; music.map = 'none' uses no map")
    return of_files.add_to(shift_bars(music, recipe.music.shift))


def hear_more(song: Sound, recipe: Recipe, wanted: Iterable[Signal]) -> Music:
    """What a recipe has heard, with those signals that it has not, or has of files that are others now.

    All else stays as it was.

    Raises:
        SoundError, RecipeError, RequestError, VideoError: as `listen`.
    """
    heard = recipe.heard
    assert heard is not None  # noqa: S101 - the caller has seen to it
    wanted = tuple(wanted)
    missing = [signal for signal in wanted if not signal.source and signal.name not in heard.signals]
    of_files = hear_files(recipe, wanted, float(song.duration), heard)
    if not missing and not of_files.signals:
        return heard
    from dreamzoom.audio.analysis import hear_signals

    signals = {**(hear_signals(song, missing) if missing else {}), **of_files.signals}
    count = len(heard.signals[SIGNALS[0]])
    whole = Music(beats=(), bars=(), rate=heard.rate, signals=signals)
    part = take_part(whole, recipe.music.start, recipe.music.delay)
    more = {name: (*values[:count], *(0.0,) * (count - len(values))) for name, values in part.signals.items()}
    return replace(of_files, signals=more).add_to(heard)


def hear_more_of_clip(folder: Path, recipe: Recipe) -> Recipe:
    """A clip's changed recipe with those signals that the clip has not heard of its own song.

    Raises:
        SoundError, RecipeError, VideoError: as `listen`.
        ClipError: the clip cannot be read.
    """
    if recipe.heard is None or all(signal.name in recipe.heard.signals for signal in wanted_signals(recipe)):
        return recipe
    song = open_clip(folder).soundtrack_path
    if song is None:
        return recipe
    return give_music(recipe, hear_more(measure_sound(song), recipe, wanted_signals(recipe)))


def is_heard_alike(one: MusicSettings, other: MusicSettings) -> bool:
    """Whether two clips hear the same, whatever they sound like."""
    return one == replace(other, sound=one.sound, fade_in=one.fade_in, fade_out=one.fade_out)


def other_map(clip: ClipFolder) -> str | None:
    """What a person should know where the beat map of a clip's song is another one than when it began."""
    heard, music = clip.recipe.heard, clip.recipe.music
    given = find_map(music, Path(music.song)) if heard and music.song else None
    if heard is None or given is None or not given.is_file():
        return None
    try:
        data = read_at_most(given, LARGEST, SoundError, "beat map")
        said = parse_map(data, str(given), LONGEST)
    except SoundError:
        return None  # it has no say here
    moved = shift_bars(Music(said.beats, said.bars, 1, {}), music.shift if said.bars else 0)
    part = take_part(moved, music.start, music.delay)
    if data == heard.beat_map or (part.beats, part.bars) == (heard.beats, heard.bars):
        return None
    fork = f"dreamzoom fork {shell_word(str(clip.path))} --set {shell_word(f'music.map={given}')} -o DIR"
    return (
        f"{clip.path} goes by the beats it began with: its song's beat map, {given}, is another one now; "
        f"for a take by that: {fork}"
    )


def heard_files(recipe: Recipe) -> dict[str, bytes]:
    """What was heard of the recipe's song, and the map that ruled it, as the files that a clip keeps."""
    if recipe.heard is None:
        return {}
    given = recipe.heard.beat_map
    return {MUSIC: music_json(recipe.heard), **({BEAT_MAP: given} if given else {})}


def _heard_before(folder: Path, song: Path, recipe: Recipe, given: Path | None) -> Music | None:
    if not has_clip(folder):
        return None
    clip = open_clip(folder)
    then, now = clip.recipe.music, recipe.music
    asked = replace(then, song=now.song, map=now.map)
    if not is_heard_alike(asked, now) or clip.soundtrack_path is None or clip.recipe.heard is None:
        return None
    said = b"" if given is None else read_at_most(given, LARGEST, SoundError, "beat map")
    if said != clip.recipe.heard.beat_map:
        return None
    then_heard = clip.frozen.files.get(clip.soundtrack_path.name)
    if then_heard is None:  # an older clip does not tell
        with reading(clip.soundtrack_path):
            then_heard = file_digest(clip.soundtrack_path)
    return clip.recipe.heard if file_digest(song) == then_heard else None
