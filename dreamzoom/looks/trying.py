"""The small recipe of a look: a draft of what a clip of it would be.

A draft at the small size of a third of the frames a second, so that 24 frames are more than two seconds of
the clip, and each shows what the clip shows at that moment (see `recipe.draft`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from dreamzoom.errors import RecipeError
from dreamzoom.recipe.build import Fragment, build_recipe
from dreamzoom.recipe.draft import draft_at, draft_ratios
from dreamzoom.recipe.schema import Recipe
from dreamzoom.recipe.units import SMALLEST_SIDE, Size

_LONGER_SIDE: Final = 640  # pixels of the clip that is drafted: the usual one's


@dataclass(frozen=True)
class Format:
    """What every moving picture of a folder is like: its size, and how many frames it has."""

    size: Size
    frames: int


def try_recipe(fragment: Fragment, image: str, shape: Format) -> Recipe:
    """The recipe of a look's moving picture.

    Args:
        fragment: the look.
        image: the picture that it begins with, for `clip.image`.

    Raises:
        RecipeError: the look is wrong, or so fast or long that so few frames cannot show it.
    """
    own = build_recipe(fragment, is_whole=False)
    for ratio in draft_ratios(own.clip.fps):
        clip = {"image": image, "size": str(_final_size(shape.size)), "frames": shape.frames * ratio}
        parts = (fragment, {"clip": clip, "music": {"song": ""}})
        try:
            return draft_at(build_recipe(*parts), ratio, shape.size)
        except RecipeError:
            if ratio == 1:
                raise
    raise AssertionError("a draft has a ratio of 1 at last")


def _final_size(size: Size) -> Size:
    """The size of a usual clip of the same shape."""
    scale = max(Fraction(_LONGER_SIDE, max(size.width, size.height)), Fraction(1))
    return Size(*(max(SMALLEST_SIDE, round(side * scale)) for side in (size.width, size.height)))
