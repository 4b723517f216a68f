"""Looks by chance, and children of two: valid whatever the seed, of no file, and affordable."""

from __future__ import annotations

import pytest

from dreamzoom.errors import RecipeError
from dreamzoom.looks.breeding import DEAREST, breed, look_of
from dreamzoom.looks.chance import Chance
from dreamzoom.looks.surprise import surprise
from dreamzoom.looks.trying import Format, try_recipe
from dreamzoom.recipe.build import Fragment, build_recipe
from dreamzoom.recipe.pictures import kept_pictures
from dreamzoom.recipe.presets import Preset, find_preset, list_presets
from dreamzoom.recipe.schema import Recipe, raw_tables
from dreamzoom.recipe.units import Size

SMALL = Format(Size(256, 144), 24)


def require_good(look: Preset) -> Recipe:
    """See that a look is of no file, and costs no more than it may; it was built, and so is valid."""
    recipe = look.recipe  # which was built and checked
    assert not [name for kind, name in kept_pictures(recipe).values() if kind != "palette" or "." in name]
    assert recipe.model.name in ("squeezenet", "googlenet")
    assert look.cost is not None
    assert look.cost <= DEAREST
    assert look.title
    return recipe


def test_three_hundred_surprises_are_good():
    looks = [surprise(seed) for seed in range(300)]
    for look in looks:
        require_good(look)
    assert (
        max(look.cost or 0 for look in looks) < 0.5
    )  # half the defaults', that of the dearest looks but one
    for look in looks[:10]:
        for frames in (1, 900):
            assert build_recipe(look.fragment, {"clip": {"frames": frames}}).clip.frames == frames
    assert len({look.text.partition("description")[0] for look in looks}) > 200


def test_a_surprise_is_the_same_for_ever():
    assert surprise(7).text == surprise(7).text
    assert surprise(1).title == "Coils sought out, in glacier"
    assert [round(Chance("a seed").share(), 6) for _ in range(1)] == [0.309589]


@pytest.mark.parametrize("seed", range(0, 40, 8))
def test_a_surprise_can_be_previewed(seed):
    assert try_recipe(surprise(seed).fragment, "clouds", SMALL).clip.frames == 24


def test_children_of_any_two_looks_are_good():
    known = [*list_presets(), *(surprise(seed) for seed in range(5))]
    for place, one in enumerate(known):
        other = known[(place * 7 + 3) % len(known)]
        for seed in (0, 1, 2):
            require_good(breed(one, other, seed))


def test_a_child_has_its_keys_of_its_parents():
    one, other = find_preset("edges"), find_preset("menagerie")
    children = [breed(one, other, seed).recipe for seed in range(24)]
    layers = {"fire2/concat": one.recipe.dream.channel, "conv10": other.recipe.dream.channel}
    for child in children:
        (layer,) = child.dream.layer.choices
        assert child.dream.channel == layers[layer]  # channels mean nothing without their layer
    assert {child.dream.layer.choices for child in children} == {("fire2/concat",), ("conv10",)}
    assert {child.colour.palette for child in children} == {
        each.recipe.colour.palette for each in (one, other)
    }
    assert len({str(raw_tables(child)) for child in children}) == 24
    assert breed(one, other, 3).text == breed(one, other, 3).text


def test_what_names_a_file_is_no_part_of_a_look():
    tables = {
        "clip": {"image": "me.jpg", "frames": 9},
        "music": {"song": "song.mp3"},
        "dream": {
            "layer": "fire3/concat",
            "objective": "guide",
            "guide": "secret/guide.png",
            "spectrum": 0.5,
        },
        "colour": {"palette": "../palette.png", "hold": 1, "even": 0.1},
        "camera": {"zoom": 1.03},
        "model": {"engine": "torch"},
    }
    look = look_of(Fragment("mine.toml", tables), "Mine", "")
    assert look.fragment.values == {
        "dream": {"spectrum": 0.5},
        "camera": {"zoom": 1.03},
        "colour": {"even": 0.1},
    }
    held = look_of(Fragment("mine.toml", {"colour": {"palette": "dusk", "hold": 1}}), "Mine", "")
    assert held.fragment.values == {"colour": {"palette": "dusk", "hold": 1}}
    with pytest.raises(RecipeError, match="nothing that a look is made of"):
        look_of(Fragment("mine.toml", {"music": {"song": "song.mp3"}}), "Mine", "")
