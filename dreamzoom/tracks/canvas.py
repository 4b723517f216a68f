"""Shapes, and the two ways to write them down: SVG and PNG.

Lengths are CSS pixels from the top left. Colours are "#rrggbb".
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

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
    from PIL import Image, ImageDraw

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


def _paint(pen: ImageDraw, shape: Shape, scale: int) -> None:
    from PIL import ImageFont

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
