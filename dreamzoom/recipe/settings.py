"""What a recipe's keys can hold: one small class per kind of value, and one source for every limit.

A `Setting` states default, bounds, unit and help of one key. The check of a value, the reading of a `--set`
text, the error message and the reference are all made from it. Values go three ways:

    raw (as TOML gives it) ── parse ──► value (what the program uses) ── dump ──► raw
    text (after `--set key=`) ── from_text ──► raw
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, ClassVar, Generic, TypeGuard, TypeVar

from dreamzoom.errors import RecipeError, nearest, quote_value
from dreamzoom.io.toml import parse_toml
from dreamzoom.tracks.base import Clock, Kind, Track
from dreamzoom.tracks.blend import Blend, read_blend, steady
from dreamzoom.tracks.hints import without_unit
from dreamzoom.tracks.parse import check_range, parse_track

T = TypeVar("T")

GENERATED = ("clouds", "hills", "marble", "nebula", "noise", "grey")
"""The pictures that are made from nothing, by name."""

_LONGEST_TEXT = 4096
_HUGE = 10**300


@dataclass(frozen=True, kw_only=True)
class Setting(Generic[T]):
    """One key of the recipe: `default` as it would stand in a file, `help` in one line."""

    default: object
    help: str

    text_is_value: ClassVar[bool] = False
    """Whether an unquoted text after `--set key=` is the value itself, even where it would be TOML."""

    moves: ClassVar[bool] = False
    """Whether the value may change over the frames."""

    def tracks(self, value: T) -> Sequence[Track | Blend[Any]]:
        """What of the value may change over the frames."""
        return ()

    def parse(self, raw: object) -> T:
        """The value that `raw` stands for.

        Raises:
            RecipeError: what is wrong and what would be right, without the key's name.
        """
        raise NotImplementedError

    def over(self, before: T, after: T) -> T:
        """What holds where a value was given, and another one later."""
        return after

    def from_text(self, text: str) -> object:
        """The raw value that a text after `--set key=` stands for: TOML where it is TOML, else the text."""
        try:
            parsed = parse_toml(f"value = {text}", "")
        except RecipeError:
            return text
        if parsed.keys() != {"value"}:  # a text of several lines
            return text
        value = parsed["value"]
        return text if self.text_is_value and not isinstance(value, str) else value

    def dump(self, value: T) -> object:
        """The raw value that `parse` turns into `value`."""
        return value

    def brief(self, value: T) -> object:
        """The same without what is the default within it."""
        return self.dump(value)

    def is_default(self, value: T) -> bool:
        """Whether a value is the default, compared as they stand in a file."""
        return self.dump(value) == self.dump(self.parse(self.default))

    def still(self, value: T) -> object:
        """What of the value is the same at every frame, as it stands in a file; None where all moves."""
        return None if self.moves else self.dump(value)

    def map_files(self, raw: object, change: Callable[[FileText, str], str]) -> object:
        """The raw value with each name of a file changed; what names none stays as it is."""
        return raw

    def pictures(self, value: T) -> Iterator[tuple[str, str]]:
        """The pictures that the value names, each with its kind; see `FileText`."""
        yield from ()

    def describe(self) -> str:
        """What the key may hold, in words that follow "must be"."""
        raise NotImplementedError

    def form(self) -> dict[str, object]:
        """The same for a program that makes a form of it: `kind`, and what there is to know of that kind."""
        raise NotImplementedError

    def check(self, value: T, clock: Clock) -> None:
        """Check what only the clip's rate and length decide: a track's range over its frames."""

    def refuse(self, raw: object) -> RecipeError:
        """The error for a raw value that the key may not have."""
        hint = self.hint(raw) if isinstance(raw, str) else None
        more = f"; {hint}" if hint else ""
        return RecipeError(f"must be {self.describe()}, got {quote_value(raw)}{more}")

    def hint(self, text: str) -> str | None:
        """What to write for a text that is refused; None where nobody can tell."""
        return without_unit(text)

    def field(self) -> T:
        """A dataclass field that holds such a value; the field's metadata keeps the setting."""
        value: T = dataclass_field(default=self.parse(self.default), metadata={"setting": self})
        return value

    def fading(self) -> Fading[T]:
        """The setting of such values that may fade into one another over the frames."""
        return Fading(default=self.default, help=self.help, of=self)


@dataclass(frozen=True, kw_only=True)
class Ranged(Setting[T]):
    """Numbers from `minimum` to `maximum`, counted in `unit`; without limits of its own, a share.

    Attributes:
        usual: from where to where a slider leads, if not through the whole range.
        step: by how much a slider moves on, if not by a hundredth or less of that.
    """

    minimum: float = 0
    maximum: float = 1
    unit: str = ""
    usual: tuple[float, float] | None = None
    step: float | None = None

    def holds(self, number: float) -> bool:
        return self.minimum <= number <= self.maximum

    def limit(self, number: float) -> float:
        """The number, or the nearest one in range."""
        return min(max(number, self.minimum), self.maximum)

    def limits(self) -> dict[str, object]:
        """The range for a form."""
        low, high = self.usual or (self.minimum, self.maximum)
        step = self.step or 10.0 ** math.floor(math.log10((high - low) / 100))
        return {
            "minimum": self.minimum,
            "maximum": self.maximum,
            "usual": [low, high],
            "step": step,
            "unit": self.unit,
        }

    def span(self) -> str:
        """The range in words."""
        low, high = (f"{end}" if isinstance(end, int) else f"{end:g}" for end in (self.minimum, self.maximum))
        return f"from {low} to {high} {self.unit}".rstrip()


@dataclass(frozen=True, kw_only=True)
class Whole(Ranged[int]):
    """A whole number."""

    def parse(self, raw: object) -> int:
        if type(raw) is not int or not self.holds(raw):
            raise self.refuse(raw)
        return raw

    def hint(self, text: str) -> str | None:
        return without_unit(text, counted=self.unit)

    def describe(self) -> str:
        return f"a whole number {self.span()}"

    def form(self) -> dict[str, object]:
        return {"kind": "whole", **self.limits(), "step": self.step or 1}


@dataclass(frozen=True, kw_only=True)
class Flag(Setting[bool]):
    """Yes or no."""

    def parse(self, raw: object) -> bool:
        if not isinstance(raw, bool):
            raise self.refuse(raw)
        return raw

    def describe(self) -> str:
        return "true or false"

    def form(self) -> dict[str, object]:
        return {"kind": "flag"}


@dataclass(frozen=True, kw_only=True)
class Real(Ranged[float]):
    """A number, the same for all frames."""

    def parse(self, raw: object) -> float:
        if not is_number(raw) or not self.holds(raw):
            raise self.refuse(raw)
        return float(raw)

    def describe(self) -> str:
        return f"a number {self.span()}"

    def form(self) -> dict[str, object]:
        return {"kind": "number", **self.limits()}


@dataclass(frozen=True, kw_only=True)
class Text(Setting[str]):
    """A name, path or URL; "" where `default` is "", for none."""

    what: str

    text_is_value: ClassVar[bool] = True

    def parse(self, raw: object) -> str:
        missing = not raw and self.default != ""
        if not isinstance(raw, str) or missing or len(raw) > _LONGEST_TEXT:
            raise self.refuse(raw)
        if not _is_plain(raw):
            raise RecipeError(
                f"must be UTF-8 without control characters, got {quote_value(raw)}: rename the file; "
                "a path with backslashes stands in single quotes, or is written with slashes"
            )
        return raw

    def describe(self) -> str:
        return self.what

    def form(self) -> dict[str, object]:
        return {"kind": "text", "longest": _LONGEST_TEXT}


@dataclass(frozen=True, kw_only=True)
class FileText(Text):
    """A file's path; of a picture also a URL.

    Attributes:
        kind: what a picture is for, as a clip calls the copy that it keeps: "guide", "palette"; "" where it
            is no picture.
        or_word: whether a word alone means something else, and no file.
        words: those that do, where they are always the same.
    """

    kind: str = ""
    or_word: bool = False
    words: tuple[str, ...] = ()

    def map_files(self, raw: object, change: Callable[[FileText, str], str]) -> object:
        return change(self, raw) if isinstance(raw, str) else raw

    def pictures(self, value: str) -> Iterator[tuple[str, str]]:
        if self.kind and value:
            yield self.kind, value

    def form(self) -> dict[str, object]:
        return {"kind": "file", "longest": _LONGEST_TEXT, "picture": self.kind, "words": list(self.words)}


@dataclass(frozen=True, kw_only=True)
class Choice(Setting[str]):
    """One of `choices`.

    Attributes:
        elsewhere: what they are called in other programs, each with the choice that is meant.
    """

    choices: tuple[str, ...]
    elsewhere: tuple[tuple[str, str], ...] = ()

    text_is_value: ClassVar[bool] = True

    def parse(self, raw: object) -> str:
        if not isinstance(raw, str):
            raise self.refuse(raw)
        if raw not in self.choices:
            meant = dict(self.elsewhere).get(raw.lower())
            hint = nearest(raw, self.choices) if meant is None else f"; did you mean {meant!r}?"
            raise RecipeError(f"{self.refuse(raw)}{hint if 'did you mean' in hint else ''}")
        return raw

    def describe(self) -> str:
        quoted = [repr(choice) for choice in self.choices]
        return f"{', '.join(quoted[:-1])} or {quoted[-1]}"

    def form(self) -> dict[str, object]:
        return {"kind": "choice", "choices": list(self.choices)}


@dataclass(frozen=True, kw_only=True)
class Moving(Ranged[Track]):
    """A number that may change over the frames: a track whose values stay in range."""

    kind: Kind = Kind.LEVEL

    moves: ClassVar[bool] = True

    def tracks(self, value: Track) -> tuple[Track]:
        return (value,)

    def parse(self, raw: object) -> Track:
        if isinstance(raw, bool) or (isinstance(raw, int | float) and not is_number(raw)):
            raise self.refuse(raw)
        return parse_track(raw, self.kind)

    def dump(self, value: Track) -> object:
        return value.source

    def describe(self) -> str:
        return f"a number or track {self.span()}"

    def form(self) -> dict[str, object]:
        return {"kind": "number", **self.limits(), "a_second": self.kind is not Kind.LEVEL}

    def check(self, value: Track, clock: Clock) -> None:
        check_range(value, clock, self.minimum, self.maximum)


@dataclass(frozen=True, kw_only=True)
class Fading(Setting[Blend[T]]):
    """What `of` describes, which may fade from one value into another over the frames."""

    of: Setting[T]

    moves: ClassVar[bool] = True

    def tracks(self, value: Blend[T]) -> tuple[Blend[T]]:
        return (value,)

    def parse(self, raw: object) -> Blend[T]:
        return read_blend(raw, self.of.parse) if isinstance(raw, Mapping) else steady(self.of.parse(raw))

    def from_text(self, text: str) -> object:
        table = super().from_text(text)
        return table if isinstance(table, Mapping) else self.of.from_text(text)

    def dump(self, value: Blend[T]) -> object:
        return value.source(self.of.dump)

    def map_files(self, raw: object, change: Callable[[FileText, str], str]) -> object:
        if not isinstance(raw, Mapping):
            return self.of.map_files(raw, change)
        return {
            time: each if time in ("ease", "repeat") else self._map_keyframe(each, change)
            for time, each in raw.items()
        }

    def _map_keyframe(self, raw: object, change: Callable[[FileText, str], str]) -> object:
        if not isinstance(raw, Mapping):
            return self.of.map_files(raw, change)
        return {
            name: self.of.map_files(each, change) if name == "value" else each for name, each in raw.items()
        }

    def pictures(self, value: Blend[T]) -> Iterator[tuple[str, str]]:
        for choice in value.choices:
            yield from self.of.pictures(choice)

    def describe(self) -> str:
        return f"{self.of.describe()}; or a table of keyframes, which fade into one another"

    def form(self) -> dict[str, object]:
        return {**self.of.form(), "fades": True}

    def check(self, value: Blend[T], clock: Clock) -> None:
        value.bind(clock)


def is_number(raw: object) -> TypeGuard[int | float]:
    """Whether `raw` is a finite number that a float can hold; true and false are none."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return False
    return abs(raw) < _HUGE if isinstance(raw, int) else math.isfinite(raw)


def _is_plain(text: str) -> bool:
    """Whether a text has only characters that UTF-8 can hold: no control codes, no broken file name."""
    return not any(ord(char) < 32 or ord(char) == 127 or 0xD800 <= ord(char) <= 0xDFFF for char in text)
