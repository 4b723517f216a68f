"""What formulas ask of a song: calls have one name each, pulses fall as they say, wrong ones are told."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamzoom.errors import RecipeError
from dreamzoom.tracks.base import Clock, Kind
from dreamzoom.tracks.expression import Expression
from dreamzoom.tracks.music import SIGNALS, Music
from dreamzoom.tracks.parse import parse_track
from dreamzoom.tracks.signals import Signal

BEATS = (0.26, 0.76, 1.26, 1.76)


def clock(fps: int = 100, **signals: list[float]) -> Clock:
    heard = {**dict.fromkeys(SIGNALS, (0.5,) * 300), **signals}
    return Clock(Fraction(fps), 300, Music(BEATS, BEATS[::3], 100.0, heard))


def formula(text: str) -> Expression:
    track = parse_track(text, Kind.LEVEL)
    assert isinstance(track, Expression)
    return track


def names(text: str) -> list[str]:
    return [signal.name for signal in formula(text).signals]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("bass", "bass"),
        ("bass(release=80)", "bass(release=80)"),
        ("bass( release = 2*40 )", "bass(release=80)"),
        ("bass(release=300, attack=2.5e1)", "bass(attack=25, release=300)"),
        ("bass(attack=0, release=150)", "bass"),
        ("loudness(release=0)", "loudness(release=0)"),
        ("band(60, 90)", "band(60, 90)"),
        ("band(60.5,90,release=80)", "band(60.5, 90, release=80)"),
        ("harmonic", "harmonic"),
        ("percussive(attack=7)", "percussive(attack=7)"),
        ("drums.onset", "drums.onset"),
        ("drums.bass(release=50)", "drums.bass(release=50)"),
        ("drums.band(60, 90)", "drums.band(60, 90)"),
        ("Heart_2.rate", "Heart_2.rate"),
        ("heart.rate(release=0)", "heart.rate"),
    ],
)
def test_a_call_of_one_meaning_has_one_name(written: str, name: str) -> None:
    assert names(written) == [name]
    assert names(name) == [name]


def test_signals_are_told_once_each_with_what_they_are() -> None:
    track = formula("bass + bass(release=150) + drums.band(60, 90, attack=5) * t + beat(decay=0.2)")
    assert track.signals == (Signal("", "bass"), Signal("drums", "band", 60, 90, 5, 150))
    assert track.needs_music


def test_a_signals_value_is_that_of_its_name_in_the_music() -> None:
    heard = clock(**{"bass(release=80)": [0.25] * 300, "drums.onset": [0.125] * 300})
    assert formula("bass(release=80) + drums.onset + bass").at(7, heard) == 0.25 + 0.125 + 0.5


def test_what_was_not_heard_is_named() -> None:
    with pytest.raises(RecipeError, match=r"goes by bass\(release=80\), which was not heard of the song"):
        formula("bass(release=80)").bind(clock())


def test_a_pulse_is_1_at_the_frame_nearest_to_each_beat_and_falls_to_1_over_e_within_its_decay() -> None:
    curve = formula("beat(decay=0.2)").bind(clock(fps=100))
    assert [curve(frame) for frame in (26, 76, 126)] == [1, 1, 1]
    assert curve(46) == pytest.approx(math.exp(-1))
    assert curve(66) == pytest.approx(math.exp(-2))
    assert curve(25) == 0


@pytest.mark.parametrize("fps", [5, 10, 24, 30, 60])
def test_every_beat_has_a_frame_of_its_own_that_is_1(fps: int) -> None:
    curve = formula("beat(decay=0.05)").bind(clock(fps))
    full = [frame for frame in range(2 * fps) if curve(frame) == 1]
    assert full == [math.floor(beat * fps + 0.5) for beat in BEATS if beat * fps + 0.5 < 2 * fps]


def test_pulses_go_on_after_the_last_beat_as_beats_do() -> None:
    curve = formula("beat(decay=0.2)").bind(clock(fps=100))
    assert [frame for frame in range(180, 300) if curve(frame) == 1] == [226, 276]


@pytest.mark.parametrize("written", ["every_bar", "every_bar(decay=0.2)", "bar(decay=0.2)"])
def test_every_bar_is_a_pulse_on_bars(written: str) -> None:
    curve = formula(written).bind(clock(fps=100))
    assert [frame for frame in range(200) if curve(frame) == 1] == [26, 176]
    assert formula(written).variables == formula("bar(decay=0.2)").variables


@pytest.mark.parametrize("word", ["beat", "bar"])
def test_beat_and_bar_alone_are_counters(word: str) -> None:
    assert formula(word).at(26, clock(fps=100)) == pytest.approx(0)
    assert formula(f"{word}(decay=0.2)").at(26, clock(fps=100)) == 1


def test_a_pulse_of_a_song_without_beats_is_refused() -> None:
    silent = Clock(Fraction(30), 10, Music((), (), 100.0, dict.fromkeys(SIGNALS, ())))
    with pytest.raises(RecipeError, match=r"uses 'bar\(decay=0.2\)', and no bars are heard"):
        formula("every_bar").bind(silent)


@given(st.integers(0, 299), st.floats(0.01, 60), st.sampled_from([24, 30, 100]))
def test_a_pulse_stays_from_0_to_1(frame: int, decay: float, fps: int) -> None:
    assert 0 <= formula(f"beat(decay={decay:.4f})").at(frame, clock(fps)) <= 1


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("bass(80)", "bass takes other arguments: write bass(attack=20, release=80), in ms"),
        ("bass(relase=80)", "bass takes no relase; did you mean 'release'?"),
        ("bass(release=t)", "here is a plain number needed, which does not move"),
        ("bass(release=0.08)", "release is 0.08: write milliseconds, release=80"),
        ("bass(release=-1)", "release is -1: must be 0 to 10000 ms"),
        ("bass(attack=10001)", "attack is 10001: must be 0 to 10000 ms"),
        ("bass(release=80, release=90)", "release stands here twice"),
        ("bass(**t)", "a formula has numbers, names, operators and functions only"),
        ("band", "band needs its arguments: write band(60, 90, attack=20, release=80), in ms"),
        ("band(60)", "band takes other arguments: write band(60, 90) in Hz"),
        ("band(90, 60)", "band is 90 to 60: must be from low to high, within 20 to 11000 Hz"),
        ("band(10, 90)", "band is 10 to 90: must be from low to high, within 20 to 11000 Hz"),
        ("band(60, 12000)", "band is 60 to 12000: must be from low to high, within 20 to 11000 Hz"),
        ("band(60, 61)", "band(60, 61) is too narrow: it must reach to 70 Hz"),
        ("beat(0.2)", "beat takes other arguments: write beat(decay=0.2), in seconds"),
        ("beat()", "beat takes other arguments: write beat(decay=0.2), in seconds"),
        ("beat(decay=200)", "decay is 200: must be 0.01 to 60 seconds"),
        ("basss(release=8)", "there is no function 'basss'; did you mean 'bass' or 'bar' or 'abs'?"),
        ("harmonics", "nothing is called 'harmonics'; did you mean 'harmonic'?"),
        ("beat.onset", "a dot stands only between a file of the music and what is heard of it"),
        ("drums.__class__", "a dot stands only between a file of the music and what is heard of it"),
        ("a.b.c", "a formula has numbers, names, operators and functions only"),
        ("bass(release=80)(3)", "a formula has numbers, names, operators and functions only"),
    ],
)
def test_a_wrong_call_is_refused_with_what_to_write(written: str, message: str) -> None:
    with pytest.raises(RecipeError, match=r"^has an error at column \d+, at ") as caught:
        parse_track(written, Kind.LEVEL)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
