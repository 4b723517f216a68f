"""Generated pictures: the same for a seed, the same composition at every size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dreamzoom.errors import PictureError
from dreamzoom.pictures import clouds as cloudscape
from dreamzoom.pictures.clouds import clouds, displace, fractal_noise, gradient_noise, make_canvas
from dreamzoom.pictures.generate import GENERATORS, grey, noise, start_picture
from dreamzoom.pictures.scenes import hills, marble, nebula
from dreamzoom.randomness import picture_generator
from dreamzoom.recipe.units import Size

SMALL = Size(96, 54)


def pixels(image: Image.Image) -> NDArray[np.float64]:
    return np.asarray(image, dtype=np.float64)


def shrunk(image: Image.Image) -> NDArray[np.float64]:
    return pixels(image.resize((64, 36), Image.Resampling.BOX))


@pytest.mark.parametrize("name", sorted(GENERATORS))
@pytest.mark.parametrize("size", [Size(32, 32), Size(33, 57), Size(320, 32), SMALL])
def test_a_generated_picture_has_the_size_asked_for(name: str, size: Size) -> None:
    picture = GENERATORS[name](size, 3)
    assert (picture.mode, picture.size) == ("RGB", (size.width, size.height))


@pytest.mark.parametrize("name", sorted(GENERATORS.keys() - {"grey"}))
def test_a_seed_decides_the_picture(name: str) -> None:
    draw = GENERATORS[name]
    assert draw(SMALL, 1).tobytes() == draw(SMALL, 1).tobytes()
    assert draw(SMALL, 1).tobytes() != draw(SMALL, 2).tobytes()
    assert draw(SMALL, 2**63 - 1).tobytes() != draw(SMALL, 0).tobytes()


@pytest.mark.parametrize("draw", [hills, marble, nebula])
def test_scenes_are_the_same_at_every_size(draw: Callable[[Size, int], Image.Image]) -> None:
    small, large = (shrunk(draw(size, 2)) for size in (Size(160, 90), Size(320, 180)))
    other = shrunk(draw(Size(160, 90), 3))
    assert np.abs(small - large).mean() < np.abs(small - other).mean() / 3


@pytest.mark.parametrize("seed", [0, 5])
def test_clouds_are_the_same_at_every_size(seed: int) -> None:
    small, large = (shrunk(clouds(size, seed)) for size in (Size(320, 180), Size(640, 360)))
    other = shrunk(clouds(Size(320, 180), seed + 1))
    assert np.abs(small - large).mean() < 2  # grey levels
    assert np.abs(small - other).mean() > 10


def test_clouds_in_another_format_are_the_same_clouds_with_more_to_the_sides() -> None:
    wide, narrow = pixels(clouds(Size(240, 90), 4)), pixels(clouds(Size(90, 90), 4))
    assert np.abs(wide[:, 75:165] - narrow).mean() < 1


def test_very_large_clouds_are_drawn_smaller_and_enlarged(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = clouds(Size(320, 180), 0)
    monkeypatch.setattr(cloudscape, "_MOST_PIXELS", 320 * 180)
    enlarged = clouds(Size(961, 541), 0)
    assert enlarged.size == (961, 541)
    assert np.abs(shrunk(drawn) - shrunk(enlarged)).mean() < 2


@pytest.mark.parametrize("seed", range(6))
def test_clouds_are_white_before_a_blue_sky(seed: int) -> None:
    picture = pixels(clouds(Size(160, 90), seed))
    top, bottom = picture[:9].mean(axis=(0, 1)), picture[-18:].mean(axis=(0, 1))
    assert top[2] > top[1] > top[0]  # blue above
    assert bottom.min() > 100  # bright below
    assert np.ptp(bottom) < 60
    assert picture.std() > 30  # something for a dream to hold on to


def test_noise_is_grey_and_uniform() -> None:
    picture = pixels(noise(Size(256, 256), 0))
    assert (picture.min(), picture.max()) == (67, 167)
    assert picture.mean() == pytest.approx(117, abs=0.3)
    assert picture.std() == pytest.approx(np.sqrt((101**2 - 1) / 12), rel=0.01)


def test_grey_is_nothing_else() -> None:
    assert grey(SMALL).getcolors() == [(96 * 54, (117, 117, 117))]


def test_a_start_picture_is_generated_or_read(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (9, 8, 7)).save(tmp_path / "clouds", "PNG")
    assert start_picture("clouds", SMALL, 1).tobytes() == clouds(SMALL, 1).tobytes()
    read = start_picture(f"{tmp_path}/clouds", SMALL, 1)
    assert read.getcolors() == [(96 * 54, (9, 8, 7))]


def test_a_misspelt_generator_is_answered_with_the_nearest() -> None:
    with pytest.raises(PictureError, match=r"cloud: there is no such file; did you mean 'clouds'\?"):
        start_picture("cloud", SMALL, 0)


def test_gradient_noise_is_zero_on_the_lattice_and_smooth_between() -> None:
    points = np.linspace(-3, 4, 141)  # a twentieth of a cell apart
    field = gradient_noise(points, points, picture_generator(0, 0))
    assert np.abs(field[::20, ::20]).max() < 1e-5
    assert np.abs(np.diff(field, axis=0)).max() < 0.2
    assert 0.2 < field.std() < 0.6


def test_gradient_noise_is_a_function_of_the_place() -> None:
    x, y = np.linspace(-2, 2, 41), np.linspace(0, 1, 11)
    whole = gradient_noise(x, y, picture_generator(7, 1))
    part = gradient_noise(x[10:20], y[3:], picture_generator(7, 1))
    np.testing.assert_allclose(part, whole[3:, 10:20], atol=1e-6)


def test_octaves_too_fine_for_a_canvas_are_left_out() -> None:
    coarse = fractal_noise(make_canvas(40, 32, 0), 1, 10, octaves=1)
    np.testing.assert_array_equal(fractal_noise(make_canvas(40, 32, 0), 1, 10, octaves=8), coarse)


def test_a_displaced_field_is_seen_from_further_on() -> None:
    field = np.add.outer(np.arange(10) * 3, np.arange(12)).astype(np.float32)
    moved = displace(field, np.float32(1.5), np.float32(2))
    np.testing.assert_allclose(moved[:7, :9], field[:7, :9] + 1.5 + 6, atol=1e-3)
