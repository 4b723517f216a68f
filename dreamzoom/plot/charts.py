"""Shapes, and the two ways to write them down: SVG and PNG.

Lengths are CSS pixels from the top left. Colours are "#rrggbb".

Tracks drawn as a chart: one panel under another over one axis of time.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Final, Literal, TypeAlias
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

from dreamzoom.plot.samples import Sampled, sample, short_number
from dreamzoom.tracks.base import Clock, Track

Point: TypeAlias = tuple[float, float]

PNG_SCALE: Final = 2  # pixels of a PNG per CSS pixel
_SMOOTHING: Final = 2  # each of them drawn this much larger first: Pillow's lines have hard edges

_FONT = "Aileron, Helvetica, Arial, sans-serif"
_PILLOW_ANCHORS: Final = {"start": "ls", "middle": "ms", "end": "rs"}


@dataclass(frozen=True)
class Line:
    """A line through points, with round joints."""

    points: tuple[Point, ...]
    colour: str
    width: float = 1.0


@dataclass(frozen=True)
class Area:
    """A filled polygon."""

    points: tuple[Point, ...]
    colour: str


@dataclass(frozen=True)
class Dot:
    """A filled circle with a white rim."""

    centre: Point
    radius: float
    colour: str


@dataclass(frozen=True)
class Label:
    """One line of text; `at` is on its baseline."""

    text: str
    at: Point
    colour: str
    size: float = 12
    anchor: Literal["start", "middle", "end"] = "start"


Shape: TypeAlias = Line | Area | Dot | Label


@dataclass(frozen=True)
class Drawing:
    """Shapes on white, the later ones on top."""

    width: int
    height: int
    shapes: tuple[Shape, ...]


def to_svg(drawing: Drawing) -> str:
    """The drawing as an SVG document that needs nothing else; it can stand inside HTML as it is."""
    size = f'width="{drawing.width}" height="{drawing.height}" viewBox="0 0 {drawing.width} {drawing.height}"'
    body = "\n".join(_svg(shape) for shape in drawing.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{_FONT}">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def to_png(drawing: Drawing) -> bytes:
    """The drawing as a PNG file of `PNG_SCALE` pixels for each CSS pixel."""
    scale = PNG_SCALE * _SMOOTHING
    image = Image.new("RGB", (drawing.width * scale, drawing.height * scale), "#ffffff")
    pen = ImageDraw.Draw(image)
    for shape in drawing.shapes:
        _paint(pen, shape, scale)
    file = io.BytesIO()
    image.reduce(_SMOOTHING).save(file, "PNG", optimize=True)
    return file.getvalue()


def _svg(shape: Shape) -> str:
    match shape:
        case Line(points, colour, width):
            pen = f'fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round"'
            return f'<polyline points="{_points(points)}" {pen}/>'
        case Area(points, colour):
            return f'<polygon points="{_points(points)}" fill="{colour}"/>'
        case Dot((x, y), radius, colour):
            return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius:g}" fill="{colour}" stroke="#ffffff"/>'
        case Label(text, (x, y), colour, size, anchor):
            place = f'x="{x:.2f}" y="{y:.2f}" font-size="{size:g}" text-anchor="{anchor}"'
            return f'<text {place} fill="{colour}" xml:space="preserve">{escape(text)}</text>'


def _points(points: tuple[Point, ...]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def _paint(pen: ImageDraw.ImageDraw, shape: Shape, scale: int) -> None:
    match shape:
        case Line(points, colour, width):
            pen.line(_scaled(points, scale), fill=colour, width=round(width * scale), joint="curve")
        case Area(points, colour):
            pen.polygon(_scaled(points, scale), fill=colour)
        case Dot(centre, radius, colour):
            place = _scaled((centre,), scale)[0]
            pen.circle(place, radius * scale, fill=colour, outline="#ffffff", width=scale)
        case Label(text, at, colour, size, anchor):
            font = ImageFont.load_default(size * scale)
            pen.text(_scaled((at,), scale)[0], text, fill=colour, font=font, anchor=_PILLOW_ANCHORS[anchor])


def _scaled(points: tuple[Point, ...], scale: int) -> list[Point]:
    return [(x * scale, y * scale) for x, y in points]


WIDTH: Final = 960
LEFT, RIGHT = 72, 24  # margins beside the curves
HEADER, FOOTER = 64, 44
CURVE_TOP, CURVE = 26, 84  # a panel: its title's height, then the curve's
GAP: Final = 22  # between panels
STILL: Final = 30  # the height of a track that never changes

INK, GREY, GRID = "#1f2328", "#6e7781", "#e4e7eb"
_PALETTE: Final = (
    ("#0969da", "#e3effb"),
    ("#8250df", "#efe7fb"),
    ("#bc4c00", "#fbeade"),
    ("#1a7f37", "#e2f2e6"),
)


@dataclass(frozen=True)
class _Scale:
    """Maps low..high to start..end."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def draw_chart(tracks: Mapping[str, Track], clock: Clock, title: str = "") -> Drawing:
    """Every track over the clip's time; those that never change are told in a line each.

    Raises:
        RecipeError: naming the track that has no finite value at some frame.
    """
    sampled = sample(tracks, clock)
    heights = [STILL if track.still else CURVE_TOP + CURVE + GAP for track in sampled]
    bottom = HEADER + sum(heights)
    across = _Scale(0, clock.seconds(clock.frames), LEFT, WIDTH - RIGHT)
    shapes = [*_header(clock, title), *_time_axis(across, bottom)]
    colours = _colours([track.name for track in sampled])
    top = HEADER
    for track, height in zip(sampled, heights, strict=True):
        shapes += (
            _still(track, top) if track.still else _panel(track, clock, across, top, colours[track.name])
        )
        top += height
    return Drawing(WIDTH, bottom + FOOTER, tuple(shapes))


def _header(clock: Clock, title: str) -> list[Shape]:
    facts = (
        f"{clock.frames} frames, {float(clock.fps):.6g} fps, {short_number(clock.seconds(clock.frames))} s"
    )
    return [
        Label(_cut(_printable(title), 70), (LEFT, 30), INK, size=16),
        Label(facts, (WIDTH - RIGHT, 30), GREY, anchor="end"),
    ]


def _time_axis(across: _Scale, bottom: float) -> list[Shape]:
    shapes: list[Shape] = []
    for second in nice_ticks(across.low, across.high, 10):
        x = across(second)
        shapes.append(Line(((x, HEADER - 14), (x, bottom)), GRID))
        shapes.append(Label(f"{short_number(second)} s", (x, bottom + 20), GREY, size=11, anchor="middle"))
    return shapes


def _still(track: Sampled, top: float) -> list[Shape]:
    return _title(track, top, short_number(track.low))


def _panel(track: Sampled, clock: Clock, across: _Scale, top: float, colours: tuple[str, str]) -> list[Shape]:
    roof, floor = top + CURVE_TOP, top + CURVE_TOP + CURVE
    room = (track.high - track.low) * 0.06
    up = _Scale(track.low - room, track.high + room, floor, roof)
    points = _curve(track, clock, across, up)
    line, fill = colours
    shapes: list[Shape] = [Area(((points[0][0], floor), *points, (points[-1][0], floor)), fill)]
    for value in nice_ticks(up.low, up.high, 3):
        shapes.append(Line(((LEFT, up(value)), (WIDTH - RIGHT, up(value))), GRID))
        shapes.append(Label(short_number(value), (LEFT - 8, up(value) + 4), GREY, size=11, anchor="end"))
    shapes.append(Line(points, line, 2))
    for place, value in track.keyframes:
        shapes.append(Dot((across(place / float(clock.fps)), up(value)), 4, line))
    return shapes + _title(track, top, f"{short_number(track.low)} to {short_number(track.high)}")


def _title(track: Sampled, top: float, summary: str) -> list[Shape]:
    baseline = top + 16
    spelling = track.spelling if track.spelling != summary else ""
    return [
        Label(track.name, (LEFT, baseline), INK, size=13),
        Label(_cut(spelling, 84), (LEFT + 150, baseline), GREY),
        Label(summary, (WIDTH - RIGHT, baseline), INK, anchor="end"),
    ]


def _curve(track: Sampled, clock: Clock, across: _Scale, up: _Scale) -> tuple[Point, ...]:
    frames = thinned(track.values, (WIDTH - LEFT - RIGHT) * 2)
    return tuple((across(clock.seconds(frame)), up(track.values[frame])) for frame in frames)


def thinned(values: Sequence[float], columns: int) -> list[int]:
    """The frames that a curve of so many columns needs: all, or each column's lowest and highest."""
    if len(values) <= 2 * columns:
        return list(range(len(values)))
    edges = [column * len(values) // columns for column in range(columns + 1)]
    kept = {0, len(values) - 1}
    for first, behind in pairwise(edges):
        part = range(first, behind)
        kept |= {min(part, key=values.__getitem__), max(part, key=values.__getitem__)}
    return sorted(kept)


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` + 1 round values from `low` to `high`: multiples of 1, 2 or 5 times a power of ten."""
    least = (high - low) / most
    power = 10.0 ** math.floor(math.log10(least))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= least * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    ticks = ((first + index) * step for index in count())
    return [tick for tick, _ in zip(ticks, range(math.floor(high / step + 1e-9) - first + 1), strict=False)]


def _colours(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """A colour for each table of the recipe: the part of a name before its point."""
    tables = list(dict.fromkeys(name.partition(".")[0] for name in names))
    return {name: _PALETTE[tables.index(name.partition(".")[0]) % len(_PALETTE)] for name in names}


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
