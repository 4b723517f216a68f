"""Which files a recipe's value may name: those that lie in FOLDER, by their ids; and words that name none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from dreamzoom.errors import RecipeError, quote_value
from dreamzoom.looks.breeding import known_words
from dreamzoom.recipe.palettes import lists_colours
from dreamzoom.recipe.schema import SETTINGS, Recipe, raw_value
from dreamzoom.recipe.settings import Fading, FileText, Setting
from dreamzoom.studio.library.items import MATERIAL, Item, ItemKind
from dreamzoom.studio.library.shelf import Shelf

_DEEPEST: Final = 12  # tables within tables
_KINDS: Final[Mapping[str, tuple[ItemKind, ...]]] = MappingProxyType(
    {
        "music.song": ("song",),
        "music.stems": ("song",),
        "music.map": ("beats",),
        "music.series": ("notes",),
    }
)  # of the items that a key may name, where these are no pictures

Kept: TypeAlias = "tuple[str, str]"
"""What a picture is for, as `FileText.kind` says it, and what a recipe calls it."""


class ItemPath(str):
    """A file of FOLDER, as a command line that runs there names it: "./material/sky.jpg".

    Attributes:
        kind: of its item; a frame of a clip is a picture.
    """

    kind: str

    def __new__(cls, path: str, kind: str) -> ItemPath:
        """The path of an item of that kind."""
        made = super().__new__(cls, path)
        made.kind = kind
        return made


def file_words(key: str, setting: Setting[Any]) -> tuple[str, ...]:
    """The same of any setting, which may hold one of files."""
    inner = setting.of if isinstance(setting, Fading) else setting
    return known_words(key, inner) if isinstance(inner, FileText) else ()


def place_word(place: Path) -> str:
    """A place in FOLDER as a command line names it: no option, no web address, and no word of a recipe."""
    return f"./{place.as_posix()}"


def with_paths(raw: object, shelf: Shelf, depth: int = 0) -> object:
    """A value as JSON gives it, with each {"item": ID} turned into the path of what lies there.

    Raises:
        RecipeError: there is no such item, or it is no value that a recipe may hold.
    """
    if depth > _DEEPEST:
        raise RecipeError("has too many tables within tables")
    if isinstance(raw, Mapping):
        if "item" in raw and raw.keys() <= {"item", "frame"}:
            return _path_of(raw, shelf)
        return {_plain(str(name)): with_paths(each, shelf, depth + 1) for name, each in raw.items()}
    if isinstance(raw, list):
        return [with_paths(each, shelf, depth + 1) for each in raw]
    if isinstance(raw, str):
        return _plain(raw)
    if isinstance(raw, bool | int | float):
        return raw
    raise RecipeError(f"is {quote_value(raw)}: must be a value as a recipe has it")


def require_named(key: str, raw: object, known: Collection[Kept] = frozenset()) -> None:
    """See that a value names files of FOLDER and words alone, and files only where it may.

    Args:
        raw: as `with_paths` gives it.
        known: pictures of which a clip has its own copies: by that name, and for that use.

    Raises:
        RecipeError: it names something else; what, and what to do.
    """
    seen = []

    def check(setting: FileText, text: str) -> str:
        if isinstance(text, ItemPath):
            _require_fit(key, setting, text)
            seen.append(text)
        elif (setting.kind, text) not in known and not _is_word(key, setting, text):
            raise RecipeError(_refusal(key, setting, text))
        return text

    SETTINGS[key].map_files(raw, check)
    if len(seen) < sum(1 for _ in item_paths(raw)):
        raise RecipeError("names a file where none is meant")


def require_recipe_named(recipe: Recipe, allowed: Callable[[str], bool]) -> None:
    """See that a whole recipe names nothing else than words and what is allowed.

    Raises:
        RecipeError: naming the key and what it names.
    """
    for key, setting in SETTINGS.items():

        def check(each: FileText, text: str, key: str = key) -> str:
            if not (_is_word(key, each, text) or allowed(text)):
                raise RecipeError(f"{key}: {_refusal(key, each, text)}")
            return text

        setting.map_files(raw_value(recipe, key), check)


def named_files(recipe: Recipe) -> frozenset[str]:
    """All that a recipe's keys for files say, words too."""
    named: list[str] = []

    def note(setting: FileText, text: str) -> str:
        named.append(text)
        return text

    for key, setting in SETTINGS.items():
        setting.map_files(raw_value(recipe, key), note)
    return frozenset(named)


def item_paths(raw: object) -> Iterator[ItemPath]:
    """All files of FOLDER that a value names."""
    if isinstance(raw, ItemPath):
        yield raw
    elif isinstance(raw, Mapping):
        for each in raw.values():
            yield from item_paths(each)
    elif isinstance(raw, list | tuple):
        for each in raw:
            yield from item_paths(each)


@dataclass(frozen=True)
class Whereabouts:
    """Finds the files that a recipe from elsewhere names among what lies in FOLDER.

    Attributes:
        items: what lies there, by place.
        beside: the folder of the recipe, relative to FOLDER.
    """

    items: Mapping[str, Item]
    beside: Path

    def find(self, key: str, setting: FileText, text: str) -> str:
        """The word for what a recipe's name stands for.

        Raises:
            RecipeError: it lies elsewhere, or is a web address.
        """
        if _is_word(key, setting, text):
            return text
        parts = Path(text).parts
        if "://" not in text and not Path(text).is_absolute() and ".." not in parts:
            for folder in (Path(), self.beside, MATERIAL):
                item = self.items.get((folder / text).as_posix())
                if item is not None:
                    path = ItemPath(place_word(item.place), item.kind)
                    _require_fit(key, setting, path)
                    return path
        raise RecipeError(_refusal(key, setting, text))


def _is_word(key: str, setting: FileText, text: str) -> bool:
    if not text or text in known_words(key, setting):
        return True
    return setting.kind == "palette" and lists_colours(text)


def _path_of(raw: Mapping[str, Any], shelf: Shelf) -> ItemPath:
    wanted, frame = raw["item"], raw.get("frame")
    if not isinstance(wanted, str):
        raise RecipeError(f"names an item by {quote_value(wanted)}: must be its id")
    item = shelf.find(wanted)
    if frame is None:
        return ItemPath(_plain(place_word(item.place)), item.kind)
    if item.kind != "clip" or type(frame) is not int or not 0 <= frame <= 999_999:
        raise RecipeError(f"names frame {quote_value(frame)}, which there is none of")
    path = item.place / "frames" / f"{frame:06d}.png"
    if not _is_plain_file(shelf.folder, path):
        raise RecipeError(f"names frame {frame} of {item.name}, which is not rendered yet")
    return ItemPath(_plain(place_word(path)), "picture")


def _is_plain_file(folder: Path, place: Path) -> bool:
    """Whether it is a file, and neither it nor a folder on the way there a link."""
    there = folder
    for part in place.parts:
        there /= part
        if there.is_symlink():
            return False
    return there.is_file()


def _require_fit(key: str, setting: FileText, path: ItemPath) -> None:
    """See that an item is of the kind that the key wants."""
    pictures = ("picture", "recipe") if setting.kind == "palette" else ("picture",)
    wanted = _KINDS.get(key, pictures if setting.kind else ())
    if path.kind not in wanted:
        meant = f"must be a {' or a '.join(wanted)}" if wanted else "takes no file from this page"
        raise RecipeError(f"{meant}, and {path} is a {path.kind}")


def _refusal(key: str, setting: FileText, text: str) -> str:
    words = known_words(key, setting)
    if "://" in text:
        return f"names the web address {quote_value(text)}: download it, and drop the file on the page"
    what = f"names {quote_value(text)}, which is not in this folder"
    if key == "model.name":
        return f"{what}: choose {', '.join(words)}"
    more = f", or choose {', '.join(words)}" if 0 < len(words) <= 12 else ""
    return f"{what}: drop the file on the page first{more}"


def _plain(text: str) -> str:
    """A text that a command line can hold. Raises a RecipeError."""
    if any(char == "\0" or 0xD800 <= ord(char) <= 0xDFFF for char in text):
        raise RecipeError(f"has characters that are none, in {quote_value(text)}")
    return text
