"""A key of the recipe that holds a table of names and files: `[music.stems] drums = "drums.wav"`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from dreamzoom.errors import RecipeError, nearest, quote_value
from dreamzoom.recipe.settings import FileText, Setting
from dreamzoom.tracks.expression import VARIABLES
from dreamzoom.tracks.functions import CONSTANTS, FUNCTIONS
from dreamzoom.tracks.signals import KINDS, PULSES, Signal, is_source

FilesByName: TypeAlias = "tuple[tuple[str, str], ...]"
"""Names and the paths of their files."""

MOST: Final = 32
_PATH: Final = FileText(default="", what="a file's path, or '' for none", help="")
# A stem may be called as a signal is: bass.onset is no bass.
_TAKEN: Final = frozenset({*VARIABLES, *CONSTANTS, *FUNCTIONS, *PULSES, "s", "frame"} - {*KINDS})


@dataclass(frozen=True, kw_only=True)
class NamedFiles(Setting[FilesByName]):
    """Files by the names that formulas call them.

    Attributes:
        example: a table as it may be written.
    """

    example: str

    def parse(self, raw: object) -> FilesByName:
        """The names and files; "" is for a file that an earlier part of the recipe named, and that is none
        of it.
        """
        if not isinstance(raw, Mapping):
            raise self.refuse(raw)
        if len(raw) > MOST:
            raise RecipeError(f"names {len(raw)} files: must be {MOST} at most")
        return tuple((self._name(name), self._path(name, path)) for name, path in raw.items())

    def over(self, before: FilesByName, after: FilesByName) -> FilesByName:
        """Files that were named before, with others named over them, and without those that are none."""
        return tuple((name, path) for name, path in {**dict(before), **dict(after)}.items() if path)

    def dump(self, value: FilesByName) -> object:
        return dict(value)

    def map_files(self, raw: object, change: Callable[[FileText, str], str]) -> object:
        if not isinstance(raw, Mapping):
            return raw
        return {name: _PATH.map_files(path, change) for name, path in raw.items()}

    def describe(self) -> str:
        return f"a table of names and files, such as {self.example}"

    def form(self) -> dict[str, object]:
        return {"kind": "files", "most": MOST}

    def path_from_text(self, text: str) -> object:
        """The raw path that a text after `--set key.name=` stands for."""
        return _PATH.from_text(text)

    def _name(self, name: object) -> str:
        if not isinstance(name, str) or not is_source(name):
            raise RecipeError(
                f"has the name {quote_value(name)}: must be up to 40 letters, digits and _, a letter first"
            )
        if name in _TAKEN:
            raise RecipeError(
                f"has the name {name!r}, which means something else in formulas: choose another"
            )
        return name

    def _path(self, name: object, path: object) -> str:
        try:
            return _PATH.parse(path)
        except RecipeError as error:
            raise RecipeError(f"{name}: {error}") from None


def twice_named(stems: FilesByName, series: FilesByName) -> Iterator[str]:
    """What is wrong where a stem and a series have one name."""
    for name in dict(stems).keys() & dict(series).keys():
        yield f"has {name!r}, which is a stem's name as well: call one of them otherwise"


def unknown_source(signal: Signal, stems: FilesByName, series: FilesByName) -> str | None:
    """What is wrong where a formula asks for something of a file that there is none of, or of a stem what
    none has; None where nothing is. What a series has is known once it was read.
    """
    names = [name for name, _ in (*stems, *series)]
    if signal.source and signal.source not in names:
        hint = nearest(signal.source, names)
        more = hint if "did you mean" in hint else "; name its file in music.stems or music.series"
        return f"asks for {signal.name}, and no stem or series is called {signal.source!r}{more}"
    if signal.source in dict(stems) and signal.kind not in KINDS:
        return f"asks for {signal.name}, and a stem has no {signal.kind!r}{nearest(signal.kind, KINDS)}"
    return None
