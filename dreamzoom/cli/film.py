"""`dreamzoom film`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.batches import expand
from dreamzoom.cli.cluster import cluster_options, on_cluster
from dreamzoom.cli.films import (
    FilmRun,
    begin_only,
    find_storyboard,
    is_film,
    refuse_given,
    resume_film,
    run_film,
)
from dreamzoom.cli.options import allow_local
from dreamzoom.cli.targets import NamedFolder, NamedPath, SourceName, require_no_target
from dreamzoom.errors import shell_word

if TYPE_CHECKING:
    from dreamzoom.film.folder import FilmFolder


@click.command()
@click.argument("sources", metavar="STORYBOARD|IMAGE|DIR...", nargs=-1, required=True, type=SourceName())
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=NamedFolder(),
    help="The film's folder.  [default: the storyboard's name, or film]",
)
@click.option(
    "--audio", metavar="FILE", type=NamedPath(), help="The song that a film of pictures is made to."
)
@click.option("--size", metavar="WxH", help="Of a film of pictures.  [default: 1280x720]")
@click.option("--fps", metavar="RATE", help="Frames a second of a film of pictures.  [default: 24]")
@click.option("--seed", metavar="N", type=int, help="Chooses among looks, and what is random in them.")
@click.option(
    "--draft",
    is_flag=True,
    help="The same film small and at a third of the frames a second, in DIR-draft.",
)
@click.option(
    "--begin", "only_begins", is_flag=True, help="Write down all that decides it, and dream nothing yet."
)
@click.option(
    "--check", "only_checks", is_flag=True, help="Say what is wrong, or what would be dreamed; write nothing."
)
@click.option("--json", "as_json", is_flag=True, help="With --check: as JSON.")
@cluster_options
@allow_local
@click.pass_context
def film(
    ctx: click.Context,
    /,
    sources: tuple[str, ...],
    *,
    out: Path | None,
    audio: Path | None,
    draft: bool,
    only_begins: bool,
    only_checks: bool,
    as_json: bool,
    cluster: str | None,
    any_machine: bool,
    **keys: str | int | None,
) -> None:
    """Make a film: of STORYBOARD, a .toml file, or of pictures and a song. DIR stands for all in a folder.

    Given pictures, it listens to the song, lays scenes over its sections, chooses their looks, and writes
    DIR/storyboard.toml, which you may edit. Calm sections drift, loud ones fall fast, cuts fall on bars.

    The storyboard, the song, the scenes, each a clip, and the video lie in one folder. The same command again
    goes on where the last one was stopped. Of what was edited only the scenes that it touches are made again;
    what stood before is kept in DIR/aside.
    """
    if only_checks or as_json:
        _check(ctx, sources, as_json=as_json)
        return
    run = begin_only if only_begins else run_film if cluster is None else on_cluster(cluster, any_machine)
    if not _is_storyboard(sources):
        home = out or Path("film")
        given = {key: value for key, value in keys.items() if value is not None}
        named = Path(f"{home}-draft") if draft else home
        _require_no_storyboard(sources)
        pictures = [name for source in sources for name in expand(source)]
        if out is None:
            require_no_target("film", pictures)
        _make_of_pictures(pictures, audio, given, named, run, is_draft=draft)
        return
    of_all = ("out", "draft", "only_begins", "cluster", "any_machine", "allow_local")
    refuse_given(ctx, "is of a film of pictures: a storyboard says that itself", of_all)
    _make_of_storyboard(Path(sources[0]), out, run, is_draft=draft)


def _check(ctx: click.Context, sources: Sequence[str], *, as_json: bool) -> None:
    """Say what the film of a storyboard would be; nothing is written."""
    if not ctx.params["only_checks"] or not _is_storyboard(sources):
        raise click.UsageError("--check is of a storyboard, or of a film that has one; --json goes with it")
    refuse_given(ctx, "--check says what is, and takes no more than --out", ("out", "only_checks", "as_json"))
    from dreamzoom.cli.foreseen import tell_foreseen

    if not tell_foreseen(Path(sources[0]), ctx.params["out"], as_json=as_json):
        ctx.exit(2)


def _is_storyboard(sources: Sequence[str]) -> bool:
    """Whether the one thing that was given is a storyboard, or a film that has one."""
    first = Path(sources[0])
    return len(sources) == 1 and (first.suffix.lower() == ".toml" or is_film(first))


def _require_no_storyboard(sources: Sequence[str]) -> None:
    """Refuse a storyboard among other words."""
    boards = [name for name in sources if name.lower().endswith(".toml")]
    if boards and len(sources) > 1:
        named = shell_word(boards[0])
        raise click.UsageError(
            f"{named} is a storyboard, and is given alone: its pictures stand in it, and the film's folder "
            "is named with -o"
        )


def _make_of_storyboard(storyboard: Path, out: Path | None, run: FilmRun, *, is_draft: bool) -> None:
    """Begin the film of a storyboard, or go on with it."""
    named = find_storyboard(storyboard, out)
    if named.is_kept and not is_draft:
        resume_film(named.film, run)
        return
    home = Path(f"{named.film}-draft") if is_draft else named.film

    from dreamzoom.cli.console import say
    from dreamzoom.errors import StoryboardError
    from dreamzoom.film.board.reading import LARGEST
    from dreamzoom.film.folder import beginning_film
    from dreamzoom.film.keeping import intend, lies_beside
    from dreamzoom.film.material import taking_material
    from dreamzoom.io.toml import read_text

    text = read_text(named.path, StoryboardError, "storyboard", LARGEST)
    with beginning_film(home) as kept, taking_material(named.path, kept, text) as own:
        run(kept, intend(kept, own, named.path, lies_beside(named.path), say, is_draft=is_draft), "")


def _make_of_pictures(
    pictures: Sequence[str],
    song: Path | None,
    keys: dict[str, str | int],
    out: Path,
    run: FilmRun,
    *,
    is_draft: bool,
) -> None:
    """Direct a film of pictures and a song, or go on with it."""
    from dreamzoom.cli.console import say
    from dreamzoom.film.commission import commission
    from dreamzoom.film.folder import beginning_film

    with beginning_film(out) as kept:
        intended = commission(kept, pictures, song, keys, say, is_draft=is_draft)
        run(kept, intended, _about(kept, len(intended.plan.scenes)))


def _about(film: FilmFolder, scenes: int) -> str:
    """What a person should know of a storyboard that was written for them."""
    from dreamzoom.cli.console import counted

    many = counted(scenes, "scene")
    return f"{film.storyboard_path}: {many}; edit it and use `dreamzoom resume`: what changed is made again"
