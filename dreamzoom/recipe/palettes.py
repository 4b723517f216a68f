"""Palettes: short lists of colours, each with its share of the picture.

A palette that comes with dreamzoom is a TOML file in `presets/palettes`, and is called as its file is:

    title = "Dusk"
    description = "a clear evening: indigo, plum, rose and the last apricot of the sun"

    [colours]
    "#14163a" = 4
    "#f5b277" = 2

A person's own is such a file too, or one of a drawing program: GIMP's `.gpl`, or colours as text, one a line
(`.hex`, `.txt`). What stands in them is data; nothing of it is run. Or colours stand in the place of a name:
"#14163a #f5b277".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

from dreamzoom.errors import RecipeError, nearest, quote_value
from dreamzoom.io.toml import parse_toml, read_text
from dreamzoom.recipe.presets import presets_folder

Rgb: TypeAlias = "tuple[int, int, int]"
"""A colour, sRGB, 0 to 255 each."""

MOST_COLOURS: Final = 256

_HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
_COLOURS = re.compile(r"#[0-9a-f]{6}(?: #[0-9a-f]{6}){0,255}", re.IGNORECASE)
_GIMP = re.compile(r"\s*(\d{1,3})\s+(\d{1,3})\s+(\d{1,3})(?:\s.*)?")
_HOW: Final = 'write colours as "#d9745f"'


@dataclass(frozen=True)
class Palette:
    """A palette that has been read and checked.

    Attributes:
        name: the file's name without its ending.
        title, description: a line each; the description may be "".
        colours: in the file's order, 2 at least.
        shares: of each of them; their sum is 1.
        text: the file as it is.
    """

    name: str
    title: str
    description: str
    colours: tuple[Rgb, ...]
    shares: tuple[float, ...]
    text: str

    @property
    def rows(self) -> tuple[tuple[Rgb, float], ...]:
        """Each colour with its share."""
        return tuple(zip(self.colours, self.shares, strict=True))


def list_palettes() -> list[Palette]:
    """The palettes that come with dreamzoom, by name.

    Raises:
        RecipeError: one of them is damaged.
    """
    return [read_palette(path) for path in _files().values()]


def palette_names() -> tuple[str, ...]:
    """The names of the palettes that come with dreamzoom; no file is read."""
    return tuple(_files())


def find_palette(name: str) -> Palette:
    """The palette of that name among those that come with dreamzoom.

    Raises:
        RecipeError: there is none; the nearest are named.
    """
    files = _files()
    if name not in files:
        raise RecipeError(f"there is no palette {name!r}{nearest(name, files)}")
    return read_palette(files[name])


def open_palette(name_or_path: str) -> Palette:
    """The palette of that name, in that file, or of the colours that stand there.

    Raises:
        RecipeError: as `find_palette` and `read_palette`.
    """
    if lists_colours(name_or_path):
        rows = [(read_colour(each), 1.0) for each in name_or_path.split()]
        _check(rows)
        shares = tuple(share / len(rows) for _, share in rows)
        return Palette("", name_or_path, "", tuple(colour for colour, _ in rows), shares, name_or_path)
    if names_palette_file(name_or_path):
        return read_palette(Path(name_or_path))
    return find_palette(name_or_path)


def names_palette_file(source: str) -> bool:
    """Whether a path ends as files of palettes do, not as pictures."""
    return "://" not in source and Path(source).suffix.lower() in _READERS


def lists_colours(source: str) -> bool:
    """Whether a text is colours in the place of a palette's name."""
    return _COLOURS.fullmatch(source) is not None


def read_palette(path: Path) -> Palette:
    """The palette in a file: TOML, GIMP's `.gpl`, or colours as text.

    Raises:
        RecipeError: it cannot be read, or holds less than two colours, a colour that is none, or shares that
            sum to nothing.
    """
    text = read_text(path, kind="palette")
    reader = _READERS.get(path.suffix.lower(), _read_lines)
    try:
        title, description, rows = reader(text)
        _check(rows)
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from None
    whole = math.fsum(share for _, share in rows)
    shares = tuple(share / whole for _, share in rows)
    name = path.stem
    return Palette(name, title or name, description, tuple(colour for colour, _ in rows), shares, text)


_Row: TypeAlias = "tuple[Rgb, float]"
_Read: TypeAlias = "tuple[str, str, list[_Row]]"


def _check(rows: list[_Row]) -> None:
    if not rows:
        raise RecipeError(f"holds no colours; {_HOW}")
    if len(rows) > MOST_COLOURS:
        raise RecipeError(f"holds {len(rows)} colours: must be {MOST_COLOURS} at most")
    if not any(share for _, share in rows):
        raise RecipeError("has shares that sum to nothing: give a colour a share above 0")
    if len({colour for colour, share in rows if share}) < 2:
        raise RecipeError("needs two colours at least: with one alone every picture would be flat")


def _read_toml(text: str) -> _Read:
    document = parse_toml(text, "the palette")
    unknown = [key for key in document if key not in ("title", "description", "colours")]
    if unknown:
        hint = nearest(unknown[0], ("title", "description", "colours"))
        raise RecipeError(f"has no key {quote_value(unknown[0])}{hint}")
    title, description = (_line(key, document.get(key, "")) for key in ("title", "description"))
    colours = document.get("colours", {})
    if isinstance(colours, list):
        return title, description, [(read_colour(colour), 1.0) for colour in colours]
    if not isinstance(colours, Mapping):
        raise RecipeError("colours must be an array of colours, or a table of them and their shares")
    return title, description, [(read_colour(key), _share(key, share)) for key, share in colours.items()]


def _line(key: str, value: object) -> str:
    if not isinstance(value, str) or "\n" in value:
        raise RecipeError(f"{key} must be one line of text")
    return value.strip()


def _share(colour: str, share: object) -> float:
    is_number = isinstance(share, int | float) and not isinstance(share, bool)
    if not is_number or not 0 <= share <= 1e9:  # type: ignore[operator]
        raise RecipeError(f"colour {colour} has the share {quote_value(share)}: must be a number from 0 on")
    return float(share)  # type: ignore[arg-type]


def _read_gimp(text: str) -> _Read:
    lines = text.splitlines()
    if not lines or lines[0].strip() != "GIMP Palette":
        raise RecipeError('is no GIMP palette: its first line must be "GIMP Palette"')
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("Name:"))
    return next(names, ""), "", list(_gimp_rows(lines))


def _gimp_rows(lines: list[str]) -> Iterator[_Row]:
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip() or line.lstrip().startswith("#") or re.match(r"\w+:", line):
            continue
        found = _GIMP.fullmatch(line)
        red, green, blue = map(int, found.groups()) if found else (256, 0, 0)
        if max(red, green, blue) > 255:
            raise RecipeError(
                f"line {number}: {quote_value(line.strip())} is no colour: three numbers to 255"
            )
        yield (red, green, blue), 1.0


def _read_lines(text: str) -> _Read:
    return "", "", list(_text_rows(text))


def _text_rows(text: str) -> Iterator[_Row]:
    """A colour a line, and its share if there is one; a line that begins with ";" or "//" is a remark."""
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or line.lstrip().startswith((";", "//")):
            continue
        try:
            share = _number(" ".join(words[1:])) if len(words) > 1 else 1.0
            yield read_colour(words[0]), _share(words[0], share)
        except RecipeError as error:
            raise RecipeError(f"line {number}: {error}") from None


def _number(word: str) -> float | str:
    try:
        return float(word)
    except ValueError:
        return word


def hex_of(colour: Rgb) -> str:
    """A colour as files spell it: "#d9745f"."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def read_colour(text: object) -> Rgb:
    """A colour such as "#d9745f" or "fc8".

    Raises:
        RecipeError: it is none.
    """
    found = _HEX.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise RecipeError(f"{quote_value(text)} is no colour; {_HOW}")
    digits = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


_READERS: Final[Mapping[str, Callable[[str], _Read]]] = MappingProxyType(
    {".toml": _read_toml, ".gpl": _read_gimp, ".hex": _read_lines, ".txt": _read_lines}
)


@cache
def _files() -> Mapping[str, Path]:
    return MappingProxyType(
        {path.stem: path for path in sorted((presets_folder() / "palettes").glob("*.toml"))}
    )
