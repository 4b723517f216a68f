"""Which curves there are of a clip, and each as the page shows it.

A curve is stretched to the width that it is given. What must not be stretched (labels, dots) is HTML, placed
in per cent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Final

from dreamzoom.plot.charts import (
    Area,
    Paint,
    Scale,
    curve_marks,
    nice_ticks,
    thin,
    to_svg_elements,
    value_scale,
)
from dreamzoom.plot.samples import Series, short_number
from dreamzoom.report.colour import HUES
from dreamzoom.report.frames import REPEAT_FRAMES, Measurement
from dreamzoom.report.gather import Report, Stretch
from dreamzoom.tracks.base import Clock

WIDE, HIGH = 150, 100
"""The sides of a curve's drawing, in units of its own."""

_PAINT: Final = Paint("var(--hue)", "var(--area)", "var(--grid)")
_BAND = "var(--band)"
_NARROWEST_BAND: Final = 0.3
_TICKS: Final = 4


def series_of(report: Report) -> list[Series]:
    """All series but the tracks that have a point at least."""
    series = (*_of_pictures(report), *_of_dreams(report), *_of_targets(report))
    return [each for each in series if each.points]


def _of_pictures(report: Report) -> Iterator[Series]:
    figure, start = partial(_points, report.measured), report.start
    yield Series(
        "Brightness",
        "Mean of all values, 0 to 255.",
        figure(lambda frame: frame.brightness),
        wording="{:.1f}",
        span=40,
        reference=None if start is None else (start.brightness, "start image"),
    )
    yield Series(
        "Contrast",
        "Standard deviation of all values, in multiples of the start image's.",
        figure(lambda frame: frame.contrast),
        wording="{:.2f}",
        span=0.5,
        reference=(1.0, "start image"),
    )
    yield Series(
        "Clipped",
        "Share of the values that are black or white to the last grey level.",
        figure(lambda frame: frame.clipped * 100),
        wording="{:.2f} %",
        shown=(0.0,),
        span=2,
    )
    yield Series(
        "Colourfulness",
        "How spread and how strong the colours are (Hasler & Süsstrunk 2003); 0 is grey, 82 extreme.",
        figure(lambda frame: frame.colour),
        wording="{:.1f}",
        shown=(0.0,),
        span=20,
        reference=None if start is None else (start.colour, "start image"),
    )
    yield Series(
        "Hues",
        f"Of {HUES} on the circle: as many equally strong ones have the entropy that the hues have.",
        figure(lambda frame: frame.hues),
        wording="{:.1f}",
        shown=(0.0,),
        span=6,
        reference=None if start is None else (start.hues, "start image"),
    )
    what = "Mean difference from the frame before as the camera moved it, in grey levels."
    flicker = figure(lambda frame: frame.flicker)
    yield Series("Flicker", what, flicker, "motion", "{:.2f}", shown=(0.0,), span=4)
    what = f"Correlation with the frame {REPEAT_FRAMES} before, as small pictures; 1 is a standstill."
    yield Series("Likeness", what, figure(lambda frame: frame.likeness), "motion", "{:.2f}", shown=(0.0, 1.0))


def _of_dreams(report: Report) -> Iterator[Series]:
    what = "What the dream climbs, as it was at each dream's end."
    yield Series("Objective", what, tuple(report.objective.items()), "dream")
    what, seconds = "From the frame before to this one's pixels.", tuple(report.seconds.items())
    yield Series("Seconds a frame", what, seconds, "time", "{:.3g} s", shown=(0.0,), cut=True)


def _of_targets(report: Report) -> Iterator[Series]:
    for axis, (name, side) in enumerate((("across", "left"), ("down", "top"))):
        what = f"Where the camera looked, in fractions of the frame from the {side}."
        points = tuple((frame, target[axis]) for frame, target in report.targets.items())
        yield Series(f"Target {name}", what, points, "motion", "{:.3f}", shown=(0.0, 1.0))


def _points(
    measured: Iterable[Measurement], figure: Callable[[Measurement], float | None]
) -> tuple[tuple[int, float], ...]:
    pairs = ((each.frame, figure(each)) for each in measured)
    return tuple((frame, value) for frame, value in pairs if value is not None)


@dataclass(frozen=True)
class TimeAxis:
    """What all curves of a row stand on: the last frame's number, the clip's time, and stretches to shade."""

    last: int
    clock: Clock
    shaded: tuple[Stretch, ...] = ()

    @property
    def scale(self) -> Scale:
        """From frames to the drawing's x; a single frame is in the middle."""
        return Scale(0, self.last, 0, WIDE) if self.last else Scale(-1, 1, 0, WIDE)


@dataclass(frozen=True)
class Chart:
    """A curve as the page shows it; places are in per cent of its box, from the left and from below.

    Attributes:
        series: what is drawn.
        svg: the elements of a drawing of `WIDE` by `HIGH`.
        spoken: the curve in a sentence.
        levels: values on the scale, each with its height.
        reference: the height of a dashed line, and what it is.
        dots: places that are marked.
        times: moments, each with its place from the left.
        last: the last frame of the time axis.
        data: each point for the script: frame, height without "%", value in words; parted by "|".
    """

    series: Series
    svg: str
    spoken: str
    levels: list[tuple[str, str]]
    reference: tuple[str, str] | None
    dots: list[tuple[str, str]]
    times: list[tuple[str, str]]
    last: int
    data: str


def make_chart(series: Series, axis: TimeAxis) -> Chart:
    """A curve over a time axis."""
    across, up = axis.scale, value_scale(series, HIGH, 0)
    levels = nice_ticks(up.low, up.high, _TICKS)
    bands = [_band(across, stretch) for stretch in axis.shaded if stretch.first <= axis.last]
    marked = series.points if len(series.points) == 1 else series.dots
    return Chart(
        series=series,
        svg=to_svg_elements([*bands, *curve_marks(series, across, up, levels, _PAINT)]),
        spoken=_spoken(series),
        levels=[(_percent(up, value), short_number(value)) for value in levels],
        reference=series.reference and (_percent(up, series.reference[0]), series.reference[1]),
        dots=[(_percent(across, frame), _percent(up, value)) for frame, value in marked],
        times=_times(axis),
        last=axis.last,
        data="|".join(
            f"{frame} {100 - up(value):.1f} {series.say(value)}"
            for frame, value in thin(series.points, 2 * WIDE)
        ),
    )


def _percent(scale: Scale, value: float) -> str:
    """How far from its low to its high end a scale has a value."""
    share = (scale(value) - scale.start) / (scale.end - scale.start)
    return f"{share:.2%}"


def _band(across: Scale, stretch: Stretch) -> Area:
    left, right = across(stretch.first - 0.5), across(stretch.last + 0.5)
    right = max(right, left + _NARROWEST_BAND)
    return Area(((left, 0), (right, 0), (right, HIGH), (left, HIGH)), _BAND)


def _times(axis: TimeAxis) -> list[tuple[str, str]]:
    seconds = axis.clock.seconds(axis.last)
    if not seconds:
        return [("50%", "frame 0")]
    ticks = nice_ticks(0, seconds, 5)
    return [(f"{second / seconds:.2%}", f"{short_number(second)} s") for second in ticks]


def _spoken(series: Series) -> str:
    low, high, middle, end = map(
        series.say, (series.low, series.high, median(series.values), series.values[-1])
    )
    return (
        f"{series.name} over {len(series.points)} frames: from {low} to {high}, "
        f"median {middle}, at the end {end}"
    )
