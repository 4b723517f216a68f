"""A clip made to a song: tracks follow its beats and its bass, and the clip needs nothing but its folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dreamzoom.clip.folder import open_clip, read_heard
from dreamzoom.io.toml import parse_toml
from dreamzoom.recipe.frozen import recipe_sha256
from support.clips import SMALL, dreamzoom, frame_files, quickly, says
from support.music import drum_loop, steady, write_wav

SECONDS, FPS, BPM = 5.0, 4, 120
PULSING = (
    "--fps", FPS, *SMALL, "--set", "camera.zoom=1 + 0.3*bass", "--set", "dream.step_size={0=1, 8beats=3}",
)  # fmt: skip


@pytest.fixture(scope="module")
def song(tmp_path_factory) -> Path:
    """Five seconds of drums, 120 beats a minute."""
    loop = drum_loop(steady(BPM, SECONDS, 0.5))
    return write_wav(tmp_path_factory.mktemp("song") / "drums.wav", loop.samples[: int(SECONDS * 44100)])


@pytest.fixture(scope="module")
def clip(song) -> Path:
    folder = song.parent / "clip"
    quickly("render", "--out", folder, "--audio", song, *PULSING)
    return folder


def test_a_clip_is_as_long_as_its_song_and_keeps_what_was_heard(clip):
    assert len(frame_files(clip)) == SECONDS * FPS
    heard = read_heard(clip)
    assert heard is not None
    assert heard.beats == pytest.approx(steady(BPM, SECONDS, 0.5)[: len(heard.beats)], abs=0.03)
    assert open_clip(clip).frozen.files.keys() == {"music.json", "soundtrack.wav"}


def test_tracks_follow_what_is_heard(clip):
    recipe = open_clip(clip).recipe
    zooms = [recipe.camera.zoom.at(frame, recipe.clock) for frame in range(recipe.clip.frames)]
    kicks, nothing = zooms[2::4], zooms[3::2]  # on the first and third beat; between beats
    assert min(kicks) > 1.1
    assert max(nothing) < 1.09
    steps = [recipe.dream.step_size.at(frame, recipe.clock) for frame in (2, 10, 18)]
    assert steps == pytest.approx([1.22, 2.11, 3], abs=0.05)  # from 1 at 0 s to 3 at beat 8, at 4.5 s


def test_the_same_command_goes_on_without_hearing_again(clip, song, tmp_path):
    copy = Path(shutil.copytree(clip, tmp_path / "clip"))
    (copy / "frames" / "000019.png").unlink()
    kept = (copy / "music.json").stat().st_mtime_ns
    quickly("render", "--out", copy, "--audio", song, *PULSING)
    assert frame_files(copy) == frame_files(clip)
    assert (copy / "music.json").stat().st_mtime_ns == kept


def as_before_bars_were_found(clip: Path) -> None:
    """Give a clip the recipe of the dreamzoom that took bars to be of four beats, and knew fewer keys."""
    kept, later = clip / "recipe.toml", ("start", "delay", "fade_in", "fade_out", "map", "shift")
    names = tuple(f"{name} =" for name in (*later, "stems", "series", "recipe_sha256"))
    before, heading, music = kept.read_text().partition("[music]\n")
    lines = [line for line in music.splitlines() if not line.startswith(names)]
    text = before + heading + "\n".join(lines)
    told = recipe_sha256(parse_toml(text, "the recipe"))
    kept.write_text(text.replace("start_sha256", f'recipe_sha256 = "{told}"\nstart_sha256') + "\n")


@pytest.mark.parametrize("tracks", [(), PULSING[-4:]], ids=["unheard", "heard"])
def test_the_same_command_goes_on_with_a_clip_of_when_bars_had_four_beats(song, tmp_path, tracks):
    there = tmp_path / "clip"
    same = ("render", "--out", there, "--audio", song, *PULSING[:-4], *tracks)
    quickly(*same, "--set", "music.beats_per_bar=4")
    assert "differs in music.beats_per_bar" in says(2, *same)  # of now: a person has said four
    as_before_bars_were_found(there)
    frames, last = frame_files(there), there / "frames" / "000019.png"
    first = (there / "frames" / "000000.png").stat().st_mtime_ns
    last.unlink()
    quickly(*same)
    assert frame_files(there) == frames
    assert (there / "frames" / "000000.png").stat().st_mtime_ns == first
    assert "differs in music.beats_per_bar" in says(2, *same, "--set", "music.beats_per_bar=3")


def test_resume_needs_the_folder_alone(clip, tmp_path):
    copy = Path(shutil.copytree(clip, tmp_path / "clip"))
    for frame in range(7, 20):
        (copy / "frames" / f"{frame:06d}.png").unlink()
    done = dreamzoom("resume", copy)
    assert done.returncode == 0, done.stderr
    assert frame_files(copy) == frame_files(clip)


@pytest.mark.parametrize("damage", ["missing", "changed", "broken"])
def test_damaged_music_is_told_before_the_next_dream(clip, tmp_path, damage):
    copy = Path(shutil.copytree(clip, tmp_path / "clip"))
    (copy / "frames" / "000019.png").unlink()
    music = copy / "music.json"
    if damage == "missing":
        music.unlink()
    elif damage == "changed":
        document = json.loads(music.read_text())
        document["signals"]["bass"][0] = 77
        music.write_text(json.dumps(document))
    else:
        music.write_text(music.read_text()[:100])
    done = dreamzoom("resume", copy)
    assert done.returncode == 2
    assert "music.json" in done.stderr
    assert "restore it" in done.stderr


def test_a_fork_hears_its_parents_song(song, tmp_path):
    parent, fork = tmp_path / "parent", tmp_path / "fork"
    quickly("render", "--out", parent, "--audio", song, "--fps", 2, *SMALL)
    assert read_heard(parent) is None
    quickly("fork", parent, "-o", fork, "--at", 6, "--set", "camera.zoom=1 + 0.3*bass")
    assert read_heard(fork) is not None
    assert frame_files(fork).keys() == frame_files(parent).keys()
    assert (fork / "before-000006" / "recipe.toml").exists()


def test_a_fork_hears_the_signals_that_its_parent_did_not(clip, tmp_path):
    fork, zoom = tmp_path / "fork", "camera.zoom=1 + 0.1*bass(release=60) + 0.1*percussive + 0.01*every_bar"
    quickly("fork", clip, "-o", fork, "--at", 12, "--set", zoom)
    before, after = read_heard(clip), read_heard(fork)
    assert list(after.signals) == [*before.signals, "bass(release=60)", "percussive"]
    assert {name: after.signals[name] for name in before.signals} == dict(before.signals)
    assert (after.beats, after.bars, after.sections) == (before.beats, before.bars, before.sections)
    frames = list(frame_files(fork).items())
    assert frames[:12] == list(frame_files(clip).items())[:12]
    for frame in range(10, 20):
        (fork / "frames" / f"{frame:06d}.png").unlink()
    for command in (("status", fork), ("resume", fork), ("verify", fork)):
        done = dreamzoom(*command)
        assert done.returncode == 0, done.stderr
    assert list(frame_files(fork).items()) == frames


def test_a_fork_of_a_clip_with_a_part_of_a_song_hears_that_part(song, tmp_path):
    part = ("--audio", song, "--start", 1.5, "--fps", 2, *SMALL)
    quickly("render", "--out", tmp_path / "parent", *part, "--set", "camera.zoom=1 + 0.1*bass")
    zoom = "camera.zoom=1 + 0.1*bass(release=60)"
    quickly("fork", tmp_path / "parent", "-o", tmp_path / "fork", "--set", zoom)
    quickly("render", "--out", tmp_path / "clip", *part, "--set", zoom)
    assert read_heard(tmp_path / "fork") == read_heard(tmp_path / "clip")


def test_a_clip_of_more_signals_has_the_usual_ones_unchanged(clip, song, tmp_path):
    sets = "camera.zoom=1 + 0.1*band(40, 120, attack=20) + 0.1*harmonic + 0.1*beat(decay=0.1)"
    quickly("render", "--out", tmp_path / "clip", "--audio", song, "--fps", FPS, *SMALL, "--set", sets)
    before, after = read_heard(clip), read_heard(tmp_path / "clip")
    assert list(after.signals) == [*before.signals, "band(40, 120, attack=20)", "harmonic"]
    assert {name: after.signals[name] for name in before.signals} == dict(before.signals)


def test_a_plot_of_a_clip_hears_what_it_is_asked_for(clip):
    done = dreamzoom("plot", clip, "--set", "camera.zoom=1 + 0.1*onset(release=40)")
    assert done.returncode == 0, done.stderr
    assert "camera.zoom" in done.stdout
    assert "onset(release=40)" not in read_heard(clip).signals


def test_what_is_not_there_to_be_heard_is_refused_before_the_first_write(song, tmp_path):
    folder = tmp_path / "clip"
    done = dreamzoom("render", "--out", folder, "--audio", song, *SMALL, "--set", "camera.rotate=drums.onset")
    assert done.returncode == 2
    assert "camera.rotate" in done.stderr
    assert "drums" in done.stderr
    assert not folder.exists()


def test_more_signals_than_are_heard_are_refused(song, tmp_path):
    many = " + ".join(f"bass(release={number})" for number in range(1, 34))
    done = dreamzoom(
        "render", "--out", tmp_path / "clip", "--audio", song, "--set", f"dream.step_size={many}"
    )
    assert done.returncode == 2
    assert "dream.step_size: asks for more than the 32 signals that a recipe may have" in done.stderr


def test_a_fork_keeps_its_parents_song(clip, song, tmp_path):
    done = dreamzoom("fork", clip, "-o", tmp_path / "fork", "--set", f"music.song={song.parent}/other.wav")
    assert done.returncode == 2
    assert "keeps its clip's song" in done.stderr


def test_a_recipe_names_its_song(song, tmp_path):
    recipe = tmp_path / "pulse.toml"
    recipe.write_text(f'[music]\nsong = "{song}"\n[camera]\nzoom = "1.02 + 0.1*onset"\n')
    done = dreamzoom("plot", recipe, "--set", "clip.fps=4")
    assert done.returncode == 0, done.stderr
    assert "camera.zoom" in done.stdout
    assert dreamzoom("plot", recipe, "--frames", 9).returncode == 0


def test_a_track_out_of_range_is_found_once_the_song_was_heard(song, tmp_path):
    done = dreamzoom("render", "--out", tmp_path / "clip", "--audio", song, "--set", "camera.zoom=1 + 5*bass")
    assert done.returncode == 2
    assert "camera.zoom: is " in done.stderr
    assert not (tmp_path / "clip" / "recipe.toml").exists()


@pytest.mark.parametrize("setting", ["music.tempo=20", "music.tempo=true", "music.beats_per_bar=-1"])
def test_senseless_music_is_refused_before_it_is_heard(song, tmp_path, setting):
    done = dreamzoom("render", "--out", tmp_path / "clip", "--audio", song, "--set", setting)
    assert done.returncode == 2
    assert f"--set: {setting.split('=')[0]}: must be " in done.stderr


def test_without_a_song_a_musical_recipe_says_what_to_do(tmp_path):
    done = dreamzoom("render", "--out", tmp_path / "clip", "--set", "camera.zoom=1 + 0.1*bass")
    assert done.returncode == 2
    assert "name a song in music.song, or with --audio" in done.stderr
