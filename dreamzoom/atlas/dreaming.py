"""From a plate to its picture, in whatever process does it.

What loads torch is imported where it is used, as in `dreamzoom.batch`: a worker has first to be told its part
of the cores.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from dreamzoom.batch import open_dreamer
from dreamzoom.clip.takes import LARGEST_PICTURE
from dreamzoom.errors import PictureError
from dreamzoom.io.files import read_at_most

if TYPE_CHECKING:
    from PIL import Image

    from dreamzoom.atlas.plates import Plate
    from dreamzoom.recipe.schema import Recipe


@dataclass(frozen=True)
class PlateTask:
    """A plate, and the facts in the strip under its picture; None for no strip."""

    plate: Plate
    facts: tuple[str, ...] | None


@dataclass(frozen=True)
class PlatePicture:
    """A dreamed plate.

    Attributes:
        data: the PNG file, which tells its recipe; empty where the dream left the picture as it was, for no
            gradient came down.
        objective: its value before the last step.
        seconds: how long the dream took.
        engine: what computed it.
    """

    data: bytes
    objective: float
    seconds: float
    engine: str


def dream_plate(recipe: Recipe, start: Path, on_step: Callable[[], None], task: PlateTask) -> PlatePicture:
    """Dream the start picture for a plate. Raises as `Dreamer.follow`."""
    import numpy as np

    from dreamzoom.atlas.captions import with_caption
    from dreamzoom.pictures.writing import encode

    dreamer, before = open_dreamer(recipe.model), _read_start(start)
    began = time.monotonic()
    own = task.plate.recipe_of(recipe)
    after, objective = dreamer.follow_measured(own, before, on_step=on_step)
    seconds = time.monotonic() - began
    if np.array_equal(np.asarray(before), np.asarray(after)):
        return PlatePicture(b"", objective, seconds, dreamer.fingerprint)
    shown = after if task.facts is None else with_caption(after, task.plate.title, task.facts)
    data = encode(shown, "PNG", inscription=_inscription(own))
    return PlatePicture(data, objective, seconds, dreamer.fingerprint)


def _inscription(recipe: Recipe) -> str:
    """What a plate tells: its recipe, without the picture, for it is a preset for others."""
    from dreamzoom.recipe.inscription import inscribe_picture
    from dreamzoom.recipe.schema import ClipSettings

    return inscribe_picture(replace(recipe, clip=replace(recipe.clip, image=ClipSettings().image)), None)


def _read_start(path: Path) -> Image.Image:
    """The start picture, decoded once: where it lies a cluster's worker may find another one later."""
    return _decode(read_at_most(path, LARGEST_PICTURE, PictureError, "picture"))


@lru_cache(1)
def _decode(data: bytes) -> Image.Image:
    from dreamzoom.pictures.reading import open_picture

    return open_picture(data, is_whole=True)
