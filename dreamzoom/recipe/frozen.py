"""The recipe as a clip keeps it: every value spelled out, and what made it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dreamzoom._version import __version__
from dreamzoom.errors import ClipError, RecipeError
from dreamzoom.io.toml import format_table, read_toml
from dreamzoom.recipe.build import build_recipe, dump_recipe, make_fragment
from dreamzoom.recipe.schema import TABLES, Recipe
from dreamzoom.tracks.music import Music

_SHA256 = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){0,3}")
_HOW_TO_MEND = "restore it from a copy, or start a new clip in another folder"


@dataclass(frozen=True)
class FrozenRecipe:
    """A recipe and what else decides the clip's pixels.

    Attributes:
        recipe: every value, the layer's name resolved.
        dreamzoom: the version that started the clip.
        model_sha256: of the model's weights file.
        start_sha256: of the clip's `start.png`.
        files: SHA-256 of the other files that it is made with, by name: guides, palettes, what was heard of
            the song.
    """

    recipe: Recipe
    dreamzoom: str
    model_sha256: str
    start_sha256: str
    files: Mapping[str, str] = field(default_factory=dict)


def dump_frozen(frozen: FrozenRecipe) -> str:
    """The text of a clip's `recipe.toml`. The table `[frozen]` stands last: a text cut short lacks it."""
    made_by = {name: value for name, value in vars(frozen).items() if name != "recipe"}
    return f"{dump_recipe(frozen.recipe)}\n{format_table('frozen', made_by)}"


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
        raise ClipError(f"{error}; {_HOW_TO_MEND}") from error
    marks = _marks(document, path)
    try:
        if marks["dreamzoom"] == __version__:
            _require_all_keys(document, path)
        recipe = build_recipe(make_fragment(document, str(path)), heard=heard)
    except RecipeError as error:
        raise ClipError(_why(error, marks["dreamzoom"])) from error
    return FrozenRecipe(recipe, **marks, files=_files(document, path))


def _marks(document: Mapping[str, object], path: str | Path) -> dict[str, str]:
    """The checked values of the table `[frozen]`."""
    table = document.get("frozen")
    if not isinstance(table, Mapping):
        raise ClipError(
            f"{path}: is not a clip's recipe, or was cut short: it has no [frozen]; {_HOW_TO_MEND}"
        )
    rules = {"dreamzoom": _VERSION, "model_sha256": _SHA256, "start_sha256": _SHA256}
    for name, rule in rules.items():
        if not isinstance(table.get(name), str) or not rule.match(table[name]):
            raise ClipError(f"{path}: frozen.{name} is missing or damaged; {_HOW_TO_MEND}")
    return {name: table[name] for name in rules}


def _files(document: Mapping[str, object], path: str | Path) -> dict[str, str]:
    """The hashes by file name; clips of dreamzoom 0.1 have none."""
    frozen = document["frozen"]
    assert isinstance(frozen, Mapping)  # noqa: S101 - `_marks` has seen to it
    is_first = _release(str(frozen["dreamzoom"])) < (0, 2)
    files = frozen.get("files", {} if is_first else None)
    if not isinstance(files, Mapping) or not all(
        isinstance(sha256, str) and _SHA256.fullmatch(sha256) for sha256 in files.values()
    ):
        raise ClipError(f"{path}: frozen.files is damaged; {_HOW_TO_MEND}")
    return dict(files)


def _require_all_keys(document: Mapping[str, object], path: str | Path) -> None:
    for table, names in TABLES.items():
        values = document.get(table)
        present = values if isinstance(values, Mapping) else {}
        for name in names:
            if name not in present:
                raise RecipeError(f"{path}: {table}.{name} is missing")


def _why(error: RecipeError, version: str) -> str:
    if _release(version) > _release(__version__):
        return f"{error}; dreamzoom {version} made this clip and this is {__version__}: update dreamzoom"
    return f"{error}; {_HOW_TO_MEND}"


def _release(version: str) -> tuple[int, ...]:
    match = _VERSION.match(version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()
