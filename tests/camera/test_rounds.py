"""The camera's way round a loop: it ends where it began, exactly, whatever its pace."""

from __future__ import annotations

import cmath
import math
from fractions import Fraction

import pytest

from dreamzoom.camera.path import motion_between
from dreamzoom.camera.rounds import round_of
from dreamzoom.camera.similarity import Similarity
from dreamzoom.errors import RecipeError
from dreamzoom.recipe.build import build_recipe

SIZE = (64, 48)


def loop_of(frames: int = 24, fps: float | str = 30, depth: float = 16, loop=None, **camera: object):
    return build_recipe(
        {
            "clip": {"frames": frames, "fps": fps, "size": "64x48"},
            "loop": {"depth": depth, **(loop or {})},
            "camera": camera,
        }
    )


@pytest.mark.parametrize("fps", [24, "30000/1001", 30])
@pytest.mark.parametrize("frames", [2, 23, 240])
def test_a_steady_zoom_goes_equal_ways_whatever_rate_and_length(frames, fps):
    way = round_of(loop_of(frames, fps, zoom=1.05))
    assert [way.deeper(frame) for frame in range(frames)] == [
        Fraction(each, frames) for each in range(frames)
    ]


def test_a_zoom_that_draws_back_goes_the_other_way():
    way = round_of(loop_of(10, zoom=0.97))
    assert [way.deeper(frame) for frame in range(10)] == [Fraction(-each, 10) % 1 for each in range(10)]


@pytest.mark.parametrize(
    "camera",
    [
        {"zoom": "1.03 + 0.02*sin(3*t)"},
        {"zoom": {"0": 1.01, "10": 1.2}, "rotate": "2*sin(t)"},
        {"rotate": 20, "target": ["0.5 + 0.1*sin(t)", "0.4 + 0.01*t"]},
    ],
)
@pytest.mark.parametrize("spiral", [0, 1])
def test_the_frame_after_the_last_is_the_first_to_the_bit(camera, spiral):
    recipe = loop_of(23, loop={"spiral": spiral}, **camera)
    way = round_of(recipe)
    for frame in (0, 1, 22):
        for told in (way.deeper, way.turned, way.target):
            assert told(frame + 23) == told(frame)
    whole = motion_between(recipe, 0, 23)
    growth = math.log(16) / (1 + spiral * math.log(16) / (2j * math.pi))
    assert cmath.isclose(whole.factor, cmath.exp(growth), rel_tol=1e-9)
    middle = complex(way.target(0)[0] * 64 - 0.5, way.target(0)[1] * 48 - 0.5)
    assert cmath.isclose(whole(middle), middle, rel_tol=1e-9)


def test_each_frame_has_the_share_of_the_round_that_its_zoom_has():
    recipe = loop_of(8, zoom="1 + 0.05*n")
    shares = [math.log(1 + 0.05 * frame) for frame in range(8)]
    way = round_of(recipe)
    for frame in range(7):
        assert float(way.deeper(frame)) == pytest.approx(sum(shares[: frame + 1]) / sum(shares), abs=1e-12)
    # What leads from the last frame to the first is the first one's: here a zoom of 1, which goes no way.
    assert way.motion_into(0).factor == pytest.approx(1)


def test_turns_are_whole_and_what_varies_swings_about_them():
    steady = round_of(loop_of(36, rotate=11))  # 396 degrees
    assert steady.turns == 1
    assert [steady.turned(frame) for frame in range(36)] == [Fraction(frame, 36) for frame in range(36)]
    swinging = round_of(loop_of(30, rotate="0.3 + 2*cos(2*pi*n/30)"))
    assert swinging.turns == 0
    assert max(abs(each) for each in swinging.swings) == pytest.approx(2 * 30 / (2 * math.pi), rel=0.15)
    assert round_of(loop_of(30, loop={"turns": -2}, rotate=11)).turned(15) == 0


def test_a_target_keeps_its_way_and_loses_its_drift():
    way = round_of(loop_of(10, target=["0.2 + 0.05*n", 0.25]))
    assert [way.target(frame) for frame in range(10)] == [(pytest.approx(0.2), 0.25)] * 10
    assert round_of(loop_of(target="auto")).target(3) == (0.5, 0.5)
    assert round_of(loop_of(target="auto")).target(3, (0.3, 0.6)) == (0.3, 0.6)


def test_a_motion_is_what_the_places_on_the_picture_say():
    """A point of the picture is seen at z = exp(w + deeper * growth) about the target."""
    recipe = loop_of(12, depth=9, zoom="1.05 + 0.04*sin(n)", target=["0.5 + 0.1*sin(n)", 0.5], rotate=31)
    way = round_of(recipe)
    for frame in (1, 5, 12):
        before, now = way.motion_into(frame).inverse(), Similarity()
        assert before.then(way.motion_into(frame))(3 + 4j) == pytest.approx(now(3 + 4j))
        deeper = way.deeper(frame) - way.deeper(frame - 1) + (frame == 12)
        turned = way.turned(frame) - way.turned(frame - 1)
        factor = 9 ** float(deeper) * cmath.rect(1, 2 * math.pi * float(turned))
        assert cmath.isclose(way.motion_into(frame).factor, factor, rel_tol=1e-9)


@pytest.mark.parametrize("zoom", [1, "1 + 0.1*sin(2*pi*n/24)"])
def test_a_camera_that_comes_no_closer_is_refused(zoom):
    with pytest.raises(RecipeError, match=r"camera.zoom: comes no closer in a round"):
        round_of(loop_of(24, zoom=zoom))
