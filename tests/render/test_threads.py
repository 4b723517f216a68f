"""A render is the same to the bit for any number of threads: every look, and what no look has."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from dreamzoom.clip.journal import Journal
from support.clips import command, frame_files, render_here
from support.engines import in_threads

SIZE = ("--size", "331x187")  # more than torch does in one thread, and no multiple of a vector
LEAST = ("--preset", "classic", "--set", "dream.octaves=2", "--set", "dream.iterations=2")
ASKED = {
    "bestiary": (),
    "classic": ("--preset", "classic"),
    "whirlpool": ("--preset", "whirlpool"),
    "ink": ("--preset", "ink"),
    "kaleidoscope": ("--preset", "kaleidoscope"),
    "menagerie": ("--preset", "menagerie"),
    "linear colours": (*LEAST, "--set", "colour.hold=1", "--set", "colour.even=0.3"),
    "held back": (*LEAST, "--set", "dream.variation=0.3", "--set", "dream.variation_power=1.5",
                  "--set", "dream.pull=0.2", "--set", "dream.pull_power=2.5"),
    "levels and turns": (*LEAST, "--set", "dream.laplacian=1", "--set", "dream.scale=0.1",
                         "--set", "dream.turn=5"),
    "two layers": (*LEAST, "--set", 'dream.layer={"0"="fire2/concat", "10"="fire8/concat"}'),
    "regions": (*LEAST, "--set", 'dream.region=[{mask="disc", layer="fire3/concat", even=1}]'),
    "bfloat16": ("--precision", "bfloat16"),
}  # fmt: skip


def chain(folder: Path, *options: object) -> list[object]:
    """The pixels and the objective of each frame of a clip."""
    clip = render_here(folder, *SIZE, *options, frames=3)
    return [(entry.pixels, entry.objective) for entry in Journal(clip / "journal.jsonl")]


@pytest.mark.parametrize("name", ASKED)
def test_a_clip(name: str, tmp_path: Path) -> None:
    folders = iter(range(9))
    first, *others = in_threads(lambda: chain(tmp_path / str(next(folders)), *ASKED[name]))
    assert len(first) == 3
    assert all(other == first for other in others)


@pytest.mark.parametrize("objective", ["guide", "moments"])
def test_what_a_picture_guides(objective: str, tmp_path: Path) -> None:
    Image.radial_gradient("L").convert("RGB").save(tmp_path / "guide.png")
    options = (*LEAST, "--layer", "fire4/concat", "--objective", objective, "--guide", tmp_path / "guide.png")
    folders = iter(range(9))
    first, *others = in_threads(lambda: chain(tmp_path / str(next(folders)), *options))
    assert all(other == first for other in others)


def test_processes_that_were_told_how_many_threads_they_have(tmp_path: Path) -> None:
    """For torch, which asks MKL, and for NumPy. MKL would have no more threads than there are cores."""
    found = []
    for threads in ("1", "3"):
        out = tmp_path / threads
        told = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
        environment = {**os.environ, **told, "MKL_DYNAMIC": "FALSE"}
        subprocess.run(command("render", "--out", out, "--frames", 3, *SIZE), env=environment, check=True)
        assert f"{threads} thread" in next(iter(Journal(out / "journal.jsonl"))).engine
        found.append(frame_files(out))
    assert found[0] == found[1]
