"""The recipe inside what dreamzoom makes: taken as a preset it makes the same again."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from dreamzoom.cli import cli
from support.clips import frame_files, quickly, render_here, says

ODD = (
    *("--set", "dream.octaves=2", "--set", "dream.iterations=2", "--set", "dream.octave_scale=1.37"),
    *("--set", "dream.channel=[3,5]", "--set", "camera.mirrors=1", "--layer", "fire2/concat", "--seed", "9"),
)


@pytest.fixture
def folder(tmp_path, monkeypatch, cloud_picture) -> Path:
    """A person's folder, with a picture in it."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(cloud_picture).resize((64, 48)).save("sky.png")
    return tmp_path


@pytest.mark.parametrize("name", ["odd.png", "odd.jpg", "odd.webp", "odd.tif"])
def test_a_picture_taken_as_a_preset_makes_the_same_picture(folder, name):
    quickly("dream", "sky.png", "-o", name, *ODD)
    quickly("dream", "sky.png", "-o", f"again-{name}", "--preset", name)
    assert Path(f"again-{name}").read_bytes() == Path(name).read_bytes()
    quickly("dream", "sky.png", "-o", f"other-{name}")
    assert Path(f"other-{name}").read_bytes() != Path(name).read_bytes()


@pytest.mark.parametrize(("name", "kind"), [("jpeg", "JPEG"), ("webp", "WEBP"), ("tiff", "TIFF")])
def test_what_goes_to_stdout_has_the_format_asked_for_and_tells_too(folder, name, kind):
    done = CliRunner().invoke(cli, ["dream", "sky.png", "--format", name, *ODD], catch_exceptions=False)
    Path("piped").write_bytes(done.stdout_bytes)
    with Image.open("piped") as opened:
        assert opened.format == kind
    assert "octave_scale = 1.37" in says(0, "presets", "./piped")


def test_a_guide_is_found_beside_the_picture_that_names_it(folder):
    Path("sub").mkdir()
    Image.open("sky.png").rotate(90).save("sub/guide.png")
    ways = ("--set", "dream.objective=guide", "--set", f"dream.guide={folder}/sub/guide.png")
    quickly("dream", "sky.png", "-o", "sub/guided.png", *ODD[:8], *ways)
    assert str(folder) not in says(0, "presets", "sub/guided.png")
    told = quickly("dream", "sky.png", "-o", "again.png", "--preset", "sub/guided.png")
    assert "dream.guide: sub/guide.png is taken, from beside the recipe" in told
    assert Path("again.png").read_bytes() == Path("sub/guided.png").read_bytes()


def test_what_a_picture_tells_is_shown_and_is_a_recipe(folder):
    quickly("dream", "sky.png", "-o", "odd.png", *ODD)
    shown = says(0, "presets", "odd.png")
    assert 'image = "sky.png"' in shown
    assert "octave_scale = 1.37" in shown
    Path("odd.toml").write_text(shown)
    quickly("dream", "sky.png", "-o", "again.png", "--preset", "odd.toml")
    assert Path("again.png").read_bytes() == Path("odd.png").read_bytes()


def test_a_file_without_a_recipe_is_told_so(folder):
    quickly("dream", "sky.png", "-o", "quiet.png", "--no-recipe", *ODD)
    assert b"dreamzoom" not in Path("quiet.png").read_bytes()
    for name in ("quiet.png", "sky.png"):
        told = says(2, "dream", "sky.png", "-o", "a.png", "--preset", name)
        assert f"{name}: tells no recipe: dreamzoom did not make it" in told
    assert says(2, "presets", "nothing.png").endswith("nothing.png: there is no such file")
    assert not Path("a.png").exists()


def test_a_film_taken_as_a_preset_makes_the_same_frames(folder):
    clip = render_here(Path("clip"), "sky.png", "--preset", "classic", "--seed", "5", frames=2)
    quickly("render", "--out", "again", "--preset", "clip/clip.mp4")
    assert frame_files(Path("again")) == frame_files(clip)
    quickly("stitch", "clip", "-o", "share.mp4", "--no-recipe")
    assert "tells no recipe" in says(2, "presets", "share.mp4")
    quickly("stitch", "clip", "-o", "share.gif")
    assert "seed = 5" in says(0, "presets", "share.gif")
    assert b"dreamzoom" not in b"".join(frame_files(clip).values())


def test_a_picture_may_be_the_look_of_a_clip(folder):
    quickly("dream", "sky.png", "-o", "odd.png", *ODD)
    quickly("render", "--out", "clip", "--preset", "odd.png", "--frames", "2", "--size", "64x48")
    recipe = Path("clip/recipe.toml").read_text()
    assert "octave_scale = 1.37" in recipe
    assert "seed = 9" in recipe


def test_a_fork_tells_where_its_recipe_begins(folder):
    clip = render_here(Path("clip"), frames=3)
    quickly("fork", clip, "--at", "2", "--seed", "4", "--out", "fork")
    assert "# The frames before 2 follow an earlier recipe.\n" in says(0, "presets", "fork/clip.mp4")
    assert "earlier recipe" not in says(0, "presets", "clip/clip.mp4")


def test_a_picture_that_is_not_asked_for_is_not_looked_for(folder):
    Path("sub").mkdir()
    Path("sky.png").rename("sub/sky.png")
    quickly("dream", "sub/sky.png", "-o", "sub/odd.png", *ODD)
    assert "clip.image: sub/sky.png is taken" in quickly(
        *("render", "--out", "clip", "--preset", "sub/odd.png", "--frames", "1", "--size", "64x48")
    )
    for words in (
        ["dream", "sub/sky.png", "-o", "a.png"],
        ["render", "sub/sky.png", "--out", "b", "--frames", "1"],
    ):
        assert "sky.png is taken" not in quickly(*words, "--preset", "sub/odd.png", "--size", "64x48")
