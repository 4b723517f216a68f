"""The point the camera falls into: by hand, over time, and found by itself."""

from __future__ import annotations

import math
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dreamzoom.camera.aim import CENTRE, Aim
from dreamzoom.camera.path import glide, interpolate_targets, motion_between
from dreamzoom.clip.journal import Entry, Journal
from dreamzoom.dream.ascent import DreamPlan
from dreamzoom.dream.objectives import guided, l2, mean
from dreamzoom.dream.saliency import most_salient_point, saliency, seen_map
from dreamzoom.errors import RecipeError
from dreamzoom.io.toml import parse_toml
from dreamzoom.recipe.build import build_recipe, dump_recipe, option_fragment
from dreamzoom.recipe.compare import first_difference
from support.clips import SMALL, dreamzoom, frame_files, journal_without_times, render, start

LAYER = "fire2/concat"
PLAN = DreamPlan({LAYER: l2()}, octaves=1)
AUTO = ("--target", "auto", "--zoom", "1.08")


def recipe_with(target: object, **camera: object):
    return build_recipe({"clip": {"frames": 20}, "camera": {"target": target, **camera}})


# As it is written


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("0.3,0.6", [0.3, 0.6]),
        (" 0.3 , 0.6 ", [0.3, 0.6]),
        ("[0.3, 0.6]", [0.3, 0.6]),
        ("max(0.2, 0.3), 0.6", ["max(0.2, 0.3)", 0.6]),
        ("0.5+0.1*sin(t),{ 0 = 0.2, 2s = 0.8 }", ["0.5+0.1*sin(t)", {"0": 0.2, "2s": 0.8}]),
        ("auto", "auto"),
    ],
)
def test_a_target_is_given_by_hand_in_several_ways(text, point):
    found = build_recipe(option_fragment("camera.target", text, "--target"))
    assert found == build_recipe({"camera": {"target": point}})
    assert build_recipe(parse_toml(dump_recipe(found), "recipe")) == found


@pytest.mark.parametrize("text", ["0.3", "0.3,0.6,0.9", "left,right", "1.2,0.5", "atuo", "0.3;0.6"])
def test_a_wrong_target_is_refused_with_the_options_name(text):
    with pytest.raises(RecipeError, match=r"^--target: camera\.target: "):
        build_recipe(option_fragment("camera.target", text, "--target"))


def test_a_target_by_hand_stays_where_it_is():
    motion = motion_between(recipe_with([0.25, 0.75]), 0, 5)
    point = complex(0.25 * 640 - 0.5, 0.75 * 360 - 0.5)
    assert motion(point) == pytest.approx(point)
    assert abs(motion(point + 1) - motion(point)) == pytest.approx(1.05**5)


def test_recipes_with_another_kind_of_target_differ_from_the_first_frame():
    assert first_difference(recipe_with("auto"), recipe_with([0.5, 0.5]), range(3, 9)) == 3
    assert first_difference(recipe_with("auto"), recipe_with("auto"), range(20)) is None


# What is seen


def with_a_spot(x: float, y: float, size: tuple[int, int] = (160, 96)) -> torch.Tensor:
    """Grey, with a patch of coloured noise whose centre is at (x, y)."""
    width, height = size
    image = np.full((3, height, width), 120, np.float32)
    side = height // 6
    left, top = round(x * width - side / 2), round(y * height - side / 2)
    image[:, top : top + side, left : left + side] = np.random.default_rng(1).uniform(0, 255, (3, side, side))
    return torch.from_numpy(image)


@pytest.mark.parametrize("place", [(0.35, 0.4), (0.6, 0.65), (0.7, 0.35)])
def test_the_camera_looks_where_there_is_something(place, engine):
    looks = [CENTRE]
    for _ in range(3):
        looks.append(most_salient_point(with_a_spot(*place), engine, PLAN, looks[-1]))
    distances = [math.dist(look, place) for look in looks]
    assert distances[1] < 0.6 * distances[0]
    assert distances[-1] < 0.06


def test_a_draft_looks_where_the_final_does(engine):
    images = (with_a_spot(0.62, 0.4, size) for size in ((128, 96), (384, 288)))
    draft, final = (most_salient_point(image, engine, PLAN, CENTRE) for image in images)
    assert math.dist(draft, final) < 0.03


def test_of_two_things_the_nearer_one_is_followed(engine):
    image = with_a_spot(0.3, 0.5) + with_a_spot(0.7, 0.5) - 120
    assert most_salient_point(image, engine, PLAN, (0.4, 0.5))[0] < 0.4
    assert most_salient_point(image, engine, PLAN, (0.6, 0.5))[0] > 0.6


@pytest.mark.parametrize("place", [(0.08, 0.1), (0.92, 0.5)])
def test_the_camera_never_looks_at_the_border(place, engine):
    found = most_salient_point(with_a_spot(*place), engine, PLAN, CENTRE)
    assert all(0.2 <= part <= 0.8 for part in found)


def test_where_nothing_is_seen_the_camera_goes_on_looking_where_it_did(engine):
    class Blind:
        model = engine.model

        def activations(self, image, blobs):
            return {blob: torch.zeros(4, 6, 8) for blob in blobs}

    assert most_salient_point(torch.zeros(3, 48, 64), Blind(), PLAN, (0.3, 0.6)) == (0.3, 0.6)


@pytest.mark.parametrize("objective", [l2(), l2([1]), mean([2]), guided(torch.rand(3, 2, 2))])
def test_saliency_adds_up_to_what_the_objective_climbs(objective):
    activations = torch.rand(3, 5, 6, generator=torch.Generator().manual_seed(4))
    gradient = objective(activations)[1]
    found = saliency(activations, objective)
    assert found.shape == (5, 6)
    assert float(found.sum()) == pytest.approx(float((activations * gradient).sum()))


def test_channels_that_do_not_count_are_not_salient():
    activations = torch.zeros(2, 3, 3)
    activations[0, 0, 0], activations[1, 2, 2] = 9, 1
    assert saliency(activations, l2([1])).argmax() == 8


def test_of_a_blob_without_places_the_pixels_count_that_change_it(engine):
    """The scores of a class have no places: what is seen is then the size of their gradient at the image."""
    image = with_a_spot(0.3, 0.5)
    seen = seen_map(image, engine, DreamPlan({"pool10": mean([7])}, octaves=1))
    gradient = engine.ascend(image, {"pool10": mean([7])}).gradient
    assert torch.equal(seen, gradient.abs().sum(0))
    placed = seen_map(image, engine, PLAN)
    assert placed.shape[0] < image.shape[1]
    assert placed.argmax() % placed.shape[1] == pytest.approx(0.3 * placed.shape[1], abs=3)


def test_the_point_is_the_mean_place_by_weight(engine):
    image, now = with_a_spot(0.6, 0.35), (0.45, 0.55)
    counts = saliency(engine.activations(image, [LAYER])[LAYER], l2()).double()
    fields = torch.nn.functional.adaptive_avg_pool2d(counts[None], 12)[0].numpy()
    fields = sum(np.pad(fields, 1, "edge")[y : y + 12, x : x + 12] for y in range(3) for x in range(3)) / 9
    place = (np.arange(12) + 0.5) / 12
    across, down = (np.sin(np.pi * place) ** 2 * np.exp(-(((place - at) / 0.25) ** 2) / 2) for at in now)
    weights = (fields * across * down[:, None]) ** 4
    expected = (
        (weights.sum(0) * place).sum() / weights.sum(),
        (weights.sum(1) * place).sum() / weights.sum(),
    )
    assert most_salient_point(image, engine, PLAN, now) == pytest.approx(expected, abs=1e-9)


# The way there

POINTS = st.tuples(st.floats(0.2, 0.8), st.floats(0.2, 0.8))


@given(POINTS, POINTS, st.floats(0, 100))
def test_a_glide_never_goes_beyond_its_goal(now, goal, seconds):
    found = glide(now, goal, seconds)
    assert math.dist(found, goal) <= math.dist(now, goal) + 1e-12
    assert math.dist(now, found) <= seconds * math.dist(now, goal) + 1e-12


@given(POINTS, POINTS, st.floats(0, 10))
def test_a_glide_at_another_frame_rate_is_the_same(now, goal, seconds):
    whole, half = glide(now, goal, seconds), glide(now, goal, seconds / 2)
    assert glide(half, goal, seconds / 2) == pytest.approx(whole)


def test_between_dreamed_frames_the_target_goes_straight():
    assert interpolate_targets((3, (0.5, 0.5)), (7, (0.6, 0.4))) == {
        4: (0.525, 0.475),
        5: (0.55, 0.45),
        6: (0.575, 0.425),
        7: (0.6, 0.4),
    }


# The journal


def test_a_target_in_the_journal_comes_back_to_the_last_digit(tmp_path):
    entry = Entry(0, "a" * 64, 9, 0.1, 1.5, "torch", (0.512345, 1 / 3))
    Journal(tmp_path / "journal.jsonl").record(entry)
    assert Journal(tmp_path / "journal.jsonl").get(0) == entry
    assert Journal(tmp_path / "journal.jsonl").aims() == {0: Aim((0.512345, 1 / 3))}


def test_a_clip_with_a_target_by_hand_journals_none(tmp_path):
    Journal(tmp_path / "journal.jsonl").record(Entry(0, "a" * 64, 9, 0.1, 1.5, "torch"))
    assert "target" not in (tmp_path / "journal.jsonl").read_text()


@pytest.mark.parametrize(
    "turn",
    ["1.5", "[1.5]", "[181.0, 1.0]", "[0.0, 0.0]", "[NaN, 1.0]", "[1.5, Infinity]", '["a", 1.0]', "null"],
)
def test_a_line_with_a_damaged_turn_counts_as_absent(turn, tmp_path):
    path = tmp_path / "journal.jsonl"
    entry = Entry(0, "a" * 64, 9, 0.1, 1.5, "torch", turn=(1.5, 1.01))
    Journal(path).record(entry)
    assert Journal(path).get(0) == entry
    assert Journal(path).aims() == {0: Aim(turn=(1.5, 1.01))}
    path.write_text(path.read_text().replace("[1.5, 1.01]", turn))
    assert Journal(path).get(0) is None


@pytest.mark.parametrize("target", ["0.5", "[0.5]", "[0.5, 2.0]", "[NaN, 0.5]", '["a", "b"]', "null", "true"])
def test_a_line_with_a_damaged_target_counts_as_absent(target, tmp_path):
    path = tmp_path / "journal.jsonl"
    Journal(path).record(Entry(0, "a" * 64, 9, 0.1, 1.5, "torch", (0.5, 0.5)))
    path.write_text(path.read_text().replace("[0.5, 0.5]", target))
    assert Journal(path).get(0) is None


# Real clips


@pytest.fixture(scope="module", params=[1, 3])
def options(request) -> tuple[str, ...]:
    return (*AUTO, "--set", f"camera.every={request.param}")


@pytest.fixture(scope="module")
def whole(tmp_path_factory, options) -> Path:
    return render(tmp_path_factory.mktemp("auto") / "clip", *options, frames=13)


def test_a_target_of_its_own_glides_and_never_jumps(whole):
    targets = [tuple(line["target"]) for line in journal_without_times(whole)]
    assert targets[0] == CENTRE
    assert targets[-1] != CENTRE
    assert max(math.dist(one, other) for one, other in pairwise(targets)) < 0.015


def test_with_a_target_of_its_own_a_killed_clip_is_the_same(whole, options, tmp_path):
    clip = tmp_path / "clip"
    process = start("render", "--out", clip, "--frames", 13, *SMALL, *options, stdout=subprocess.DEVNULL)
    journal = clip / "journal.jsonl"
    while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") >= 5):
        pass
    process.kill()
    process.wait()
    assert dreamzoom("resume", clip).returncode == 0
    assert frame_files(clip) == frame_files(whole)
    assert journal_without_times(clip) == journal_without_times(whole)


def test_with_a_target_of_its_own_an_extended_clip_is_the_same(whole, options, tmp_path):
    clip = render(tmp_path / "clip", *options, frames=5)
    assert dreamzoom("extend", clip, "--frames", 13).returncode == 0
    assert frame_files(clip) == frame_files(whole)
    assert journal_without_times(clip) == journal_without_times(whole)


@pytest.mark.parametrize("frame", [0, 4, 6])
def test_with_a_target_of_its_own_a_lost_frame_and_its_line_are_made_again(frame, whole, tmp_path):
    clip = Path(shutil.copytree(whole, tmp_path / "clip"))
    (clip / "frames" / f"{frame:06d}.png").unlink()
    lines = (clip / "journal.jsonl").read_text().splitlines(keepends=True)
    (clip / "journal.jsonl").write_text("".join(lines[:frame] + lines[frame + 1 :]))
    done = dreamzoom("resume", clip)
    assert done.returncode == 0
    assert frame_files(clip) == frame_files(whole)
    assert journal_without_times(clip) == journal_without_times(whole)
