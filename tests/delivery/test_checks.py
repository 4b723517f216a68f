"""What does not fit is told in one line with what would, all of it together."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from dreamzoom.delivery.checks import doubts_of_order, faults_of_order
from dreamzoom.delivery.order import Order
from dreamzoom.delivery.screening import Screening, frames_shown
from dreamzoom.delivery.targets import TARGETS
from dreamzoom.video.ffmpeg import find_ffmpeg
from support.programmes import Flashing

CLIP = Flashing(Path("clip"), (1080, 1920), count=300)


def told(
    name: str, programme: Flashing = CLIP, lacking: frozenset[str] = frozenset(), **changes: object
) -> str:
    """What is said of an order; "" where it fits."""
    size, rounds, fps = (changes.get(key) for key in ("size", "rounds", "fps"))
    frames = frames_shown(programme, chosen=slice(None), rounds=rounds or 1, fps=fps)
    screening = Screening(programme, frames, fps or programme.fps, size)
    ffmpeg = find_ffmpeg()
    ffmpeg = replace(ffmpeg, every_encoder=ffmpeg.every_encoder - lacking)
    return "; ".join(faults_of_order(ffmpeg, Order(TARGETS[name], screening, None, Path("file"))))


def test_a_loop_that_is_too_long_for_a_canvas_is_told_what_keeps_it_a_loop():
    loop = replace(CLIP, count=360, is_loop=True)
    said = "A Canvas lasts 3 to 8 s; this loop has 12: --speed 3/2, or --frames 0:240, which is no loop"
    assert told("canvas", loop) == said
    assert told("canvas", replace(loop, count=100), rounds=3).endswith("this loop has 10: --rounds 2")
    assert told("canvas", replace(loop, is_loop=False)).endswith("this has 12: --frames 0:240")
    assert told("canvas", replace(loop, count=240)) == ""


@pytest.mark.parametrize("speed", [Fraction(1, 10), Fraction(1, 3), Fraction(2), Fraction(5, 2)])
def test_at_another_speed_what_is_told_is_in_frames_of_the_clip_and_fits(speed: Fraction):
    long = replace(CLIP, count=300, is_retimed=True, pace=speed, begins=40)
    said = told("canvas", long)
    first, stop = map(int, said.rpartition("--frames ")[2].split(":"))
    assert first == 40
    assert 236 <= round((stop - first) / speed) <= 240
    loop = told("canvas", replace(long, is_loop=True, begins=0))
    assert f"--speed {speed * 300 / 240}, or --frames 0:" in loop
    count = int(told("canvas", replace(long, count=20)).split(" frames or more")[0].rpartition(" ")[2])
    assert round(count / speed) in (90, 91)


def test_how_many_frames_are_lacking_is_told_by_the_clips_own_rate():
    assert told("canvas", replace(CLIP, fps=Fraction(12), count=20), fps=Fraction(24)).endswith(
        "render 36 frames or more"
    )


def test_a_loop_that_is_too_short_is_told_how_many_rounds_would_fit():
    loop = replace(CLIP, count=40, is_loop=True)
    assert told("canvas", loop) == "A Canvas lasts 3 to 8 s; this loop has 1.333: --rounds 3"
    assert told("canvas", loop, rounds=3) == ""
    assert told("canvas", replace(loop, is_loop=False)).endswith("render 90 frames or more")


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("canvas", (1920, 1080), "A Canvas is 9:16, and this is 1920x1080: --portrait"),
        (
            "tiktok",
            (180, 320),
            "TikTok takes sides of 360 to 4096 pixels, and this is 180x320: --size 360x640",
        ),
        ("apple-music", (640, 480), "Apple Music is 16:9, and this is 640x480: render it at 16:9"),
        ("apple-music", (640, 360), "this is 640x360: --size 1280x720"),
        ("resolve-linux", (160, 90), "takes 256x120 pixels or more, and this is 160x90: --size 256x144"),
        ("vj", (1081, 1083), ""),
        ("youtube", (99, 33), ""),
    ],
)
def test_sizes_that_do_not_fit_are_told_with_one_that_does(name, size, said):
    programme = replace(CLIP, size=size, count=200)
    words = told(name, programme)
    assert said in words
    assert bool(words) == bool(said)
    if "--size" in words:
        wanted = tuple(int(side) for side in words.rpartition("--size ")[2].split("x"))
        assert told(name, programme, size=wanted) == ""


@pytest.mark.parametrize(
    ("name", "fps", "advice"),
    [
        ("reels", Fraction(12), "--fps 24"),
        ("reels", Fraction(120), "--fps 60"),
        ("apple-music", Fraction(60), "--fps 30"),
        ("apple-music", Fraction(30000, 1001), ""),
        ("youtube", Fraction(120), ""),
    ],
)
def test_rates_that_do_not_fit_are_told_with_one_that_does(name, fps, advice):
    size = (1920, 1080) if name == "apple-music" else CLIP.size
    programme = replace(CLIP, fps=fps, size=size, count=1000)
    words = told(name, programme)
    assert words.endswith(advice)
    assert bool(words) == bool(advice)
    if advice:
        assert told(name, programme, fps=Fraction(advice.split()[1])) == ""


def test_a_size_that_would_stretch_the_picture_is_refused():
    words = told("youtube", replace(CLIP, size=(640, 480)), size=(1920, 1080))
    assert words == "--size 1920x1080 would stretch what is 640x480: --size 1440x1080"


def test_what_this_ffmpeg_lacks_is_told_with_a_way_on():
    words = told("web", lacking=frozenset({"libsvtav1"}))
    assert "lacks libsvtav1, which a web page needs: `pip install imageio-ffmpeg`" in words


def test_all_faults_are_told_together():
    programme = replace(CLIP, size=(640, 360), fps=Fraction(12), count=12)
    words = told("reels", programme, lacking=frozenset({"libx264"}))
    for said in ("lacks libx264", "lasts 3 to 900 s; this has 1: render 36 frames", "--fps 24"):
        assert said in words


def test_a_shape_that_fits_and_is_not_the_best_is_a_doubt():
    screening = Screening(replace(CLIP, size=(640, 360)), tuple(range(200)), CLIP.fps)
    (doubt,) = doubts_of_order(Order(TARGETS["reels"], screening, None, Path("file")))
    assert doubt == "A Reel is shown best in 9:16, and this is 640x360: --portrait re-frames it"
    assert not list(doubts_of_order(Order(TARGETS["vimeo"], screening, None, Path("file"))))


def test_at_another_rate_each_frame_is_shown_as_long_as_before():
    programme = replace(CLIP, fps=Fraction(12), count=4)
    assert frames_shown(programme, chosen=slice(None), fps=Fraction(24)) == (0, 0, 1, 1, 2, 2, 3, 3)
    assert frames_shown(programme, chosen=slice(None), fps=Fraction(6)) == (0, 2)
    assert frames_shown(programme, chosen=slice(1, 3), rounds=2) == (1, 2, 1, 2)
