"""The guard in real renders: it finds what goes nowhere, pushes it, says so, and all can be made again."""

from __future__ import annotations

import math
import shutil
import subprocess
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamzoom.camera.aim import NO_TURN
from dreamzoom.camera.path import motion_between
from dreamzoom.clip.folder import open_clip
from dreamzoom.clip.status import find_faults
from dreamzoom.footage.footage import Footage
from dreamzoom.pictures.frames import read_frame
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.draft import make_draft
from dreamzoom.report.frames import flicker
from support.clips import (
    SMALL,
    dreamzoom,
    frame_files,
    journal_without_times,
    journaled,
    quickly,
    render_here,
    start_slowly,
    wait_for,
)
from support.reports import page_of, report_of

SPAN = 8
FRAMES = 20  # looks at dreams 8 and 16
STUCK = (
    "--preset",
    "classic",
    "--zoom",
    "1",
    "--set",
    "dream.step_size=0.001",
    "--set",
    f"guard.span={SPAN}",
)
"""A camera that stands still before a dream that adds next to nothing."""


def nudge_options(nudge: str, guide: Path) -> tuple[str, ...]:
    more = ("--set", f"guard.guide={guide.as_posix()}") if nudge == "guide" else ()
    return ("--set", f"guard.nudge={nudge}", *more)


def nudges(clip: Path) -> dict[int, str]:
    return {line["frame"]: str(line["nudge"]) for line in journal_without_times(clip) if "nudge" in line}


def assert_same(clip: Path, whole: Path) -> None:
    assert frame_files(clip) == frame_files(whole)
    assert journal_without_times(clip) == journal_without_times(whole)


def forget(clip: Path, frames: range) -> None:
    """Lose frames and what the journal says of them."""
    lines = (clip / "journal.jsonl").read_text().splitlines(keepends=True)
    (clip / "journal.jsonl").write_text("".join(lines[: frames.start] + lines[frames.stop :]))
    for frame in frames:
        (clip / "frames" / f"{frame:06d}.png").unlink()


@pytest.fixture(scope="module")
def guide(tmp_path_factory, cloud_picture) -> Path:
    path = tmp_path_factory.mktemp("guide") / "guide.png"
    Image.fromarray(np.rot90(cloud_picture)).save(path)
    return path


@pytest.fixture(
    scope="module",
    params=[("noise", 1), ("channels", 1), ("layer", 2), ("guide", 1), ("turn", 1), ("turn", 3)],
    ids=lambda each: f"{each[0]}-{each[1]}",
)
def options(request, guide) -> tuple[str, ...]:
    """Each nudge, some with in-betweens; then the clip has as many dreams, and more frames."""
    nudge, every = request.param
    return (*STUCK, *nudge_options(nudge, guide), "--set", f"camera.every={every}", "--seed", str(every))


@pytest.fixture(scope="module")
def every(options) -> int:
    return int(options[-1])


@pytest.fixture(scope="module")
def frames(every) -> int:
    return FRAMES * every - every + 1


@pytest.fixture(scope="module")
def whole(tmp_path_factory, options, frames) -> Path:
    """A clip that goes nowhere, never interrupted."""
    return render_here(tmp_path_factory.mktemp("stuck") / "clip", *options, frames=frames)


def test_a_clip_that_stands_still_is_pushed_and_the_journal_says_so(whole, every):
    told = nudges(whole)
    assert min(told) == (SPAN - 1) * every + 1  # the frames on the way to dream 8 are pushed with it
    first_look = (text for frame, text in told.items() if frame <= (2 * SPAN - 1) * every)
    assert all(text.startswith("fixed point: ") for text in first_look)


def test_pushed_killed_and_resumed_it_is_the_same_clip(whole, options, every, frames, tmp_path):
    clip = tmp_path / "clip"
    process = start_slowly(
        30, "render", "--out", clip, "--frames", frames, *SMALL, *options, stdout=subprocess.DEVNULL
    )
    wait_for(lambda: journaled(clip) >= 11 * every, process)
    process.kill()
    process.wait()
    assert journaled(clip) < frames
    quickly("resume", clip)
    assert_same(clip, whole)


def test_pushed_and_extended_it_is_the_same_clip(whole, options, every, frames, tmp_path):
    clip = render_here(tmp_path / "clip", *options, frames=11 * every)
    quickly("extend", clip, "--frames", frames)
    assert_same(clip, whole)


@pytest.mark.parametrize("dream", [3, 10])
def test_frames_lost_before_and_in_a_nudge_are_made_again_and_the_later_ones_stand(
    dream, whole, every, tmp_path
):
    clip = Path(shutil.copytree(whole, tmp_path / "clip"))
    for frame in range(dream * every - every, dream * every + 1):
        (clip / "frames" / f"{frame:06d}.png").unlink()
    assert "came out with other bytes" not in quickly("resume", clip)
    assert_same(clip, whole)


def test_a_dream_in_a_nudge_and_the_frames_before_it_are_made_again_from_nothing(whole, every, tmp_path):
    clip = Path(shutil.copytree(whole, tmp_path / "clip"))
    forget(clip, range(10 * every - every, 10 * every + 1))
    quickly("resume", clip)
    assert_same(clip, whole)


def test_the_frame_before_a_dream_that_stands_is_made_again_from_nothing(whole, every, tmp_path):
    clip = Path(shutil.copytree(whole, tmp_path / "clip"))
    forget(clip, range(10 * every - 1, 10 * every))
    quickly("resume", clip)
    assert_same(clip, whole)


def test_a_fork_in_the_middle_of_a_nudge_can_be_made_again(whole, options, every, frames, tmp_path):
    at, clip = 11 * every, tmp_path / "clip"
    quickly("fork", whole, "-o", clip, "--at", at, "--set", "dream.step_size=1")
    assert not find_faults(open_clip(clip), open_clip(clip).journal())
    made = journal_without_times(clip)
    assert made[:at] == journal_without_times(whole)[:at]
    assert made[at]["sha256"] != journal_without_times(whole)[at]["sha256"]
    assert "nudge" not in made[at]  # a take is looked at by itself
    again = {frame for frame in nudges(clip) if frame >= at}
    assert not again or min(again) >= at + SPAN * every - every
    for frame in (at - 1, at, frames - 1):
        (clip / "frames" / f"{frame:06d}.png").unlink()
    assert "came out with other bytes" not in quickly("resume", clip)
    assert journal_without_times(clip) == made


# What only one kind of nudge has


@pytest.fixture(scope="module", params=[1, 3])
def turned(request, tmp_path_factory) -> Path:
    """A clip that was turned by 40 degrees once, and brought closer, from its 8th dream to its 15th."""
    every = request.param
    options = ("--set", "guard.nudge=turn", "--set", "guard.turn=40", "--set", f"camera.every={every}")
    return render_here(tmp_path_factory.mktemp("turned") / "clip", *STUCK, *options, frames=15 * every + 1)


def test_the_journal_knows_a_turn_to_the_last_frame(turned):
    clip = open_clip(turned)
    every = clip.recipe.camera.every
    turns = [aim.turn for _, aim in sorted(clip.journal().aims().items())]
    degrees, growth = zip(*turns, strict=True)
    assert sum(degrees) == pytest.approx(40, abs=1e-4)
    assert math.prod(growth) == pytest.approx(2, rel=1e-4)
    assert set(turns[: (SPAN - 1) * every + 1]) == {NO_TURN}
    assert NO_TURN not in turns[(SPAN - 1) * every + 1 :]
    assert max(abs(one - other) for one, other in pairwise(degrees)) < 0.4 * max(degrees)


def test_frames_follow_from_each_other_by_a_turn(turned):
    """Nothing is dreamed here: what the camera alone makes of a frame is the next one, but for resampling."""
    clip = open_clip(turned)
    aims, recipe = clip.journal().aims(), clip.recipe
    frames = [read_frame(path) for path in clip.finished_frames()]
    for number in range(12 * recipe.camera.every, 14 * recipe.camera.every):
        before, after = frames[number - 1 : number + 1]
        known = flicker(before, after, motion_between(recipe, number - 1, number, aims))
        unknown = flicker(before, after, motion_between(recipe, number - 1, number))
        assert known < 2
        assert known < 0.5 * unknown


def test_a_film_at_another_speed_knows_a_turn(turned):
    clip = open_clip(turned)
    footage, aims = Footage(clip), clip.journal().aims()
    number = 12 * clip.recipe.camera.every
    whole = motion_between(clip.recipe, number - 1, number, aims)
    travelled = footage.travel(Fraction(2 * number - 1, 2), Fraction(number))
    assert aims[number].turn > NO_TURN
    assert travelled.factor == pytest.approx(whole.power(0.5).factor)
    assert travelled.offset == pytest.approx(whole.power(0.5).offset)


def test_a_report_shows_what_the_guard_did_and_that_a_turn_is_no_flicker(turned):
    report = report_of(open_clip(turned))
    (nudge,) = report.nudges
    assert nudge.text.startswith("fixed point: turn, ")
    assert "fixed point: turn, " in page_of(open_clip(turned))
    assert max(frame.flicker or 0 for frame in report.measured) < 3


def test_a_clip_needs_no_picture_that_the_guard_makes_it_follow_but_its_own(tmp_path, guide):
    picture = Path(shutil.copy(guide, tmp_path / "mine.png"))
    clip = render_here(tmp_path / "clip", *STUCK, *nudge_options("guide", picture), frames=12)
    picture.unlink()
    kept, files = (clip / "nudge.png").read_bytes(), frame_files(clip)
    forget(clip, range(9, 12))
    quickly("resume", clip)
    assert frame_files(clip) == files
    quickly("fork", clip, "-o", tmp_path / "fork", "--at", 10, "--seed", 5)
    assert (tmp_path / "fork/nudge.png").read_bytes() == kept
    assert (tmp_path / "fork/before-000010/nudge.png").read_bytes() == kept
    (clip / "nudge.png").unlink()
    shutil.rmtree(clip / "frames")
    assert "nudge.png is missing" in dreamzoom("resume", clip).stderr


def test_a_layer_that_is_left_to_the_guard_is_spelled_out_in_the_clip(tmp_path):
    clip = render_here(tmp_path / "clip", "--set", "guard.nudge=layer", frames=1)
    assert open_clip(clip).recipe.guard.layer == "fire3/concat"
    assert quickly("render", "--out", clip, "--frames", 1, *SMALL, "--set", "guard.nudge=layer")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (("guard.nudge=layer", "guard.layer=fire9/conact"), "fire9/concat"),
        (
            ("guard.nudge=layer", "guard.layer=fire9/concat", "dream.octaves=7"),
            "too small for layer 'fire9/concat'",
        ),
        (("guard.nudge=guide", "guard.guide=nowhere.png"), "nowhere.png"),
        (("guard.nudge=guide",), "give one in guard.guide"),
        (("guard.guide=a.png",), "guard.nudge = 'guide' alone"),
        (("guard.nudge=push",), "guard.nudge"),
        (("guard.turn=181",), "guard.turn"),
        (("guard.closer=0.5",), "guard.closer"),
        (("guard.span=7",), "guard.span"),
        (("guard.few=2",), "guard.few"),
    ],
)
def test_a_nudge_that_cannot_be_is_refused_before_the_first_frame(settings, words, tmp_path):
    sets = [part for setting in settings for part in ("--set", setting)]
    done = dreamzoom("render", "--out", tmp_path / "clip", *SMALL, *sets)
    assert done.returncode == 2
    assert words in done.stderr
    assert not (tmp_path / "clip/recipe.toml").exists()


# When


def test_a_clip_that_moves_is_left_alone(tmp_path):
    options = ("--set", "guard.nudge=noise", "--set", "guard.span=22")
    assert not nudges(render_here(tmp_path / "clip", *options, frames=46))


def test_the_same_few_channels_in_a_fast_fall_are_found_and_those_that_were_asked_for_are_not(tmp_path):
    """A strong dream of one layer while the picture flies past: never the same picture, always the same."""
    fast = (
        "--preset",
        "classic",
        "--zoom",
        "1.3",
        "--set",
        "dream.iterations=12",
        "--set",
        "guard.nudge=noise",
    )
    look = ("--set", f"guard.span={SPAN}", "--set", "guard.few=0.1", "--layer", "fire4/concat")
    few = nudges(render_here(tmp_path / "few", *fast, *look, frames=2 * SPAN + 1))
    assert few
    assert all(text.startswith("few channels: noise, ") for text in few.values())
    for number, asked in enumerate(("dream.channel=[1,2]", "dream.wander=1")):
        chosen = render_here(tmp_path / f"{number}", *fast, *look, "--set", asked, frames=2 * SPAN + 1)
        assert not any(text.startswith("few") for text in nudges(chosen).values())


def test_the_default_look_resumes_exactly(tmp_path):
    options = ("--preset", "bestiary", "--seed", "3")
    whole = render_here(tmp_path / "whole", *options, frames=8)
    pieces = render_here(tmp_path / "pieces", *options, frames=3)
    quickly("extend", pieces, "--frames", 8)
    assert frame_files(pieces) == frame_files(whole)


@pytest.mark.parametrize(
    ("every", "span", "drafts", "amount"),
    [(1, 40, 13, 30), (1, 12, 8, 30), (1, 600, 200, 30), (3, 40, 40, 10), (2, 40, 27, 15), (6, 40, 40, 10)],
)
def test_in_a_draft_the_guard_looks_as_often_in_a_second_and_pushes_as_far(every, span, drafts, amount):
    final = build_recipe({"camera": {"every": every}, "guard": {"span": span}})
    draft = make_draft(final)
    assert draft.guard == replace(final.guard, span=drafts, amount=amount)
