"""A frame of a torus: an analytic pattern against its formula, the end against the beginning, memory."""

from __future__ import annotations

import math
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import torch

from dreamzoom.loop.torus import Phase, Torus, frame_points, torus_for
from dreamzoom.loop.view import make_pyramid, view

SIZE = (160, 90)


def pattern(rows: np.ndarray, columns: np.ndarray, waves: tuple[int, int]) -> np.ndarray:
    """A wave on the torus, so many times round each way; arguments are shares of it."""
    return 127.5 + 100 * np.cos(2 * np.pi * (waves[0] * rows + waves[1] * columns))


def drawn(torus: Torus, waves: tuple[int, int]) -> torch.Tensor:
    rows, columns = np.arange(torus.rows) / torus.rows, np.arange(torus.columns) / torus.columns
    return torch.from_numpy(pattern(rows[:, None], columns, waves)).float().expand(3, -1, -1)


@pytest.mark.parametrize("spiral", [0, 1])
@pytest.mark.parametrize("phase", [Phase(), Phase(Fraction(1, 3), Fraction(1, 5))])
def test_a_frame_shows_a_pattern_as_its_formula_has_it(spiral, phase):
    torus, waves = torus_for(SIZE, 16, spiral), (3, -5)
    frame = view(make_pyramid(drawn(torus, waves), torus), phase, SIZE)[0].numpy()
    z = frame_points(SIZE, (0.5, 0.5))
    rows, columns = torus.places(z)
    down, right = phase.shift(torus)
    expected = pattern((rows - down) / torus.rows, (columns - right) / torus.columns, waves)
    outer = np.abs(z) * math.hypot(*SIZE) / 2 > 16  # pixels: further in the waves are too short
    assert np.abs(frame - expected)[outer].max() < 4


def test_what_is_too_fine_becomes_grey_and_no_other_pattern():
    torus = torus_for(SIZE, 16)
    waves = (60, 100)
    frame = view(make_pyramid(drawn(torus, waves), torus), Phase(), SIZE)[0].numpy()
    radius = np.abs(frame_points(SIZE, (0.5, 0.5))) * math.hypot(*SIZE) / 2
    shortest = 2 * np.pi * radius / math.hypot(100, 60 * math.tau / math.log(16))  # pixels of a wave
    assert np.abs(frame - 127.5)[shortest < 0.8].max() < 8


def test_a_frame_is_the_same_for_any_number_of_threads_and_in_bands():
    torus = torus_for(SIZE, 8)
    pyramid = make_pyramid(torch.rand(3, torus.rows, torus.columns) * 255, torus)
    third = Phase(Fraction(1, 3))
    whole = view(pyramid, third, SIZE)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert torch.equal(whole, view(make_pyramid(pyramid.levels[0][:, 4:-4, 4:-4], torus), third, SIZE))
    finally:
        torch.set_num_threads(threads)


def test_a_large_frame_takes_little_memory_beside_itself():
    script = """
import resource
import torch
from fractions import Fraction
from dreamzoom.loop.torus import Phase, torus_for
from dreamzoom.loop.view import make_pyramid, view
torus = torus_for((3840, 2160), 16, columns=512)
pyramid = make_pyramid(torch.full((3, torus.rows, torus.columns), 77, dtype=torch.uint8), torus)
view(pyramid, Phase(), (64, 36))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
frame = view(pyramid, Phase(Fraction(1, 9)), (3840, 2160))
assert frame.shape == (3, 2160, 3840) and abs(float(frame[2, 1000, 2000]) - 77) < 0.01
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    unit = 1 if sys.platform == "darwin" else 1024  # bytes, of what the system counts in
    assert int(done.stdout) * unit < 220e6  # of which the frame itself has 100
