"""Clips whose dreams have a rule, a shaped gradient and something that holds them back, all over time."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from dreamzoom.clip.folder import open_clip
from dreamzoom.clip.status import find_faults
from dreamzoom.dream.planning.steps import regularisers_at, rule_at, shaping_at, transforms_at
from dreamzoom.dream.regularisers import Regularisers
from dreamzoom.dream.rules import Adam, Faded, Normalised, rmsprop
from dreamzoom.dream.shaping import Shaping
from dreamzoom.dream.transforms import TransformRange
from dreamzoom.errors import RecipeError
from dreamzoom.io.toml import parse_toml
from dreamzoom.recipe.build import build_recipe, dump_recipe, make_fragment
from dreamzoom.recipe.draft import make_draft
from support.clips import SMALL, frame_files, quickly, render_here, says

TABLE = {
    "turn": {"0": 0, "4": 8},
    "scale": 0.1,
    "rule": {"0": "adam", "4": "rmsprop"},
    "spectrum": "min(0.2*n, 2)",
    "decorrelate": {"0": 1, "4": 0},
    "smooth": 0.5,
    "laplacian": "min(n/8, 1)",
    "laplacian_levels": 2,
    "variation": {"0": 0, "4": 0.4},
    "variation_power": 2.0,
    "pull": 0.5,
    "pull_to": "grey",
    "pull_power": 6.0,
}
SET = (
    *("--set", "dream.rule={ 0 = 'adam', 4 = 'rmsprop' }", "--set", "dream.spectrum=min(0.2*n, 2)"),
    *("--set", "dream.decorrelate={ 0 = 1, 4 = 0 }", "--set", "dream.laplacian=min(n/8, 1)"),
    *("--set", "dream.variation=min(0.1*n, 2)", "--set", "dream.pull=0.5"),
    *("--set", "dream.turn=10", "--set", "dream.scale={ 0 = 0, 3 = 0.2 }"),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return render_here(tmp_path_factory.mktemp("shaped") / "whole", *SET, frames=4)


def test_every_key_is_what_it_is_at_a_frame():
    recipe = build_recipe({"dream": TABLE})
    shaping, regularisers = (
        shaping_at(recipe.dream, 2, recipe.clock),
        regularisers_at(recipe.dream, 2, recipe.clock),
    )
    assert shaping == Shaping(laplacian=0.25, laplacian_levels=2, spectrum=0.4, smooth=0.5, decorrelate=0.5)
    assert transforms_at(recipe.dream, 2, recipe.clock) == TransformRange(turn=4, scale=0.1)
    assert regularisers == Regularisers(
        variation=0.2, variation_power=2.0, pull=0.5, pull_to="grey", pull_power=6.0
    )
    assert rule_at(recipe.dream, 0, recipe.clock) == Adam()
    assert rule_at(recipe.dream, 1, recipe.clock) == Faded(Adam(), rmsprop(), 0.25)
    assert rule_at(recipe.dream, 9, recipe.clock) == rmsprop()
    plain = build_recipe({})
    assert shaping_at(plain.dream, 3, plain.clock) == Shaping()
    assert transforms_at(plain.dream, 3, plain.clock).is_none
    assert regularisers_at(plain.dream, 3, plain.clock) == Regularisers()
    assert rule_at(plain.dream, 3, plain.clock) == Normalised()


def test_a_recipe_and_its_draft_keep_every_key():
    recipe = build_recipe({"dream": TABLE})
    again = build_recipe(make_fragment(parse_toml(dump_recipe(recipe), "test"), "test"))
    assert again == recipe
    draft = make_draft(recipe)
    # The draft's frame 1 is the final's frame 3; its keyframes are in seconds, to the nanosecond.
    ours, finals = (draft.dream, 1, draft.clock), (recipe.dream, 3, recipe.clock)
    assert asdict(shaping_at(*ours)) == pytest.approx(asdict(shaping_at(*finals)))
    ours_held, finals_held = asdict(regularisers_at(*ours)), asdict(regularisers_at(*finals))
    assert ours_held.pop("pull_to") == finals_held.pop("pull_to")
    assert ours_held == pytest.approx(finals_held)
    assert rule_at(*ours).share == pytest.approx(rule_at(*finals).share)


def test_a_stopped_clip_goes_on_to_the_same_bytes(whole, tmp_path):
    clip = render_here(tmp_path / "clip", *SET, frames=2)
    quickly("extend", clip, "--frames", 4)
    assert frame_files(clip) == frame_files(whole)


def test_a_fork_shares_what_came_before_and_takes_another_rule(whole, tmp_path):
    other = ("--set", "dream.rule=normalised", "--set", "dream.spectrum=1")
    quickly("fork", whole, "-o", tmp_path / "fork", "--at", 2, *other)
    clip = open_clip(tmp_path / "fork")
    assert not find_faults(clip, clip.journal())
    theirs, ours = frame_files(whole), frame_files(tmp_path / "fork")
    assert [ours[name] == theirs[name] for name in sorted(theirs)] == [True, True, False, False]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("rule", "adm", "did you mean 'adam'"),
        ("spectrum", 3, "0 to 2"),
        ("decorrelate", -1, "0 to 1"),
        ("smooth", 33, "0 to 32"),
        ("pull_power", 0.5, "from 1 to 12"),
    ],
)
def test_a_wrong_value_is_refused_by_its_key(key, value, words):
    with pytest.raises(RecipeError, match=rf"dream.{key}.*{words}"):
        build_recipe({"dream": {key: value}})


def test_a_clip_of_when_looks_had_no_spectrum_is_gone_on_with_by_resume(tmp_path):
    clip, same = tmp_path / "clip", ("--preset", "bestiary")
    render_here(clip, *same, frames=2)
    recipe = clip / "recipe.toml"
    lines = [line for line in recipe.read_text().splitlines() if "recipe_sha256" not in line]
    recipe.write_text("\n".join(line for line in lines if not line.startswith("spectrum =")))
    told = says(2, "render", "--out", clip, *SMALL, *same, "--frames", 2)
    assert "differs in dream.spectrum" in told
    assert "an older dreamzoom began it, whose looks were others, and `dreamzoom resume" in told
    quickly("resume", clip)
