"""The guard in real renders: it finds a clip that stands still, pushes it, says so, and resumes exactly."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from helpers_clips import dreamzoom, frame_files, render

STUCK = (
    *("--preset", "classic", "--zoom", "1", "--set", "dream.step_size=0.001"),
    *("--set", "guard.nudge=noise", "--set", "guard.span=22"),
)
"""A camera that stands still before a dream that adds next to nothing."""


def nudges(clip: Path) -> dict[int, str]:
    lines = [json.loads(line) for line in (clip / "journal.jsonl").read_text().splitlines()]
    return {line["frame"]: line["nudge"] for line in lines if "nudge" in line}


@pytest.fixture(scope="module")
def stuck(tmp_path_factory) -> Path:
    """A clip that goes nowhere."""
    return render(tmp_path_factory.mktemp("stuck") / "clip", *STUCK, frames=50)


def test_a_clip_that_stands_still_is_pushed_and_the_journal_says_so(stuck):
    told = nudges(stuck)
    assert told
    assert min(told) in (22, 44)  # a look is at every 22nd dream
    assert all(text.startswith("fixed point: noise, ") for text in told.values())


@pytest.mark.parametrize("gone", [30, 46])
def test_a_pushed_clip_is_mended_and_resumed_to_the_same_bytes(gone, stuck, tmp_path):
    clip = Path(shutil.copytree(stuck, tmp_path / "clip"))
    for frame in range(gone, 50):
        (clip / "frames" / f"{frame:06d}.png").unlink()
    lines = (clip / "journal.jsonl").read_text().splitlines(keepends=True)
    (clip / "journal.jsonl").write_text("".join(lines[:gone]))
    assert dreamzoom("resume", clip).returncode == 0
    assert frame_files(clip) == frame_files(stuck)
    assert nudges(clip) == nudges(stuck)


def test_a_clip_that_moves_is_left_alone(tmp_path):
    clip = render(tmp_path / "clip", "--set", "guard.nudge=noise", "--set", "guard.span=22", frames=46)
    assert not nudges(clip)


def test_another_set_of_channels_pushes_too(tmp_path):
    clip = render(tmp_path / "clip", *STUCK, "--set", "guard.nudge=channels", frames=24)
    assert set(nudges(clip)) == {22, 23}


def test_the_default_look_resumes_exactly(tmp_path):
    options = ("--preset", "bestiary", "--seed", "3")
    whole = render(tmp_path / "whole", *options, frames=8)
    pieces = render(tmp_path / "pieces", *options, frames=3)
    assert dreamzoom("extend", pieces, "--frames", 8).returncode == 0
    assert frame_files(pieces) == frame_files(whole)
