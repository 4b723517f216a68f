"""`dreamzoom presets` and `dreamzoom recipe`: what looks there are, and what a recipe can say."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from dreamzoom.cli.console import align_columns, answer, answer_with_swatches, say
from dreamzoom.cli.targets import NamedPath, SourceName, WritingCommand, require_folder, require_writable
from dreamzoom.recipe.palettes import Palette, hex_of, list_palettes, open_palette
from dreamzoom.recipe.presets import Preset, find_preset, list_presets, names_file
from dreamzoom.recipe.reference import list_keys, reference_text

_BAR: Final = 32  # blanks of a palette on a terminal
_NAMES: Final = 10  # letters of a palette's name


@click.command("presets", cls=WritingCommand)
@click.argument("name", metavar="[NAME|FILE]", required=False, type=SourceName())
@click.option("--palettes", is_flag=True, help="The palettes instead: lists of colours for colour.palette.")
@click.option(
    "-o",
    "--out",
    type=NamedPath(),
    help="With --palettes: draw them into this PNG file instead.",
    metavar="PNG",
)
@click.option("--force", is_flag=True, help="Replace that file.")
@click.option(
    "--surprise",
    metavar="SEED",
    type=click.IntRange(0, 10**9),
    help="Print a recipe by chance that is worth a look: the same for the same number.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
def presets(
    name: str | None, *, palettes: bool, out: Path | None, force: bool, surprise: int | None, as_json: bool
) -> None:
    """List the presets, or print the recipe of one.

    A FILE may be a picture or a film that dreamzoom made: it tells how.

    The cost is the time for a clip: of the default recipe's, with the same model.
    """
    if out is not None and not palettes:
        raise click.UsageError("--out draws palettes: give --palettes too")
    if palettes:
        _tell_palettes(name, out, force=force, as_json=as_json)
        return
    if name is not None or surprise is not None:
        preset = _find(name) if name is not None else _by_chance(surprise or 0)
        answer(
            json.dumps(_facts(preset) | {"toml": preset.text}, indent=2) if as_json else preset.text.rstrip()
        )
        return
    known = list_presets()
    answer(json.dumps([_facts(preset) for preset in known], indent=2) if as_json else _listing(known))


@click.command("recipe")
@click.argument("keys", metavar="[KEY|TABLE]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
def recipe(keys: tuple[str, ...], as_json: bool) -> None:
    """List the keys of a recipe: default, meaning and allowed values.

    Without a KEY or TABLE all of them are listed. Any of them may be set with --set KEY=VALUE.
    """
    known = list_keys(keys)
    answer(json.dumps([asdict(facts) for facts in known], indent=2) if as_json else reference_text(known))


def _find(name: str) -> Preset:
    if not names_file(name):
        return find_preset(name)
    from dreamzoom.video.metadata import load_preset

    return load_preset(name)


def _by_chance(seed: int) -> Preset:
    from dreamzoom.looks.surprise import surprise

    return surprise(seed)


def _tell_palettes(name: str | None, out: Path | None, *, force: bool, as_json: bool) -> None:
    """Print, list or draw the palettes, or the one of that name or in that file."""
    chosen = list_palettes() if name is None else [open_palette(name)]
    if out is not None:
        _draw(chosen, out, force=force)
    elif as_json:
        answer(json.dumps([_palette_facts(palette) for palette in chosen], indent=2))
    elif name is not None:
        answer(chosen[0].text.rstrip())
    elif sys.stdout.isatty():
        answer_with_swatches((_bar(palette), _line(palette)) for palette in chosen)
    else:
        answer("\n".join(_line(palette) for palette in chosen))


def _draw(chosen: Sequence[Palette], out: Path, *, force: bool) -> None:
    from dreamzoom.io.files import write_atomically
    from dreamzoom.pictures.frames import picture_png
    from dreamzoom.pictures.palettes import palette_sheet

    require_folder(out)
    require_writable(out, force=force)
    write_atomically(out, picture_png(palette_sheet(chosen)))
    say(f"{out}: {len(chosen)} palette{'s' if len(chosen) > 1 else ''}")


def _line(palette: Palette) -> str:
    return f"{palette.name:{_NAMES}}  {palette.description}".rstrip()


def _bar(palette: Palette) -> list[tuple[str, int]]:
    """A palette's colours, and how many blanks of a terminal each is wide, as its share says."""
    ends = [round(_BAR * sum(palette.shares[: number + 1])) for number in range(len(palette.shares))]
    widths = (end - start for start, end in zip([0, *ends], ends, strict=False))
    return [(hex_of(colour), width) for colour, width in zip(palette.colours, widths, strict=True) if width]


def _palette_facts(palette: Palette) -> dict[str, object]:
    colours = [{"colour": hex_of(colour), "share": round(share, 6)} for colour, share in palette.rows]
    return {
        "name": palette.name,
        "title": palette.title,
        "description": palette.description,
        "colours": colours,
    }


def _facts(preset: Preset) -> dict[str, object]:
    return {
        "name": preset.name,
        "title": preset.title,
        "description": preset.description,
        "model": preset.recipe.model.name,
        "model_note": preset.model_note,
        "cost": None if preset.cost is None else round(preset.cost, 2),
    }


def _listing(known: Sequence[Preset]) -> str:
    """A line for each preset: name, model, cost, description; the columns aligned."""
    rows = [("PRESET", "MODEL", "COST", "")]
    rows += [(preset.name, preset.recipe.model.name, _cost(preset), _words(preset)) for preset in known]
    return align_columns(rows)


def _cost(preset: Preset) -> str:
    return "" if preset.cost is None else f"x{preset.cost:.2g}"


def _words(preset: Preset) -> str:
    return f"{preset.description} ({preset.model_note})" if preset.model_note else preset.description
