"""From a TOML value to a track."""

from __future__ import annotations

from collections.abc import Mapping

from dreamzoom.errors import RecipeError
from dreamzoom.tracks.base import Kind, Track
from dreamzoom.tracks.constant import Constant, read_number, read_quantity
from dreamzoom.tracks.expression import read_expression
from dreamzoom.tracks.keyframes import read_keyframes


def parse_track(value: object, kind: Kind) -> Track:
    """Read a number, a text (a number with a unit, or an expression) or a table of keyframes.

    Raises:
        RecipeError: it is none of these, or cannot be read; the text is to follow the key's name.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Constant(value, kind, read_number(value, kind))
    if isinstance(value, str):
        quantity = read_quantity(value, kind)
        return read_expression(value, kind) if quantity is None else Constant(value, kind, quantity)
    if isinstance(value, Mapping):
        return read_keyframes(value, kind)
    raise RecipeError(f"is {_describe(value)}: must be a number, a formula in quotes or a table of keyframes")


def _describe(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "a list" if isinstance(value, (list, tuple)) else f"a {type(value).__name__}"
