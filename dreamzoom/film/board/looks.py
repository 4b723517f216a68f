"""The recipes of a film's scenes, and the pictures that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from dreamzoom.errors import PictureError, RequestError, nearest
from dreamzoom.film.board.reading import find_beside
from dreamzoom.film.board.storyboard import FIRST_PICTURE, Storyboard, StoryScene
from dreamzoom.pictures.reading import picture_size
from dreamzoom.recipe.build import Fragment, build_recipe
from dreamzoom.recipe.music import MusicSettings
from dreamzoom.recipe.palettes import find_palette, names_palette_file, read_palette
from dreamzoom.recipe.pictures import named_pictures
from dreamzoom.recipe.presets import names_file
from dreamzoom.recipe.rows import settings_of
from dreamzoom.recipe.schema import Recipe
from dreamzoom.recipe.settings import GENERATED
from dreamzoom.recipe.sources import find_files, without_image
from dreamzoom.video.metadata import load_preset

_USUAL = Fragment("a film", {"camera": {"every": 2}})


def preset_of_scene(board: Storyboard, scene: StoryScene) -> Fragment:
    """A scene's look: its preset, or else the film's.

    Raises:
        RecipeError: there is no such preset or file, or it is wrong.
        PictureError, VideoError: it is a picture or a film that does not tell how it was made.
    """
    folder = board.path.parent
    name = scene.settings.preset or board.film.preset
    if not names_file(name):
        return load_preset(name).fragment
    path = find_beside(folder, name)
    fragment = without_image(load_preset(path).fragment)
    clip = {key: raw for key, raw in fragment.values.get("clip", {}).items() if key not in _OF_FILM}
    tables = {table: values for table, values in fragment.values.items() if table != "music"}
    return find_files(replace(fragment, values={**tables, "clip": clip}), Path(path).parent)[0]


_OF_FILM = ("size", "fps", "seed", "frames", "image")


def scene_recipe(
    board: Storyboard, scene: StoryScene, preset: Fragment, frames: int, music: MusicSettings
) -> Recipe:
    """A scene's recipe, its song not heard yet.

    Args:
        music: the part of the soundtrack that it has.

    Raises:
        RecipeError: naming what is wrong with every value at fault, and where it was written.
    """
    film, settings = board.film, scene.settings
    clip = {
        "size": str(film.size),
        "fps": str(film.fps),
        "frames": frames,
        "seed": film.seed if settings.seed is None else settings.seed,
        "image": settings.image or FIRST_PICTURE,
    }
    of_film = Fragment(scene.place, {"clip": clip, "music": raw_music(music)})
    return build_recipe(_USUAL, preset, board.look, scene.look, of_film)


def raw_music(music: MusicSettings) -> Mapping[str, object]:
    """A soundtrack's values as they stand in a file."""
    held = (getattr(music, name) for name in settings_of(MusicSettings))
    return {
        name: setting.dump(value)
        for (name, setting), value in zip(settings_of(MusicSettings).items(), held, strict=True)
    }


def picture_faults(board: Storyboard, recipes: Mapping[int, Recipe]) -> Iterator[str]:
    """Pictures that are missing or none, each told once, with the scene that names it.

    What stands on the web is not asked for.

    Args:
        recipes: of the scenes, by their number from 0.
    """
    seen: set[tuple[str, str]] = set()
    for number, scene in enumerate(board.scenes):
        named = [("start", scene.settings.image)] if scene.settings.image else []
        named += list(named_pictures(recipes[number])) if number in recipes else []
        for kind, name in named:
            if (kind, name) in seen or kind == "text" or "://" in name:
                continue
            seen.add((kind, name))
            try:
                _require_picture(kind, name)
            except RequestError as error:
                yield f"{scene.place}: {'image' if kind == 'start' else kind}: {error}"


def _require_picture(kind: str, name: str) -> None:
    """See that there is a picture, or a palette. Raises a PictureError or RecipeError."""
    if kind == "start" and name in GENERATED:
        return
    if kind == "palette" and names_palette_file(name):
        read_palette(Path(name))
    elif kind == "palette" and not re.search(r"[./\\]", name):
        find_palette(name)
    else:
        try:
            picture_size(name)
        except PictureError as error:
            hint = nearest(name, GENERATED) if kind == "start" and not Path(name).exists() else ""
            raise PictureError(f"{error}{hint if 'did you mean' in hint else ''}") from error


def part_of_music(music: MusicSettings, begin: Fraction) -> MusicSettings:
    """The soundtrack as a scene has it that begins so many seconds into the film."""
    late = max(begin - Fraction(music.delay), Fraction(0))
    start, delay = Fraction(music.start) + late, max(Fraction(music.delay) - begin, Fraction(0))
    return replace(music, start=float(start), delay=float(delay), fade_in=0.0, fade_out=0.0)
