"""Pictures that come into the running dream: their share, their way, what a stop or a fork makes of them."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dreamzoom.camera.aim import AS_WRITTEN
from dreamzoom.camera.lens import lens_of
from dreamzoom.camera.path import motion_between
from dreamzoom.clip.folder import open_clip
from dreamzoom.colour.palette import colours_to_hold
from dreamzoom.footage.clips import ClipProgramme
from dreamzoom.footage.footage import Footage
from dreamzoom.pictures.frames import read_frame, to_tensor
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.schema import Recipe
from dreamzoom.render.arrival import Arrivals, Step
from support.clips import SMALL, frame_files, quickly, render_here, says
from support.music import drum_loop, steady, write_wav

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


def unread() -> torch.Tensor:
    raise AssertionError("no clip closes here")


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
    arrivals = Arrivals(recipe, {("dissolve", "white"): torch.full((3, HEIGHT, WIDTH), 255.0)}, lens, unread)
    image = torch.zeros(3, HEIGHT, WIDTH)
    for frame in range(every, 31, every):
        image = lens.move(image, motion_between(recipe, frame - every, frame)).clamp(0, 255)
        image = arrivals.bring(image, Step(frame - every, frame, AS_WRITTEN))
        way = min(max((frame - 5) / 20, 0), 1)
        expected = 255 * 31 / 32 * (3 * way**2 - 2 * way**3)
        assert float(image[0, HEIGHT // 2, WIDTH // 2]) == pytest.approx(expected, abs=0.02), frame
    assert float(image.min()) > 215  # in the corners too


@pytest.mark.parametrize("zoom", [2.0, 0.5])
def test_however_far_the_picture_is_at_first_it_fills_the_frame_at_last(zoom):
    clip = {"size": "64x48", "frames": 1301, "end": "picture", "fps": 10, "end_over": 130}
    recipe = build_recipe({"clip": clip, "camera": {"zoom": zoom}})
    picture = torch.rand(3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(1)) * 255
    arrivals = Arrivals(recipe, {("end", "picture"): picture}, lens_of(recipe), unread)
    grey = torch.full((3, HEIGHT, WIDTH), 128.0)
    for frame in (1, 650, 1240, 1290, 1299):
        image = arrivals.bring(grey, Step(frame - 1, frame, AS_WRITTEN))
        assert bool(image.isfinite().all())
        assert float(image.min()) >= 0
        assert float(image.max()) <= 255
    last = arrivals.bring(grey, Step(1299, 1300, AS_WRITTEN))
    torch.testing.assert_close(last, picture, atol=1e-3, rtol=0)


def test_the_camera_falls_into_the_picture():
    """What comes lies, at every frame, where the motion that is left takes it to its place from: a white dot
    beside the target.
    """
    recipe = coming(zoom=1.05, target=[0.25, 0.5], rotate=3)
    picture = torch.zeros(3, HEIGHT, WIDTH)
    picture[:, 19:24, 34:39] = 255  # about (36, 21)
    lens = lens_of(recipe)
    arrivals = Arrivals(recipe, {("dissolve", "white"): picture}, lens, unread)
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


CLASSIC = ("--preset", "classic", "--set", "dream.step_size=3")


def difference(clip: Path, one: int, other: int) -> float:
    return float(np.abs(pixels(clip, one) - pixels(clip, other)).mean())


@pytest.mark.parametrize("every", [1, 3])
def test_the_last_frame_is_the_picture_that_a_clip_ends_in(tmp_path, red, every):
    """Fitted to the size, with held colours, and where the last frame lies between two that are dreamed."""
    wide = tmp_path / "wide.png"
    Image.open(red).resize((128, 48)).save(wide)
    options = (*CLASSIC, "--set", f"camera.every={every}", "--set", "colour.hold=1", "--fps", 10)
    clip = render_here(tmp_path / "clip", *options, "--end", wide, "--set", "clip.end_over=0.7", frames=12)
    expected = np.zeros((HEIGHT, WIDTH, 3), int)
    expected[:, : WIDTH // 2, 0], expected[:, WIDTH // 2 :, 0] = 240, 120
    away = WIDTH // 4  # the edge, which is soft in a picture that was enlarged and fitted
    np.testing.assert_allclose(pixels(clip, 11)[:, :away], expected[:, :away], atol=1)
    np.testing.assert_allclose(pixels(clip, 11)[:, -away:], expected[:, -away:], atol=1)
    plain = render_here(tmp_path / "plain", *options, frames=12)
    assert frame_files(clip)["000003.png"] == frame_files(plain)["000003.png"]
    assert difference(clip, 10, 11) < difference(clip, 8, 9) + 1


@pytest.mark.parametrize(
    "camera",
    [
        {"zoom": 1.05},
        {"zoom": 0.93, "rotate": 2},
        {"zoom": 1.04, "every": 3},
        {"zoom": 1, "pan": [0.02, 0.01]},
        {"zoom": 1.03, "mirrors": 3, "rotate": 1},
        {"zoom": 1.05, "target": "auto"},
    ],
    ids=str,
)
def test_a_closing_clips_last_frame_leads_into_its_first_as_any_frame_into_the_next(tmp_path, camera):
    keys = [word for key, value in camera.items() for word in ("--set", f"camera.{key}={json.dumps(value)}")]
    clip = render_here(tmp_path / "clip", *CLASSIC, *keys, "--close", 0.6, "--fps", 20, frames=20)
    between = [difference(clip, frame, frame + 1) for frame in range(19)]
    assert difference(clip, 19, 0) <= max(between[0], between[-1]) * 1.3
    # And not for nothing: frame 19 without it is another picture.
    assert difference(clip, 8, 0) > 2 * difference(clip, 19, 0)
    opened = open_clip(clip)
    assert ClipProgramme(opened).is_loop
    last, motion = (
        to_tensor(read_frame(opened.frame_path(19))),
        Footage(opened).travel(Fraction(19), Fraction(20)),
    )
    beyond = lens_of(opened.recipe).move(last, motion).numpy().transpose(1, 2, 0)
    assert np.abs(beyond - pixels(clip, 0))[8:-8, 8:-8].mean() < 8  # one more resampling


def test_a_closing_clip_is_stopped_in_its_last_stretch_and_resumed_to_the_byte(tmp_path):
    options = ("--set", "camera.every=3", "--set", "guard.nudge=noise", "--set", "camera.target=auto")
    clip = render_here(tmp_path / "clip", *CLASSIC, *options, "--close", 0.5, "--fps", 20, frames=20)
    whole, lines = frame_files(clip), (clip / "journal.jsonl").read_text().splitlines(keepends=True)
    for stop in (14, 19):
        (clip / "journal.jsonl").write_text("".join(lines[:stop]))
        (clip / "frames" / f"{stop - 2:06d}.png").write_bytes(b"torn")
        quickly("resume", clip)
        assert frame_files(clip) == whole


def test_a_fork_of_another_length_shares_what_comes_before_the_end(tmp_path, red):
    clip = render_here(tmp_path / "clip", *CLASSIC, "--close", 0.5, "--fps", 10, frames=12)
    assert "fork" in says(2, "extend", clip, "--frames", 15)
    told = quickly("fork", clip, "--frames", 15, "-o", tmp_path / "longer")
    fresh = render_here(tmp_path / "fresh", *CLASSIC, "--close", 0.5, "--fps", 10, frames=15)
    assert frame_files(tmp_path / "longer") == frame_files(fresh)
    assert "8 frames" in told
    quickly("fork", clip, "--end", red, "--set", "clip.end_over=0.3", "--close", 0, "-o", tmp_path / "red")
    frames = frame_files(tmp_path / "red")
    assert [frames[name] == data for name, data in frame_files(clip).items()].count(True) == 8


def test_a_clip_ends_where_its_song_does(tmp_path, red):
    song = write_wav(tmp_path / "song.wav", drum_loop(steady(120, 2)).samples)
    given = ("render", "--audio", song, *SMALL, "--fps", 5, "--end", red)
    told = says(2, *given, "--out", tmp_path / "none")
    assert "clip.end_over: 4 s are more than the clip's 1.8" in told
    assert not (tmp_path / "none").exists()
    quickly(*given, "--set", "clip.end_over=0.5", "--out", tmp_path / "clip")
    np.testing.assert_allclose(pixels(tmp_path / "clip", 9), read_frame(red), atol=1)


@pytest.mark.parametrize(("kind", "reddest"), [("dissolve", 40), ("end", 250)])
def test_a_picture_that_is_dreamed_over_comes_in_the_palette_that_is_held(kind, reddest):
    """Red comes into a dream that is held to blues: a picture that the clip ends in stays red."""
    clip = {"size": "64x48", "frames": 31}
    row = {"image": "red", "at": 5, "over": 20}
    clip |= {"dissolve": [row]} if kind == "dissolve" else {"end": "red", "end_over": 0.5}
    recipe = build_recipe({"clip": clip, "colour": {"palette": "blues", "hold": 1}})
    red, blues = torch.zeros(3, HEIGHT, WIDTH), torch.zeros(3, HEIGHT, WIDTH)
    red[0], blues[2] = torch.rand(HEIGHT, WIDTH) * 40 + 215, torch.rand(HEIGHT, WIDTH) * 255
    palettes = {"": colours_to_hold(red, "plain"), "blues": colours_to_hold(blues, "plain")}
    arrivals = Arrivals(recipe, {(kind, "red"): red}, lens_of(recipe), unread, palettes)
    last = arrivals.bring(blues, Step(25 if kind == "end" else 20, 30, AS_WRITTEN))
    assert float(last[0].mean()) == pytest.approx(reddest, abs=40)
    assert bool(last[2].mean() > 100) == (kind == "dissolve")
