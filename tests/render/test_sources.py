"""Clips that go by stems, series and notes beside their song."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dreamzoom.clip.folder import read_heard
from dreamzoom.errors import DreamzoomWarning, SoundError
from dreamzoom.io.files import file_digest
from dreamzoom.recipe.build import build_recipe, override_fragment
from dreamzoom.recipe.schema import Recipe
from dreamzoom.render.song import listen
from dreamzoom.render.sources import HeardFiles
from dreamzoom.tracks.music import SIGNALS, Music
from support.clips import SMALL, dreamzoom, frame_files, quickly
from support.music import chord, drum_loop, steady, write_wav

SECONDS, FPS = 4.0, 4


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A song of chords and drums, the drums alone, and a series, where the person works."""
    drums = drum_loop(steady(120, SECONDS, 0.5)).samples[: int(SECONDS * 44100)]
    song = 0.5 * chord(SECONDS)
    song[: drums.size] += 0.4 * drums
    write_wav(tmp_path / "song.wav", song)
    write_wav(tmp_path / "drums.wav", np.pad(drums, (0, song.size - drums.size)))
    (tmp_path / "heart.csv").write_text("time,rate\n0,60\n2,180\n4,60\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def recipe_of(*overrides: str) -> Recipe:
    names = ("music.song=song.wav", "music.stems.drums=drums.wav", "music.series.heart=heart.csv")
    return build_recipe({"clip": {"fps": FPS}}, *map(override_fragment, (*names, *overrides)))


def test_a_stem_and_a_series_move_what_asks_for_them(folder: Path) -> None:
    recipe = listen(recipe_of("camera.zoom=1 + 0.5*heart.rate", "dream.step_size=1 + drums.onset"))
    zooms = [recipe.camera.zoom.at(frame, recipe.clock) for frame in range(16)]
    assert zooms[:9:4] == pytest.approx([1, 1.25, 1.5])
    steps = [recipe.dream.step_size.at(frame, recipe.clock) for frame in range(16)]
    assert min(steps[2:14:2]) > 1.6  # on the beats
    assert max(steps[3:14:2]) < 1.6
    assert recipe.heard is not None
    assert recipe.heard.sources == {
        "drums": file_digest(folder / "drums.wav"),
        "heart": file_digest(folder / "heart.csv"),
    }
    assert {len(values) for values in recipe.heard.signals.values()} == {401}


def test_other_files_signals_take_the_place_of_those_before() -> None:
    signals = dict.fromkeys((*SIGNALS, "bass.onset", "bass.mids", "keys.level"), (0.0,))
    music = Music((), (), 100.0, signals, sources={"bass": "old", "keys": "same"})
    heard = HeardFiles({"bass.onset": (1.0,), "keys.pitch": (1.0,)}, {"bass": "new", "keys": "same"})
    after = heard.add_to(music)
    assert set(after.signals) == {*SIGNALS, "bass.onset", "keys.level", "keys.pitch"}
    assert after.signals["bass.onset"] == (1.0,)
    assert after.sources == {"bass": "new", "keys": "same"}


def test_a_stem_of_another_length_is_told(folder: Path) -> None:
    write_wav(folder / "drums.wav", 0.5 * chord(2.0))
    with pytest.warns(DreamzoomWarning) as told:
        recipe = listen(recipe_of("camera.zoom=1 + 0.5*drums.loudness", "music.series.heart="))
    assert "drums.wav: lasts 2.00 s, and the song 4.00 s: it is silent after its end" in str(told[0].message)
    assert recipe.camera.zoom.at(4, recipe.clock) > 1.3
    assert recipe.camera.zoom.at(12, recipe.clock) == 1


def test_a_file_that_no_formula_asks_for_is_told(folder: Path) -> None:
    with pytest.warns(DreamzoomWarning, match=r"music.series: heart \(heart.csv\) is used by no formula"):
        listen(recipe_of("camera.zoom=1 + 0.5*drums.onset"))


def test_a_file_that_is_missing_is_told_before_the_song_is_heard(folder: Path) -> None:
    (folder / "heart.csv").unlink()
    with pytest.raises(SoundError, match=r"heart\.csv"):
        listen(recipe_of("camera.zoom=1 + 0.1*heart.value", "music.stems.drums="))


def test_a_clip_goes_on_without_its_files_and_notices_others(folder: Path) -> None:
    made = ("--audio", "song.wav", "--fps", FPS, *SMALL, "--set", "music.series.heart=heart.csv",
            "--set", "camera.zoom=1 + 0.3*heart.rate")  # fmt: skip
    quickly("render", "--out", "clip", *made)
    frames = frame_files(folder / "clip")
    heard = read_heard(folder / "clip")
    assert heard is not None
    assert list(heard.sources) == ["heart"]
    kept = (folder / "heart.csv").rename(folder / "away.csv")
    (folder / "clip" / "frames" / "000015.png").unlink()
    quickly("render", "--out", "clip", *made)
    assert frame_files(folder / "clip") == frames
    kept.rename(folder / "heart.csv").write_text("0,1\n4,0\n")
    done = dreamzoom("render", "--out", "clip", *made)
    assert done.returncode == 2
    (folder / "heart.csv").write_text("time,rate\n0,60\n1,180\n4,60\n")
    done = dreamzoom("render", "--out", "clip", *made)
    assert done.returncode == 2
    assert "what heart is, for its file is another one now" in done.stderr
    (folder / "heart.csv").unlink()
    assert dreamzoom("resume", "clip").returncode == 0
