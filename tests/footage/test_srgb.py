"""sRGB's curve, against its definition's published values."""

from __future__ import annotations

import pytest
import torch

from dreamzoom.footage.shutter import linear_to_srgb, srgb_to_linear


def test_every_byte_comes_back():
    pixels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(linear_to_srgb(srgb_to_linear(pixels)).round(), pixels.float())


@pytest.mark.parametrize(
    ("pixel", "light"), [(0, 0), (255, 1), (1, 1 / 255 / 12.92), (188, 0.5029), (128, 0.2159), (46, 0.0273)]
)
def test_light_is_what_the_standard_says(pixel, light):
    assert srgb_to_linear(torch.tensor([float(pixel)])).item() == pytest.approx(light, abs=5e-5)


def test_the_mean_of_black_and_white_is_as_bright_as_both():
    assert linear_to_srgb(torch.tensor([0.5])).item() == pytest.approx(187.516, abs=1e-3)


def test_what_lies_beyond_black_and_white_is_taken_for_them():
    assert srgb_to_linear(torch.tensor([-20.0, 300.0])).tolist() == [0, 1]
    assert linear_to_srgb(torch.tensor([-0.5, 1.5])).tolist() == pytest.approx([0, 255])
