"""What was given on the command line, as parts of a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from dreamzoom.cli.options import KEYS
from dreamzoom.errors import printable, warn

if TYPE_CHECKING:
    from dreamzoom.recipe.build import Fragment
    from dreamzoom.recipe.schema import Recipe


def recipe_from(
    preset: str | None,
    overrides: tuple[str, ...],
    values: dict[str, str | None],
    image: str | None = None,
    *,
    has_image: bool = False,
) -> Recipe:
    """The recipe that options make together, as `given_fragments` tells.

    Raises:
        RecipeError: naming every fault, and the option it came with.
    """
    from dreamzoom.recipe.build import build_recipe

    return build_recipe(*given_fragments(preset, overrides, values, image, has_image=has_image))


def given_fragments(
    preset: str | None,
    overrides: tuple[str, ...],
    values: dict[str, str | None],
    image: str | None = None,
    *,
    has_image: bool = False,
    is_change: bool = False,
) -> list[Fragment]:
    """What was given, as parts of a recipe: preset, then `--set`, then options of their own, then the image.

    Args:
        values: what was given for `--frames`, `--size` and so on, by the option's name.
        has_image: there is a picture to dream, though it is no key of the recipe.
        is_change: a clip is changed, whose own recipe says how far colours are held.

    Raises:
        RecipeError: as `recipe_from`.
    """
    from dreamzoom.recipe.build import Fragment, override_fragment, overruled
    from dreamzoom.recipe.sources import find_home

    named = None if _is_default() else preset
    words = _words(values.get("text"), values.get("font"), named, is_still=has_image)
    if words and named is None:
        from dreamzoom.recipe.words import FEATHERS

        preset = FEATHERS
    has_image = has_image or image is not None
    first = [] if preset is None else [preset_fragment(preset, has_image=has_image)]
    last = [] if image is None else [Fragment("IMAGE", {"clip": {"image": image}})]
    held = [] if is_change or values.get("palette") is None else _held(first)
    given = [*map(override_fragment, overrides), *option_fragments(values), *last]
    parts = [*first, *words, *held, *map(find_home, given)]
    for line in overruled(parts):
        warn(line)
    return parts


def _held(preset: list[Fragment]) -> list[Fragment]:
    """The part of a recipe that holds a palette's colours, where the preset lets colours run."""
    from dreamzoom.recipe.build import Fragment

    hold = [part.values["colour"]["hold"] for part in preset if "hold" in part.values.get("colour", {})]
    return [] if hold and hold[-1] != 0 else [Fragment("--palette", {"colour": {"hold": 1}})]


def _is_default() -> bool:
    """Whether the command that runs was given no preset, and has one all the same."""
    context = click.get_current_context(silent=True)
    if context is None:
        return False
    return ParameterSource.DEFAULT in map(context.get_parameter_source, ("preset", "presets"))


def _words(text: str | None, font: str | None, preset: str | None, *, is_still: bool) -> list[Fragment]:
    """The part of a recipe that dreams within words alone, if there are any.

    A clip goes over its words at every frame; one picture's must be read after one dream, so that is longer
    than a preset's, and feathers get strokes under them that fill the letters. A file says itself how long.

    Args:
        font: a font's file; None for the one that is built in.
        preset: the one that is named.
        is_still: one picture is dreamed.

    Raises:
        RecipeError: there is nothing in them, or a font has no words.
    """
    from dreamzoom.errors import RecipeError
    from dreamzoom.recipe.build import Fragment
    from dreamzoom.recipe.presets import names_file
    from dreamzoom.recipe.regions import LONGEST_TEXT
    from dreamzoom.recipe.words import STROKES, letters

    if font is not None and (text is None or not font.strip()):
        told = "is empty: name a font's file" if text else "is what --text is written with: give that too"
        raise RecipeError(f"--font: {told}, or leave it out")
    if text is None:
        return []
    if not text.strip():
        raise RecipeError("--text: has nothing in it to draw: give it some words")
    if len(text) > LONGEST_TEXT or printable(text) != text:
        raise RecipeError(f"--text: must be one line of {LONGEST_TEXT} characters at most")
    words = letters(text) if font is None else {**letters(text), "font": font}
    dream: dict[str, object] = {"elsewhere": 0, "region": [words]}
    if is_still and (preset is None or not names_file(preset)):
        words["step"] = 2
        dream |= {"iterations": 30, "step_size": 2}
        dream["region"] = [words] if preset else [words, {**words, **STROKES}]
    return [Fragment("--text", {"dream": dream})]


def warn_of_unused(recipe: Recipe, parts: Sequence[Fragment], preset: str | None) -> None:
    """Warn of what has no say in a loop, or without one; what is a preset's own is not told.

    Args:
        recipe: what the parts come to.
        parts: as `given_fragments` gives them.
        preset: the one, or the file, that the first of them is of.
    """
    from dreamzoom.recipe.presets import names_file
    from dreamzoom.recipe.unused import unused_by_loop

    is_ours = preset is not None and not names_file(preset)
    for line in unused_by_loop(recipe, parts[1:] if is_ours else parts):
        warn(line)


def keeps_frames(parts: Sequence[Fragment]) -> bool:
    """Whether the parts of a recipe say how many frames a clip of a song has, which else the song decides.

    A number in a file is meant for the song that stands there too.
    """
    asked = False
    for part in parts:
        has_song, has_frames = (
            name in part.values.get(table, {}) for table, name in (("music", "song"), ("clip", "frames"))
        )
        asked = has_song and has_frames if has_song or has_frames else asked
    return asked or any(
        part.origin.startswith("--") and "frames" in part.values.get("clip", {}) for part in parts
    )


def preset_fragment(name_or_path: str, *, has_image: bool = False) -> Fragment:
    """A preset's part of a recipe, or a file's: what that leads to is told.

    Args:
        has_image: a picture to start from is given, and the file's own is not looked for.

    Raises:
        RecipeError: there is no such preset or file, or it is wrong.
    """
    from dreamzoom.recipe.presets import find_preset, names_file
    from dreamzoom.recipe.sources import find_files, without_image

    if not names_file(name_or_path):
        return find_preset(name_or_path).fragment
    from dreamzoom.video.metadata import load_preset

    fragment = load_preset(name_or_path).fragment
    fragment = without_image(fragment) if has_image else fragment
    fragment, lines = find_files(fragment, Path(name_or_path).parent)
    for line in lines:
        warn(line)
    return fragment


def option_fragments(values: dict[str, str | None]) -> list[Fragment]:
    """The given ones of the options, as parts of a recipe.

    Raises:
        RecipeError: one of them would not be used beside another.
    """
    from dreamzoom.recipe.build import option_fragment

    _require_one_goal(values)
    return [
        option_fragment(KEYS[name], value, f"--{name.replace('_', '-')}")
        for name, value in values.items()
        if value is not None and name in KEYS
    ]


def _require_one_goal(values: dict[str, str | None]) -> None:
    """See that no option says what a class is climbed by: that is where the network has its scores."""
    from dreamzoom.errors import RecipeError

    unused = [f"--{name}" for name in ("layer", "objective", "guide") if values.get(name) is not None]
    if values.get("class") is not None and unused:
        raise RecipeError(
            f"{' and '.join(unused)}: not used beside --class, which is climbed at the network's scores: "
            "leave one out; for both at once see `dreamzoom guide goals`"
        )
