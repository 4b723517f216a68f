"""A recipe by chance that is worth a look: a theme, a move and colours, each from what is known to look well.

All of a recipe's keys drawn at random make mud. What is drawn here is what a person would turn: what is
dreamed of, how the camera goes, which colours are held, each within the range in which pictures stay whole.
A seed decides it all, so that it can be had again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dreamzoom.looks.chance import Chance
from dreamzoom.recipe.palettes import palette_names
from dreamzoom.recipe.presets import Preset, compose_preset, find_preset

LARGEST_SEED: Final = 10**9

_OWN_COLOURS, _SEVERAL_PALETTES, _MIRRORS = 0.12, 0.12, 0.15  # how often

_FREE: Final = {"objective": "balanced", "octaves": 3, "spectrum": 0.8, "decorrelate": 0.9}
_CLASSES: Final = {
    "layer": "conv10",
    "objective": "balanced",
    "octaves": 4,
    "octave_scale": 1.4,
    "spectrum": 0.6,
    "decorrelate": 0.8,
}


@dataclass(frozen=True)
class Theme:
    """What is dreamed of.

    Attributes:
        words: as it stands in a title.
        dream: its keys of the recipe's table.
        share: of the channels that are awake, at the least and at the most.
        classes: of ImageNet, of which some are drawn; empty where it dreams of a layer.
        preset: the one whose dream it is, "" where it is its own.
    """

    words: str
    dream: Mapping[str, object]
    share: tuple[float, float]
    classes: tuple[int, ...] = ()
    preset: str = ""


THEMES: Final = (
    Theme("Creatures", {**_FREE}, (0.05, 0.09)),
    Theme("Shells", {**_FREE, "layer": "fire5/concat"}, (0.08, 0.14)),
    Theme("Coils", {**_FREE, "layer": "fire6/concat"}, (0.06, 0.12)),
    Theme("Fur", {**_FREE, "layer": "fire7/concat"}, (0.06, 0.1)),
    Theme("Faces", {**_FREE, "layer": "fire8/concat"}, (0.05, 0.1)),
    Theme("Birds", _CLASSES, (0.2, 0.35), (7, 8, 9, *range(80, 97), 127, 128, 129, 130, 131, 132, 134, 144)),
    Theme("Sea", _CLASSES, (0.2, 0.35), (*range(7), *range(107, 126), *range(327, 330), 389, 390, 393, 396)),
    Theme("Reptiles", _CLASSES, (0.15, 0.3), (*range(25, 69),)),
    Theme("Insects", _CLASSES, (0.15, 0.3), (*range(69, 80), *range(300, 327))),
    Theme("Cats", _CLASSES, (0.2, 0.35), (*range(281, 294),)),
    Theme("Blooms", _CLASSES, (0.2, 0.35), (*range(984, 998), 944, 945, 947, 952, 957, 738, 883)),
    Theme("Monkeys", _CLASSES, (0.2, 0.35), (*range(365, 385),)),
    Theme("Eyes", {}, (0, 0), preset="eyes"),
    Theme("Strokes", {}, (0.12, 0.2), preset="ink"),
    Theme("Ridges", {}, (0.15, 0.25), preset="edges"),
)
"""What a surprise may dream of, each as likely as another."""


@dataclass(frozen=True)
class _Move:
    """How the camera goes: in words, its keys, and how many steps a dream needs to keep up with it."""

    words: str
    camera: Mapping[str, object]
    steps: int = 2
    turn: float = 0.0


def surprise(seed: int) -> Preset:
    """The recipe of a seed, with a title that says what is in it.

    It names no file, holds for clips of any length, and costs no more than the dearest look but `classic`.
    """
    chance = Chance(f"surprise {seed}")
    theme, move = chance.one_of(THEMES), _move(chance)
    colours, in_words = _colours(chance)
    dream = {**_dream_of(theme, chance), "iterations": move.steps + (1 if theme.classes else 0)}
    if move.turn:
        dream["turn"] = move.turn
    guard = {"nudge": "channels" if theme.classes else "noise"}
    title = f"{theme.words} {move.words}, {in_words}"
    return compose_preset(
        f"surprise-{seed}",
        title,
        f"a surprise: dreamzoom presets --surprise {seed}",
        {"dream": dream, "camera": move.camera, "colour": colours, "guard": guard},
    )


def _dream_of(theme: Theme, chance: Chance) -> dict[str, object]:
    """What is climbed, and how: a little otherwise each time."""
    dream: dict[str, object] = {**theme.dream, "wander": 1, "step_size": 1.0}
    if theme.preset:
        dream = dict(find_preset(theme.preset).fragment.values["dream"])
    if theme.classes:
        dream["channel"] = sorted(chance.some_of(theme.classes, round(chance.between(8, 18))))
    dream["step_size"] = round(chance.about(float(dream["step_size"]), 1.1) * _STRONGER, 2)  # type: ignore[arg-type]
    if "spectrum" in dream and not theme.preset:
        dream["spectrum"] = chance.between(0.5, 0.7, 2) if theme.classes else chance.between(0.55, 0.85, 2)
    if "wander" in dream:
        dream["wander_share"] = chance.between(*theme.share)
        dream["wander_seconds"] = chance.between(2.2, 4, 1)
    return dream


_STRONGER: Final = 1.2  # than the presets, which have minutes to grow


def _move(chance: Chance) -> _Move:
    """How the camera goes."""
    if chance.happens(_MIRRORS):
        return _mirrors(chance)
    turned = chance.sign()
    slow, slower = chance.between(6, 10, 1), chance.between(9, 14, 1)
    moves = (
        _Move("falling", {"zoom": chance.between(1.02, 1.04), "rotate": turned * chance.between(0, 0.5, 2)}),
        _Move(
            "spiralling",
            {"zoom": chance.between(1.03, 1.05), "rotate": turned * chance.between(0.8, 2, 1)},
            steps=3,
        ),
        _Move(
            "drifting",
            {
                "zoom": chance.between(1.01, 1.018),
                "rotate": turned * 0.1,
                "pan": [f"0.002*sin(2*pi*t/{slow})", f"0.0015*cos(2*pi*t/{slower})"],
            },
        ),
        _Move(
            "drawing back",
            {"zoom": chance.between(0.98, 0.987), "rotate": f"{turned * 2}*sin(2*pi*t/{slow})"},
            steps=3,
            turn=chance.between(6, 15, 0),
        ),
        _Move(
            "breathing",
            {"zoom": f"1.025 + 0.013*sin(2*pi*t/{slow})", "rotate": turned * chance.between(0.1, 0.4, 2)},
        ),
        _Move(
            "swaying",
            {"zoom": chance.between(1.02, 1.032), "rotate": f"{turned * 1.2}*sin(2*pi*t/{slow})"},
        ),
        _Move("sought out", {"zoom": chance.between(1.02, 1.03), "rotate": turned * 0.2, "target": "auto"}),
        _Move(
            "roaming",
            {
                "zoom": chance.between(1.022, 1.034),
                "rotate": turned * chance.between(0, 0.4, 2),
                "target": [f"0.5 + 0.2*sin(2*pi*t/{slow})", f"0.5 + 0.15*sin(2*pi*t/{slower})"],
            },
        ),
    )
    return chance.one_of(moves)


def _mirrors(chance: Chance) -> _Move:
    count = chance.one_of((2, 3, 4, 5, 6, 8))
    slow, slower = chance.between(6, 9, 1), chance.between(8, 12, 1)
    camera = {
        "mirrors": count,
        "zoom": chance.between(1.022, 1.034),
        "rotate": f"{chance.between(0.4, 0.9, 1)}*sin(2*pi*t/{slower})",
        "target": [f"0.66 + 0.1*sin(2*pi*t/{slow})", f"0.5 + 0.15*sin(2*pi*t/{slower})"],
    }
    return _Move(f"in {count} mirrors", camera)


def _colours(chance: Chance) -> tuple[dict[str, object], str]:
    """Which colours are held, and those in words."""
    held: dict[str, object] = {"hold": 1, "map": "mixture", "even": chance.between(0.07, 0.12, 2)}
    if chance.happens(_OWN_COLOURS):
        return held, "in the picture's own colours"
    if chance.happens(_SEVERAL_PALETTES):
        names, each = chance.some_of(palette_names(), 3), chance.one_of((4, 5, 6))
        times = {f"{each * place}s" if place else "0": name for place, name in enumerate(names)}
        return {
            **held,
            "palette": {**times, "repeat": f"{each * len(names)}s"},
        }, f"from {names[0]} to {names[1]}"
    name = chance.one_of(palette_names())
    return {**held, "palette": name}, f"in {name}"
