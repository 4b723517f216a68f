"""How a value goes from one keyframe to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

Ease = Callable[[float], float]

EASES: Final[Mapping[str, Ease]] = {
    "linear": lambda u: u,
    "step": lambda u: 0.0 if u < 1 else 1.0,  # holds, then jumps at the next keyframe
    "smooth": lambda u: u * u * (3 - 2 * u),
    "ease-in": lambda u: u**3,
    "ease-out": lambda u: 1 - (1 - u) ** 3,
    "ease-in-out": lambda u: 4 * u**3 if u < 0.5 else 1 - 4 * (1 - u) ** 3,
}
"""The share of the way that is gone after the share `u` of the time: both 0 to 1, never going back."""

CUBIC: Final = "cubic"
"""Flows through the keyframes without stopping; it needs the neighbours' values, not `u` alone."""

EASE_NAMES: Final = (*EASES, CUBIC)


def slopes(positions: Sequence[float], values: Sequence[float]) -> list[float]:
    """The slope of the cubic at each keyframe, in value per frame, such that it never overshoots.

    Fritsch and Butland (1984), "A method for constructing local monotone piecewise cubic interpolants": the
    weighted harmonic mean, with the three-point formula at the ends, known as PCHIP. At least two keyframes,
    positions rising.
    """
    widths = [right - left for left, right in pairwise(positions)]
    rises = [(high - low) / width for (low, high), width in zip(pairwise(values), widths, strict=True)]
    if len(rises) == 1:
        return [rises[0], rises[0]]
    inner = [_inner_slope(width, rise) for width, rise in zip(pairwise(widths), pairwise(rises), strict=True)]
    first = _end_slope(widths[0], widths[1], rises[0], rises[1])
    last = _end_slope(widths[-1], widths[-2], rises[-1], rises[-2])
    return [first, *inner, last]


def hermite(u: float, ends: tuple[float, float], tangents: tuple[float, float]) -> float:
    """The cubic from `ends[0]` at u = 0 to `ends[1]` at u = 1 with these slopes, in value per unit of u."""
    rest = 1 - u
    (start, end), (leaving, arriving) = ends, tangents
    return (
        start * (1 + 2 * u) * rest * rest
        + end * (1 + 2 * rest) * u * u
        + leaving * u * rest * rest
        - arriving * u * u * rest
    )


def _inner_slope(widths: tuple[float, float], rises: tuple[float, float]) -> float:
    if rises[0] * rises[1] <= 0:  # a peak, a valley or a plateau
        return 0.0
    before, after = 2 * widths[1] + widths[0], widths[1] + 2 * widths[0]
    return (before + after) / (before / rises[0] + after / rises[1])


def _end_slope(width: float, next_width: float, rise: float, next_rise: float) -> float:
    slope = ((2 * width + next_width) * rise - width * next_rise) / (width + next_width)
    if slope * rise <= 0:
        return 0.0
    if rise * next_rise <= 0 and abs(slope) > 3 * abs(rise):
        return 3 * rise
    return slope
