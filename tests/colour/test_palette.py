"""Colours held to a picture's, and to one after another."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamzoom.colour.grading import ColourStatistics, colour_statistics, hold_colours, mix_colours
from dreamzoom.errors import RecipeError
from dreamzoom.pictures.frames import read_frame, to_tensor
from dreamzoom.recipe.build import build_recipe
from dreamzoom.tracks.base import Clock
from support.clips import dreamzoom, frame_files, quickly, render, render_here, says

EMBERS, SEA = (180, 70, 30), (20, 90, 160)


def colours(mean: tuple[float, ...], spread: tuple[float, ...]) -> ColourStatistics:
    return ColourStatistics(np.array(mean, float), np.diag(np.square(np.array(spread, float))))


def noise(mean: tuple[int, int, int]) -> np.ndarray:
    values = np.random.default_rng(5).normal(mean, (20, 12, 8), (48, 64, 3))
    return np.clip(values, 0, 255).astype(np.uint8)


@pytest.fixture
def palettes(tmp_path) -> dict[str, str]:
    """Two pictures on disk, as a recipe on the command line names them."""
    names = {}
    for name, mean in (("embers", EMBERS), ("sea", SEA)):
        path = tmp_path / f"{name}.png"
        Image.fromarray(noise(mean)).save(path)
        names[name] = path.as_posix()
    return names


# On the way from one to another


def test_spreads_and_means_change_evenly():
    halfway = mix_colours(colours((100, 50, 20), (30, 40, 20)), colours((200, 70, 40), (60, 20, 50)), 0.5)
    assert halfway.mean == pytest.approx([150, 60, 30])
    assert np.sqrt(np.diag(halfway.covariance)) == pytest.approx([45, 30, 35], rel=0.02)


@pytest.mark.parametrize("share", [0, 1])
def test_at_its_ends_the_way_is_there_to_the_bit(share):
    ends = colours((100, 50, 20), (10, 20, 5)), colours((200, 70, 40), (40, 20, 15))
    assert mix_colours(*ends, share) is ends[share]


def test_the_way_is_the_one_a_growing_hold_takes():
    """Mixing by a share and holding by it is one straight way: McCann's."""
    first, second = (to_tensor(noise(mean)).float() for mean in (EMBERS, SEA))
    mixed = mix_colours(colour_statistics(first), colour_statistics(second), 0.3)
    held = colour_statistics(hold_colours(first, colour_statistics(second), 0.3))
    assert held.mean == pytest.approx(mixed.mean, abs=0.05)
    assert held.covariance == pytest.approx(mixed.covariance, rel=0.02, abs=1)


# In the recipe


def test_a_palette_that_nothing_would_use_is_refused():
    with pytest.raises(RecipeError, match=r"colour\.palette: is used where colour\.hold is above 0 alone"):
        build_recipe({"colour": {"palette": "a.jpg"}})


def test_a_hold_that_comes_later_is_enough():
    table = {"palette": "a.jpg", "hold": {"0": 0, "2s": 1}}
    assert build_recipe({"colour": table}).colour.palette.choices == ("a.jpg",)


def test_palettes_fade_from_the_start_images_own():
    recipe = build_recipe({"colour": {"hold": 1, "palette": {"0": "", "10": "sea.jpg"}}})
    assert recipe.colour.palette.at(5, Clock(Fraction(30), 300)) == (("", 0.5), ("sea.jpg", 0.5))


# Real clips


def mean_colour(clip: Path, frame: int) -> np.ndarray:
    return read_frame(clip / "frames" / f"{frame:06d}.png").mean((0, 1))


def test_a_clip_has_its_palettes_colours_in_their_time(tmp_path, palettes):
    table = f'{{ 0 = "{palettes["embers"]}", 6 = "{palettes["sea"]}" }}'
    options = ("--set", "colour.hold=1", "--set", f"colour.palette={table}", "--set", "dream.step_size=0.5")
    clip = render(tmp_path / "clip", *options, frames=8)
    assert mean_colour(clip, 0) == pytest.approx(EMBERS, abs=6)
    assert mean_colour(clip, 3) == pytest.approx((np.array(EMBERS) + SEA) / 2, abs=6)
    assert mean_colour(clip, 7) == pytest.approx(SEA, abs=6)


def test_a_clip_keeps_its_palettes_and_needs_no_others(tmp_path, palettes):
    table = f'{{ 0 = "", 1 = "{palettes["embers"]}", 3 = "{palettes["sea"]}" }}'
    options = ("--set", "colour.hold=1", "--set", f"colour.palette={table}")
    clip = render(tmp_path / "clip", *options, frames=4)
    assert [read_frame(clip / name).mean((0, 1)).argmax() for name in ("palette.png", "palette-1.png")] == [
        0,
        2,
    ]
    frames = frame_files(clip)
    for path in (*palettes.values(), *(clip / "frames").glob("*2.png")):
        Path(path).unlink()
    assert dreamzoom("resume", clip).returncode == 0
    assert frame_files(clip) == frames
    (clip / "palette-1.png").unlink()
    shutil.rmtree(clip / "frames")
    assert "palette-1.png is missing" in dreamzoom("resume", clip).stderr


def test_a_fork_keeps_the_palettes_it_shares_and_reads_the_new_ones(tmp_path, palettes):
    options = ("--set", "colour.hold=1", "--set", f"colour.palette={palettes['embers']}")
    clip = render(tmp_path / "clip", *options, frames=4)
    other = tmp_path / "other"
    table = f'colour.palette={{ 0 = "{palettes["embers"]}", 3 = "{palettes["sea"]}" }}'
    Path(palettes["embers"]).unlink()
    done = dreamzoom("fork", clip, "--out", other, "--at", 2, "--set", table)
    assert done.returncode == 0, done.stderr
    assert (other / "palette.png").read_bytes() == (clip / "palette.png").read_bytes()
    assert (other / "palette-1.png").exists()
    assert mean_colour(other, 3)[2] > mean_colour(clip, 3)[2] + 30


def test_a_named_palette_becomes_a_picture_that_the_clip_keeps(tmp_path):
    """Resumed and forked without a look at the palette again, cluster by cluster, to the byte."""
    options = ("--set", "colour.hold=1", "--set", "colour.map=mixture")
    table = 'colour.palette={ 0 = "embers", 3 = "lagoon" }'
    clip = render_here(tmp_path / "clip", *options, "--set", table)
    frames = frame_files(clip)
    assert mean_colour(clip, 0)[0] > mean_colour(clip, 0)[2] + 30
    assert mean_colour(clip, 3)[2] > mean_colour(clip, 3)[0] + 30
    assert read_frame(clip / "palette.png").shape == (16, 512, 3)
    for path in (clip / "frames").glob("*[123].png"):
        path.unlink()
    quickly("resume", clip)
    assert frame_files(clip) == frames
    quickly("fork", clip, "--out", tmp_path / "other", "--at", 3, "--set", "colour.palette=embers")
    assert (tmp_path / "other" / "palette.png").read_bytes() == (clip / "palette.png").read_bytes()


def test_a_palette_that_is_none_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "none.hex").write_text("; no colours\n")
    for source, words in (
        ("embres", "did you mean 'embers'"),
        (tmp_path / "none.hex", "holds no colours"),
        (tmp_path / "lost.gpl", "no such file"),
    ):
        options = ("--set", "colour.hold=1", "--set", f"colour.palette={source}")
        assert words in says(2, "render", "--out", tmp_path / "clip", *options)
    assert not (tmp_path / "clip").exists()
