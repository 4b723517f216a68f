"""What a finished picture or film tells: enough to do it again, and nothing that is nobody's business."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamzoom.errors import RecipeError
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.inscription import (
    LARGEST,
    inscribe_film,
    inscribe_picture,
    is_inscription,
    read_inscription,
    say_the_same,
)

ODD = {
    "clip": {"seed": 11, "image": "noise"},
    "dream": {
        "layer": {"0": "fire2/concat", "20": "fire8/concat"},
        "iterations": "3 + 2 * sin(t)",
        "channel": [3, 5],
        "octave_scale": 1.37,
    },
    "camera": {"mirrors": 3, "target": "auto"},
}
PATH = Path("a.png")


def test_a_film_tells_its_recipe_and_nothing_that_is_the_default():
    recipe = build_recipe(ODD)
    text = inscribe_film(recipe)
    assert read_inscription(text, PATH).recipe == recipe
    assert is_inscription(text)
    assert "octaves" not in text
    assert "[guard]" not in text


def test_a_picture_tells_what_it_was_dreamed_from():
    text = inscribe_picture(build_recipe({"dream": {"octaves": 2}}), "sky.jpg")
    assert read_inscription(text, PATH).recipe.clip.image == "sky.jpg"
    assert "image" not in inscribe_picture(build_recipe({"dream": {"octaves": 2}}), None)


@pytest.mark.parametrize(
    ("given_name", "told"),
    [
        ("/home/ada/diary/sky.jpg", "sky.jpg"),
        ("C:\\Users\\ada\\sky.jpg", "sky.jpg"),
        ("../letters/sky", "./sky"),
        ("./clouds", "./clouds"),
        (
            "https://ada:pass@example.org/sky.jpg?token=abc",
            "https://example.org/sky.jpg?token=hidden-ba7816bf",
        ),
        ("sky\x1b[31m\u202e.jpg", "sky\\x1b[31m\\u202e.jpg"),
    ],
)
def test_a_source_is_told_without_its_folder_and_without_secrets(given_name, told):
    text = inscribe_picture(build_recipe({}), given_name)
    assert read_inscription(text, PATH).recipe.clip.image == told
    assert "ada" not in text


def test_every_file_is_told_by_its_name_and_the_machine_not_at_all():
    folder = "/home/ada/secret"
    recipe = build_recipe(
        {
            "dream": {"objective": "guide", "guide": {"0": f"{folder}/a.jpg", "9": "http://u:p@b.c/d.jpg"}},
            "model": {"name": f"{folder}/net", "device": "cuda", "precision": "bfloat16"},
            "music": {"song": f"{folder}/song.mp3", "stems": {"drums": f"{folder}/drums.wav"}},
            "colour": {"hold": 1, "palette": f"{folder}/b.jpg"},
        }
    )
    text = inscribe_film(recipe)
    assert "ada" not in text
    assert "u:p" not in text
    assert "cuda" not in text
    assert "bfloat16" not in text
    told = read_inscription(text, PATH).recipe
    assert told.dream.guide.choices == ("a.jpg", "http://b.c/d.jpg")
    assert (told.model.name, told.music.song) == ("./net", "song.mp3")
    assert told.music.stems == (("drums", "drums.wav"),)


def test_goals_and_regions_are_told_in_brief_and_their_files_by_name():
    goals = [
        {"layer": "fire2/concat", "weight": "1 + t / 10"},
        {"objective": "guide", "guide": "/home/ada/a.jpg"},
    ]
    regions = [
        {"mask": "/home/ada/mask", "goal": goals[:1], "palette": "dusk"},
        {"text": "HELLO", "font": "/home/ada/type.ttf", "guide": "http://ada:p@b.c/d.jpg?token=ada"},
    ]
    recipe = build_recipe(
        {"dream": {"goal": goals, "region": regions}, "colour": {"palette": "dusk", "hold": 1}}
    )
    text = inscribe_film(recipe)
    assert "ada" not in text
    told = read_inscription(text, PATH).recipe
    assert [region.mask for region in told.dream.region] == ["./mask", ""]
    assert told.dream.region[1].font == "type.ttf"
    assert told.dream.region[0].goal == recipe.dream.region[0].goal
    assert told.dream.goal[0] == recipe.dream.goal[0]
    assert told.colour == recipe.colour
    assert "tolerance" not in text


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=60))
def test_whatever_a_source_is_called_the_recipe_can_be_read(name):
    recipe = build_recipe({"clip": {"seed": 5}})
    assert read_inscription(inscribe_picture(recipe, name), PATH).recipe.clip.seed == 5


def test_another_version_may_say_the_same():
    text = inscribe_film(build_recipe(ODD))
    first, rest = text.split("\n", 1)
    assert say_the_same(text, f"# dreamzoom 9.1 made this\n{rest}")
    assert not say_the_same(text, inscribe_film(build_recipe({})))
    assert first.startswith("# dreamzoom ")


def test_a_key_of_a_newer_version_is_told_as_such():
    text = '# dreamzoom 99.1 made this\n[dream]\nsmell = "lilac"\n'
    with pytest.raises(
        RecipeError, match=r"^a\.png: there is no key 'dream.smell'.*99\.1 made this file and"
    ) as caught:
        read_inscription(text, PATH)
    assert str(caught.value).endswith("update dreamzoom")
    with pytest.raises(RecipeError) as caught:
        read_inscription(text.replace("99.1", "0.1"), PATH)
    assert "update" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "hello", "# dreamzoom", " # dreamzoom 0.2", "# dreamzoom 0.2\n" + "#" * LARGEST]
)
def test_what_others_write_is_no_inscription(text):
    assert not is_inscription(text)
