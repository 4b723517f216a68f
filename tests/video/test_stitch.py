"""Stored frames into videos and GIFs, by the library and by the command."""

from __future__ import annotations

import hashlib
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamzoom.clip.folder import ClipFolder, Ingredients, create_clip
from dreamzoom.clip.journal import Entry
from dreamzoom.errors import PictureError, RequestError, SoundError, StorageError
from dreamzoom.pictures.frames import encode_png
from dreamzoom.recipe.build import build_recipe
from dreamzoom.video.gif import kept_frames, make_gif
from dreamzoom.video.stitch import stitch
from support.clips import dreamzoom, quickly
from support.video import (
    decode_gif,
    decode_video,
    ffmpeg,
    make_song,
    names_in,
    noise_frames,
    plain_frame,
    probe,
)

FPS = Fraction(30)
# What 256 colours chosen for the clip cost on a smooth picture, in levels of 255: on a pixel, and, since
# errors are diffused, on the mean of 8x8 pixels. Measured: 4.8 and 0.6; the nearest of 216 fixed colours
# costs 12.8 on a pixel.
GIF_ERROR = 8
GIF_BLURRED_ERROR = 1


def grey(number: int) -> int:
    """The grey by which a frame is known again."""
    return 20 + 8 * number


def save_frames(folder: Path, count: int, width: int = 64, height: int = 48) -> list[Path]:
    """Frames 0 to `count` - 1, each of its own grey."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:06d}.png" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(encode_png(plain_frame((grey(number),) * 3, width, height)))
    return paths


def frames_shown(video: Path) -> list[int]:
    """Which frames of `save_frames` a video shows."""
    return [round((int(frame[24, 32, 1]) - 20) / 8) for frame in decode_video(video)]


def test_a_video_shows_the_frames_in_order(tmp_path: Path) -> None:
    stitch(save_frames(tmp_path / "frames", 20), tmp_path / "clip.mp4", Fraction(25, 2))
    assert frames_shown(tmp_path / "clip.mp4") == list(range(20))
    (video,) = probe(tmp_path / "clip.mp4")
    assert video.rate == Fraction(25, 2)


def test_progress_is_told_after_every_frame(tmp_path: Path) -> None:
    told: list[None] = []
    frames = save_frames(tmp_path / "frames", 4)
    stitch(frames, tmp_path / "clip.mp4", FPS, on_frame=lambda: told.append(None))
    assert len(told) == 4


def test_a_frame_of_another_size_is_named_before_any_work(tmp_path: Path) -> None:
    frames = save_frames(tmp_path / "frames", 4)
    Image.new("RGB", (66, 48)).save(frames[2])
    with pytest.raises(PictureError, match=r"000002\.png: is 66x48, but 000000\.png is 64x48"):
        stitch(frames, tmp_path / "clip.mp4", FPS)
    assert names_in(tmp_path) == ["frames"]


@pytest.mark.parametrize("content", [b"", b"no picture", None])
def test_a_frame_that_is_no_picture_is_named_before_any_work(tmp_path: Path, content: bytes | None) -> None:
    frames = save_frames(tmp_path / "frames", 4)
    frames[2].unlink()
    if content is not None:
        frames[2].write_bytes(content)
    with pytest.raises(PictureError, match=r"000002\.png"):
        stitch(frames, tmp_path / "clip.mp4", FPS)
    assert names_in(tmp_path) == ["frames"]


def test_a_truncated_frame_is_named_and_leaves_the_old_video(tmp_path: Path) -> None:
    frames = save_frames(tmp_path / "frames", 4)
    whole = encode_png(noise_frames(1)[0])
    frames[2].write_bytes(whole[: len(whole) // 2])
    (tmp_path / "clip.mp4").write_bytes(b"the old one")
    with pytest.raises(PictureError, match=r"000002\.png"):
        stitch(frames, tmp_path / "clip.mp4", FPS)
    assert (tmp_path / "clip.mp4").read_bytes() == b"the old one"
    assert names_in(tmp_path) == ["clip.mp4", "frames"]


def test_no_frames_make_no_video(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no frames"):
        stitch([], tmp_path / "clip.mp4", FPS)
    with pytest.raises(RequestError, match="no frames"):
        make_gif([], tmp_path / "clip.gif", FPS)


def test_the_song_is_not_overwritten_by_the_video(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", tmp_path / "song.mp4")
    before = (tmp_path / "song.mp4").read_bytes()
    with pytest.raises(SoundError, match="would be overwritten"):
        stitch(save_frames(tmp_path / "f", 4), tmp_path / "song.mp4", FPS, tmp_path / "song.mp4")
    assert (tmp_path / "song.mp4").read_bytes() == before


@pytest.mark.parametrize(
    ("fps", "delays"),
    [
        ("10", [100] * 6),
        ("12.5", [80] * 6),
        ("30", [30, 40, 30, 30, 40]),
        ("40", [30, 20, 30, 20, 30]),
        ("50", [20] * 6),
    ],
)
def test_a_gifs_delays_are_rounded_so_that_the_whole_keeps_time(
    tmp_path: Path, fps: str, delays: list[int]
) -> None:
    make_gif(save_frames(tmp_path / "frames", 20), tmp_path / "clip.gif", Fraction(fps))
    found = [delay for delay, _ in decode_gif(tmp_path / "clip.gif")]
    assert len(found) == 20
    assert found[: len(delays)] == delays
    assert sum(found) == pytest.approx(20_000 / Fraction(fps), abs=20)


@pytest.mark.parametrize(("fps", "kept"), [("60", 25), ("100", 15), ("60000/1001", 26), ("50", 30)])
def test_above_50_frames_a_second_a_gif_leaves_frames_out_and_keeps_time(
    tmp_path: Path, fps: str, kept: int
) -> None:
    make_gif(save_frames(tmp_path / "frames", 30, 16, 16), tmp_path / "clip.gif", Fraction(fps))
    assert [delay for delay, _ in decode_gif(tmp_path / "clip.gif")] == [20] * kept


def test_frames_are_left_out_evenly() -> None:
    assert kept_frames(6, Fraction(30)) == [0, 1, 2, 3, 4, 5]
    assert kept_frames(12, Fraction(60)) == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]
    assert kept_frames(6, Fraction(100)) == [0, 2, 4]


def test_a_gif_has_the_clips_colours_and_loops_for_ever(tmp_path: Path) -> None:
    y, x = np.mgrid[:48, :64]
    picture = np.stack([x * 4, y * 5, 255 - x * 4], axis=-1).astype(np.uint8)
    frames = [tmp_path / f"{number}.png" for number in range(3)]
    for frame in frames:
        frame.write_bytes(encode_png(picture))
    make_gif(frames, tmp_path / "clip.gif", FPS)
    with Image.open(tmp_path / "clip.gif") as image:
        assert image.info["loop"] == 0
    _, shown = decode_gif(tmp_path / "clip.gif")[0]
    error = shown.astype(float) - picture
    assert np.abs(error).mean() < GIF_ERROR
    assert np.abs(error.reshape(6, 8, 8, 8, 3).mean(axis=(1, 3))).mean() < GIF_BLURRED_ERROR


@pytest.mark.parametrize(
    ("size", "result"),
    [((65, 49), (65, 49)), ((960, 20), (480, 10)), ((1000, 20), (480, 10)), ((3000, 2), (480, 1))],
)
def test_a_gif_is_made_smaller_never_larger(
    tmp_path: Path, size: tuple[int, int], result: tuple[int, int]
) -> None:
    make_gif(save_frames(tmp_path / "frames", 2, *size), tmp_path / "clip.gif", FPS)
    with Image.open(tmp_path / "clip.gif") as image:
        assert image.size == result


def test_a_gif_of_one_picture_over_and_over_keeps_time(tmp_path: Path) -> None:
    frame = save_frames(tmp_path / "frames", 1)[0]
    make_gif([frame] * 30, tmp_path / "clip.gif", FPS)
    assert sum(delay for delay, _ in decode_gif(tmp_path / "clip.gif")) == pytest.approx(1000, abs=20)


def test_gif_progress_is_told_after_every_frame_that_is_shown(tmp_path: Path) -> None:
    told: list[None] = []
    frames = save_frames(tmp_path / "frames", 12, 16, 16)
    make_gif(frames, tmp_path / "clip.gif", Fraction(60), on_frame=lambda: told.append(None))
    assert len(told) == 10


@pytest.mark.parametrize(("name", "fps"), [("c.mp4", FPS), ("c.gif", Fraction(0))])
def test_a_gif_that_cannot_be_is_refused(tmp_path: Path, name: str, fps: Fraction) -> None:
    with pytest.raises(RequestError):
        make_gif(save_frames(tmp_path / "frames", 2), tmp_path / name, fps)


def test_a_gif_needs_no_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    (tmp_path / ".clip.gif.palette.0123abcd.part").write_bytes(b"what a killed run left")
    make_gif(save_frames(tmp_path / "frames", 2), tmp_path / "clip.gif", FPS)
    assert names_in(tmp_path) == ["clip.gif", "frames"]


def test_a_gif_into_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"clip\.gif"):
        make_gif(save_frames(tmp_path / "frames", 2), tmp_path / "nowhere" / "clip.gif", FPS)


@pytest.fixture
def clip(tmp_path: Path) -> ClipFolder:
    """A clip of 12 frames at 24 a second, of which 10 are done, in tmp_path/clip."""
    recipe = build_recipe({"clip": {"frames": 12, "fps": "24", "size": "64x48"}})
    path = tmp_path / "clip"
    frames = save_frames(path / "frames", 10)
    folder = create_clip(path, recipe, "0.1", "0" * 64, Ingredients(frames[0].read_bytes()))
    journal = folder.journal()
    for number, frame in enumerate(frames):
        data = frame.read_bytes()
        journal.record(Entry(number, hashlib.sha256(data).hexdigest(), len(data), 0.1, 1.0, "test"))
    return folder


def test_the_command_makes_the_clips_video(clip: ClipFolder) -> None:
    done = dreamzoom("stitch", clip.path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr.endswith("clip.mp4: 10 frames\n")
    (video,) = probe(clip.video_path)
    assert (video.packets, video.rate) == (10, 24)
    assert dreamzoom("stitch", clip.path).returncode == 0


@pytest.mark.parametrize(
    ("text", "rate"),
    [("12.5", "25/2"), ("29.97", "30000/1001"), ("23.976", "24000/1001"), ("30000/1001",) * 2],
)
def test_the_command_takes_any_rate_exactly(clip: ClipFolder, text: str, rate: str) -> None:
    assert dreamzoom("stitch", clip.path, "--fps", text).returncode == 0
    assert probe(clip.video_path)[0].rate == Fraction(rate)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("2:5", [2, 3, 4]), (":3", [0, 1, 2]), ("8:", [8, 9]), ("-2:", [8, 9]), ("7:100", [7, 8, 9])],
)
def test_a_range_of_frames_is_half_open(clip: ClipFolder, text: str, shown: list[int]) -> None:
    done = dreamzoom("stitch", clip.path, f"--frames={text}", "-o", clip.path.parent / "part.mp4")
    assert done.returncode == 0, done.stderr
    assert frames_shown(clip.path.parent / "part.mp4") == shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--frames=5:5", "-o", "part.mp4"], "holds none of them"),
        (["--frames=10:", "-o", "part.mp4"], "has 10 frames"),
        (["--frames=:5"], "name a file with -o"),
        (["--speed", "0.5"], "name a file with -o"),
        (["--frames=1-5"], "no range"),
        (["--fps", "0"], "no rate"),
        (["--fps", "fast"], "no rate"),
        (["--fps", "1/0"], "no rate"),
        (["--gif", "-o", "clip.mp4"], "must end in .gif"),
        (["-o", "clip.avi"], "must end in .mp4 or .mov"),
        (["--gif", "--audio", "song.mp3"], "a GIF has no sound"),
        (["--audio", "nothing.mp3"], "nothing.mp3: there is no such file"),
    ],
)
def test_a_wrong_request_is_refused(clip: ClipFolder, arguments: list[str], words: str) -> None:
    before = names_in(clip.path)
    done = dreamzoom("stitch", clip.path, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert set(names_in(clip.path)) - set(before) <= {".lock"}
    assert names_in(clip.path.parent) == ["clip"]


def test_a_foreign_file_is_overwritten_only_when_asked(clip: ClipFolder) -> None:
    target = clip.path.parent / "mine.mp4"
    target.write_bytes(b"mine")
    refused = dreamzoom("stitch", clip.path, "-o", target)
    assert (refused.returncode, target.read_bytes()) == (2, b"mine")
    assert "--force" in refused.stderr
    assert dreamzoom("stitch", clip.path, "-o", target, "-y").returncode == 0
    assert len(decode_video(target)) == 10


def test_a_video_that_a_person_put_in_the_place_of_the_clips_own_is_kept(clip: ClipFolder) -> None:
    assert dreamzoom("stitch", clip.path).returncode == 0
    own, graded = clip.video_path.read_bytes(), clip.path.parent / "graded.mp4"
    stitch(save_frames(clip.path.parent / "graded", 10), graded, Fraction(12))
    mine = graded.read_bytes()
    clip.video_path.write_bytes(mine)
    told = dreamzoom("stitch", clip.path).stderr
    assert "clip.mp4.bak keeps it" in told
    assert (clip.video_path.read_bytes(), clip.path.joinpath("clip.mp4.bak").read_bytes()) == (own, mine)
    assert "keeps" not in dreamzoom("stitch", clip.path).stderr


def test_the_command_makes_a_gif(clip: ClipFolder) -> None:
    assert dreamzoom("stitch", clip.path, "--gif").returncode == 0
    assert len(decode_gif(clip.path / "clip.gif")) == 10
    assert dreamzoom("stitch", clip.path, "-o", clip.path.parent / "other.gif").returncode == 0
    assert len(decode_gif(clip.path.parent / "other.gif")) == 10


def test_a_gif_needs_no_folder_for_temporary_files_and_what_a_killed_one_left_is_removed(
    clip: ClipFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    target = tmp_path / "film.gif"
    for left in (".film.gif.01234567.part", ".film.gif.89abcdef.part"):
        (tmp_path / left).touch()
    make_gif(clip.finished_frames(), target, Fraction(10))
    assert names_in(tmp_path) == ["clip", "film.gif"]


def test_a_song_of_ones_own_goes_with_the_video(clip: ClipFolder, tmp_path: Path) -> None:
    song = make_song(tmp_path, "constant.mp3", seconds=1)
    done = dreamzoom("stitch", clip.path, "--audio", song)
    assert done.returncode == 0, done.stderr
    assert "constant.mp3 lasts 1.00 s and is cut where the film ends, after 0.42 s" in done.stderr
    video, sound = probe(clip.video_path)
    assert abs(video.end - sound.end) <= Fraction(1, 24)


def test_the_clips_own_song_goes_with_any_range_of_frames(clip: ClipFolder, tmp_path: Path) -> None:
    make_song(tmp_path, "constant.mp3", seconds=1).rename(clip.path / "soundtrack.mp3")
    for number, frames in enumerate((":5", "5:")):
        part = tmp_path / f"part{number}.mp4"
        assert "sound" not in quickly("stitch", clip.path, f"--frames={frames}", "-o", part)
        assert [stream.kind for stream in probe(part)] == ["video", "audio"]


def test_a_gif_says_that_it_leaves_the_song_out(clip: ClipFolder, tmp_path: Path) -> None:
    make_song(tmp_path, "constant.mp3", seconds=1).rename(clip.path / "soundtrack.mp3")
    assert "clip.gif has no sound: a GIF holds none" in quickly("stitch", clip.path, "--gif")


def test_the_song_is_copied_where_that_is_wanted(clip: ClipFolder, tmp_path: Path) -> None:
    song = make_song(tmp_path, "constant.mp3", seconds=1)
    quickly("stitch", clip.path, "--audio", song)
    assert probe(clip.video_path)[1].codec == "aac"
    quickly("stitch", clip.path, "--audio", song, "--sound", "copy")
    assert probe(clip.video_path)[1].codec == "mp3"


def test_a_folder_that_is_no_clip_is_refused(tmp_path: Path) -> None:
    done = dreamzoom("stitch", tmp_path)
    assert done.returncode == 2
    assert "holds no clip" in done.stderr
