"""From a TOML value to a track, and a whole track before the first frame: is it in range?"""

from __future__ import annotations

import math
from collections.abc import Mapping

from dreamzoom.errors import RecipeError, quote_value
from dreamzoom.tracks.base import Clock, Kind, Track
from dreamzoom.tracks.constant import Constant, read_number, read_quantity
from dreamzoom.tracks.expression import read_expression
from dreamzoom.tracks.keyframes import Keyframes, read_keyframes


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
    kinds = "a number, a formula in quotes or a table of keyframes"
    raise RecipeError(f"is {quote_value(value)}: must be {kinds}")


def track_values(track: Track, clock: Clock) -> list[float]:
    """The track at every frame of the clip.

    Raises:
        RecipeError: at the first frame where it has no finite value.
    """
    curve = track.bind(clock)
    return [curve(frame) for frame in range(clock.frames)]


def check_range(track: Track, clock: Clock, minimum: float, maximum: float) -> None:
    """Check every frame of the clip.

    Raises:
        RecipeError: naming the first frame whose value is out of range or not finite.
    """
    known = track.value_range(clock) if isinstance(track, Keyframes) else None
    if known and minimum <= known[0] and known[1] <= maximum:
        return  # a clip's status is told without SciPy, which a cubic ease loads
    for frame, value in enumerate(track_values(track, clock)):
        if not (minimum <= value <= maximum and math.isfinite(value)):
            shown = _show(track, value, frame, clock)
            raise RecipeError(f"is {shown}: must be {minimum:g} to {maximum:g}")


def _show(track: Track, value: float, frame: int, clock: Clock) -> str:
    if not isinstance(track, Constant):
        return f"{value:.6g} at {clock.moment(frame)}"
    if track.quantity.per_second:
        return f"{track.source} ({value:.6g} a frame)"
    return f"{track.source}"
