"""A picture's light and colours as a recipe's [colour] table says for a frame."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from dreamzoom.colour.grading import draw_in, even_light
from dreamzoom.colour.palette import HeldColours, hold_palette
from dreamzoom.recipe.schema import Recipe


def colour_picture(
    image: Tensor,
    recipe: Recipe,
    palettes: Mapping[str, HeldColours],
    frame: int = 0,
    share: Tensor | None = None,
) -> Tensor:
    """The picture with its light evened and its colours held, as the recipe says for `frame`.

    Args:
        image: (3, H, W), RGB, 0 to 255.
        palettes: by what the recipe calls them; "" is the start image's.
        share: the part of the picture, (1, H, W), whose colours are held; None for all.

    Returns:
        The picture (3, H, W), 0 to 255.
    """
    colour, clock = recipe.colour, recipe.clock
    hold = colour.hold.at(frame, clock)
    image = even_light(image, colour.even.at(frame, clock))
    image = hold_palette(image, palettes, colour.palette.at(frame, clock), hold, share)
    # What is held also keeps out of black and white; without a hold it burns as it did in 2015.
    return (image.lerp(draw_in(image), hold) if hold else image).clamp(0, 255)
