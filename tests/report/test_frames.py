"""What is measured of frames, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from dreamzoom.camera.similarity import Similarity, camera_motion
from dreamzoom.pictures.thumbnails import correlation, thumbnail
from dreamzoom.report.frames import clipped_share, contrast, flicker


def grey(level: int, height: int = 36, width: int = 64) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def halves(left: int, right: int) -> np.ndarray:
    frame = grey(left)
    frame[:, 32:] = right
    return frame


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (36, 64, 3), dtype=np.uint8)


def test_contrast_is_a_multiple_of_the_start_images():
    assert contrast(halves(100, 160), halves(100, 120)) == pytest.approx(3)


def test_a_flat_start_image_leaves_nothing_to_compare_with():
    assert contrast(halves(0, 1), grey(70)) is None


def test_clipped_share_counts_the_ends_alone():
    frame = grey(254)
    frame[:9] = 0
    frame[9:18, :, 1] = 255
    assert clipped_share(frame) == pytest.approx(1 / 4 + 1 / 12)


def test_flicker_of_a_picture_that_only_moved_is_nothing():
    before = noise(1)
    after = np.concatenate([before[:, 1:], before[:, -1:]], axis=1)  # mirrored at the edge
    assert flicker(before, after, Similarity(1 + 0j, -1 + 0j)) == 0


def test_flicker_is_in_grey_levels_whatever_the_camera_does():
    motion = camera_motion((64, 36), zoom=1.3, rotate=7)
    assert flicker(grey(40), grey(47), motion) == pytest.approx(7, abs=1e-3)


def test_a_cut_flickers_by_the_distance_of_its_pictures():
    assert flicker(halves(10, 200), halves(200, 10), Similarity()) == 190


def test_a_thumbnail_is_luma_averaged_over_what_it_covers():
    frame = np.zeros((36, 64, 3), np.uint8)
    frame[0:2, 0:2] = [[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [0, 0, 0]]]
    small = thumbnail(frame)
    assert small.shape == (18, 32)
    assert small[0, 0] == pytest.approx(255 / 4, abs=1e-3)
    assert small[1:, 1:].max() == 0


def test_correlation_is_one_for_the_same_picture_in_another_contrast():
    small = thumbnail(noise(2))
    assert correlation(small, small * 0.3 + 20) == pytest.approx(1)
    assert correlation(small, 255 - small) == pytest.approx(-1)


def test_correlation_is_numpys():
    one, other = thumbnail(noise(3)), thumbnail(noise(4)) + 0.5 * thumbnail(noise(3))
    assert correlation(one, other) == pytest.approx(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_flat_pictures_are_alike_and_unlike_all_others():
    flat = thumbnail(grey(30))
    assert correlation(flat, thumbnail(grey(200))) == 1
    assert correlation(flat, thumbnail(noise(5))) == 0
