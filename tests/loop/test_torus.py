"""The torus of an endless zoom: its map against the complex logarithm, its periods, its size."""

from __future__ import annotations

import cmath
import math
from fractions import Fraction

import numpy as np
import pytest

from dreamzoom.loop.torus import Phase, Torus, frame_points, torus_for

SOME = (0.3 + 0.2j, -0.7 + 0.01j, 0.001 - 0.5j, -0.2 - 0.9j)


def place(torus: Torus, z: complex) -> complex:
    """Where a point lies, in cells, columns + i rows."""
    rows, columns = torus.places(np.array([z]))
    return complex(columns[0], rows[0])


@pytest.mark.parametrize("z", SOME)
def test_a_place_is_the_complex_logarithm(z):
    torus = Torus(1000, 500, 16.0)
    w = cmath.log(z)
    assert place(torus, z) == pytest.approx(complex(w.imag / math.tau * 1000, w.real / math.log(16) * 500))


@pytest.mark.parametrize("z", SOME)
def test_what_is_magnified_by_the_depth_lies_a_round_further(z):
    torus = Torus(1000, 500, 16.0)
    assert place(torus, 16 * z) - place(torus, z) == pytest.approx(500j)


@pytest.mark.parametrize("spiral", [1, -2])
@pytest.mark.parametrize("z", SOME)
def test_a_spirals_round_magnifies_and_turns(z, spiral):
    torus = Torus(1000, 500, 16.0, spiral)
    way = place(torus, cmath.exp(torus.round) * z) - place(torus, z)
    # Where the logarithm jumps by a turn the place jumps by a turn and `spiral` rounds: the same cell.
    turns = round(way.real / 1000)
    assert way - turns * complex(1000, 500 * spiral) == pytest.approx(500j)
    assert abs(cmath.exp(torus.round)) == pytest.approx(torus.magnification)


@pytest.mark.parametrize("spiral", [1, -1, 3])
def test_once_round_lands_so_many_rounds_deeper(spiral):
    torus = Torus(1000, 500, 16.0, spiral)
    circle = 0.5 * np.exp(1j * np.linspace(-np.pi + 1e-9, np.pi - 1e-9, 101))
    rows, columns = torus.places(circle)
    assert columns[-1] - columns[0] == pytest.approx(1000)
    assert rows[-1] - rows[0] == pytest.approx(500 * spiral)


@pytest.mark.parametrize("spiral", [0, 1])
def test_the_map_is_conformal(spiral):
    torus = torus_for((320, 180), 16, spiral)
    z, step = 0.3 + 0.2j, 1e-6
    right, down = (place(torus, z + way) - place(torus, z) for way in (step, step * 1j))
    assert abs(right) == pytest.approx(abs(down), rel=2e-3)
    assert cmath.phase(right / down) == pytest.approx(cmath.phase(1j), abs=2e-3) or cmath.phase(
        down / right
    ) == pytest.approx(cmath.phase(-1j), abs=2e-3)
    assert abs(right) / step == pytest.approx(torus.cells_per_pixel(abs(z)), rel=2e-3)


@pytest.mark.parametrize("size", [(640, 360), (1080, 1920), (320, 180)])
@pytest.mark.parametrize("depth", [2, 16, 64, 256])
def test_a_torus_is_sharp_at_the_farthest_corner_and_its_cells_are_squares(size, depth):
    torus = torus_for(size, depth)
    assert 1 <= torus.cells_per_pixel(math.hypot(*size) / 2) < 1.12
    assert torus.rows / math.log(depth) == pytest.approx(torus.columns / math.tau, rel=1.5e-3)


def test_a_target_off_the_middle_has_a_farther_corner():
    torus = torus_for((640, 360), 16, target=(0.25, 0.5))
    assert torus.cells_per_pixel(math.hypot(480, 180)) == pytest.approx(1.05, abs=0.06)


def test_points_are_where_places_are():
    torus = torus_for((320, 180), 16)
    z = frame_points((320, 180), (0.3, 0.6))
    np.testing.assert_allclose(torus.points(*torus.places(z)), z, rtol=1e-9)
    assert abs(frame_points((4, 4), (0.625, 0.375))).min() > 0


def test_a_phase_tells_by_how_many_cells_places_are_shifted():
    assert Phase(Fraction(1, 4), Fraction(1, 2)).shift(Torus(100, 60, 16.0)) == (15, 50)


def test_a_turn_of_a_spiral_is_a_pure_turn():
    torus = Torus(1000, 500, 16.0, 1)
    z = 0.5 + 0.1j
    rows, columns = Phase(Fraction(0), Fraction(1, 8)).shift(torus)
    before = place(torus, z * cmath.exp(-2j * math.pi / 8))
    assert place(torus, z) - complex(columns, rows) == pytest.approx(before)
