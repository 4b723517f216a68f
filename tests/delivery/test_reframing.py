"""A programme in another shape: its window goes with the fall point, calmly, and shows what is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from dreamzoom.camera.aim import Point
from dreamzoom.delivery.reframing import ReframedProgramme
from dreamzoom.delivery.shapes import PORTRAIT, enlargement_doubt, has_shape, size_of_shape
from dreamzoom.errors import RequestError
from dreamzoom.footage.programme import Programme, Shown, deepen
from support.programmes import Flashing


@dataclass(frozen=True)
class Ramp(Flashing):
    """A programme whose pixels tell where they are: red across, green down; it falls where it is told to."""

    falls: Callable[[int], Point] = lambda frame: (0.5, 0.5)

    def pictures(self, frames: Sequence[int], *, deep: bool = False) -> Iterator[Shown]:
        width, height = self.size
        picture = np.zeros((height, width, 3), np.uint8)
        picture[:, :, 0] = np.arange(width)
        picture[:, :, 1] = np.arange(height)[:, None]
        for _ in frames:
            yield deepen(picture) if deep else picture

    def fall_point(self, frame: int) -> Point:
        return self.falls(frame)


def lefts(reframed: ReframedProgramme) -> np.ndarray:
    """Where each window's left edge lies, in pixels of the programme, read off its pictures."""
    width = reframed.size[0]
    shown = reframed.pictures(range(reframed.count), deep=True)
    middles = [picture[:, width // 2 - 1 : width // 2 + 1, 0].mean() / 257 + 0.5 for picture in shown]
    return np.array(middles) - reframed.window[0] / 2


@pytest.mark.parametrize(("fall", "left"), [(0.5, 60), (0.25, 20), (0.0, 0), (1.0, 120)])
def test_the_window_stands_where_the_camera_falls_inside_the_picture(fall: float, left: int) -> None:
    programme = Ramp(Path("clip"), (160, 80), count=3, falls=lambda frame: (fall, 0.9))
    reframed: Programme = ReframedProgramme(programme, (40, 80))
    for picture in reframed.pictures([0, 2]):
        assert np.array_equal(picture[0, :, 0], np.arange(left, left + 40))
        assert np.array_equal(picture[:, 0, 1], np.arange(80))
    assert reframed.fall_point(1) == pytest.approx(((fall * 160 - left) / 40, 0.9))


def test_of_a_high_picture_it_moves_up_and_down() -> None:
    programme = Ramp(Path("clip"), (60, 90), falls=lambda frame: (0.1, 0.8))
    (picture,) = ReframedProgramme(programme, (60, 60)).pictures([5])
    assert np.array_equal(picture[:, 0, 1], np.arange(30, 90))


def test_it_goes_over_calmly_where_the_point_leaps() -> None:
    programme = Ramp(
        Path("clip"), (200, 50), count=200, falls=lambda frame: (0.25 if frame < 100 else 0.75, 0.5)
    )
    way = lefts(ReframedProgramme(programme, (50, 50)))
    assert way[0] == pytest.approx(25, abs=0.3)
    assert way[-1] == pytest.approx(125, abs=0.3)
    assert way[99:101].mean() == pytest.approx(75, abs=1)
    speeds = np.diff(way)
    assert speeds.min() > -0.1
    assert speeds.max() < 0.75 * 50 / 30 + 0.1
    assert np.abs(np.diff(speeds)).max() < 0.2


def test_a_point_that_trembles_hardly_moves_it() -> None:
    programme = Ramp(Path("clip"), (200, 50), count=90, falls=lambda frame: (0.45 + 0.1 * (frame % 2), 0.5))
    assert np.ptp(lefts(ReframedProgramme(programme, (50, 50)))) < 1.5


def test_at_a_cut_it_goes_over_at_once() -> None:
    programme = Ramp(
        Path("film"), (200, 50), count=60, cuts=(30,), falls=lambda frame: (0.25 if frame < 30 else 0.75, 0.5)
    )
    way = lefts(ReframedProgramme(programme, (50, 50)))
    assert np.allclose(way[:30], 25, atol=0.1)
    assert np.allclose(way[30:], 125, atol=0.1)


def test_a_loops_window_has_no_seam() -> None:
    def circling(frame: int) -> Point:
        return 0.5 + 0.2 * np.sin(2 * np.pi * frame / 60), 0.5

    way = lefts(
        ReframedProgramme(Ramp(Path("loop"), (200, 50), count=60, is_loop=True, falls=circling), (50, 50))
    )
    steps = np.abs(np.diff(np.append(way, way[0])))
    assert steps[-1] <= steps[:-1].max() + 0.05
    assert np.ptp(way) > 20


def test_deep_pictures_are_scaled_deep() -> None:
    programme = Ramp(Path("clip"), (160, 80))
    reframed = ReframedProgramme(programme, (160, 320))
    (deep,) = reframed.pictures([0], deep=True)
    (plain,) = reframed.pictures([0])
    assert deep.shape == plain.shape == (320, 160, 3)
    assert np.abs(deep / 257 - plain).max() <= 1
    assert np.unique(deep[:, :, 0]).size > 150


def test_what_is_much_enlarged_is_told_with_the_way_on() -> None:
    doubt = enlargement_doubt((640, 360), PORTRAIT)
    assert doubt is not None
    assert doubt.startswith("202x360 pixels of each frame are enlarged 5.3 times, to 1080x1920")
    assert doubt.endswith("(--size 720x1280)")
    assert enlargement_doubt((1920, 1080), (606, 1080)) is None


def test_shapes_have_a_size() -> None:
    assert has_shape((406, 720), (9, 16))
    assert not has_shape((640, 360), (3, 2))
    assert [size_of_shape(*shape) for shape in ((4, 5), (1, 1), (21, 9))] == [
        (1080, 1350),
        (1080, 1080),
        (2520, 1080),
    ]
    for shape in ((0, 1), (1, 100)):
        with pytest.raises(RequestError, match="such as 4:5"):
            size_of_shape(*shape)
