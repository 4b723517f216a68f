"""The dreams of a torus.

In a clip that zooms, all that is seen has been dreamed at every size since it came out of the middle, small
at first and coarse, then finer and finer. So a torus is dreamed on ever finer grids, from a coarse one, on
which a turn is a few hundred cells, to its own: each dream goes on from the one before and from what the
finer grid knows of the start picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
from torch import Tensor

from dreamzoom.dream.ascent import DreamPlan, DreamResult, dream
from dreamzoom.dream.periodic import resize_periodic
from dreamzoom.engines.base import Engine
from dreamzoom.loop.torus import Torus, smaller

_COARSEST: Final = 320  # columns of the first dream's grid


def stages(torus: Torus, dreams: int) -> tuple[Torus, ...]:
    """The grids on which a torus is dreamed, one for each dream, coarse to fine; the last is its own."""
    if dreams == 1 or torus.columns <= _COARSEST:
        return (torus,) * dreams
    ratio = torus.columns / _COARSEST
    grids = [smaller(torus, round(_COARSEST * ratio ** (each / (dreams - 1)))) for each in range(dreams - 1)]
    return (*grids, torus)


def carry(start: Tensor, grid: Torus, before: Tensor | None = None) -> Tensor:
    """What a dream begins with.

    Args:
        start: the start picture on the torus, (C, rows, columns), at its own size.
        grid: that of the dream.
        before: what the dream before has made, (C, h, w), on its grid; None for the first.

    Returns:
        (C, rows, columns) of the grid, 0 to 255: the start picture, and what has been dreamed into it.
    """
    size = (grid.rows, grid.columns)
    base = resize_periodic(start.float(), size)
    if before is None:
        return base
    coarse = resize_periodic(start.float(), (before.shape[1], before.shape[2]))
    return (base + resize_periodic(before.float() - coarse, size)).clamp_(0, 255)


def dream_torus(
    image: Tensor,
    engine: Engine,
    plan: DreamPlan,
    generator: np.random.Generator,
    on_step: Callable[[], None] = lambda: None,
) -> DreamResult:
    """Dream a torus' picture once: as `dream.ascent.dream`, but round its borders."""
    return dream(image, engine, replace(plan, wraps=True), generator, on_step)
