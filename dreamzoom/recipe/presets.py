"""Presets: named recipe fragments, each a look worth sharing.

A preset is a TOML file: a line each of `title`, `description` and, where it helps, `model_note`, then a
recipe's tables. Its name is the file's. A preset file serves as a recipe file too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dreamzoom.errors import RecipeError, nearest
from dreamzoom.io.toml import format_table, format_value, parse_toml, read_text
from dreamzoom.recipe.build import Fragment, build_recipe, make_fragment
from dreamzoom.recipe.schema import Recipe

_COST_SAMPLES = 30  # frames at which a track of iterations is looked at


@dataclass(frozen=True)
class Preset:
    """A preset that has been read and checked.

    Attributes:
        name: the file's name without `.toml`.
        title, description, model_note: a line each; the last may be "".
        text: the file as it is.
        fragment: its part of a recipe.
        recipe: the recipe it makes of the defaults.
    """

    name: str
    title: str
    description: str
    model_note: str
    text: str
    fragment: Fragment
    recipe: Recipe

    @property
    def cost(self) -> float | None:
        """Time for a clip, of the default recipe's, with the same model: pixels climbed, in-betweens free;
        None where a song decides.
        """
        if self.recipe.dream.iterations.needs_music:
            return None
        return _pixel_steps(self.recipe) / _pixel_steps(Recipe())


def list_presets() -> list[Preset]:
    """The presets that come with dreamzoom, by name.

    Raises:
        RecipeError: one of them is damaged.
    """
    return [read_preset(path) for path in _files().values()]


def preset_names() -> list[str]:
    """The names of the presets that come with dreamzoom."""
    return [*_files()]


def find_preset(name_or_path: str) -> Preset:
    """The preset of that name, or in that TOML file: what has an ending or a slash is a path.

    Raises:
        RecipeError: there is no such preset (the nearest are named) or file, or it is wrong.
    """
    if names_file(name_or_path):
        return read_preset(Path(name_or_path))
    files = _files()
    if name_or_path not in files:
        hint = nearest(name_or_path, files) or "; `dreamzoom presets` lists them"
        recipe = Path(name_or_path) / "recipe.toml"
        if os.path.isfile(recipe):  # noqa: PTH113 - a name that no file can have is none
            hint = f"; {name_or_path} is a clip's folder, whose recipe is {recipe}"
        raise RecipeError(f"there is no preset {name_or_path!r}{hint}")
    return read_preset(files[name_or_path])


def names_file(name_or_path: str) -> bool:
    """Whether it is a file that is meant, by its ending or a folder's name before it, not a preset."""
    return re.search(r"[/\\]|[^.]\.\w+$", name_or_path) is not None


def read_preset(path: Path) -> Preset:
    """The preset in a file.

    Raises:
        RecipeError: the file cannot be read, or its recipe is wrong.
    """
    return preset_of(read_text(path), path)


def preset_of(text: str, path: Path) -> Preset:
    """The preset that a file's text is.

    Raises:
        RecipeError: its recipe is wrong.
    """
    document = parse_toml(text, str(path))
    fragment = make_fragment(document, str(path))
    title, description, model_note = (
        _line(document.get(key, ""), f"{path}: {key}") for key in ("title", "description", "model_note")
    )
    recipe = build_recipe(fragment, is_whole=False)
    return Preset(path.stem, title or path.stem, description, model_note, text, fragment, recipe)


def compose_preset(
    name: str, title: str, description: str, tables: Mapping[str, Mapping[str, object]]
) -> Preset:
    """The preset that some raw tables of a recipe make, in their order.

    Raises:
        RecipeError: its recipe is wrong.
    """
    head = [f"title = {format_value(title)}", f"description = {format_value(description)}", ""]
    text = "\n".join([*head, *(format_table(table, values) for table, values in tables.items())])
    return preset_of(text, Path(f"{name}.toml"))


def _files() -> dict[str, Path]:
    return {path.stem: path for path in sorted(presets_folder().glob("*.toml"))}


def presets_folder() -> Path:
    """Where the presets are: in the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "presets"
    return installed if installed.is_dir() else package.parent / "presets"


def _line(value: object, place: str) -> str:
    if not isinstance(value, str) or "\n" in value:
        raise RecipeError(f"{place}: must be one line of text")
    return value.strip()


def _pixel_steps(recipe: Recipe) -> float:
    """How many pixels are climbed for an average frame."""
    dream, clip = recipe.dream, recipe.clip
    frames = range(0, clip.frames, max(1, clip.frames // _COST_SAMPLES))
    steps = sum(dream.iterations.at(frame, recipe.clock) for frame in frames) / len(frames)
    octaves = sum(dream.octave_scale ** (-2 * octave) for octave in range(dream.octaves))
    return clip.size.width * clip.size.height * octaves * steps / recipe.camera.every
