"""The pictures that an atlas is made of: the one that is dreamed, and the guides that its dreams follow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from dreamzoom.camera.lens import lens_of
from dreamzoom.errors import PictureError
from dreamzoom.pictures.frames import picture_png, round_to_uint8, to_array, to_tensor
from dreamzoom.pictures.generate import GENERATORS, start_picture
from dreamzoom.pictures.reading import open_picture
from dreamzoom.recipe.build import Fragment, change_recipe
from dreamzoom.recipe.pictures import kept_pictures
from dreamzoom.recipe.schema import SETTINGS, Recipe, raw_value
from dreamzoom.recipe.units import SMALLEST_SIDE

LONGEST_SIDE = 1024
"""Pixels of a picture's longer side, where no size is asked for: larger ones are shrunk to that."""


def open_start(recipe: Recipe, *, has_size: bool) -> Image.Image:
    """The picture that is dreamed, at the size that it is dreamed at.

    Args:
        has_size: whether that is the recipe's; else it is the picture's own, within 1024x1024.

    Raises:
        PictureError: it cannot be read, or is too small.
    """
    image = recipe.clip.image
    if has_size or image in GENERATORS:
        return start_picture(image, recipe.clip.size, recipe.clip.seed)
    longest = (LONGEST_SIDE, LONGEST_SIDE)
    picture = open_picture(image, longest)
    picture.thumbnail(longest, Image.Resampling.LANCZOS)
    if min(picture.size) < SMALLEST_SIDE:
        size = f"{picture.width}x{picture.height}"
        raise PictureError(f"{image}: is dreamed at {size}, which is too small: name a larger --size")
    return picture


def in_mirrors(picture: Image.Image, recipe: Recipe) -> Image.Image:
    """The picture as it is seen in the recipe's mirrors."""
    if not recipe.camera.mirrors:
        return picture
    image = to_tensor(np.asarray(picture, dtype=np.float32))
    return Image.fromarray(to_array(round_to_uint8(lens_of(recipe).fold(image))), "RGB")


def guide_files(recipe: Recipe) -> dict[str, bytes]:
    """The guides as PNG, by the names that an atlas gives their files. Raises as `open_picture`."""
    return {file: picture_png(open_picture(name)) for file, name in _guides(recipe).items()}


def with_guides_in(folder: Path, recipe: Recipe) -> Recipe:
    """The recipe with its guides as an atlas's folder keeps them: it needs nothing else."""
    kept: Mapping[str, str] = {name: str(folder / file) for file, name in _guides(recipe).items()}
    if not kept:
        return recipe
    key = "dream.guide"
    raw = SETTINGS[key].map_files(raw_value(recipe, key), lambda setting, name: kept.get(name, name))
    return change_recipe(recipe, Fragment("the atlas", {"dream": {"guide": raw}}))


def _guides(recipe: Recipe) -> dict[str, str]:
    """What the recipe calls its guides, by the names of their files."""
    return {file: name for file, (kind, name) in kept_pictures(recipe).items() if kind == "guide"}
