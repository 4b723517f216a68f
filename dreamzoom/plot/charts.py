"""Charts: marks written as SVG and PNG, curves made of marks, and the chart of a recipe's tracks.

A chart of tracks has one panel under another over one axis of time. The report draws its curves with the same
code, see `curve_marks`. Lengths are CSS pixels. Colours are any of CSS's in SVG and "#rrggbb" in PNG.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from statistics import median
from typing import Final, Literal, TypeAlias
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

from dreamzoom.errors import printable
from dreamzoom.plot.samples import Series, sample, short_number, shorten
from dreamzoom.tracks.base import Clock, Track

Position: TypeAlias = tuple[float, float]
"""x to the right and y downwards, in CSS pixels from the top left."""

PNG_SCALE: Final = 2  # pixels of a PNG per CSS pixel
_SMOOTHING: Final = 2  # each of them drawn this much larger first: Pillow's lines have hard edges

_FONT = "Aileron, Helvetica, Arial, sans-serif"
_LEAST_SHARE: Final = 0.01  # of a scale's highest value that it spans where its series does not say
_LEAST_SPAN: Final = 1e-9
_OUTLIER: Final = 2.5  # times the 98th percentile: what is above does not set a cut scale

_PILLOW_ANCHORS: Final = {"start": "ls", "middle": "ms", "end": "rs"}


@dataclass(frozen=True)
class Line:
    """A line through points, with round joints."""

    points: tuple[Position, ...]
    colour: str
    width: float = 1.0


@dataclass(frozen=True)
class Area:
    """A filled polygon."""

    points: tuple[Position, ...]
    colour: str


@dataclass(frozen=True)
class Dot:
    """A filled circle with a white rim."""

    centre: Position
    radius: float
    colour: str


@dataclass(frozen=True)
class Label:
    """One line of text; `at` is on its baseline."""

    text: str
    at: Position
    colour: str
    size: float = 12
    anchor: Literal["start", "middle", "end"] = "start"


Mark: TypeAlias = Line | Area | Dot | Label


@dataclass(frozen=True)
class Drawing:
    """Marks on white, the later ones on top."""

    width: int
    height: int
    marks: tuple[Mark, ...]


def to_svg(drawing: Drawing) -> str:
    """The drawing as an SVG document that needs nothing else."""
    size = f'width="{drawing.width}" height="{drawing.height}" viewBox="0 0 {drawing.width} {drawing.height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{_FONT}">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{to_svg_elements(drawing.marks)}\n</svg>\n'
    )


def to_svg_elements(marks: Iterable[Mark]) -> str:
    """Marks as SVG's elements, a line each, for an <svg> of one's own."""
    return "\n".join(map(_svg, marks))


def to_png(drawing: Drawing) -> bytes:
    """The drawing as a PNG file of `PNG_SCALE` pixels for each CSS pixel."""
    scale = PNG_SCALE * _SMOOTHING
    image = Image.new("RGB", (drawing.width * scale, drawing.height * scale), "#ffffff")
    pen = ImageDraw.Draw(image)
    for mark in drawing.marks:
        _paint(pen, mark, scale)
    file = io.BytesIO()
    image.reduce(_SMOOTHING).save(file, "PNG", optimize=True)
    return file.getvalue()


def _svg(mark: Mark) -> str:
    match mark:
        case Line(points, colour, width):
            pen = f'fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round"'
            return f'<polyline points="{_points(points)}" {pen}/>'
        case Area(points, colour):
            return f'<polygon points="{_points(points)}" fill="{colour}"/>'
        case Dot((x, y), radius, colour):
            return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius:g}" fill="{colour}" stroke="#ffffff"/>'
        case Label(text, (x, y), colour, size, anchor):
            place = f'x="{x:.2f}" y="{y:.2f}" font-size="{size:g}" text-anchor="{anchor}"'
            return f'<text {place} fill="{colour}" xml:space="preserve">{escape(printable(text))}</text>'


def _points(points: tuple[Position, ...]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def _paint(pen: ImageDraw.ImageDraw, mark: Mark, scale: int) -> None:
    match mark:
        case Line(points, colour, width):
            pen.line(_scaled(points, scale), fill=colour, width=round(width * scale), joint="curve")
        case Area(points, colour):
            pen.polygon(_scaled(points, scale), fill=colour)
        case Dot(centre, radius, colour):
            place = _scaled((centre,), scale)[0]
            pen.circle(place, radius * scale, fill=colour, outline="#ffffff", width=scale)
        case Label(text, at, colour, size, anchor):
            font = ImageFont.load_default(size * scale)
            pen.text(
                _scaled((at,), scale)[0],
                printable(text),
                fill=colour,
                font=font,
                anchor=_PILLOW_ANCHORS[anchor],
            )


def _scaled(points: tuple[Position, ...], scale: int) -> list[Position]:
    return [(x * scale, y * scale) for x, y in points]


WIDTH: Final = 960
LEFT, RIGHT = 72, 24  # margins beside the curves
HEADER, FOOTER = 64, 44
CURVE_TOP, CURVE = 26, 84  # a panel: its title's height, then the curve's
GAP: Final = 22  # between panels
STILL: Final = 30  # the height of a track that never changes

INK, GREY, GRID = "#1f2328", "#6e7781", "#e4e7eb"
_PALETTE: Final = (  # of line and area
    ("#0969da", "#e3effb"),
    ("#8250df", "#efe7fb"),
    ("#bc4c00", "#fbeade"),
    ("#1a7f37", "#e2f2e6"),
)


@dataclass(frozen=True)
class Scale:
    """Maps low..high to start..end; what is beyond is at the nearer end."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)


@dataclass(frozen=True)
class Paint:
    """The colours that a curve is drawn in."""

    line: str
    area: str
    grid: str = GRID


def value_scale(series: Series, start: float, end: float) -> Scale:
    """A scale that has all values of a series, with a little room beside them."""
    values = [*series.values, *series.shown, *([series.reference[0]] if series.reference else [])]
    low, high = min(values), max(values)
    if series.cut:
        usual = sorted(series.values)[(len(series.values) - 1) * 98 // 100]
        high = min(high, _OUTLIER * usual) or high
    span = abs(high) * _LEAST_SHARE if series.span is None else series.span
    missing = max(0.0, max(span, _LEAST_SPAN) - (high - low))
    room = (high - low + missing) * 0.06
    # A scale that begins at 0 begins there to the pixel.
    bottom = low if low in series.shown else low - missing / 2 - room
    return Scale(bottom, max(high + missing / 2 + room, low + missing), start, end)


def curve_marks(
    series: Series, across: Scale, up: Scale, levels: Iterable[float], paint: Paint
) -> list[Mark]:
    """A curve, the area below it and a grid.

    Args:
        across: from frames to x; a curve has two columns for each CSS pixel at most.
        up: from values to y, the curve's foot first.
        levels: values that the grid has a line at.
    """
    columns = round(across.end - across.start) * 2
    runs = [[(across(frame), up(value)) for frame, value in thin(run, columns)] for run in _runs(series)]
    return [
        *(
            Area(((run[0][0], up.start), *run, (run[-1][0], up.start)), paint.area)
            for run in runs
            if len(run) > 1
        ),
        *(Line(((across.start, up(level)), (across.end, up(level))), paint.grid) for level in levels),
        # A line from a place to itself is a dot.
        *(Line(tuple(run if len(run) > 1 else run * 2), paint.line, 2) for run in runs),
    ]


def _runs(series: Series) -> list[list[tuple[int, float]]]:
    """The points of a series, cut where frames are missing."""
    points = series.points
    steps = [after - before for (before, _), (after, _) in pairwise(points)]
    usual = median(steps) if steps else 0
    runs = [[points[0]]]
    for step, point in zip(steps, points[1:], strict=True):
        if step > 2 * usual:
            runs.append([])
        runs[-1].append(point)
    return runs


def thin(points: Sequence[tuple[int, float]], columns: int) -> list[tuple[int, float]]:
    """The points that a curve of so many columns needs: all, or each column's lowest and highest."""
    if len(points) <= 2 * columns:
        return list(points)
    edges = [column * len(points) // columns for column in range(columns + 1)]
    kept = {0, len(points) - 1}
    for part in (range(first, stop) for first, stop in pairwise(edges)):
        kept |= {min(part, key=lambda place: points[place][1]), max(part, key=lambda place: points[place][1])}
    return [points[place] for place in sorted(kept)]


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` + 1 round values from `low` to `high`: multiples of 1, 2 or 5 times a power of ten."""
    least = (high - low) / most
    power = 10.0 ** math.floor(math.log10(least))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= least * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    ticks = ((first + index) * step for index in count())
    return [tick for tick, _ in zip(ticks, range(math.floor(high / step + 1e-9) - first + 1), strict=False)]


def draw_chart(tracks: Mapping[str, Track], clock: Clock, title: str = "") -> Drawing:
    """Every track over the clip's time; those that never change are told in a line each.

    Raises:
        RecipeError: naming the track that has no finite value at some frame.
    """
    sampled = sample(tracks, clock)
    heights = [STILL if track.still else CURVE_TOP + CURVE + GAP for track in sampled]
    bottom = HEADER + sum(heights)
    across = Scale(0, clock.frames, LEFT, WIDTH - RIGHT)
    marks = [*_header(clock, title), *_time_axis(clock, across, bottom)]
    paints = _paints([track.name for track in sampled])
    top = HEADER
    for track, height in zip(sampled, heights, strict=True):
        marks += _title(track, top) if track.still else _panel(track, across, top, paints[track.name])
        top += height
    return Drawing(WIDTH, bottom + FOOTER, tuple(marks))


def _header(clock: Clock, title: str) -> list[Mark]:
    facts = (
        f"{clock.frames} frames, {float(clock.fps):.6g} fps, {short_number(clock.seconds(clock.frames))} s"
    )
    return [
        Label(shorten(" ".join(title.split()), 70), (LEFT, 30), INK, size=16),
        Label(facts, (WIDTH - RIGHT, 30), GREY, anchor="end"),
    ]


def _time_axis(clock: Clock, across: Scale, bottom: float) -> list[Mark]:
    marks: list[Mark] = []
    for second in nice_ticks(0, clock.seconds(clock.frames), 10):
        x = across(second * float(clock.fps))
        marks.append(Line(((x, HEADER - 14), (x, bottom)), GRID))
        marks.append(Label(f"{short_number(second)} s", (x, bottom + 20), GREY, size=11, anchor="middle"))
    return marks


def _panel(track: Series, across: Scale, top: float, paint: Paint) -> list[Mark]:
    up = value_scale(track, top + CURVE_TOP + CURVE, top + CURVE_TOP)
    levels = nice_ticks(up.low, up.high, 3)
    return [
        *curve_marks(track, across, up, levels, paint),
        *(Label(short_number(value), (LEFT - 8, up(value) + 4), GREY, 11, "end") for value in levels),
        *(Dot((across(place), up(value)), 4, paint.line) for place, value in track.dots),
        *_title(track, top),
    ]


def _title(track: Series, top: float) -> list[Mark]:
    baseline = top + 16
    spelling = track.about if track.about != track.summary else ""
    return [
        Label(track.name, (LEFT, baseline), INK, size=13),
        Label(shorten(spelling, 84), (LEFT + 150, baseline), GREY),
        Label(track.summary, (WIDTH - RIGHT, baseline), INK, anchor="end"),
    ]


def _paints(names: Sequence[str]) -> dict[str, Paint]:
    """A colour for each table of the recipe: the part of a name before its point."""
    tables = list(dict.fromkeys(name.partition(".")[0] for name in names))
    return {name: Paint(*_PALETTE[tables.index(name.partition(".")[0]) % len(_PALETTE)]) for name in names}
