"""A loop played over and over: as often as is asked for, or as long as its song lasts."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from dreamzoom.clip.folder import open_clip
from dreamzoom.footage.clips import ClipProgramme
from dreamzoom.footage.footage import Footage
from support.clips import quickly, render_here, says
from support.music import tone, write_wav
from support.video import decode_gif, decode_video

FRAMES = 5
FPS = 10


@pytest.fixture(scope="module")
def song(tmp_path_factory) -> Path:
    """A song of 1.3 seconds."""
    return write_wav(tmp_path_factory.mktemp("song") / "song.wav", tone(440, 1.3))


@pytest.fixture(scope="module")
def loop(tmp_path_factory, song) -> Path:
    """A loop of half a second, with that song."""
    clip = tmp_path_factory.mktemp("loop") / "clip"
    return render_here(
        clip, "--loop", 4, "--set", "loop.dreams=1", "--fps", FPS, "--audio", song, frames=FRAMES
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    return render_here(tmp_path_factory.mktemp("plain") / "clip", frames=2)


def seconds_of(path: Path, kind: str) -> Fraction:
    with av.open(str(path)) as file:
        stream = file.streams.get(**{kind: 0})[0]
        return sum((packet.duration or 0) * packet.time_base for packet in file.demux(stream))


def test_a_round_has_the_frames_that_it_was_asked_for_whatever_its_song(loop):
    assert len(list((loop / "frames").iterdir())) == FRAMES
    assert len(decode_video(loop / "clip.mp4")) == FRAMES


def test_rounds_follow_one_another_frame_for_frame(loop, tmp_path):
    told = quickly("stitch", loop, "--rounds", 3, "-o", tmp_path / "long.mp4")
    assert "lasts 1.30 s, and the film 1.50 s: the rest of it is silent" in told
    frames = [each.astype(float) for each in decode_video(tmp_path / "long.mp4")]
    assert len(frames) == 3 * FRAMES
    apart = [np.abs(frames[each] - frames[each + FRAMES]).mean() for each in range(2 * FRAMES)]
    steps = [np.abs(frames[each] - frames[each + 1]).mean() for each in range(3 * FRAMES - 1)]
    assert max(apart) < min(steps)


def test_it_goes_on_under_the_whole_song_and_ends_with_it(loop, tmp_path):
    told = quickly("stitch", loop, "--rounds", "song", "-o", tmp_path / "song.mp4")
    assert "warning" not in told
    assert len(decode_video(tmp_path / "song.mp4")) == 13
    assert abs(seconds_of(tmp_path / "song.mp4", "audio") - Fraction(13, 10)) < Fraction(1, FPS)


def test_a_slower_loop_has_frames_between_its_last_and_its_first(loop, tmp_path):
    quickly("stitch", loop, "--rounds", 2, "--speed", "0.5", "-o", tmp_path / "slow.mp4", "--shutter", 90)
    assert len(decode_video(tmp_path / "slow.mp4")) == 4 * FRAMES
    footage = Footage(open_clip(loop))
    between, last, first = (
        footage.picture(moment).float() for moment in (Fraction(9, 2), Fraction(4), Fraction(5))
    )
    assert bool((footage.picture(Fraction(5)) == footage.picture(Fraction(0))).all())
    assert bool((footage.picture(Fraction(-1, 2)) == footage.picture(Fraction(9, 2))).all())
    assert (between - last).abs().mean() < (first - last).abs().mean()
    whole = footage.travel(Fraction(0), Fraction(FRAMES))
    assert whole.factor == pytest.approx(4)


def test_a_gif_goes_round_by_itself(loop):
    quickly("stitch", loop, "--gif")
    assert len(decode_gif(loop / "clip.gif")) == FRAMES
    assert b"NETSCAPE2.0\x03\x01\x00\x00" in (loop / "clip.gif").read_bytes()  # for ever


def test_a_programme_knows_a_loop(loop, plain):
    programme = ClipProgramme(open_clip(loop))
    assert (programme.is_loop, programme.count) == (True, FRAMES)
    assert not ClipProgramme(open_clip(plain)).is_loop


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        (("--rounds", 2), "several rounds, another speed or titles are no clip.mp4: name a file with -o"),
        (("--rounds", 2, "-o", "a.gif"), "a GIF goes round for ever: leave out --rounds"),
        (("--rounds", 0, "-o", "a.mp4"), "'0' is no number of rounds from 1 to 100,000, nor 'song'"),
        (("--rounds", "many", "-o", "a.mp4"), "'many' is no number of rounds"),
        (
            ("--rounds", 2, "--frames", "0:3", "-o", "a.mp4"),
            "--rounds plays whole rounds: leave out --frames",
        ),
    ],
)
def test_rounds_that_cannot_be_are_refused(loop, tmp_path, arguments, refusal):
    given = [tmp_path / each if str(each).startswith("a.") else each for each in arguments]
    assert refusal in says(2, "stitch", loop, *given)


def test_a_clip_that_is_no_loop_has_no_rounds(plain, tmp_path):
    told = says(2, "stitch", plain, "--rounds", 2, "-o", tmp_path / "a.mp4")
    assert "is no loop: its last frame does not lead into its first" in told
    assert "--loop 16" in told


def test_a_song_shorter_than_a_round_is_refused_with_the_way_on(tmp_path, song):
    told = says(
        2, "render", "--loop", 4, "--frames", 30, "--fps", 10, "--audio", song, "--out", tmp_path / "c"
    )
    assert "a round of 30 frames lasts 3.00 s" in told
    assert "has ended after 1.30 s: make it shorter, with --frames 13 at most" in told
    assert not (tmp_path / "c").exists()
