"""Colours held cluster by cluster, against what is known in closed form; and that nothing flips or drifts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from dreamzoom.colour.clusters import ColourClusters, find_clusters, mix_clusters
from dreamzoom.colour.grading import colour_statistics, draw_in, hold_colours
from dreamzoom.colour.mixture import hold_clusters
from dreamzoom.engines.torch.native import library
from dreamzoom.pictures.frames import to_tensor
from dreamzoom.pictures.palettes import palette_picture
from dreamzoom.recipe.palettes import find_palette
from support.engines import in_threads

DARK, LIGHT, RED, BLUE = (60, 50, 70), (190, 200, 180), (170, 70, 60), (40, 90, 190)
NAVY, SAND = (40, 60, 120), (220, 150, 90)


def spots(first: tuple[int, ...], second: tuple[int, ...], share: float, seed: int = 3) -> Tensor:
    """A picture (3, 96, 128) of two normal clusters, the first with so large a share of the pixels."""
    random = np.random.default_rng(seed)
    is_first = np.arange(96 * 128) < share * 96 * 128
    means = np.where(is_first[:, None], first, second)
    return torch.from_numpy(random.normal(means, 6.0).T.reshape(3, 96, 128).astype(np.float32))


def picture(seed: int) -> Tensor:
    """A smooth picture (3, 72, 96) of many colours."""
    random = np.random.default_rng(seed).normal(127, 60, (1, 3, 6, 8)).astype(np.float32)
    large = torch.nn.functional.interpolate(torch.from_numpy(random), (72, 96), mode="bicubic")[0]
    return large.clamp(0, 255)


def of_palette(name: str) -> ColourClusters:
    return find_clusters(to_tensor(np.asarray(palette_picture(find_palette(name)))).float())


def test_torch_moves_colours_as_the_kernel_does(monkeypatch):
    image, clusters = picture(4), of_palette("embers")
    held = hold_clusters(image, clusters, 0.6)
    monkeypatch.setattr(library, "compiled_library", lambda: None)
    assert held.sub(hold_clusters(image, clusters, 0.6)).abs().max() < 0.05


def test_one_cluster_is_the_linear_map_between_gaussians():
    image, reference = spots(DARK, LIGHT, 0.5), spots(RED, RED, 1)
    clusters = find_clusters(reference)
    assert len(clusters.shares) == 1
    held = hold_clusters(image, clusters, 1)
    assert held.sub(hold_colours(image, colour_statistics(reference), 1)).abs().max() < 0.5


def test_two_clusters_become_the_references_two_each_by_a_shift():
    """Normal clusters of one covariance are mapped by a translation, the dark one to the darker."""
    image, reference = spots(DARK, LIGHT, 0.6), spots(NAVY, SAND, 0.6, seed=4)
    held = hold_clusters(image, find_clusters(reference), 1)
    is_dark = np.arange(96 * 128)[:, None] < 0.6 * 96 * 128
    shift = np.where(is_dark, NAVY, SAND) - np.where(is_dark, DARK, LIGHT)
    expected = image + torch.from_numpy(shift.T.copy()).view_as(image)
    assert held.sub(expected).abs().mean() < 1.5


def test_clusters_get_the_references_shares():
    image, reference = picture(1), spots(BLUE, RED, 0.25)
    held = hold_clusters(image, find_clusters(reference), 1)
    assert float((held[2] > held[0]).float().mean()) == pytest.approx(0.25, abs=0.03)


def test_the_whole_has_the_references_mean_and_covariance():
    clusters = of_palette("saffron")
    held = colour_statistics(hold_clusters(picture(2), clusters, 1))
    assert held.mean == pytest.approx(clusters.whole.mean, abs=0.2)
    assert held.covariance == pytest.approx(clusters.whole.covariance, abs=30)


def test_a_palettes_colours_appear_that_one_linear_map_cannot_give():
    """Of black, white and red a linear map makes greens and blues; the clusters' maps do not."""
    clusters = of_palette("woodcut")

    def cold(image: Tensor) -> float:
        return float((image[1] - image[0]).relu().mean())

    image = picture(1)
    plain, held = hold_colours(image, clusters.whole, 1), hold_clusters(image, clusters, 1)
    assert cold(plain) > 5
    assert cold(held) < cold(plain) / 4


def test_a_picture_held_to_its_own_clusters_stays():
    image = picture(5)
    assert hold_clusters(image, find_clusters(image), 1).sub(image).abs().max() < 1
    assert hold_clusters(image, find_clusters(picture(6)), 0) is image


def test_a_little_noise_changes_little():
    """Clusters that flipped would move whole regions by tens of grey levels."""
    image, clusters = picture(7), of_palette("dusk")
    noisy = image + torch.randn(image.shape, generator=torch.Generator().manual_seed(1))
    moved = (hold_clusters(noisy, clusters, 1) - hold_clusters(image, clusters, 1)).abs()
    assert moved.mean() < 3


def test_held_each_frame_nothing_burns_hardens_or_pumps():
    """Fifty frames of a dream that sharpens: colours stay the palette's, frames hardly differ in the end."""
    clusters, image, light = of_palette("lagoon"), picture(8), []
    for _ in range(50):
        blurred = torch.nn.functional.avg_pool2d(image[None], 5, 1, 2, count_include_pad=False)[0]
        held = draw_in(hold_clusters(image + 0.1 * (image - blurred), clusters, 1))
        image = held.clamp(0, 255).round()
        light.append(float(image.mean()))
    assert float(image.std()) == pytest.approx(
        float(np.sqrt(np.trace(clusters.whole.covariance) / 3)), rel=0.12
    )
    assert np.abs(np.diff(light[10:])).max() < 0.5
    assert float(((image == 0) | (image == 255)).float().mean()) < 0.03


def test_the_number_of_threads_changes_nothing():
    image = torch.rand((3, 181, 323), generator=torch.Generator().manual_seed(2)) * 255
    found = in_threads(lambda: hold_clusters(image, find_clusters(picture(9)), 0.7).numpy().tobytes())
    assert len(set(found)) == 1


# On the way from one to another


def test_halfway_the_mean_is_halfway():
    first, second = of_palette("dusk"), of_palette("moss")
    between = mix_clusters(first, second, 0.5)
    assert between.shares.sum() == pytest.approx(1)
    assert between.whole.mean == pytest.approx((first.whole.mean + second.whole.mean) / 2)
    assert between.shares @ between.means == pytest.approx(between.whole.mean, abs=0.5)


def test_clusters_travel_to_those_that_are_nearest():
    """Two apart by a shift: each goes its own way, and halfway is half the shift."""
    shifted = tuple(tuple(value + 20 for value in colour) for colour in (DARK, LIGHT))
    between = mix_clusters(
        find_clusters(spots(DARK, LIGHT, 0.5)), find_clusters(spots(*shifted, share=0.5)), 0.5
    )
    order = np.argsort(between.means[:, 0])
    assert between.means[order] == pytest.approx(np.array([DARK, LIGHT]) + 10, abs=1)


def test_a_fade_begins_and_ends_without_a_jump():
    image, first, second = picture(1), of_palette("embers"), of_palette("glacier")
    for share, end in ((1e-6, first), (1 - 1e-6, second)):
        near = hold_clusters(image, mix_clusters(first, second, share), 1)
        assert (
            near.sub(hold_clusters(image, end, 1)).abs().mean() < 0.6
        )  # a floor under the spreads moves a little
    assert mix_clusters(first, second, 0) is first
    assert mix_clusters(first, second, 1) is second
