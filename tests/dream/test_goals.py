"""Goals: several things climbed at once, classes, units, looks; in plans, in dreams and in clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dreamzoom.dream.ascent import DreamPlan, ascend, dream
from dreamzoom.dream.planning.checks import require_dreamable
from dreamzoom.dream.planning.frame import guide_features, main_goal, plan_dream
from dreamzoom.dream.planning.goals import Instant, look_layers
from dreamzoom.dream.planning.names import resolve_layers
from dreamzoom.errors import RecipeError
from dreamzoom.guard.detect import Nudge, Stuck
from dreamzoom.guard.nudge import nudge_goals, plan_nudged_dream
from dreamzoom.models.scores import find_scores
from dreamzoom.randomness import frame_generator
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.draft import make_draft
from dreamzoom.recipe.schema import Recipe
from support.clips import frame_files, quickly, render_here, says
from support.engines import LITTLE_GOOGLENET, as_image, noise, random_model, relative_error

EARLY, LATE = "fire2/concat", "fire4/concat"
HALF = Nudge(Stuck.STILL, since=0, index=5, strength=0.5, share=0.025)


def recipe_of(**dreams: object) -> Recipe:
    return build_recipe({"clip": {"frames": 20, "fps": 10}, "dream": {"octaves": 1, "jitter": 0, **dreams}})


def resolved(recipe: Recipe, engine) -> Recipe:
    from dataclasses import replace

    return replace(recipe, dream=resolve_layers(recipe.dream, engine.model))


def plan_of(recipe: Recipe, engine, guides=None, frame: int = 0) -> DreamPlan:
    settings = resolve_layers(recipe.dream, engine.model)
    features = guide_features(settings, engine, guides or {})
    return plan_dream(settings, features, Instant(frame, recipe.clock, 0))


def way(plan: DreamPlan, engine, image: torch.Tensor) -> torch.Tensor:
    gradient = ascend(image, engine, plan).gradient
    return gradient / gradient.abs().mean()


# Plans


def test_goals_at_different_layers_are_weighed_at_the_image(engine, cloud_tensor):
    both = plan_of(recipe_of(goal=[{"layer": EARLY}, {"layer": LATE, "weight": -0.5}]), engine)
    one, other = (
        ascend(cloud_tensor, engine, plan_of(recipe_of(layer=blob), engine)).gradient
        for blob in (EARLY, LATE)
    )
    expected = one / one.abs().mean() - 0.5 * other / other.abs().mean()
    assert relative_error(ascend(cloud_tensor, engine, both).gradient, expected) < 1e-5


def test_goals_at_one_layer_are_mixed_there(engine):
    activations = torch.rand(128, 5, 6, generator=torch.Generator().manual_seed(1))
    goals = [
        {"layer": EARLY, "channel": 3, "objective": "mean"},
        {"layer": EARLY, "channel": 9, "weight": -2},
    ]
    pull = plan_of(recipe_of(goal=goals), engine).objectives[EARLY](activations)[1]
    sizes = [float(pull[channel].norm()) for channel in (3, 9)]
    assert sizes[1] == pytest.approx(2 * sizes[0], rel=1e-5)
    assert float(pull[3].sum()) > 0 > float((pull[9] * activations[9]).sum())


def test_one_row_is_what_the_keys_beside_rows_say(engine, cloud_tensor):
    said = {"layer": {"0": EARLY, "10": LATE}, "channel": [[3, 2], [5, -1]], "objective": "balanced"}
    rows, keys = (plan_of(recipe_of(**each), engine, frame=3) for each in ({"goal": [said]}, said))
    assert rows.weights == keys.weights == {EARLY: 0.7, LATE: 0.3}
    assert torch.equal(way(rows, engine, cloud_tensor), way(keys, engine, cloud_tensor))


def test_weights_are_tracks_and_a_goal_of_none_is_left_out(engine, cloud_tensor):
    recipe = recipe_of(goal=[{"layer": EARLY, "weight": {"0": 0, "10": 1}}, {"layer": LATE, "weight": 2}])
    assert plan_of(recipe, engine, frame=0).weights == {LATE: 2.0}
    assert plan_of(recipe, engine, frame=5).weights == {EARLY: 0.5, LATE: 2.0}
    nothing = plan_of(recipe_of(goal=[{"layer": EARLY, "weight": "0 if n < 1 else 1"}]), engine)
    still = dream(cloud_tensor, engine, nothing, frame_generator(0, 0)).image
    assert torch.allclose(still, cloud_tensor, atol=1e-4)


def test_all_weights_wander_with_goals_too(engine):
    activations = torch.ones(128, 2, 2)
    plan = plan_of(recipe_of(wander=1, goal=[{"layer": EARLY}, {"layer": LATE}]), engine)
    awake = plan.objectives[EARLY](activations)[1].sum((1, 2)).count_nonzero()
    assert 0 < int(awake) < 20


def test_channels_may_be_the_strongest_of_the_moment(engine):
    activations = torch.arange(128.0)[:, None, None].expand(128, 2, 2)
    pull = plan_of(recipe_of(layer=EARLY, channel="strongest 3"), engine).objectives[EARLY](activations)[1]
    assert torch.nonzero(pull.sum((1, 2))).flatten().tolist() == [125, 126, 127]


def test_a_look_climbs_layers_from_the_first_to_the_named_one(squeezenet):
    named = "fire8/concat"
    assert look_layers(squeezenet.network, named, 1) == (named,)
    ladder = look_layers(squeezenet.network, named, 4)
    assert ladder == ("fire2/concat", "fire4/concat", "fire6/concat", "fire8/concat")
    assert look_layers(squeezenet.network, EARLY, 4) == (EARLY,)


# Dreams


def test_a_dream_of_a_class_raises_its_score(engine, cloud_tensor):
    plan = plan_of(recipe_of(**{"class": "Peacock"}, iterations=6), engine)
    scores = find_scores(engine.model.network)
    assert list(plan.objectives) == [scores.blob]
    dreamed = dream(cloud_tensor, engine, plan, frame_generator(0, 0)).image
    shares = [
        float(engine.activations(each, ["prob"])["prob"].flatten()[84]) for each in (cloud_tensor, dreamed)
    ]
    assert shares[1] > 10 * shares[0]


def test_classes_fade_and_a_name_is_its_number(engine, cloud_tensor):
    names, numbers = (
        plan_of(recipe_of(goal=[{"class": {"0": one, "10": other}}]), engine, frame=4)
        for one, other in (("peacock", "tiger cat"), (84, 282))
    )
    assert torch.equal(way(names, engine, cloud_tensor), way(numbers, engine, cloud_tensor))


@pytest.mark.parametrize("objective", ["look", "moments"])
def test_a_dream_comes_nearer_to_a_pictures_look(engine, cloud_tensor, objective):
    guides = {"a": noise(64, 80)}
    plan = plan_of(recipe_of(layer=LATE, objective=objective, guide="a", iterations=5), engine, guides)
    assert len(plan.objectives) == 3  # fire2 to fire4
    dreamed = dream(cloud_tensor, engine, plan, frame_generator(0, 0)).image
    for blob, climb in plan.objectives.items():
        before, after = (float(engine.ascend(each, {blob: climb}).value) for each in (cloud_tensor, dreamed))
        assert before < after < 0


def test_a_unit_dreams_at_its_place_whatever_the_jitter(engine, cloud_tensor):
    plan = plan_of(
        recipe_of(goal=[{"layer": EARLY, "unit": [0.25, 0.5]}], jitter=30, iterations=6, step_size=0.1),
        engine,
    )
    changed = (dream(cloud_tensor, engine, plan, frame_generator(3, 0)).image - cloud_tensor).abs().amax(
        0
    ) > 0
    rows, columns = (torch.nonzero(changed.any(side)).flatten() for side in (1, 0))
    # One place of fire2 sees 15 pixels about it, and places are 4 apart.
    assert 48 - 20 < int(rows.min()) < int(rows.max()) < 48 + 20
    assert 32 - 20 < int(columns.min()) < int(columns.max()) < 32 + 20


# The guard


@pytest.mark.parametrize("nudge", ["channels", "layer", "guide"])
def test_a_nudge_fades_in_beside_goals(engine, cloud_tensor, nudge):
    tables = {
        "dream": {"goal": [{"layer": EARLY}, {"class": 84, "weight": 2}]},
        "guard": {"nudge": nudge, "layer": LATE, **({"guide": "a"} if nudge == "guide" else {})},
    }
    recipe = resolved(build_recipe({"clip": {"frames": 20}, **tables}), engine)
    guides = {"a": as_image(np.rot90(cloud_tensor.byte().numpy().transpose(1, 2, 0)).copy())}
    features = guide_features(recipe.dream, engine, guides, nudge_goals(recipe))
    plan = plan_nudged_dream(recipe, features, 5, HALF)
    blob = find_scores(engine.model.network).blob
    faded = LATE if nudge == "layer" else blob  # the class has most weight: what replaces it is there
    assert plan.weights[faded] > 0
    assert plan.weights[EARLY] == pytest.approx(0.5)
    assert bool(ascend(cloud_tensor, engine, plan).gradient.isfinite().all())
    assert main_goal(recipe.dream, 5, recipe.clock) == recipe.dream.goal[1]


# What is refused


def dreamable(model, **dreams: object) -> None:
    recipe = recipe_of(**dreams)
    require_dreamable(resolve_layers(recipe.dream, model), model, (128, 96), recipe.clock)


def test_a_channel_that_a_goals_layer_lacks_is_refused_with_its_row(squeezenet):
    goals = [{"layer": EARLY}, {"layer": EARLY, "channel": [[128, 0.5]]}]
    with pytest.raises(RecipeError, match=r"dream.goal: goal 2: channel: .* channels 0 to 127, not 128"):
        dreamable(squeezenet, goal=goals)
    with pytest.raises(RecipeError, match=r"dream.channel: .* has 128 channels, not 200"):
        dreamable(squeezenet, layer=EARLY, channel="weakest 200")


def test_a_class_that_there_is_not_is_refused_with_those_that_are_near(squeezenet):
    with pytest.raises(RecipeError, match=r"dream.class: there is no class 'peacok'; did you mean 'peacock'"):
        dreamable(squeezenet, **{"class": "peacok"})
    with pytest.raises(RecipeError, match=r"dream.goal: goal 1: class: .*classes 0 to 999, not 1000"):
        dreamable(squeezenet, goal=[{"class": 1000}])


def test_a_network_without_classes_has_none_to_dream_of(tmp_path):
    headless = LITTLE_GOOGLENET.partition('layer { name: "mean"')[0]
    with pytest.raises(RecipeError, match=r"dream.class: .*no scores of classes at its end"):
        dreamable(random_model(tmp_path, headless, "join"), **{"class": 3})


def test_a_layer_too_small_for_a_goal_is_refused_with_its_row(squeezenet):
    recipe = recipe_of(goal=[{"layer": "fire9/concat"}])
    settings = resolve_layers(recipe.dream, squeezenet)
    with pytest.raises(RecipeError, match=r"goal 1: layer: a picture of 128x8 is too small .* wants 17x17"):
        require_dreamable(settings, squeezenet, (128, 8), recipe.clock)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--class", "peacok"), "did you mean 'peacock'"),
        (("--class", "84", "--layer", "fire2/concat"), "--layer: not used beside --class"),
        (("--class", "crane"), "134 (crane) and 517 (crane): give the number"),
        (("--objective", "look"), "'look' needs a picture; give one in dream.guide"),
        (("--objective", "look", "--guide", "nowhere.png"), "nowhere.png: there is no such file"),
        (("--objective", "look", "--guide", "EMPTY"), "empty"),
        (("--set", "dream.goal=[{}]"), "goal 1 says nothing"),
        (("--set", 'dream.goal=[{layer="fire2/concat", weight=0}]'), "all weights are 0"),
        (
            ("--set", 'dream.goal=[{layer="fire2/concat"}]', "--class", "84"),
            "is not used beside [[dream.goal]]",
        ),
    ],
)
def test_bad_goals_are_refused_before_a_clip_begins(tmp_path, options, words):
    empty = tmp_path / "empty.png"
    empty.touch()
    given = [str(empty) if each == "EMPTY" else each for each in options]
    out = tmp_path / "clip"
    assert words in says(2, "render", "grey", "--size", "64x48", "--frames", "2", "--out", out, *given)
    assert not (out / "recipe.toml").exists()


def test_a_guide_of_one_pixel_is_followed_or_refused_in_words(tmp_path, picture_file):
    tiny = tmp_path / "tiny.png"
    Image.new("RGB", (1, 1), "red").save(tiny)
    told = says(
        2, "dream", picture_file, "-o", tmp_path / "d.png", "--objective", "look", "--guide", tiny,
        "--set", "dream.octaves=1", "--set", "dream.iterations=1",
    )  # fmt: skip
    assert "too small" in told


# Clips


def test_a_clip_keeps_the_pictures_of_its_goals_and_goes_on_without_them(tmp_path, picture_file: Path):
    goals = (
        f'dream.goal=[{{layer="fire2/concat"}}, {{objective="look", layer="fire2/concat", levels=1, '
        f'guide="{picture_file.as_posix()}", weight="0.5+0.1*n"}}]'
    )
    clip = render_here(tmp_path / "clip", "--set", goals, frames=3)
    assert (clip / "guide.png").exists()
    frames = frame_files(clip)
    picture_file.unlink()
    (clip / "frames" / "000002.png").unlink()
    quickly("resume", clip)
    assert frame_files(clip) == frames


def test_a_fork_tells_of_a_layer_that_the_clips_goals_would_not_use(tmp_path):
    clip = render_here(tmp_path / "clip", "--set", "dream.goal=[{class=84}]", frames=2)
    told = quickly("fork", clip, "--at", 1, "--layer", "fire3/concat", "--out", tmp_path / "fork")
    assert "--layer: dream.layer: is not used beside [[dream.goal]]" in told


def test_a_clip_is_forked_to_another_class_and_drafted(tmp_path):
    clip = render_here(tmp_path / "clip", "--set", "dream.class=peacock", frames=3)
    said = (clip / "recipe.toml").read_text()
    assert "class = 84" in said
    fork = tmp_path / "fork"
    quickly("fork", clip, "--at", 2, "--class", "tiger", "--out", fork)
    one, other = frame_files(clip), frame_files(fork)
    assert [name for name in one if one[name] != other[name]] == ["000002.png"]
    fading = recipe_of(goal=[{"class": {"0": 84, "10": 282}, "weight": {"0": 1, "10": 2}}])
    drafted = make_draft(fading).dream.goal[0]
    assert drafted.class_.choices == (84, 282)
    assert [keyframe.key for keyframe in drafted.class_.keyframes] == ["0s", "1s"]
