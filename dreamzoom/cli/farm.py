"""`dreamzoom farm`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.console import say
from dreamzoom.cli.films import begin_film, is_film
from dreamzoom.cli.targets import NamedPath, WritingCommand, require_writable

if TYPE_CHECKING:
    from dreamzoom.farm.commands import CommandPlan

_ENGINES = ("shell", "slurm", "flamenco", "openjd")


@click.group()
def farm() -> None:
    """Have more than one machine make a film or many clips, with an engine of yours."""


@farm.command(cls=WritingCommand)
@click.argument("folder", metavar="FILM|FOLDER", type=NamedPath())
@click.option("--for", "engine", type=click.Choice(_ENGINES), required=True, help="Who runs the commands.")
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    type=NamedPath(),
    help="The file to write.  [default: the folder's name, such as film-slurm.sh]",
)
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(1, 10_000),
    default=2,
    show_default=True,
    help="How many at a time.",
)
@click.option(
    "--program",
    metavar="WORDS",
    default="dreamzoom",
    show_default=True,
    help="What runs dreamzoom there, such as 'apptainer exec dz.sif dreamzoom'.",
)
@click.option(
    "--any-machine",
    is_flag=True,
    help="Let a clip go on on another kind of machine than began it; bytes may differ from there on.",
)
@click.option("-y", "--force", is_flag=True, help="Overwrite FILE if it exists.")
def export(
    folder: Path,
    *,
    engine: str,
    out: Path | None,
    jobs: int,
    program: str,
    any_machine: bool,
    force: bool,
) -> None:
    """Write a file with which an engine makes a FILM, or finishes the clips in FOLDER.

    Of a film each scene is a command, which any machine that sees the folder may run, end and run again; the
    video is made after all of them. Scenes that go on with one another's dream are one command.

    A film has to have begun: `dreamzoom film STORYBOARD --begin` dreams nothing yet.
    """
    from dreamzoom.farm.export.targets import FARM_TARGETS
    from dreamzoom.io.files import write_atomically

    target = FARM_TARGETS[engine]
    path = out or Path(f"{folder.resolve().name}{target.ending}")
    require_writable(path, force=force)
    words = _split(program)
    text = target.write(_plan(folder, any_machine=any_machine), words, jobs)
    write_atomically(path, text.encode(errors="surrogateescape"))  # a path may be no text
    say(f"{path}: {target.use.replace('FILE', shlex.quote(str(path)))}")


def _split(program: str) -> list[str]:
    try:
        words = shlex.split(program)
    except ValueError as error:
        raise click.UsageError(f"--program: {error}".lower()) from error
    if not words:
        raise click.UsageError("--program: name what runs dreamzoom there")
    return words


def _plan(folder: Path, *, any_machine: bool) -> CommandPlan:
    from dreamzoom.farm.commands import plan_clip_commands, plan_film_commands

    if not is_film(folder):
        return plan_clip_commands(folder, any_machine=any_machine)
    from dreamzoom.film.folder import beginning_film
    from dreamzoom.film.keeping import intend_kept

    with beginning_film(folder) as film:
        plan, _ = begin_film(film, intend_kept(film, say))
    return plan_film_commands(film, plan, any_machine=any_machine)
