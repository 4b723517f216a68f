"""The recipe as a clip keeps it: every value spelled out, and what made it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dreamzoom._version import __version__
from dreamzoom.errors import ClipError, RecipeError
from dreamzoom.io.files import sha256_of
from dreamzoom.io.toml import format_table, parse_toml, read_toml
from dreamzoom.recipe.build import build_recipe, dump_recipe, make_fragment
from dreamzoom.recipe.compare import COMPUTED_ON, SOUNDING
from dreamzoom.recipe.schema import TABLES, Recipe
from dreamzoom.tracks.music import Music

_SHA256 = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){0,3}")
HOW_TO_MEND = "restore it from a copy, or start a new clip in another folder"
"""What to do about a file of a clip that is lost, damaged or was changed."""

_PLACES = COMPUTED_ON | SOUNDING | {"model.name", "music.map"}
# Keys that 0.2.0 did not know from the first.
_LATER = frozenset(
    {
        "dream.class",
        "dream.unit",
        "dream.goal",
        "music.sound",
        "music.map",
        "music.shift",
        "music.start",
        "music.delay",
        "music.fade_in",
        "music.fade_out",
        "music.stems",
        "music.series",
        "dream.turn",
        "dream.scale",
        "dream.rule",
        "dream.rule_memory",
        "dream.last_step",
        "dream.spectrum",
        "dream.decorrelate",
        "dream.smooth",
        "dream.laplacian",
        "dream.laplacian_levels",
        "dream.variation",
        "dream.variation_power",
        "dream.pull",
        "dream.pull_to",
        "dream.pull_power",
        "colour.map",
        "dream.elsewhere",
        "dream.region",
        "dream.tiles",
        "dream.tile",
        "loop.depth",
        "loop.turns",
        "loop.spiral",
        "loop.dreams",
        "loop.columns",
        "clip.dissolve",
        "clip.end",
        "clip.end_over",
        "loop.close",
    }
)


@dataclass(frozen=True)
class FrozenRecipe:
    """A recipe and what else decides the clip's pixels.

    Attributes:
        recipe: every value, the layer's name resolved.
        dreamzoom: the version that started the clip.
        model_sha256: of the model's weights file.
        start_sha256: of the clip's `start.png`.
        files: SHA-256 of the other files that it is made with, by name: guides, palettes, what was heard of
            the song, and the song.
        sizes: bytes of all these files, by name. Clips of dreamzoom 0.2.0 tell none.
        wiring_sha256: of what the model computes beside its weights; "" in older clips, which is believed.
        is_edited: whether a person has changed what decides pixels in the file that this was read from.
        before: the frames until which earlier recipes of the clip ruled, told by its own; by none of an older
            dreamzoom.
        lacks: the dotted keys that the file has not, for the dreamzoom that wrote it did not know them.
    """

    recipe: Recipe
    dreamzoom: str
    model_sha256: str
    start_sha256: str
    files: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    wiring_sha256: str = ""
    is_edited: bool = False
    before: tuple[int, ...] = ()
    lacks: frozenset[str] = frozenset()


def dump_frozen(frozen: FrozenRecipe) -> str:
    """The text of a clip's `recipe.toml`. The table `[frozen]` stands last: a text cut short lacks it.

    Raises:
        RecipeError: the recipe has a value that could not be read again.
    """
    text = dump_recipe(frozen.recipe)
    written = _read_again(text, frozen.recipe)
    made_by = {
        "dreamzoom": frozen.dreamzoom,
        "model_sha256": frozen.model_sha256,
        **({"wiring_sha256": frozen.wiring_sha256} if frozen.wiring_sha256 else {}),
        "start_sha256": frozen.start_sha256,
        "recipe_sha256": recipe_sha256(written),
        **({"before": list(frozen.before)} if frozen.before else {}),
        "files": frozen.files,
        "sizes": frozen.sizes,
    }
    return f"{text}\n{format_table('frozen', made_by)}"


def recipe_sha256(document: Mapping[str, object]) -> str:
    """The hash of what decides a clip's pixels in a recipe's document.

    Comments, spacing, the order of keys and the spelling of numbers do not count, nor does where the clip is
    computed. The model's place does not either: the hash of its weights says whether it is the same; nor a
    beat map's, for what came of it is kept.
    """
    tables = {
        table: {name: _plain(value) for name, value in values.items() if f"{table}.{name}" not in _PLACES}
        for table, values in document.items()
        if table in TABLES and isinstance(values, Mapping)
    }
    return sha256_of(json.dumps(tables, sort_keys=True, separators=(",", ":")).encode())


def _plain(value: object) -> object:
    """A value of a TOML document as JSON has it; a whole number is the same however it is written."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float) else str(value)


def _read_again(text: str, recipe: Recipe) -> dict[str, Any]:
    """The document of a recipe that is to be frozen, once it was seen that it gives that recipe."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RecipeError(
            "a name in the recipe is no UTF-8, and a clip could not keep it: rename the file or folder"
        ) from error
    document = parse_toml(text, "the recipe")
    if build_recipe(make_fragment(document, "the recipe"), heard=recipe.heard) != recipe:
        raise RecipeError("the recipe would not be the same when it is read again: please report this")
    return document


def wired_otherwise(frozen: FrozenRecipe, wiring_sha256: str) -> bool:
    """Whether a model computes something else than when the clip began; what another version says of it is
    not compared.
    """
    told = frozen.wiring_sha256 if frozen.dreamzoom == __version__ else ""
    return "" not in (told, wiring_sha256) and told != wiring_sha256


def load_frozen(path: str | Path, heard: Music | None = None) -> FrozenRecipe:
    """A clip's `recipe.toml`.

    A key that an older dreamzoom did not know has its default; the same version's file must have them all.

    Args:
        heard: the clip's song as tracks see it, where they go by it.

    Raises:
        ClipError: the file is missing, damaged, not a clip's, or of a newer dreamzoom that knows more keys.
    """
    try:
        document = read_toml(Path(path))
    except RecipeError as error:
        raise ClipError(f"{error}; {HOW_TO_MEND}") from error
    marks = _marks(document, path)
    try:
        if marks["dreamzoom"] == __version__:
            _require_all_keys(document, path)
        recipe = build_recipe(make_fragment(document, str(path)), heard=heard)
    except RecipeError as error:
        raise ClipError(_why(error, marks["dreamzoom"])) from error
    told = document["frozen"].get("recipe_sha256")  # clips of dreamzoom 0.2.0 have none
    return FrozenRecipe(
        recipe,
        **marks,
        files=_files(document, path),
        sizes=_sizes(document, path),
        wiring_sha256=_wiring(document, path),
        is_edited=told is not None and told != recipe_sha256(document),
        before=_before(document, path),
        lacks=frozenset(_lacking(document)),
    )


def _marks(document: Mapping[str, object], path: str | Path) -> dict[str, str]:
    """The checked values of the table `[frozen]`."""
    table = document.get("frozen")
    if not isinstance(table, Mapping):
        raise ClipError(
            f"{path}: is not a clip's recipe, or was cut short: it has no [frozen]; {HOW_TO_MEND}"
        )
    hashes = dict.fromkeys(("model_sha256", "start_sha256"), _SHA256.fullmatch)
    rules = {"dreamzoom": _VERSION.match, **hashes}  # a version may go on: 0.9.1.dev2
    for name, fits in rules.items():
        if not isinstance(table.get(name), str) or not fits(table[name]):
            raise ClipError(f"{path}: frozen.{name} is missing or damaged; {HOW_TO_MEND}")
    return {name: table[name] for name in rules}


def _files(document: Mapping[str, Any], path: str | Path) -> dict[str, str]:
    """The hashes by file name; clips of dreamzoom 0.1 have none."""
    frozen = document["frozen"]
    is_first = _release(str(frozen["dreamzoom"])) < (0, 2)
    files = frozen.get("files", {} if is_first else None)
    if not isinstance(files, Mapping) or not all(
        isinstance(sha256, str) and _SHA256.fullmatch(sha256) for sha256 in files.values()
    ):
        raise ClipError(f"{path}: frozen.files is damaged; {HOW_TO_MEND}")
    return dict(files)


def _sizes(document: Mapping[str, Any], path: str | Path) -> dict[str, int]:
    """The sizes by file name; clips of dreamzoom 0.2.0 have neither them nor a hash of the recipe."""
    frozen = document["frozen"]
    sizes = frozen.get("sizes", None if "recipe_sha256" in frozen else {})
    if not isinstance(sizes, Mapping) or not all(type(size) is int and size >= 0 for size in sizes.values()):
        raise ClipError(f"{path}: frozen.sizes is damaged; {HOW_TO_MEND}")
    return dict(sizes)


def _wiring(document: Mapping[str, Any], path: str | Path) -> str:
    """The hash of what the model computes; "" where the clip is older and tells none."""
    wiring = document["frozen"].get("wiring_sha256", "")
    if not isinstance(wiring, str) or (wiring and not _SHA256.fullmatch(wiring)):
        raise ClipError(f"{path}: frozen.wiring_sha256 is damaged; {HOW_TO_MEND}")
    return wiring


def _before(document: Mapping[str, Any], path: str | Path) -> tuple[int, ...]:
    """The frames until which earlier recipes ruled; none where the clip is older and tells none."""
    before = document["frozen"].get("before", [])
    if not isinstance(before, list) or not all(type(frame) is int and 0 < frame < 10**6 for frame in before):
        raise ClipError(f"{path}: frozen.before is damaged; {HOW_TO_MEND}")
    return tuple(before)


def _require_all_keys(document: Mapping[str, object], path: str | Path) -> None:
    if missing := next((key for key in _lacking(document) if key not in _LATER), None):
        raise RecipeError(f"{path}: {missing} is missing")


def _lacking(document: Mapping[str, object]) -> Iterator[str]:
    """The dotted keys that a document does not have."""
    for table, names in TABLES.items():
        values = document.get(table)
        present = values if isinstance(values, Mapping) else {}
        yield from (f"{table}.{name}" for name in names if name not in present)


def _why(error: RecipeError, version: str) -> str:
    if _release(version) > _release(__version__):
        return f"{error}; dreamzoom {version} made this clip and this is {__version__}: update dreamzoom"
    return f"{error}; {HOW_TO_MEND}"


def _release(version: str) -> tuple[int, ...]:
    match = _VERSION.match(version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()
