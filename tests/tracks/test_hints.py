"""Numbers as other programs write them, answered with how they are written here."""

from __future__ import annotations

import re

import pytest

from dreamzoom.errors import RecipeError
from dreamzoom.recipe.build import build_recipe, option_fragment
from dreamzoom.recipe.schema import raw_value


def refusal(key: str, raw: object) -> str:
    table, name = key.split(".")
    with pytest.raises(RecipeError) as caught:
        build_recipe({table: {name: raw}})
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "here"),
    [
        ("0:(1.04), 30:(1.1)", "{ 0 = 1.04, 30 = 1.1 }"),
        ('"0": "1.04", "30": "1.1"', "{ 0 = 1.04, 30 = 1.1 }"),
        ("0: 1.04, 30: 1.1,", "{ 0 = 1.04, 30 = 1.1 }"),
        ("0:(1.02+0.02*sin(2*3.14*t/20))", "1.02+0.02*sin(2*3.14*n/20)"),
        ("0:(1 + 0.01*t/max_f), 50:(1.02)", "1 + 0.01*n/(N - 1) if n < 50 else 1.02"),
        ("1 + 0.01*t/max_f", "1 + 0.01*n/(N - 1)"),
    ],
)
def test_deforums_keyframes_are_translated(text: str, here: str) -> None:
    said = refusal("camera.zoom", text)
    assert here in said
    assert "Deforum" in said
    fragment = option_fragment("camera.zoom", here, "--zoom")
    assert raw_value(build_recipe(fragment), "camera.zoom") == fragment.values["camera"]["zoom"]


@pytest.mark.parametrize(
    ("key", "raw", "words"),
    [
        ("camera.zoom", "104%", "write 1.04 for 104%"),
        ("camera.zoom", "4%", "write 1.04 for 4%"),
        ("camera.zoom", "1.04x", "write 1.04 without 'x'"),
        ("camera.zoom", 0, "must be 0.5 to 2 (1 stands still)"),
        ("camera.zoom", "0", "must be 0.5 to 2 (1 stands still)"),
        ("dream.step_size", "150%", "write 1.5 for 150%"),
        ("dream.wander_seconds", "0.5s", "write 0.5 without 's'"),
        ("clip.fps", "30fps", "write 30 without 'fps'"),
        ("clip.frames", "10s", "frames are counted: at 30 a second that is 300"),
        ("clip.frames", "1.5 min", "at 30 a second that is 2700"),
        ("clip.frames", "10frames", "write 10 without 'frames'"),
        ("clip.size", "1080p", "write 1920x1080"),
        ("clip.size", "hd720", "write 1280x720"),
        ("clip.size", "4K", "write 3840x2160"),
        ("clip.size", "480p", "write 854x480"),
        ("clip.size", "1920*1080", "write 1920x1080"),
        ("clip.size", "1920:1080", "write 1920x1080"),
        ("model.device", "GPU", "did you mean 'cuda'?"),
        ("clip.fps", -30, "must be a rate from 1 to 240"),
        ("clip.image", "C:\temp\new.png", "a path with backslashes stands in single quotes"),
        ("clip.image", "caf\udce9.png", "must be UTF-8 without control characters"),
    ],
)
def test_a_unit_that_does_not_belong_there_is_named(key: str, raw: object, words: str) -> None:
    assert words in refusal(key, raw)


@pytest.mark.parametrize("text", ["1920", "16:9", "640px", "9999p"])
def test_what_is_no_size_either_way_gets_no_advice(text: str) -> None:
    assert "write" not in refusal("clip.size", text)


@pytest.mark.parametrize("text", ["1.05 +", "1:2:3", "x" * 20_000, "0:(" * 300])
def test_what_is_nobodys_spelling_keeps_its_own_message(text: str) -> None:
    assert not re.search("Deforum|without", refusal("camera.zoom", text))
