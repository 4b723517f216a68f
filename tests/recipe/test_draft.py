"""Drafts: small, few frames a second, and the same journey."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamzoom.camera.path import motion_between
from dreamzoom.clip.folder import open_clip
from dreamzoom.clip.status import clip_status
from dreamzoom.dream.ascent import octave_sizes
from dreamzoom.io.toml import parse_toml
from dreamzoom.recipe.build import build_recipe, dump_recipe
from dreamzoom.recipe.draft import change_of, make_draft, retime_track
from dreamzoom.recipe.schema import Recipe
from dreamzoom.tracks.base import Clock, Kind
from dreamzoom.tracks.parse import parse_track
from support.clips import quickly

# Luma thumbnails of a final's and its draft's frames at the same moment; measured 0.87 and above.
ALIKE = 0.8
# How much nearer the draft is to its final than another journey's draft; measured 0.9.
APART = 0.5


def recipe(**tables: dict[str, object]) -> Recipe:
    return build_recipe(tables)


def smallest(of: Recipe) -> tuple[int, int]:
    size, dream = of.clip.size, of.dream
    return octave_sizes((size.width, size.height), dream.octaves, dream.octave_scale)[0]


def zoomed(of: Recipe, frame: int) -> float:
    """How much larger frame 0 is by then."""
    return abs(motion_between(of, 0, frame).factor)


def turned(of: Recipe, frame: int) -> float:
    """By how many degrees frame 0 is turned by then."""
    factor = motion_between(of, 0, frame).factor
    return math.degrees(math.atan2(factor.imag, factor.real))


def test_a_draft_has_half_the_sides_and_a_third_of_the_frames():
    draft = make_draft(recipe(clip={"frames": 301, "size": "640x360", "fps": "30000/1001"}))
    assert str(draft.clip.size) == "320x180"
    assert draft.clip.fps == Fraction(10000, 1001)
    assert draft.clip.frames == 101  # the last one at frame 300 of the final


def test_a_draft_is_never_too_small_nor_too_slow():
    draft = make_draft(recipe(clip={"frames": 2, "size": "48x40", "fps": 2}))
    assert str(draft.clip.size) == "38x32"
    assert (draft.clip.fps, draft.clip.frames) == (1, 1)


@pytest.mark.parametrize(("octaves", "scale"), [(4, 1.4), (6, 1.2), (3, 2.0), (5, 1.5)])
def test_the_smallest_octave_has_the_finals_size(octaves, scale):
    final = recipe(dream={"octaves": octaves, "octave_scale": scale})
    draft = make_draft(final)
    assert draft.dream.octaves < octaves
    assert smallest(draft) == pytest.approx(smallest(final), abs=2)
    assert draft.dream.jitter == final.dream.jitter


@pytest.mark.parametrize("octaves", [1, 2])
def test_where_every_octave_is_larger_than_the_draft_it_has_one(octaves):
    assert make_draft(recipe(dream={"octaves": octaves})).dream.octaves == 1


@pytest.mark.parametrize(
    "zoom",
    [
        1.05,
        0.97,
        "4.3/s",
        {"0": 1.02, "60": 1.02},
        "1.04 + 0*t",
        "1.04/frame",
        "(4 + 0*n)/s",
    ],
)
def test_steady_motion_is_the_same_a_second(zoom):
    final = recipe(camera={"zoom": zoom, "rotate": 1, "pan": [0.01, "-0.1/s"]})
    draft = make_draft(final)
    for frame in (1, 20):
        assert zoomed(draft, frame) == pytest.approx(zoomed(final, 3 * frame), rel=1e-9)
        assert turned(draft, frame) == pytest.approx(turned(final, 3 * frame), abs=1e-9)
    assert [track.at(5, draft.clock) for track in draft.camera.pan] == pytest.approx([0.03, -0.01])


@pytest.mark.parametrize(
    ("zoom", "rotate"),
    [
        ("1.03 + 0.02*sin(2*pi*t/4)", "0.5*cos(n/20)"),
        ({"0": 1.01, "90": 1.05, "5s": "1.5/s"}, {"30": 0, "200": {"value": 2, "ease": "smooth"}, "8s": 0}),
        ("1.01 + 0.03*n/N", "fps/30*0.4"),
        ("1.05 if n < 150 else 1.01", "noise(t)"),
    ],
)
def test_moving_motion_is_nowhere_far_from_the_finals(zoom, rotate):
    """A draft frame has the speed of its middle third: a jump costs one frame, what is smooth less."""
    final = recipe(camera={"zoom": zoom, "rotate": rotate})
    draft = make_draft(final)
    for frame in range(0, 100, 7):
        assert zoomed(draft, frame) == pytest.approx(zoomed(final, 3 * frame), rel=0.05)
        away = (turned(draft, frame) - turned(final, 3 * frame) + 180) % 360 - 180
        assert abs(away) < 0.7


def test_choices_over_time_fade_at_the_same_moments():
    layer = {"0": "fire4/concat", "45": {"value": "fire6/concat", "ease": "step"}, "2s": "fire8/concat"}
    final = recipe(dream={"layer": layer})
    draft = make_draft(final)
    for frame in range(30):
        there, here = (
            dict(draft.dream.layer.at(frame, draft.clock)),
            final.dream.layer.at(3 * frame, final.clock),
        )
        assert there == pytest.approx(dict(here))


@pytest.mark.parametrize("iterations", [4, {"0": 4, "300": 4}, {"30": 4}, "4 + 0*n"])
def test_a_draft_takes_as_many_steps_in_a_second(iterations):
    final = recipe(dream={"iterations": iterations})
    draft = make_draft(final)
    steps = [draft.dream.iterations.at(frame, draft.clock) for frame in range(draft.clip.frames)]
    assert steps == pytest.approx([4] + [12] * 99)


def test_with_in_betweens_dreams_are_as_far_apart_and_as_long():
    draft = make_draft(recipe(camera={"every": 3}, dream={"iterations": 4}, colour={"hold": 0.3}))
    assert draft.camera.every == 1
    assert draft.dream.iterations.at(9, draft.clock) == 4
    assert draft.colour.hold.at(9, draft.clock) == pytest.approx(0.3)


@pytest.mark.parametrize("hold", [0, 1, 0.25, {"0": 0.25, "9": 0.25}, "0.25 + 0*t"])
def test_what_the_hold_leaves_of_a_colour_is_the_same_after_a_second(hold):
    final = recipe(colour={"hold": hold})
    draft = make_draft(final)
    left = 1 - final.colour.hold.at(0, final.clock)
    assert 1 - draft.colour.hold.at(0, draft.clock) == pytest.approx(left**3)


def test_motion_too_fast_for_few_frames_makes_a_draft_of_more():
    draft = make_draft(recipe(camera={"zoom": 1.35}))
    assert draft.clip.fps == 15
    assert make_draft(recipe(camera={"zoom": 1.9})).clip.fps == 30


def test_a_draft_is_a_recipe_like_any_other():
    final = recipe(
        camera={"zoom": {"0": 1.0, "10": {"value": "2/s", "ease": "smooth"}}, "rotate": "sin(n)"},
        dream={"iterations": "3 + sin(t)", "channel": {"0": [1], "30": [2, 3]}},
    )
    draft = make_draft(final)
    assert build_recipe(parse_toml(dump_recipe(draft), "recipe")) == draft


def test_a_rate_of_a_kind_is_changed_by_its_kind_alone():
    clock = Clock(Fraction(30), 90)
    for kind, value in ((Kind.FACTOR, 1.1**3), (Kind.RATE, 1.1 * 3), (Kind.LEVEL, 1.1)):
        assert retime_track(parse_track(1.1, kind), 3, clock, change_of(kind, 3)) == pytest.approx(value)


# Real renders

FINAL = (
    *("--preset", "classic"),
    *("--size", "128x96", "--fps", "12", "--frames", "19", "--layer", "fire6/concat", "--zoom", "1.02"),
    *("--set", "dream.iterations=2", "--set", "colour.hold=1", "--set", "camera.rotate='1.5*cos(t)'"),
)


def thumbnails(clip: Path) -> np.ndarray:
    paths = open_clip(clip).finished_frames()
    small = (Image.open(path).convert("L").resize((32, 24), Image.Resampling.BOX) for path in paths)
    return np.array([np.asarray(picture, dtype=float) for picture in small])


def alike(one: np.ndarray, other: np.ndarray) -> list[float]:
    return [
        float(np.corrcoef(left.ravel(), right.ravel())[0, 1]) for left, right in zip(one, other, strict=True)
    ]


def rendered(out: Path, *arguments: object) -> None:
    quickly("render", "--out", out, *FINAL, *arguments)


def test_a_draft_and_the_final_agree_when_scaled_to_one_size(tmp_path):
    rendered(tmp_path / "clip")
    rendered(tmp_path / "clip", "--draft")
    rendered(tmp_path / "other", "--set", "camera.rotate='-4'", "--zoom", "1.0", "--draft")
    draft = open_clip(tmp_path / "clip-draft").recipe
    assert (str(draft.clip.size), draft.clip.fps, draft.clip.frames) == ("64x48", 4, 7)
    final = thumbnails(tmp_path / "clip")[::3]
    near = alike(final, thumbnails(tmp_path / "clip-draft"))
    far = alike(final, thumbnails(tmp_path / "other-draft"))
    assert min(near) > ALIKE
    assert near[-1] > far[-1] + APART


def test_a_drafts_folder_is_its_own_and_the_same_command_goes_on_with_it(tmp_path):
    command = ("render", "--out", tmp_path / "clip", *FINAL, "--frames", "4", "--draft")
    quickly(*command)
    assert [path.name for path in tmp_path.iterdir()] == ["clip-draft"]
    quickly(*command)
    status = clip_status(open_clip(tmp_path / "clip-draft"))
    assert (status.state, status.frames_total) == ("done", 2)
