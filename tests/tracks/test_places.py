"""Sections of the music as times of keyframes."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dreamzoom.errors import RecipeError
from dreamzoom.tracks.base import Clock, Kind
from dreamzoom.tracks.blend import read_blend
from dreamzoom.tracks.music import SIGNALS, Music, Section
from dreamzoom.tracks.parse import parse_track
from dreamzoom.tracks.places import section_names
from dreamzoom.tracks.timing import read_time

BEATS = tuple(0.5 * beat + 0.25 for beat in range(80))
LETTERS = (
    Section("A", 0, 8.25),
    Section("B", 8.25, 16.25),
    Section("A", 16.25, 24.25),
    Section("B", 24.25, 40),
)
NAMED = (
    Section("Intro", 0, 4.25),
    Section("verse", 4.25, 12.25),
    Section("Chorus", 12.25, 20.25),
    Section("verse 3", 20.25, 28.25),
    Section("verse", 28.25, 36.25),
    Section("chorus", 36.25, 38),
    Section("Großer Schluss", 38, 40),
)


def clock(sections: tuple[Section, ...], beats: tuple[float, ...] = BEATS) -> Clock:
    signals = dict.fromkeys(SIGNALS, (0.0,))
    return Clock(Fraction(20), 800, Music(beats, beats[::4], 100.0, signals, sections))


@pytest.mark.parametrize(
    ("key", "sections", "seconds"),
    [
        ("A", LETTERS, 0),
        ("B", LETTERS, 8.25),
        ("A2", LETTERS, 16.25),
        ("a 2", LETTERS, 16.25),
        ("2nd A", LETTERS, 16.25),
        ("2nd  b", LETTERS, 24.25),
        ("1st B", LETTERS, 8.25),
        ("chorus", NAMED, 12.25),
        ("CHORUS 2", NAMED, 36.25),
        ("2nd chorus", NAMED, 36.25),
        ("verse 2", NAMED, 28.25),
        ("verse 3", NAMED, 20.25),  # a label of its own
        ("großer schluss", NAMED, 38),
        ("A2 + 2bars", LETTERS, 20.25),
        ("A2+1beat", LETTERS, 16.75),
        ("B + 1.5s", LETTERS, 9.75),
        ("2nd B - 3 beats", LETTERS, 22.75),
        ("chorus - 1bar", NAMED, 10.25),
        ("A - 1beat", LETTERS, -0.5),
        ("B2 + 40bars", LETTERS, 104.25),
    ],
)
def test_a_section_is_a_time(key: str, sections: tuple[Section, ...], seconds: float) -> None:
    time = read_time(key)
    assert time.needs_music
    assert float(time.position(clock(sections)) / 20) == pytest.approx(seconds)


def test_numbers_and_choices_go_by_sections() -> None:
    track = parse_track({"A": 1.0, "B": 3.0, "A2 - 2s": {"value": 5.0, "ease": "step"}}, Kind.LEVEL)
    curve = track.bind(clock(LETTERS))
    assert (curve(0), curve(165), curve(285)) == (1, 3, 5)
    blend = read_blend({"0": "a", "B": {"value": "b", "ease": "step"}}, str)
    assert blend.needs_music
    assert blend.at(165, clock(LETTERS)) == (("b", 1.0),)


@pytest.mark.parametrize(
    ("key", "sections", "words"),
    [
        ("C", LETTERS, "has no time 'C': the song has the sections A (0:00), B (0:08), A2 (0:16), B2 (0:24)"),
        ("A3", LETTERS, "did you mean 'A' or 'A2'?"),
        ("A0", LETTERS, "has no time 'A0'"),
        ("3rd B", LETTERS, "has no time '3rd B'"),
        ("chrous 2", NAMED, "Chorus (0:12), verse 3 (0:20), verse 2 (0:28), chorus 2 (0:36)"),
        ("chrous 2", NAMED, "did you mean 'chorus 2'"),
        ("A", (), "no sections of the song are known; write seconds, beats or bars"),
        ("B + 2bars", (), "has no time 'B'"),
    ],
)
def test_an_unknown_section_is_answered_with_those_there_are(
    key: str, sections: tuple[Section, ...], words: str
) -> None:
    track = parse_track({"0": 1.0, key: 2.0}, Kind.LEVEL)
    with pytest.raises(RecipeError) as caught:
        track.at(0, clock(sections))
    assert words in str(caught.value)


def test_two_names_of_one_section_are_one_time() -> None:
    with pytest.raises(RecipeError, match="two keyframes at one time: 'A2' and '2nd A'"):
        parse_track({"A2": 1.0, "2nd A": 2.0}, Kind.LEVEL).at(0, clock(LETTERS))


@pytest.mark.parametrize(("nth", "after"), [("bar 1", "0bars"), ("bar 9", "8bars"), ("beat12", "11 beats")])
def test_bars_and_beats_are_told_by_their_number_too(nth: str, after: str) -> None:
    assert read_time(nth) == read_time(after)
    assert read_time(nth).section is None


def test_bars_after_a_section_need_bars() -> None:
    with pytest.raises(RecipeError, match="counts bars, and none are heard"):
        read_time("B + 1bar").position(clock(LETTERS, ()))


def test_a_single_choice_at_a_section_is_kept_as_it_was_written() -> None:
    table = {"chorus": {"value": "a", "ease": "smooth"}}
    blend = read_blend(table, str)
    assert blend.source(str) == table
    with pytest.raises(RecipeError, match="has no time 'chorus'"):
        blend.at(0, clock(LETTERS))


def test_names_that_keyframes_may_use_lead_to_their_sections() -> None:
    for sections in (LETTERS, NAMED):
        for name, section in zip(section_names(sections), sections, strict=True):
            assert read_time(name).position(clock(sections)) == Fraction(section.start) * 20


@pytest.mark.parametrize("key", ["90", "90f", "2s", "1:30", "8beats", "4 bars", ".5s"])
def test_frames_seconds_and_beats_are_no_sections(key: str) -> None:
    assert read_time(key).section is None
