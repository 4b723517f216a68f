"""Where a clip may begin, and what is left where none did."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from dreamzoom.clip.place import beginning, clip_around, require_free
from dreamzoom.errors import ClipError, ClipLockedError, DreamzoomError
from dreamzoom.io.disk import free_space
from support.clips import SMALL, frame_files, quickly, render_here, start

Usage = namedtuple("Usage", "total used free")


def names_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def refusal(*arguments: object) -> str:
    with pytest.raises(DreamzoomError) as caught:
        quickly(*arguments)
    return str(caught.value)


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a person's")
    return folder


@pytest.mark.parametrize(
    "names",
    [
        ("start.png",),
        ("song.mp3", ".DS_Store"),
        ("journal.jsonl",),
        (".writer.bak",),
        ("frames/notes.txt",),
        (".download.part",),
    ],
)
def test_a_render_refuses_a_folder_of_other_things_and_leaves_it(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    folder = fill(tmp_path / "photos", *names)
    before = names_in(folder)
    assert "is not empty, it holds" in refusal("render", "--out", folder, "--frames", 2, *SMALL)
    assert names_in(folder) == before
    assert all((folder / name).read_bytes() == b"a person's" for name in names)


def test_frames_without_a_recipe_are_no_place_for_a_clip(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match=r"holds frames but no recipe\.toml"):
        require_free(fill(tmp_path / "clip", "frames/000000.png"))
    with pytest.raises(ClipError, match="is a whole disk"):
        require_free(Path(tmp_path.anchor))
    with pytest.raises(ClipError, match="is a file"):
        require_free(fill(tmp_path, "file") / "file")


SYSTEMS = (".DS_Store", "._cover.jpg", "Thumbs.db", "desktop.ini", ".dropbox", "Icon\r")


def test_what_file_managers_leave_is_no_obstacle_and_stays(tmp_path: Path) -> None:
    clip = render_here(fill(tmp_path / "clip", *SYSTEMS), frames=2)
    forked = fill(tmp_path / "forked", *SYSTEMS)
    quickly("fork", clip, "--frames", 3, "--out", forked)
    for folder, frames in ((clip, 2), (forked, 3)):
        assert len(frame_files(folder)) == frames
        assert set(SYSTEMS) <= set(names_in(folder))


def test_a_render_that_is_refused_leaves_nothing(tmp_path: Path) -> None:
    for arguments in (("--layer", "none"), ("--model", "none"), ("--set", "camera.palette=none.png")):
        refusal("render", "--out", tmp_path / "far" / "clip", "--frames", 2, *SMALL, *arguments)
    assert names_in(tmp_path) == []
    fill(tmp_path, "empty/.DS_Store")
    refusal("render", "--out", tmp_path / "empty", "--frames", 2, *SMALL, "--layer", "none")
    assert names_in(tmp_path) == ["empty", "empty/.DS_Store"]


def test_what_a_killed_beginning_left_is_no_obstacle_and_is_replaced(tmp_path: Path) -> None:
    part = ".palette.png.01234567.part"
    kept = ("guide.png", "dissolve.png", "dissolve-1.png", "end.png", "mask-2.png", "text.png")
    folder = fill(tmp_path / "clip", ".writer", ".lock", "start.png", *kept, part)
    (folder / "frames").mkdir()
    render_here(folder, frames=2)
    assert len(frame_files(folder)) == 2
    assert not {*kept, ".writer", part} & set(names_in(folder))


def test_a_clip_that_another_begins_is_locked(tmp_path: Path) -> None:
    clip = render_here(tmp_path / "clip", frames=2)
    with beginning(tmp_path / "new"):
        with pytest.raises(ClipLockedError), beginning(tmp_path / "new"):
            pass
        assert "is being rendered" in refusal("fork", clip, "--frames", 3, "--out", tmp_path / "new")
    assert names_in(tmp_path)[0] == "clip"
    assert not (tmp_path / "new").exists()


def test_two_forks_into_one_folder_leave_the_parent_whole(tmp_path: Path) -> None:
    clip = render_here(tmp_path / "clip", frames=6)
    before = {path: path.read_bytes() for path in clip.rglob("*") if path.is_file()}
    forks = [start("fork", clip, "--frames", frames, "--out", tmp_path / "new") for frames in (7, 7, 8)]
    for fork in forks:
        fork.communicate(timeout=300)
    assert 0 in [fork.returncode for fork in forks]
    assert {path: path.read_bytes() for path in before} == before
    quickly("resume", tmp_path / "new")
    assert len(frame_files(tmp_path / "new")) in (7, 8)
    assert not list(tmp_path.glob(".*.part"))


def test_a_fork_killed_inside_a_clip_is_no_obstacle(tmp_path: Path) -> None:
    clip = render_here(tmp_path / "clip", frames=2)
    fill(clip, ".x.part/frames/000000.png", ".y.01234567.part/start.png")
    assert "3 frames" in quickly("extend", clip, "--frames", 3)
    assert (clip / ".x.part" / "frames" / "000000.png").exists()


def test_a_clip_without_frames_or_recipe_is_mended_and_that_is_told(tmp_path: Path) -> None:
    clip = render_here(tmp_path / "clip", frames=3)
    before, recipe = frame_files(clip), (clip / "recipe.toml").read_bytes()
    shutil.rmtree(clip / "frames")
    said = quickly("resume", clip)
    assert "frames was missing: it is made again" in said
    assert frame_files(clip) == before

    (clip / "frames" / "000002.png").unlink()
    said = _resume_without_recipe(clip)
    assert "recipe.toml was missing: it is written again" in said
    assert (clip / "recipe.toml").read_bytes() == recipe


def _resume_without_recipe(clip: Path) -> str:
    """Resume, and delete the recipe once the last frame is stored."""
    from dreamzoom.render import output

    whole = output.write_atomically

    def write(path: Path, data: bytes) -> None:
        whole(path, data)
        (clip / "recipe.toml").unlink()

    output.write_atomically = write  # type: ignore[assignment]
    try:
        return quickly("resume", clip)
    finally:
        output.write_atomically = whole


def test_a_file_in_a_clip_is_known_for_one(tmp_path: Path) -> None:
    clip = render_here(tmp_path / "clip", frames=2)
    for inside in (clip / "new.png", clip / "frames" / "new.png"):
        assert clip_around(inside) == clip.resolve()
    assert clip_around(tmp_path / "new.png") is None
    assert clip_around(fill(tmp_path / "other", "recipe.toml") / "plot.png") is None


@pytest.mark.parametrize("answer", [Usage(0, 0, 0), Usage(10**12, 0, -1), Usage(10, 0, 20), Usage(9, 9, 0)])
def test_free_space_that_is_made_up_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Usage
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: answer)
    assert free_space(tmp_path) is None
    assert "does not tell how much is free" in quickly(
        "render", "--out", tmp_path / "clip", "--frames", 2, *SMALL
    )
    assert len(frame_files(tmp_path / "clip")) == 2


def test_a_disk_that_answers_with_an_error_does_not_tell_and_a_full_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> Usage:
        raise OSError(38, os.strerror(38))

    monkeypatch.setattr(shutil, "disk_usage", refuse)
    assert free_space(tmp_path) is None
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(10**9, 10**9, 1000))
    assert free_space(tmp_path) == 1000
    assert "1 kB are free" in refusal("render", "--out", tmp_path / "clip", "--frames", 2, *SMALL)
    assert not (tmp_path / "clip" / "frames" / "000000.png").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="FIFOs are POSIX's")
@pytest.mark.parametrize("name", ["journal.jsonl", "recipe.toml", "start.png"])
def test_a_fifo_in_a_clip_is_named_and_not_waited_for(tmp_path: Path, name: str) -> None:
    clip = render_here(tmp_path / "clip", frames=2)
    (clip / name).unlink()
    os.mkfifo(clip / name)
    assert f"{name}" in (words := refusal("resume", clip))
    assert "no plain file" in words


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="FIFOs are POSIX's")
@pytest.mark.parametrize("kind", ["folder", "FIFO"])
def test_what_is_in_the_way_of_a_frame_is_told_before_a_clip_is_changed(tmp_path: Path, kind: str) -> None:
    clip = render_here(tmp_path / "clip", frames=2)
    before, path = (clip / "recipe.toml").read_bytes(), clip / "frames" / "000003.png"
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    assert "000003.png is no plain file" in refusal("extend", clip, "--frames", 4)
    assert (clip / "recipe.toml").read_bytes() == before
