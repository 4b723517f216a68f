"""Loops as clips: the last frame leads into the first, and nothing that happens to one changes it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamzoom.camera.rounds import round_of
from dreamzoom.clip.face import Clip
from dreamzoom.clip.folder import open_clip
from dreamzoom.recipe.build import build_recipe, override_fragment
from dreamzoom.recipe.draft import make_draft
from dreamzoom.recipe.presets import find_preset
from dreamzoom.recipe.unused import unused_by_loop
from dreamzoom.report.frames import measure_frames
from dreamzoom.report.gather import gather, summary
from support.clips import (
    SMALL,
    frame_files,
    journal_without_times,
    quickly,
    render_here,
    says,
    start_slowly,
    wait_for,
)

FRAMES = 7
DREAMS = 3
LOOP = (
    "--loop",
    4,
    "--set",
    f"loop.dreams={DREAMS}",
    "--set",
    "camera.rotate=2*sin(t)",
    "--preset",
    "classic",
)


def lines(path: Path) -> list[dict[str, object]]:
    read = [json.loads(line) for line in path.read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in read]


def files(clip: Path) -> dict[str, bytes]:
    """All that a loop's pixels are: its frames and the picture that they are looked up in."""
    return frame_files(clip) | {
        f"torus/{path.name}": path.read_bytes() for path in (clip / "torus").iterdir()
    }


def assert_same(clip: Path, reference: Path) -> None:
    assert files(clip) == files(reference)
    assert journal_without_times(clip) == journal_without_times(reference)
    assert lines(clip / "torus.jsonl") == lines(reference / "torus.jsonl")
    assert Clip(clip).status.state == "done"


@pytest.fixture(scope="module")
def loop(tmp_path_factory) -> Path:
    """A loop that was never interrupted."""
    return render_here(tmp_path_factory.mktemp("loop") / "clip", *LOOP, frames=FRAMES)


@pytest.fixture
def copy(loop, tmp_path) -> Path:
    return Path(shutil.copytree(loop, tmp_path / "clip"))


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path), np.float64)


def test_the_last_frame_leads_into_the_first_as_each_does_into_the_next(loop):
    frames = [pixels(path) for path in sorted((loop / "frames").iterdir())]
    assert len(frames) == FRAMES
    steps = [np.abs(now - before).mean() for before, now in pairwise(frames)]
    assert np.abs(frames[-1] - frames[0]).mean() <= max(steps)
    assert min(steps) > 1


def test_every_dream_is_a_file_and_a_line(loop):
    assert sorted(path.name for path in (loop / "torus").iterdir()) == [
        "000.png",
        "001.png",
        "002.png",
        "003.png",
    ]
    assert [line["frame"] for line in lines(loop / "torus.jsonl")] == [0, 1, 2, 3]
    objectives = {line["objective"] for line in lines(loop / "journal.jsonl")}
    assert objectives == {lines(loop / "torus.jsonl")[-1]["objective"]}
    assert Clip(loop).is_loop
    status = Clip(loop).status
    assert (status.dreams_done, status.dreams_total) == (DREAMS, DREAMS)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_killed_in_its_picture_it_is_the_same_after(loop, tmp_path):
    clip = tmp_path / "clip"
    process = start_slowly(
        2,
        "render",
        "--out",
        clip,
        "--frames",
        FRAMES,
        *SMALL,
        *LOOP,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    journal = clip / "torus.jsonl"
    wait_for(lambda: journal.exists() and journal.read_bytes().count(b"\n") >= 2, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert Clip(clip).status.dreams_done < DREAMS
    assert f"its picture dreamed {Clip(clip).status.dreams_done} of 3 times" in says(0, "status", clip)
    quickly("resume", clip)
    assert_same(clip, loop)


def test_frames_that_are_lost_are_looked_up_again_each_by_itself(loop, copy):
    for frame in (2, 6):
        (copy / "frames" / f"{frame:06d}.png").unlink()
    kept = {path.name: path.stat().st_mtime_ns for path in (copy / "frames").iterdir()}
    whole = (copy / "journal.jsonl").read_text().splitlines(keepends=True)
    (copy / "journal.jsonl").write_text("".join(whole[:5]))
    quickly("resume", copy)
    assert_same(copy, loop)
    assert {name: (copy / "frames" / name).stat().st_mtime_ns for name in kept} | kept != kept or len(
        kept
    ) == 5


def test_a_frame_that_was_retouched_is_kept_beside_and_cannot_be_gone_on_from(loop, copy):
    path = copy / "frames" / "000002.png"
    Image.new("RGB", (64, 48), "red").save(path)
    assert "dreamzoom adopt" not in says(1, "verify", copy)
    told = quickly("resume", copy)
    assert "000002.png.bak keeps it" in told
    assert "dreamzoom adopt" not in told
    assert path.read_bytes() == (loop / "frames" / "000002.png").read_bytes()


def test_a_damaged_dream_is_found_and_dreamed_again(loop, copy):
    damaged = copy / "torus" / "002.png"
    damaged.write_bytes(damaged.read_bytes()[:900])
    (copy / "torus" / "001.png").unlink()
    told = says(1, "verify", copy)
    assert f"{damaged} is 900 bytes instead of" in told
    assert "001.png is missing" in told
    assert Clip(copy).status.state == "interrupted"
    quickly("resume", copy)
    assert_same(copy, loop)
    says(0, "verify", copy)


def test_a_dream_that_comes_out_otherwise_is_put_up_with_when_it_is_allowed(loop, copy):
    """As on another machine: what the journal says of its pixels is another picture's."""
    journal = copy / "torus.jsonl"
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    entries[2] |= {"pixels": "0" * 64, "sha256": "0" * 64}
    journal.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    (copy / "torus" / "002.png").unlink()
    told = says(2, "resume", copy)
    assert "came out with other bytes" in told
    assert "--redo" in told
    assert frame_files(copy) == frame_files(loop)
    told = quickly("resume", copy, "--redo")
    assert "replaced-000000 keeps those there were" in told
    assert {name: data for name, data in files(copy).items() if not name.endswith(".bak")} == files(loop)


def test_a_fork_of_another_pace_has_the_same_picture(loop, tmp_path):
    told = quickly("fork", loop, "--frames", 12, "--set", "loop.turns=1", "-o", tmp_path / "fork")
    assert "the dreamed picture is shared" in told
    assert "dream 1 of" not in told
    there = {path.name: path.stat().st_ino for path in (tmp_path / "fork" / "torus").iterdir()}
    assert there == {path.name: path.stat().st_ino for path in (loop / "torus").iterdir()}
    assert len(frame_files(tmp_path / "fork")) == 12
    first, again = pixels(loop / "frames" / "000000.png"), pixels(tmp_path / "fork" / "frames" / "000000.png")
    assert np.array_equal(first, again)


def test_a_fork_of_another_dream_shares_nothing(loop, tmp_path):
    told = quickly("fork", loop, "--set", "dream.step_size=2", "-o", tmp_path / "fork")
    assert "0 frames are shared" in told
    assert lines(tmp_path / "fork" / "torus.jsonl")[0] == lines(loop / "torus.jsonl")[0]
    assert lines(tmp_path / "fork" / "torus.jsonl")[1] != lines(loop / "torus.jsonl")[1]


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        (("extend", "CLIP", "--frames", 9), "is a loop, whose 7 frames are one round"),
        (("adopt", "CLIP", "--frame", 2), "is a loop: no frame follows from another"),
        (("fork", "CLIP", "--frames", 9, "--at", 3, "-o", "fork"), "has no middle: leave --at out"),
        (("render", *LOOP, "--out", "CLIP", "--frames", 9, *SMALL), "differs in clip.frames"),
    ],
)
def test_what_a_loop_cannot_be_is_refused_with_the_way_on(loop, arguments, refusal):
    assert refusal in says(2, *(loop if each == "CLIP" else each for each in arguments))


@pytest.mark.parametrize(
    ("settings", "refusal"),
    [
        (("--frames", "1"), "clip.frames: a loop's frames are one round, of 2 at least"),
        (("--zoom", "1"), "camera.zoom: comes no closer in a round"),
        (
            ("--set", "dream.region=[{ text = 'HI', on = 'screen' }]"),
            "region 1: lies on the screen, and a loop is dreamed as one picture",
        ),
        (("--set", "loop.close=0.1"), "leave out loop.depth, or loop.close"),
    ],
)
def test_a_loop_that_cannot_be_is_refused_before_the_first_dream(tmp_path, settings, refusal):
    told = says(2, "render", "--out", tmp_path / "clip", "--frames", 4, *SMALL, "--loop", 4, *settings)
    assert refusal in told
    assert not (tmp_path / "clip").exists()


def test_the_report_measures_the_way_from_the_last_frame_to_the_first(loop):
    clip = open_clip(loop)
    measured = list(measure_frames(clip, range(FRAMES), None, lambda: None))
    flickers = [frame.flicker for frame in measured]
    assert None not in flickers
    assert flickers[0] <= 1.5 * max(flickers[1:])
    assert "4 times" in [
        figure.value for figure in summary(gather(clip, loop / "report.html", datetime(2026, 1, 1)))
    ]


def test_a_draft_is_the_same_round_small(loop):
    recipe = open_clip(loop).recipe
    draft = make_draft(recipe)
    assert draft.loop == recipe.loop
    assert make_draft(replace(recipe, clip=replace(recipe.clip, frames=3))).clip.frames == 2
    assert draft.clip.frames == -(-FRAMES // 3)
    assert draft.dream.iterations.at(0, draft.clock) == recipe.dream.iterations.at(0, recipe.clock)
    assert round_of(draft).motion_into(1).factor != 1


def test_words_lie_on_the_start_picture_and_fall_with_it(tmp_path):
    """Where nothing dreams the picture is as it was wound up, to the bit."""
    settings = ("--set", "dream.region=[{ text = 'O', step = 4 }]", "--set", "dream.elsewhere=0")
    clip = render_here(tmp_path / "clip", "--loop", 4, "--set", "loop.dreams=1", *settings, frames=2)
    wound, dreamed = (pixels(clip / "torus" / name) for name in ("000.png", "001.png"))
    changed = np.abs(dreamed - wound).max(2) > 0
    assert 0.02 < changed.mean() < 0.9


def test_a_camera_that_finds_its_target_finds_it_once(tmp_path):
    clip = render_here(tmp_path / "clip", "--loop", 4, "--set", "loop.dreams=1", "--target", "auto", frames=3)
    targets = [tuple(line["target"]) for line in lines(clip / "journal.jsonl") + lines(clip / "torus.jsonl")]
    assert len(set(targets)) == 1
    assert all(0.2 <= share <= 0.8 for share in targets[0])


def test_what_has_no_say_in_a_loop_is_told_and_a_preset_may_say_what_it_likes():
    def told(*texts: str, preset: str = "") -> list[str]:
        parts = [override_fragment(text) for text in texts]
        first = [find_preset(preset).fragment] if preset else []
        return unused_by_loop(build_recipe(*first, *parts), parts)

    assert told("loop.depth=16", "clip.frames=10", preset="menagerie") == []
    for text in (
        "camera.pan=[0.1,0]",
        "guard.nudge=turn",
        "camera.interpolation=bilinear",
        "colour.hold=sin(t)**2",
    ):
        (line,) = told("loop.depth=16", text)
        assert line.startswith(f"--set: {text.partition('=')[0]}: ")
    assert "comes to 1.40 turns in a round" in told("loop.depth=16", "clip.frames=252", "camera.rotate=2")[0]
    assert told("loop.depth=16", "clip.frames=252", "camera.rotate=2", "loop.turns=1") == []
    assert told("loop.turns=1") == [
        "--set: loop.turns: is used in a loop alone: say how deep it is with --loop or loop.depth"
    ]
