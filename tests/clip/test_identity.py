"""A frame is known by its pixels: another program, or another zlib, may have packed its file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from dreamzoom.clip.identity import shows
from dreamzoom.io.files import sha256_of
from dreamzoom.pictures import png
from dreamzoom.pictures.frames import encode_png, read_frame
from dreamzoom.pictures.png import pixels_digest
from support.clips import frame_files, render_here, says

TINY = (
    "--size", "64x64", "--fps", 10, "--preset", "classic", "--set", "dream.iterations=1",
    "--set", "dream.octaves=1", "--set", "dream.jitter=4",
)  # fmt: skip
FRAMES = 5


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    return render_here(tmp_path_factory.mktemp("identity") / "clip", *TINY, frames=FRAMES)


@pytest.fixture
def clip(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "clip"))


def frame(clip: Path, number: int) -> Path:
    return clip / "frames" / f"{number:06d}.png"


def lines(clip: Path) -> list[dict]:
    return [json.loads(line) for line in (clip / "journal.jsonl").read_text().splitlines()]


def stamps(clip: Path) -> dict[str, int]:
    files = [*(clip / "frames").iterdir(), clip / "clip.mp4"]
    return {path.name: path.stat().st_mtime_ns for path in files}


def pictures(clip: Path) -> list[str]:
    return [pixels_digest(read_frame(frame(clip, number))) for number in range(FRAMES)]


def repack(path: Path) -> None:
    with Image.open(path) as image:
        image.load()
        image.save(path, optimize=True)


def test_the_journal_tells_of_the_pixels_and_of_what_packed_them(whole):
    assert [line["pixels"] for line in lines(whole)] == pictures(whole)
    assert {line["png"] for line in lines(whole)} == {png.DEFLATER}
    assert [line["sha256"] for line in lines(whole)] == [
        sha256_of(data) for data in frame_files(whole).values()
    ]


def test_frames_that_another_program_packed_are_the_same(clip, tmp_path):
    for number in (0, 3):
        repack(frame(clip, number))
    before = stamps(clip)
    assert "5 frames" in says(0, "verify", clip)
    assert json.loads(says(0, "status", "--json", clip))["state"] == "done"
    says(0, "fork", clip, "--at", 4, "--layer", "fire4/concat", "--out", tmp_path / "fork")
    assert frame(tmp_path / "fork", 3).read_bytes() == frame(clip, 3).read_bytes()
    says(0, "resume", clip)
    assert stamps(clip) == before  # neither rendered nor encoded again
    assert [line["bytes"] for line in lines(clip)] == [len(data) for data in frame_files(clip).values()]
    assert ["png" in line for line in lines(clip)] == [False, True, True, False, True]
    assert "5 frames" in says(0, "verify", clip)


def test_a_frame_made_again_with_another_zlib_is_the_same(clip, monkeypatch):
    others = {name: data for name, data in frame_files(clip).items() if name != "000002.png"}
    then, packed = pictures(clip), frame(clip, 2).read_bytes()
    frame(clip, 2).unlink()
    monkeypatch.setattr(png, "_deflate", lambda rows: png.zlib.compress(rows.tobytes(), 9))
    assert "other bytes" not in says(0, "resume", clip)
    assert frame(clip, 2).read_bytes() != packed
    assert pictures(clip) == then
    assert others.items() <= frame_files(clip).items()


@pytest.mark.parametrize("lost", ["file", "line", "both"])
def test_a_clip_of_an_older_version_goes_on(clip, lost):
    """There the file's hash was all that a frame was known by, and Pillow packed it."""
    then, older = pictures(clip), lines(clip)
    for number, line in enumerate(older):
        data = encode_png(read_frame(frame(clip, number)))
        frame(clip, number).write_bytes(data)
        line.update(sha256=sha256_of(data), bytes=len(data))
        del line["pixels"], line["png"]
    if lost != "file":
        older = [line for line in older if line["frame"] != 2]
    (clip / "journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in older))
    (clip / "video.json").unlink()
    before = frame_files(clip)
    if lost == "file":
        says(0, "verify", clip)
    if lost != "line":
        frame(clip, 2).unlink()
    assert "other bytes" not in says(0, "resume", clip)
    assert pictures(clip) == then
    now = frame_files(clip)
    assert [now[name] == before[name] for name in before] == [True, True, False, True, True]
    assert ["pixels" in line for line in lines(clip)] == [False, False, True, False, False]
    says(0, "verify", clip)


def test_a_picture_of_one_other_pixel_is_another(clip):
    pixels = read_frame(frame(clip, 1)).copy()
    pixels[5, 5, 0] ^= 1
    frame(clip, 1).write_bytes(png.encode_frame(pixels))
    assert "retouched" in says(1, "verify", clip)
    says(0, "resume", clip)
    assert (clip / "frames/000001.png.bak").exists()


def test_a_damaged_file_shows_nothing_though_its_pixels_can_be_read(clip):
    path = frame(clip, 1)
    digest, data = pixels_digest(read_frame(path)), path.read_bytes()
    assert shows(path, digest)
    assert not shows(path, None)
    for damaged in (data + b"\0", data[:-1], data[:-5] + b"\0" + data[-4:]):
        path.write_bytes(damaged)
        assert not shows(path, digest)
    path.unlink()
    assert not shows(path, digest)
