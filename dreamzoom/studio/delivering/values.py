"""Values that a page gives of deliveries, checked."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from dreamzoom.delivery.planning import Rounds
from dreamzoom.errors import RequestError, quote_value
from dreamzoom.recipe.units import parse_rate
from dreamzoom.studio.asked import take

SPEEDS: Final = (Fraction(1, 100), Fraction(100))
"""How many times as fast something may be shown."""

ANGLES: Final = (Fraction(0), Fraction(360))
"""What a shutter's angle may be, in degrees."""

_MOST_ROUNDS: Final = 100_000
_MOST_FRAMES: Final = 10**6


def read_frames(raw: object) -> tuple[int, int] | None:
    """From the first frame to the one after the last; None for all. Raises a RequestError."""
    if raw is None:
        return None
    if isinstance(raw, list) and len(raw) == 2 and all(type(each) is int for each in raw):
        first, stop = raw
        if 0 <= first < stop <= _MOST_FRAMES:
            return first, stop
    raise RequestError(
        f"frames must be two numbers, the first and the one after the last, got {quote_value(raw)}"
    )


def read_rounds(raw: object) -> Rounds:
    """Rounds of a loop; None for one, as it is. Raises a RequestError."""
    if raw is None or (type(raw) is int and 1 <= raw <= _MOST_ROUNDS):
        return raw
    if raw == "song":
        return "song"
    raise RequestError(f"rounds must be a number from 1 on, or song, got {quote_value(raw)}")


def read_rate(text: str) -> Fraction:
    """Frames a second, exactly. Raises a RequestError."""
    rate = parse_rate(text)
    if rate is None:
        raise RequestError(
            f"fps: {quote_value(text)} is no rate from 1 to 240, such as 30, 29.97 or 30000/1001"
        )
    return rate


def read_number(body: Mapping[str, Any], name: str, usual: float, limits: tuple[Any, Any]) -> Fraction:
    """A number within its limits, exactly as it is written. Raises a RequestError."""
    value = take(body, name, float, float(usual))
    low, high = limits
    if not low <= value <= high:  # nan is in no limits
        raise RequestError(f"{name} must be from {float(low):g} to {float(high):g}, got {value:g}")
    return Fraction(f"{value:g}")
