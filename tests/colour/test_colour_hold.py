"""The colour hold, against the closed form of the map it implements."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dreamzoom.colour.grading import colour_statistics, hold_colours


def picture(seed: int, mix: float) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(3, 40, 50, generator=generator)
    correlated = noise + mix * noise.mean(0)
    return (
        120
        + torch.tensor([30.0, 20, 10])[:, None, None] * correlated
        + torch.tensor([5.0, -10, 20])[:, None, None]
    )


def test_full_hold_gives_the_references_mean_and_covariance():
    reference = colour_statistics(picture(1, 2.0))
    held = colour_statistics(hold_colours(picture(2, 0.5), reference, 1.0))
    assert held.mean == pytest.approx(reference.mean, abs=0.05)
    assert held.covariance == pytest.approx(reference.covariance, rel=0.03, abs=6)


def test_no_hold_leaves_the_picture_alone():
    image = picture(3, 1.0)
    assert torch.equal(hold_colours(image, colour_statistics(picture(4, 0)), 0.0), image)


def test_half_a_hold_moves_the_mean_half_way():
    image, reference = picture(5, 0.3), colour_statistics(picture(6, 1.5) * 0.5)
    held = colour_statistics(hold_colours(image, reference, 0.5))
    assert held.mean == pytest.approx((colour_statistics(image).mean + reference.mean) / 2, abs=0.01)


def test_a_picture_that_has_the_references_colours_is_left_alone():
    image = picture(7, 1.0)
    assert torch.allclose(hold_colours(image, colour_statistics(image), 1.0), image, atol=0.01)


def test_a_flat_picture_is_not_blown_up_into_noise():
    flat = (
        torch.full((3, 20, 20), 128.0)
        + torch.randn(3, 20, 20, generator=torch.Generator().manual_seed(0)) * 0.01
    )
    held = hold_colours(flat, colour_statistics(picture(8, 1.0)), 1.0)
    assert held.isfinite().all()
    assert held.std(dim=(1, 2)).max() < 1.0


def power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * values**exponent) @ vectors.T


@pytest.mark.parametrize("seed", range(5))
def test_the_map_is_the_closed_form_of_pitie_and_kokaram(seed):
    image, reference = picture(seed, 0.4).double(), colour_statistics(picture(seed + 50, 1.5).double() / 3)
    now, floor = colour_statistics(image), 4 * np.eye(3)
    root, inverse = power(now.covariance + floor, 0.5), power(now.covariance + floor, -0.5)
    matrix = inverse @ power(root @ (reference.covariance + floor) @ root, 0.5) @ inverse
    expected = matrix @ (image.flatten(1).numpy() - now.mean[:, None]) + reference.mean[:, None]
    assert hold_colours(image, reference, 1.0).flatten(1).numpy() == pytest.approx(expected, rel=1e-10)
