"""Options that there are not, and options that lack their value: what a person is told of them."""

from __future__ import annotations

import pytest

from support.clips import says


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("dream a.png --iterations 3", "did you mean --set dream.iterations=VALUE?"),
        ("dream a.png --channels 3", "did you mean --set dream.channel=VALUE?"),
        ("dream a.png --turn 3", "did you mean --set dream.turn=VALUE?"),
        ("render a.png --step-size 3", "did you mean --set dream.step_size=VALUE?"),
        ("render a.png --turn 3", "did you mean --set dream.turn=VALUE or --set guard.turn=VALUE?"),
        ("render a.png --song song.mp3", "did you mean --audio?"),
        ("fork clip --rotate 1", "did you mean --set camera.rotate=VALUE?"),
        ("dream a.png --iteratoins 3", "did you mean --set dream.iterations=VALUE?"),
        ("render a.png --titles a.srt", "`dreamzoom stitch` and `dreamzoom deliver` have it"),
        ("render a.png --gif", "`dreamzoom stitch` has it"),
        ("film a.png --lyrics a.srt", "a film's storyboard tells of that: see `dreamzoom guide film`"),
        ("film a.png --preset ink", "a film's storyboard tells of that: see `dreamzoom guide film`"),
        ("film a.png --portrait", "`dreamzoom deliver` has it"),
        ("atlas a.png --layer conv1", "did you mean --layers?"),
        ("render a.png --layers conv1", "did you mean --layer?"),
    ],
)
def test_what_is_no_option_is_answered_with_where_it_is_told(words: str, told: str) -> None:
    said = says(2, *words.split()).splitlines()
    assert said[0].startswith(f"Usage: cli {words.split(maxsplit=1)[0]}")
    assert said[-1] == f"Error: No such option '{words.split()[2]}'; {told}"


@pytest.mark.parametrize(
    "words", ["dream a.png --song b.mp3", "stitch a --rotate 1", "atlas a.png --frames 3"]
)
def test_a_key_that_the_command_has_no_use_for_is_not_advised(words: str) -> None:
    assert "--set" not in says(2, *words.split())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            "render a.png --loop --frames 24",
            "--loop wants a value, DEPTH, and has the option --frames after it",
        ),
        ("render --out --frames 24", "--out wants a value, DIR, and has the option --frames after it"),
        ("dream a.png -o -y", "-o wants a value, FILE|DIR|-, and has the option -y after it"),
        ("layers --model --help", "--model wants a value, NAME|DIR|FILE, and has the option --help after it"),
    ],
)
def test_an_option_does_not_take_the_next_one_for_its_value(words: str, told: str) -> None:
    said = says(2, *words.split()).splitlines()
    assert said[0].startswith(f"Usage: cli {words.split(maxsplit=1)[0]}")
    assert said[-1] == f"Error: {told}"


def test_what_is_glued_to_its_option_is_its_value() -> None:
    assert "--size" in (said := says(2, "layers", "--model=--size", "--size", "x"))  # for its own value
    assert "wants a value" not in said


def test_an_option_whose_value_may_be_left_out_has_others_after_it() -> None:
    assert says(0, "layers", "--classes", "--json").startswith("[")


def test_who_names_a_picture_and_no_command_is_told_of_both_ways_to_dream_it(tmp_path):
    picture = tmp_path / "my sky.png"
    picture.touch()
    told = says(2, picture)
    assert f"`dreamzoom render '{picture}'` makes a zoom video of it" in told
    assert f"`dreamzoom dream '{picture}' -o FILE` a picture" in told
