"""`dreamzoom looks`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.console import answer, progress, say, stoppable
from dreamzoom.cli.options import allow_local
from dreamzoom.cli.streams import is_listened_to
from dreamzoom.cli.targets import NamedFolder, SourceName, WritingCommand
from dreamzoom.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dreamzoom.looks.choosing import TriedLook
    from dreamzoom.looks.folder import LooksFolder
    from dreamzoom.looks.making import MadeLook
    from dreamzoom.looks.trying import Format


@click.command(cls=WritingCommand)
@click.argument("image", required=False, default="clouds", type=SourceName())
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=NamedFolder(),
    default=Path("looks"),
    show_default=True,
    help="The folder that they go to.",
)
@click.option(
    "--preset",
    "presets",
    metavar="NAME|FILE",
    type=SourceName(),
    multiple=True,
    help="Only this look, or that of a file; as often as needed.  [default: all]",
)
@click.option("--palettes", is_flag=True, help="Each look's still in the colours of each palette, too.")
@click.option(
    "--frames",
    metavar="N",
    type=click.IntRange(2, 240),
    default=24,
    show_default=True,
    help="Frames of a moving picture; they are 10 a second.",
)
@click.option("--size", metavar="WxH", default="256x144", show_default=True, help="Its width and height.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print a line of JSON for each, as soon as it is there."
)
@allow_local
def looks(
    image: str,
    *,
    out: Path,
    presets: tuple[str, ...],
    palettes: bool,
    frames: int,
    size: str,
    as_json: bool,
) -> None:
    """See IMAGE in every look: moving pictures, in seconds each, and a sheet of them.

    Each is a small draft of the clip that `render` would make. What is there already is not made again; the
    same command goes on where the last one was stopped.
    """
    from dreamzoom.clip.lock import writing
    from dreamzoom.looks.choosing import require_own_names
    from dreamzoom.looks.folder import open_looks
    from dreamzoom.looks.trying import Format
    from dreamzoom.recipe.units import parse_size

    tried = _looks(presets)
    require_own_names(tried)
    sides = parse_size(size)
    if sides is None:
        raise click.BadParameter(f"{size!r} is no size from 32x32 to 8192x8192", param_hint="--size")
    folder = open_looks(out)
    with writing(out):
        status = _run(folder, image, Format(sides, frames), tried, palettes=palettes, as_json=as_json)
    click.get_current_context().exit(status)


def _looks(presets: Sequence[str]) -> list[TriedLook]:
    """What is to be tried, in order."""
    from dreamzoom.cli.given import preset_fragment
    from dreamzoom.looks.choosing import TriedLook, usual_looks
    from dreamzoom.recipe.presets import names_file

    if not presets:
        return [TriedLook(each.name, each.fragment) for each in usual_looks()]
    return [
        TriedLook(Path(name).stem if names_file(name) else name, preset_fragment(name, has_image=True))
        for name in presets
    ]


def _run(
    folder: LooksFolder,
    image: str,
    shape: Format,
    tried: Sequence[TriedLook],
    *,
    palettes: bool,
    as_json: bool,
) -> int:
    """Make what is not there, and tell of it. The exit status: 1 where a look was wrong."""
    from dreamzoom.looks.making import Maker, write_sheet

    outcomes: list[MadeLook] = []
    again = f"stopped; the same command goes on: {folder.path} keeps what is made"
    with stoppable(again) as check, progress(len(tried), str(folder.path), "look") as advance:

        def on_step() -> None:
            check()
            if as_json and not is_listened_to(sys.stdout):
                raise Interrupted(again)  # whoever waited for it has gone

        for outcome in Maker(folder, image, shape, on_step).make(tried):
            outcomes.append(outcome)
            advance(free=not outcome.made)
            _tell(folder, outcome, as_json=as_json)
            if palettes and outcome.is_there:
                _grade(folder, outcome.look.name, as_json=as_json)
            check()
    there = [outcome.look.name for outcome in outcomes if outcome.is_there]
    write_sheet(folder, there, image)
    if there:
        say(f"{folder.sheet_path}: {len(there)} look{'s' if len(there) > 1 else ''} of {image}")
    return 1 if any(outcome.fault for outcome in outcomes) else 0


def _tell(folder: LooksFolder, outcome: MadeLook, *, as_json: bool) -> None:
    name = outcome.look.name
    if as_json:
        _print(
            {
                "look": name,
                "moving": folder.moving_path(name).name if outcome.is_there else None,
                "still": folder.still_path(name).name if outcome.is_there else None,
                "missing": outcome.missing,
                "fault": outcome.fault,
                "seconds": outcome.seconds,
            }
        )
    if outcome.missing:
        say(f"{name} is left out, its model is not here: {outcome.missing}")
    if outcome.fault:
        say(f"{name} is left out: {outcome.fault}")


def _grade(folder: LooksFolder, look: str, *, as_json: bool) -> None:
    from dreamzoom.looks.swatches import make_swatches
    from dreamzoom.recipe.palettes import list_palettes

    for palette in make_swatches(folder, look, list_palettes()):
        if as_json:
            _print({"look": look, "palette": palette, "still": folder.still_path(look, palette).name})


def _print(facts: Mapping[str, object]) -> None:
    """A line for the program that waits for it."""
    answer(json.dumps(facts))
    sys.stdout.flush()
