"""What pages are told of looks and palettes."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from dreamzoom.errors import DreamzoomError
from dreamzoom.looks.choosing import missing_model, usual_looks
from dreamzoom.recipe.palettes import hex_of, list_palettes
from dreamzoom.recipe.presets import Preset, find_preset, read_preset
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.previews.shelved import open_look, recent_surprises
from dreamzoom.studio.wishes.bases import USUAL

_ALIKE = 1.25  # times as long, within which nobody sees a difference


def look_facts(name: str, look: Preset, **more: Any) -> dict[str, Any]:
    """What is known of a look.

    Args:
        name: the preset's name, or the look's id.
    """
    palette = look.recipe.colour.palette
    return {
        "id": name,
        "title": look.title,
        "description": look.description,
        "cost": cost_in_words(look),
        "missing": missing_model(look.recipe.model.name) or "",
        "palette": next((each for each in palette.choices if each), ""),
        **more,
    }


def cost_in_words(look: Preset) -> str:
    """How long a clip of a look takes, by the usual look's; "" where nobody would see the difference."""
    usual, own = _usual_cost(), look.cost
    if own is None or not usual:
        return ""
    times = own / usual
    if 1 / _ALIKE < times < _ALIKE:
        return ""
    slower = times >= 1
    rounded = round(times if slower else 1 / times, 1)
    word = {2.0: "twice", 1.5: "half again"}.get(rounded, f"{rounded:g} times")
    if rounded == 1.5:
        return "half again as slow" if slower else "half again as quick"
    return f"{word} as {'slow' if slower else 'quick'}"


@cache
def _usual_cost() -> float | None:
    return find_preset(USUAL).cost


@cache
def _presets() -> tuple[Preset, ...]:
    """Those that come with dreamzoom, which do not change while it runs."""
    return tuple(usual_looks())


@cache
def palette_facts() -> list[dict[str, Any]]:
    """The palettes that come with dreamzoom, each colour with its share."""
    return [
        {
            "name": palette.name,
            "title": palette.title,
            "description": palette.description,
            "colours": [[hex_of(colour), round(share, 4)] for colour, share in palette.rows],
        }
        for palette in list_palettes()
    ]


def catalogue(desk: Desk) -> Mapping[str, Any]:
    """All looks: those that come with dreamzoom, the person's own, the latest surprises; and the palettes."""
    return {
        "looks": [look_facts(look.name, look) for look in _presets()],
        "own": _own_looks(desk),
        "surprises": [look_facts(name, look, seed=_seed(look)) for name, look in recent_surprises(desk)],
        "palettes": palette_facts(),
    }


def _own_looks(desk: Desk) -> list[dict[str, Any]]:
    """The recipes that lie in FOLDER; those that are wrong, or for one picture alone, are no looks."""
    found = []
    for item in desk.shelf.scan():
        if item.kind == "recipe":
            with contextlib.suppress(DreamzoomError):
                name, look = open_look(desk, {"item": item.id})
                title = read_preset(desk.shelf.path_of(item)).title or item.place.stem
                found.append(look_facts(name, look, item=item.id, title=title))
    return found


def _seed(look: Preset) -> int:
    """The seed of a surprise, which its description ends with."""
    digits = look.description.rpartition(" ")[2]
    return int(digits) if digits.isdecimal() and len(digits) < 16 else 0
