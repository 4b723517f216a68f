"""The kaleidoscope: symmetric, exact in its source sector, and the same however often a picture is folded."""

from __future__ import annotations

import cmath
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dreamzoom.camera.kaleidoscope import fold, source_sector
from dreamzoom.camera.lens import Lens, Moment, make_inbetween
from dreamzoom.camera.resample import warp
from dreamzoom.camera.similarity import Similarity, camera_motion
from dreamzoom.clip.folder import open_clip
from dreamzoom.errors import RecipeError
from dreamzoom.footage.shutter import retime
from dreamzoom.pictures.frames import read_frame, round_to_uint8, to_array, to_tensor
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.draft import make_draft
from dreamzoom.report.frames import flicker
from support.clips import frame_files, quickly, render_here

KERNELS = ["bilinear", "cubic", "lanczos"]
SIZES = [(96, 64), (64, 96), (65, 65), (97, 64)]
NEAR_A_MIRROR = 3.0  # pixels; there a kernel reaches across, and a picture has a kink


def noise(width: int, height: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed)) * 255


def wave(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A smooth chart: grey levels at places about the middle."""
    return 128 + 50 * np.sin(x / 7 + 1) * np.cos(y / 8) + 30 * np.sin((x - y) / 9)


def middle_places(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[0.0:height, 0.0:width]
    return x - (width - 1) / 2, y - (height - 1) / 2


def chart(width: int, height: int) -> torch.Tensor:
    return torch.from_numpy(wave(*middle_places(width, height)).astype(np.float32)).expand(3, -1, -1).clone()


def reflected(
    x: np.ndarray, y: np.ndarray, start: float, end: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points brought between two mirrors by one reflection after the other, and how near a mirror came."""
    nearest = np.full_like(x, np.inf)
    for _ in range(60):
        for angle, side in ((start, 1), (end, -1)):
            normal = (-math.sin(angle) * side, math.cos(angle) * side)  # points into the sector
            distance = x * normal[0] + y * normal[1]
            nearest = np.minimum(nearest, np.abs(distance))
            behind = np.minimum(distance, 0)
            x, y = x - 2 * behind * normal[0], y - 2 * behind * normal[1]
    return x, y, nearest


def degrees(size: tuple[int, int], mirrors: int) -> tuple[float, float]:
    sector = source_sector(size, mirrors)
    return math.degrees(sector.start), math.degrees(sector.start + sector.width)


def test_without_mirrors_a_picture_is_itself():
    image = noise(40, 30)
    assert fold(image, 0) is image


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("width", [64, 65])
def test_one_mirror_shows_the_right_half_to_the_left_to_the_bit(width, kernel):
    image = noise(width, 48)
    folded = fold(image, 1, kernel)
    assert torch.equal(folded, folded.flip(2))
    assert torch.equal(folded[:, :, width // 2 :], image[:, :, width // 2 :])


@pytest.mark.parametrize("kernel", KERNELS)
def test_two_mirrors_make_four_quarters_to_the_bit(kernel):
    image = noise(64, 49)
    folded = fold(image, 2, kernel)
    assert torch.equal(folded, folded.flip(2))
    assert torch.equal(folded, folded.flip(1))
    assert torch.equal(folded[:, 24:, 32:], image[:, 24:, 32:])


def test_four_mirrors_of_a_square_make_it_its_own_transpose():
    folded = fold(noise(64, 64), 4)
    assert torch.equal(folded, folded.transpose(1, 2))
    assert torch.equal(folded, folded.flip(1))


@settings(deadline=None, max_examples=25)
@given(
    st.tuples(st.integers(32, 120), st.integers(32, 120)),
    st.integers(1, 24),
    st.sampled_from(KERNELS),
)
def test_folded_again_it_is_the_same_to_the_bit(size, mirrors, kernel):
    once = fold(noise(*size), mirrors, kernel)
    assert torch.equal(fold(once, mirrors, kernel), once)


@pytest.mark.parametrize("mirrors", [1, 2, 3, 5, 8, 24])
@pytest.mark.parametrize("size", SIZES)
def test_the_source_sector_stays_as_it_is_and_decides_alone(size, mirrors):
    image, other = noise(*size), noise(*size, seed=1)
    x, y = middle_places(*size)
    start, end = degrees(size, mirrors)
    turned = np.degrees(np.arctan2(y, x))
    inside = torch.from_numpy((turned > start + 1e-6) & (turned < end - 1e-6))
    on_a_mirror = torch.from_numpy(np.hypot(x, y) * np.abs(np.sin(np.radians(turned - start))) < 1e-5)
    on_a_mirror |= torch.from_numpy(np.hypot(x, y) * np.abs(np.sin(np.radians(turned - end))) < 1e-5)
    assert inside.any()
    folded = fold(image, mirrors)
    assert torch.equal(folded[:, inside], image[:, inside])
    changed = image.where(inside | on_a_mirror, other)
    assert torch.equal(fold(changed, mirrors), folded)


@pytest.mark.parametrize("mirrors", [2, 3, 5, 6, 12])
@pytest.mark.parametrize("size", SIZES)
def test_every_place_shows_what_reflections_bring_there(size, mirrors):
    x, y = middle_places(*size)
    start, end = (math.radians(angle) for angle in degrees(size, mirrors))
    from_x, from_y, nearest = reflected(x, y, start, end)
    known = (np.abs(from_x) < size[0] / 2 - 3) & (np.abs(from_y) < size[1] / 2 - 3)
    smooth = known & (nearest > NEAR_A_MIRROR)
    assert smooth.mean() > 0.09
    error = np.abs(fold(chart(*size), mirrors)[0].numpy() - wave(from_x, from_y))
    assert error[smooth].max() < 0.02
    # At a mirror the chart, which changes by up to 15 grey levels a pixel, has a kink.
    assert error[known].max() < 12
    assert error[known].mean() < 0.3


@pytest.mark.parametrize("mirrors", [3, 5, 6])
def test_a_folded_picture_turned_by_two_sectors_is_itself(mirrors):
    folded = fold(chart(96, 96), mirrors)
    turned = warp(folded, camera_motion((96, 96), zoom=1, rotate=360 / mirrors))
    x, y = middle_places(96, 96)
    error = (turned - folded)[:, np.hypot(x, y) < 44].abs()
    assert error.mean() < 0.3
    upright = (folded - folded.flip(2)).abs()
    assert upright.max() < 1e-2


@pytest.mark.parametrize("mirrors", [1, 3, 7, 24])
@pytest.mark.parametrize("size", [(32, 32), (200, 40), (40, 200), (97, 61)])
def test_no_corner_stays_empty(size, mirrors):
    for kernel in KERNELS:
        flat = torch.full((3, size[1], size[0]), 201.0)
        assert torch.allclose(fold(flat, mirrors, kernel), flat, atol=1e-3)


def test_what_lies_beyond_the_border_goes_on_without_a_jump():
    """The corners of a wide picture need what is to the right of its border: it is mirrored there."""
    folded = fold(chart(200, 110), 6)
    steps = max(float(folded.diff(dim=1).abs().max()), float(folded.diff(dim=2).abs().max()))
    chart_steps = float(chart(200, 110).diff(dim=2).abs().max())
    assert steps < 2.5 * chart_steps


@pytest.mark.parametrize(
    ("size", "mirrors", "expected"),
    [
        ((640, 360), 1, (-90, 90)),
        ((640, 360), 2, (0, 90)),
        ((640, 360), 3, (-30, 30)),
        ((640, 360), 4, (0, 45)),
        ((640, 360), 5, (-18, 18)),
        ((640, 360), 24, (22.5, 30)),  # the corner is at 29.4 degrees
        ((360, 640), 3, (30, 90)),
        ((360, 640), 4, (45, 90)),
    ],
)
def test_the_source_sector_lies_where_the_border_is_far(size, mirrors, expected):
    assert degrees(size, mirrors) == pytest.approx(expected)


def test_the_number_of_channels_and_the_type_are_kept():
    image = torch.rand(1, 40, 60, dtype=torch.float64)
    folded = fold(image, 5)
    assert (folded.shape, folded.dtype) == (image.shape, image.dtype)


# ---- in motion -----------------------------------------------------------------------------------


def test_between_two_pictures_behind_mirrors_lies_what_the_camera_shows_half_way():
    lens, size = Lens("cubic", 3), (240, 136)
    scene = warp(chart(*size), Similarity(cmath.rect(1.0, 0.3)))
    motion = camera_motion(size, zoom=1.04, rotate=12)
    first, second = lens.fold(scene), lens.fold(warp(scene, motion))
    for share in (0.25, 0.5, 0.75):
        moment = Moment(share, motion.power(share), motion.power(1 - share))
        expected = lens.fold(warp(scene, motion.power(share)))
        between = make_inbetween(first, second, moment, lens)
        # 1.2 to 2.3 where a picture counts that the mirrors have cut off.
        assert (between - expected).abs().mean() < 1
        assert torch.equal(lens.fold(between), between)


def test_a_picture_that_only_moved_behind_its_mirrors_does_not_flicker():
    lens, motion = Lens(mirrors=5), camera_motion((128, 96), zoom=1.03, rotate=4)
    before = lens.fold(chart(128, 96))
    frames = [to_array(round_to_uint8(image)) for image in (before, lens.move(before, motion))]
    assert flicker(*frames, motion, lens) < 0.5
    assert flicker(*frames, motion) > 2


# ---- in clips ------------------------------------------------------------------------------------


MIRRORED = (
    *("--set", "camera.mirrors=2", "--set", "camera.rotate=3", "--set", "camera.pan=[0.01,0.02]"),
    *("--set", "colour.hold=1", "--set", "colour.even=0.1"),
)


@pytest.fixture(scope="module", params=[1, 3], ids=["dreamed", "in-betweens"])
def clip(request, tmp_path_factory) -> Path:
    every = ("--set", f"camera.every={request.param}")
    return render_here(tmp_path_factory.mktemp("fold") / "clip", *MIRRORED, *every, frames=7)


def symmetric(frame: np.ndarray) -> bool:
    return np.array_equal(frame, frame[:, ::-1]) and np.array_equal(frame, frame[::-1])


def test_every_stored_frame_is_symmetric(clip):
    frames = [read_frame(path) for path in open_clip(clip).finished_frames()]
    assert len(frames) == 7
    assert all(map(symmetric, frames))
    assert not np.array_equal(frames[-1], frames[-2])


def test_at_another_speed_the_frames_between_are_symmetric(clip):
    assert all(map(symmetric, retime(open_clip(clip), range(7), Fraction(2, 3))))


def test_a_mirrored_clip_resumes_exactly(clip, tmp_path):
    every = open_clip(clip).recipe.camera.every
    pieces = render_here(tmp_path / "pieces", *MIRRORED, "--set", f"camera.every={every}", frames=3)
    quickly("extend", pieces, "--frames", 7)
    assert frame_files(pieces) == frame_files(clip)


@pytest.mark.parametrize("mirrors", [5, 6])
def test_a_stored_rosette_folds_to_itself_but_for_rounding(mirrors, tmp_path):
    clip = render_here(tmp_path / "clip", "--set", f"camera.mirrors={mirrors}", frames=3)
    for path in open_clip(clip).finished_frames():
        stored = to_tensor(read_frame(path)).float()
        again = fold(stored, mirrors).clamp(0, 255).round()
        # A stored frame was rounded after it was folded: each neighbour by half a grey level at most.
        assert (again - stored).abs().max() <= 2


def test_a_draft_has_the_mirrors_too():
    assert make_draft(build_recipe({"camera": {"mirrors": 5}})).camera.mirrors == 5


def test_a_dreamed_picture_is_mirrored_too(picture_file, tmp_path):
    out = tmp_path / "out.png"
    quickly("dream", picture_file, "-o", out, "--set", "camera.mirrors=1", "--set", "dream.octaves=1")
    with Image.open(out) as picture:
        pixels = np.asarray(picture)
    assert np.array_equal(pixels, pixels[:, ::-1])
    assert pixels.std() > 0


@pytest.mark.parametrize("mirrors", [-1, 25, 2.5])
def test_what_is_no_number_of_mirrors_is_refused(mirrors):
    with pytest.raises(RecipeError, match=r"camera\.mirrors: must be a whole number from 0 to 24"):
        build_recipe({"camera": {"mirrors": mirrors}})
