"""Figures of colour, against what they are by their formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dreamzoom.report.colour import HUES, colourfulness, effective_hues


def stripes(*colours: tuple[int, int, int]) -> np.ndarray:
    """A picture of upright stripes, each as wide."""
    return np.repeat(np.array(colours, np.uint8)[None], 6, axis=0).repeat(4, axis=1)


def test_one_colour_is_as_colourful_as_its_means():
    """Red (200, 0, 0): rg = 200, yb = 100, and nothing is spread."""
    assert colourfulness(stripes((200, 0, 0))) == pytest.approx(0.3 * math.hypot(200, 100))


def test_opposite_colours_are_as_colourful_as_their_spread():
    """Of (180, 80, 130) and (80, 180, 130): rg is +-100, yb 0."""
    assert colourfulness(stripes((180, 80, 130), (80, 180, 130))) == pytest.approx(100)


def test_grey_has_no_colour_and_no_hue():
    grey = stripes((0, 0, 0), (90, 90, 90), (255, 255, 255))
    assert colourfulness(grey) == 0
    assert effective_hues(grey) == 0


def test_a_hue_is_the_same_however_light_or_strong():
    assert effective_hues(stripes((255, 0, 0), (90, 20, 20), (255, 180, 180))) == pytest.approx(1)


def test_hues_of_one_strength_are_counted():
    six = [(200, 50, 50), (200, 200, 50), (50, 200, 50), (50, 200, 200), (50, 50, 200), (200, 50, 200)]
    assert effective_hues(stripes(*six)) == pytest.approx(6)
    assert effective_hues(stripes(*six[::3])) == pytest.approx(2)


def test_a_hue_counts_by_its_chroma():
    """Three quarters and a quarter: exp of 0.562."""
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert effective_hues(stripes((230, 80, 80), (80, 130, 80))) == pytest.approx(math.exp(entropy))


def test_the_whole_circle_has_all_hues():
    turns = np.linspace(0, 2 * np.pi, 3600, endpoint=False)
    channels = [127 + 120 * np.cos(turns - shift) for shift in (0, 2 * np.pi / 3, 4 * np.pi / 3)]
    assert effective_hues(np.rint(channels).astype(np.uint8).T[None]) == pytest.approx(HUES, rel=0.01)
