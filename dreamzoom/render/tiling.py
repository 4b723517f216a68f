"""How the dreams of a clip are cut into tiles: chosen when it begins, and kept in its recipe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dreamzoom.clip.folder import has_clip, open_clip
from dreamzoom.dream.memory import AUTO, Need, Tiling, choose_tiling, value_bytes
from dreamzoom.dream.tiles import EXACT
from dreamzoom.engines.base import Engine
from dreamzoom.errors import MemoryShortageError
from dreamzoom.guard.nudge import nudge_layers
from dreamzoom.recipe.climbed import climbed_layers
from dreamzoom.recipe.schema import Recipe
from dreamzoom.render.rounds import dreamt_sizes


def choose_clip_tiling(recipe: Recipe, engine: Engine) -> Tiling:
    """How a clip's dreams are cut. The recipe's layers have their names; raises as `choose_tiling`."""
    _, size = dreamt_sizes(recipe)
    layers = (*climbed_layers(recipe.dream), *nudge_layers(recipe))
    need = Need(engine.model, engine.name, layers, size, value_bytes(recipe.model.precision))
    try:
        return choose_tiling(need, recipe.dream, engine.device)
    except MemoryShortageError as error:
        if not recipe.loop.is_endless:
            raise
        raise MemoryShortageError(
            f"{error}; that is the picture of a loop, for frames of {recipe.clip.size}: a smaller --size, or "
            "--set loop.columns=N, makes it smaller"
        ) from error


def in_tiles(recipe: Recipe, engine: Engine) -> Engine:
    """The engine that computes a clip's dreams as they are cut."""
    return choose_clip_tiling(recipe, engine).applied_to(engine)


def keep_tiling(recipe: Recipe, engine: Engine, folder: Path | None) -> Recipe:
    """The recipe with the tiles spelled out, where there are any, so that the clip goes on with the same.

    A clip that has begun in `folder` has them already, if the recipe leaves them open.
    """
    dream = recipe.dream
    if folder is not None and dream.tile == 0 and has_clip(folder):
        there = open_clip(folder).recipe.dream
        if there.tiles == dream.tiles or (dream.tiles == AUTO and there.tiles == EXACT):
            dream = replace(dream, tiles=there.tiles, tile=there.tile)
            recipe = replace(recipe, dream=dream)
    chosen = choose_clip_tiling(recipe, engine)
    if chosen == Tiling() or dream.tile:
        return recipe
    return replace(recipe, dream=replace(dream, tiles=chosen.kind, tile=chosen.side))
