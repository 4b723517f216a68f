"""Tracks that go by the music: keyframes in beats and bars, formulas of its signals."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from dreamzoom.errors import RecipeError
from dreamzoom.recipe.build import build_recipe, follows_music, give_music
from dreamzoom.recipe.draft import make_draft
from dreamzoom.tracks.base import Clock, Kind
from dreamzoom.tracks.blend import read_blend
from dreamzoom.tracks.music import SIGNALS, Music
from dreamzoom.tracks.parse import parse_track

FPS = 30
# 120 beats a minute from a quarter of a second on, four to a bar, for 8 seconds.
BEATS = tuple(0.25 + 0.5 * beat for beat in range(16))
PULSE = [1.0 if index % 50 == 25 else 0.0 for index in range(800)]
MUSIC = Music(BEATS, BEATS[::4], 100.0, {name: PULSE if name == "bass" else [0.5] * 800 for name in SIGNALS})
DRONE = Music((), (), 100.0, {name: [0.5] * 800 for name in SIGNALS})
CLOCK = Clock(Fraction(FPS), 240, MUSIC)


def frame_of(seconds: float) -> int:
    return round(seconds * FPS)


def test_keyframes_fall_on_beats_and_bars() -> None:
    track = parse_track({"0beats": 1.0, "4 beats": 2.0, "2bars": 4.0, "3bars": 1.0}, Kind.LEVEL)
    found = [track.at(frame_of(seconds + 0.001), CLOCK) for seconds in (0.25, 1.25, 2.25, 4.25, 6.25)]
    # Frames fall up to a sixtieth of a second beside the beats.
    assert found == pytest.approx([1.0, 1.5, 2.0, 4.0, 1.0], abs=0.04)


def test_a_broken_beat_lies_between_two() -> None:
    track = parse_track({"0.5beats": {"value": 0.0, "ease": "step"}, "1.5beats": 1.0}, Kind.LEVEL)
    assert [track.at(frame, CLOCK) for frame in (29, 30)] == [0.0, 1.0]  # 1 s, between beats 1 and 2


def test_beats_go_on_after_the_last_one() -> None:
    track = parse_track({"19beats": {"value": 0.0, "ease": "step"}, "20beats": 1.0}, Kind.LEVEL)
    clock = Clock(Fraction(FPS), 600, MUSIC)
    assert [track.at(frame, clock) for frame in (307, 308)] == [0.0, 1.0]  # 10.25 s


def test_layers_fade_in_beats_too() -> None:
    blend = read_blend({"0": "a", "1bar": {"value": "b", "ease": "step"}, "2bars": "c"}, str)
    bound = blend.bind(CLOCK)
    assert bound(0) == (("a", 1.0),)
    assert bound(frame_of(2.25) + 1) == (("b", 1.0),)
    assert bound(frame_of(4.25) + 1) == (("c", 1.0),)


def test_formulas_know_the_signals() -> None:
    track = parse_track("1 + 0.5*bass", Kind.FACTOR)
    values = [track.at(frame, Clock(Fraction(100), 800, MUSIC)) for frame in range(24, 28)]
    assert values == [1.0, 1.5, 1.0, 1.0]
    assert parse_track("loudness + onset", Kind.LEVEL).at(10, CLOCK) == 1.0


def test_formulas_count_beats_and_bars() -> None:
    clock = Clock(Fraction(100), 800, MUSIC)
    beat, bar = parse_track("beat", Kind.LEVEL), parse_track("bar", Kind.LEVEL)
    assert [beat.at(frame, clock) for frame in (0, 25, 50, 75, 125)] == pytest.approx([-0.5, 0, 0.5, 1, 2])
    assert [bar.at(frame, clock) for frame in (25, 125, 225)] == pytest.approx([0, 0.5, 1])
    pulse = parse_track("exp(-4 * (beat % 1))", Kind.LEVEL)
    assert pulse.at(75, clock) == pytest.approx(1.0)
    assert pulse.at(100, clock) == pytest.approx(math.exp(-2))


@pytest.mark.parametrize("value", [{"2beats": 1.1, "0": 1.0}, "1 + 0.1*bass", "1 + 0.01*(beat % 1)"])
def test_a_track_that_goes_by_the_music_needs_a_song(value) -> None:
    with pytest.raises(RecipeError, match=r"camera\.zoom: goes by the music \(.+\): name a song"):
        build_recipe({"camera": {"zoom": value}})


def test_a_range_is_checked_once_the_song_was_heard() -> None:
    recipe = build_recipe({"camera": {"zoom": "1 + 5*loudness"}, "music": {"song": "song.wav"}})
    assert follows_music(recipe)
    with pytest.raises(RecipeError, match=r"camera\.zoom: is 3\.5 at frame 0 .*must be 0\.5 to 2"):
        give_music(recipe, MUSIC)


@pytest.mark.parametrize("key", ["pan", "target"])
def test_a_point_may_go_by_the_music(key) -> None:
    recipe = build_recipe({"camera": {key: ["0.1*bass", 0.5]}, "music": {"song": "song.wav"}})
    assert follows_music(recipe)
    x, _ = getattr(give_music(recipe, MUSIC).camera, key)
    assert x.at(0, CLOCK) == 0.0


def test_a_song_alone_is_not_listened_to() -> None:
    assert not follows_music(build_recipe({"music": {"song": "song.wav"}}))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"2beats": 1.1, "0": 1.0}, "counts beats, and none are heard in the song: give its music.tempo"),
        ("1 + 0.01*(bar % 1)", "uses 'bar', and no bars are heard in the song: give its music.tempo"),
    ],
)
def test_beats_of_music_that_has_none_are_refused(value, words) -> None:
    track = parse_track(value, Kind.FACTOR)
    with pytest.raises(RecipeError, match=words):
        track.at(0, Clock(Fraction(FPS), 240, DRONE))


def test_a_draft_moves_with_the_same_music() -> None:
    recipe = build_recipe(
        {
            "clip": {"frames": 240},
            "music": {"song": "song.wav"},
            "dream": {"step_size": {"0": 1.0, "8beats": 2.0}, "iterations": {"0beats": 4, "8beats": 8}},
            "colour": {"hold": "0.5 + 0.5*(bar % 1)"},
        },
        heard=MUSIC,
    )
    draft = make_draft(recipe)
    for seconds in (0.5, 2.0, 3.5):
        frame, drafted = frame_of(seconds), round(seconds * FPS / 3)
        step = recipe.dream.step_size.at(frame, recipe.clock)
        assert draft.dream.step_size.at(drafted, draft.clock) == pytest.approx(step)
        steps = recipe.dream.iterations.at(frame, recipe.clock)
        assert draft.dream.iterations.at(drafted, draft.clock) == pytest.approx(3 * steps)
