"""Real renders, interrupted in every way there is, end as if nothing had happened."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import pytest

from support.clips import (
    SMALL,
    dreamzoom,
    frame_files,
    journal_without_times,
    journaled,
    render,
    start,
    start_slowly,
    wait_for,
)

FRAMES = 24
KILLS = 20
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def assert_whole_video(path: Path, frames: int, size: tuple[int, int] = (64, 48), fps: int = 30) -> None:
    from dreamzoom.video.ffmpeg import find_ffmpeg

    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == size
        assert stream.average_rate == Fraction(fps)
        assert sum(1 for _ in file.decode(stream)) == frames
    check = [str(find_ffmpeg().path), "-v", "error", "-xerror", "-i", str(path), "-f", "null", "-"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def assert_same_clip(clip: Path, reference: Path) -> None:
    assert frame_files(clip) == frame_files(reference)
    assert journal_without_times(clip) == journal_without_times(reference)
    assert_whole_video(clip / "clip.mp4", FRAMES)
    assert not list(clip.glob(".*.part")) + list((clip / "frames").glob(".*"))


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> Path:
    """A clip that was never interrupted."""
    return render(tmp_path_factory.mktemp("reference") / "clip", frames=FRAMES)


@pytest.fixture
def copy(reference, tmp_path) -> Path:
    """A copy of the finished clip, to be damaged."""
    return Path(shutil.copytree(reference, tmp_path / "clip"))


def test_an_uninterrupted_render_is_whole(reference):
    assert sorted(frame_files(reference)) == [f"{frame:06d}.png" for frame in range(FRAMES)]
    assert [line["frame"] for line in journal_without_times(reference)] == list(range(FRAMES))
    assert_whole_video(reference / "clip.mp4", FRAMES)


@pytest.mark.timeout(900)
def test_killed_at_twenty_instants_and_resumed_it_is_the_same_clip(reference, tmp_path):
    """SIGKILL at random instants of the work: in the dream, the write, the journal, the encode."""
    clip, chance, kills = tmp_path / "clip", random.Random(1), 0
    while kills < KILLS:
        done_before = journaled(clip)
        process = start("render", "--out", clip, "--frames", FRAMES, *SMALL, stdout=subprocess.DEVNULL)
        aim = done_before + chance.randrange(FRAMES // 4)
        wait_for(lambda aim=aim: journaled(clip) > min(aim, FRAMES - 1), process)
        time.sleep(chance.uniform(0, 0.12))
        process.kill()
        kills += process.wait() == -signal.SIGKILL
        if (clip / "clip.mp4").exists():  # its note may not have been written any more
            assert_whole_video(clip / "clip.mp4", FRAMES)
            assert dreamzoom("resume", clip).returncode == 0
            assert_same_clip(clip, reference)
            shutil.rmtree(clip)
    if clip.exists() and (clip / "recipe.toml").exists():
        assert dreamzoom("resume", clip).returncode == 0
        assert_same_clip(clip, reference)


def test_killed_between_the_video_and_its_note_it_is_the_same_clip(reference, copy):
    note = copy / "video.json"
    (copy / ".video.json.0123abcd.part").write_bytes(note.read_bytes()[:40])
    note.unlink()
    assert dreamzoom("resume", copy).returncode == 0
    assert_same_clip(copy, reference)
    assert note.read_bytes() == (reference / "video.json").read_bytes()


@posix_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_cleanly_within_a_frame_and_tells_how_to_resume(number, reference, tmp_path):
    clip = tmp_path / "my clip"
    process = start_slowly(6, "render", "--out", clip, "--frames", FRAMES, *SMALL)
    wait_for(lambda: journaled(clip) >= 3, process)
    process.send_signal(number)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert f"dreamzoom resume '{clip}'" in output
    assert "Traceback" not in output
    done = journaled(clip)
    assert 3 <= done < FRAMES
    assert len(frame_files(clip)) == done
    assert not list(clip.glob(".*.part*")) + list((clip / "frames").glob(".*"))
    assert dreamzoom("resume", clip).returncode == 0
    assert_same_clip(clip, reference)


@posix_only
def test_a_second_signal_stops_at_once_and_loses_nothing(reference, tmp_path):
    clip = tmp_path / "clip"
    process = start_slowly(4, "render", "--out", clip, "--frames", FRAMES, *SMALL)
    wait_for(lambda: journaled(clip) >= 2, process)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    assert process.returncode in (130, 128 + signal.SIGTERM)
    assert dreamzoom("resume", clip).returncode == 0
    assert_same_clip(clip, reference)


def test_a_render_stores_nothing_more_once_another_has_taken_over_the_clip(tmp_path):
    clip = tmp_path / "clip"
    process = start("render", "--out", clip, "--frames", 100 * FRAMES, *SMALL)
    wait_for(lambda: journaled(clip) >= 3, process)
    (tmp_path / "mark").write_text("4711 studio-7 0123")
    (tmp_path / "mark").replace(clip / ".writer")  # whole at once, as it is written
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "being rendered by process 4711 on studio-7 now, which took it over from this one" in output
    assert journaled(clip) < 100 * FRAMES
    assert not (clip / "clip.mp4").exists()


def test_a_finished_clip_is_left_as_it_is(copy):
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*") if path.is_file()}
    done = dreamzoom("resume", copy)
    assert done.returncode == 0
    after = {path: path.stat().st_mtime_ns for path in copy.rglob("*") if path.is_file()}
    assert {path.name for path in before} <= {path.name for path in after}
    assert all(after[path] == stamp for path, stamp in before.items() if not path.name.startswith("."))


@pytest.mark.parametrize("frame", [0, 11, FRAMES - 1])
def test_a_truncated_frame_is_found_and_rendered_again_and_the_later_ones_stand(frame, copy, reference):
    path = copy / "frames" / f"{frame:06d}.png"
    path.write_bytes(path.read_bytes()[:100])
    others = {p: p.stat().st_mtime_ns for p in (copy / "frames").glob("*.png") if p != path}
    found = dreamzoom("verify", copy)
    assert found.returncode == 1
    assert f"frame {frame}: 100 bytes instead of" in found.stdout
    assert dreamzoom("resume", copy).returncode == 0
    assert_same_clip(copy, reference)
    assert all(p.stat().st_mtime_ns == stamp for p, stamp in others.items())


def test_a_deleted_frame_is_rendered_again(copy, reference):
    (copy / "frames" / "000007.png").unlink()
    assert "frame 7: missing" in dreamzoom("verify", copy).stdout
    assert dreamzoom("resume", copy).returncode == 0
    assert_same_clip(copy, reference)


def test_a_flipped_bit_is_found(copy, reference):
    path = copy / "frames" / "000009.png"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert "frame 9: other bytes than the journal's" in dreamzoom("verify", copy).stdout
    assert dreamzoom("resume", copy).returncode == 0
    assert_same_clip(copy, reference)


def test_where_a_mended_frame_comes_out_different_the_later_ones_are_rendered_again_if_that_is_asked_for(
    copy, reference
):
    """Here the journal tells of another frame 5 than this recipe makes: what followed from it goes too."""
    lines = (copy / "journal.jsonl").read_text().splitlines()
    lines[5] = json.dumps(json.loads(lines[5]) | {"sha256": "0" * 64, "pixels": "0" * 64})
    (copy / "journal.jsonl").write_text("\n".join(lines) + "\n")
    (copy / "frames" / "000005.png").unlink()
    before, journal = frame_files(copy), (copy / "journal.jsonl").read_text()
    done = dreamzoom("resume", copy)
    assert done.returncode == 2
    assert f"the {FRAMES - 6} frames after it" in done.stderr
    assert "--redo" in done.stderr
    assert (frame_files(copy), (copy / "journal.jsonl").read_text()) == (before, journal)
    done = dreamzoom("resume", copy, "--redo")
    assert done.returncode == 0
    assert "frame 5 came out with other bytes" in done.stderr
    assert_same_clip(copy, reference)
    kept = {path.name: path.read_bytes() for path in (copy / "replaced-000006").glob("*.png")}
    assert kept == {name: data for name, data in before.items() if name > "000005.png"}


@pytest.mark.parametrize("line", [0, 6, FRAMES - 1])
def test_a_torn_journal_line_costs_its_frame_alone(line, copy, reference):
    lines = (copy / "journal.jsonl").read_bytes().splitlines(keepends=True)
    lines[line] = lines[line][:20] + (b"" if line == FRAMES - 1 else b"\n")
    (copy / "journal.jsonl").write_bytes(b"".join(lines))
    done = dreamzoom("resume", copy)
    assert done.returncode == 0
    assert "came out with other bytes" not in done.stderr
    assert_same_clip(copy, reference)


def test_a_lost_video_is_made_again_without_a_dream(copy, reference):
    (copy / "clip.mp4").unlink()
    stamps = {p: p.stat().st_mtime_ns for p in (copy / "frames").glob("*.png")}
    assert dreamzoom("resume", copy).returncode == 0
    assert all(p.stat().st_mtime_ns == stamp for p, stamp in stamps.items())
    assert_same_clip(copy, reference)


def test_extending_keeps_what_there_is_and_equals_a_longer_render(tmp_path, reference):
    clip = render(tmp_path / "clip", frames=9)
    done = dreamzoom("extend", clip, "--frames", FRAMES)
    assert done.returncode == 0, done.stderr
    assert_same_clip(clip, reference)


@pytest.mark.parametrize("every", [2, 3, 5])
def test_with_in_betweens_a_killed_and_extended_clip_is_the_same(every, tmp_path):
    options = ("--set", f"camera.every={every}")
    whole = render(tmp_path / "whole", *options, frames=11)
    assert len(frame_files(whole)) == 11
    pieces = render(tmp_path / "pieces", *options, frames=4)
    process = start("extend", pieces, "--frames", 11, stdout=subprocess.DEVNULL)
    wait_for(lambda: journaled(pieces) >= 7, process)
    process.kill()
    process.wait()
    if journaled(pieces) > 6:
        (pieces / "frames" / "000006.png").unlink()
    assert dreamzoom("resume", pieces).returncode == 0
    assert frame_files(pieces) == frame_files(whole)
    assert journal_without_times(pieces) == journal_without_times(whole)
    assert_whole_video(pieces / "clip.mp4", 11)


def test_a_second_process_on_the_same_clip_is_refused_with_the_firsts_pid(tmp_path):
    clip = tmp_path / "clip"
    first = start("render", "--out", clip, "--frames", 5000, *SMALL, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: journaled(clip) >= 1, first)
        for verb in (("render", "--out", clip, "--frames", 5000, *SMALL), ("resume", clip)):
            second = dreamzoom(*verb)
            assert second.returncode == 2
            assert f"process {first.pid}" in second.stderr
        now = json.loads(dreamzoom("status", clip, "--json").stdout)
        assert now["state"] == "running"
    finally:
        first.kill()
        first.wait()
    assert json.loads(dreamzoom("status", clip, "--json").stdout)["state"] == "interrupted"


def test_a_full_disk_is_told_clearly_and_resumes_after_space_is_made(small_disk, tmp_path, reference):
    clip, ballast = small_disk / "clip", small_disk / "ballast"
    process = start_slowly(4, "render", "--out", clip, "--frames", FRAMES, *SMALL)
    wait_for(lambda: journaled(clip) >= 2, process)
    try:
        with ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
    except OSError:
        pass
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "the disk is full" in output
    assert "Traceback" not in output
    done = journaled(clip)
    assert dreamzoom("verify", clip).returncode == 0
    ballast.unlink()
    resumed = dreamzoom("resume", clip)
    assert resumed.returncode == 0, resumed.stderr
    assert done < FRAMES
    assert_same_clip(clip, reference)


def test_too_small_a_disk_is_refused_before_the_first_dream(small_disk):
    done = dreamzoom("render", "--out", small_disk / "clip", "--frames", 300, "--size", "640x360")
    assert done.returncode == 1
    assert "300 frames need about" in done.stderr
    assert not frame_files(small_disk / "clip")


@posix_only
def test_a_signal_before_the_first_dream_ends_the_program_too(tmp_path):
    clip = tmp_path / "clip"
    process = start("render", "--out", clip, "--frames", FRAMES, *SMALL)
    wait_for(clip.exists, process)  # the model is not loaded yet
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in output


INTERRUPTED_IMPORT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background job ignores
from dreamzoom.cli import loading, main
load_torch = loading.load_torch

def interrupted():
    try:
        os.kill(os.getpid(), signal.{name})
        signal.pause()
    except KeyboardInterrupt:
        {then}
    load_torch()

loading.load_torch = interrupted
main(sys.argv[1:])
"""


@posix_only
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    ("then", "told"),
    [("raise RecursionError", "dreamzoom: interrupted"), ("pass", "stopped; go on with: dreamzoom resume")],
    ids=["another error", "nothing"],
)
def test_an_import_that_makes_another_error_of_ctrl_c_or_goes_on_ends_as_it_was_asked_to(
    name, then, told, tmp_path
):
    """NumPy has been seen to raise an ImportError then, and what was half there a RecursionError."""
    script = INTERRUPTED_IMPORT.format(name=name, then=then)
    words = ["render", "--out", str(tmp_path / "clip"), "--frames", "40", *SMALL]
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 130, done.stderr
    assert told in done.stderr
    assert "internal error" not in done.stderr
    assert len(frame_files(tmp_path / "clip")) < 40
