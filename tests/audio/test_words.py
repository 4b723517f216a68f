"""What was heard, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamzoom.audio.words import bars_between, beats_in_words, heard_in_words, tempo_in_words, usual_tempo
from dreamzoom.tracks.music import SIGNALS, Music, Section
from support.music import changing, steady

SILENCE = dict.fromkeys(SIGNALS, (0.0, 0.0))
BEATS = steady(128, 60.0)


def music(beats: tuple[float, ...], bars: tuple[float, ...] = (), labels: str = "", **more: object) -> Music:
    sections = tuple(Section(label, 10 * place, 10 * place + 10) for place, label in enumerate(labels))
    return Music(beats, bars, 100.0, SILENCE, sections, **more)


def test_all_of_it_stands_in_a_line():
    heard = music(BEATS, BEATS[::4], "ABAAC")
    assert beats_in_words(heard) == "128 bpm in 4, 128 beats, 32 bars, sections A B A C"


@pytest.mark.parametrize(
    ("clarity", "words"), [(0.0, ""), (0.25, " (not sure)"), (0.5, " (fairly sure)"), (0.8, " (sure)")]
)
def test_how_sure_it_is_is_told_where_it_is_known(clarity, words):
    heard = music(BEATS, BEATS[::3], clarity=clarity)
    assert beats_in_words(heard) == f"128 bpm in 3{words}, 128 beats, 43 bars"


def test_of_a_map_it_is_not_told_how_sure_it_is():
    assert "sure" not in beats_in_words(music(BEATS, clarity=0.3, beat_map=b"1\n2\n"))


def test_the_line_says_how_to_change_it():
    song = Path("my song.mp3")
    heard = music(BEATS[:8], BEATS[:8:4])
    said = "128 bpm in 4, 8 beats, 2 bars; if that is wrong: dreamzoom listen 'my song.mp3'"
    assert heard_in_words(song, heard) == f"my song.mp3: {said}"
    assert heard_in_words(song, heard, Path("a.txt")) == f"my song.mp3: by a.txt: {said}"
    silent = heard_in_words(song, music(()))
    assert "no beat was found" in silent
    assert silent.endswith("with --set music.tempo=BPM, or see: dreamzoom listen 'my song.mp3'")
    of_film = heard_in_words(song, music(()), of_film=True)
    assert of_film.endswith("write it down: dreamzoom listen 'my song.mp3' --tempo BPM --write")


def test_many_sections_are_cut_short():
    assert beats_in_words(music(BEATS, (), "AB" * 20)).endswith("sections A B A B A B A B A B A B A B A B …")


def test_a_tempo_that_changes_is_a_range():
    assert tempo_in_words(changing(90, 112, 60.0)) == "90 to 112 bpm"
    assert tempo_in_words(steady(127.5, 60.0)) == "127.5 bpm"
    assert tempo_in_words((1.0, 1.5)) == "120 bpm"
    assert usual_tempo(steady(96, 30.0)) == 96


def test_bars_are_counted_to_a_half():
    bars = BEATS[::4]
    assert bars_between(music(BEATS, bars), bars[3], bars[11]) == "8"
    assert bars_between(music(BEATS, bars), bars[3], bars[11] + 1.0) == "8.5"
    assert bars_between(music(BEATS), 0.0, 10.0) == ""
