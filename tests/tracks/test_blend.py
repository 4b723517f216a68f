"""What fades into something else over time: layers, channels and guides, as numbers and in real renders."""

from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dreamzoom.dream.ascent import DreamPlan, ascend, dream
from dreamzoom.dream.objectives import l2, mean, mix_objectives
from dreamzoom.dream.planning.checks import require_dreamable
from dreamzoom.dream.planning.frame import guide_features, plan_dream
from dreamzoom.dream.planning.goals import Instant
from dreamzoom.dream.planning.names import resolve_layers
from dreamzoom.dreamer import Dreamer
from dreamzoom.errors import RecipeError, UnknownBlobError
from dreamzoom.io.toml import parse_toml
from dreamzoom.pictures.frames import read_frame
from dreamzoom.randomness import frame_generator
from dreamzoom.recipe.build import build_recipe, dump_recipe, override_fragment
from dreamzoom.recipe.schema import Recipe
from dreamzoom.tracks.base import Clock
from dreamzoom.tracks.blend import Blend, meetings, read_blend, steady
from support.clips import SMALL, dreamzoom, frame_files, render
from support.engines import as_image

CLOCK = Clock(Fraction(30), 300)
EARLY, LATE = "fire2/concat", "fire6/concat"
FADE = {"0": EARLY, "4": LATE}


def read(table: dict[str, object]) -> Blend[str]:
    return read_blend(table, str)


def refusal(table: dict[str, object]) -> str:
    with pytest.raises(RecipeError) as caught:
        read(table)
    return str(caught.value)


def recipe_of(**dream: object) -> Recipe:
    return build_recipe({"clip": {"frames": 20}, "dream": {"octaves": 1, **dream}})


# Weights


def test_a_steady_blend_is_its_value_at_every_frame() -> None:
    assert [steady("a").at(frame, CLOCK) for frame in (0, 7, 10**6)] == [(("a", 1.0),)] * 3


def test_two_values_fade_into_one_another_evenly() -> None:
    found = [read({"10": "a", "14": "b"}).at(frame, CLOCK) for frame in (0, 10, 11, 12, 13, 14, 99)]
    assert found == [
        (("a", 1.0),),
        (("a", 1.0),),
        (("a", 0.75), ("b", 0.25)),
        (("a", 0.5), ("b", 0.5)),
        (("a", 0.25), ("b", 0.75)),
        (("b", 1.0),),
        (("b", 1.0),),
    ]


def test_times_are_those_of_the_clips_rate() -> None:
    fade = read({"0": "a", "2s": "b"})
    assert dict(fade.at(30, CLOCK))["b"] == 0.5
    assert dict(fade.at(15, Clock(Fraction(15), 300)))["b"] == 0.5


def test_smooth_leaves_and_arrives_slowly() -> None:
    fade = read({"0": "a", "10": "b", "ease": "smooth"})
    shares = [dict(fade.at(frame, CLOCK)).get("b", 0.0) for frame in range(11)]
    assert shares == pytest.approx([3 * (n / 10) ** 2 - 2 * (n / 10) ** 3 for n in range(11)])


def test_a_keyframes_own_ease_rules_the_way_to_the_next() -> None:
    fade = read({"0": {"value": "a", "ease": "step"}, "10": "b", "20": "c"})
    assert fade.at(9, CLOCK) == (("a", 1.0),)
    assert dict(fade.at(15, CLOCK)) == {"b": 0.5, "c": 0.5}


def test_a_value_that_stays_has_all_the_weight() -> None:
    assert read({"0": "a", "10": "a", "20": "b"}).at(5, CLOCK) == (("a", 1.0),)


def test_choices_are_named_once_in_order() -> None:
    assert read({"0": "b", "10": "a", "20": "b"}).choices == ("b", "a")


@given(
    st.dictionaries(st.integers(0, 200).map(str), st.sampled_from("abc"), min_size=1, max_size=6),
    st.sampled_from(["linear", "step", "smooth", "ease-in", "ease-out", "ease-in-out"]),
    st.integers(0, 250),
)
def test_weights_are_those_of_at_most_two_values_and_sum_to_one(table, ease, frame) -> None:
    weights = read({**table, "ease": ease}).at(frame, CLOCK)
    assert sum(weight for _, weight in weights) == pytest.approx(1)
    assert all(weight > 0 for _, weight in weights)
    assert len({value for value, _ in weights}) == len(weights) <= 2


@given(st.dictionaries(st.integers(0, 99).map(str), st.sampled_from("abc"), min_size=1, max_size=6))
def test_no_weight_jumps(table) -> None:
    bound = read(table).bind(CLOCK)
    times = sorted(map(int, table))
    steepest = 1 / min((late - early for early, late in pairwise(times)), default=1)
    for frame in range(100):
        now, after = dict(bound(frame)), dict(bound(frame + 1))
        assert all(abs(now.get(value, 0) - after.get(value, 0)) <= steepest + 1e-9 for value in "abc")


def test_meetings_are_the_pairs_that_count_at_one_frame() -> None:
    first, second = read({"0": "a", "10": "b"}), read({"10": "x", "20": "y"})
    assert set(meetings(first, second, CLOCK)) == {("a", "x"), ("b", "x"), ("b", "y")}
    assert meetings(first, steady("x"), CLOCK) == (("a", "x"), ("b", "x"))


# As it is written


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "has no keyframes"),
        ({"ease": "smooth"}, "has no keyframes"),
        ({"-soon": "a"}, "has no time '-soon'"),
        ({"2 brats": "a", "0": "b"}, "has no time '2 brats'"),
        ({"0": "a", "0s": "b", "0f": "c"}, "has two keyframes at one time: '0' and '0f'"),
        ({"0": "a", "9": "b", "ease": "cubic"}, "has no ease 'cubic'"),
        ({"0": {"ease": "step"}, "9": "b"}, "at keyframe '0' has no value"),
        ({"0": {"value": "a", "eas": "step"}, "9": "b"}, "did you mean 'ease'"),
    ],
)
def test_wrong_keyframes_are_refused_in_words(table, words) -> None:
    assert words in refusal(table)


def test_two_keyframes_at_one_time_are_found_with_the_rate() -> None:
    with pytest.raises(
        RecipeError, match=r"dream\.layer: has two keyframes at one time at 30 fps: '1s' and '30'"
    ):
        recipe_of(layer={"1s": EARLY, "30": LATE})


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("layer", '{ 0 = "fire4/concat", 5s = "fire8/concat", ease = "smooth" }'),
        ("layer", '{ "1.5s" = { value = "a", ease = "step" }, 2s = "b" }'),
        ("channel", "{ 0 = [3, 1], 2s = [], 4s = [7] }"),
    ],
)
def test_keyframes_come_back_as_they_were_written(key, text) -> None:
    recipe = build_recipe(override_fragment(f"dream.{key}={text}"))
    assert f"\n{key} = {text}\n" in dump_recipe(recipe).replace('"0"', "0").replace('"2s"', "2s")
    assert build_recipe(parse_toml(dump_recipe(recipe), "recipe")) == recipe


def test_a_plain_value_stays_a_plain_value() -> None:
    text = dump_recipe(recipe_of(layer="fire8/concat", channel=7))
    assert '\nlayer = "fire8/concat"\n' in text
    assert "\nchannel = [7]\n" in text


def test_one_keyframe_alone_is_a_plain_value() -> None:
    assert recipe_of(layer={"5s": "fire8/concat"}) == recipe_of(layer="fire8/concat")


def test_a_guide_is_needed_at_each_keyframe() -> None:
    with pytest.raises(RecipeError, match=r"dream\.guide: needs a picture at each of its keyframes"):
        recipe_of(objective="guide", guide={"0": "", "5s": "a.jpg"})


# What is climbed


def plan_at(frame: int, engine, **table: object) -> DreamPlan:
    recipe = recipe_of(**table)
    return plan_dream(resolve_layers(recipe.dream, engine.model), {}, Instant(frame, recipe.clock, 0))


def test_a_plain_layers_ascent_is_the_engines_own_to_the_bit(engine, cloud_tensor) -> None:
    found = ascend(cloud_tensor, engine, plan_at(3, engine, layer=LATE))
    expected = engine.ascend(cloud_tensor, {LATE: l2()})
    assert torch.equal(found.gradient, expected.gradient)
    assert torch.equal(found.value, expected.value)


@pytest.mark.parametrize(("frame", "alone"), [(0, EARLY), (4, LATE), (9, LATE)])
def test_outside_a_fade_one_layer_is_climbed_to_the_bit(frame, alone, engine, cloud_tensor) -> None:
    found = ascend(cloud_tensor, engine, plan_at(frame, engine, layer=FADE))
    assert torch.equal(found.gradient, engine.ascend(cloud_tensor, {alone: l2()}).gradient)


@pytest.mark.parametrize("frame", [1, 2, 3])
def test_each_layer_has_its_share_of_a_step_however_strong_its_gradient(frame, engine, cloud_tensor) -> None:
    early, late = (engine.ascend(cloud_tensor, {blob: l2()}).gradient for blob in (EARLY, LATE))
    assert not 0.5 < float(early.abs().mean() / late.abs().mean()) < 2  # else this would show nothing
    share = frame / 4
    expected = (1 - share) * early / early.abs().mean() + share * late / late.abs().mean()
    found = ascend(cloud_tensor, engine, plan_at(frame, engine, layer=FADE)).gradient
    assert torch.allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_the_first_frames_of_a_fade_are_near_to_none(engine, cloud_tensor) -> None:
    """Added as they are, the stronger layer's gradient would take over at once."""
    table = {"0": EARLY, "1000": LATE}
    before, after = (
        ascend(cloud_tensor, engine, plan_at(frame, engine, layer=table)).gradient for frame in (0, 1)
    )
    before, after = before / before.abs().mean(), after / after.abs().mean()
    assert float((after - before).abs().mean()) < 0.005


def test_channels_fade_by_weight_inside_one_objective() -> None:
    activations = torch.rand(4, 5, 6, generator=torch.Generator().manual_seed(3))
    gradient = mix_objectives([(l2([1]), 0.75), (l2([2]), 0.25)])(activations)[1]
    size = [float(activations[c].norm() / np.sqrt(activations.numel())) for c in range(4)]
    assert torch.allclose(gradient[1], 0.75 * activations[1] / size[1], rtol=1e-5)
    assert torch.allclose(gradient[2], 0.25 * activations[2] / size[2], rtol=1e-5)
    assert not gradient[[0, 3]].any()


def test_a_channel_that_sees_nothing_leaves_the_other_its_share() -> None:
    activations = torch.rand(3, 4, 4)
    activations[0] = 0
    value, gradient = mix_objectives([(l2([0]), 0.5), (mean([1]), 0.5)])(activations)
    assert bool(gradient.isfinite().all())
    assert float(value) == pytest.approx(0.5 * float(activations[1].mean()))


def test_one_objective_alone_is_given_back_as_it_is() -> None:
    alone = l2([2])
    assert mix_objectives([(alone, 1.0)]) is alone


def test_guides_fade_into_one_another_at_one_blob(engine, cloud_picture) -> None:
    pictures = {name: as_image(np.rot90(cloud_picture, turns).copy()) for name, turns in (("a", 1), ("b", 2))}
    recipe = recipe_of(layer=EARLY, objective="guide", guide={"0": "a", "4": "b"})
    features = guide_features(recipe.dream, engine, pictures)
    image = as_image(cloud_picture)
    first, half, last = (
        ascend(image, engine, plan_dream(recipe.dream, features, Instant(frame, recipe.clock, 0))).gradient
        for frame in (0, 2, 4)
    )
    along = [torch.nn.functional.cosine_similarity(half.flatten(), end.flatten(), 0) for end in (first, last)]
    apart = torch.nn.functional.cosine_similarity(first.flatten(), last.flatten(), 0)
    assert min(map(float, along)) > float(apart)


def test_a_dream_in_a_fade_raises_what_both_layers_see(engine, cloud_tensor) -> None:
    plan = replace(plan_at(2, engine, layer=FADE), octaves=2, iterations=4, jitter=4)
    dreamed = dream(cloud_tensor, engine, plan, frame_generator(0, 0)).image
    for blob in (EARLY, LATE):
        before, after = (float(engine.ascend(x, {blob: l2()}).value) for x in (cloud_tensor, dreamed))
        assert after > 1.2 * before


# Checked before the first frame


def dreamable(model, size: tuple[int, int], **table: object) -> None:
    recipe = recipe_of(**table)
    require_dreamable(recipe.dream, model, size, recipe.clock)


def test_every_named_layer_must_be_there(squeezenet) -> None:
    with pytest.raises(UnknownBlobError, match="fire8/concat"):
        dreamable(squeezenet, (160, 96), layer={"0": EARLY, "900s": "fire8/conct"})


def test_every_layer_must_see_something_at_the_smallest_octave(squeezenet) -> None:
    with pytest.raises(RecipeError, match=r"dream\.octaves.*'fire8/concat'"):
        dreamable(squeezenet, (64, 64), layer={"0": "conv1", "5": "fire8/concat"}, octaves=7)


def test_channels_must_be_in_each_layer_that_they_meet(squeezenet) -> None:
    layers = {"0": EARLY, "5": {"value": EARLY, "ease": "step"}, "6": "fire8/concat"}
    dreamable(
        squeezenet,
        (160, 96),
        layer=layers,
        channel={"0": [100], "6": {"value": [100], "ease": "step"}, "7": [400]},
    )
    with pytest.raises(RecipeError, match=r"dream\.channel: 'fire2/concat' has channels 0 to 127, not 400"):
        dreamable(squeezenet, (160, 96), layer=layers, channel={"0": [100], "7": [400]})


# Real clips


def test_a_clip_fades_from_one_layer_to_another(tmp_path) -> None:
    fade = ("--layer", '{ 0 = "fire2/concat", 4 = "fire6/concat" }')
    clip = render(tmp_path / "fade", *fade, frames=6)
    assert 'layer = { 0 = "fire2/concat", 4 = "fire6/concat" }' in (clip / "recipe.toml").read_text()
    plain = render(tmp_path / "plain", frames=2)
    assert frame_files(clip)["000000.png"] == frame_files(plain)["000000.png"]
    assert frame_files(clip)["000001.png"] != frame_files(plain)["000001.png"]


def test_a_fading_clip_that_is_extended_is_the_same(tmp_path) -> None:
    fade = ("--layer", '{ 0 = "fire2/concat", 4 = "fire6/concat" }', "--set", "camera.every=2")
    whole = render(tmp_path / "whole", *fade, frames=6)
    pieces = render(tmp_path / "pieces", *fade, frames=2)
    assert dreamzoom("extend", pieces, "--frames", 6).returncode == 0
    assert frame_files(pieces) == frame_files(whole)


def test_a_clip_keeps_its_guides_by_number_and_needs_no_others(tmp_path, cloud_picture) -> None:
    guides = [tmp_path / name for name in ("b.png", "a.png")]
    for turns, path in enumerate(guides):
        Image.fromarray(np.rot90(cloud_picture, turns)).save(path)
    table = f'{{ 0 = "{guides[0].as_posix()}", 3 = "{guides[1].as_posix()}" }}'
    options = ("--set", "dream.objective=guide", "--set", f"dream.guide={table}")
    clip = render(tmp_path / "clip", *options, frames=4)
    wide, tall = (read_frame(clip / name).shape for name in ("guide.png", "guide-1.png"))
    assert wide[1] > wide[0]
    assert tall[1] < tall[0]
    frames = frame_files(clip)
    for path in (*guides, *(clip / "frames").glob("*2.png")):
        path.unlink()
    done = dreamzoom("resume", clip)
    assert done.returncode == 0, done.stderr
    assert frame_files(clip) == frames
    (clip / "guide-1.png").unlink()
    shutil.rmtree(clip / "frames")
    assert "guide-1.png is missing" in dreamzoom("resume", clip).stderr


def test_a_guide_that_is_not_there_is_found_before_the_first_frame(tmp_path, picture_file: Path) -> None:
    table = f'dream.guide={{ 0 = "{picture_file.as_posix()}", 9s = "nowhere.png" }}'
    out = tmp_path / "clip"
    done = dreamzoom("render", "--out", out, *SMALL, "--set", "dream.objective=guide", "--set", table)
    assert done.returncode == 2
    assert "nowhere.png: there is no such file" in done.stderr
    assert not (out / "recipe.toml").exists()


def test_a_picture_is_dreamed_with_what_counts_at_frame_0(cloud_picture) -> None:
    dreamer = Dreamer(device="cpu")
    pictures = [
        dreamer.follow(recipe_of(layer=layer, iterations=1), cloud_picture) for layer in (FADE, EARLY, LATE)
    ]
    fading, early, late = (picture.tobytes() for picture in pictures)
    assert fading == early != late
