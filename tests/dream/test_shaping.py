"""How a gradient is shaped, against TensorFlow's tutorial written out, SciPy and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import fft, ndimage
from torch.nn.functional import conv2d, conv_transpose2d, pad

from dreamzoom.dream.ascent import DreamPlan, dream
from dreamzoom.dream.objectives import l2
from dreamzoom.dream.shaping import (
    Shaping,
    correlate_colours,
    filter_spectrum,
    normalise_levels,
    quick_length,
    shape_gradient,
)
from dreamzoom.engines.registry import open_engine
from dreamzoom.randomness import frame_generator
from support.engines import in_threads

EVERYTHING = Shaping(laplacian=0.5, laplacian_levels=3, spectrum=0.6, smooth=0.7, decorrelate=0.8)


def noise(height: int, width: int) -> torch.Tensor:
    return torch.randn(3, height, width, generator=torch.Generator().manual_seed(height))


def tutorials_levels(image: torch.Tensor, count: int) -> torch.Tensor:
    """`lap_normalize` as TensorFlow's DeepDream tutorial has it, with its 5x5 kernel and padding "SAME"."""
    row = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], dtype=torch.float64)
    plane = torch.outer(row, row) / row.sum() ** 2
    kernel = torch.zeros(3, 3, 5, 5, dtype=torch.float64)
    for channel in range(3):
        kernel[channel, channel] = plane

    def margins(side: int) -> tuple[int, int]:
        missing = max((-(-side // 2) - 1) * 2 + 5 - side, 0)
        return missing // 2, missing - missing // 2

    def normalised(level):
        return level / level.square().mean().sqrt()

    levels, now = [], image.double()[None]
    for _ in range(count):
        (top, bottom), (left, right) = margins(now.shape[2]), margins(now.shape[3])
        low = conv2d(pad(now, (left, right, top, bottom)), kernel, stride=2)
        spread = conv_transpose2d(low, kernel * 4, stride=2)
        missing = (0, left + now.shape[3] - spread.shape[3], 0, top + now.shape[2] - spread.shape[2])
        again = pad(spread, tuple(max(each, 0) for each in missing))
        again = again[:, :, top : top + now.shape[2], left : left + now.shape[3]]
        levels.append((now - again, (top, left)))
        now = low
    now = normalised(now)
    for high, (top, left) in reversed(levels):
        spread = conv_transpose2d(now, kernel * 4, stride=2)
        height, width = high.shape[2:]
        spread = pad(
            spread,
            (0, max(left + width - spread.shape[3], 0), 0, max(top + height - spread.shape[2], 0)),
        )
        now = spread[:, :, top : top + height, left : left + width] + normalised(high)
    return now[0]


@pytest.mark.parametrize("size", [(32, 48), (33, 47), (5, 6)])
def test_levels_are_normalised_as_in_the_tutorial(size):
    image = noise(*size) * 1e-6
    found, expected = normalise_levels(image, 3).double(), tutorials_levels(image, 3)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize(("rows", "columns"), [(3, 0), (0, 5), (4, 7), (0, 0)])
def test_a_wave_is_multiplied_by_its_frequency_to_the_power(rows, columns):
    height, width = 40, 60
    down, across = torch.arange(height)[:, None], torch.arange(width)
    wave = torch.cos(2 * math.pi * (rows * down / height + columns * across / width)).expand(3, -1, -1)
    frequency = max(math.hypot(rows / height, columns / width), 1 / 64)
    torch.testing.assert_close(filter_spectrum(wave, 0.7), wave * frequency**-0.7, atol=1e-4, rtol=0)


@pytest.mark.parametrize(("size", "seam"), [((30, 40), 0), ((37, 41), 9)])
def test_smoothing_is_scipys_gaussian(size, seam):
    """Where a side is no quick length for the transform, but for the rows and columns at the seam."""
    image = noise(*size)
    expected = ndimage.gaussian_filter(image.numpy(), (0, 1.3, 1.3), mode="wrap", truncate=8)
    away = np.abs(filter_spectrum(image, 0.0, 1.3).numpy() - expected)
    # SciPy samples the Gaussian, here its transform is.
    assert away[:, seam : size[0] - seam, seam : size[1] - seam].max() < 1e-3
    assert away.max() < 1


def test_colours_are_multiplied_by_their_covariance():
    image, root = noise(4, 5), np.array([[0.26, 0.09, 0.02], [0.27, 0, -0.05], [0.27, -0.09, 0.03]])
    covariance = root @ root.T
    expected = np.einsum("ij,jhw->ihw", covariance, image.numpy())
    found = correlate_colours(image, 1.0).numpy()
    assert found * np.trace(covariance) / 3 == pytest.approx(expected, abs=1e-6)
    half = correlate_colours(image, 0.5).numpy()
    assert half == pytest.approx((found + image.numpy()) / 2, abs=1e-6)
    assert correlate_colours(image, 0.5, out=image) is image
    assert image.numpy() == pytest.approx(half)


@pytest.mark.parametrize(
    "shaping",
    [Shaping(spectrum=1.0), Shaping(smooth=2.0), Shaping(decorrelate=1.0), Shaping(0, 4, 2.0, 1.0, 1.0)],
)
def test_a_shaped_gradient_still_goes_uphill(shaping):
    gradient = noise(30, 31)
    assert float((gradient * shape_gradient(gradient, shaping)).sum()) > 0


def test_no_shaping_is_the_gradient_itself_and_nothing_stays_nothing():
    gradient = noise(30, 31)
    assert shape_gradient(gradient, Shaping()) is gradient
    assert not shape_gradient(torch.zeros(3, 30, 31), EVERYTHING).any()


def test_the_number_of_threads_changes_no_bit_of_a_large_spectrum():
    image = noise(401, 701)
    found = in_threads(lambda: shape_gradient(image, Shaping(spectrum=0.5, decorrelate=0.5)))
    assert all(torch.equal(each, found[0]) for each in found)


def test_the_number_of_threads_changes_no_bit_of_a_shaped_dream(squeezenet):
    image = noise(181, 327) * 40 + 120
    plan = DreamPlan({"fire2/concat": l2()}, octaves=2, iterations=1, shaping=EVERYTHING)
    found = in_threads(
        lambda: dream(image, open_engine(squeezenet, "torch", "cpu"), plan, frame_generator(0, 0)).image
    )
    assert all(torch.equal(each, found[0]) for each in found)


def test_a_quick_length_is_what_scipy_takes_for_one():
    lengths = range(1, 5000)
    wanted = [fft.next_fast_len(each, real=True) for each in lengths]
    assert [quick_length(each) for each in lengths] == wanted
