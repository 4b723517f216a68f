"""A clip at another speed: the known motion makes what lies between two frames."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image

from dreamzoom.camera.resample import warp
from dreamzoom.camera.similarity import camera_motion
from dreamzoom.clip.folder import open_clip
from dreamzoom.footage.shutter import moments, retime
from dreamzoom.pictures.frames import read_frame, round_to_uint8, to_array
from support.clips import dreamzoom, quickly, render

MOTION = ("--zoom", "1.03", "--set", "camera.rotate=2", "--set", "camera.pan=[0.01,0]")
FRAMES = 7


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    return render(tmp_path_factory.mktemp("retime") / "clip", *MOTION, frames=FRAMES)


def pictures(clip: Path, speed: str, frames: range = range(FRAMES)) -> list[np.ndarray]:
    return list(retime(open_clip(clip), frames, Fraction(speed)))


def frames_of(video: Path) -> int:
    with av.open(str(video)) as file:
        return sum(1 for _ in file.decode(video=0))


@pytest.mark.parametrize("speed", ["1/2", "2", "3", "2/3", "7/5", "1/7", "100"])
def test_a_video_has_as_many_frames_as_its_time_takes(speed, clip):
    assert len(pictures(clip, speed)) == max(1, round(FRAMES / Fraction(speed)))


def test_no_moment_lies_a_whole_frame_after_the_end():
    for count in range(1, 30):
        for speed in (Fraction(1, 3), Fraction(2, 7), Fraction(4, 3), Fraction(3)):
            assert max(moments(range(count), speed)) < count


@pytest.mark.parametrize(("speed", "step"), [("1/2", 2), ("1/3", 3)])
def test_slower_the_clips_own_frames_are_there_to_the_byte(speed, step, clip):
    stored = [read_frame(path) for path in open_clip(clip).finished_frames()]
    for ours, theirs in zip(pictures(clip, speed)[::step], stored, strict=True):
        assert np.array_equal(ours, theirs)


def test_faster_frames_are_left_out(clip):
    stored = [read_frame(path) for path in open_clip(clip).finished_frames()]
    assert all(map(np.array_equal, pictures(clip, "2"), stored[::2]))


def test_between_two_pictures_of_a_scene_that_only_moves_lies_the_scene_at_half_the_way(clip, tmp_path):
    y, x = np.mgrid[0:48, 0:64]
    waves = np.stack([127 + 60 * np.sin(x / 3 + channel) * np.cos(y / 4) for channel in range(3)])
    scene = torch.from_numpy(waves.astype(np.float32))
    motion = camera_motion((64, 48), zoom=1.03, rotate=2, pan=(0.01, 0))
    moving = Path(shutil.copytree(clip, tmp_path / "clip"))
    for frame in range(2):
        save_picture(warp(scene, motion.power(frame), "lanczos"), moving / f"frames/{frame:06d}.png")
    half = to_array(warp(scene, motion.power(0.5), "lanczos"))[6:-6, 6:-6]
    still, between = (picture[6:-6, 6:-6].astype(float) for picture in pictures(moving, "1/2", range(1)))
    assert np.abs(between - half).max() < 2
    assert np.abs(still - half).max() > 10


def save_picture(picture: torch.Tensor, path: Path) -> None:
    Image.fromarray(to_array(round_to_uint8(picture))).save(path)


@pytest.mark.parametrize(
    ("arguments", "frames"),
    [
        (("--speed", "0.5"), 14),
        (("--speed", "2"), 4),
        (("--speed", "1/3", "--frames", "2:5"), 9),
        (("--speed", "1"), 7),
    ],
)
def test_stitch_makes_exactly_those_frames_at_the_same_rate(arguments, frames, clip, tmp_path):
    said = quickly("stitch", clip, "-o", tmp_path / "out.mp4", *arguments)
    assert f"{frames} frames" in said
    assert frames_of(tmp_path / "out.mp4") == frames
    with av.open(str(tmp_path / "out.mp4")) as file:
        assert file.streams.video[0].average_rate == 30


@pytest.mark.parametrize("speed", ["0", "-1", "1/0", "101", "fast", "0.001", "1e2"])
def test_what_is_no_speed_is_refused(speed, clip):
    assert "is no speed" in quickly("stitch", clip, "--speed", speed)


def test_a_gif_has_no_other_speed(clip):
    done = dreamzoom("stitch", clip, "--gif", "--speed", "2")
    assert done.returncode == 2
    assert "leave out --speed" in done.stderr


def test_each_take_moves_by_its_own_recipe(clip, tmp_path):
    """The motion into the first frame of a new take is the new take's."""
    fork = tmp_path / "fork"
    quickly("fork", clip, "-o", fork, "--at", "3", "--zoom", "1.2")
    theirs, ours = pictures(clip, "1/2"), pictures(fork, "1/2")
    assert all(map(np.array_equal, ours[:5], theirs[:5]))
    assert not np.array_equal(ours[5], theirs[5])
