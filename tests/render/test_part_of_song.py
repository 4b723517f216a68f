"""A part of a song: the clip begins within it, and picture and sound are its own from there on."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dreamzoom.clip.folder import open_clip, read_heard
from support.clips import SMALL, frame_files, quickly, says
from support.music import RATE, drum_loop, steady, write_wav
from support.video import decode_sound, probe

FPS, START, FRAMES = 4, 3.21, 12
BEATS = steady(120, 12.0, 0.5)
PULSING = (
    "--fps", FPS, *SMALL, "--set", "camera.zoom=1 + 0.3*bass", "--set", "dream.step_size={0=1, 4beats=3}",
)  # fmt: skip


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds of drums, 120 beats a minute, over noise that is nowhere the same."""
    loop = drum_loop(BEATS).samples[: 12 * RATE]
    noise = 0.05 * np.random.default_rng(1).standard_normal(loop.size)
    return write_wav(tmp_path_factory.mktemp("song") / "drums.wav", 0.8 * loop + noise)


@pytest.fixture(scope="module")
def clip(song: Path) -> Path:
    folder = song.parent / "clip"
    quickly(
        "render", "--out", folder, "--audio", song, "--start", START, "--frames", FRAMES, *PULSING,
    )  # fmt: skip
    return folder


def lag(film: NDArray[np.float32], song: Path, start: float) -> float:
    """By how many seconds the film's sound is later than the song from `start` on."""
    whole = decode_sound(song)
    truth = whole[round(start * RATE) :][: film.size]
    count = film.size + truth.size
    likeness = np.fft.irfft(np.fft.rfft(film, count) * np.conj(np.fft.rfft(truth, count)), count)
    place = int(likeness.argmax())
    return (place if place < count / 2 else place - count) / RATE


def test_a_clip_is_a_part_of_its_song_to_the_millisecond(clip: Path, song: Path) -> None:
    assert len(frame_files(clip)) == FRAMES
    film = decode_sound(clip / "clip.mp4")
    assert film.size / RATE == pytest.approx(FRAMES / FPS, abs=0.05)
    assert abs(lag(film, song, START)) < 0.001


def test_beats_and_signals_are_those_of_the_part(clip: Path) -> None:
    heard, recipe = read_heard(clip), open_clip(clip).recipe
    assert heard is not None
    wanted = [beat - START for beat in BEATS if beat >= START]
    assert heard.beats[:10] == pytest.approx(wanted[:10], abs=0.03)
    assert heard.bars[0] == pytest.approx(4.5 - START, abs=0.03)
    assert max(heard.signal("bass", 4.51 - START + late) for late in (0, 0.02)) > 0.9  # a kick
    assert recipe.dream.step_size.at(round((wanted[4]) * FPS) + 1, recipe.clock) == pytest.approx(3)
    assert len(heard.signals["bass"]) == pytest.approx((12 - START) * 100, abs=2)


def test_the_frozen_recipe_says_where_it_begins(clip: Path) -> None:
    text = (clip / "recipe.toml").read_text()
    assert f"start = {START}" in text
    assert f"frames = {FRAMES}" in text


def test_the_same_command_goes_on_and_another_start_is_another_clip(clip: Path, song: Path) -> None:
    kept = (clip / "music.json").stat().st_mtime_ns
    command = ("render", "--out", clip, "--audio", song, "--frames", FRAMES, *PULSING)
    quickly(*command, "--start", f"0:0{START}")
    assert (clip / "music.json").stat().st_mtime_ns == kept
    assert "music.start" in says(2, *command, "--start", 4)


def test_resume_makes_the_same_film(clip: Path, song: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(clip, tmp_path / "clip"))
    (copy / "frames" / "000011.png").unlink()
    (copy / "clip.mp4").unlink()
    quickly("resume", copy)
    assert frame_files(copy) == frame_files(clip)
    assert abs(lag(decode_sound(copy / "clip.mp4"), song, START)) < 0.001


def test_a_longer_clip_has_more_of_the_song(clip: Path, song: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(clip, tmp_path / "clip"))
    quickly("extend", copy, "--frames", FRAMES + 4)
    film = decode_sound(copy / "clip.mp4")
    assert film.size / RATE == pytest.approx((FRAMES + 4) / FPS, abs=0.05)
    assert abs(lag(film[3 * RATE :], song, START + 3)) < 0.001


@pytest.mark.parametrize(("frames", "first"), [("4:10", 4), ("-3:", 9), (":5", 0)])
def test_a_range_of_frames_has_its_own_part(
    clip: Path, song: Path, tmp_path: Path, frames: str, first: int
) -> None:
    said = quickly("stitch", clip, "--frames", frames, "-o", tmp_path / "part.mp4")
    assert "sound" not in said
    assert abs(lag(decode_sound(tmp_path / "part.mp4"), song, START + first / FPS)) < 0.001


def test_another_song_may_begin_within_and_fade(clip: Path, song: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    quickly(
        "stitch", clip, "--audio", song, "--start", "0:07.5", "--fade-in", 1, "--fade-out", 1, "-o", film,
    )  # fmt: skip
    sound = decode_sound(film)
    assert abs(lag(sound, song, 7.5)) < 0.001
    truth = decode_sound(song)[round(7.5 * RATE) :]
    for moment, share in ((0.1, 0.1), (0.5, 0.5), (1.5, 1.0), (2.5, 0.5), (2.9, 0.1)):
        part = slice(round((moment - 0.05) * RATE), round((moment + 0.05) * RATE))
        loudness = np.sqrt(np.mean(sound[part] ** 2) / np.mean(truth[part] ** 2))
        assert loudness == pytest.approx(share, abs=0.1)


def test_a_fork_may_begin_elsewhere_and_another_fade_is_no_other_picture(
    clip: Path, song: Path, tmp_path: Path
) -> None:
    quickly("fork", clip, "-o", tmp_path / "faded", "--set", "music.fade_out=1")
    assert frame_files(tmp_path / "faded") == frame_files(clip)
    assert read_heard(tmp_path / "faded") == read_heard(clip)
    quickly("fork", clip, "-o", tmp_path / "other", "--set", "music.start=1")
    heard = read_heard(tmp_path / "other")
    assert heard is not None
    assert heard.beats[0] == pytest.approx(0, abs=0.03)
    assert abs(lag(decode_sound(tmp_path / "other" / "clip.mp4"), song, 1.0)) < 0.001
    said = quickly("stitch", tmp_path / "faded", "--frames", "-2:", "-o", tmp_path / "end.mp4")
    assert "has no sound" not in said
    assert abs(lag(decode_sound(tmp_path / "end.mp4"), song, START + 2.5)) < 0.001
    refused = ("fork", clip, "-o", tmp_path / "third", "--set", "music.start=1")
    assert "music.start" in says(2, *refused, "--at", 5)
    assert "music.start: is 99 s" in says(2, "fork", clip, "-o", tmp_path / "x", "--set", "music.start=99")


def test_a_song_may_begin_later_and_a_draft_is_as_the_clip(song: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "later.toml"
    recipe.write_text(
        f'[clip]\nframes = 15\nfps = 6\n[music]\nsong = "{song}"\nstart = "0:02"\ndelay = 1\nfade_in = 0.1\n'
        '[camera]\nzoom = "1 + 0.1*onset"\n'
    )
    quickly("render", "--draft", "--preset", recipe, "--out", tmp_path / "clip", *SMALL)
    draft = tmp_path / "clip-draft"
    assert len(frame_files(draft)) == 5
    film = decode_sound(draft / "clip.mp4")
    assert np.abs(film[: round(0.95 * RATE)]).max() < 0.01
    assert abs(lag(film[RATE:], song, 2.0)) < 0.001
    heard = read_heard(draft)
    assert heard is not None
    assert heard.beats[0] == pytest.approx(1.0, abs=0.03)
    assert heard.signal("onset", 0.9) == 0


def test_without_frames_the_clip_goes_to_the_songs_end(song: Path, tmp_path: Path) -> None:
    quickly("render", "--out", tmp_path / "clip", "--audio", song, "--start", 11, "--fps", FPS, *SMALL)
    assert len(frame_files(tmp_path / "clip")) == FPS
    assert abs(lag(decode_sound(tmp_path / "clip" / "clip.mp4"), song, 11)) < 0.001


def test_frames_of_a_recipe_are_not_meant_for_another_song(song: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "clip.toml"
    recipe.write_text('[clip]\nframes = 3\nfps = 2\n[music]\nsong = "old.wav"\nstart = 11\n')
    quickly("render", "--preset", recipe, "--audio", song, "--out", tmp_path / "clip", *SMALL)
    assert len(frame_files(tmp_path / "clip")) == 2


def test_a_gif_has_none(clip: Path, tmp_path: Path) -> None:
    quickly("stitch", clip, "-o", tmp_path / "clip.gif")
    assert [stream.kind for stream in probe(tmp_path / "clip.gif")] == ["video"]
    assert "a GIF has no sound" in says(2, "stitch", clip, "-o", tmp_path / "a.gif", "--fade-in", 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--start", 12), "music.start: is 12 s, and .* lasts 12.00 s: begin earlier"),
        (("--start", -1), "--start: music.start: must be seconds from 0 to 86400, such as 62.5 or '1:02.5'"),
        (("--start", "1:75"), "--start: music.start: must be seconds"),
        (("--start", "soon"), "--start: music.start: must be seconds"),
        (("--fade-in", 2, "--fade-out", 2), "music.fade_in and music.fade_out: take 4 s, .* lasts 3.00 s"),
        (("--set", "music.delay=3"), "music.delay: is 3 s, and the clip ends after 3.00 s"),
    ],
)
def test_what_leaves_nothing_of_the_song_is_refused_before_the_work(
    song: Path, tmp_path: Path, options: tuple[object, ...], message: str
) -> None:
    out = tmp_path / "clip"
    told = says(2, "render", "--out", out, "--audio", song, "--frames", FRAMES, *PULSING, *options)
    assert np.array([part in told for part in message.split(" .* ")]).all(), told
    assert not out.exists()


def test_a_part_needs_a_song(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "clip"
    told = says(2, "render", "--out", out, "--frames", 2, "--start", 3, *SMALL)
    assert "music.start: is of a song: name one in music.song, or with --audio" in told
    told = says(2, "stitch", clip, "-o", tmp_path / "film.mp4", "--start", 3)
    assert "the clip's own begins where its frames do" in told


def test_a_song_that_ends_first_is_told(song: Path, tmp_path: Path) -> None:
    command = ("render", "--out", tmp_path / "clip", "--audio", song, "--frames", FPS * 2, "--fps", FPS)
    said = quickly(*command, "--start", 11, *SMALL)
    assert "has ended after 1.00 s of the clip: what comes after that is silent" in said
    assert np.abs(decode_sound(tmp_path / "clip" / "clip.mp4")[round(1.1 * RATE) :]).max() < 0.01
    said = quickly("stitch", tmp_path / "clip", "--frames", "5:", "-o", tmp_path / "end.mp4")
    assert "has no sound" in said
    assert [stream.kind for stream in probe(tmp_path / "end.mp4")] == ["video"]
