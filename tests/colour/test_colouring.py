"""One picture has the light and colours that a clip's frame 0 has."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from dreamzoom.cli.given import given_fragments, recipe_from
from dreamzoom.recipe.build import build_recipe
from support.clips import quickly

QUICK = ("--size", "64x48", *(f"--set=dream.{key}" for key in ("iterations=1", "octaves=1", "jitter=4")))


@pytest.mark.parametrize(
    "look",
    [
        ("--preset", "bestiary"),
        ("--preset", "bestiary", "--set", "colour.palette=embers", "--set", "colour.map=plain"),
        ("--preset", "embers-and-moss"),
    ],
)
def test_a_dreamed_picture_is_a_clips_frame_0(tmp_path, look):
    (tmp_path / "embers-and-moss.toml").write_text(
        'colour = { hold = 0.5, palette = "embers" }\n'
        '[[dream.region]]\nmask = "left"\npalette = "moss"\n[[dream.region]]\nmask = "bottom"\nstep = 0\n'
    )
    look = tuple(str(tmp_path / f"{word}.toml") if word == "embers-and-moss" else word for word in look)
    quickly("render", "clouds", *look, *QUICK, "--frames", 1, "--out", tmp_path / "clip")
    quickly("dream", "clouds", *look, *QUICK, "-o", tmp_path / "one.png")
    frame = np.asarray(Image.open(tmp_path / "clip" / "frames" / "000000.png"))
    assert np.array_equal(np.asarray(Image.open(tmp_path / "one.png").convert("RGB")), frame)


def test_a_palette_is_the_colours_of_a_dreamed_picture(tmp_path):
    held = ("--set", "colour.palette=moss", "--set", "colour.hold=1")
    quickly("dream", "clouds", *QUICK, *held, "-o", tmp_path / "moss.png")
    red, green, blue = np.asarray(Image.open(tmp_path / "moss.png").convert("RGB")).reshape(-1, 3).mean(0)
    assert green > max(red, blue)


@pytest.mark.parametrize(
    ("preset", "more", "hold"),
    [
        (None, (), 1),
        ("classic", (), 1),
        ("bestiary", ("colour.hold=0.5",), 0.5),
        ("half", (), 0.25),
    ],
)
def test_a_palette_is_held_where_the_preset_lets_colours_run(tmp_path, preset, more, hold):
    if preset == "half":
        preset = str(tmp_path / "half.toml")
        (tmp_path / "half.toml").write_text("[colour]\nhold = 0.25\n")
    colour = recipe_from(preset, more, {"palette": "dusk"}, has_image=True).colour
    assert colour.palette.choices == ("dusk",)
    assert colour.hold == build_recipe({"colour": {"hold": hold}}).colour.hold


def test_a_fork_keeps_how_far_its_clips_colours_are_held():
    assert [part.values for part in given_fragments(None, (), {"palette": "dusk"}, is_change=True)] == [
        {"colour": {"palette": "dusk"}}
    ]
