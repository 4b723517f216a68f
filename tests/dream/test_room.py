"""What a dream takes of memory is asked for first."""

from __future__ import annotations

import re

import numpy as np
import pytest
from click.testing import CliRunner

from dreamzoom.cli import _run, cli
from dreamzoom.dream.room import dream_bytes, require_room
from dreamzoom.dreamer import Dreamer
from dreamzoom.errors import MemoryShortageError
from dreamzoom.io import memory


def test_the_estimate_grows_with_pixels_and_layers(squeezenet):
    photo = dream_bytes(squeezenet, ["fire8/concat"], (4000, 3000), "torch")
    assert 4e9 < photo < 9e9
    assert dream_bytes(squeezenet, ["fire2/concat"], (4000, 3000), "torch") < photo
    assert dream_bytes(squeezenet, ["fire8/concat"], (4000, 3000), "torch", 2) < 0.6 * photo
    assert dream_bytes(squeezenet, ["fire8/concat"], (4000, 3000), "caffe") > photo


def test_a_photograph_too_large_is_refused_with_a_size_that_fits(engine, monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 2_000_000_000)
    with pytest.raises(MemoryShortageError, match="a dream of 4000x3000 pixels needs about") as caught:
        require_room(engine, ["fire8/concat"], (4000, 3000))
    found = re.search(r"use --size (\d+)x(\d+), or an earlier layer", str(caught.value))
    assert found is not None
    fitting = (int(found[1]), int(found[2]))
    assert fitting[0] / fitting[1] == pytest.approx(4 / 3, rel=0.01)
    require_room(engine, ["fire8/concat"], fitting)


def test_a_picture_is_refused_before_the_dream(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 100_000_000)
    with pytest.raises(MemoryShortageError, match="640x480"):
        Dreamer(device="cpu").dream(np.full((480, 640, 3), 90, np.uint8))


def test_a_clip_too_large_is_refused_before_anything_is_written(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "available_memory", lambda: 1_000_000_000)
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
    assert _run(["presets"], debug=False) == 1
    assert capsys.readouterr().err == (
        "dreamzoom: memory ran out: use a smaller --size, or close other programs, and run it again\n"
    )
