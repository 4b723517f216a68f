"""Bad input, given to the real command: a message a person can act on, exit status 2, and nothing begun."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from support.clips import SMALL, as_root, dreamzoom, frame_files, render


def refused(tmp_path: Path, *arguments: object) -> str:
    """Run a render that must be refused before any work; return what it said."""
    out = tmp_path / "clip"
    done = dreamzoom("render", "--out", out, "--frames", 2, *arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert not (out / "recipe.toml").exists()
    return done.stderr.strip()


def gigapixel_png() -> bytes:
    """A few bytes that claim to be 50,000 x 50,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def whole_jpeg(tmp_path: Path) -> bytes:
    path = tmp_path / "whole.jpg"
    Image.effect_noise((64, 64), 50).convert("RGB").save(path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda tmp_path: None, "no such"),
        (lambda tmp_path: b"", "empty"),
        (lambda tmp_path: whole_jpeg(tmp_path)[:620], "truncated|damaged|cut short"),
        (lambda tmp_path: b"#!/bin/sh\necho no picture\n", "not a picture|no picture"),
        (lambda tmp_path: gigapixel_png(), "50000|pixels|too large"),
    ],
    ids=["missing", "empty", "truncated", "text", "gigapixel"],
)
def test_a_start_image_that_is_none_is_refused(make, words, tmp_path):
    path = tmp_path / "start.jpg"
    if (data := make(tmp_path)) is not None:
        path.write_bytes(data)
    message = refused(tmp_path, path)
    assert "start.jpg" in message
    assert any(word in message for word in words.split("|")), message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--layer", "fire8/conct"), "did you mean 'fire8/concat'"),
        (("--preset", "clasic"), "did you mean 'classic'"),
        (("--model", "squeezent"), "did you mean 'squeezenet'"),
        (("--model", "googlenet"), "dreamzoom models get googlenet"),
        (("--set", "dream.iteration=6"), "did you mean 'dream.iterations'"),
        (("--set", "dream.iterations"), "has no '='"),
        (("--engine", "torhc"), "torch"),
        (("--device", "gpu"), "cuda"),
        (("--frames", "0"), "--frames"),
        (("--frames", "-3"), "--frames"),
        (("--frames", "many"), "--frames"),
        (("--size", "640"), "--size"),
        (("--size", "31x360"), "--size"),
        (("--size", "640x0"), "--size"),
        (("--size", "99999x99999"), "--size"),
        (("--size", "-640x360"), "--size"),
        (("--fps", "0"), "--fps"),
        (("--fps", "nan"), "--fps"),
        (("--zoom", "nan"), "camera.zoom"),
        (("--zoom", "inf"), "camera.zoom"),
        (("--zoom", "0"), "camera.zoom"),
        (("--zoom", "1 +"), "camera.zoom"),
        (("--zoom", "__import__('os')"), "camera.zoom"),
        (("--set", "dream.step_size=-inf"), "dream.step_size"),
        (("--set", "dream.octave_scale=1"), "dream.octave_scale"),
        (("--set", "dream.channel=512"), "channels 0 to 511"),
        (("--set", "dream.octaves=12"), "fewer octaves"),
        (("--set", "dream.objective=guide"), "guide"),
        (("--seed", "-1"), "--seed"),
        (("--no-such-option",), "No such option"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_wrong_value_is_refused_with_what_would_be_right(arguments, words, tmp_path):
    message = (
        refused(tmp_path, "clouds", *arguments)
        if "--frames" not in arguments
        else refused_frames(tmp_path, arguments)
    )
    assert any(word in message for word in words.split("|")), message


def refused_frames(tmp_path: Path, arguments: tuple[str, ...]) -> str:
    done = dreamzoom("render", "--out", tmp_path / "clip", *arguments)
    assert done.returncode == 2
    assert not (tmp_path / "clip" / "recipe.toml").exists()
    return done.stderr


def test_a_recipe_of_broken_toml_is_told_with_file_and_line(tmp_path):
    recipe = tmp_path / "mine.toml"
    recipe.write_text('[clip]\nfps = 30\nsize = "640x360\n')
    message = refused(tmp_path, "--preset", recipe)
    assert "mine.toml" in message
    assert "line 3" in message


def test_all_faults_of_a_recipe_are_told_at_once(tmp_path):
    recipe = tmp_path / "mine.toml"
    recipe.write_text('[clip]\nfps = -1\nsize = "big"\n[dream]\noctaves = 0\n')
    message = refused(tmp_path, "--preset", recipe)
    assert all(key in message for key in ("clip.fps", "clip.size", "dream.octaves"))


def test_a_broken_song_is_found_before_the_first_dream(tmp_path):
    song = tmp_path / "song.mp3"
    song.write_bytes(b"not a song at all" * 100)
    for path in (song, tmp_path / "missing.mp3"):
        done = dreamzoom("render", "--out", tmp_path / "clip", "--audio", path, *SMALL)
        assert done.returncode == 2
        assert path.name in done.stderr
        assert not (tmp_path / "clip" / "recipe.toml").exists()


def test_another_recipe_into_the_same_folder_is_refused_with_the_differing_keys(tmp_path):
    clip = render(tmp_path / "clip", frames=2)
    before = frame_files(clip)
    done = dreamzoom("render", "--out", clip, "--frames", 2, *SMALL, "--zoom", "1.1", "--seed", "4")
    assert done.returncode == 2
    assert "camera.zoom" in done.stderr
    assert "clip.seed" in done.stderr
    assert frame_files(clip) == before


def test_another_picture_under_the_same_name_is_refused(tmp_path, picture_file):
    clip = render(tmp_path / "clip", picture_file, frames=2)
    Image.new("RGB", (64, 48), "red").save(picture_file)
    done = dreamzoom("render", picture_file, "--out", clip, "--frames", 2, *SMALL)
    assert done.returncode == 2
    assert "the start image" in done.stderr


def test_more_frames_into_the_same_folder_are_answered_with_extend(tmp_path):
    clip = render(tmp_path / "clip", frames=2)
    done = dreamzoom("render", "--out", clip, "--frames", 3, *SMALL)
    assert done.returncode == 2
    assert "dreamzoom extend" in done.stderr


def test_extending_to_fewer_frames_is_refused(tmp_path):
    clip = render(tmp_path / "clip", frames=2)
    done = dreamzoom("extend", clip, "--frames", 2)
    assert done.returncode == 2
    assert "has 2 frames already" in done.stderr


@pytest.fixture
def read_only(tmp_path):
    """A folder that cannot be written: for root, who may write anywhere, on a disk of its own."""
    folder = tmp_path / "read only"
    folder.mkdir(mode=0o500)
    if as_root():
        mount = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)]
        if sys.platform != "linux" or subprocess.run(mount, check=False).returncode:
            pytest.skip("root can write to every folder here")
    yield folder
    if as_root():
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_read_only_folder_is_refused(read_only):
    done = dreamzoom("render", "--out", read_only / "clip", "--frames", 2, *SMALL)
    assert done.returncode == 1
    assert "no permission" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_in_a_files_place_is_refused(tmp_path):
    (tmp_path / "clip").write_text("here first")
    done = dreamzoom("render", "--out", tmp_path / "clip", "--frames", 2, *SMALL)
    assert done.returncode == 2
    assert "is a file" in done.stderr
    assert (tmp_path / "clip").read_text() == "here first"


def test_frames_of_something_else_are_not_overwritten(tmp_path):
    frames = tmp_path / "clip" / "frames"
    frames.mkdir(parents=True)
    (frames / "000000.png").write_bytes(b"mine")
    done = dreamzoom("render", "--out", tmp_path / "clip", "--frames", 2, *SMALL)
    assert done.returncode == 2
    assert (frames / "000000.png").read_bytes() == b"mine"


@pytest.mark.parametrize("verb", ["resume", "status", "verify", "stitch"])
def test_a_folder_that_is_no_clip_is_told_as_such(verb, tmp_path):
    done = dreamzoom(verb, tmp_path)
    assert done.returncode == 2
    assert "holds no clip" in done.stderr
    missing = dreamzoom(verb, tmp_path / "missing")
    assert missing.returncode == 2
    assert "no such" in missing.stderr


@pytest.mark.parametrize("damage", ["", "[clip]\nframes = ", "\x00\x01"])
def test_a_damaged_frozen_recipe_is_told_with_what_to_do(damage, tmp_path):
    clip = render(tmp_path / "clip", frames=2)
    (clip / "recipe.toml").write_text(damage)
    done = dreamzoom("resume", clip)
    assert done.returncode == 2
    assert "recipe.toml" in done.stderr
    assert "restore it" in done.stderr
    assert len(frame_files(clip)) == 2


def test_a_changed_start_image_is_found_on_resume(tmp_path):
    clip = render(tmp_path / "clip", frames=2)
    Image.new("RGB", (64, 48), "red").save(clip / "start.png")
    done = dreamzoom("resume", clip)
    assert done.returncode == 2
    assert "start.png was changed" in done.stderr


def test_an_unknown_command_is_answered_with_the_nearest():
    done = dreamzoom("rendr")
    assert done.returncode == 2
    assert "did you mean 'render'" in done.stderr


def test_an_internal_error_is_one_line_and_debug_shows_where(tmp_path, monkeypatch):
    """A defect of dreamzoom's own, made by a module that cannot be imported."""
    broken = tmp_path / "torch"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise RuntimeError('this torch is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    arguments = ("render", "--out", tmp_path / "clip", "--frames", 2)
    done = dreamzoom(*arguments)
    assert done.returncode == 1
    assert "this torch is broken" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in dreamzoom("--debug", *arguments).stderr
