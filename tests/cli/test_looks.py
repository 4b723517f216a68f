"""`dreamzoom looks`: a picture in every look, made once, and stopped at any time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageSequence

from dreamzoom.cli import cli
from dreamzoom.looks.choosing import usual_looks
from dreamzoom.looks.trying import Format, try_recipe
from dreamzoom.recipe.build import dump_recipe
from dreamzoom.recipe.palettes import palette_names
from dreamzoom.recipe.presets import find_preset
from dreamzoom.recipe.units import Size
from support.clips import quickly, says, start, wait_for

TINY = ("--size", "64x36", "--frames", "3")


@pytest.fixture
def photo(tmp_path, cloud_picture):
    Image.fromarray(cloud_picture).save(tmp_path / "sky.png")
    return tmp_path / "sky.png"


def told(*arguments: object) -> list[dict[str, object]]:
    """What the command tells a program."""
    done = CliRunner().invoke(cli, ["looks", *map(str, arguments), "--json"], catch_exceptions=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


def frames_of(path) -> list[np.ndarray]:
    with Image.open(path) as picture:
        return [np.asarray(frame.convert("RGB"), np.float64) for frame in ImageSequence.Iterator(picture)]


def test_a_moving_picture_shows_the_clip_of_that_look(tmp_path, photo):
    quickly("looks", photo, "-o", tmp_path / "looks", "--preset", "eyes", *TINY)
    recipe = try_recipe(find_preset("eyes").fragment, str(photo), Format(Size(64, 36), 3))
    (tmp_path / "small.toml").write_text(dump_recipe(recipe))
    quickly("render", photo, "--preset", tmp_path / "small.toml", "--out", tmp_path / "clip")
    moving = frames_of(tmp_path / "looks" / "eyes.webp")
    assert len(moving) == 3
    for number, shown in enumerate(moving):
        (frame,) = frames_of(tmp_path / "clip" / "frames" / f"{number:06d}.png")
        assert np.abs(shown - frame).mean() < 8  # what WebP loses of a frame as small as this


def test_what_is_there_is_not_made_again_and_what_is_not_is(tmp_path, photo):
    out = tmp_path / "looks"
    first = told(photo, "-o", out, "--preset", "eyes", "--palettes", *TINY)
    assert [each.get("palette") for each in first] == [None, *palette_names()]
    before = (out / "eyes.webp").stat().st_mtime_ns
    second = told(photo, "-o", out, "--preset", "eyes", "--preset", "ink", *TINY)
    assert [each["moving"] for each in second] == ["eyes.webp", "ink.webp"]
    assert (out / "eyes.webp").stat().st_mtime_ns == before
    assert (out / "looks.jpg").is_file()
    Image.new("RGB", (64, 48), "teal").save(photo)
    told(photo, "-o", out, "--preset", "eyes", *TINY)
    assert (out / "eyes.webp").stat().st_mtime_ns > before
    assert not (out / ".making").exists()


def test_a_look_is_computed_as_its_recipe_says_whatever_comes_before_it(tmp_path, photo):
    for precision in ("float32", "bfloat16"):
        (tmp_path / f"{precision}.toml").write_text(f'[model]\nprecision = "{precision}"')
    both = ("--preset", tmp_path / "float32.toml", "--preset", tmp_path / "bfloat16.toml")
    quickly("looks", photo, "-o", tmp_path / "both", *both, *TINY)
    quickly("looks", photo, "-o", tmp_path / "alone", *both[2:], *TINY)
    ours, alone, other = (
        (tmp_path / name).read_bytes()
        for name in ("both/bfloat16.webp", "alone/bfloat16.webp", "both/float32.webp")
    )
    assert ours == alone != other


def frames_when_killed(frames: Path, count: int, *arguments: object) -> dict[str, int]:
    """When each frame was written, where `dreamzoom looks` was killed as soon as there were so many."""
    process = start("looks", *arguments)
    wait_for(lambda: len(list(frames.glob("0*.png"))) >= count, process)
    process.kill()
    process.communicate()
    return {path.name: path.stat().st_mtime_ns for path in frames.glob("0*.png")}


def test_killed_in_the_middle_it_goes_on(tmp_path, photo):
    out = tmp_path / "looks"
    arguments = (photo, "-o", out, "--preset", "eyes", "--preset", "ink", "--size", "64x36", "--frames", "12")
    begun = frames_when_killed(out / ".making/ink/frames", 3, *arguments)
    begun.pop(max(begun))  # it may not have been journaled any more
    assert begun
    before = (out / "eyes.webp").stat().st_mtime_ns
    kept = frames_when_killed(out / ".making/ink/frames", len(begun) + 2, *arguments)
    assert begun.items() <= kept.items()
    quickly("looks", *arguments)
    assert (out / "eyes.webp").stat().st_mtime_ns == before
    assert len(frames_of(out / "ink.webp")) == 12


def test_a_look_whose_model_is_not_here_is_told_with_what_brings_it(tmp_path, photo, monkeypatch):
    monkeypatch.setenv("DREAMZOOM_MODELS", str(tmp_path / "none"))
    shown = told(photo, "-o", tmp_path / "looks", "--preset", "city", "--preset", "ink", *TINY)
    assert [each["missing"] for each in shown] == ["dreamzoom models get googlenet", ""]
    assert (tmp_path / "looks" / "ink.webp").is_file()


def test_a_look_that_goes_by_a_song_stops_no_other(tmp_path, photo):
    (tmp_path / "beat.toml").write_text('[camera]\nzoom = "1 + 0.1*beat"\n')
    arguments = ("looks", photo, "-o", tmp_path / "looks", "--preset", tmp_path / "beat.toml", *TINY)
    assert "goes by a song" in says(1, *arguments, "--preset", "ink")
    assert (tmp_path / "looks" / "ink.webp").is_file()


def test_a_folder_of_something_else_is_left_alone(tmp_path, photo):
    assert "is not empty, it holds sky.png" in says(2, "looks", photo, "-o", tmp_path)
    assert "is no size" in says(2, "looks", photo, "-o", tmp_path / "new", "--size", "big")
    assert not (tmp_path / "new").exists()


def test_a_look_by_chance_is_printed_and_seen(tmp_path, photo):
    lucky = tmp_path / "lucky.toml"
    lucky.write_text(CliRunner().invoke(cli, ["presets", "--surprise", "12"], catch_exceptions=False).stdout)
    (shown,) = told(photo, "-o", tmp_path / "looks", "--preset", lucky, *TINY)
    assert shown["moving"] == "lucky.webp"


def test_the_usual_look_is_tried_first_and_the_slowest_last():
    names = [preset.name for preset in usual_looks()]
    assert (names[0], names[-1]) == ("bestiary", "classic")
