"""What each kind of nudge does to a dream: its plan, its picture, its camera."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from dreamzoom.camera.aim import NO_TURN, Aim
from dreamzoom.camera.path import motion_between
from dreamzoom.camera.similarity import camera_motion
from dreamzoom.dream.ascent import DreamPlan, ascend
from dreamzoom.dream.objectives import l2, mean
from dreamzoom.dream.planning.frame import cross_fade, guide_features, plan_dream
from dreamzoom.dream.planning.goals import Instant
from dreamzoom.errors import RecipeError
from dreamzoom.guard.detect import Diagnosis, Guard, Nudge, Stuck, nudge_at
from dreamzoom.guard.nudge import (
    add_noise,
    camera_turn,
    describe_nudge,
    neighbouring_layer,
    nudge_goals,
    plan_nudged_dream,
)
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.schema import Recipe
from support.engines import as_image

EARLY, LATE = "fire2/concat", "fire4/concat"
HALF = Nudge(Stuck.STILL, since=40, index=45, strength=0.5, share=0.025)


def recipe_of(nudge: str, guard: dict[str, object] | None = None, **dream: object) -> Recipe:
    tables = {"dream": {"octaves": 1, "layer": EARLY, **dream}, "guard": {"nudge": nudge, **(guard or {})}}
    return build_recipe({"clip": {"frames": 80}, **tables})


def way(gradient: torch.Tensor) -> torch.Tensor:
    return gradient.flatten() / gradient.norm()


# Plans that fade


def test_a_plan_faded_half_into_another_layer_goes_half_its_way(engine, cloud_tensor):
    plans = [DreamPlan({blob: l2()}, weights={blob: 1.0}) for blob in (EARLY, LATE)]
    half = cross_fade(*plans, 0.5)
    assert half.weights == {EARLY: 0.5, LATE: 0.5}
    ends = [ascend(cloud_tensor, engine, plan).gradient for plan in plans]
    middle = sum(end / end.abs().mean() for end in ends)
    assert torch.allclose(way(ascend(cloud_tensor, engine, half).gradient), way(middle), atol=1e-6)


def test_at_one_layer_two_objectives_have_their_shares_whatever_their_strengths():
    activations = torch.rand(4, 5, 6, generator=torch.Generator().manual_seed(2))
    weak = DreamPlan({EARLY: mean([1])}, weights={EARLY: 1.0})
    strong = DreamPlan({EARLY: l2([2])}, weights={EARLY: 1.0})
    plan = cross_fade(weak, strong, 0.25)
    gradient = plan.objectives[EARLY](activations)[1]
    assert plan.weights == {EARLY: 1.0}
    assert float(gradient[1].square().mean().sqrt()) == pytest.approx(
        3 * float(gradient[2].square().mean().sqrt())
    )


def test_a_layer_that_both_plans_climb_has_both_their_weights():
    plan = DreamPlan({EARLY: l2(), LATE: l2()}, weights={EARLY: 0.4, LATE: 0.6}, iterations=3)
    faded = cross_fade(plan, DreamPlan({LATE: l2()}, weights={LATE: 1.0}, iterations=9), 0.5)
    assert faded.weights == pytest.approx({EARLY: 0.2, LATE: 0.8})
    assert faded.iterations == 3


# Each nudge


@pytest.mark.parametrize("nudge", ["none", "noise", "turn"])
def test_such_a_nudge_leaves_what_is_climbed_as_it_is(nudge):
    plan = plan_nudged_dream(recipe_of(nudge), {}, 45, HALF)
    assert plan.weights == {EARLY: 1.0}


def test_a_layer_is_faded_in_by_the_nudges_strength():
    recipe = recipe_of("layer", {"layer": LATE})
    assert plan_nudged_dream(recipe, {}, 45, HALF).weights == {EARLY: 0.5, LATE: 0.5}
    assert plan_nudged_dream(recipe, {}, 45, None).weights == {EARLY: 1.0}


def test_all_channels_of_a_layer_that_is_faded_in_count():
    recipe = recipe_of("layer", {"layer": LATE}, channel=[3])
    plan = plan_nudged_dream(recipe, {}, 45, HALF)
    activations = torch.rand(256, 4, 5) + 0.1
    assert torch.count_nonzero(plan.objectives[EARLY](activations)[1].sum((1, 2))) == 1
    assert torch.count_nonzero(plan.objectives[LATE](activations)[1].sum((1, 2))) == 256


def test_a_guide_draws_a_dream_of_any_objective_towards_it(engine, cloud_tensor, cloud_picture):
    recipe = recipe_of("guide", {"guide": "a"}, objective="l2")
    guides = {"a": as_image(np.rot90(cloud_picture))}
    features = guide_features(recipe.dream, engine, guides, nudge_goals(recipe))
    followed = recipe_of("none", objective="guide", guide="a")
    own, half, guided = (
        ascend(cloud_tensor, engine, plan).gradient
        for plan in (
            plan_nudged_dream(recipe, features, 45, None),
            plan_nudged_dream(recipe, features, 45, HALF),
            plan_dream(followed.dream, features, Instant(45, recipe.clock, 0)),
        )
    )
    apart, near, nearer = (
        float(way(one) @ way(other)) for one, other in ((own, guided), (own, half), (half, guided))
    )
    assert near > apart
    assert nearer > apart


def test_a_guided_dream_follows_its_guide_at_the_layer_that_is_faded_in(engine, cloud_tensor, cloud_picture):
    recipe = recipe_of("layer", {"layer": LATE}, objective="guide", guide="a")
    features = guide_features(recipe.dream, engine, {"a": as_image(cloud_picture)}, nudge_goals(recipe))
    plan = plan_nudged_dream(recipe, features, 45, HALF)
    assert set(plan.objectives) == {EARLY, LATE}
    assert bool(ascend(cloud_tensor, engine, plan).gradient.isfinite().all())


def pulls(recipe: Recipe, nudge: Nudge | None, frame: int = 45) -> torch.Tensor:
    """How hard each of a layer's channels is pulled, where all of them see the same."""
    (objective,) = plan_nudged_dream(recipe, {}, frame, nudge).objectives.values()
    return objective(torch.ones(128, 2, 2))[1][:, 0, 0]


def test_all_but_the_strongest_channels_are_faded_in_a_few_awake_at_a_time():
    strongest = (0, 1, 2)
    others = tuple(number for number in range(128) if number not in strongest)
    whole = replace(HALF, strength=1.0, others=others)
    awake = torch.nonzero(pulls(recipe_of("channels"), whole)).flatten().tolist()
    assert 2 <= len(awake) <= 12
    assert not set(awake) & set(strongest)
    half = pulls(recipe_of("channels"), replace(HALF, others=others))
    assert float(half.min()) == pytest.approx(0.5)  # half of what every channel had
    assert torch.equal(pulls(recipe_of("channels"), None), torch.full((128,), float(1 / 512)))


def test_of_several_channels_that_the_recipe_lists_others_wake_and_of_one_all_may():
    listed = list(range(20, 60))
    whole = replace(HALF, strength=1.0)
    awake = torch.nonzero(pulls(recipe_of("channels", channel=listed), whole)).flatten().tolist()
    assert set(awake) < set(listed)
    alone = torch.nonzero(pulls(recipe_of("channels", channel=[3]), whole)).flatten().tolist()
    assert len(alone) > 1


def test_the_next_nudge_wakes_other_channels():
    first, second = (
        pulls(recipe_of("channels"), replace(HALF, strength=1.0, since=since)) for since in (40, 80)
    )
    assert not torch.equal(first, second)


def test_a_dream_that_wanders_fades_into_another_way_and_never_jumps():
    recipe = recipe_of("channels", wander=1)
    ways = [pulls(recipe, nudge_at(Guard(), 40 + step, Diagnosis(Stuck.STILL)), 40) for step in range(40)]
    ways = [way(each) for each in (pulls(recipe, None, 40), *ways, pulls(recipe, None, 40))]
    assert max(float((one - other).norm()) for one, other in pairwise(ways)) < 0.25


def test_a_guided_dream_is_let_loose(engine, cloud_picture):
    recipe = recipe_of("channels", objective="guide", guide="a")
    features = guide_features(recipe.dream, engine, {"a": as_image(cloud_picture)})
    plan = plan_nudged_dream(recipe, features, 45, replace(HALF, strength=1.0))
    gradient = plan.objectives[EARLY](torch.ones(128, 2, 2))[1]
    assert 2 <= len(torch.nonzero(gradient[:, 0, 0])) <= 12


def test_noise_is_laid_over_the_picture_by_the_nudges_strength(cloud_tensor):
    recipe = recipe_of("noise", {"amount": 20})
    half = add_noise(cloud_tensor, recipe, HALF) - cloud_tensor
    assert 4 < float(half.std()) < 12
    assert torch.equal(add_noise(cloud_tensor, recipe, HALF) - cloud_tensor, half)
    assert add_noise(cloud_tensor, recipe, None) is cloud_tensor
    assert add_noise(cloud_tensor, recipe_of("turn"), HALF) is cloud_tensor


@pytest.mark.parametrize("every", [1, 3])
def test_over_a_whole_nudge_the_camera_turns_and_comes_closer_as_the_recipe_says(every):
    camera, guard = {"every": every, "zoom": 1}, {"nudge": "turn", "turn": 50, "closer": 3}
    recipe = build_recipe({"clip": {"frames": 300}, "camera": camera, "guard": guard})
    aims = {}
    for index in range(40, 80):
        turn = camera_turn(recipe, index * every, nudge_at(Guard(), index, Diagnosis(Stuck.STILL)))
        frames = range((index - 1) * every + 1, index * every + 1)
        aims |= dict.fromkeys(frames, Aim(turn=turn))
    motion = motion_between(recipe, 39 * every, 79 * every, aims)
    whole = camera_motion((640, 360), zoom=3, rotate=50)
    assert motion.factor == pytest.approx(whole.factor, rel=1e-4)
    assert motion.offset == pytest.approx(whole.offset, rel=1e-4)
    for turns in zip(*(aim.turn for aim in aims.values()), strict=True):
        assert max(abs(np.diff(turns))) < 0.11 * (max(turns) - min(turns))  # it swells and fades


def test_only_a_turn_turns_and_never_without_a_nudge():
    assert camera_turn(recipe_of("turn"), 45, None) == NO_TURN
    assert camera_turn(recipe_of("noise"), 45, HALF) == NO_TURN
    assert camera_turn(recipe_of("turn", {"turn": -40, "closer": 1}), 45, HALF) == (-1, 1)


@pytest.mark.parametrize(
    ("zoom", "nearer"), [(1.05, True), (1, True), (0.97, False), ("1.1 - 0.003*n", False)]
)
def test_a_turn_comes_closer_or_goes_further_as_the_camera_does_when_it_begins(zoom, nearer):
    recipe = build_recipe({"clip": {"frames": 80}, "camera": {"zoom": zoom}, "guard": {"nudge": "turn"}})
    assert (camera_turn(recipe, 45, HALF)[1] > 1) is nearer


@pytest.mark.parametrize(
    ("nudge", "words"),
    [("noise", "noise"), ("channels", "other channels"), ("layer", "layer fire4/concat"), ("turn", "turn")],
)
def test_a_nudge_is_told_in_words(nudge, words):
    assert describe_nudge(recipe_of(nudge, {"layer": LATE}), HALF) == f"fixed point: {words}, 0.50"


# The neighbouring layer


def neighbour(model, size=(320, 180), **dream: object) -> str:
    return neighbouring_layer(recipe_of("layer", **dream).dream, model, size)


@pytest.mark.parametrize(
    ("layer", "next_one"),
    [
        ("fire8/concat", "fire9/concat"),
        ("fire9/concat", "fire8/concat"),
        ("pool1", "pool3"),
        ({"0": "fire4/concat", "9": "fire5/concat"}, "fire6/concat"),
    ],
)
def test_the_neighbour_is_the_next_layer_of_its_kind_or_the_one_before(layer, next_one, squeezenet):
    assert neighbour(squeezenet, layer=layer) == next_one


def test_a_neighbour_sees_something_at_the_smallest_octave(squeezenet):
    assert neighbour(squeezenet, (40, 32), layer="fire3/concat", octaves=2) == "fire4/concat"
    assert neighbour(squeezenet, (8, 8), layer="fire3/concat", octaves=1) == "fire2/concat"


def test_where_no_layer_is_next_one_has_to_be_named(squeezenet):
    fades = {str(number): f"fire{number}/concat" for number in range(2, 10)}
    with pytest.raises(RecipeError, match=r"guard\.layer: .*'fire2/concat'.* name one there"):
        neighbour(squeezenet, layer=fades)
