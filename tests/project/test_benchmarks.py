"""The benchmarks measure what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dreamzoom.dream.ascent import DreamPlan, dream
from dreamzoom.dream.objectives import l2
from dreamzoom.engines.registry import open_engine
from dreamzoom.engines.torch.native.library import compiled_library
from dreamzoom.pictures.frames import to_array
from dreamzoom.randomness import frame_generator
from support.engines import needs_caffe

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
LAYER = "fire4/concat"
SIZE = (101, 75)  # not every size: at some, rounding leads scipy's zoom out of the picture, where it finds 0
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


def measure(benchmark: str, *arguments: str) -> str:
    """What a benchmark prints."""
    done = subprocess.run(
        [sys.executable, BENCHMARKS / benchmark, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_caffe
def test_the_loop_of_2015_dreams_what_dreamzoom_dreams(squeezenet, monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    from contenders import picture
    from loop_of_2015 import Notebook

    image = picture(SIZE)
    notebook = Notebook(squeezenet, LAYER, octaves=2, octave_scale=1.4, iterations=3)
    found = notebook.dream(to_array(image), frame_generator(0, 0))
    plan = DreamPlan({LAYER: l2()}, octaves=2, iterations=3)
    expected = dream(image, open_engine(squeezenet, "caffe", "cpu"), plan, frame_generator(0, 0))
    assert np.abs(found - to_array(expected.image)).mean() < 1e-3
    assert notebook.objective == pytest.approx(expected.value, rel=1e-5)


def test_many_pictures_are_measured_against_one_process():
    said = measure("bench_many.py", "--size", "64x64", "--pictures", "2", "--rounds", "1")
    assert "1.00" in said.splitlines()[2]
    assert "chosen" in said


@pytest.mark.parametrize("extra", [("--contender", "plain"), ("--renders", "1")], ids=["dreams", "renders"])
def test_the_yardstick_prints_a_line_for_each_contender(extra):
    arguments = ["--net", "squeezenet", "--size", "96x96", "--rounds", "1", "--contender", "float32", *extra]
    lines = measure("yardstick.py", *arguments).splitlines()
    (line,) = [line for line in lines if line.startswith("float32")]
    assert float(line.split()[1]) > 0


def test_whole_renders_are_measured_against_their_dreams():
    arguments = [
        "--size",
        "64x48",
        "--frames",
        "6",
        "--look",
        "every4",
        "--cores",
        "1",
        "--no-first",
        "--busy",
    ]
    lines = measure("bench_render.py", *arguments, "--frames-of-2015", "0").splitlines()
    (line,) = [line for line in lines if line.startswith("every4")]
    figures = [float(word) for word in line.split()[1:] if word != "-"]
    assert len(figures) == 8
    assert all(figure > 0 for figure in figures)


@pytest.mark.skipif(compiled_library() is None, reason="there are no kernels here")
def test_kernels_are_measured_against_torchs_operations():
    said = measure("bench_kernels.py", "--rounds", "1")
    assert "max pool" in said
    assert "1x1, 16 to 64" in said


def test_real_prototxts_are_read_dreamed_and_counted(tmp_path):
    head = 'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8 '
    layer = 'layer {{ name: "{0}" type: "{1}" bottom: "data" top: "{0}" {2} }}'
    good = head + layer.format("c", "Convolution", "convolution_param { num_output: 2 kernel_size: 3 }")
    (tmp_path / "good.prototxt").write_text(good + layer.format("x", "Unknown", ""), encoding="utf-8")
    (tmp_path / "bad.prototxt").write_text(head + layer.format("x", "Unknown", ""), encoding="utf-8")
    said = measure("measure_prototxts.py", str(tmp_path))
    assert "2 files, 1 read\n1 have a convolution, 1 dream\nnot read            1  layer" in said
