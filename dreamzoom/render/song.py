"""A recipe's song: how many frames it needs, and what tracks hear of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dreamzoom.audio.analysis import hear
from dreamzoom.clip.folder import has_clip, open_clip
from dreamzoom.clip.music import music_json
from dreamzoom.clip.reading import reading
from dreamzoom.errors import RecipeError
from dreamzoom.io.files import file_digest
from dreamzoom.recipe.build import check_recipe, follows_music, give_music
from dreamzoom.recipe.schema import SETTINGS, Recipe
from dreamzoom.tracks.music import Music
from dreamzoom.video.sound import Sound, frames_for, read_sound


def listen(recipe: Recipe, folder: Path | None = None) -> Recipe:
    """The recipe with as many frames as its song needs, and with the song heard where tracks go by it.

    Without a song it is as it was. What a clip's folder has heard of the song is not listened to again, so
    that a clip goes on as it began, whoever goes on with it.

    Raises:
        SoundError: the song cannot be used.
        RecipeError: a track leaves its range, or goes by beats where there are none.
        RequestError: what listens to music is not installed.
        VideoError: there is no ffmpeg.
    """
    if not recipe.music.song:
        return recipe
    song = read_sound(Path(recipe.music.song))
    frames = frames_for(song.duration, recipe.clip.fps)
    try:
        SETTINGS["clip.frames"].parse(frames)
    except RecipeError as error:
        raise RecipeError(
            f"{song.path}: lasts too long for {recipe.clip.fps} frames a second: clip.frames {error}; "
            "choose a lower --fps"
        ) from error
    recipe = replace(recipe, clip=replace(recipe.clip, frames=frames))
    if not follows_music(recipe):
        return check_recipe(recipe)
    heard = folder and _heard_before(folder, song.path, recipe)
    return give_music(recipe, heard or hear_song(song, recipe))


def hear_song(song: Sound, recipe: Recipe) -> Music:
    """What there is to be heard of a song.

    Raises:
        SoundError, RequestError, VideoError: as `listen`.
    """
    return hear(song, recipe.music.tempo, recipe.music.beats_per_bar)


def heard_file(recipe: Recipe) -> bytes | None:
    """What was heard of the recipe's song, as a clip keeps it."""
    if recipe.heard is None:
        return None
    return music_json(recipe.heard)


def _heard_before(folder: Path, song: Path, recipe: Recipe) -> Music | None:
    if not has_clip(folder):
        return None
    clip = open_clip(folder)
    then, now = clip.recipe.music, recipe.music
    if (then.tempo, then.beats_per_bar) != (now.tempo, now.beats_per_bar) or clip.soundtrack_path is None:
        return None
    then_heard = clip.frozen.files.get(clip.soundtrack_path.name)
    if then_heard is None:  # an older clip does not tell
        with reading(clip.soundtrack_path):
            then_heard = file_digest(clip.soundtrack_path)
    return clip.recipe.heard if file_digest(song) == then_heard else None
