"""The recipe's [loop] table: what it holds and refuses."""

from __future__ import annotations

import pytest

from dreamzoom.errors import RecipeError
from dreamzoom.io.toml import parse_toml
from dreamzoom.recipe.build import build_recipe, dump_recipe, override_fragment


def loop_of(text: str):
    return build_recipe(override_fragment(text)).loop


def test_a_clip_is_no_loop_unless_it_is_told():
    assert not build_recipe().loop.is_endless
    assert loop_of("loop.depth=16").is_endless
    assert loop_of("loop.depth=1.5").depth == 1.5


def test_turns_are_a_whole_number_or_auto_and_come_back_as_they_were_written():
    for text, turns in (("loop.turns=-2", -2), ("loop.turns=auto", "auto")):
        recipe = build_recipe(override_fragment(text))
        assert recipe.loop.turns == turns
        assert build_recipe(parse_toml(dump_recipe(recipe), "again")) == recipe


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("loop.depth=1", "must be 0 for no loop, or a number from 1.5 to 10000 times, got 1"),
        ("loop.depth=-4", "must be 0 for no loop"),
        ("loop.depth=1e5", "to 10000 times"),
        ("loop.turns=1.5", "must be 'auto' or a whole number from -24 to 24, got 1.5"),
        ("loop.turns=some", "must be 'auto' or a whole number"),
        ("loop.dreams=0", "'auto' or a whole number from 1 to 100 dreams"),
        ("loop.columns=-1", "from 0 to 65536 pixels"),
        ("loop.spiral=0.5", "from -8 to 8 arms"),
        ("loop.depht=16", "did you mean 'loop.depth'"),
    ],
)
def test_what_is_no_loop_is_refused_and_what_would_be_is_told(text, refusal):
    with pytest.raises(RecipeError) as caught:
        loop_of(text)
    assert refusal in str(caught.value)


@pytest.mark.parametrize(
    ("texts", "dreams"),
    [
        (("dream.octaves=3", "dream.iterations=2"), 32),
        (("dream.octaves=4", "dream.iterations=10"), 5),
        (("dream.octaves=4", "dream.iterations=3"), 17),
        (("dream.octaves=4", "dream.iterations=10", "loop.dreams=9"), 9),
    ],
)
def test_the_more_steps_a_dream_has_the_fewer_dreams_there_are(texts, dreams):
    assert build_recipe(*map(override_fragment, texts)).torus_dreams == dreams
