"""A start picture on a torus: Poisson's equation against a known picture, no seam, the picture itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from dreamzoom.loop.closing import solve_poisson, unroll, unroll_mask
from dreamzoom.loop.seam import find_seam
from dreamzoom.loop.torus import Phase, frame_points, torus_for
from dreamzoom.loop.view import make_pyramid, view
from dreamzoom.loop.winding import Window, copy_at

SIZE = (128, 96)


def test_differences_of_a_periodic_picture_give_it_back():
    rows, columns = torch.arange(30.0)[:, None] / 30, torch.arange(44.0) / 44
    wave = torch.cos(2 * math.pi * (2 * rows - columns)) + torch.sin(2 * math.pi * 5 * columns)
    picture = torch.stack([100 + 50 * wave, 3 * wave.square()])
    across, down = picture.roll(-1, 2) - picture, picture.roll(-1, 1) - picture
    level = picture.mean((1, 2), keepdim=True).expand_as(picture)
    assert torch.allclose(solve_poisson(across, down, level, 1e4), picture, atol=0.01)
    assert torch.allclose(solve_poisson(across, down, picture, 5), picture, atol=1e-3)


def test_a_step_is_closed_over_the_reach_as_the_exponential_has_it():
    columns = torch.arange(400.0)
    values = (100.0 * (columns < 200)).expand(1, 4, -1)
    across = values.roll(-1, 2) - values
    across = torch.where(across.abs() > 1, 0.0, across)  # nothing is left of the steps, at 0 and at 200
    found = solve_poisson(across, torch.zeros_like(across), values, 20.0)[0, 0]
    away = columns[200:300] - 199.5  # cells from the step: half of it dies away to each side
    assert torch.allclose(found[200:300], 50 * torch.exp(-away / 20), atol=0.5)


def test_differences_that_do_not_close_are_evened_out_all_the_way_round():
    ramp = torch.zeros(1, 20, 40)
    found = solve_poisson(ramp + 1, ramp + torch.cos(torch.arange(40) * math.pi / 10), ramp + 7, 5)
    assert torch.allclose(found, ramp + 7, atol=1e-4)


@pytest.mark.parametrize(("depth", "target"), [(16, (0.5, 0.5)), (4, (0.35, 0.6))])
def test_a_picture_with_no_two_sides_alike_has_no_seam_on_a_torus(cloud_tensor, depth, target):
    ramps = torch.linspace(-60, 60, 128) + torch.linspace(-40, 40, 96)[:, None]
    picture = (cloud_tensor + ramps).clamp(0, 255)
    torus = torus_for(SIZE, depth, target=target)
    laid = unroll(picture, torus, SIZE, target)
    assert laid.shape == (3, torus.rows, torus.columns)
    # Between neighbours nothing is steeper than in the picture itself, whose pixels are wider than cells.
    steepest = max(float(picture.diff(dim=axis).abs().max()) for axis in (1, 2))
    for axis in (1, 2):
        assert float((laid - laid.roll(1, axis)).abs().max()) < steepest


def test_the_first_frame_shows_the_picture(cloud_tensor):
    torus = torus_for(SIZE, 16)
    frame = view(make_pyramid(unroll(cloud_tensor, torus, SIZE), torus), Phase(), SIZE)
    radius = np.abs(frame_points(SIZE, (0.5, 0.5)))
    shown = torch.from_numpy((radius > 0.12) & (radius < 0.24))  # within any seam, outside of the next copy
    found, expected = frame[:, shown], cloud_tensor[:, shown]
    # The light may be another, for it has to close; the picture is the same.
    assert np.corrcoef(found.flatten(), expected.flatten())[0, 1] > 0.9


def test_a_seam_stays_within_the_picture_and_is_closed(cloud_tensor):
    torus, window = torus_for(SIZE, 16), Window(SIZE)
    seam = find_seam(cloud_tensor, torus, window)
    border = window.border(np.arange(len(seam.heights)) * (math.tau / len(seam.heights)))
    assert (seam.heights < border).all()
    assert (seam.heights > border - math.log(2.6)).all()
    assert abs(seam.heights[0] - seam.heights[-1]) < 4 * math.log(16) / 150


def test_a_picture_that_falls_into_its_own_corner_is_wound_up_too(cloud_tensor):
    torus = torus_for(SIZE, 16, target=(0.0, 1.0))
    laid = unroll(cloud_tensor, torus, SIZE, (0.0, 1.0))
    assert bool(laid.isfinite().all())
    assert float(laid.std()) > 3


def test_a_seam_finds_the_way_on_which_copies_are_alike():
    # Rings that come again at every magnification by 4: on those of one grey any way is free.
    z = frame_points(SIZE, (0.5, 0.5))
    alike = 128 + 60 * np.cos(np.log(np.abs(z)) * math.tau / math.log(4))
    picture = torch.from_numpy(alike).float().expand(3, -1, -1)
    torus = torus_for(SIZE, 4)
    laid = unroll(picture, torus, SIZE)
    expected = 128 + 60 * torch.cos(torch.arange(torus.rows) * math.tau / torus.rows)
    assert float((laid - expected[:, None]).abs().mean()) < 3


def test_a_mask_lies_as_the_picture_does(cloud_tensor):
    torus = torus_for(SIZE, 16)
    mask = torch.zeros(1, 96, 128)
    mask[:, :, 64:] = 1
    laid = unroll_mask(mask, cloud_tensor, torus, SIZE)[0]
    angles = torch.arange(torus.columns) * math.tau / torus.columns
    assert float(laid[:, angles.cos() > 0.4].min()) > 0.99
    assert float(laid[:, angles.cos() < -0.4].max()) < 0.01


def test_what_is_wound_smaller_is_its_mean():
    stripes = torch.zeros(1, 96, 128)
    stripes[:, :, ::2] = 200
    torus, window = torus_for(SIZE, 16, columns=64), Window(SIZE)
    outermost = np.array([[-0.1 * torus.rows]])
    seen = copy_at(stripes, torus, window, outermost, np.arange(0.0, 64.0))
    assert float((seen - 100).abs().max()) < 12


def test_the_number_of_threads_changes_no_bit(cloud_tensor):
    torus = torus_for(SIZE, 8, columns=1000)
    assert torus.rows * torus.columns > 2**18  # cells from which on a Fourier transform uses several
    alone = unroll(cloud_tensor, torus, SIZE)
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert torch.equal(alone, unroll(cloud_tensor, torus, SIZE))
    finally:
        torch.set_num_threads(threads)
