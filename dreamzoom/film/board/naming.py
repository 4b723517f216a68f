"""The names of files in the text of a storyboard or of a look, and other names in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from dreamzoom.errors import StoryboardError
from dreamzoom.film.board.storyboard import ROWS, TABLES, SoundtrackSettings
from dreamzoom.io.toml import parse_toml, replace_texts
from dreamzoom.recipe.presets import names_file
from dreamzoom.recipe.rows import settings_of
from dreamzoom.recipe.schema import SETTINGS
from dreamzoom.recipe.schema import TABLES as RECIPE_TABLES
from dreamzoom.recipe.settings import FileText, Setting

Renaming: TypeAlias = "Callable[[FileText, str], str]"
"""What a name becomes, by the key's setting and the name."""

PRESET: Final = FileText(default="", what="a preset's file", help="")
"""The setting of the key `preset`, where that names a file."""

SONG: Final = settings_of(SoundtrackSettings)["song"]
"""The setting of a storyboard's song."""

_LOOKS: Final = tuple(table for table in RECIPE_TABLES if table != "music")


def map_board(document: Mapping[str, Any], change: Renaming) -> dict[str, Any]:
    """A storyboard as TOML reads it, with each name of a file changed. What is wrong in it stays as it is."""
    mapped = map_look(document, change)
    for name, of in {**TABLES, **ROWS}.items():
        if name in document:
            mapped[name] = _map_rows(document[name], settings_of(of), change)
    return mapped


def map_look(document: Mapping[str, Any], change: Renaming) -> dict[str, Any]:
    """The same of a scene's look, as a preset's file holds it; a film takes no music from it."""
    return {
        table: _map_table(table, values, change)
        if table in _LOOKS and isinstance(values, Mapping)
        else values
        for table, values in document.items()
    }


def rename_files(
    text: str,
    names: Mapping[str, str],
    map_names: Callable[[Mapping[str, Any], Renaming], Mapping[str, Any]],
) -> str:
    """A text in which files have other names; comments, order and all else stay as they are.

    Args:
        names: each name with the one that takes its place.
        map_names: `map_board` or `map_look`.

    Raises:
        StoryboardError: the text is no TOML, or such a name stands where no file is meant.
    """
    document = parse_toml(text, "the text", StoryboardError)
    wanted = map_names(document, lambda setting, name: name if setting is SONG else names.get(name, name))
    renamed = replace_texts(text, names)
    if parse_toml(renamed, "the text", StoryboardError) != wanted:
        raise StoryboardError("the name stands there for something else too")
    return renamed


def _map_table(table: str, values: Mapping[str, Any], change: Renaming) -> dict[str, object]:
    keys = {name: SETTINGS.get(f"{table}.{name}") for name in values}
    return {name: _map_value(keys[name], raw, change) for name, raw in values.items()}


def _map_rows(raw: object, settings: Mapping[str, Setting[Any]], change: Renaming) -> object:
    """A table, or tables; in a scene's are tables of a look too."""
    if isinstance(raw, list):
        return [_map_rows(row, settings, change) for row in raw]
    if not isinstance(raw, Mapping):
        return raw
    mapped = map_look(raw, change)
    for key in raw.keys() & settings.keys():
        is_file = key == "preset" and isinstance(raw[key], str) and names_file(raw[key])
        mapped[key] = _map_value(PRESET if is_file else settings[key], raw[key], change)
    return mapped


def _map_value(setting: Setting[Any] | None, raw: object, change: Renaming) -> object:
    return raw if setting is None else setting.map_files(raw, change)
