"""Takes: forks, edited tracks and extensions share frames, and every frame can be made again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from dreamzoom.clip.folder import open_clip
from dreamzoom.clip.status import find_faults
from dreamzoom.recipe.build import build_recipe, change_recipe, make_fragment
from dreamzoom.recipe.compare import first_difference
from support.clips import (
    SMALL,
    dreamzoom,
    frame_files,
    journaled,
    quickly,
    render_here,
    says,
    start,
    wait_for,
)

FRAMES = 6
PLAIN = ("--preset", "classic", "--set", "camera.zoom=1.05")
OTHER_LAYER = ("--set", "dream.layer=fire3/concat")


def fork(parent: Path, out: Path, *arguments: object) -> Path:
    """Fork a clip, render the fork to the end, and return its folder."""
    quickly("fork", parent, "-o", out, *arguments)
    clip = open_clip(out)
    assert not find_faults(clip, clip.journal())
    return out


def render(out: Path, *arguments: object, frames: int) -> Path:
    """Render a small clip to the end, and return its folder."""
    return render_here(out, *PLAIN, *arguments, frames=frames)


def resume(clip: Path) -> str:
    return quickly("resume", clip)


def is_shared(one: Path, other: Path, frame: int) -> bool:
    name = f"frames/{frame:06d}.png"
    return (one / name).samefile(other / name)


def hashes(clip: Path) -> list[str]:
    return [json.loads(line)["sha256"] for line in (clip / "journal.jsonl").read_text().splitlines()]


def replace_file(path: Path, data: bytes) -> None:
    """Damage a file that may be shared in this clip alone."""
    path.unlink()
    path.write_bytes(data)


@pytest.fixture(scope="module")
def parent(tmp_path_factory) -> Path:
    return render(tmp_path_factory.mktemp("takes") / "parent", frames=FRAMES)


@pytest.fixture(scope="module")
def forked(parent) -> Path:
    """Another layer from frame 3 on."""
    return fork(parent, parent.parent / "forked", "--at", 3, *OTHER_LAYER)


# With --at: the frames before it are the parent's


def test_a_fork_shares_the_frames_before_it_and_differs_from_there_on(parent, forked):
    theirs, ours = frame_files(parent), frame_files(forked)
    same = [ours[name] == theirs[name] for name in sorted(theirs)]
    assert same == [True] * 3 + [False] * 3
    assert [is_shared(parent, forked, frame) for frame in range(FRAMES)] == same
    assert (forked / "clip.mp4").exists()


def test_a_damaged_shared_frame_is_made_again_by_the_recipe_that_made_it(parent, forked, tmp_path):
    clip = Path(shutil.copytree(forked, tmp_path / "clip"))
    (clip / "frames/000001.png").write_bytes(b"damaged")
    (clip / "frames/000002.png").unlink()
    later = {path: path.stat().st_mtime_ns for path in clip.glob("frames/00000[345].png")}
    assert "came out with other bytes" not in resume(clip)
    assert frame_files(clip) == frame_files(forked)
    assert {path: path.stat().st_mtime_ns for path in later} == later


def test_without_the_earlier_recipe_a_fork_is_refused(forked, tmp_path):
    clip = Path(shutil.copytree(forked, tmp_path / "clip"))
    (clip / "before-000003/recipe.toml").unlink()
    done = dreamzoom("resume", clip)
    assert done.returncode == 2
    assert "before-000003" in done.stderr


def test_an_earlier_recipe_that_is_lost_with_its_folder_is_missed(forked, tmp_path):
    clip = Path(shutil.copytree(forked, tmp_path / "clip"))
    shutil.rmtree(clip / "before-000003")
    words = "before-000003/recipe.toml is missing: frames before 3 follow it; restore it from a copy"
    for command in ("status", "verify", "report", "stitch", "resume"):
        assert words in says(2, command, clip)
    assert words in says(2, "fork", clip, "--at", 4, *OTHER_LAYER, "-o", tmp_path / "other")
    shutil.copytree(forked / "before-000003", clip / "before-000003")
    assert "clip: done" in says(0, "status", clip)


def test_a_fork_of_an_older_dreamzoom_tells_of_no_earlier_recipe_and_is_believed(forked, tmp_path):
    clip = Path(shutil.copytree(forked, tmp_path / "clip"))
    recipe = (clip / "recipe.toml").read_text()
    assert "before = [3]" in recipe
    (clip / "recipe.toml").write_text(recipe.replace("before = [3]\n", ""))
    assert [take.stop for take in open_clip(clip).takes] == [3, FRAMES]
    assert "\nbefore =" not in (clip / "before-000003/recipe.toml").read_text()
    for damaged in ("before = 3", "before = [0]", "before = [true]", 'before = ["3"]'):
        (clip / "recipe.toml").write_text(recipe.replace("before = [3]", damaged))
        assert "frozen.before is damaged" in says(2, "status", clip)


def test_a_fork_needs_nothing_of_a_parent_that_is_gone(parent, forked, tmp_path):
    own = Path(shutil.copytree(parent, tmp_path / "parent"))
    clip = fork(own, tmp_path / "clip", "--at", 3, *OTHER_LAYER)
    shutil.rmtree(own)
    (clip / "frames/000001.png").unlink()
    assert "frame 1: missing" in says(1, "verify", clip)
    resume(clip)
    assert frame_files(clip) == frame_files(forked)
    for command in ("status", "verify", "report"):
        says(0, command, clip)
    fork(clip, tmp_path / "another", "--at", 4, "--zoom", "1.1")


def test_a_fork_leaves_its_parent_as_it_was(parent, tmp_path):
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in parent.rglob("*.*[!k]")}
    clip = fork(parent, tmp_path / "clip", "--at", 2, "--zoom", "1.1")
    replace_file(clip / "frames/000000.png", b"damaged")
    resume(clip)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in before} == before


def test_a_fork_of_a_fork_knows_all_its_recipes(parent, forked, tmp_path):
    clip = fork(forked, tmp_path / "clip", "--at", 5, "--set", "dream.step_size=3")
    whole = frame_files(clip)
    assert [is_shared(forked, clip, frame) for frame in range(FRAMES)] == [True] * 5 + [False]
    for path in clip.glob("frames/*.png"):
        path.unlink()
    assert "came out with other bytes" not in resume(clip)
    assert frame_files(clip) == whole


def test_a_fork_before_a_fork_has_both_changes(parent, forked, tmp_path):
    """Step size from frame 1, layer from frame 3: the same as first forking at 1, then at 3."""
    clip = fork(forked, tmp_path / "clip", "--at", 1, "--set", "dream.step_size=3")
    first = fork(parent, tmp_path / "first", "--at", 1, "--set", "dream.step_size=3")
    second = fork(first, tmp_path / "second", "--at", 3, *OTHER_LAYER)
    assert frame_files(clip) == frame_files(second)


def test_a_killed_fork_is_resumed_by_the_same_command_and_by_resume(parent, tmp_path):
    whole = fork(parent, tmp_path / "whole", "--at", 2, "--frames", 16, *OTHER_LAYER)
    command = ("fork", parent, "-o", tmp_path / "clip", "--at", 2, "--frames", 16, *OTHER_LAYER)
    for go_on in (command, ("resume", tmp_path / "clip")):
        process = start(*command, stdout=subprocess.DEVNULL)
        wait_for(lambda: journaled(tmp_path / "clip") >= 5, process)
        process.kill()
        process.wait()
        done = dreamzoom(*go_on)
        assert done.returncode == 0, done.stderr
        assert frame_files(tmp_path / "clip") == frame_files(whole)
        assert hashes(tmp_path / "clip") == hashes(whole)
        shutil.rmtree(tmp_path / "clip")


def test_what_a_kill_left_of_a_fork_that_was_being_made_is_no_obstacle(parent, forked, tmp_path):
    leftover = tmp_path / ".clip.part/frames"
    leftover.mkdir(parents=True)
    (leftover / "000000.png").write_bytes(b"half")
    (tmp_path / "clip").mkdir()
    clip = fork(parent, tmp_path / "clip", "--at", 3, *OTHER_LAYER)
    assert frame_files(clip) == frame_files(forked)
    assert [path.name for path in tmp_path.iterdir()] == ["clip"]


def test_where_there_are_no_hard_links_frames_are_copied(parent, forked, tmp_path, monkeypatch):
    from dreamzoom.clip.fork import create_fork
    from dreamzoom.recipe.build import override_fragment
    from dreamzoom.render.preparation import prepare_fork

    def refuse(source: Path, target: Path) -> None:
        raise OSError(95, os.strerror(95))

    monkeypatch.setattr(os, "link", refuse)
    opened = open_clip(parent)
    prepared = prepare_fork(opened, [override_fragment("dream.layer=fire3/concat")], 3)
    clip = create_fork(opened, tmp_path / "clip", prepared.fork)
    assert [path.name for path in clip.finished_frames()] == [f"00000{frame}.png" for frame in range(3)]
    assert not is_shared(parent, clip.path, 0)
    resume(clip.path)
    assert frame_files(clip.path) == frame_files(forked)


def test_a_fork_shares_no_damaged_frame(parent, forked, tmp_path):
    damaged = Path(shutil.copytree(parent, tmp_path / "damaged"))
    (damaged / "frames/000001.png").write_bytes(b"damaged")
    clip = fork(damaged, tmp_path / "clip", "--at", 3, *OTHER_LAYER)
    assert frame_files(clip) == frame_files(forked)
    assert (damaged / "frames/000001.png").read_bytes() == b"damaged"


def test_a_fork_at_the_parents_end_goes_on_from_there(parent, tmp_path):
    clip = fork(parent, tmp_path / "clip", "--at", FRAMES, "--frames", 8, *OTHER_LAYER)
    assert len(frame_files(clip)) == 8
    assert [is_shared(parent, clip, frame) for frame in range(FRAMES)] == [True] * FRAMES


@pytest.mark.parametrize("at", [3, 4, 5])
def test_with_in_betweens_a_fork_can_be_made_again_from_nothing(at, tmp_path):
    parent = render(tmp_path / "parent", "--set", "camera.every=3", frames=8)
    clip = fork(parent, tmp_path / "clip", "--at", at, "--set", "camera.every=2", *OTHER_LAYER)
    whole = frame_files(clip)
    assert len(whole) == 8
    assert [is_shared(parent, clip, frame) for frame in range(8)] == [frame < at for frame in range(8)]
    (clip / "frames/000000.png").unlink()
    (clip / f"frames/{at - 1:06d}.png").unlink()
    (clip / f"frames/{at:06d}.png").unlink()
    assert "came out with other bytes" not in resume(clip)
    assert frame_files(clip) == whole


def test_a_fork_of_a_camera_and_a_dream_that_go_their_own_ways_can_be_made_again(tmp_path):
    own = ("--target", "auto", "--set", "dream.wander=1", "--set", "camera.every=2")
    parent = render(tmp_path / "parent", *own, frames=7)
    clip = fork(parent, tmp_path / "clip", "--at", 4, *OTHER_LAYER)
    whole, told = frame_files(clip), hashes(clip)
    for frame in (2, 3, 4, 6):
        (clip / f"frames/{frame:06d}.png").unlink()
    assert "came out with other bytes" not in resume(clip)
    assert (frame_files(clip), hashes(clip)) == (whole, told)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--at", 0, *OTHER_LAYER), "frames 1 to 6"),
        (("--at", 7, *OTHER_LAYER), "frames 1 to 6"),
        (("--at", 6, *OTHER_LAYER), "--frames makes it longer"),
        (("--at", 3), "nothing differs"),
        (("--at", 3, "--size", "96x64"), "clip.size cannot change in the middle"),
        (("--at", 3, "--fps", "10"), "clip.fps cannot change in the middle"),
        (("--at", 3, "--layer", "fire9/conact"), "fire9/concat"),
        (("--at", 3, "--zoom", "9"), "camera.zoom"),
    ],
)
def test_a_wrong_fork_is_refused_before_anything_is_made(arguments, words, parent, tmp_path):
    done = dreamzoom("fork", parent, "-o", tmp_path / "clip", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_fork_overwrites_no_other_clip_and_no_other_folder(parent, forked, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for out, words in ((parent, "another clip"), (forked, "dream.layer"), (tmp_path, "is not empty")):
        before = sorted(path.name for path in out.iterdir())
        done = dreamzoom("fork", parent, "-o", out, "--at", 3, "--set", "dream.layer=fire4/concat")
        assert done.returncode == 2
        assert words in done.stderr
        assert sorted(path.name for path in out.iterdir()) == before


def test_a_render_into_a_forked_clip_is_refused(parent, forked):
    done = dreamzoom(
        "render", "--preset", "classic", "--out", forked, "--frames", FRAMES, *SMALL, *OTHER_LAYER
    )
    assert done.returncode == 2
    assert "the frames before 3" in done.stderr


# Without --at: the changed recipe's clip, with what it has in common


@pytest.mark.parametrize(
    ("edit", "shared"),
    [
        (("--set", "camera.zoom='1.05 if n < 4 else 1.1'"), 4),
        (("--set", "camera.zoom={ 0 = 1.05, 3 = 1.05, 5 = 1.2 }"), 4),
        (("--set", "camera.pan=['0.01*step(2, n)', 0]"), 2),
        (("--layer", "fire3/concat"), 0),
    ],
)
def test_an_edited_track_is_rendered_from_the_first_frame_it_changes(edit, shared, parent, tmp_path):
    clip = fork(parent, tmp_path / "clip", *edit)
    assert [is_shared(parent, clip, frame) for frame in range(FRAMES)] == [
        frame < shared for frame in range(FRAMES)
    ]
    whole = render(tmp_path / "whole", *edit, frames=FRAMES)
    assert frame_files(clip) == frame_files(whole)
    assert hashes(clip) == hashes(whole)
    assert not list(clip.glob("before-*"))


@pytest.mark.parametrize(("first", "shared"), [(3, 1), (4, 4), (5, 4), (6, 4), (7, 7)])
def test_with_in_betweens_a_track_is_shared_up_to_the_last_dream_before_the_change(first, shared, tmp_path):
    every = ("--set", "camera.every=3")
    edit = ("--set", f"camera.zoom='1.05 if n < {first} else 1.1'")
    parent = render(tmp_path / "parent", *every, frames=8)
    clip = fork(parent, tmp_path / "clip", *edit)
    assert [is_shared(parent, clip, frame) for frame in range(8)] == [frame < shared for frame in range(8)]
    assert frame_files(clip) == frame_files(render(tmp_path / "whole", *every, *edit, frames=8))


def test_a_longer_and_a_shorter_fork_share_all_they_can(parent, tmp_path):
    longer = fork(parent, tmp_path / "longer", "--frames", 8)
    shorter = fork(parent, tmp_path / "shorter", "--frames", 4)
    assert all(is_shared(parent, longer, frame) for frame in range(FRAMES))
    assert frame_files(shorter) == dict(list(frame_files(parent).items())[:4])
    assert frame_files(longer) == frame_files(render(tmp_path / "whole", frames=8))


def test_a_fork_of_another_size_begins_anew(parent, tmp_path):
    clip = fork(parent, tmp_path / "clip", "--size", "96x64", "--frames", 2)
    whole = render(tmp_path / "whole", "--size", "96x64", frames=2)
    assert frame_files(clip) == frame_files(whole)
    assert (clip / "start.png").read_bytes() == (whole / "start.png").read_bytes()


def test_a_fork_needs_no_picture_but_the_clips_own(tmp_path, picture_file):
    parent = render(tmp_path / "parent", picture_file, frames=3)
    picture_file.unlink()
    clip = fork(parent, tmp_path / "clip", "--seed", 7)
    assert (clip / "start.png").read_bytes() == (parent / "start.png").read_bytes()


def test_an_edit_of_a_forked_clip_is_made_in_each_of_its_takes(forked, tmp_path):
    edit = ("--set", "camera.zoom='1.05 if n < 2 else 1.1'")
    clip = fork(forked, tmp_path / "clip", *edit)
    assert [is_shared(forked, clip, frame) for frame in range(FRAMES)] == [True] * 2 + [False] * 4
    plain = render(tmp_path / "plain", *edit, frames=FRAMES)
    assert frame_files(clip) == frame_files(fork(plain, tmp_path / "again", "--at", 3, *OTHER_LAYER))


# The first frame two recipes differ at


def recipe(**tables):
    return build_recipe(tables)


@pytest.mark.parametrize(
    ("one", "other", "frame"),
    [
        ({}, {}, None),
        ({}, {"clip": {"frames": 20}}, None),
        ({}, {"clip": {"fps": 60}}, None),
        ({}, {"model": {"device": "cpu"}}, None),
        ({"camera": {"zoom": "4/s"}}, {"camera": {"zoom": "4/s"}, "clip": {"fps": 60}}, 0),
        ({"camera": {"zoom": 1.0}}, {"camera": {"zoom": "1 + 0*n"}}, None),
        ({"camera": {"rotate": "n/N"}}, {"camera": {"rotate": "n/N"}, "clip": {"frames": 20}}, 1),
        ({}, {"dream": {"iterations": {"0": 10, "5": {"value": 10, "ease": "step"}, "8": 20}}}, 8),
        ({}, {"camera": {"target": [0.5, "0.5 + 0.1*step(7, n)"]}}, 7),
        ({}, {"dream": {"jitter": 31}}, 0),
        ({}, {"clip": {"seed": 1}}, 0),
    ],
)
def test_recipes_are_compared_by_what_they_do_at_each_frame(one, other, frame):
    assert first_difference(recipe(**one), recipe(**other), range(12)) == frame


def test_a_changed_recipe_keeps_every_other_value():
    whole = recipe(clip={"fps": "30000/1001"}, camera={"zoom": {"0": 1.0, "2s": 1.1}}, dream={"channel": [3]})
    changed = change_recipe(whole, make_fragment({"dream": {"jitter": 5}}, "test"))
    assert changed.dream.jitter == 5
    assert change_recipe(changed, make_fragment({"dream": {"jitter": 32}}, "test")) == whole
    assert changed.clip.fps == Fraction(30000, 1001)


# Extending


def test_an_extended_clip_with_keyframes_past_its_end_equals_a_longer_one(tmp_path):
    track = ("--set", "camera.zoom={ 0 = 1.0, 9 = 1.1 }", "--set", "camera.every=2")
    clip = render(tmp_path / "clip", *track, frames=4)
    quickly("extend", clip, "--frames", 9)
    assert frame_files(clip) == frame_files(render(tmp_path / "whole", *track, frames=9))
    assert not list(clip.glob("before-*"))


def test_a_track_that_reckons_with_the_length_keeps_its_values_where_a_clip_is_extended(tmp_path):
    track = ("--set", "camera.zoom='1 + 0.2*n/N'")
    clip = render(tmp_path / "clip", *track, frames=4)
    before = frame_files(clip)
    quickly("extend", clip, "--frames", 7)
    whole = frame_files(clip)
    assert {name: whole[name] for name in before} == before
    for name in ("000001.png", "000003.png", "000004.png"):
        (clip / "frames" / name).unlink()
    assert "came out with other bytes" not in resume(clip)
    assert frame_files(clip) == whole
    quickly("extend", clip, "--frames", 8)
    assert [take.stop for take in open_clip(clip).takes] == [4, 7, 8]
    assert [open_clip(clip).take_of(frame).stop for frame in (0, 3, 4, 6, 7, 8)] == [4, 4, 7, 7, 8, 8]
