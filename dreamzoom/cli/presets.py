"""`dreamzoom presets` and `dreamzoom recipe`: what looks there are, and what a recipe can say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from dreamzoom.cli.console import align_columns, answer
from dreamzoom.recipe.presets import Preset, find_preset, list_presets
from dreamzoom.recipe.reference import list_keys, reference_text


@click.command("presets")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
def presets(name: str | None, as_json: bool) -> None:
    """List the presets, or print the recipe of one.

    The cost is the time for a clip: of the default recipe's, with the same model.
    """
    if name is not None:
        preset = find_preset(name)
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


def _facts(preset: Preset) -> dict[str, object]:
    return {
        "name": preset.name,
        "title": preset.title,
        "description": preset.description,
        "model": preset.recipe.model.name,
        "model_note": preset.model_note,
        "cost": round(preset.cost, 2),
    }


def _listing(known: Sequence[Preset]) -> str:
    """A line for each preset: name, model, cost, description; the columns aligned."""
    rows = [("PRESET", "MODEL", "COST", "")]
    rows += [
        (preset.name, preset.recipe.model.name, f"x{preset.cost:.2g}", _words(preset)) for preset in known
    ]
    return align_columns(rows)


def _words(preset: Preset) -> str:
    return f"{preset.description} ({preset.model_note})" if preset.model_note else preset.description
