"""Warps, blends and mirrors by each way there is of computing them, against sums in float64, SciPy and closed
forms.
"""

from __future__ import annotations

import cmath
import ctypes
import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from dreamzoom.camera.kaleidoscope import fold
from dreamzoom.camera.lens import Lens, Moment, make_inbetween
from dreamzoom.camera.resample import warp
from dreamzoom.camera.similarity import Similarity, camera_motion
from dreamzoom.engines.torch.native import build, library
from dreamzoom.engines.torch.native.sampling import Place, sampler_for
from support.engines import in_threads

FILTERS = {"bilinear": 1, "cubic": 2, "lanczos": 3}
KERNELS = list(FILTERS)


def levels() -> list[str]:
    """The kernels that were compiled and that this processor can run."""
    if build.find_compiler() is None:
        return []
    return ["avx2", "avx512"] if torch.backends.cpu.get_cpu_capability() == "AVX512" else ["avx2"]


@pytest.fixture(scope="module", autouse=True, params=["torch", *levels()])
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each test is for torch's operations and for the kernels of each level."""
    loaded = None if request.param == "torch" else ctypes.CDLL(str(build.library_path(request.param)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "compiled_library", lambda: loaded)
        yield request.param


def noise(shape: tuple[int, int, int], seed: int = 0) -> torch.Tensor:
    """8-bit values without any order, as float32."""
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, shape).astype(np.float32))


def weight(name: str, distance: np.ndarray) -> np.ndarray:
    x = np.abs(distance)
    if name == "bilinear":
        return np.maximum(1 - x, 0)
    if name == "lanczos":
        return np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0)
    near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def mirrored(index: np.ndarray, side: int) -> np.ndarray:
    folded = index % (2 * side)
    return np.minimum(folded, 2 * side - 1 - folded)


def exact(image: torch.Tensor, motion: Similarity, name: str) -> np.ndarray:
    """The definition in float64: every pixel the weighted mean of the pixels around where it comes from."""
    pixels, source = image.double().numpy(), motion.inverse()
    _, height, width = pixels.shape
    points = source.factor * (np.arange(width) + 1j * np.arange(height)[:, None]) + source.offset
    total, weights = np.zeros(pixels.shape), np.zeros((height, width))
    reach = FILTERS[name]
    for down in range(1 - reach, reach + 1):
        for right in range(1 - reach, reach + 1):
            x, y = np.floor(points.real) + right, np.floor(points.imag) + down
            share = weight(name, points.real - x) * weight(name, points.imag - y)
            total += share * pixels[:, mirrored(y.astype(int), height), mirrored(x.astype(int), width)]
            weights += share
    return total / weights


motions = st.builds(
    Similarity,
    st.builds(cmath.rect, st.floats(0.2, 5.0), st.floats(-math.pi, math.pi)),
    st.builds(complex, st.floats(-90, 90), st.floats(-90, 90)),
)
sides = st.integers(1, 40)


@settings(deadline=None, max_examples=30)
@given(st.tuples(st.integers(1, 4), sides, sides), motions, st.sampled_from(KERNELS))
def test_a_warp_is_the_weighted_mean_of_neighbours(way, shape, motion, name):
    image = noise(shape)
    difference = np.abs(warp(image, motion, name).numpy() - exact(image, motion, name))
    assert difference.max() < (0.05 if way == "torch" else 0.005)


@pytest.mark.parametrize("size", [(40, 30), (33, 17), (7, 50), (1, 9), (9, 1), (1, 1)])
def test_bilinear_is_scipys_under_any_motion(size):
    image, motion = noise((3, size[1], size[0])), camera_motion(size, zoom=0.7, rotate=33, pan=(0.4, -2.3))
    source = motion.inverse()
    points = source.factor * (np.arange(size[0]) + 1j * np.arange(size[1])[:, None]) + source.offset
    expected = [
        ndimage.map_coordinates(plane, [points.imag, points.real], order=1, mode="reflect")
        for plane in image.double().numpy()
    ]
    assert np.abs(warp(image, motion, "bilinear").numpy() - expected).max() < 0.02


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("turn", [1, 1j, -1, -1j])
def test_quarter_turns_and_whole_pixels_are_exact(way, name, turn):
    image = noise((3, 21, 21), 1)
    image[0, 3:9] = 0  # where a trace of a neighbour would show
    middle = complex(10, 10)
    moved = warp(image, Similarity(complex(turn), middle - turn * middle), name)
    turned = torch.rot90(image, {1: 0, 1j: -1, -1: 2, -1j: 1}[turn], (1, 2))
    shifted = warp(image, Similarity(1 + 0j, complex(3, -25)), name)
    expected = image[:, mirrored(np.arange(21) + 25, 21)][:, :, mirrored(np.arange(21) - 3, 21)]
    if way == "torch":
        torch.testing.assert_close(moved, turned, rtol=0, atol=1e-4)
        torch.testing.assert_close(shifted, expected, rtol=0, atol=1e-4)
    else:
        assert torch.equal(moved, turned)
        assert torch.equal(shifted, expected)


@pytest.mark.parametrize("name", ["bilinear", "cubic"])
def test_a_slope_is_sampled_exactly_in_any_direction(name):
    y, x = torch.meshgrid(torch.arange(60.0), torch.arange(70.0), indexing="ij")
    slope = (1.5 * x - 0.75 * y + 40).expand(3, -1, -1).clone()
    motion = camera_motion((70, 60), zoom=1.7, rotate=28, target=(0.45, 0.55))
    source = motion.inverse()
    points = source.factor * (x + 1j * y) + source.offset
    inside = (points.real > 3) & (points.real < 66) & (points.imag > 3) & (points.imag < 56)
    found = warp(slope, motion, name)
    assert inside.sum() > 2000
    assert (found - (1.5 * points.real - 0.75 * points.imag + 40))[:, inside].abs().max() < 1e-3


@pytest.mark.parametrize("name", KERNELS)
def test_bytes_are_sampled_as_the_same_numbers(name):
    image, motion = noise((3, 25, 37)), camera_motion((37, 25), zoom=1.1, rotate=4)
    expected = warp(image, motion, name)
    bytes_by_plane = image.to(torch.uint8)
    by_pixel = torch.from_numpy(image.numpy().transpose(1, 2, 0).copy()).permute(2, 0, 1)
    for same in (bytes_by_plane, by_pixel, by_pixel.to(torch.uint8), image.repeat(1, 1, 2)[:, :, :37]):
        found = warp(same, motion, name)
        assert found.dtype == torch.float32
        assert torch.equal(found, expected)


def test_what_is_no_number_stays_where_it_is():
    image, motion = noise((3, 30, 40)), camera_motion((40, 30), zoom=1.1, rotate=3)
    image[1, 20, 10] = torch.nan
    found = warp(image, motion, "cubic").isnan()
    assert 4 <= found[1].sum() <= 24
    assert not found[[0, 2]].any()


def test_threads_do_not_decide_the_bytes():
    image, other = noise((3, 45, 61)), noise((3, 45, 61), 1)
    motion = camera_motion((61, 45), zoom=1.1, rotate=5)
    moment = Moment(0.4, motion.power(0.4), motion.power(0.6))
    found = in_threads(
        lambda: torch.stack(
            [
                warp(image, motion, "lanczos"),
                fold(image, 3),
                make_inbetween(image, other, moment, Lens("cubic", 3)),
            ]
        )
    )
    assert all(torch.equal(each, found[0]) for each in found)


# ---- blends and mirrors ----------------------------------------------------------------------------


def in_between(first: torch.Tensor, second: torch.Tensor, moment: Moment, name: str) -> np.ndarray:
    """Its definition in float64: each picture counts in full inside its border, and 8 pixels on no more."""
    height, width = first.shape[1:]
    grid = np.arange(width) + 1j * np.arange(height)[:, None]
    weights, moved = [], []
    for picture, motion, share in (
        (first, moment.since_first, 1 - moment.share),
        (second, moment.until_second.inverse(), moment.share),
    ):
        points = motion.inverse()(grid)
        inside = np.minimum(
            np.minimum(points.real, width - 1 - points.real),
            np.minimum(points.imag, height - 1 - points.imag),
        )
        weights.append(share * np.clip(1 + inside / 8, 1e-4, 1))
        moved.append(exact(picture, motion, name))
    return (weights[0] * moved[0] + weights[1] * moved[1]) / (weights[0] + weights[1])


@settings(deadline=None, max_examples=12)
@given(
    st.floats(0.02, 0.98), st.floats(0.6, 1.6), st.floats(-40, 40), st.tuples(sides, sides),
    st.sampled_from(KERNELS), st.booleans(),
)  # fmt: skip
def test_an_in_between_is_the_mean_of_what_both_know(way, share, zoom, turn, sizes, name, as_bytes):
    first, second = noise((3, *sizes)), noise((3, *sizes), 1)
    motion = camera_motion(sizes[::-1], zoom=zoom, rotate=turn, pan=(0.2, 0.1))
    moment = Moment(share, motion.power(share), motion.power(1 - share))
    given_as = (first.to(torch.uint8), second.to(torch.uint8)) if as_bytes else (first, second)
    found = make_inbetween(*given_as, moment, Lens(name))
    difference = np.abs(found.numpy() - in_between(first, second, moment, name))
    assert difference.max() < (0.05 if way == "torch" else 0.005)


@pytest.mark.parametrize("mirrors", [1, 5])
@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("size", [(37, 53), (5, 4), (1, 1)])
def test_every_way_shows_the_same_in_mirrors(way, mirrors, name, size, monkeypatch):
    first, second = noise((3, size[1], size[0])), noise((3, size[1], size[0]), 1)
    motion = camera_motion(size, zoom=1.2, rotate=20)
    moment = Moment(0.3, motion.power(0.3), motion.power(0.7))
    folded, between = fold(first, mirrors, name), make_inbetween(first, second, moment, Lens(name, mirrors))
    assert torch.equal(fold(folded, mirrors, name), folded)
    monkeypatch.setattr(library, "compiled_library", lambda: None)
    torch.testing.assert_close(folded, fold(first, mirrors, name), rtol=0, atol=0.001)
    again = make_inbetween(first, second, moment, Lens(name, mirrors))
    torch.testing.assert_close(between, again, rtol=0, atol=0.05)


# ---- what is left to torch -------------------------------------------------------------------------


@pytest.mark.parametrize("image", [noise((5, 20, 30)), noise((3, 20, 30)).double()])
def test_other_pictures_are_left_to_torch(image):
    assert sampler_for(image, "cubic") is None
    motion = camera_motion((30, 20), zoom=1.1, rotate=3)
    found = warp(image, motion, "cubic")
    assert found.dtype == image.dtype
    assert np.abs(found.numpy() - exact(image, motion, "cubic")).max() < 0.02


@pytest.mark.parametrize("motion", [Similarity(1e-9 + 0j), Similarity(1j, 1e15 + 0j)])
def test_a_picture_beyond_all_bounds_is_some_of_its_pixels(motion):
    found = warp(noise((3, 8, 9)), motion, "cubic")
    assert found.shape == (3, 8, 9)
    assert found.isfinite().all()


def test_what_lies_too_far_away_is_refused_before_c_sees_it(way):
    sampler = sampler_for(noise((3, 8, 9)), "cubic")
    assert (sampler is None) == (way == "torch")
    for far in (Place(complex("nan"), 0j), Place(1 + 0j, complex(1e15, 0)), Place(1e7 + 0j, 0j)):
        assert not far.is_near
        if sampler:
            with pytest.raises(ValueError, match="too far"):
                sampler.warp(noise((3, 8, 9)), far)
