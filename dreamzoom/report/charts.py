"""Curves over frames as HTML and SVG that fill the width they are given, in the page's own colours.

The curve is stretched to its box; what must not be stretched (labels, dots) is HTML placed in per cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final, Literal, TypeAlias

from dreamzoom.plot.charts import nice_ticks, thinned
from dreamzoom.plot.samples import short_number
from dreamzoom.report.gather import Stretch
from dreamzoom.report.markup import Html, tag
from dreamzoom.tracks.base import Clock

Hue: TypeAlias = Literal["picture", "motion", "dream", "time", "track"]

_WIDE, _HIGH = 1000, 100  # the SVG's own units, stretched to the box
_COLUMNS: Final = 300  # that a curve is drawn with at most, two points each
_TICKS: Final = 4
_LEAST_SPAN: Final = 1e-9
_OUTLIER: Final = 2.5  # times the 98th percentile: what is above does not set a cut scale


@dataclass(frozen=True)
class Curve:
    """A figure over frames, and how it is shown.

    Attributes:
        title: its name.
        about: what it is, in a sentence.
        points: frame and value, in order; what is missing leaves a gap.
        wording: a format for a value, such as "{:.1f} %"; "" is four digits.
        hue: which of the page's colours.
        shown: values that the scale has in any case.
        span: the least distance from the scale's lowest to its highest value.
        reference: a value that is drawn as a dashed line, and what it is.
        cut: whether a few values far above the others are cut off.
        dots: places on the curve that are marked, in frames and values.
    """

    title: str
    about: str
    points: tuple[tuple[int, float], ...]
    wording: str = ""
    hue: Hue = "picture"
    shown: tuple[float, ...] = ()
    span: float = 0.0
    reference: tuple[float, str] | None = None
    cut: bool = False
    dots: tuple[tuple[float, float], ...] = ()

    @property
    def values(self) -> list[float]:
        """The values alone."""
        return [value for _, value in self.points]

    def say(self, value: float) -> str:
        """A value in words."""
        return self.wording.format(value) if self.wording else number(value)


@dataclass(frozen=True)
class Ground:
    """What all curves of a row stand on: the last frame's number, the clip's time, and stretches to mark."""

    last: int
    clock: Clock
    marked: tuple[Stretch, ...] = ()

    def across(self, frame: float) -> float:
        """How far to the right a frame is, 0 to 1."""
        return frame / self.last if self.last else 0.5


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float

    def up(self, value: float) -> float:
        """How far up a value is, 0 to 1; what is beyond the scale is at its edge."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def number(value: float) -> str:
    """A number as people read it: four digits, thousands with commas."""
    short = short_number(value)
    return f"{float(short):,.0f}" if 1000 <= abs(value) < 1e9 else short


def chart(curve: Curve, ground: Ground) -> Html:
    """A curve as a figure with its title and a summary of its values."""
    scale = _scale(curve)
    box = tag(
        "div",
        *_value_ticks(curve, scale),
        _drawing(curve, ground, scale),
        *_reference_label(curve, scale),
        *(_dot(ground.across(frame), scale.up(value)) for frame, value in _marks(curve)),
        tag("span", class_="cursor", hidden=""),
        class_="box",
    )
    return tag(
        "figure",
        _heading(curve),
        tag("div", box, _time_ticks(ground), class_="plot"),
        tag("p", curve.about, class_="about") if curve.about else "",
        class_=f"chart {curve.hue}",
        data_last=ground.last,
        data_points=_data(curve, scale),
    )


def _scale(curve: Curve) -> _Scale:
    values = [*curve.values, *curve.shown, *([curve.reference[0]] if curve.reference else [])]
    low, high = min(values), max(values)
    if curve.cut:
        usual = sorted(curve.values)[(len(curve.values) - 1) * 98 // 100]
        high = min(high, _OUTLIER * usual) or high
    missing = max(0.0, max(curve.span or abs(high) * 0.01, _LEAST_SPAN) - (high - low))
    room = (high - low + missing) * 0.06
    bottom = low - missing / 2 - room
    # A scale that begins at 0 begins there to the pixel.
    return _Scale(low if low in curve.shown else bottom, max(high + missing / 2 + room, low + missing))


def _heading(curve: Curve) -> Html:
    values = curve.values
    ends = (curve.say(min(values)), curve.say(max(values)))
    summary = ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
    return tag(
        "figcaption",
        tag("strong", curve.title),
        tag("span", summary, class_="summary"),
        tag("span", class_="readout", hidden=""),
    )


def _drawing(curve: Curve, ground: Ground, scale: _Scale) -> Html:
    places = [
        [(ground.across(frame) * _WIDE, (1 - scale.up(value)) * _HIGH) for frame, value in run]
        for run in _runs(curve.points)
    ]
    return tag(
        "svg",
        *(_band(ground, stretch) for stretch in ground.marked if stretch.first <= ground.last),
        *(_level(scale, value, "grid") for value in nice_ticks(scale.low, scale.high, _TICKS)),
        *([_level(scale, curve.reference[0], "reference")] if curve.reference else []),
        *(_area(run) for run in places if len(run) > 1),
        *(tag("polyline", class_="curve", points=_points(run)) for run in places),
        viewBox=f"0 0 {_WIDE} {_HIGH}",
        preserveAspectRatio="none",
        role="img",
        aria_label=_spoken(curve),
    )


def _spoken(curve: Curve) -> str:
    values = curve.values
    return (
        f"{curve.title} over {len(values)} frames: from {curve.say(min(values))} "
        f"to {curve.say(max(values))}, median {curve.say(median(values))}, at the end {curve.say(values[-1])}"
    )


def _band(ground: Ground, stretch: Stretch) -> Html:
    left = ground.across(stretch.first - 0.5) * _WIDE
    right = ground.across(min(stretch.last, ground.last) + 0.5) * _WIDE
    return tag(
        "rect", class_="band", x=f"{left:.1f}", y=0, width=f"{max(2.0, right - left):.1f}", height=_HIGH
    )


def _level(scale: _Scale, value: float, kind: str) -> Html:
    y = f"{(1 - scale.up(value)) * _HIGH:.2f}"
    return tag("line", class_=kind, x1=0, x2=_WIDE, y1=y, y2=y)


def _area(run: Sequence[tuple[float, float]]) -> Html:
    closed = [(run[0][0], _HIGH), *run, (run[-1][0], _HIGH)]
    return tag("polygon", class_="area", points=_points(closed))


def _points(places: Iterable[tuple[float, float]]) -> str:
    listed = [f"{x:.1f},{y:.1f}" for x, y in places]
    return " ".join(listed if len(listed) > 1 else listed * 2)  # a line from a place to itself is a dot


def _runs(points: Sequence[tuple[int, float]]) -> list[list[tuple[int, float]]]:
    """The points cut where frames are missing, each run no denser than can be seen."""
    if len(points) < 2:
        return [list(points)]
    usual = median(after[0] - before[0] for before, after in pairwise(points))
    runs = [[points[0]]]
    for before, after in pairwise(points):
        if after[0] - before[0] > 2 * usual:
            runs.append([])
        runs[-1].append(after)
    return [_thinned(run) for run in runs]


def _thinned(run: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    return [run[place] for place in thinned([value for _, value in run], _COLUMNS)]


def _value_ticks(curve: Curve, scale: _Scale) -> list[Html]:
    return [
        tag("span", number(value), class_="tick", style=f"bottom:{scale.up(value):.2%}")
        for value in nice_ticks(scale.low, scale.high, _TICKS)
    ]


def _reference_label(curve: Curve, scale: _Scale) -> list[Html]:
    if curve.reference is None:
        return []
    value, name = curve.reference
    return [tag("span", name, class_="name", style=f"bottom:{scale.up(value):.2%}")]


def _marks(curve: Curve) -> Sequence[tuple[float, float]]:
    """What is marked; a curve of one point is a mark."""
    return curve.points if len(curve.points) == 1 else curve.dots


def _dot(across: float, up: float) -> Html:
    return tag("span", class_="dot", style=f"left:{across:.2%};bottom:{up:.2%}")


def _time_ticks(ground: Ground) -> Html:
    seconds = ground.clock.seconds(ground.last)
    if not seconds:
        return tag("div", tag("span", "frame 0", style="left:50%"), class_="times")
    marks = (
        tag("span", f"{short_number(second)} s", style=f"left:{second / seconds:.2%}")
        for second in nice_ticks(0, seconds, 5)
    )
    return tag("div", *marks, class_="times")


def _data(curve: Curve, scale: _Scale) -> str:
    """The points for whoever asks: frame, height in per cent, and the value in words."""
    points = _thinned(curve.points)
    return "|".join(f"{frame} {scale.up(value) * 100:.1f} {curve.say(value)}" for frame, value in points)
