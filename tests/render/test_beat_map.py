"""The beat map in a clip's life: it rules, the clip keeps what came of it, and edits are told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dreamzoom.audio.beatmap import write_map as as_text
from dreamzoom.audio.correct import shift_bars
from dreamzoom.clip.folder import open_clip, read_heard
from support.clips import SMALL, frame_files, quickly, says
from support.music import drum_loop, steady, write_wav

SECONDS, FPS, BPM = 5.0, 4, 120
TRUE = steady(BPM, SECONDS, 0.5)
TAPPED = (0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4.25)  # off the beat, and nobody's but ours
ARGUMENTS = ("--fps", FPS, *SMALL, "--set", "dream.step_size={0=1, 4beats=3, 2bars=1}")


@pytest.fixture(scope="module")
def drums(tmp_path_factory) -> Path:
    """Five seconds of drums, 120 beats a minute."""
    loop = drum_loop(TRUE)
    return write_wav(tmp_path_factory.mktemp("song") / "drums.wav", loop.samples[: int(SECONDS * 44100)])


@pytest.fixture
def song(drums, tmp_path) -> Path:
    return Path(shutil.copy(drums, tmp_path / "song.wav"))


def write_map(song: Path, *lines: str) -> Path:
    path = song.with_suffix(".beats.txt")
    path.write_text("\n".join(lines) + "\n")
    return path


def tapped(song: Path, first_bar: int = 0) -> Path:
    places = [(index - first_bar) % 4 + 1 for index in range(len(TAPPED))]
    return write_map(song, *(f"{time}\t{place}" for time, place in zip(TAPPED, places, strict=True)))


def render(song: Path, out: Path, *more: object) -> str:
    return quickly("render", "--out", out, "--audio", song, *ARGUMENTS, *more)


def test_a_map_beside_the_song_rules_and_the_clip_keeps_it(song, tmp_path):
    given = tapped(song, 1)
    told = render(song, tmp_path / "clip")
    assert f"{song}: by {given}: 120 bpm in 4, 9 beats, 2 bars" in told
    heard = read_heard(tmp_path / "clip")
    assert (heard.beats, heard.bars) == (TAPPED, TAPPED[1::4])
    assert (tmp_path / "clip" / "soundtrack.beats.txt").read_bytes() == given.read_bytes()
    recipe = open_clip(tmp_path / "clip").recipe
    assert recipe.dream.step_size.at(9, recipe.clock) == 3  # beat 4, at 2.25 s


def test_without_a_map_it_is_told_what_was_heard_and_how_to_change_it(song, tmp_path):
    told = render(song, tmp_path / "clip")
    assert f"{song}: 120 bpm in 4 (sure), " in told
    assert f"; if that is wrong: dreamzoom listen {song}" in told
    assert not (tmp_path / "clip" / "soundtrack.beats.txt").exists()


def test_a_map_elsewhere_is_named_and_none_is_none(song, tmp_path):
    tapped(song)
    elsewhere = Path(shutil.move(tapped(song), tmp_path / "mine.txt"))
    render(song, tmp_path / "named", "--set", f"music.map={elsewhere}")
    assert read_heard(tmp_path / "named").beats == TAPPED
    tapped(song)
    render(song, tmp_path / "without", "--set", "music.map=none")
    assert read_heard(tmp_path / "without").beats == pytest.approx(TRUE[:9], abs=0.03)
    told = says(
        2, "render", "--out", tmp_path / "x", "--audio", song, *ARGUMENTS, "--set", "music.map=no.txt"
    )
    assert "no.txt: there is no such file" in told


def test_a_recipe_finds_the_map_beside_it(song, tmp_path, monkeypatch):
    tapped(song).rename(tmp_path / "mine.txt")
    recipe = tmp_path / "pulse.toml"
    recipe.write_text(
        '[music]\nsong = "song.wav"\nmap = "mine.txt"\n[dream]\nstep_size = { 0 = 1, 4beats = 3 }\n'
    )
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    told = quickly("render", "--preset", recipe, "--out", "clip", "--fps", FPS, *SMALL)
    assert f"music.map: {tmp_path / 'mine.txt'} is taken, from beside the recipe" in told
    assert read_heard(Path("clip")).beats == TAPPED


def test_a_tempo_beside_a_map_is_told(song, tmp_path):
    given = tapped(song)
    told = render(song, tmp_path / "clip", "--set", "music.tempo=120")
    assert f"warning: music.tempo is not used: {given} tells the beats" in told


def test_a_metre_that_a_map_gainsays_is_told(song, tmp_path):
    given = tapped(song)
    told = render(song, tmp_path / "clip", "--set", "music.beats_per_bar=3")
    assert f"warning: music.beats_per_bar is not used: {given} tells the bars" in told


def test_bars_are_shifted(song, tmp_path):
    tapped(song)
    render(song, tmp_path / "clip", "--set", "music.shift=-1")
    assert read_heard(tmp_path / "clip").bars == TAPPED[3::4]


def test_a_map_is_in_the_songs_own_time(song, tmp_path):
    given = tapped(song)
    render(song, tmp_path / "clip", "--start", "1")
    heard = read_heard(tmp_path / "clip")
    assert heard.beats == tuple(time - 1 for time in TAPPED[2:])
    assert (tmp_path / "clip" / "soundtrack.beats.txt").read_bytes() == given.read_bytes()


@pytest.mark.parametrize("wrong", ["1\t1.1\n2\t1.2\n1.5\t1.3", "1\t1.1\n9\t2.1", "1\t1.1", "1\t-"])
def test_a_wrong_map_is_refused_before_anything_is_written(song, tmp_path, wrong):
    given = write_map(song, wrong)
    told = says(2, "render", "--out", tmp_path / "clip", "--audio", song, *ARGUMENTS)
    assert f"{given}: line " in told
    assert not (tmp_path / "clip").exists()


def test_a_song_that_nothing_follows_needs_no_map(song, tmp_path):
    write_map(song, "nonsense")
    quickly("render", "--out", tmp_path / "clip", "--audio", song, "--fps", 1, *SMALL)
    assert len(frame_files(tmp_path / "clip")) == SECONDS


@pytest.fixture
def begun(drums, tmp_path, monkeypatch) -> Path:
    """A folder with a song, its map and a clip by it that lacks a frame; the working folder."""
    monkeypatch.chdir(tmp_path)
    song = Path(shutil.copy(drums, "song.wav"))
    tapped(song)
    render(song, Path("clip"))
    (tmp_path / "clip" / "frames" / "000019.png").unlink()
    return tmp_path


def test_the_same_command_goes_on_without_hearing_again(begun):
    assert "bpm" not in render(Path("song.wav"), Path("clip"))
    assert len(frame_files(begun / "clip")) == SECONDS * FPS


def test_an_edited_map_makes_another_clip_and_resume_goes_on_as_it_began(begun):
    before = read_heard(begun / "clip")
    tapped(Path("song.wav"), 2)
    told = says(2, "render", "--out", "clip", "--audio", "song.wav", *ARGUMENTS)
    assert "differs in what is heard of its song, for its beat map is another one now" in told
    assert "`dreamzoom resume clip` goes on as it began" in told
    told = quickly("resume", "clip")
    kept = "clip goes by the beats it began with: its song's beat map, song.beats.txt, is another one now"
    assert kept in told
    assert kept in quickly("fork", "clip", "-o", "fork", "--set", "dream.jitter=3")
    assert read_heard(begun / "fork") == before
    assert "dreamzoom fork clip --set music.map=song.beats.txt -o DIR" in told
    assert read_heard(begun / "clip") == before
    assert len(frame_files(begun / "clip")) == SECONDS * FPS


def test_resume_needs_no_map(begun):
    Path("song.beats.txt").unlink()
    Path("song.wav").unlink()
    assert "beat map" not in quickly("resume", "clip")
    assert len(frame_files(begun / "clip")) == SECONDS * FPS


def test_a_map_that_says_what_was_heard_changes_nothing(song, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shift = ("--set", "music.shift=1")
    render(Path("song.wav"), Path("clip"), *shift)
    Path("song.beats.txt").write_bytes(as_text(shift_bars(read_heard(Path("clip")), -1), SECONDS))
    assert "differs" not in render(Path("song.wav"), Path("clip"), *shift)
    assert "beat map" not in quickly("resume", "clip")


def test_a_fork_takes_the_map_that_is_named_and_shares_what_comes_before(begun):
    quickly("resume", "clip")
    later = [*TAPPED[:4], *(time + 0.25 for time in TAPPED[4:])]
    write_map(Path("song.wav"), *(f"{time}\t{index % 4 + 1}" for index, time in enumerate(later)))
    told = quickly("fork", "clip", "-o", "fork", "--set", "music.map=song.beats.txt")
    assert read_heard(begun / "fork").beats == tuple(later)
    assert "fork: 1 frame is shared" in told  # from frame 1 on it rises more slowly, to 3 at 2.5 s
    assert json.loads((begun / "fork" / "music.json").read_text())["beats"][4] == 25000


def test_a_fork_that_hears_again_goes_by_the_map_that_its_clip_keeps(begun):
    quickly("resume", "clip")
    Path("song.beats.txt").unlink()
    quickly("fork", "clip", "-o", "fork", "--set", "music.shift=1")
    heard = read_heard(begun / "fork")
    assert (heard.beats, heard.bars) == (TAPPED, TAPPED[1::4])
    assert (begun / "fork" / "soundtrack.beats.txt").read_bytes() == heard.beat_map != b""


def test_a_map_that_was_changed_in_the_clip_is_told(begun):
    (begun / "clip" / "soundtrack.beats.txt").write_text("1\n2\n")
    assert "soundtrack.beats.txt was changed since the clip began" in says(2, "resume", "clip")
