"""From a TOML value to a track, and a whole track before the first frame: is it in range?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

from dreamzoom.errors import RecipeError, quote_value
from dreamzoom.tracks.base import Clock, Kind, Track
from dreamzoom.tracks.constant import Constant, read_number, read_quantity
from dreamzoom.tracks.expression import Expression, read_expression
from dreamzoom.tracks.hints import from_deforum, without_unit
from dreamzoom.tracks.keyframes import Keyframes, read_keyframes

_MOST_OPERATIONS: Final = 20_000_000  # of a formula over a clip's frames: about two seconds


def parse_track(value: object, kind: Kind) -> Track:
    """Read a number, a text (a number with a unit, or an expression) or a table of keyframes.

    Raises:
        RecipeError: it is none of these, or cannot be read; the text is to follow the key's name.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Constant(value, kind, read_number(value, kind))
    if isinstance(value, str):
        quantity = read_quantity(value, kind)
        return _read_text(value, kind) if quantity is None else Constant(value, kind, quantity)
    if isinstance(value, Mapping):
        return read_keyframes(value, kind)
    kinds = "a number, a formula in quotes or a table of keyframes"
    raise RecipeError(f"is {quote_value(value)}: must be {kinds}")


def _read_text(text: str, kind: Kind) -> Track:
    """A formula; what is written as elsewhere is answered with how it is written here."""
    try:
        return read_expression(text, kind)
    except RecipeError as error:
        if meant := from_deforum(text):
            raise RecipeError(meant) from error
        if written := without_unit(text, kind):
            raise RecipeError(f"is {quote_value(text)}: {written}") from error
        raise


def track_values(track: Track, clock: Clock) -> list[float]:
    """The track at every frame of the clip.

    Raises:
        RecipeError: at the first frame where it has no finite value.
    """
    curve = track.bind(clock)
    return [curve(frame) for frame in range(clock.frames)]


def is_ever_set(track: Track, clock: Clock) -> bool:
    """Whether a track is other than 0 at some frame of the clip.

    Raises:
        RecipeError: it has no value at a frame before that one.
    """
    curve = track.bind(clock)
    return any(curve(frame) for frame in range(1 if isinstance(track, Constant) else clock.frames))


def check_range(track: Track, clock: Clock, minimum: float, maximum: float) -> None:
    """Check every frame of the clip; of a long formula over very many frames some, evenly spread.

    Raises:
        RecipeError: naming the first frame whose value is out of range or not finite.
    """
    known = track.value_range(clock) if isinstance(track, Keyframes) else None
    if known and minimum <= known[0] and known[1] <= maximum:
        return  # a clip's status is told without SciPy, which a cubic ease loads
    curve = track.bind(clock)
    for frame in _looked_at(track, clock):
        value = curve(frame)
        if not (minimum <= value <= maximum and math.isfinite(value)):
            shown = _show(track, value, frame, clock)
            is_factor = isinstance(track, Constant | Keyframes | Expression) and track.kind is Kind.FACTOR
            still = " (1 stands still)" if is_factor and value == 0 else ""
            raise RecipeError(f"is {shown}: must be {minimum:g} to {maximum:g}{still}")


def _looked_at(track: Track, clock: Clock) -> Iterable[int]:
    """The frames whose values are checked: all, unless that would take many seconds."""
    work = track.operations * clock.frames if isinstance(track, Expression) else 0
    frames = range(0, clock.frames, 1 + work // _MOST_OPERATIONS)
    return frames if work <= _MOST_OPERATIONS else (*frames, clock.frames - 1)


def _show(track: Track, value: float, frame: int, clock: Clock) -> str:
    if not isinstance(track, Constant):
        return f"{value:.6g} at {clock.moment(frame)}"
    if track.quantity.per_second:
        return f"{track.source} ({value:.6g} a frame)"
    return f"{track.source}"
