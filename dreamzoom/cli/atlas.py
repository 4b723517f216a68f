"""`dreamzoom atlas`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.cluster import cluster_option, outcomes_on
from dreamzoom.cli.console import answer, progress, say, stoppable
from dreamzoom.cli.given import recipe_from
from dreamzoom.cli.options import atlas_options
from dreamzoom.cli.targets import NamedFolder, NamedPath, SourceName, WritingCommand, require_writable
from dreamzoom.errors import DreamzoomError, RequestError, shell_word, warn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dreamzoom.atlas.folder import AtlasFolder
    from dreamzoom.atlas.making import HandOut, PlateFile
    from dreamzoom.atlas.plates import AtlasPlan
    from dreamzoom.recipe.schema import ModelSettings, Recipe

_TOUR = "tour.mp4"


@click.command(cls=WritingCommand)
@click.argument("image", required=False, type=SourceName())
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=NamedFolder(),
    default=Path("atlas"),
    show_default=True,
    help="The atlas's folder.",
)
@click.option(
    "--layers",
    metavar="GLOB",
    multiple=True,
    help="Only layers of such names, as 'inception_4*'; as often as needed.  [default: all]",
)
@click.option(
    "--channels",
    metavar="all|NUMBERS",
    help="A picture for each channel of the one layer that --layers names: all, or 0-31,40.",
)
@click.option(
    "--classes",
    metavar="GLOB",
    multiple=True,
    help="A picture for each class of such a name or number, in place of layers: '*cat*'.",
)
@click.option("--labels/--no-labels", default=True, help="Whether names stand under the pictures.")
@click.option(
    "--tour",
    metavar="FILE",
    type=NamedPath(),
    help=f"The tour's file: .mp4, .mov or .gif.  [default: {_TOUR} in the folder]",
)
@click.option("--no-tour", is_flag=True, help="Make no tour.")
@click.option("-y", "--force", is_flag=True, help="Replace another atlas in the folder, or the tour's file.")
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON.")
@atlas_options
@cluster_option
def atlas(
    image: str | None,
    *,
    out: Path,
    layers: tuple[str, ...],
    channels: str | None,
    classes: tuple[str, ...],
    labels: bool,
    tour: Path | None,
    no_tour: bool,
    force: bool,
    as_json: bool,
    cluster: str | None,
    preset: str | None,
    overrides: tuple[str, ...],
    **values: str | None,
) -> None:
    """Dream IMAGE once for each layer of a model, and show what each one sees.

    A folder gets the numbered pictures, a contact sheet of them and a video that tours through them. Layers
    that cannot be dreamed are named, and left out.

    The same command again goes on where the last one was stopped; so does `dreamzoom atlas --out DIR`.
    """
    from dreamzoom.atlas.folder import begin_atlas, open_atlas, require_room_for
    from dreamzoom.atlas.making import prepare_again, prepare_atlas
    from dreamzoom.atlas.plates import Selection
    from dreamzoom.clip.lock import writing

    target = None if no_tour else _tour_target(tour, out, force=force)
    if image is None:
        chosen = {"layers": layers, "channels": channels, "classes": classes}
        _refuse_settings({**chosen, "preset": preset, "set": overrides, **values})
        open_atlas(out)  # which refuses a folder that holds none
        with writing(out):
            folder = open_atlas(out)
            plan, model = prepare_again(folder), folder.atlas.frozen.recipe.model
            status = _run(folder, plan, model, target, cluster, as_json=as_json)
        click.get_current_context().exit(status)
    if classes and (layers or channels):
        raise click.UsageError("--classes stand in place of layers: leave out --layers and --channels")
    recipe = _recipe(preset, overrides, values, image)
    prepared = prepare_atlas(
        recipe,
        Selection(layers or ("*",), channels or "", classes),
        labels=labels,
        has_size=values["size"] is not None,
    )
    require_room_for(out)
    with writing(out):
        folder = begin_atlas(out, prepared.atlas, prepared.files, force=force)
        status = _run(
            folder, prepared.plan, prepared.atlas.frozen.recipe.model, target, cluster, as_json=as_json
        )
    click.get_current_context().exit(status)


def _recipe(
    preset: str | None, overrides: tuple[str, ...], values: dict[str, str | None], image: str
) -> Recipe:
    """What the options say together. What plates decide is refused, or told where it is a preset's."""
    own = {f"dream.{name}" for name in ("layer", "channel", "class", "goal", "region")}
    for override in overrides:
        if (key := override.partition("=")[0].strip()) in own:
            raise click.UsageError(
                f"--set {key}: an atlas has its own way to that: use --layers, --channels or --classes"
            )
    recipe = recipe_from(preset, overrides, values, image)
    for name in ("goal", "region"):
        if getattr(recipe.dream, name):
            warn(f"an atlas dreams one layer at a time: the preset's dream.{name} is not used")
    return recipe


def _refuse_settings(given: Mapping[str, object]) -> None:
    """See that an atlas that goes on without a picture's name is not asked for something else."""
    named = [f"--{name}" for name, value in given.items() if value]
    if named:
        raise click.UsageError(
            f"without IMAGE the atlas goes on as it began: leave out {', '.join(named)}, or name IMAGE"
        )


def _tour_target(tour: Path | None, out: Path, *, force: bool) -> Path:
    """Where the tour goes. Found out before the work."""
    from dreamzoom.atlas.tour import TOURS

    target = tour or out / _TOUR
    if target.suffix.lower() not in TOURS:
        raise RequestError(f"--tour {target}: name a file ending in {', '.join(TOURS)}")
    if tour is not None:
        require_writable(target, force=force, may_replace=target.parent.resolve() == out.resolve())
        if not target.absolute().parent.is_dir() and target.absolute().parent != out.absolute():
            raise RequestError(f"--tour {target}: {target.parent} is no folder")
    return target


def _run(
    folder: AtlasFolder,
    plan: AtlasPlan,
    model: ModelSettings,
    tour: Path | None,
    cluster: str | None,
    *,
    as_json: bool,
) -> int:
    """Make what an atlas lacks, and tell what there is. The exit status: 1 where a plate failed."""
    from dreamzoom.atlas.making import make_plates, pictures_of, unreached, write_sheet
    from dreamzoom.atlas.tour import make_tour

    for left_out in plan.left_out:
        say(f"{left_out.layer} is left out: {left_out.reason}")
    farewell = f"stopped; go on with: dreamzoom atlas --out {shell_word(str(folder.path))}"
    errors: list[DreamzoomError] = []
    with stoppable(farewell) as check:
        with progress(len(plan.plates), str(folder.path), "picture") as advance:
            hand_out = None if cluster is None else _plates_on(cluster, folder.path, check)
            done = {plate.number for plate in plan.plates if folder.record_of(plate) is not None}
            for outcome in make_plates(folder, plan, model, check, hand_out=hand_out):
                advance(free=outcome.plate.number in done)
                if outcome.error is not None:
                    errors.append(outcome.error)
                    say(f"dreamzoom: {outcome.plate.title}: {outcome.error}")
        for each in unreached(plan, folder):
            say(f"{each.layer} is left out: {each.reason}")
        check()
        pictures, last = pictures_of(folder, plan), folder.made_at_last()
        is_whole = any(path.name in ("sheet.jpg", "sheet-1.jpg") for path in last)
        sheets = [path for path in last if path.suffix == ".jpg"] if is_whole else write_sheet(folder, plan)
        if tour is not None and not (tour in last and tour.exists()):
            say(f"{tour}: {len(pictures)} pictures")
            make_tour(pictures, tour, check)
    say(f"{folder.path}: {len(pictures) - 1} pictures; {', '.join(map(str, sheets))}")
    if as_json:
        answer(json.dumps(_listing(folder, plan, tour)))
    return 1 if errors else 0


def _plates_on(cluster: str, folder: Path, check: Callable[[], None]) -> HandOut:
    """What has plates dreamed on a cluster."""
    from dreamzoom.atlas.making import AtlasOutcome
    from dreamzoom.farm.tasks import PlateWork, make_plate

    def hand_out(recipe: Recipe, start: Path, plates: list[PlateFile]) -> Iterator[AtlasOutcome]:
        whole = [replace(each, path=each.path.resolve()) for each in plates]
        tasks = [PlateWork(each, recipe, start.resolve()) for each in whole]
        for outcome in outcomes_on(cluster, folder, make_plate, tasks, check) if tasks else ():
            yield AtlasOutcome(outcome.task.plate.task.plate, outcome.result, outcome.error)

    return hand_out


def _listing(folder: AtlasFolder, plan: AtlasPlan, tour: Path | None) -> dict[str, object]:
    """What a program reads of an atlas.

    Args:
        tour: the one that was asked for; else one that lies in the folder is told.
    """
    from dreamzoom.atlas.making import unreached
    from dreamzoom.atlas.tour import TOURS

    plates = []
    for plate in plan.plates:
        record = folder.record_of(plate)
        if record is None or not record.file:
            continue
        row = plan.rows[plate.layer]
        plates.append(
            {
                "number": plate.number,
                "layer": plate.layer,
                "channel": plate.channel,
                "class": plate.class_name or None,
                "channels": row.shape[0],
                "sees": row.sees,
                "file": str(folder.path / record.file),
                "seconds": record.seconds,
                "objective": record.objective,
            }
        )
    left_out = [
        {"layer": each.layer, "problem": each.reason} for each in (*plan.left_out, *unreached(plan, folder))
    ]
    made = folder.made_at_last()
    tours = [path for path in made if path.suffix in TOURS] if tour is None else [tour]
    return {
        "plates": plates,
        "left_out": left_out,
        "sheets": [str(path) for path in made if path.suffix == ".jpg"],
        "tour": str(tours[0]) if tours else None,
    }
