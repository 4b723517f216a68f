"""Deep pictures: what is computed is not rounded to 8 bits, and rounded it is what is stored."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dreamzoom.clip.folder import open_clip
from dreamzoom.footage.clips import ClipProgramme
from dreamzoom.footage.retimed import RetimedProgramme
from dreamzoom.footage.shutter import retime
from dreamzoom.pictures.frames import read_frame
from support.clips import quickly, render_here

MOTION = ("--zoom", "1.03", "--set", "camera.rotate=2", "--set", "camera.mirrors=3")
FRAMES = 7


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Frames 0, 3 and 6 are dreamed."""
    folder = tmp_path_factory.mktemp("moving") / "clip"
    return render_here(folder, *MOTION, "--target", "auto", "--set", "camera.every=3", frames=FRAMES + 1)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without a motion."""
    folder = tmp_path_factory.mktemp("still") / "clip"
    rests = ("--zoom", "1", "--set", "camera.rotate=0", "--set", "camera.pan=[0,0]")
    return render_here(folder, *rests, "--set", "camera.every=3", frames=4)


def deep_and_stored(clip: Path, frame: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    (deep,) = ClipProgramme(open_clip(clip)).pictures([frame], deep=True)
    assert deep.dtype == np.uint16
    return deep.astype(np.int64), read_frame(open_clip(clip).frame_path(frame)).astype(np.int64)


@pytest.mark.parametrize("frame", range(FRAMES + 1))
def test_rounded_to_8_bits_it_is_the_stored_frame(moving: Path, frame: int) -> None:
    deep, stored = deep_and_stored(moving, frame)
    assert np.array_equal(np.round(deep / 257), stored)
    away = np.abs(deep - 257 * stored)
    if frame in (0, 3, 6, 7):  # after the last of them nothing is stored that 7 lies before
        assert not away.any()
    else:  # as even as what rounding has left out, and not held at its ends
        assert 55 < away.mean() < 72
        assert np.mean(away == 128) < 0.03


def test_a_loops_frames_are_deep(tmp_path: Path) -> None:
    clip = render_here(
        tmp_path / "loop",
        "--loop",
        "4",
        "--set",
        "loop.spiral=1",
        "--set",
        "loop.dreams=1",
        "--target",
        "0.4,0.5",
        frames=4,
    )
    for frame in range(4):
        deep, stored = deep_and_stored(clip, frame)
        away = np.abs(deep - 257 * stored)
        assert np.array_equal(np.round(deep / 257), stored)
        assert 55 < away.mean() < 72
        assert np.mean(away == 128) < 0.03


def test_without_a_motion_it_is_the_blend_of_two_frames(still: Path) -> None:
    first, last = (read_frame(open_clip(still).frame_path(frame)).astype(float) for frame in (0, 3))
    for frame in (1, 2):
        deep, _ = deep_and_stored(still, frame)
        assert np.abs(deep - 257 * (first + frame / 3 * (last - first))).max() <= 1
        assert np.unique(deep).size > 500


END = ("--end", "hills", "--set", "clip.end_over=0.1")
CLOSE = ("--close", "0.1")


@pytest.mark.parametrize(("way", "frames", "last"), [(END, 6, 5), (CLOSE, 5, 0)], ids=["end", "close"])
def test_the_way_to_a_last_picture_is_as_deep_and_may_be_shorter(
    tmp_path: Path, way: tuple[str, ...], frames: int, last: int
) -> None:
    rests = ("--zoom", "1", "--set", "camera.rotate=0", "--set", "camera.pan=[0,0]")
    still = render_here(tmp_path / "still", *rests, "--set", "camera.every=3", *way, frames=frames)
    before, after = (read_frame(open_clip(still).frame_path(frame)).astype(float) for frame in (3, last))
    deep, _ = deep_and_stored(still, 4)
    assert np.abs(deep - 257 * (before + after) / 2).max() <= 1  # half way from frame 3 to the fifth
    moving = render_here(tmp_path / "moving", *MOTION, "--set", "camera.every=3", *way, frames=frames)
    for frame in range(frames):
        deep, stored = deep_and_stored(moving, frame)
        assert np.array_equal(np.round(deep / 257), stored)
        away = np.abs(deep - 257 * stored)
        if frame in (1, 2, 4):
            assert 55 < away.mean() < 72
            assert np.mean(away == 128) < 0.03
        else:
            assert not away.any()


def test_what_a_person_retouched_stays_as_it_is_and_so_does_what_led_there(
    moving: Path, tmp_path: Path
) -> None:
    clip = Path(shutil.copytree(moving, tmp_path / "clip"))
    for frame in (3, 4):
        path = open_clip(clip).frame_path(frame)
        Image.fromarray(255 - read_frame(path)).save(path)
        if frame == 3:
            quickly("adopt", clip, "--frame", frame)
            quickly("resume", clip)
    quickly("adopt", clip, "--frame", 4)
    for frame in (1, 2, 3, 4):
        deep, stored = deep_and_stored(clip, frame)
        assert np.array_equal(deep, 257 * stored)


@pytest.mark.parametrize("shutter", [0, 180])
def test_a_retimed_clip_is_deep(moving: Path, shutter: int) -> None:
    clip, frames, speed = open_clip(moving), range(1, 5), Fraction(1, 2)
    programme = RetimedProgramme(clip, frames, speed, Fraction(shutter))
    assert programme.count == 8
    wanted = list(retime(clip, frames, speed, Fraction(shutter)))
    order = [3, 0, 6]
    for number, deep, plain in zip(
        order, programme.pictures(order, deep=True), programme.pictures(order), strict=True
    ):
        assert np.array_equal(plain, wanted[number])
        assert np.abs(np.round(deep / 257) - plain).max() <= 1
        assert np.unique(deep).size > 500


def test_an_open_shutter_before_what_stands_still_changes_nothing(still: Path) -> None:
    clip = open_clip(still)
    (deep,) = RetimedProgramme(clip, range(4), Fraction(1), Fraction(180)).pictures([1], deep=True)
    (wanted,) = ClipProgramme(clip).pictures([1], deep=True)
    assert np.abs(deep.astype(int) - wanted).max() <= 2
