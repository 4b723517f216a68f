"""The pictures that a clip keeps of those that its recipe names: read, and brought to the frames' scale."""

from __future__ import annotations

from collections.abc import Mapping

from PIL import Image

from dreamzoom.dream.planning.goals import Instant
from dreamzoom.dream.planning.masks import MASKS, mask_picture, read_masks, require_masks
from dreamzoom.pictures.generate import start_picture
from dreamzoom.pictures.palettes import palette_source
from dreamzoom.pictures.reading import open_picture
from dreamzoom.recipe.arrivals import ARRIVING_KINDS
from dreamzoom.recipe.pictures import kept_pictures
from dreamzoom.recipe.schema import Recipe
from dreamzoom.recipe.units import Size


def picture_to_keep(kind: str, name: str, size: Size) -> Image.Image:
    """A picture as a clip keeps it: of a much larger one a network sees only the texture.

    Args:
        kind, name: what it is for, and what the recipe calls it; see `recipe.pictures`.
        size: of the frames.

    Raises:
        PictureError: it cannot be read or drawn.
    """
    if kind == "palette":
        return palette_source(name, size)
    if kind in ARRIVING_KINDS:  # which fill the frame
        return start_picture(name, size, 0)
    wanted = (size.width, size.height)
    picture = mask_picture(kind, name, size) if kind in MASKS else open_picture(name, wanted)
    if kind != "text":  # which is as large as it is to be
        picture.thumbnail(wanted)
    return picture


def require_kept_masks(recipe: Recipe, files: Mapping[str, bytes]) -> None:
    """See that the regions' masks cover something.

    Args:
        files: what the clip keeps, by the names of the files.

    Raises:
        RecipeError: naming the region.
    """
    size = recipe.clip.size
    kept = {named: files[file] for file, named in kept_pictures(recipe).items()}
    instant = Instant(0, recipe.clock, recipe.clip.seed)
    require_masks(recipe.dream, (size.width, size.height), read_masks(kept, size), instant)
