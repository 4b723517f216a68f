"""A picture's light and colours as a recipe's [colour] table says for a frame."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from torch import Tensor

from dreamzoom.colour.grading import draw_in, even_light
from dreamzoom.colour.palette import HeldColours, colours_to_hold, hold_palette
from dreamzoom.dream.ascent import DreamPlan, division_of
from dreamzoom.dream.regions import Division
from dreamzoom.pictures.frames import to_tensor
from dreamzoom.pictures.palettes import palette_source
from dreamzoom.recipe.pictures import named_pictures
from dreamzoom.recipe.schema import Recipe
from dreamzoom.recipe.units import Size


def colour_picture(
    image: Tensor,
    recipe: Recipe,
    palettes: Mapping[str, HeldColours],
    frame: int = 0,
    share: Tensor | None = None,
    *,
    wraps: bool = False,
) -> Tensor:
    """The picture with its light evened and its colours held, as the recipe says for `frame`.

    Args:
        image: (3, H, W), RGB, 0 to 255.
        palettes: by what the recipe calls them; "" is the start image's.
        share: the part of the picture, (1, H, W), whose colours are held; None for all.
        wraps: each side of the picture goes on at the one across.

    Returns:
        The picture (3, H, W), 0 to 255.
    """
    colour, clock = recipe.colour, recipe.clock
    hold = colour.hold.at(frame, clock)
    image = even_light(image, colour.even.at(frame, clock), wraps=wraps)
    image = hold_palette(image, palettes, colour.palette.at(frame, clock), hold, share)
    # What is held also keeps out of black and white; without a hold it burns as it did in 2015.
    return (image.lerp(draw_in(image), hold) if hold else image).clamp(0, 255)


def colour_parts(
    image: Tensor,
    changed: Tensor,
    parts: Division,
    recipe: Recipe,
    palettes: Mapping[str, HeldColours],
    *,
    frame: int = 0,
) -> Tensor:
    """The picture with its light, colours and noise changed where it dreams (the rest stays as it is, to the
    bit), and the colours of the regions' own palettes where these have some.

    Args:
        image, changed: (3, H, W), 0 to 255, before and after.
    """
    coloured = image.lerp(changed, parts.coverage)
    for region, share in zip(recipe.dream.region, parts.shares[1:], strict=True):
        if any(region.palette.choices) and bool(share.any()):
            weights = region.palette.at(frame, recipe.clock)
            held = hold_palette(coloured, palettes, weights, region.hold.at(frame, recipe.clock), share)
            coloured = coloured.lerp(draw_in(held), share)
    return coloured


def colour_start(image: Tensor, recipe: Recipe, plan: DreamPlan) -> Tensor:
    """A picture as a clip's frame 0 has it before it is dreamed: of its light, and of the palettes' colours.

    Args:
        image: (3, H, W), RGB, 0 to 255.
        plan: of the dream, with its regions.

    Raises:
        PictureError, RecipeError: a palette cannot be read.
    """
    colour, clock = recipe.colour, recipe.clock
    has_own = any(any(region.palette.choices) for region in recipe.dream.region)
    if not (colour.hold.at(0, clock) or colour.even.at(0, clock) or has_own):
        return image
    parts = division_of(plan) if plan.regions else None
    share = None if parts is None else parts.dreaming_part
    palettes = {"": colours_to_hold(image, colour.map, share)}
    size = Size(image.shape[2], image.shape[1])
    for kind, name in named_pictures(recipe):
        if kind == "palette":
            pixels = to_tensor(np.asarray(palette_source(name, size), np.float32), image.device)
            palettes[name] = colours_to_hold(pixels, colour.map)
    changed = colour_picture(image, recipe, palettes, share=share)
    return changed if parts is None else colour_parts(image, changed, parts, recipe, palettes)
