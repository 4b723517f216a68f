"""The pictures that a recipe names, and what a clip calls the copies that it keeps of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dreamzoom.recipe.regions import drawn_text
from dreamzoom.recipe.schema import SETTINGS, Recipe, value_of

KEPT_FILE: Final = re.compile(r"(dissolve|end|guide|mask|nudge|palette|text)(-\d+)?\.png")
"""The names that `kept_pictures` gives to files."""

_START = "start"  # kept once for all takes of a clip, and by another name where it is generated


def named_pictures(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Every picture beside the start image, as its kind and what the recipe calls it, in the keys' order; the
    texts that are drawn for regions last.
    """
    for key, setting in SETTINGS.items():
        yield from (each for each in setting.pictures(value_of(recipe, key)) if each[0] != _START)
    yield from (("text", drawn_text(region)) for region in recipe.dream.region if region.text)


def kept_pictures(recipe: Recipe) -> dict[str, tuple[str, str]]:
    """The pictures that a clip keeps for a recipe, each once for a kind: kind and name, by the copy's file.

    The files of a kind are guide.png, guide-1.png and on, in the keys' order.
    """
    files: dict[str, tuple[str, str]] = {}
    counts: dict[str, int] = {}
    for kind, name in dict.fromkeys(named_pictures(recipe)):
        number = counts.get(kind, 0)
        files[f"{kind}-{number}.png" if number else f"{kind}.png"] = (kind, name)
        counts[kind] = number + 1
    return files
