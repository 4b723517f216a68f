"""The camera's motion and the resampling, against closed forms and SciPy."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from dreamzoom.camera.lens import Lens, Moment, make_inbetween
from dreamzoom.camera.resample import warp
from dreamzoom.camera.similarity import Similarity, camera_motion

SIZE = (64, 48)
KERNELS = ["bilinear", "cubic", "lanczos"]

motions = st.builds(
    Similarity,
    st.builds(cmath.rect, st.floats(0.5, 2.0), st.floats(-3.0, 3.0)),
    st.builds(complex, st.floats(-50, 50), st.floats(-50, 50)),
)


def chart(width: int = SIZE[0], height: int = SIZE[1]) -> torch.Tensor:
    """A smooth test chart (3, H, W): slow waves, a few grey levels a pixel."""
    y, x = torch.meshgrid(torch.arange(float(height)), torch.arange(float(width)), indexing="ij")
    waves = [torch.sin(x / 5 + c) + torch.cos(y / 6 - c) + torch.sin((x + y) / 7) for c in range(3)]
    return 128 + 30 * torch.stack(waves)


def inner(image: torch.Tensor, margin: int = 12) -> torch.Tensor:
    """The part of an image that the border has no say in."""
    return image[:, margin:-margin, margin:-margin]


@given(motions, st.integers(1, 12))
def test_k_in_between_steps_equal_one_whole_step(motion, k):
    step, whole = motion.power(1 / k), Similarity()
    for _ in range(k):
        whole = whole.then(step)
    assert abs(whole.factor - motion.factor) < 1e-9
    assert abs(whole.offset - motion.offset) < 1e-6


@given(motions)
def test_inverse_undoes_a_motion(motion):
    there_and_back = motion.then(motion.inverse())
    assert abs(there_and_back.factor - 1) < 1e-9
    assert abs(there_and_back.offset) < 1e-6


def test_zoom_leaves_its_target_in_place_and_moves_the_rest_away():
    motion = camera_motion((100, 50), zoom=1.25, target=(0.3, 0.6))
    target = complex(29.5, 29.5)
    assert abs(motion(target) - target) < 1e-12
    assert motion(target + 8) == pytest.approx(target + 10)


def test_positive_rotation_is_clockwise():
    motion = camera_motion((101, 101), zoom=1.0, rotate=90)
    centre = complex(50, 50)
    assert motion(centre + 10) == pytest.approx(centre + 10j)  # right goes down


def test_pan_moves_the_camera_right_and_down_by_fractions_of_the_frame():
    motion = camera_motion((100, 50), zoom=1.0, pan=(0.1, 0.2))
    assert motion(50 + 25j) == pytest.approx(40 + 15j)


@pytest.mark.parametrize("kernel", KERNELS)
def test_standing_still_changes_nothing(kernel):
    image = chart()
    assert torch.equal(warp(image, Similarity(), kernel), image)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_shift_by_whole_pixels_is_exact(kernel):
    image = torch.rand(3, 20, 30)
    moved = warp(image, Similarity(1 + 0j, 3 + 2j), kernel)
    assert torch.allclose(moved[:, 2:, 3:], image[:, :-2, :-3], atol=1e-6)


@pytest.mark.parametrize("kernel", ["bilinear", "cubic"])
def test_a_ramp_is_sampled_exactly(kernel):
    x = torch.arange(40.0)
    ramp = (2 * x + 7).expand(3, 30, 40).clone()
    motion = camera_motion((40, 30), zoom=1.1, target=(0.4, 0.5))
    source = motion.inverse()
    expected = 2 * (x * source.factor.real + source.offset.real) + 7
    assert torch.allclose(warp(ramp, motion, kernel)[:, 10, 6:-6], expected[6:-6].expand(3, -1), atol=1e-3)


def test_bilinear_zoom_is_scipys_affine_transform():
    image = torch.rand(3, 48, 64) * 255
    motion = camera_motion(SIZE, zoom=1 / 0.95)
    source = motion.inverse()
    expected = ndimage.affine_transform(
        image.numpy(),
        [1, source.factor.real, source.factor.real],
        [0, source.offset.imag, source.offset.real],
        order=1,
    )
    assert np.abs(warp(image, motion, "bilinear").numpy() - expected).max() < 1e-2


@pytest.mark.parametrize("kernel", KERNELS)
def test_both_ways_of_resampling_agree(kernel):
    image = torch.rand(3, 48, 64)
    straight = camera_motion(SIZE, zoom=1.07, pan=(0.01, 0.02))
    turned = Similarity(straight.factor * cmath.rect(1, 1e-9), straight.offset)
    assert turned.factor.imag != 0
    difference = (warp(image, straight, kernel) - warp(image, turned, kernel)).abs()
    assert difference.max() < 1e-3


@pytest.mark.parametrize(("kernel", "tolerance"), [("bilinear", 4.0), ("cubic", 0.3), ("lanczos", 0.3)])
def test_forth_and_back_restores_the_chart(kernel, tolerance):
    motion = camera_motion(SIZE, zoom=1.05, rotate=3, pan=(0.01, -0.02))
    back = warp(warp(chart(), motion, kernel), motion.inverse(), kernel)
    assert inner(back - chart()).abs().mean() < tolerance


@pytest.mark.parametrize("kernel", ["cubic", "lanczos"])
def test_six_hundred_slow_frames_neither_blur_nor_drift(kernel):
    """A slow swing of 1.002 a frame, back and forth, against the chart it started from."""
    image = chart()
    motion = camera_motion(SIZE, zoom=1.002)
    for frame in range(600):
        image = warp(image, motion if frame % 2 == 0 else motion.inverse(), kernel)
    error = inner(image - chart())
    assert error.abs().mean() < 1.5
    assert abs(float(error.mean())) < 0.05


def test_a_camera_that_pulls_back_sees_the_picture_mirrored():
    image = torch.arange(8.0).expand(1, 8, 8).clone()
    moved = warp(image, Similarity(1 + 0j, 2 + 0j), "bilinear")
    assert moved[0, 0].tolist() == [1, 0, 0, 1, 2, 3, 4, 5]


def test_a_flat_picture_stays_flat_under_any_motion():
    flat = torch.full((3, 40, 50), 117.0)
    for kernel in KERNELS:
        moved = warp(flat, camera_motion((50, 40), zoom=0.8, rotate=20, pan=(0.3, 0)), kernel)
        assert torch.allclose(moved, flat, atol=1e-3)


@pytest.mark.parametrize("zoom", [1.08, 0.93])
def test_an_in_between_shows_no_ghost_of_its_neighbours(zoom):
    """With neighbours that are the same scene, what is between is the scene itself, moved part of the way."""
    first = chart(128, 96)
    motion = camera_motion((128, 96), zoom=zoom, rotate=1)
    second = warp(first, motion, "cubic")
    for share in (0.25, 0.5, 0.75):
        part = motion.power(share)
        moment = Moment(share, part, part.inverse().then(motion))
        between = make_inbetween(first, second, moment, Lens("cubic"))
        error = inner(between - warp(first, part, "cubic"), 4).abs()
        assert error.mean() < 0.5


def test_an_in_between_moves_steadily_from_one_neighbour_to_the_next():
    first, second = torch.zeros(3, 32, 32), torch.full((3, 32, 32), 80.0)
    levels = [
        float(make_inbetween(first, second, Moment(share, Similarity(), Similarity()), Lens("cubic")).mean())
        for share in (0.25, 0.5, 0.75)
    ]
    assert levels == pytest.approx([20, 40, 60])
    assert math.isclose(levels[1] - levels[0], levels[2] - levels[1], abs_tol=1e-4)
