"""Frames into H.264: exact, whole or absent, and honest about what went wrong."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from dreamzoom.errors import DreamzoomWarning, RequestError, StorageError, VideoError
from dreamzoom.io.files import remove_leftovers
from dreamzoom.video.encode import BESIDE_A_DREAM, SMALL_FILE, Effort, Encoder
from dreamzoom.video.ffmpeg import FrameSink, command, find_ffmpeg, raw_frames, url
from dreamzoom.video.packets import PacketList
from support.video import decode_video, names_in, noise_frames, plain_frame, probe

SIZE = (64, 48)
FPS = Fraction(30)
FRAMES = 200
RATES = ["24", "30", "60", "25/2", "24000/1001", "30000/1001", "60000/1001"]
# H.264 at CRF 18 and the rounding of YCbCr to 8 bits of limited range cost a few levels of 255.
COLOUR_TOLERANCE = 4
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups are POSIX's")


def encode(target: Path, frames: list[np.ndarray], fps: Fraction = FPS, effort: Effort = SMALL_FILE) -> None:
    height, width, _ = frames[0].shape
    with Encoder(target, (width, height), fps, effort=effort) as encoder:
        for frame in frames:
            encoder.write(frame)


def encode_and(target: Path, what: Callable[[Encoder], None]) -> None:
    """Encode, and do something after the first frame."""
    with Encoder(target, SIZE, FPS) as encoder:
        for number, frame in enumerate(noise_frames(1) * FRAMES):
            encoder.write(frame)
            if number == 0:
                what(encoder)


def child_of(process: int) -> psutil.Process:
    """The ffmpeg that a process has started."""
    (child,) = (each for each in psutil.Process(process).children() if "ffmpeg" in each.name())
    return child


def interrupt(encoder: Encoder) -> None:
    raise KeyboardInterrupt


def count_one_too_many(encoder: Encoder) -> None:
    encoder.frames += 1


@pytest.mark.parametrize("rate", RATES)
def test_rate_and_number_of_frames_are_exact(tmp_path: Path, rate: str) -> None:
    encode(tmp_path / "clip.mp4", noise_frames(37), Fraction(rate))
    (video,) = probe(tmp_path / "clip.mp4")
    assert (video.packets, video.rate) == (37, Fraction(rate))
    assert video.end - video.start == 37 / Fraction(rate)
    assert len(decode_video(tmp_path / "clip.mp4")) == 37


def test_video_is_h264_in_yuv420p_tagged_as_bt709(tmp_path: Path) -> None:
    encode(tmp_path / "clip.mp4", noise_frames(3))
    with av.open(str(tmp_path / "clip.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        bt709, limited = 1, 1  # ITU-T H.273: the codes of BT.709, and of video range in ffmpeg
        assert (context.color_primaries, context.color_trc, context.colorspace) == (bt709, bt709, bt709)
        assert context.color_range == limited


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mov", "clip.MP4"])
def test_index_comes_before_the_frames(tmp_path: Path, name: str) -> None:
    encode(tmp_path / name, noise_frames(3))
    data = (tmp_path / name).read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize(
    "colour",
    [(255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128), (0, 0, 0), (255, 255, 255), (200, 120, 40)],
)
def test_colours_come_back(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    encode(tmp_path / "clip.mp4", [plain_frame(colour)] * 3)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        frame = next(container.decode(video=0))
        luma, blue, red = (np.asarray(plane).reshape(-1, plane.line_size)[20, 20] for plane in frame.planes)
    # ITU-R BT.709-6, items 3.2 to 3.4: luma, colour differences, and their quantization to 8 bits.
    r, g, b = (value / 255 for value in colour)
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    wanted = [16 + 219 * y, 128 + 224 * (b - y) / 1.8556, 128 + 224 * (r - y) / 1.5748]
    assert [int(luma), int(blue), int(red)] == pytest.approx(wanted, abs=2)


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128)])
def test_a_player_that_follows_the_tags_shows_the_same_colours(
    tmp_path: Path, colour: tuple[int, int, int]
) -> None:
    encode(tmp_path / "clip.mp4", [plain_frame(colour)] * 3)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        frame = next(container.decode(video=0))
        shown = frame.reformat(format="rgb24", src_colorspace=frame.colorspace).to_ndarray()[20, 20]
    assert shown.astype(int) == pytest.approx(colour, abs=COLOUR_TOLERANCE)


@pytest.mark.parametrize(
    ("size", "kept"), [((65, 48), (64, 48)), ((64, 49), (64, 48)), ((33, 35), (32, 34)), ((3, 2), (2, 2))]
)
def test_odd_sides_lose_their_last_column_or_row(
    tmp_path: Path, size: tuple[int, int], kept: tuple[int, int]
) -> None:
    frame = plain_frame((40, 40, 40), *size)
    frame[kept[1] :, :] = frame[:, kept[0] :] = 255
    encode(tmp_path / "clip.mp4", [frame] * 2)
    shown = decode_video(tmp_path / "clip.mp4")[0]
    assert shown.shape == (kept[1], kept[0], 3)
    assert shown.max() < 60


def test_frames_keep_their_order(tmp_path: Path) -> None:
    greys = list(range(20, 240, 10))
    encode(tmp_path / "clip.mp4", [plain_frame((grey, grey, grey)) for grey in greys])
    assert [int(frame[24, 32, 1]) for frame in decode_video(tmp_path / "clip.mp4")] == pytest.approx(
        greys, abs=COLOUR_TOLERANCE
    )


def test_a_frame_that_is_a_view_is_written_as_it_looks(tmp_path: Path) -> None:
    frame = plain_frame((30, 30, 30))
    frame[:, :32] = 220
    encode(tmp_path / "clip.mp4", [frame[:, ::-1]] * 2)
    shown = decode_video(tmp_path / "clip.mp4")[0]
    assert shown[24, 8, 0] < 60
    assert shown[24, 56, 0] > 190


@pytest.mark.parametrize(
    "name", ["a b.mp4", "100%d.mp4", 'it\'s "so".mp4', "-y.mp4", "夢ü.mp4", "a:b,c;[d].mp4"]
)
def test_any_name_will_do(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32" and set(name) & set('":'):
        pytest.skip("Windows has no such names")
    folder = tmp_path / name.removesuffix(".mp4")
    folder.mkdir()
    monkeypatch.chdir(folder)
    encode(Path(name), noise_frames(2))
    assert names_in(folder) == [name]
    assert len(decode_video(folder / name)) == 2


def test_an_existing_video_is_replaced_only_when_the_new_one_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    target.write_bytes(b"the old one")
    with Encoder(target, SIZE, FPS) as encoder:
        for frame in noise_frames(5):
            encoder.write(frame)
        assert target.read_bytes() == b"the old one"
    assert len(decode_video(target)) == 5
    assert names_in(tmp_path) == ["clip.mp4"]


def test_an_error_among_the_frames_leaves_everything_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    target.write_bytes(b"the old one")
    with pytest.raises(KeyboardInterrupt):
        encode_and(target, interrupt)
    assert target.read_bytes() == b"the old one"
    assert names_in(tmp_path) == ["clip.mp4"]


def test_no_frames_make_no_video(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="no frames"), Encoder(tmp_path / "clip.mp4", SIZE, FPS):
        pass
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    "frame",
    [np.zeros((48, 65, 3), np.uint8), np.zeros((48, 64), np.uint8), np.zeros((48, 64, 3), np.float32)],
)
def test_a_frame_of_another_kind_is_refused(tmp_path: Path, frame: np.ndarray) -> None:
    with pytest.raises(ValueError, match="wanted uint8"), Encoder(tmp_path / "c.mp4", SIZE, FPS) as encoder:
        encoder.write(frame)


@pytest.mark.parametrize(
    ("size", "fps", "name", "words"),
    [
        ((1, 48), FPS, "c.mp4", "1x48"),
        ((64, 100_000), FPS, "c.mp4", "64x100000"),
        (SIZE, Fraction(0), "c.mp4", "0 frames a second"),
        (SIZE, Fraction(-30), "c.mp4", "-30 frames a second"),
        (SIZE, Fraction(29.97), "c.mp4", "30000/1001"),
        (SIZE, FPS, "c.avi", ".mp4 or .mov"),
        (SIZE, FPS, "clip", ".mp4 or .mov"),
    ],
)
def test_what_cannot_be_made_is_refused_before_any_work(
    tmp_path: Path, size: tuple[int, int], fps: Fraction, name: str, words: str
) -> None:
    with pytest.raises(RequestError, match=words):
        Encoder(tmp_path / name, size, fps)


def test_a_missing_folder_is_found_before_the_first_frame(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"nowhere.clip\.mp4"):
        Encoder(tmp_path / "nowhere" / "clip.mp4", SIZE, FPS).__enter__()


@posix
def test_a_killed_ffmpeg_is_reported_and_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    target.write_bytes(b"the old one")
    with pytest.raises(VideoError, match="status -9"):
        encode_and(target, lambda _: child_of(os.getpid()).kill())
    assert target.read_bytes() == b"the old one"
    assert names_in(tmp_path) == ["clip.mp4"]


def test_a_frame_that_ffmpeg_did_not_keep_is_noticed(tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    with pytest.raises(VideoError, match=f"of {FRAMES + 1} frames ffmpeg kept {FRAMES}"):
        encode_and(target, count_one_too_many)
    assert names_in(tmp_path) == []


def test_much_talk_on_stderr_never_stops_ffmpeg(tmp_path: Path) -> None:
    listing = tmp_path / "frames.txt"
    pictures = raw_frames(SIZE, FPS).output(url(listing), format="framecrc")
    talkative = command(find_ffmpeg(), pictures, level="trace")
    frame = noise_frames(1)[0].tobytes()
    with FrameSink(talkative, listing) as sink:
        for _ in range(2000):
            sink.write(frame)
        sink.finish()
    packets = PacketList()
    for line in listing.read_text().splitlines():
        packets.add(line)
    assert packets.streams()[0].count == 2000


_VICTIM = """
import sys, time
from fractions import Fraction
from pathlib import Path
import numpy as np
from dreamzoom.video.encode import BESIDE_A_DREAM, SMALL_FILE, Effort, Encoder
import signal
signal.signal(signal.SIGINT, lambda *_: None)
with Encoder(Path(sys.argv[1]), (64, 48), Fraction(30)) as encoder:
    for _ in range(5):
        encoder.write(np.zeros((48, 64, 3), np.uint8))
    print("begun", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process in a session of its own that has begun tmp_path/clip.mp4 and waits for a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", _VICTIM, str(tmp_path / "clip.mp4")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        yield process
        process.kill()


@posix
def test_ffmpeg_ends_with_a_killed_process_and_its_leftover_goes_next_time(
    tmp_path: Path, victim: subprocess.Popen[str]
) -> None:
    encoder = child_of(victim.pid)
    victim.kill()
    victim.wait()
    assert encoder in psutil.wait_procs([encoder], timeout=60)[0]
    (tmp_path / ".mine.part").write_bytes(b"")
    (leftover,) = remove_leftovers(tmp_path, "clip.mp4")
    assert leftover.name.startswith(".clip.mp4.")
    assert names_in(tmp_path) == [".mine.part"]


@posix
def test_the_next_encoder_clears_its_targets_leftovers_away(
    tmp_path: Path, victim: subprocess.Popen[str]
) -> None:
    encoder = child_of(victim.pid)
    victim.kill()
    victim.wait()
    assert encoder in psutil.wait_procs([encoder], timeout=60)[0]  # it may only now make its file
    encode(tmp_path / "clip.mp4", noise_frames(2))
    assert names_in(tmp_path) == ["clip.mp4"]


@posix
def test_ctrl_c_at_the_terminal_does_not_reach_ffmpeg(tmp_path: Path, victim: subprocess.Popen[str]) -> None:
    encoder = child_of(victim.pid)
    os.killpg(victim.pid, signal.SIGINT)
    assert os.getpgid(encoder.pid) != victim.pid
    victim.communicate("\n", timeout=120)
    assert victim.returncode == 0
    assert len(decode_video(tmp_path / "clip.mp4")) == 5


def test_a_full_disk_is_told_and_leaves_the_old_video(small_disk: Path) -> None:
    target = small_disk / "clip.mp4"
    target.write_bytes(b"the old one")
    with pytest.raises(StorageError, match=r"disk is full: .*clip\.mp4"):
        encode(target, noise_frames(60, 320, 240))
    assert target.read_bytes() == b"the old one"
    assert names_in(small_disk) == ["clip.mp4"]
    encode(target, noise_frames(2))
    assert len(decode_video(target)) == 2


def test_the_systems_ffmpeg_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32":
        pytest.skip("links want rights on Windows")
    (tmp_path / "ffmpeg").symlink_to(find_ffmpeg().path)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_ffmpeg()
    assert found.path == str(tmp_path / "ffmpeg")
    assert {"libx264", "aac", "gif"} <= found.encoders


@posix
def test_an_ffmpeg_without_libx264_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = tmp_path / "ffmpeg"
    listing = "echo 'ffmpeg version 7.1 Copyright'; echo ' A....D aac    AAC (Advanced Audio Coding)'"
    binary.write_text(f"#!/bin/sh\n{listing}\n")
    binary.chmod(0o755)
    carried = find_ffmpeg().path if not os.environ.get("PATH") else None
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.warns(DreamzoomWarning, match="lacks libx264; .* is used instead"):
        found = find_ffmpeg()
    assert found.path not in (str(binary), carried)
    assert "libx264" in found.encoders
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(binary))
    with pytest.raises(VideoError, match="lacks libx264"):
        find_ffmpeg()


def test_without_any_ffmpeg_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "nothing"))
    with pytest.raises(VideoError, match=r"install ffmpeg with libx264.*pip install imageio-ffmpeg"):
        Encoder(tmp_path / "clip.mp4", SIZE, FPS).__enter__()


def test_an_ffmpeg_in_the_current_folder_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform == "win32":
        pytest.skip("links want rights on Windows")
    (tmp_path / "ffmpeg").symlink_to(find_ffmpeg().path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".")
    assert find_ffmpeg().path != "./ffmpeg"


def test_a_pipe_that_fails_while_ffmpeg_waits_for_more_is_told_and_not_waited_for(tmp_path):
    class Failing:
        def __init__(self, pipe):
            self.close = pipe.close

        def write(self, data):
            raise OSError(errno.EIO, "Input/output error")

    waiting = [sys.executable, "-c", "import sys; sys.stdin.buffer.read()"]
    with FrameSink(waiting, tmp_path / "film.mp4") as sink:
        sink._stdin = Failing(sink._stdin)
        with pytest.raises(VideoError, match=r"film\.mp4"):
            sink.write(b"a frame")


def test_a_film_that_is_made_beside_a_dream_looks_as_good(tmp_path: Path) -> None:
    """Of a picture that a camera zooms into, with grain."""
    y, x = np.mgrid[:96, :160] - np.array([48, 80]).reshape(2, 1, 1)
    noise = np.random.default_rng(1).normal(0, 6, (12, 96, 160, 3))
    frames = []
    for number, grain in enumerate(noise):
        waves = [np.sin(k * x / 1.03**number / 9) * np.cos(k * y / 1.03**number / 7) for k in (1, 2, 3)]
        frames.append((128 + 80 * np.stack(waves, -1) + grain).clip(0, 255).astype(np.uint8))
    errors = []
    for effort in (SMALL_FILE, BESIDE_A_DREAM):
        encode(tmp_path / "clip.mp4", frames, effort=effort)
        shown = decode_video(tmp_path / "clip.mp4")
        errors.append(np.square(np.float32(shown) - np.float32(frames)).mean())
    assert errors[1] < 1.05 * errors[0]
