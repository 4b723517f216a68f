"""`dreamzoom deliver`: names, refusals, parts and their sound, many files at once, films."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from dreamzoom.delivery.targets import TARGETS
from dreamzoom.film.plan import Title
from dreamzoom.recipe.units import Size
from support.clips import quickly, render_here, says
from support.film import colours_shown, make_here, plan_film, plan_scene
from support.video import decode_sound, decode_video, make_song, names_in, probe


@pytest.fixture(scope="module")
def sky(tmp_path_factory) -> Path:
    """A clip of 8 frames of 64x48, with a song."""
    folder = tmp_path_factory.mktemp("sky")
    song = make_song(folder, "song.wav", 1)
    return render_here(folder / "sky", "--audio", song, "--fps", 8, frames=8)


def test_the_list_names_every_target_in_a_line():
    lines = says(0, "deliver", "--list").splitlines()
    assert [line.split()[0] for line in lines] == list(TARGETS)
    assert max(map(len, lines)) <= 110


def test_a_file_lies_beside_its_clip_and_is_called_by_both(sky):
    said = quickly("deliver", sky, "--for", "youtube", "--for", "master")
    beside = sky.parent
    assert "for YouTube: H.264 High, 4:2:0, AAC, 384 kbit/s, 64x48, 1.00 s" in said
    assert {"sky-youtube.mp4", "sky-master.mkv"} <= set(names_in(beside))
    video, sound = probe(beside / "sky-youtube.mp4")
    assert (video.packets, sound.codec) == (8, "aac")
    assert abs(video.end - sound.end) <= 1 / video.rate
    assert len(decode_video(beside / "sky-master.mkv")) == 8
    told = says(2, "deliver", sky, "--for", "youtube")
    assert "sky-youtube.mp4 exists: name another file, or overwrite it with --force" in told


def test_a_part_has_its_part_of_the_song(sky, tmp_path):
    out = tmp_path / "part.mp4"
    quickly("deliver", sky, "--for", "youtube", "--frames", "2:6", "-o", out)
    video, sound = probe(out)
    assert video.packets == 4
    assert abs(sound.end - Fraction(1, 2)) < Fraction(1, 8)
    whole = decode_sound(sky.parent / "song.wav", 48000)[12000:36000]
    part = decode_sound(out, 48000)[:24000]
    assert np.corrcoef(whole[2048:], part[2048:])[0, 1] > 0.95


def test_a_loop_is_played_in_rounds_or_as_long_as_its_song(tmp_path):
    song = make_song(tmp_path, "song.wav", 1)
    loop = render_here(
        tmp_path / "loop", "--loop", 4, "--set", "loop.dreams=1", "--fps", 10, "--audio", song, frames=4
    )
    for rounds, frames in ((3, 12), ("song", 10)):
        out = tmp_path / f"{rounds}.mkv"
        quickly("deliver", loop, "--for", "master", "--rounds", rounds, "-o", out)
        shown = decode_video(out)
        assert len(shown) == frames
        assert np.array_equal(shown[1], shown[5])
        assert abs(probe(out)[1].end - Fraction(frames, 10)) <= Fraction(1, 10)
    said = says(2, "deliver", loop, "--for", "canvas", "--portrait", "--size", "406x720")
    assert said.endswith("A Canvas lasts 3 to 8 s; this loop has 0.4: --rounds 8")


def test_without_a_recipe_and_without_sound(sky, tmp_path):
    out = tmp_path / "bare.mp4"
    quickly("deliver", sky, "--for", "vimeo", "--silent", "--no-recipe", "-o", out)
    assert [stream.kind for stream in probe(out)] == ["video"]
    assert b"dreamzoom" not in out.read_bytes()


def test_everything_wrong_is_told_together_and_nothing_is_written(sky, tmp_path):
    before = names_in(sky.parent)
    said = says(2, "deliver", sky, "--for", "canvas", "--for", "apple-music")
    for fault in (
        "A Canvas lasts 3 to 8 s",
        "--portrait",
        "Apple Music is 16:9",
        "frames a second and not at 8",
    ):
        assert fault in said
    assert names_in(sky.parent) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--for", "youtub"], "did you mean 'youtube'"),
        (["--for", "instagram"], "did you mean 'reels'?"),
        (["--for", "Spotify"], "did you mean 'canvas'?"),
        (["--for", "shorts"], "did you mean 'youtube'?"),
        ([], "name the folder of a clip or film, and whom it is for"),
        (["--for", "youtube", "--frames", "90:"], "has 8 frames, and that range holds none of them"),
        (["--for", "youtube", "-o", "x.avi"], "x.avi: the name of what is for YouTube ends in .mp4"),
        (["--for", "youtube", "-o", "nowhere/x.mp4"], "nowhere/x.mp4: there is no folder nowhere"),
        (["--for", "gif", "--for", "web", "-o", "x.gif"], "-o names one file"),
        (["--for", "youtube", "--size", "big"], "big"),
        (["--for", "youtube", "--rounds", "2"], "is no loop, or not finished"),
        (["--for", "youtube", "--fps", "0"], "no rate from 1 to 240"),
    ],
)
def test_wrong_requests_are_refused_in_a_line(sky, words, said):
    assert said in says(2, "deliver", sky, *words)


def test_a_folder_of_frames_is_never_filled_twice(sky):
    quickly("deliver", sky, "--for", "frames")
    folder = sky.parent / "sky-frames"
    assert names_in(folder) == [*(f"{number:06d}.png" for number in range(8)), "preset.toml"]
    assert "is there already: name a new folder with -o" in says(2, "deliver", sky, "--for", "frames", "-y")


def test_a_clip_that_is_not_finished_is_delivered_as_far_as_it_is(tmp_path):
    clip = render_here(tmp_path / "sky", frames=4)
    for number in (2, 3):
        (clip / "frames" / f"{number:06d}.png").unlink()
    assert "has 2 of its 4 frames" in quickly("deliver", clip, "--for", "gif")


def test_what_is_no_clip_is_refused(tmp_path):
    assert "no such" in says(2, "deliver", tmp_path / "nowhere", "--for", "youtube")


def test_a_film_is_delivered_as_it_was_last_put_together(tmp_path):
    scenes = (plan_scene(tmp_path, "01-red", 0, 2), plan_scene(tmp_path, "02-blue", 2, 4))
    film = make_here(tmp_path / "film", plan_film(*scenes))
    quickly("deliver", film.path, "--for", "master")
    assert colours_shown(tmp_path / "film-master.mkv") == ["red", "red", "blue", "blue"]


@pytest.fixture(scope="module")
def worded(tmp_path_factory) -> dict[str, Path]:
    """An upright film with words at the bottom in its first half of two seconds, and a wide one."""
    folder, films = tmp_path_factory.mktemp("worded"), {}
    for name, size in {"tall": Size(36, 64), "wide": Size(64, 36)}.items():
        scene = plan_scene(folder, f"01-{name}-red", 0, 4, clip__size=str(size), clip__fps=2)
        more = {"size": size, "fps": Fraction(2), "titles": (Title("HI", 0, 2),)}
        films[name] = make_here(folder / name, plan_film(scene, **more)).path
    return films


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--titles", "a.srt"], "instead of --titles change [lyrics] in"),
        (["--fade-in", "1"], "instead of --fade-in change [soundtrack] in"),
        (["--titles", "a.srt", "--fade-in", "1"], "--fade-in, --titles change [soundtrack] and [lyrics] in"),
    ],
)
def test_of_a_films_song_and_words_its_storyboards_tables_are_told(worded, words, told):
    assert told in says(2, "deliver", worded["tall"], "--for", "master", *words)


@pytest.mark.parametrize(
    ("film", "target", "options", "told"),
    [
        ("tall", "tiktok", [], "TikTok has captions and buttons over the words at the bottom"),
        ("tall", "tiktok", ["--frames", "2:"], ""),  # has none there
        ("tall", "youtube", [], ""),
        ("wide", "youtube", [], ""),
        ("wide", "youtube", ["--portrait"], "which a window of another shape may cut off"),
        ("wide", "youtube", ["--portrait", "--frames", "2:"], ""),
    ],
)
def test_words_of_a_film_that_are_not_seen_are_told_before(worded, tmp_path, film, target, options, told):
    if target == "tiktok":
        options = [*options, "--fps", "24", "--size", "360x640"]
    elif options:
        options = [*options, "--size", "36x64"]
    said = quickly("deliver", worded[film], "--for", target, *options, "-o", tmp_path / "made.mp4")
    heard = [line for line in said.splitlines() if " words " in line]
    assert len(heard) == bool(told)
    assert all(told in line and str(worded[film] / "storyboard.toml") in line for line in heard)
