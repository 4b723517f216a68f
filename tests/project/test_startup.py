"""Commands that answer at once stay light: what they import is counted, not the seconds."""

from __future__ import annotations

import subprocess
import sys

import pytest

from support.clips import render

HEAVY = ("torch", "numpy", "scipy", "PIL", "google.protobuf", "ffmpeg", "rich")
LIGHT = 350
"""Modules of Python's and click's that a light command loads, with room to grow: 0.1 s on one core."""

COUNT = """
import sys
from dreamzoom.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    status = end.code
print(status, len(sys.modules), *sorted(sys.modules), file=sys.stderr)
"""


def imported(*arguments: object) -> set[str]:
    """The modules that `dreamzoom ARGUMENTS` has loaded when it is done."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    status, _, *modules = done.stderr.splitlines()[-1].split()
    assert status == "0", done.stderr
    return set(modules)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("render", "--help"),
        ("dream", "--help"),
        ("doctor", "--help"),
        ("listen", "--help"),
        ("guide",),
        ("guide", "motion"),
    ],
    ids=" ".join,
)
def test_help_and_guide_load_nothing_heavy(arguments):
    modules = imported(*arguments)
    assert modules.isdisjoint(HEAVY)
    assert len(modules) < LIGHT


def test_status_loads_nothing_heavy(tmp_path):
    curve = 'camera.zoom={ 0 = 1.02, 1 = 1.05, 4 = 1.0, ease = "cubic" }'
    clip = render(tmp_path / "clip", "--set", curve, frames=3)
    for arguments in [("status", clip), ("status", "--json", clip)]:
        modules = imported(*arguments)
        assert modules.isdisjoint(HEAVY)
        assert len(modules) < LIGHT


def test_the_studio_starts_without_what_dreams():
    code = "import sys, dreamzoom.studio.serving; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint({"torch", "scipy", "google.protobuf"})


def loaded_by(*modules: str) -> set[str]:
    """The modules that are there once these were imported, by a process of its own."""
    code = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


RENDERING = ("dreamzoom.render.preparation", "dreamzoom.render.loop")


def test_what_a_render_may_need_of_scipy_loads_when_it_does():
    loaded = loaded_by(*RENDERING, "dreamzoom.audio.analysis")
    assert "dreamzoom.audio.sections" in loaded
    rooms = ("ndimage", "cluster", "fft", "linalg", "optimize", "interpolate", "spatial")
    assert loaded.isdisjoint(f"scipy.{room}" for room in rooms)


def test_a_plain_render_loads_nothing_for_songs_or_other_networks_and_engines():
    others = ("dreamzoom.audio.analysis", "dreamzoom.models.tensorflow", "dreamzoom.engines.caffe")
    assert not [name for name in loaded_by(*RENDERING) if name.startswith(others)]
