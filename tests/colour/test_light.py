"""Evening out the light."""

from __future__ import annotations

import pytest
import torch

from dreamzoom.colour.grading import draw_in, even_light


def gradient(height: int, width: int) -> torch.Tensor:
    """From dark above to light below."""
    return torch.linspace(20, 220, height)[None, :, None].expand(3, height, width).clone()


def test_no_share_leaves_the_picture_alone():
    image = gradient(36, 64)
    assert even_light(image, 0) is image


def test_the_mean_colour_stays():
    image = gradient(36, 64) * torch.tensor([1.0, 0.5, 0.2])[:, None, None]
    assert torch.allclose(even_light(image, 0.7).mean((1, 2)), image.mean((1, 2)), atol=1e-2)


def test_a_gradient_fades_frame_by_frame():
    image = gradient(90, 160)
    before = float(image.std())
    for _ in range(20):
        image = even_light(image, 0.1)
    assert float(image.std()) < 0.3 * before


def test_detail_is_kept():
    image = torch.zeros(3, 90, 160)
    image[:, ::2] = 100.0
    assert torch.allclose(even_light(image, 1.0), image, atol=0.5)


def test_a_draft_is_evened_as_the_final_is():
    large, small = (even_light(gradient(*size), 0.5) for size in [(360, 640), (90, 160)])
    shrunk = torch.nn.functional.avg_pool2d(large[None], 4)[0]
    assert float((shrunk - small).abs().mean()) < 1


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 2)])
def test_pictures_of_any_shape_are_evened(size):
    assert even_light(torch.rand(3, *size), 0.5).shape == (3, *size)


def test_values_far_from_the_ends_are_not_drawn_in():
    image = torch.linspace(24, 231, 99).expand(3, 2, 99)
    assert torch.equal(draw_in(image), image)


def test_values_beyond_the_ends_come_back_inside_in_their_order():
    drawn = draw_in(torch.linspace(-60, 315, 376).expand(3, 1, 376))[0, 0]
    assert float(drawn.min()) >= 0
    assert float(drawn.max()) <= 255
    assert float(drawn.diff().min()) > 0


def test_black_and_white_are_drawn_in_alike():
    image = torch.linspace(-60, 315, 76).expand(3, 1, 76)
    assert torch.allclose(255 - draw_in(image), draw_in(255 - image), atol=1e-4)
