"""`dreamzoom doctor`, and the measurement it makes."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from dreamzoom.cli.doctor import _studio, examine
from dreamzoom.dream.speed import best_precision, measure_speeds
from dreamzoom.engines.torch.native.library import compiled_library
from support.clips import dreamzoom


def test_doctor_tells_of_everything_a_render_needs():
    done = dreamzoom("doctor")
    assert done.returncode == 0, done.stdout
    for subject in ("torch", "ffmpeg", "model", "precision", "studio", "disk"):
        assert re.search(rf"^ok +{subject} ", done.stdout, re.MULTILINE), done.stdout


def test_doctor_says_whether_the_kernels_are_dreamzooms_own():
    words = {finding.subject: finding.words for finding in examine()}["kernels"]
    assert ("own, for the cpu" in words) == (compiled_library() is not None)


def test_doctor_says_whether_the_studio_can_run(monkeypatch):
    assert _studio().state == "good"
    monkeypatch.setattr("dreamzoom.cli.doctor._STUDIO", ("starlette", "no-such-package"))
    found = _studio()
    assert (found.state, found.words) == (
        "optional",
        "lacks no-such-package: pip install 'dreamzoom[studio]'",
    )


def test_speeds_are_steps_a_second_of_each_precision(squeezenet):
    speeds = measure_speeds(squeezenet, "cpu")
    assert list(speeds) == ["float32", "bfloat16"]
    assert all(0.01 < speed < 10_000 for speed in speeds.values())


@pytest.mark.parametrize(
    ("bfloat16", "tf32", "best"),
    [(0.2, 1.0, "float32"), (1.1, 1.05, "float32"), (1.8, 1.3, "bfloat16"), (1.2, 1.9, "tf32")],
)
def test_a_coarser_precision_is_advised_only_where_it_pays(bfloat16, tf32, best):
    assert best_precision({"float32": 10.0, "tf32": 10 * tf32, "bfloat16": 10 * bfloat16}) == best


ASK = """
import os, sys
from dreamzoom.cli import main
try:
    main(["--version"])
except SystemExit:
    pass
print(os.environ["OMP_WAIT_POLICY"], os.environ.get("GOMP_SPINCOUNT"), "torch" in sys.modules)
"""


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, "passive 1000"),
        ({"GOMP_SPINCOUNT": "7"}, "passive 7"),
        ({"OMP_WAIT_POLICY": "active"}, "active None"),
    ],
)
def test_waiting_threads_soon_sleep_unless_the_user_says_otherwise(given, kept):
    names = {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"}
    environment = {name: value for name, value in os.environ.items() if name not in names} | given
    done = subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.splitlines()[-1] == f"{kept} False"
