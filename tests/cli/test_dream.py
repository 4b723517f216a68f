"""`dreamzoom dream` as a Unix filter, through real pipes."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.clips import command, quickly

QUICK = ("--set", "dream.octaves=1", "--set", "dream.iterations=2", "--layer", "fire2/concat")


@pytest.fixture
def jpeg(cloud_picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(cloud_picture).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def piped(data: bytes, *arguments: object) -> subprocess.CompletedProcess[bytes]:
    """`dreamzoom dream ARGUMENTS` with `data` on its stdin."""
    return subprocess.run(
        command("dream", *QUICK, *arguments), input=data, capture_output=True, timeout=300, check=False
    )


def pixels_of(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.tobytes()


def test_a_jpeg_goes_in_and_a_jpeg_comes_out(jpeg, cloud_picture):
    done = piped(jpeg)
    assert done.returncode == 0, done.stderr
    with Image.open(io.BytesIO(done.stdout)) as dreamed:
        assert dreamed.format == "JPEG"
        pixels = np.asarray(dreamed, dtype=int)
    assert pixels.shape == cloud_picture.shape
    assert 1 < np.abs(pixels - cloud_picture).mean() < 40  # a dream of it, neither it nor another picture


def test_a_png_comes_out_where_it_is_asked_for(jpeg):
    done = piped(jpeg, "--format", "png")
    assert done.returncode == 0, done.stderr
    with Image.open(io.BytesIO(done.stdout)) as dreamed:
        assert dreamed.format == "PNG"
        dreamed.load()


def test_a_dash_is_stdin_and_stdout(jpeg):
    assert piped(jpeg, "-", "-o", "-", "--format", "png").stdout == piped(jpeg, "--format", "png").stdout


def test_the_size_is_the_one_asked_for(jpeg):
    with Image.open(io.BytesIO(piped(jpeg, "--size", "80x64").stdout)) as dreamed:
        assert dreamed.size == (80, 64)


def test_stdin_can_go_to_a_file_and_stdout_stays_empty(jpeg, tmp_path):
    done = piped(jpeg, "-o", tmp_path / "dream.png")
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    with Image.open(tmp_path / "dream.png") as dreamed:
        assert dreamed.format == "PNG"


def test_filters_stand_one_after_the_other(jpeg):
    with (
        subprocess.Popen(command("dream", *QUICK), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first,
        subprocess.Popen(command("dream", *QUICK), stdin=first.stdout, stdout=subprocess.PIPE) as second,
    ):
        assert first.stdin
        first.stdin.write(jpeg)
        first.stdin.close()
        data = second.communicate(timeout=300)[0]
    assert (first.returncode, second.returncode) == (0, 0)
    with Image.open(io.BytesIO(data)) as dreamed:
        assert dreamed.format == "JPEG"


@pytest.mark.parametrize("length", [0, 10, 300], ids=["nothing", "a few bytes", "a piece of the header"])
def test_broken_input_is_a_wrong_request_and_nothing_comes_out(length, jpeg):
    done = piped(jpeg[:length])
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.startswith(b"dreamzoom: ")
    assert b"Traceback" not in done.stderr


def test_half_a_picture_is_dreamed_and_told(jpeg):
    done = piped(jpeg[: len(jpeg) // 2])
    assert done.returncode == 0, done.stderr
    assert b"dreamzoom: warning: picture: is cut short or damaged: about" in done.stderr
    with Image.open(io.BytesIO(done.stdout)) as dreamed:
        assert dreamed.format == "JPEG"


def test_a_wrong_setting_is_told_on_stderr_alone(jpeg):
    done = piped(jpeg, "--layer", "fire8/conct")
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"fire8/concat" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' pipes tell of no reader in another way")
def test_a_reader_that_has_gone_is_no_traceback(jpeg):
    process = subprocess.Popen(
        command("dream", *QUICK), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    process.stdout.close()
    said = process.communicate(jpeg, timeout=300)[1]
    assert process.returncode == 1
    assert b"Traceback" not in said
    assert b"internal error" not in said


def test_a_picture_too_small_for_its_octaves_is_told(jpeg, tmp_path):
    path = tmp_path / "small.png"
    Image.new("RGB", (48, 48)).save(path)
    arguments = ("--layer", "fire8/concat", "--set", "dream.octaves=9")
    done = subprocess.run(command("dream", path, *arguments), capture_output=True, timeout=300, check=False)
    assert done.returncode == 2
    assert b"octaves" in done.stderr
    assert done.stdout == b""


def test_a_file_is_dreamed_to_a_pipe(jpeg, tmp_path):
    path = tmp_path / "sky.jpg"
    path.write_bytes(jpeg)
    done = subprocess.run(command("dream", path, *QUICK), capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert pixels_of(done.stdout) == pixels_of(piped(jpeg).stdout)
    assert not list(Path(tmp_path).glob("*.dream.png"))


def test_a_generated_picture_is_dreamed_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    quickly("dream", "noise", "-o", "one.png", "--size", "80x64", *QUICK)
    quickly("dream", "noise", "grey", "-o", ".", "--size", "80x64", *QUICK)
    pictures = [np.asarray(Image.open(name)) for name in ("one.png", "noise.dream.png", "grey.dream.png")]
    assert {picture.shape for picture in pictures} == {(64, 80, 3)}
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[1], pictures[2])


@pytest.mark.parametrize(("channel", "is_told"), [(2, True), (1, False)])
def test_a_channel_that_is_silent_in_a_picture_is_told(tmp_path, channel, is_told):
    """Channel 2 is 0 all over an even grey, as is a neuron whose ReLU is shut; channel 1 is not."""
    wanted = ("--size", "80x64", *QUICK, "--set", f"dream.channel={channel}")
    told = [
        quickly("dream", "grey", "-o", tmp_path / "one.png", *wanted),
        quickly("dream", "grey", "noise", "-o", tmp_path / "many", *wanted),
        quickly("render", "grey", "--out", tmp_path / "clip", "--frames", 2, "--preset", "classic", *wanted),
    ]
    assert [each.count("the dream left the picture as it was") for each in told] == [int(is_told)] * 3
