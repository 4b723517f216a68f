"""What a clip's recipe is begun from: a preset, or a recipe that lies in FOLDER, alone or within a picture.

A recipe may be a stranger's. Every file that it names must lie in FOLDER, and its model be one that dreamzoom
knows by name. What is used is a copy of what was checked: it is the same when its turn has come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from dreamzoom.clip.folder import open_clip
from dreamzoom.errors import RecipeError, RequestError, quote_value
from dreamzoom.io.files import sha256_of, storage_errors, write_atomically
from dreamzoom.io.toml import format_table
from dreamzoom.recipe.build import Fragment
from dreamzoom.recipe.named_files import NamedFiles
from dreamzoom.recipe.pictures import kept_pictures
from dreamzoom.recipe.presets import find_preset, names_file, read_preset
from dreamzoom.recipe.schema import SETTINGS, raw_tables
from dreamzoom.recipe.settings import FileText
from dreamzoom.recipe.sources import without_image
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import Item
from dreamzoom.studio.wishes.files import ItemPath, Whereabouts, place_word
from dreamzoom.video.metadata import preset_inside

USUAL: Final = "bestiary"
"""The preset of a new clip where nothing is said."""

_MACHINE: Final = ("engine", "device", "precision")


@dataclass(frozen=True)
class Basis:
    """A recipe's part that comes before all others.

    Attributes:
        fragment: its values, files as paths from FOLDER.
        preset: the preset that it is, by name; "" for another recipe.
    """

    fragment: Fragment
    preset: str = ""


def open_basis(desk: Desk, wanted: object, *, has_image: bool = False, has_song: bool = False) -> Basis:
    """What a page calls a preset: its name, or {"item": ID} of a recipe, a picture or a clip.

    Args:
        has_image, has_song: the page says which itself: the recipe's own is not looked for.

    Raises:
        RequestError: there is none, or it is wrong, or names what does not lie in FOLDER.
    """
    if isinstance(wanted, str) and not names_file(wanted):
        return Basis(find_preset(wanted).fragment, wanted)
    if not isinstance(wanted, Mapping) or wanted.keys() != {"item"} or not isinstance(wanted["item"], str):
        raise RecipeError(
            f"preset: must be a preset's name or an item of the page, got {quote_value(wanted)}"
        )
    item = desk.shelf.find(wanted["item"])
    fragment, find = _read(desk, item)
    fragment = without_image(fragment) if has_image else fragment
    left_out = [("music", "song"), ("music", "map")] if has_song else []
    left_out += [("model", name) for name in _MACHINE]
    return Basis(_found(_without(fragment, left_out), find))


def freeze(desk: Desk, fragments: Iterable[Fragment]) -> str:
    """Keep parts of a recipe, later ones over earlier ones, in a file of the studio's own.

    Returns:
        The word for it on a command line.

    Raises:
        StorageError: it cannot be written.
    """
    text = as_text(fragments)
    path = desk.private / "recipes" / f"{sha256_of(text)[:32]}.toml"
    with storage_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text)
    return place_word(path.relative_to(desk.folder))


def as_text(fragments: Iterable[Fragment]) -> bytes:
    """Parts of a recipe, later ones over earlier ones, as a file holds them."""
    tables: dict[str, dict[str, object]] = {}
    for fragment in fragments:
        for table, values in fragment.values.items():
            for name, raw in values.items():
                merged = tables.setdefault(table, {})
                merged[name] = _over(f"{table}.{name}", merged.get(name), raw)
    return "\n".join(format_table(table, values) for table, values in tables.items()).encode()


def basis_values(basis: Basis) -> dict[str, object]:
    """Its values by dotted key."""
    tables = basis.fragment.values.items()
    return {f"{table}.{name}": raw for table, values in tables for name, raw in values.items()}


_Find = Callable[[str, FileText, str], str]


def _read(desk: Desk, item: Item) -> tuple[Fragment, _Find]:
    """The recipe in an item, and how the files that it names are found."""
    path = desk.shelf.path_of(item)
    if item.kind == "clip":
        return _of_clip(desk, item)
    if item.kind not in ("recipe", "picture", "video"):
        raise RecipeError(f"{item.name} is a {item.kind}: it holds no recipe")
    with _telling(desk):
        preset = read_preset(path) if item.kind == "recipe" else preset_inside(path)
    places = {each.place.as_posix(): each for each in desk.shelf.scan()}
    fragment = replace(preset.fragment, origin=item.name)
    return fragment, Whereabouts(places, item.place.parent).find


def _of_clip(desk: Desk, item: Item) -> tuple[Fragment, _Find]:
    """A clip's recipe without its song and length, its pictures being the copies that the clip keeps."""
    clip = open_clip(desk.shelf.path_of(item))
    kept = {name: file for file, (_, name) in kept_pictures(clip.recipe).items()}
    elsewhere = Whereabouts({}, Path())

    def find(key: str, setting: FileText, text: str) -> str:
        file = "start.png" if setting.kind == "start" else kept.get(text)
        if text and text not in setting.words and file is not None:
            return ItemPath(place_word(item.place / file), "picture")
        return elsewhere.find(key, setting, text)

    whole = Fragment(item.name, raw_tables(clip.recipe))
    return _without(whole, [("clip", "frames"), *(("music", name) for name in whole.values["music"])]), find


@contextmanager
def _telling(desk: Desk) -> Iterator[None]:
    """Say what is wrong with files in FOLDER with what a page calls them instead of where they lie."""
    try:
        yield
    except RequestError as error:
        raise RecipeError(str(error).replace(f"{desk.folder}/", "")) from error


def _found(fragment: Fragment, find: _Find) -> Fragment:
    faults, tables = [], {table: dict(values) for table, values in fragment.values.items()}
    for table, values in tables.items():
        for name, raw in values.items():
            key = f"{table}.{name}"
            try:
                values[name] = SETTINGS[key].map_files(raw, partial(find, key))
            except RecipeError as error:
                faults.append(f"{fragment.origin}: {key}: {error}")
    if faults:
        raise RecipeError("; ".join(faults))
    return replace(fragment, values=tables)


def _without(fragment: Fragment, keys: Iterable[tuple[str, str]]) -> Fragment:
    left_out = set(keys)
    tables = {
        table: {name: raw for name, raw in values.items() if (table, name) not in left_out}
        for table, values in fragment.values.items()
    }
    return replace(fragment, values=tables)


def _over(key: str, before: Any, after: object) -> object:
    is_table = isinstance(SETTINGS[key], NamedFiles) and isinstance(before, Mapping)
    return {**before, **after} if is_table and isinstance(after, Mapping) else after
