"""Keyframes that come again."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from dreamzoom.errors import RecipeError
from dreamzoom.io.toml import parse_toml
from dreamzoom.recipe.build import build_recipe, dump_recipe
from dreamzoom.recipe.draft import make_draft
from dreamzoom.tracks.base import Clock
from dreamzoom.tracks.blend import read_blend
from dreamzoom.tracks.music import Music

CLOCK = Clock(Fraction(10), 100)


def test_what_repeats_is_the_same_a_period_later():
    blend = read_blend({"0": "a", "2s": "b", "repeat": "4s"}, str)
    assert [dict(blend.at(frame, CLOCK)) for frame in (0, 10, 20, 30)] == [
        {"a": 1},
        {"a": 0.5, "b": 0.5},
        {"b": 1},
        {"b": 0.5, "a": 0.5},
    ]
    for frame in range(140):  # past the clip's end too, where a longer one goes on
        assert dict(blend.at(frame + 40, CLOCK)) == pytest.approx(dict(blend.at(frame, CLOCK)))
        assert blend.at(frame, replace(CLOCK, frames=30)) == blend.at(frame, CLOCK)


def test_it_goes_by_the_music():
    music = Music(beats=(0.5, 1.0, 1.5), bars=(0.5, 1.5, 3.5), rate=10, signals={})
    blend = read_blend({"0": "a", "1bar": {"value": "b", "ease": "step"}, "repeat": "2bars"}, str)
    assert blend.needs_music
    clock = replace(CLOCK, music=music)
    assert [blend.at(frame, clock)[0][0] for frame in (5, 15, 20, 35)] == ["a", "b", "b", "a"]


def test_it_is_written_back_and_drafted():
    table = {"0": "dusk", "12": "moss", "ease": "smooth", "repeat": 24}
    recipe = build_recipe({"colour": {"hold": 1, "palette": table}})
    assert build_recipe(parse_toml(dump_recipe(recipe), "")) == recipe
    draft = make_draft(recipe).colour.palette
    for second in (0.0, 0.2, 0.4, 0.6, 1.2):
        then = dict(recipe.colour.palette.at(round(second * 30), recipe.clock))
        assert dict(draft.at(round(second * 10), replace(recipe.clock, fps=Fraction(10)))) == pytest.approx(
            then
        )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"0": "a", "2s": "b", "repeat": "8bars"}, "count both alike"),
        ({"0": "a", "4s": "b", "repeat": "4s"}, "which never comes"),
        ({"0": "a", "B": "b", "repeat": "4s"}, "count both alike"),
        ({"0": "a", "2s": "b", "repeat": "A2"}, "sections come when they do"),
        ({"0": "a", "2s": "b", "repeat": 2.5}, "write a time"),
        ({"0": "a", "2s": "b", "repeat": True}, "write a time"),
    ],
)
def test_what_cannot_repeat_is_refused(table, words):
    with pytest.raises(RecipeError, match=words):
        read_blend(table, str)


def test_less_than_a_frame_is_refused():
    with pytest.raises(RecipeError, match="less than a frame"):
        read_blend({"0": "a", "0.01s": "b", "repeat": "0.02s"}, str).bind(CLOCK)
