"""A child of two recipes: each group of keys from one parent or the other, numbers now and then between them.

Keys that mean nothing without one another (a layer and its channels, a palette and how it is held) come whole
from one parent, as do keyframes and formulas. What names a file is left out: a child is a look, for any
picture and any folder.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from dreamzoom.errors import RecipeError
from dreamzoom.looks.chance import Chance
from dreamzoom.models.names import model_names
from dreamzoom.recipe.build import Fragment
from dreamzoom.recipe.palettes import lists_colours, palette_names
from dreamzoom.recipe.presets import Preset, compose_preset
from dreamzoom.recipe.schema import SETTINGS
from dreamzoom.recipe.settings import FileText, Ranged, Whole, is_number

Keys: TypeAlias = "Mapping[str, object]"
"""Raw values by dotted key."""

DEAREST: Final = 1.5
"""The most that a child may cost, as a preset's cost is told, whatever its parents do."""

_TOGETHER: Final = (
    (
        "model.name",
        "dream.layer",
        "dream.channel",
        "dream.class",
        "dream.unit",
        "dream.objective",
        "dream.guide",
        "dream.goal",
        "dream.region",
        "dream.elsewhere",
        "dream.octaves",
        "dream.octave_scale",
        "dream.wander",
        "dream.wander_share",
    ),
    ("dream.rule", "dream.rule_memory", "dream.last_step"),
    ("dream.iterations", "dream.step_size"),
    ("camera.zoom", "camera.every"),
    ("camera.mirrors", "camera.target"),
    ("colour.palette", "colour.hold", "colour.map"),
    ("guard.nudge", "guard.layer", "guard.guide", "guard.amount", "guard.span", "guard.few", "guard.turn"),
)
_TABLES: Final = ("model", "dream", "camera", "colour", "guard")
_OF_A_MACHINE: Final = ("model.engine", "model.precision", "model.device", "dream.tiles", "dream.tile")
_BETWEEN, _MUTATED = 0.35, 0.3  # how often a number lies between the parents', and how often one changes
_MUTATION: Final = 1.2  # times, each way
_ATTEMPTS: Final = 12


def breed(one: Preset, other: Preset, seed: int) -> Preset:
    """A child of two looks; the same two and the same seed have the same one.

    Raises:
        RecipeError: neither parent has anything that a look is made of.
    """
    parents = (_keys(one.fragment), _keys(other.fragment))
    for attempt in range(_ATTEMPTS):
        chance = Chance(f"child {seed} {attempt} {one.text} {other.text}")
        child = _affordable(_crossed(*parents, chance))
        try:
            made = _child(child, one, other, seed)
        except RecipeError:  # what each parent may say, both together may not
            continue
        if made.cost is None or made.cost <= DEAREST:
            return made
    return _child(parents[0], one, other, seed)


def look_of(fragment: Fragment, title: str, description: str) -> Preset:
    """What of a recipe makes a look: no length, no song, no picture, nothing that names a file.

    Raises:
        RecipeError: there is nothing left.
    """
    keys = _keys(fragment)
    if not keys:
        raise RecipeError(f"{fragment.origin} has nothing that a look is made of")
    defaults = {key: SETTINGS[key].dump(SETTINGS[key].parse(SETTINGS[key].default)) for key in keys}
    return _preset(
        {key: raw for key, raw in keys.items() if raw != defaults[key]}, title, description, "look"
    )


def is_look_alone(fragment: Fragment) -> bool:
    """Whether a recipe has nothing but what makes a look."""
    return sum(map(len, fragment.values.values())) == len(_keys(fragment))


def _keys(fragment: Fragment) -> dict[str, object]:
    """What of a recipe makes a look, without what names files."""
    keys = {
        f"{table}.{name}": raw
        for table in _TABLES
        for name, raw in fragment.values.get(table, {}).items()
        if f"{table}.{name}" not in _OF_A_MACHINE
    }
    lost = {key for key, raw in keys.items() if _names_file(key, raw)}
    groups = [group for group in _TOGETHER if lost & set(group)]
    return {
        key: raw for key, raw in keys.items() if key not in lost and not any(key in each for each in groups)
    }


def _names_file(key: str, raw: object) -> bool:
    """Whether a raw value leads to a file or an address."""
    found: list[str] = []

    def look(setting: FileText, text: str) -> str:
        if text and text not in known_words(key, setting) and not lists_colours(text):
            found.append(text)
        return text

    SETTINGS[key].map_files(raw, look)
    return bool(found)


def known_words(key: str, setting: FileText) -> tuple[str, ...]:
    """What a key that names files may say beside: words that are no files, whatever a folder is called."""
    if key == "model.name":
        return model_names()
    return palette_names() if setting.kind == "palette" else setting.words


def _crossed(one: Keys, other: Keys, chance: Chance) -> dict[str, object]:
    child: dict[str, object] = {}
    for group in _groups(one, other):
        first, second = ({key: each[key] for key in group if key in each} for each in (one, other))
        # A parent that says nothing of a group has its defaults, which is a say of its own.
        chosen, left = (first, second) if chance.happens(0.5) else (second, first)
        for key, raw in chosen.items():
            child[key] = _mutated(key, _between(key, raw, left.get(key), chance), chance)
    return child


def _groups(one: Keys, other: Keys) -> Iterator[tuple[str, ...]]:
    yield from _TOGETHER
    grouped = {key for group in _TOGETHER for key in group}
    yield from ((key,) for key in SETTINGS if (key in one or key in other) and key not in grouped)


def _between(key: str, raw: object, left: object, chance: Chance) -> object:
    """A number of one parent, or one between both parents': in equal factors where both are above 0."""
    draw = chance.share()
    if not (_is_plain(key, raw) and _is_plain(key, left)) or not chance.happens(_BETWEEN):
        return raw
    first, second = float(raw), float(left)  # type: ignore[arg-type]
    if first > 0 and second > 0:
        return _as_key(key, math.exp((1 - draw) * math.log(first) + draw * math.log(second)))
    return _as_key(key, (1 - draw) * first + draw * second)


def _mutated(key: str, raw: object, chance: Chance) -> object:
    """A number, now and then a little more or less."""
    changed = chance.about(1.0, _MUTATION)
    if not _is_plain(key, raw) or not chance.happens(_MUTATED) or key in _EXACT:
        return raw
    number = float(raw)  # type: ignore[arg-type]
    if key == "camera.zoom":  # which is as strong as it is away from 1
        return _as_key(key, 1 + (number - 1) * changed)
    return _as_key(key, number * changed)


_EXACT: Final = (
    "dream.octaves",
    "camera.mirrors",
    "camera.every",
    "colour.hold",
    "dream.wander",
    "guard.few",
)


def _is_plain(key: str, raw: object) -> bool:
    return isinstance(SETTINGS[key], Ranged) and is_number(raw)


def _as_key(key: str, number: float) -> object:
    """The number as the key may have it: within its limits, and whole where it has to be."""
    setting: Any = SETTINGS[key]
    limited = setting.limit(number)
    is_whole = isinstance(setting, Whole) or key == "dream.iterations"
    return round(limited) if is_whole else round(limited, 4)


def _affordable(child: dict[str, object]) -> dict[str, object]:
    """With fewer steps where there would be very many."""
    steps = child.get("dream.iterations", 10)
    if is_number(steps) and steps > _MOST_STEPS:
        return {**child, "dream.iterations": _MOST_STEPS}
    return child


_MOST_STEPS: Final = 10


def _child(keys: Keys, one: Preset, other: Preset, seed: int) -> Preset:
    title = f"{one.title} and {other.title}"
    return _preset(keys, title[:_LONGEST_TITLE], f"a child of both, seed {seed}", f"child-{seed}")


def _preset(keys: Keys, title: str, description: str, name: str) -> Preset:
    tables: dict[str, dict[str, object]] = {}
    for key, raw in keys.items():
        table, _, part = key.partition(".")
        tables.setdefault(table, {})[part] = raw
    ordered: dict[str, dict[str, object]] = {table: tables[table] for table in _TABLES if table in tables}
    return compose_preset(name, title, description, ordered)


_LONGEST_TITLE: Final = 80
