"""A key of the recipe that holds an array of tables: `[[dream.goal]]`, each row with keys of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, TypeVar

from dreamzoom.errors import RecipeError, nearest, quote_value
from dreamzoom.recipe.settings import FileText, Setting
from dreamzoom.tracks.base import Clock, Track
from dreamzoom.tracks.blend import Blend

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class TableRows(Setting[tuple[R, ...]]):
    """Tables in their order, none by default.

    Attributes:
        default: [].
        of: what a table becomes: a frozen dataclass, each of whose fields is made by a setting. A key that is
            a word of Python's, such as `class`, is the field `class_`.
        what: what a row is called in messages.
        most: how many there may be.
    """

    default: object = ()
    of: type[R]
    what: str
    most: int = 16

    moves: ClassVar[bool] = True

    @property
    def settings(self) -> Mapping[str, Setting[Any]]:
        """What each key of a row may hold, in their order."""
        return settings_of(self.of)  # type: ignore[arg-type]

    def parse(self, raw: object) -> tuple[R, ...]:
        """The rows of an array of tables; one table alone is one row.

        Raises:
            RecipeError: naming the row, by its number from 1, and its key.
        """
        tables = [raw] if isinstance(raw, Mapping) else raw
        if not isinstance(tables, list | tuple) or not all(isinstance(table, Mapping) for table in tables):
            raise self.refuse(raw)
        if len(tables) > self.most:
            raise RecipeError(f"has {len(tables)} of these: must be {self.most} at most")
        return tuple(self._row(number, table) for number, table in enumerate(tables, 1))

    def dump(self, value: tuple[R, ...]) -> object:
        return self.changed(value, lambda _, setting, held: setting.dump(held))

    def brief(self, value: tuple[R, ...]) -> object:
        return [
            {
                key: setting.brief(held)
                for key, setting, held in self.held(row)
                if not setting.is_default(held)
            }
            for row in value
        ]

    def changed(
        self, value: tuple[R, ...], change: Callable[[str, Setting[Any], Any], object]
    ) -> list[dict[str, object]]:
        """The rows as they stand in a file, with `change` made of each key, its setting and its value."""
        return [{key: change(key, setting, held) for key, setting, held in self.held(row)} for row in value]

    def tracks(self, value: tuple[R, ...]) -> Sequence[Track | Blend[Any]]:
        return [
            track for row in value for _, setting, held in self.held(row) for track in setting.tracks(held)
        ]

    def still(self, value: tuple[R, ...]) -> object:
        return self.changed(value, lambda _, setting, held: setting.still(held))

    def map_files(self, raw: object, change: Callable[[FileText, str], str]) -> object:
        if isinstance(raw, Mapping):
            return {
                key: self.settings[key].map_files(held, change) if key in self.settings else held
                for key, held in raw.items()
            }
        return [self.map_files(row, change) for row in raw] if isinstance(raw, list | tuple) else raw

    def pictures(self, value: tuple[R, ...]) -> Iterator[tuple[str, str]]:
        for row in value:
            for _, setting, held in self.held(row):
                yield from setting.pictures(held)

    def describe(self) -> str:
        return f"an array of tables, each with some of {', '.join(self.settings)}"

    def form(self) -> dict[str, object]:
        return {"kind": "rows", "row": self.what, "most": self.most, "keys": list(self.settings)}

    def check(self, value: tuple[R, ...], clock: Clock) -> None:
        for number, row in enumerate(value, 1):
            for key, setting, held in self.held(row):
                with self._naming(number, key):
                    setting.check(held, clock)

    def _row(self, number: int, table: Mapping[object, object]) -> R:
        unknown = next((str(key) for key in table if key not in self.settings), None)
        if unknown is not None:
            raise RecipeError(
                f"{self.what} {number} has no key {quote_value(unknown)}{nearest(unknown, self.settings)}"
            )
        values = {}
        for field, (key, setting) in zip(fields(self.of), self.settings.items(), strict=True):  # type: ignore[arg-type]
            if key in table:
                with self._naming(number, key):
                    values[field.name] = setting.parse(table[key])
        return self.of(**values)

    def held(self, row: R) -> Iterator[tuple[str, Setting[Any], Any]]:
        """Each key of a row, its setting and its value."""
        for field, (key, setting) in zip(fields(row), self.settings.items(), strict=True):  # type: ignore[arg-type]
            yield key, setting, getattr(row, field.name)

    @contextmanager
    def _naming(self, number: int, key: str) -> Iterator[None]:
        """Put the row and the key before what is wrong with it."""
        try:
            yield
        except RecipeError as error:
            raise RecipeError(f"{self.what} {number}: {key}: {error}") from error


@cache
def settings_of(row: type[Any]) -> Mapping[str, Setting[Any]]:
    """What each key of a row may hold, in their order."""
    return {field.name.rstrip("_"): field.metadata["setting"] for field in fields(row)}
