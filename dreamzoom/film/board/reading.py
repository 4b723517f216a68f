"""Reading a storyboard: from TOML to what it says, with all that is wrong with it.

What a storyboard names is looked for beside its file, then where the person works.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from dreamzoom.errors import RecipeError, RequestError, StoryboardError, nearest, quote_value, tell_first
from dreamzoom.film.board.storyboard import (
    ROWS,
    TABLES,
    SceneSettings,
    Storyboard,
    StoryScene,
    TitleSettings,
)
from dreamzoom.io.files import at_home
from dreamzoom.io.toml import parse_toml, read_text
from dreamzoom.recipe.build import Fragment, make_fragment
from dreamzoom.recipe.rows import settings_of
from dreamzoom.recipe.schema import SETTINGS
from dreamzoom.recipe.schema import TABLES as RECIPE_TABLES
from dreamzoom.recipe.settings import FileText

T = TypeVar("T")

LARGEST: Final = 4 << 20
"""Bytes of the largest storyboard."""

MOST_ROWS: Final = 2000
"""Scenes, and titles, that a film may have."""

FAULTS_SHOWN: Final = 12

NO_SONG: Final = "name a song in soundtrack.song"
"""What a person is told to do where something goes by a song and there is none."""

_A_CLIPS = "name a song in music.song, or with --audio"
_TEMPO, _A_CLIPS_TEMPO = "give its soundtrack.tempo", "give its music.tempo"

_DECIDED: Final = {
    "clip.size": "film.size",
    "clip.fps": "film.fps",
    "clip.seed": "the scene's seed",
    "clip.image": "the scene's image",
    "clip.frames": "the scene's length",
}
"""Keys of a recipe that a film says otherwise, and what says them."""

_LOOKS: Final = tuple(table for table in RECIPE_TABLES if table != "music")


def read_storyboard(path: Path) -> Storyboard:
    """The storyboard in a file, with its faults.

    Raises:
        StoryboardError: it cannot be read, or is no TOML.
    """
    return parse_storyboard(read_text(path, StoryboardError, "storyboard", LARGEST), path)


def parse_storyboard(text: str, path: Path) -> Storyboard:
    """The storyboard that a text is, with its faults.

    Args:
        path: where it is, or would be.

    Raises:
        StoryboardError: it is no TOML.
    """
    document = parse_toml(text, str(path), StoryboardError)
    reading = _Reading(path.parent)
    known = [*TABLES, *ROWS, *_LOOKS]
    for key, value in document.items():
        if key == "music":
            reading.faults.append("there is no table 'music': [soundtrack] says what is heard of a song")
        elif key not in known:
            hint = _home_of(key) or nearest(key, known)
            reading.faults.append(f"there is no {_kind(value)} {quote_value(key)}{hint}")
    once = {name: reading.table(document[name], name, of) for name, of in TABLES.items() if name in document}
    look = reading.look({key: document[key] for key in _LOOKS if key in document}, "all scenes")
    scenes = tuple(reading.scenes(document.get("scene", [])))
    titles = tuple(reading.titles(document.get("title", [])))
    board = Storyboard(path, **once, look=look, scenes=scenes, titles=titles)
    return replace(board, faults=tuple(dict.fromkeys(reading.faults)))


def all_faults(path: Path, faults: Iterable[str]) -> StoryboardError:
    """One error for all faults of a storyboard."""
    every = list(dict.fromkeys(faults))
    return StoryboardError(f"{path}: {tell_first(every, FAULTS_SHOWN)}", every)


@contextmanager
def noting(faults: list[str], place: str = "") -> Iterator[None]:
    """Note what is wrong, with its place, instead of giving up."""
    try:
        yield
    except RequestError as error:
        told = str(error).replace(_A_CLIPS, NO_SONG).replace(_A_CLIPS_TEMPO, _TEMPO)
        faults.append(f"{place}: {told}" if place else told)


class _Reading:
    """A storyboard as it is read, and what is found wrong with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[str] = []

    def scenes(self, raw: object) -> Iterator[StoryScene]:
        for number, row in enumerate(self._rows(raw, "scene"), 1):
            name = row.get("name")
            place = f"scene {number}{f' ({name})' if isinstance(name, str) and name else ''}"
            settings: SceneSettings = self.table(row, place, SceneSettings, _LOOKS)
            look = self.look({key: value for key, value in row.items() if key in _LOOKS}, place)
            yield StoryScene(place, settings, look)

    def titles(self, raw: object) -> Iterator[TitleSettings]:
        for number, row in enumerate(self._rows(raw, "title"), 1):
            title: TitleSettings = self.table(row, f"title {number}", TitleSettings)
            if "text" not in row or (not title.text and isinstance(row["text"], str)):
                self.faults.append(f"title {number}: text: says nothing")
            yield title

    def table(self, raw: object, place: str, of: type[Any], beside: Iterable[str] = ()) -> Any:
        """A table as the dataclass it becomes; what is wrong with it has its default.

        Args:
            beside: keys that others read.
        """
        if not isinstance(raw, Mapping):
            self.faults.append(f"{place} must be a table, [{place}], got {quote_value(raw)}")
            return of()
        settings, beside = settings_of(of), tuple(beside)  # type: ignore[arg-type]
        for key in raw:
            if key not in settings and key not in beside:
                self.faults.append(f"{place}: {_unknown(key, [*settings, *beside])}")
        values = {}
        for field, (key, setting) in zip(fields(of), settings.items(), strict=True):
            if key in raw:
                with noting(self.faults, f"{place}: {key}"):
                    values[field.name] = setting.parse(setting.map_files(raw[key], self._locate))
        return of(**values)

    def look(self, tables: Mapping[str, object], place: str) -> Fragment:
        """Tables of a recipe, their files found; none of them where one is wrong."""
        try:
            fragment = make_fragment(tables, place)
        except RecipeError as error:
            self.faults.append(str(error))
            return Fragment(place, {})
        decided = [key for key in _DECIDED if key.split(".")[1] in fragment.values.get("clip", {})]
        self.faults += [f"{place}: {key}: is what {_DECIDED[key]} says" for key in decided]
        values = {
            table: {
                name: SETTINGS[f"{table}.{name}"].map_files(raw, self._locate)
                for name, raw in values.items()
                if f"{table}.{name}" not in decided
            }
            for table, values in fragment.values.items()
        }
        return Fragment(place, values)

    def _rows(self, raw: object, name: str) -> list[Mapping[str, Any]]:
        rows = [raw] if isinstance(raw, Mapping) else raw
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            self.faults.append(f"{name} must be tables, [[{name}]], got {quote_value(raw)}")
            return []
        if len(rows) > MOST_ROWS:
            self.faults.append(f"has {len(rows)} tables [[{name}]]: {MOST_ROWS} at most")
        return rows[:MOST_ROWS]

    def _locate(self, setting: FileText, text: str) -> str:
        """The file that a name stands for, as a path from the working folder."""
        return find_beside(self.folder, text, or_word=setting.or_word)


def find_beside(folder: Path, text: str, *, or_word: bool = False) -> str:
    """The file that a name in a storyboard stands for: beside it, or from the working folder.

    It is named from the root on, so that it is the same one wherever a film is gone on with.

    Args:
        folder: where the storyboard lies.
        or_word: whether a word alone means something else.
    """
    text = at_home(text)
    if not text or "://" in text or (or_word and not re.search(r"[./\\]", text)):
        return text
    try:
        there = next((path for path in (folder / text, Path(text)) if path.exists()), None)
    except (OSError, ValueError):
        return text
    return text if there is None else str(there.absolute())


def _unknown(key: str, known: list[str]) -> str:
    """That a key is not known, and which may be meant: of a recipe, or of the table."""
    return f"there is no key {quote_value(key)}{_home_of(key) or nearest(key, known)}"


def _home_of(key: str) -> str:
    """A hint for a recipe's key that stands in no table."""
    homes = [known for known in SETTINGS if known.endswith(f".{key}") and not known.startswith("music.")]
    if homes and homes[0] in _DECIDED:
        return f"; that is what {_DECIDED[homes[0]]} says"
    return f"; did you mean {' or '.join(map(repr, homes))}?" if homes else ""


def _kind(value: object) -> str:
    is_rows = isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
    return "table" if isinstance(value, Mapping) or is_rows else "key"
