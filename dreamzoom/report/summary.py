"""A clip in a handful of figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import TYPE_CHECKING

from dreamzoom.measure import REPEAT_FRAMES

if TYPE_CHECKING:
    from dreamzoom.report.gather import Report


@dataclass(frozen=True)
class Figure:
    """A figure: its name, its value in words, and what it is of."""

    name: str
    value: str
    of: str


def summary(report: Report) -> list[Figure]:
    """The figures that can be told; those of the picture are means over the last fifth of the clip."""
    looks = report.looks
    late = looks[-max(1, len(looks) // 5) :]
    when = "over the last fifth" if len(looks) >= 5 else "at the end"
    start = "" if report.start is None else f", {report.start.brightness:.0f} at the start"
    return [
        *_mean("Brightness", "{:.0f}", [look.brightness for look in late], f"{when}{start}"),
        *_mean("Contrast", "{:.2f}", _known(look.contrast for look in late), f"{when}, start image 1"),
        *_mean("Clipped", "{:.1f} %", [100 * look.clipped for look in late], f"of all values, {when}"),
        *_mean("Flicker", "{:.1f}", _known(look.flicker for look in looks), "grey levels a frame, mean"),
        *_likeness(_known(look.likeness for look in looks)),
        *_pace(list(report.seconds.values())),
    ]


def clock_time(seconds: float) -> str:
    """A time as people read it: "0.4 s", "3:25 min", "1:02:03 h"."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d} h" if hours else f"{minutes}:{rest:02d} min"


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _mean(name: str, wording: str, values: Sequence[float], of: str) -> list[Figure]:
    return [Figure(name, wording.format(fmean(values)), of)] if values else []


def _likeness(values: list[float]) -> list[Figure]:
    if not values:
        return []
    high = sorted(values)[(len(values) - 1) * 95 // 100]
    return [Figure("Likeness", f"{high:.2f}", f"to {REPEAT_FRAMES} frames before, 95th percentile")]


def _pace(seconds: list[float]) -> list[Figure]:
    if not seconds:
        return []
    return [Figure("Pace", f"{median(seconds):.3g} s", f"a frame, median; {clock_time(sum(seconds))} in all")]
