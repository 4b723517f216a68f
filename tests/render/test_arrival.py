"""Pictures that come into the running dream: their share, their way, what a stop or a fork makes of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dreamzoom.camera.aim import AS_WRITTEN
from dreamzoom.camera.lens import lens_of
from dreamzoom.camera.path import motion_between
from dreamzoom.pictures.frames import read_frame
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.schema import Recipe
from dreamzoom.render.arrival import Arrivals, Step
from support.clips import frame_files, quickly, render_here, says

WIDTH, HEIGHT = 64, 48


@pytest.fixture
def red(tmp_path: Path) -> Path:
    """A picture that is red, half as bright at its right."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:, : WIDTH // 2, 0], pixels[:, WIDTH // 2 :, 0] = 240, 120
    Image.fromarray(pixels).save(tmp_path / "red.png")
    return tmp_path / "red.png"


def dissolve(image: Path, **times: object) -> tuple[str, str]:
    """The option for one dissolve."""
    row = {"image": image.as_posix(), **times}
    return "--set", f"clip.dissolve=[{{ {', '.join(f'{k} = {json.dumps(v)}' for k, v in row.items())} }}]"


def pixels(clip: Path, frame: int) -> np.ndarray:
    return read_frame(clip / "frames" / f"{frame:06d}.png").astype(int)


def coming(every: int = 1, **camera: object) -> Recipe:
    clip = {"size": "64x48", "frames": 31, "dissolve": [{"image": "white", "at": 5, "over": 20}]}
    return build_recipe({"clip": clip, "camera": {"every": every, **camera}})


@pytest.mark.parametrize(("every", "zoom"), [(1, 1.0), (1, 1.08), (3, 1.05), (7, 0.94)])
def test_the_whole_share_rises_smoothly_whatever_is_dreamed_and_wherever_the_camera_goes(every, zoom):
    """A white picture over a black one that is moved and never dreamed: the middle tells the share."""
    recipe = coming(every, zoom=zoom)
    lens = lens_of(recipe)
    arrivals = Arrivals(recipe, {("dissolve", "white"): torch.full((3, HEIGHT, WIDTH), 255.0)}, lens)
    image = torch.zeros(3, HEIGHT, WIDTH)
    for frame in range(every, 31, every):
        image = lens.move(image, motion_between(recipe, frame - every, frame)).clamp(0, 255)
        image = arrivals.bring(image, Step(frame - every, frame, AS_WRITTEN))
        way = min(max((frame - 5) / 20, 0), 1)
        expected = 255 * 31 / 32 * (3 * way**2 - 2 * way**3)
        assert float(image[0, HEIGHT // 2, WIDTH // 2]) == pytest.approx(expected, abs=0.02), frame
    assert float(image.min()) > 215  # in the corners too


def test_the_camera_falls_into_the_picture():
    """What comes lies, at every frame, where the motion that is left takes it to its place from: a white dot
    beside the target.
    """
    recipe = coming(zoom=1.05, target=[0.25, 0.5], rotate=3)
    picture = torch.zeros(3, HEIGHT, WIDTH)
    picture[:, 19:24, 34:39] = 255  # about (36, 21)
    lens = lens_of(recipe)
    arrivals = Arrivals(recipe, {("dissolve", "white"): picture}, lens)
    for frame in (15, 20, 24):
        image = arrivals.bring(torch.zeros(3, HEIGHT, WIDTH), Step(frame - 1, frame, AS_WRITTEN))[0]
        row, column = (image > image.max() / 2).nonzero().float().mean(0).tolist()
        expected = motion_between(recipe, frame, 25).inverse()(complex(36, 21))
        assert abs(complex(column, row) - expected) < 0.7, frame


def test_a_dissolve_is_of_the_clip_is_resumed_and_forked(tmp_path, red):
    held = ("--set", "colour.hold=1", "--zoom", 1.05, "--preset", "classic")
    plain = render_here(tmp_path / "plain", *held, frames=10)
    row = dissolve(red, at=3, over="5f")
    clip = render_here(tmp_path / "clip", *held, *row, frames=10)
    files, before = frame_files(clip), frame_files(plain)
    names = list(files)
    assert [files[name] == before[name] for name in names] == [True] * 4 + [False] * 6
    red.unlink()  # the clip needs it no more
    broken = tmp_path / "broken"
    shutil.copytree(clip, broken)
    lines = (clip / "journal.jsonl").read_text().splitlines(keepends=True)
    (broken / "journal.jsonl").write_text("".join(lines[:6]))
    quickly("resume", broken)
    assert frame_files(broken) == files
    # Its colours are held from then on: the start image has more blue than red.
    assert pixels(plain, 9).mean((0, 1))[2] > pixels(plain, 9).mean((0, 1))[0]
    assert pixels(clip, 9).mean((0, 1))[0] > 2 * pixels(clip, 9).mean((0, 1))[2]
    told = quickly("fork", clip, "--set", "clip.dissolve=[]", "-o", tmp_path / "fork")
    assert frame_files(tmp_path / "fork") == before
    assert "4 frames" in told


def test_a_missing_picture_is_refused_before_any_work(tmp_path):
    row = dissolve(tmp_path / "none.jpg", at=1, over=2)
    told = says(2, "render", "--out", tmp_path / "clip", "--frames", 4, *row)
    assert "none.jpg: there is no such file" in told
    assert not (tmp_path / "clip").exists()
