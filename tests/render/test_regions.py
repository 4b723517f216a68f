"""Clips with regions: what stays, what goes with the camera, what a stop, a fork or a draft makes of it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dreamzoom.camera.path import motion_between
from dreamzoom.camera.similarity import Similarity
from dreamzoom.clip.folder import open_clip
from dreamzoom.dream import masks
from dreamzoom.dreamer import Dreamer
from dreamzoom.engines.fitting import FittingEngine
from dreamzoom.engines.registry import open_engine
from dreamzoom.guard.detect import Nudge, Stuck
from dreamzoom.models.store import open_model
from dreamzoom.pictures.frames import read_frame, to_tensor
from dreamzoom.pictures.generate import start_picture
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.draft import make_draft
from dreamzoom.recipe.presets import find_preset
from dreamzoom.render.frame import RenderedFrame, prepare_renderer
from dreamzoom.render.trajectory import Trajectory
from support.clips import frame_files, quickly, render_here, says

STILL = ("--zoom", 1, "--preset", "classic")


def region(**keys: object) -> tuple[str, str]:
    """The option for one region."""
    inside = ", ".join(f"{key} = {json.dumps(value)}" for key, value in keys.items())
    return "--set", f"dream.region=[{{ {inside} }}]"


NOTHING_ELSEWHERE = ("--set", "dream.elsewhere=0")


def pixels(clip: Path, frame: int) -> np.ndarray:
    return read_frame(clip / "frames" / f"{frame:06d}.png").astype(int)


def test_outside_the_mask_nothing_changes_though_colours_are_held_and_light_is_evened(tmp_path):
    """Not by the dream, its octaves and jitter, nor by what bestiary does with colour, nor by noise."""
    still = ("--zoom", 1, "--set", "camera.rotate=0", "--set", "dream.octaves=2")
    where = region(mask="left", size=0.5, soften=0)
    clip = render_here(tmp_path / "clip", *still, *where, *NOTHING_ELSEWHERE, frames=3)
    start = read_frame(clip / "start.png").astype(int)
    last = pixels(clip, 2)
    np.testing.assert_array_equal(last[:, 32:], start[:, 32:])
    assert np.abs(last - start)[:, :16].mean() > 1


def test_a_nudges_noise_is_for_what_dreams(tmp_path):
    where = region(mask="left", size=0.5, soften=0)
    noise = ("--set", "guard.nudge=noise", "--set", "guard.amount=50")
    clip = open_clip(render_here(tmp_path / "clip", *STILL, *noise, *where, *NOTHING_ELSEWHERE, frames=1))
    renderer = prepare_renderer(clip, clip.takes[-1], open_engine(open_model("squeezenet"), "torch"))
    before = renderer.dream_frame(None, 0)
    nudged = renderer.dream_frame(before, 1, Nudge(Stuck.STILL, 0, 1, 1.0, 0.1))
    assert torch.equal(nudged.pixels[..., 32:], before.pixels[..., 32:])
    assert (nudged.pixels.float() - before.pixels.float())[..., :8].abs().mean() > 15


def test_a_mask_goes_with_the_picture_or_stays_on_the_screen(tmp_path):
    """A camera that pans by an eighth of the frame: what the mask lies on goes to the left by 8 pixels."""
    where = {"mask": "disc", "size": 0.25, "place": [0.75, 0.5], "soften": 0}
    for on, middle in (("picture", 48 - 2 * 8), ("screen", 48)):
        pan = ("--preset", "classic", "--zoom", 1, "--set", "camera.pan=[0.125, 0]")
        clip = render_here(tmp_path / on, *pan, *region(**where, on=on), *NOTHING_ELSEWHERE, frames=3)
        # Without a dream frame 2 would be frame 1 moved: what differs is where it dreams.
        moved = np.abs(pixels(clip, 2)[:, :-8] - pixels(clip, 1)[:, 8:]).sum((0, 2))
        columns = np.flatnonzero(moved)
        assert columns.min() >= middle - 9
        assert columns.max() <= middle + 9
        assert abs(np.average(np.arange(len(moved)), weights=moved) - middle) < 2.5


def test_the_way_of_a_mask_is_the_product_of_all_motion(tmp_path):
    clip = open_clip(render_here(tmp_path / "clip", "--preset", "classic", "--zoom", "1.1", frames=4))
    trajectory = Trajectory(clip.takes, clip.journal())
    assert trajectory.motion(0, 3) == motion_between(clip.recipe, 0, 3)
    about = complex(64 / 2 - 0.5, 48 / 2 - 0.5)
    assert trajectory.motion(0, 3).factor == pytest.approx(1.1**3)
    assert trajectory.motion(0, 3)(about) == pytest.approx(about)
    assert trajectory.motion(0, 1) == motion_between(clip.recipe, 0, 1)  # asked for backwards, it begins anew


def test_a_clip_that_was_stopped_goes_on_as_if_it_had_not(tmp_path):
    """The camera finds its own target, which the journal keeps; a word goes with it, past in-betweens."""
    look = ("--preset", "classic", "--zoom", 1.05, "--target", "auto", "--set", "camera.every=2")
    whole = render_here(tmp_path / "whole", *look, *NOTHING_ELSEWHERE, *region(text="HI"), frames=5)
    stopped = tmp_path / "stopped"
    shutil.copytree(whole, stopped)
    lines = (stopped / "journal.jsonl").read_text().splitlines(keepends=True)
    (stopped / "journal.jsonl").write_text("".join(lines[:2]))
    for frame in (2, 3, 4):
        (stopped / "frames" / f"{frame:06d}.png").unlink()
    quickly("resume", stopped)
    assert frame_files(stopped) == frame_files(whole)


def test_a_fork_in_the_middle_keeps_a_mask_on_its_way(tmp_path):
    look = ("--preset", "classic", "--zoom", 1.05, *NOTHING_ELSEWHERE, *region(text="HI"))
    parent = render_here(tmp_path / "clip", *look, frames=4)
    says(0, "fork", parent, "--at", 2, "--set", "dream.iterations=1", "--out", tmp_path / "same")
    clip = open_clip(tmp_path / "same")
    trajectory, row = Trajectory(clip.takes, clip.journal()), clip.recipe.dream.region[0]
    assert len(clip.takes) == 2
    assert trajectory.beginning(row, 3) == 0
    # Another mask is drawn over the picture as it is where it begins.
    assert trajectory.beginning(replace(row, text="HO"), 3) == 2


def test_a_fork_begins_where_the_region_does(tmp_path):
    """A region whose steps have no length until frame 2 changes nothing before."""
    parent = render_here(tmp_path / "clip", *STILL, *region(mask="top", step=0), *NOTHING_ELSEWHERE, frames=4)
    step = {"0": 0, "2": {"value": 0, "ease": "step"}, "3": 1}
    inside = (
        f"mask = 'top', step = {{ {', '.join(f'{key} = {_toml(value)}' for key, value in step.items())} }}"
    )
    quickly("fork", parent, "--set", f"dream.region=[{{ {inside} }}]", "--out", tmp_path / "fork")
    fork, before = frame_files(tmp_path / "fork"), frame_files(parent)
    assert [name for name in fork if fork[name] != before[name]] == ["000003.png"]


def test_a_region_is_there_for_some_frames_alone(tmp_path):
    """Before it the frames are those of a clip without it, and after it each is what follows from the frame
    before without it.
    """
    there = "there={0=0, 2=0, 3=1, 4=1, 5=0, ease='step'}"
    plain = render_here(tmp_path / "plain", *STILL, frames=7)
    disc = ("--set", f"dream.region=[{{mask='disc', size=0.5, step=3, {there}}}]")
    clip = render_here(tmp_path / "clip", *STILL, *disc, frames=7)
    names = [name for name in frame_files(clip) if frame_files(clip)[name] != frame_files(plain)[name]]
    assert names == [f"{frame:06d}.png" for frame in (3, 4, 5, 6)]
    engine = open_engine(open_model("squeezenet"), "torch")
    without = open_clip(plain)
    renderer = prepare_renderer(without, without.takes[-1], engine)
    four = RenderedFrame(4, torch.from_numpy(pixels(clip, 4).astype(np.uint8)).permute(2, 0, 1), 0.0)
    five = renderer.dream_frame(four, 5).pixels.permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(five, pixels(clip, 5))


def test_a_mask_lies_as_it_is_written_where_it_comes(tmp_path):
    there = "there={0=1, 2=1, 3=0, 4=0, 5=0.5, 7=0.5, 8=0, ease='step'}"
    word = ("--set", f"dream.region=[{{text='HI', {there}}}]")
    clip = open_clip(render_here(tmp_path / "clip", *STILL, *word, frames=2))
    trajectory, row = Trajectory(clip.takes, clip.journal()), clip.recipe.dream.region[0]
    assert [trajectory.beginning(row, frame) for frame in (0, 2, 5, 7)] == [0, 0, 5, 5]


def test_a_text_of_several_lines_is_kept_with_the_clip(tmp_path):
    word = ("--set", 'dream.region=[{text="HI\\nYOU", font="inter"}]')
    clip = render_here(tmp_path / "clip", *STILL, *word, *NOTHING_ELSEWHERE, frames=1)
    kept = np.asarray(Image.open(clip / "text.png").convert("L")) > 127
    assert np.count_nonzero(np.diff(np.flatnonzero(kept.any(1))) > 1) >= 1
    assert open_clip(clip).recipe.dream.region[0].text == "HI\nYOU"


def _toml(value: object) -> str:
    return "{ value = 0, ease = 'step' }" if isinstance(value, dict) else str(value)


def test_a_masks_picture_is_kept_and_fitted(tmp_path):
    """White is inside; one of another shape is cut as a start picture is, and that is told."""
    white_left = np.zeros((40, 80, 3), np.uint8)
    white_left[:, :40] = 255
    Image.fromarray(white_left).save(tmp_path / "mask.png")
    where = region(mask=(tmp_path / "mask.png").as_posix(), soften=0)
    said = quickly(
        "render", "--out", tmp_path / "clip", "--frames", 2, "--size", "64x48", *STILL, *where,
        *NOTHING_ELSEWHERE, "--set", "dream.octaves=1", "--set", "dream.iterations=1",
    )  # fmt: skip
    assert "mask.png: is of another shape than 64x48" in said
    (tmp_path / "mask.png").unlink()
    clip = tmp_path / "clip"
    quickly("extend", clip, "--frames", 3)
    start = read_frame(clip / "start.png").astype(int)
    np.testing.assert_array_equal(pixels(clip, 2)[:, 33:], start[:, 33:])
    assert (pixels(clip, 2) != start)[:, :31].mean() > 0.5


def test_behind_mirrors_a_mask_is_mirrored(tmp_path):
    look = (*STILL, "--set", "camera.mirrors=1", "--set", "camera.interpolation='bilinear'")
    clip = render_here(
        tmp_path / "clip", *look, *region(mask="right", size=0.3), *NOTHING_ELSEWHERE, frames=2
    )
    changed = (pixels(clip, 1) != pixels(clip, 0)).any((0, 2))
    assert changed[:10].all()
    assert changed[-10:].all()
    assert not changed[26:38].any()


def test_a_regions_palette_is_its_own(tmp_path):
    """Within the mask the picture has the palette's mean colour, outside nothing changes."""
    Image.fromarray(np.full((48, 64, 3), (180, 70, 30), np.uint8)).save(tmp_path / "embers.png")
    where = region(mask="left", size=0.5, soften=0, step=0, palette=(tmp_path / "embers.png").as_posix())
    clip = render_here(tmp_path / "clip", *STILL, *where, *NOTHING_ELSEWHERE, frames=1)
    start = read_frame(clip / "start.png").astype(int)
    weights = np.clip(1 - (np.arange(64) + 0.5) / 32, 0, 1)
    found = np.average(pixels(clip, 0).mean(0), axis=0, weights=weights**2)  # where it is wholly itself
    assert np.abs(found - (180, 70, 30)).max() < np.abs(start[:, :32].mean((0, 1)) - (180, 70, 30)).max() / 2
    np.testing.assert_array_equal(pixels(clip, 0)[:, 33:], start[:, 33:])


def test_a_small_regions_colours_do_not_run_away(tmp_path):
    """Held to a palette that the whole picture is far from, what dreams has its colours and no more."""
    Image.fromarray(np.full((48, 64, 3), (180, 70, 30), np.uint8)).save(tmp_path / "embers.png")
    held = ("--set", "colour.hold=1", "--set", f"colour.palette={(tmp_path / 'embers.png').as_posix()}")
    where = region(mask="disc", size=0.3, soften=0)
    clip = render_here(tmp_path / "clip", *STILL, *held, *where, *NOTHING_ELSEWHERE, frames=4)
    inside = pixels(clip, 3)[20:28, 28:36].mean((0, 1))
    assert np.abs(inside - (180, 70, 30)).max() < 30


def test_what_dreams_alone_keeps_the_colours_that_it_had(tmp_path):
    """A picture that is dark to the left: its bright half's colours are held, not the whole picture's."""
    two = np.random.default_rng(0).normal(40, 8, (48, 64, 3))
    two[:, 32:] += 140
    Image.fromarray(two.clip(0, 255).astype(np.uint8)).save(tmp_path / "two.png")
    held = ("--set", "colour.hold=1", *region(mask="bright"), *NOTHING_ELSEWHERE)
    clip = render_here(tmp_path / "clip", (tmp_path / "two.png").as_posix(), *STILL, *held, frames=3)
    assert np.abs(pixels(clip, 2)[:, 40:].mean((0, 1)) - 180).max() < 10


def test_a_draft_has_the_same_regions():
    recipe = build_recipe(
        {"dream": {"region": [{"text": "HI", "step": "t"}, {"mask": "bright", "level": 0.3}]}}
    )
    draft = make_draft(recipe)
    clock = draft.clock
    assert [row.text for row in draft.dream.region] == ["HI", ""]
    assert draft.dream.region[0].step.at(10, clock) == pytest.approx(
        recipe.dream.region[0].step.at(30, recipe.clock)
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mask": "nowhere.png"}, "nowhere.png: there is no such file"),
        ({"mask": "brigth"}, "did you mean 'bright'"),
        ({"text": "   "}, "region 1: text: has nothing in it to draw"),
        ({"text": "HI", "font": "no.ttf"}, "no.ttf: there is no such file"),
        ({"text": "HI", "mask": "top"}, "has a mask and a text"),
        ({"font": "no.ttf"}, "font: is used with a text alone"),
        ({"text": "x" * 101}, "has 101 characters"),
        ({"mask": "disc", "place": [2.5, 0.5], "size": 0.1}, "region 1: disc covers nothing"),
        ({"invert": True}, "covers nothing"),
        ({"mask": "colour", "colour": "blue"}, "must be a colour such as"),
        ({"mask": "top", "layer": "fire99"}, "fire99"),
        ({"mask": "top", "channel": [9999]}, "region 1: dream.channel"),
        ({"mask": "top", "on": "moon"}, "must be 'picture' or 'screen'"),
        ({"maks": "top"}, "region 1 has no key 'maks'; did you mean 'mask'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_before_any_work(tmp_path, given, words):
    told = says(
        2,
        "render",
        "--out",
        tmp_path / "clip",
        "--size",
        "64x48",
        "--set",
        "dream.octaves=1",
        *region(**given),
    )
    assert words in told
    assert not (tmp_path / "clip").exists()


def test_a_black_mask_and_an_empty_file_are_refused(tmp_path):
    Image.new("RGB", (64, 48)).save(tmp_path / "black.png")
    (tmp_path / "empty.png").write_bytes(b"")
    for name, words in (("black.png", "covers nothing of the picture"), ("empty.png", "is empty")):
        where = region(mask=(tmp_path / name).as_posix())
        assert words in says(2, "render", "--out", tmp_path / "clip", "--size", "64x48", *where)


def test_empty_words_are_refused(tmp_path):
    for command in (("render", "--out", tmp_path / "clip"), ("dream", "clouds", "-o", tmp_path / "a.png")):
        assert "--text: has nothing in it to draw" in says(2, *command, "--text", " ")
        for wrong in ("A" * 101, "A\nB"):
            assert "--text: must be one line of 100 characters at most" in says(2, *command, "--text", wrong)


def test_elsewhere_alone_is_told(tmp_path):
    assert "is used beside regions alone" in says(2, "render", "--out", tmp_path / "clip", *NOTHING_ELSEWHERE)


def test_a_nudge_that_would_push_no_region_is_told_of(tmp_path):
    one = ("--size", "64x64", "--frames", 1, "--set", "dream.octaves=1", "--set", "dream.iterations=1")
    common = (*STILL, *one, *NOTHING_ELSEWHERE, "--set", "guard.nudge=channels")
    own, plain = region(mask="left", layer="fire3/concat"), region(mask="left")
    told = says(0, "render", "--out", tmp_path / "own", *common, *own)
    assert "guard.nudge = 'channels' pushes none of the regions" in told
    assert "pushes none" not in says(0, "render", "--out", tmp_path / "plain", *common, *plain)


def test_places_of_a_camera_that_stands_still_are_the_pixels():
    where = masks.places((3, 2), Similarity())
    np.testing.assert_array_equal(where, [[0, 1, 2], [1j, 1 + 1j, 2 + 1j]])


def test_words_on_the_command_line_dream_feathers_and_nothing_else(tmp_path):
    """The library's picture of the same recipe is the same one."""
    small = ("--size", "64x64", "--set", "dream.octaves=1", "--set", "dream.iterations=3")
    quickly("dream", "clouds", "--text", "HI", *small, "-o", tmp_path / "a.png")
    preset = find_preset("feathers").fragment
    how = {"octaves": 1, "iterations": 3, "step_size": 2, "elsewhere": 0}
    letters = {"text": "HI", "even": 1, "step": 2}
    word = {"dream": {**how, "region": [letters, {**letters, "layer": "fire3/concat", "weight": 0.5}]}}
    recipe = build_recipe(preset, word, {"clip": {"size": "64x64"}})
    with Dreamer() as dreamer:
        expected = dreamer.follow(recipe, "clouds", is_fitted=True)
    dreamed = np.asarray(Image.open(tmp_path / "a.png"))
    np.testing.assert_array_equal(dreamed, np.asarray(expected))
    still = np.asarray(start_picture("clouds", recipe.clip.size, 0))
    changed = (dreamed != still).any(2)
    assert 0.05 < changed.mean() < 0.6
    assert not changed[:10].any()


def test_a_region_may_lie_where_the_network_sees_something(tmp_path):
    """Channel 0 of fire2/concat alone dreams where channel 1 is strong: the rest of the frame stays."""
    sees = "mask = 'seen', soften = 0, sees = { layer = 'fire2/concat', channel = 1 }"
    where = ("--set", f"dream.region=[{{ {sees}, goal = [{{ layer = 'fire2/concat', channel = 0 }}] }}]")
    clip = render_here(tmp_path / "clip", *STILL, *where, *NOTHING_ELSEWHERE, frames=1)
    start = read_frame(clip / "start.png").astype(int)
    changed = (pixels(clip, 0) != start).any(2)
    with Dreamer() as dreamer:
        image = to_tensor(start).float()
        seen = FittingEngine(dreamer._engine).activations(image, ["fire2/concat"])["fire2/concat"][1]
    down, across = (np.arange(side) * found // side for side, found in zip((48, 64), seen.shape, strict=True))
    rows = seen.numpy()[np.ix_(down, across)] ** 2
    assert rows[changed].mean() > 3 * rows[~changed].mean()
    assert 0 < changed.mean() < 0.9
