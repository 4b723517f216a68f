"""`dreamzoom recipe`: the keys of a recipe, and what is asked for by a name."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from dreamzoom.cli.presets import recipe
from dreamzoom.errors import RecipeError
from dreamzoom.recipe.schema import SETTINGS, TABLES
from support.clips import dreamzoom


def output(*words: str) -> str:
    return CliRunner().invoke(recipe, words, catch_exceptions=False).output


def listed(*words: str) -> list[str]:
    return [facts["key"] for facts in json.loads(output("--json", *words))]


def test_every_key_is_listed_in_its_order() -> None:
    keys = listed()
    assert [key for key in keys if key in SETTINGS] == list(SETTINGS)
    assert keys[keys.index("dream.goal") + 1] == "dream.goal.layer"
    assert set(keys) - set(SETTINGS) == {
        key for key in keys if key.startswith(("clip.dissolve.", "dream.goal.", "dream.region."))
    }


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["music"], [f"music.{name}" for name in TABLES["music"]]),
        (["camera.zoom"], ["camera.zoom"]),
        (["zoom"], ["camera.zoom"]),
        (["guide", "clip.seed"], ["clip.seed", "dream.guide", "guard.guide"]),
        (["layer"], ["dream.layer", "guard.layer"]),
        (["dream.goal.weight"], ["dream.goal.weight"]),
        (["dream.region.goal"], ["dream.region.goal"]),
    ],
)
def test_words_choose_tables_and_keys(words: list[str], keys: list[str]) -> None:
    assert listed(*words) == keys


def test_a_key_comes_with_default_meaning_and_allowed_values() -> None:
    assert output("dream.iterations") == (
        "[dream]\n"
        "  iterations = 10\n"
        "      steps in each octave (a number or track from 1 to 500 steps; may change over time)\n"
    )
    assert json.loads(output("dream.iterations", "--json")) == [
        {
            "key": "dream.iterations",
            "default": "10",
            "allowed": "a number or track from 1 to 500 steps",
            "moves": True,
            "meaning": "steps in each octave",
            "form": {
                "kind": "number",
                "minimum": 1,
                "maximum": 500,
                "usual": [1, 30],
                "step": 1,
                "unit": "steps",
                "a_second": False,
            },
        }
    ]


@pytest.mark.parametrize(
    ("word", "near"), [("camra", "'camera'"), ("zom", "'zoom'"), ("clip.sed", "'clip.seed'")]
)
def test_an_unknown_name_is_answered_with_the_nearest(word: str, near: str) -> None:
    with pytest.raises(RecipeError, match=f"there is no table or key '{word}'; did you mean .*{near}"):
        output(word)


def test_a_word_like_no_key_is_answered_with_the_way_to_all_of_them() -> None:
    done = dreamzoom("recipe", "qqqqqqqq")
    assert done.returncode == 2
    assert "no table or key 'qqqqqqqq'; `dreamzoom recipe` lists them all" in done.stderr
