"""The picture that a loop's frames are looked up in: how large it is, and whether a recipe can have one."""

from __future__ import annotations

from collections.abc import Iterator

from dreamzoom.camera.rounds import round_of
from dreamzoom.dream.periodic import MARGIN
from dreamzoom.errors import RecipeError
from dreamzoom.loop.dreaming import stages
from dreamzoom.loop.torus import Torus, farthest_corner, torus_for
from dreamzoom.recipe.regions import ON_SCREEN, is_found
from dreamzoom.recipe.schema import Recipe


def torus_of(recipe: Recipe) -> Torus:
    """The torus of a recipe that has a loop: as sharp as its frames are.

    Where the camera finds its own target it is as for one in the middle.

    Raises:
        RecipeError: the camera's way is no round; see `camera.rounds.round_of`.
    """
    loop, size, way = recipe.loop, recipe.clip.size, round_of(recipe)
    frame = (size.width, size.height)
    targets = set(way.targets) or {way.target(0)}
    farthest = max(targets, key=lambda target: (farthest_corner(frame, target), target))
    return torus_for(frame, loop.depth, loop.spiral, loop.columns, farthest)


def stages_of(recipe: Recipe) -> tuple[Torus, ...]:
    """The grids on which that picture is dreamed, one for each dream; raises as `torus_of`."""
    return stages(torus_of(recipe), recipe.torus_dreams)


def dreamt_sizes(recipe: Recipe) -> tuple[tuple[int, int], tuple[int, int]]:
    """Width and height of the smallest and the largest picture that a clip shows a network.

    Raises as `torus_of`.
    """
    if not recipe.loop.is_endless:
        size = recipe.clip.size.width, recipe.clip.size.height
        return size, size
    grids = stages_of(recipe)
    (small, low), (wide, high) = grids[0].size, grids[-1].size
    return (small + 2 * MARGIN, low + 2 * MARGIN), (wide + 2 * MARGIN, high + 2 * MARGIN)


def torus_pixels(recipe: Recipe) -> int:
    """How many pixels all pictures have that a loop keeps beside its frames; 0 where there is no loop."""
    if not recipe.loop.is_endless:
        return 0
    grids = stages_of(recipe)
    return sum(grid.columns * grid.rows for grid in (grids[-1], *grids))


def require_round(recipe: Recipe) -> None:
    """See that a clip that is to be a loop can be one.

    Raises:
        RecipeError: naming every key that says otherwise.
    """
    if recipe.loop.is_endless and (faults := list(_faults(recipe))):
        raise RecipeError("; ".join(faults))


def _faults(recipe: Recipe) -> Iterator[str]:
    if recipe.clip.frames < 2:
        yield "clip.frames: a loop's frames are one round, of 2 at least"
    for number, region in enumerate(recipe.dream.region, 1):
        if region.on == ON_SCREEN and not is_found(region) and (region.mask or region.text):
            yield (
                f"dream.region: region {number}: lies on the screen, and a loop is dreamed as one picture, "
                "which falls: on = 'picture' lets it fall too"
            )
    try:
        round_of(recipe)
    except RecipeError as error:
        yield str(error)
