"""Every key of a recipe as a page makes a form of it, all of it from the schema; and a clip's values."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.fork import OF_THE_WHOLE_CLIP
from dreamzoom.errors import RecipeError, RequestError
from dreamzoom.io.files import sha256_of
from dreamzoom.recipe.build import differing_keys
from dreamzoom.recipe.palettes import hex_of, list_palettes
from dreamzoom.recipe.presets import list_presets
from dreamzoom.recipe.rows import TableRows
from dreamzoom.recipe.schema import SETTINGS, TABLES, Recipe, raw_value, table_meaning, value_of
from dreamzoom.recipe.settings import Setting
from dreamzoom.studio.wishes.bases import Basis, basis_values
from dreamzoom.studio.wishes.files import file_words
from dreamzoom.tracks.base import Track
from dreamzoom.tracks.blend import Blend


@cache
def schema_json() -> tuple[bytes, str]:
    """The schema as JSON, and a mark that tells whether it is another one."""
    text = json.dumps(_schema(), ensure_ascii=False).encode()
    return text, sha256_of(text)[:20]


def clip_values(clip: ClipFolder, frame: int) -> dict[str, Any]:
    """What rules a frame of a clip: all values, those that are no defaults, and where the moving ones are.

    Raises:
        RequestError: there is no such frame.
    """
    if not 0 <= frame <= clip.recipe.clip.frames:
        raise RequestError(f"frame {frame}: {clip.path.name} has {clip.recipe.clip.frames}")
    take = clip.take_of(frame)
    recipe = take.recipe
    return {
        "frame": frame,
        "first": take.first,
        "stop": take.stop,
        "values": {key: raw_value(recipe, key) for key in SETTINGS},
        "differs": differing_keys(recipe, Recipe()),
        "now": {key: now for key in SETTINGS if (now := _now(clip, recipe, key, frame)) is not None},
    }


def _now(clip: ClipFolder, recipe: Recipe, key: str, frame: int) -> float | list[float] | None:
    """A moving number or point at a frame; None for what is none, or has no value there."""
    value = value_of(recipe, key)
    if value == "auto":
        entry = clip.journal().get(frame)
        return None if entry is None or entry.target is None else list(entry.target)
    tracks = SETTINGS[key].tracks(value)
    if not tracks or isinstance(SETTINGS[key], TableRows) or any(isinstance(each, Blend) for each in tracks):
        return None
    try:
        numbers = [_at(track, frame, recipe) for track in tracks]
    except RecipeError:
        return None
    return numbers if len(numbers) > 1 else numbers[0]


def _at(track: Track | Blend[Any], frame: int, recipe: Recipe) -> float:
    if isinstance(track, Blend):
        raise RecipeError("is no number")
    return track.at(frame, recipe.clock)


def _schema() -> dict[str, Any]:
    return {
        "tables": [{"name": table, "help": table_meaning(table)} for table in TABLES],
        "keys": {key: _key(key, setting) for key, setting in SETTINGS.items()},
        "presets": {
            each.name: {"title": each.title, "values": basis_values(Basis(each.fragment))}
            for each in list_presets()
        },
        "palettes": [
            {
                "name": each.name,
                "description": each.description,
                "colours": [hex_of(one) for one in each.colours],
            }
            for each in list_palettes()
        ],
    }


def _key(key: str, setting: Setting[Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        **setting.form(),
        "default": setting.dump(setting.parse(setting.default)),
        "help": setting.help,
        "allowed": setting.describe(),
        "moves": setting.moves,
        "of_the_whole_clip": key in OF_THE_WHOLE_CLIP,
        "of_new_clips": key == "music.song",
    }
    if facts["kind"] == "file":
        facts["words"] = list(file_words(key, setting))
    if isinstance(setting, TableRows):
        facts["keys"] = {name: _key(f"{key}.{name}", each) for name, each in setting.settings.items()}
    return facts
