"""Presets: found by name or path, in a checkout and in an installed package; and the command of that name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from dreamzoom.cli import cli
from dreamzoom.cli.presets import presets
from dreamzoom.errors import ModelError, RecipeError
from dreamzoom.io.toml import parse_toml
from dreamzoom.models.store import find_model
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.palettes import palette_names
from dreamzoom.recipe.presets import find_preset, list_presets

CHECKOUT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.stem for path in (CHECKOUT / "presets").glob("*.toml"))


def test_every_preset_is_whole_and_says_what_it_is() -> None:
    known = list_presets()
    assert [preset.name for preset in known] == NAMES
    assert len(known) >= 10
    for preset in known:
        assert parse_toml(preset.text, preset.name).keys() >= {"title", "description"}
        assert preset.title
        assert 10 <= len(preset.description) <= 100
        assert preset.cost > 0


def test_each_look_has_colours_of_its_own() -> None:
    looks = {preset.name: preset.recipe.colour for preset in list_presets()}
    palettes = [colour.palette.choices for name, colour in looks.items() if name != "classic"]
    assert len(set(palettes)) == len(palettes)
    assert {name for choices in palettes for name in choices} <= {"", *palette_names()}


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_renders(name: str, tmp_path: Path) -> None:
    preset = find_preset(name)
    try:
        find_model(preset.recipe.model.name)
    except ModelError as error:
        assert f"dreamzoom models get {preset.recipe.model.name}" in preset.model_note
        pytest.skip(str(error))
    tiny = ("--frames", "2", "--size", "96x64", "--set", "dream.iterations=1")
    result = CliRunner().invoke(cli, ["render", "--preset", name, "--out", str(tmp_path / name), *tiny])
    assert result.exit_code == 0, result.output
    assert len(list((tmp_path / name / "frames").glob("*.png"))) == 2


def test_classic_is_the_notebook_of_2015() -> None:
    recipe = build_recipe(find_preset("classic").fragment)
    dream, camera, clock = recipe.dream, recipe.camera, recipe.clock
    assert (dream.objective, dream.octaves, dream.octave_scale, dream.jitter) == ("l2", 4, 1.4, 32)
    assert (dream.iterations.at(0, clock), dream.step_size.at(0, clock)) == (10, 1.5)
    assert camera.zoom.at(0, clock) == pytest.approx(1 / 0.95, rel=1e-15)
    assert (camera.rotate.at(0, clock), camera.every, camera.interpolation) == (0, 1, "bilinear")
    assert recipe.colour.hold.at(0, clock) == 0


def test_a_preset_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('description = "mine"\n[clip]\nseed = 4\n')
    preset = find_preset(str(path))
    assert (preset.name, preset.title, preset.description) == ("mine", "mine", "mine")
    assert preset.recipe.clip.seed == 4


def test_a_files_tracks_may_follow_a_song_that_is_named_later(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[dream]\niterations = "2 + 3*bass"\ngoal = [{ layer = "a", weight = "onset" }]\n')
    preset = find_preset(str(path))
    assert build_recipe(preset.fragment, {"music": {"song": "song.wav"}}).dream.iterations.needs_music
    assert preset.cost is None
    with pytest.raises(RecipeError, match=r"dream\.iterations: goes by the music \(bass\): name a song"):
        build_recipe(preset.fragment)


def test_an_unknown_preset_is_answered_with_the_nearest() -> None:
    with pytest.raises(RecipeError, match=r"there is no preset 'clasic'; did you mean 'classic'\?"):
        find_preset("clasic")


@pytest.mark.parametrize("name", ["..", "", ".", "~", "CON", "classic\0", "..%2fclassic"])
def test_a_name_never_leads_out_of_the_folder(name: str) -> None:
    with pytest.raises(RecipeError, match="there is no preset"):
        find_preset(name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[clip]\nframes = 0\n", "clip.frames: must be"),
        ("[clip]\nframe = 3\n", "there is no key 'clip.frame'"),
        ("title = 3\n", "title: must be one line of text"),
        ('description = "a\\nb"\n', "description: must be one line of text"),
        ("[clip\n", "line 1"),
    ],
)
def test_a_wrong_preset_is_refused_with_its_file(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(RecipeError) as caught:
        find_preset(str(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)


def test_the_cost_counts_pixels_steps_and_in_betweens(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[clip]\nsize = "320x180"\n[dream]\niterations = 5\n[camera]\nevery = 2\n')
    assert find_preset(str(path)).cost == pytest.approx(1 / 4 / 2 / 2)


def test_an_installed_package_finds_its_presets(tmp_path: Path) -> None:
    ignore = shutil.ignore_patterns("__pycache__", "*.caffemodel")
    shutil.copytree(CHECKOUT / "dreamzoom", tmp_path / "dreamzoom", ignore=ignore)
    shutil.copytree(CHECKOUT / "presets", tmp_path / "dreamzoom" / "presets")
    code = (
        "import dreamzoom.recipe.presets as p, dreamzoom.recipe.palettes as q;"
        "print(p.__file__, p.presets_folder(), *(x.name for x in (*p.list_presets(), *q.list_palettes())))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    file, folder, *names = run.stdout.split()
    assert Path(file) == tmp_path / "dreamzoom" / "recipe" / "presets.py"
    assert Path(folder) == tmp_path / "dreamzoom" / "presets"
    assert {"classic", "dusk"} < set(names)


def test_the_command_lists_name_model_cost_and_one_line() -> None:
    result = CliRunner().invoke(presets, [])
    assert result.exit_code == 0
    row = next(line for line in result.output.splitlines() if line.startswith("classic "))
    assert row.split()[1:3] == ["squeezenet", "x1"]
    assert "the 2015 notebook to the letter" in row


def test_the_command_prints_a_presets_file() -> None:
    result = CliRunner().invoke(presets, ["classic"])
    assert (
        result.output.strip() == (CHECKOUT / "presets" / "classic.toml").read_text(encoding="utf-8").strip()
    )


def test_the_command_speaks_json() -> None:
    known = json.loads(CliRunner().invoke(presets, ["--json"]).output)
    facts = next(preset for preset in known if preset["name"] == "classic")
    assert facts["model"] == "squeezenet"
    assert facts["cost"] == 1.0
    assert json.loads(CliRunner().invoke(presets, ["classic", "--json"]).output)["toml"].startswith(
        "title = "
    )
