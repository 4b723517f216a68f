"""Tracks drawn: in text, as SVG, as PNG, and by the command."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dreamzoom.cli.plot import plot
from dreamzoom.errors import RecipeError, RequestError
from dreamzoom.plot.charts import (
    HEADER,
    LEFT,
    PNG_SCALE,
    RIGHT,
    WIDTH,
    Area,
    Dot,
    Drawing,
    Label,
    Line,
    draw_chart,
    nice_ticks,
    thin,
    to_png,
    to_svg,
)
from dreamzoom.plot.terminal import MARGIN, NARROWEST, draw_text, to_ascii
from dreamzoom.tracks.base import Clock, Kind, Track
from dreamzoom.tracks.parse import parse_track

CLOCK = Clock(Fraction(30), 300)
SVG = "{http://www.w3.org/2000/svg}"


def read_svg(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own document


def level(value: object) -> dict[str, Track]:
    return {"colour.hold": parse_track(value, Kind.LEVEL)}


def eighths(text: str, row: int) -> list[int]:
    """The heights of a text graph's row, in eighths of a line."""
    return [" ▁▂▃▄▅▆▇█".index(block) for block in text.splitlines()[row][MARGIN:]]


# Text


def test_a_track_that_never_changes_is_one_line_of_text() -> None:
    assert draw_text(level("1.5"), CLOCK) == "colour.hold  1.5"


def test_a_ramp_rises_evenly_in_text() -> None:
    text = draw_text(level("n"), CLOCK, width=MARGIN + 46)
    rows = [eighths(text, row) for row in (1, 2, 3)]
    heights = [sum(column) for column in zip(*([0] * (46 - len(row)) + row for row in rows), strict=True)]
    assert heights == sorted(heights)
    assert (heights[0], heights[-1]) == (1, 24)
    assert all(right - left in (0, 1) for left, right in pairwise(heights))


def test_text_names_track_spelling_scale_and_time() -> None:
    lines = draw_text(level("2*n"), CLOCK).splitlines()
    assert lines[0] == "colour.hold  2*n"
    assert lines[1].startswith("       598 ┤")
    assert lines[3].startswith("         0 ┤")
    assert lines[4].split() == ["0", "s", "5", "s", "10", "s"]


@given(width=st.integers(1, 200), frames=st.integers(1, 500))
def test_text_is_as_wide_as_asked(width: int, frames: int) -> None:
    formula = "sin(t) + 1000000 if t < 100 else 2 if t < 1000 else clamp(t, 2000, 3000) * 7"
    lines = draw_text(level(formula), Clock(Fraction(30), frames), width).splitlines()
    assert max(map(len, lines)) <= max(width, NARROWEST)


def test_a_clip_of_two_frames_fills_the_width() -> None:
    text = draw_text(level("n"), Clock(Fraction(30), 2), width=MARGIN + 40)
    assert eighths(text, 3) == [1] * 20 + [8] * 20


def test_text_of_several_lines_is_spelled_in_one() -> None:
    assert draw_text(level("n *\n   2"), CLOCK).splitlines()[0] == "colour.hold  n * 2"


def test_keyframes_are_spelled_as_in_a_file() -> None:
    table = {"0": 1, "1.5s": {"value": "2", "ease": "step"}, "ease": "cubic"}
    first = draw_text(level(table), CLOCK).splitlines()[0]
    assert first == 'colour.hold  { 0 = 1, "1.5s" = { value = "2", ease = "step" }, ease = "cubic" }'


def test_plain_text_is_ascii_and_as_long() -> None:
    text = draw_text(level("sin(t)"), CLOCK)
    assert to_ascii(text).isascii()
    assert [len(line) for line in to_ascii(text).splitlines()] == [len(line) for line in text.splitlines()]


def test_a_track_without_a_value_is_named() -> None:
    with pytest.raises(RecipeError, match=r"^colour\.hold: divides by zero at frame 30 \(1\.00 s\)$"):
        draw_text(level("1/(t - 1)"), CLOCK)


# The chart


def curve_of(drawing: Drawing) -> Line:
    return next(mark for mark in drawing.marks if isinstance(mark, Line) and mark.width > 1)


def test_a_ramp_is_a_straight_line_from_the_left_margin_on() -> None:
    points = curve_of(draw_chart(level("n"), CLOCK)).points
    assert len(points) == 300
    assert points[0][0] == LEFT
    assert points[-1][0] == pytest.approx(LEFT + (WIDTH - LEFT - RIGHT) * 299 / 300)
    slopes = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(points)]
    assert slopes == pytest.approx([slopes[0]] * 299)
    assert slopes[0] < 0  # up


def test_a_keyframe_in_the_clip_has_a_dot_on_the_curve_and_one_past_its_end_has_none() -> None:
    drawing = draw_chart(level({"0": 1.0, "5s": 3.0, "20s": 0.0}), CLOCK)
    first, second = (mark.centre for mark in drawing.marks if isinstance(mark, Dot))
    assert first == pytest.approx(curve_of(drawing).points[0])
    assert second == pytest.approx(curve_of(drawing).points[150])


def test_a_track_that_never_changes_has_no_curve() -> None:
    drawing = draw_chart(level(0.5), CLOCK)
    assert not any(isinstance(mark, Line) and mark.width > 1 for mark in drawing.marks)
    assert {"colour.hold", "0.5"} <= {mark.text for mark in drawing.marks if isinstance(mark, Label)}


def test_nothing_is_drawn_outside_of_the_chart() -> None:
    tracks = {f"camera.{name}": parse_track(f"sin(t*{name})*1e6", Kind.LEVEL) for name in range(12)}
    drawing = draw_chart(tracks, Clock(Fraction(24000, 1001), 5000), "x" * 500)
    for mark in drawing.marks:
        places = mark.points if isinstance(mark, Line | Area) else ()
        assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in places)


def test_the_shortest_clips_can_be_drawn() -> None:
    for frames, curves in ((1, 0), (2, 1)):
        root = read_svg(to_svg(draw_chart(level("n"), Clock(Fraction(30), frames))))
        assert len(root.findall(f"{SVG}polygon")) == curves


def test_thinning_keeps_a_single_frame_s_peak_and_both_ends() -> None:
    values = [0.0] * 100_000
    values[77_777], values[33_333] = 1.0, -1.0
    frames = [frame for frame, _ in thin(list(enumerate(values)), 500)]
    assert {0, 33_333, 77_777, 99_999} <= set(frames)
    assert len(frames) <= 1002
    assert frames == sorted(frames)


def test_a_short_curve_is_not_thinned() -> None:
    points = [(0, 1.0), (1, 5.0), (2, 2.0)]
    assert thin(points, 500) == points


@given(low=st.floats(-1e6, 1e6), size=st.floats(1e-3, 1e6), most=st.integers(2, 12))
def test_ticks_are_round_even_and_inside(low: float, size: float, most: int) -> None:
    ticks = nice_ticks(low, low + size, most)
    assert most / 3 - 1 <= len(ticks) <= most + 1
    steps = [right - left for left, right in pairwise(ticks)]
    assert steps == pytest.approx([steps[0]] * len(steps) if steps else [], rel=1e-5)
    if steps:
        assert f"{steps[0]:.3e}"[:5] in {"1.000", "2.000", "5.000", "9.999"}
    assert all(low - size * 1e-6 <= tick <= low + size * (1 + 1e-6) for tick in ticks)


# SVG and PNG

SQUARE = Drawing(
    40,
    30,
    (
        Area(((10, 10), (30, 10), (30, 20), (10, 20)), "#00ff00"),
        Line(((0, 25), (40, 25)), "#ff0000", 2),
        Dot((5, 5), 3, "#0000ff"),
    ),
)


def test_svg_is_well_formed_and_holds_each_mark() -> None:
    root = read_svg(to_svg(SQUARE))
    assert root.attrib["viewBox"] == "0 0 40 30"
    assert [child.tag.removeprefix(SVG) for child in root] == ["rect", "polygon", "polyline", "circle"]
    line = root.find(f"{SVG}polyline")
    assert line is not None
    assert line.attrib["points"] == "0.00,25.00 40.00,25.00"


def test_svg_text_cannot_break_out() -> None:
    chart = draw_chart(level("1 if t < 2 and n > 1 else 0"), CLOCK, "</text><script>&\x1b\ud800")
    root = read_svg(to_svg(chart))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert "1 if t < 2 and n > 1 else 0" in texts
    assert r"</text><script>&\x1b\ud800" in texts


def test_png_has_each_mark_in_its_place() -> None:
    image = Image.open(io.BytesIO(to_png(SQUARE)))
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (40 * PNG_SCALE, 30 * PNG_SCALE))
    at = {name: image.getpixel((x * PNG_SCALE, y * PNG_SCALE)) for name, (x, y) in PLACES.items()}
    assert at == {
        "square": (0, 255, 0),
        "line": (255, 0, 0),
        "dot": (0, 0, 255),
        "between": (255, 255, 255),
        "corner": (255, 255, 255),
    }


PLACES = {"square": (20, 15), "line": (20, 25), "dot": (5, 5), "between": (20, 22), "corner": (39, 0)}


def test_png_and_svg_are_the_same_again() -> None:
    chart = draw_chart(level("noise(t)"), CLOCK, "again")
    assert to_png(chart) == to_png(chart)
    assert to_svg(chart) == to_svg(draw_chart(level("noise(t)"), CLOCK, "again"))


# The command

RECIPE = """
[clip]
frames = 90
[camera]
zoom = { 0 = 1.02, 2s = 1.05, ease = "smooth" }
rotate = "(5*sin(t))/s"
pan = ["0.001*noise(t)", 0]
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "sky.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(plot, [str(argument) for argument in arguments])


def test_plot_shows_every_track_of_a_file(recipe: Path) -> None:
    result = run(recipe)
    assert result.exit_code == 0
    for name in (
        "camera.zoom  { 0 = 1.02,",
        "camera.rotate  (5*",
        "camera.pan x  0.001",
        "camera.pan y  0\n",
        "colour.hold  ",
    ):
        assert name in result.stdout
    assert "3 s" in result.stdout


def test_plot_shows_a_preset() -> None:
    result = run("classic")
    assert result.exit_code == 0
    assert "camera.zoom" in result.stdout


def test_plot_shows_a_clip_s_folder(recipe: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip"
    clip.mkdir()
    recipe.rename(clip / "recipe.toml")
    assert "camera.rotate  (5*sin(t))/s" in run(clip).stdout


def test_frames_and_keys_can_be_set_for_the_plot(recipe: Path) -> None:
    result = run(recipe, "--frames", 600, "--set", "colour.hold=t/20")
    assert "colour.hold  t/20" in result.stdout
    assert "20 s" in result.stdout


@pytest.mark.parametrize("name", ["plot.svg", "plot.PNG"])
def test_plot_draws_a_file_and_prints_nothing_to_stdout(recipe: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    result = run(recipe, "-o", out)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr == f"drew {out}\n"
    if name.endswith("svg"):
        assert "sky.toml" in [
            text.text for text in read_svg(out.read_text(encoding="utf-8")).iter(f"{SVG}text")
        ]
    else:
        assert Image.open(io.BytesIO(out.read_bytes())).size[0] == WIDTH * PNG_SCALE


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("-o", "plot.jpg"), RequestError, "plot.jpg: a plot is a .png or .svg file"),
        (("--frames", "0"), RecipeError, "--frames: clip.frames: must be a whole number"),
        (("--set", "camera.zoom=1+"), RecipeError, "camera.zoom: has an error at its end"),
        (("--set", "camera.zoom=9"), RecipeError, "camera.zoom: is 9: must be 0.5 to 2"),
    ],
)
def test_a_wrong_request_is_refused(
    recipe: Path, arguments: tuple[str, ...], error: type[Exception], message: str
) -> None:
    result = run(recipe, *arguments)
    assert type(result.exception) is error
    assert message in str(result.exception)


def test_a_recipe_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert isinstance(run(tmp_path / "none.toml").exception, RecipeError)
    assert isinstance(run("classik").exception, RecipeError)


def test_a_folder_that_is_not_there_is_named(recipe: Path, tmp_path: Path) -> None:
    result = run(recipe, "-o", tmp_path / "none" / "plot.svg")
    assert isinstance(result.exception, RequestError)
    assert "none" in str(result.exception)


def test_a_terminal_without_blocks_gets_plain_text(recipe: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "60"}
    command = [sys.executable, "-m", "dreamzoom", "plot", str(recipe)]
    result = subprocess.run(command, env=environment, capture_output=True, check=True)
    lines = result.stdout.decode("ascii").splitlines()
    assert any("#" in line for line in lines)
    assert max(map(len, lines)) <= 60


def test_the_chart_starts_below_its_header() -> None:
    labels = [mark for mark in draw_chart(level(1), CLOCK, "t").marks if isinstance(mark, Label)]
    assert min(label.at[1] for label in labels if label.text == "colour.hold") > HEADER
