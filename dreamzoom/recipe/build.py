"""From fragments (files, presets, `--set` and options) to one checked recipe.

Later fragments win, key by key, and name by name in a table of names and files. Every fault of every fragment
is found before one error is raised, each told with the place it came from: `sky.toml: camera.zoom: must be a
number …`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from dreamzoom.errors import RecipeError, nearest, quote_value, tell_first
from dreamzoom.io.toml import format_table
from dreamzoom.recipe.arrivals import arrival_faults
from dreamzoom.recipe.climbed import goal_faults, region_faults, region_weights_faults
from dreamzoom.recipe.goals import weights_fault
from dreamzoom.recipe.named_files import NamedFiles, twice_named, unknown_source
from dreamzoom.recipe.schema import SETTINGS, TABLES, Recipe, raw_tables, raw_value, recipe_of, value_of
from dreamzoom.tracks.expression import Expression
from dreamzoom.tracks.music import SIGNALS, Music
from dreamzoom.tracks.parse import is_ever_set
from dreamzoom.tracks.signals import MOST, Signal

INFORMATION = ("title", "description", "model_note", "frozen", "atlas")
"""Top-level names that decide no pixel: presets, and frozen recipes of clips and atlases, serve as recipes as
they are.
"""

_FAULTS_SHOWN = 5


@dataclass(frozen=True)
class Fragment:
    """A part of a recipe: raw values by table and key, all keys known, and where they were written."""

    origin: str
    values: Mapping[str, Mapping[str, object]]


def make_fragment(document: Mapping[str, object], origin: str) -> Fragment:
    """A TOML document's values as a fragment.

    Raises:
        RecipeError: naming every unknown table and key, and the nearest known ones; or it is no document.
    """
    if not isinstance(document, Mapping):
        what = "give tables such as {'dream': {'octaves': 3}}, or a preset's or a file's fragment"
        raise RecipeError(f"{origin}: {quote_value(document)} is no part of one: {what}")
    faults = list(_unknown_keys(document))
    if faults:
        shown = (f"{origin}: {what}{hint()}" for what, hint in faults[:_FAULTS_SHOWN])
        raise _all_faults([*shown, *(what for what, _ in faults[_FAULTS_SHOWN:])])
    tables = {table: dict(document[table]) for table in TABLES if table in document}  # type: ignore[call-overload]
    return Fragment(origin, tables)


def build_recipe(
    *fragments: Fragment | Mapping[str, object], heard: Music | None = None, is_whole: bool = True
) -> Recipe:
    """The recipe that the fragments make together, from the defaults up.

    A plain mapping stands for a document of no name. Tracks that go by a song are checked once it was heard.

    Args:
        heard: the song of `music.song`, where it was listened to.
        is_whole: whether nothing is added: else tracks may go by a song that is named later.

    Raises:
        RecipeError: naming what is wrong with every value at fault, and where it was written.
    """
    known = [part if isinstance(part, Fragment) else make_fragment(part, "recipe") for part in fragments]
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    faults: list[str] = []
    for fragment in known:
        for key, raw in _dotted(fragment):
            try:
                value = SETTINGS[key].parse(raw)
                values[key] = SETTINGS[key].over(values.get(key, ()), value)
            except RecipeError as error:
                faults.append(f"{fragment.origin}: {key}: {error}")
            origins[key] = fragment.origin
    if not faults:
        recipe = recipe_of(values, heard)
        faults = _whole_faults(recipe if is_whole else _with_song(recipe), origins)
    if faults:
        raise _all_faults(faults)
    return recipe


def _with_song(recipe: Recipe) -> Recipe:
    """A recipe to check whose song is named, and not heard yet."""
    return replace(recipe, music=replace(recipe.music, song=recipe.music.song or "song"))


def overruled(fragments: Sequence[Fragment]) -> list[str]:
    """What a fragment says of the one goal, where an earlier one has rows of goals that rule all the same."""
    rows: object = ()
    faults = []
    for fragment in fragments:
        dream = fragment.values.get("dream", {})
        if rows and "goal" not in dream:
            faults += [
                f"{fragment.origin}: dream.{key}: is not used beside [[dream.goal]]: change one of these, "
                "or leave them out with dream.goal=[]"
                for key in ("layer", "objective", "channel")
                if key in dream
            ]
        rows = dream.get("goal", rows)
    return faults


def give_music(recipe: Recipe, heard: Music) -> Recipe:
    """The recipe with its song heard, checked over all frames.

    Raises:
        RecipeError: a track leaves its range, or goes by beats or signals where there are none.
    """
    if faults := [fault for key in SETTINGS for fault in _unheard(recipe, key, heard)]:
        raise _all_faults(faults)
    return check_recipe(replace(recipe, heard=heard))


def _unheard(recipe: Recipe, key: str, heard: Music) -> Iterator[str]:
    for signal in sorted(_signals(recipe, key)):
        if signal.name not in heard.signals:
            yield f"{key}: goes by {signal.name}, which was not heard of the song"


def check_recipe(recipe: Recipe) -> Recipe:
    """Return a recipe whose values are within limits, and whose parts fit together: tracks in range over all
    frames, a guide where one is needed.

    `build_recipe` has done this; do it again where a recipe was changed, as `extend` changes its frames.

    Raises:
        RecipeError: naming every key at fault.
    """
    if faults := list(_faults_of_limits(recipe)) or _whole_faults(recipe, {}):
        raise _all_faults(faults)
    return recipe


def _faults_of_limits(recipe: Recipe) -> Iterator[str]:
    """Values that no file could hold. First of all: tracks are not followed over a million frames."""
    for key, setting in SETTINGS.items():
        if setting.moves:
            continue
        try:
            setting.parse(raw_value(recipe, key))
        except RecipeError as error:
            yield f"{key}: {error}"


def change_recipe(recipe: Recipe, *changes: Fragment) -> Recipe:
    """A recipe with some of its keys set anew.

    Raises:
        RecipeError: as `build_recipe`.
    """
    return build_recipe(Fragment("the clip's recipe", raw_tables(recipe)), *changes, heard=recipe.heard)


def differing_keys(one: Recipe, other: Recipe) -> list[str]:
    """The dotted keys whose values differ, in the recipe's order; tracks are compared as they are written."""
    return [key for key in SETTINGS if raw_value(one, key) != raw_value(other, key)]


def dump_recipe(recipe: Recipe) -> str:
    """The recipe as TOML with every value spelled out.

    `build_recipe(parse_toml(text, "recipe"))` gives it back exactly.
    """
    return "\n".join(format_table(table, values) for table, values in raw_tables(recipe).items())


def _dotted(fragment: Fragment) -> Iterator[tuple[str, object]]:
    for table, values in fragment.values.items():
        for name, raw in values.items():
            yield f"{table}.{name}", raw


def _unknown_keys(document: Mapping[str, object]) -> Iterator[tuple[str, Callable[[], str]]]:
    """What is wrong with a document's keys, and what works out a hint: of thousands few are shown."""
    for table, values in document.items():
        if table in INFORMATION:
            continue
        if table not in TABLES:
            kind = "table" if isinstance(values, Mapping) else "key"
            hint = partial(nearest, table, TABLES) if kind == "table" else partial(_near_key, table)
            yield f"there is no {kind} {quote_value(table)}", hint
        elif not isinstance(values, Mapping):
            yield f"{table} must be a table, [{table}], got {quote_value(values)}", str
        else:
            for name in values:
                if name not in TABLES[table]:
                    key = f"{table}.{name}"
                    yield f"there is no key {quote_value(key)}", partial(_near_key, key)


def _near_key(key: str) -> str:
    """A hint for an unknown key: the same name in another table first, then what is spelled like it."""
    table, _, name = key.rpartition(".")
    homes = [known for known in SETTINGS if known.endswith(f".{name}")]
    if homes:
        return f"; did you mean {' or '.join(map(repr, homes))}?"
    return nearest(name, TABLES[table], f"{table}.") if table in TABLES else nearest(key, SETTINGS)


def _whole_faults(recipe: Recipe, origins: Mapping[str, str]) -> list[str]:
    """What is wrong only when all values are known, each fault with its key and where that was written."""
    faults = [
        _signal_faults,
        _faults_over_time,
        _dream_faults,
        _region_faults,
        _nudge_faults,
        _arrival_faults,
    ]
    if "colour.palette" in origins and "colour.hold" not in origins:  # whoever says 0 means it
        faults.append(_palette_faults)
    return [
        f"{origins[key]}: {key}: {fault}" if key in origins else f"{key}: {fault}"
        for find in faults
        for key, fault in find(recipe)
    ]


def _signal_faults(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Names of files that there are none of, and more signals than are heard of one song."""
    yield from (("music.series", fault) for fault in twice_named(recipe.music.stems, recipe.music.series))
    wanted: set[Signal] = set()
    for key in SETTINGS:
        for signal in sorted(_signals(recipe, key), key=lambda signal: signal.name):
            if fault := unknown_source(signal, recipe.music.stems, recipe.music.series):
                yield key, fault
        wanted |= _signals(recipe, key)
        if len(wanted) > MOST:
            yield key, f"asks for more than the {MOST} signals that a recipe may have"
            return


def _faults_over_time(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """What is wrong with values at some frame. What goes by a song is checked once that was heard."""
    for key, setting in SETTINGS.items():
        if recipe.music.song and not _is_heard(recipe, key):
            continue
        try:
            setting.check(value_of(recipe, key), recipe.clock)
        except RecipeError as error:
            yield key, str(error)


def _palette_faults(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """What is wrong with the palette; a hold that cannot be worked out is told of elsewhere."""
    if not any(recipe.colour.palette.choices):
        return
    try:
        held = is_ever_set(recipe.colour.hold, recipe.clock)
    except RecipeError:
        return
    if not held:
        yield "colour.palette", "is used where colour.hold is above 0 alone; set that too"


def _dream_faults(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """What is wrong with what is climbed; weights that cannot be worked out are told of elsewhere."""
    yield from goal_faults(recipe.dream)
    if recipe.music.song and not _is_heard(recipe, "dream.goal"):
        return
    with suppress(RecipeError):
        if fault := weights_fault(recipe.dream.goal, recipe.clock):
            yield "dream.goal", fault


def _region_faults(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """What is wrong with the dream's regions; tracks that cannot be worked out are told of elsewhere."""
    yield from region_faults(recipe.dream)
    if recipe.music.song and not _is_heard(recipe, "dream.region"):
        return
    with suppress(RecipeError):
        yield from (("dream.region", fault) for fault in region_weights_faults(recipe.dream, recipe.clock))


def _nudge_faults(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """What is wrong with the guard's guide, and with which key."""
    guard = recipe.guard
    if guard.guide and guard.nudge != "guide":
        yield "guard.guide", "is used by guard.nudge = 'guide' alone; set that too"
    elif guard.nudge == "guide" and not guard.guide:
        yield "guard.nudge", "'guide' needs a picture; give one in guard.guide"


def _arrival_faults(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """What is wrong with the pictures that the clip comes to; tracks that cannot be worked out are told of
    elsewhere. A song decides how long the clip is: then it is seen before the render, by `require_arrivals`.
    """
    if recipe.music.song:
        return
    with suppress(RecipeError):
        yield from arrival_faults(recipe)


def follows_music(recipe: Recipe) -> bool:
    """Whether a track goes by the recipe's song, which has to be heard for it."""
    return any(_needs_music(recipe, key) for key in SETTINGS)


def _needs_music(recipe: Recipe, key: str) -> bool:
    return any(track.needs_music for track in SETTINGS[key].tracks(value_of(recipe, key)))


def wanted_signals(recipe: Recipe) -> tuple[Signal, ...]:
    """What the recipe's tracks ask of its song beside what all music has, in the order of names."""
    asked = {signal for key in SETTINGS for signal in _signals(recipe, key)}
    return tuple(sorted(asked, key=lambda signal: signal.name))


def _signals(recipe: Recipe, key: str) -> set[Signal]:
    tracks = SETTINGS[key].tracks(value_of(recipe, key))
    signals = (signal for track in tracks if isinstance(track, Expression) for signal in track.signals)
    return {signal for signal in signals if signal.name not in SIGNALS}


def _is_heard(recipe: Recipe, key: str) -> bool:
    """Whether all was heard of the song that a key's tracks go by."""
    if recipe.heard is None:
        return not _needs_music(recipe, key)
    return all(signal.name in recipe.heard.signals for signal in _signals(recipe, key))


def _all_faults(faults: list[str]) -> RecipeError:
    """One error of one line for several faults; beyond a handful only their number."""
    return RecipeError(tell_first(faults, _FAULTS_SHOWN))


def override_fragment(text: str, origin: str = "--set") -> Fragment:
    """A `key=value` text as a fragment: the value is TOML where it is TOML, else the bare text.

    Raises:
        RecipeError: there is no "=", or no such key.
    """
    key, equals, value = text.partition("=")
    if not equals:
        raise RecipeError(f"{origin}: {text!r} has no '='; write key=value, such as dream.iterations=6")
    known = key.strip()
    table_key, _, name = known.rpartition(".")
    named = SETTINGS.get(table_key)
    if isinstance(named, NamedFiles):
        table, files = table_key.split(".")
        return Fragment(origin, {table: {files: {name: named.path_from_text(value.strip())}}})
    if known not in SETTINGS:
        raise RecipeError(f"{origin}: there is no key {quote_value(known)}{_near_key(known)}")
    return option_fragment(known, value, origin)


def option_fragment(key: str, text: str, origin: str) -> Fragment:
    """An option's text, such as "1.05" for `--zoom`, as a fragment that sets `key`."""
    table, name = key.split(".")
    return Fragment(origin, {table: {name: SETTINGS[key].from_text(text.strip())}})
