"""A clip as a programme: its frames, deep or not, its song, its fall point."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dreamzoom.clip.folder import open_clip
from dreamzoom.footage.clips import ClipProgramme
from dreamzoom.footage.programme import Programme
from dreamzoom.pictures.frames import read_frame
from support.clips import render_here


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips") / "clip"
    render_here(folder, "--target", "0.25,0.5", frames=3)
    return folder


def test_a_clip_shows_its_frames_in_any_order(clip: Path) -> None:
    programme: Programme = ClipProgramme(open_clip(clip))
    shown = list(programme.pictures([2, 0, 0]))
    stored = [read_frame(open_clip(clip).frame_path(frame)) for frame in (2, 0, 0)]
    assert programme.count == 3
    assert all(np.array_equal(one, other) for one, other in zip(shown, stored, strict=True))


def test_a_deep_picture_keeps_black_and_white(clip: Path) -> None:
    programme = ClipProgramme(open_clip(clip))
    plain, deep = next(programme.pictures([1])), next(programme.pictures([1], deep=True))
    assert deep.dtype == np.uint16
    assert np.array_equal(deep, plain.astype(int) * 257)


def test_it_tells_where_the_camera_falls(clip: Path) -> None:
    assert ClipProgramme(open_clip(clip)).fall_point(2) == (0.25, 0.5)
