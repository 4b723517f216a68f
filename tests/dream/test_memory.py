"""What a dream takes of memory is asked for first."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from dreamzoom.cli import _run, cli
from dreamzoom.cli.console import Interruption
from dreamzoom.dream.memory import Need, Tiling, choose_tiling
from dreamzoom.dreamer import Dreamer
from dreamzoom.errors import MemoryShortageError, RecipeError
from dreamzoom.io import memory
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.dream import DreamSettings

CPU = torch.device("cpu")
PHOTO = (4000, 3000)


def need(model, layer: str = "fire8/concat", size=PHOTO, **others) -> Need:
    return Need(model, others.pop("engine", "torch"), (layer,), size, **others)


@pytest.fixture
def left(monkeypatch):
    """Sets how many bytes of memory are left."""
    return lambda count: monkeypatch.setattr(memory, "available_memory", lambda: int(count))


def test_the_estimate_grows_with_pixels_and_layers(squeezenet):
    photo = need(squeezenet).whole()
    assert 4e9 < photo < 9e9
    assert need(squeezenet, "fire2/concat").whole() < photo
    assert need(squeezenet, value_bytes=2).whole() < 0.6 * photo
    assert need(squeezenet, engine="caffe").whole() > photo
    assert need(squeezenet).in_tiles(1024**2) < 0.4 * photo


def test_a_photograph_is_cut_where_memory_would_not_hold_it_whole(squeezenet, left):
    left(8e9)
    assert choose_tiling(need(squeezenet), DreamSettings(), CPU) == Tiling()
    left(2e9)
    tiling = choose_tiling(need(squeezenet), DreamSettings(), CPU)
    assert tiling.kind == "exact"
    assert need(squeezenet).in_tiles(tiling.side**2) < 2e9
    left(8e9)
    assert choose_tiling(need(squeezenet), DreamSettings(), CPU, most=2_500_000_000).kind == "exact"


def test_what_steps_take_beside_is_asked_for_too(squeezenet):
    plain, shaped, remembering = (
        need(squeezenet).picture(build_recipe({"dream": table}).dream)
        for table in ({}, {"spectrum": 0.8}, {"rule": {"0": "normalised", "9": "adam"}, "pull": 1})
    )
    assert plain < shaped < 1.2 * plain
    assert remembering == plain + (85 + 24) * 12_000_000


def test_what_is_set_is_done(squeezenet, left):
    left(8e9)
    for settings in (DreamSettings(tile=1000), DreamSettings(tiles="exact", tile=1000)):
        assert choose_tiling(need(squeezenet), settings, CPU) == Tiling("exact", 1000)
    assert choose_tiling(need(squeezenet), DreamSettings(tile=4000), CPU) == Tiling()
    assert choose_tiling(need(squeezenet), DreamSettings(tiles="off", tile=1000), CPU) == Tiling()


def test_what_sees_the_whole_picture_is_never_cut(squeezenet, left):
    left(3e9)
    with pytest.raises(MemoryShortageError, match="4000x3000"):
        choose_tiling(need(squeezenet, "pool10"), DreamSettings(), CPU)
    with pytest.raises(RecipeError, match="'pool10' sees the whole picture"):
        choose_tiling(need(squeezenet, "pool10"), DreamSettings(tiles="exact"), CPU)


def test_tiles_smaller_than_what_a_layer_sees_are_refused_with_the_least_that_will_do(squeezenet, left):
    left(8e9)
    with pytest.raises(RecipeError, match=r"dream.tile: tiles of 96x96 .*'fire8/concat'") as caught:
        choose_tiling(need(squeezenet), DreamSettings(tiles="exact", tile=96), CPU)
    found = re.search(r"use (\d+) at least", str(caught.value))
    assert found is not None
    settings = DreamSettings(tiles="exact", tile=int(found[1]))
    assert choose_tiling(need(squeezenet), settings, CPU).side == settings.tile


@pytest.mark.parametrize(("tiles", "bytes_left"), [("off", 2e9), ("auto", 1e9)])
def test_a_photograph_too_large_is_refused_with_a_size_that_fits(squeezenet, left, tiles, bytes_left):
    left(bytes_left)
    settings = DreamSettings(tiles=tiles)
    with pytest.raises(MemoryShortageError, match="a dream of 4000x3000 pixels needs about") as caught:
        choose_tiling(need(squeezenet), settings, CPU)
    found = re.search(r"use --size (\d+)x(\d+), or an earlier layer", str(caught.value))
    assert found is not None
    fitting = (int(found[1]), int(found[2]))
    assert fitting[0] / fitting[1] == pytest.approx(4 / 3, rel=0.01)
    choose_tiling(need(squeezenet, size=fitting), settings, CPU)


def test_a_picture_is_refused_before_the_dream(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 100_000_000)
    with pytest.raises(MemoryShortageError, match="1600x1200"):
        Dreamer(device="cpu").dream(np.full((1200, 1600, 3), 90, np.uint8))


def test_a_clip_too_large_is_refused_before_anything_is_written(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "available_memory", lambda: 300_000_000)
    out = tmp_path / "clip"
    arguments = [
        "render",
        "grey",
        "--size",
        "2048x2048",
        "--frames",
        "2",
        "--device",
        "cpu",
        "--out",
        str(out),
    ]
    done = CliRunner().invoke(cli, arguments)
    assert isinstance(done.exception, MemoryShortageError)
    assert not (out / "recipe.toml").exists()


def test_memory_that_runs_out_anywhere_is_one_line(monkeypatch, capsys):
    def fail(**_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("dreamzoom.cli.presets.presets.callback", fail)
    assert _run(["presets"], Interruption(), debug=False) == 1
    assert capsys.readouterr().err == (
        "dreamzoom: memory ran out: use a smaller --size, or close other programs, and run it again\n"
    )
