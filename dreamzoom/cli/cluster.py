"""Work on a Dask cluster, for the commands that can share theirs out: `--cluster`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dreamzoom.cli.console import plain_column, progress, resume_command, say, stoppable
from dreamzoom.cli.help import HeadedOption
from dreamzoom.errors import DreamzoomError, RequestError, about, printable, warn

if TYPE_CHECKING:
    from distributed import Client

    from dreamzoom.cli.films import FilmRun
    from dreamzoom.farm.cluster.running import ClusterOutcome, ClusterReporter
    from dreamzoom.farm.link import WorkerLink
    from dreamzoom.film.folder import FilmFolder
    from dreamzoom.film.keeping import Intention

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
R = TypeVar("R")

_WORKER_BYTES = 1 << 30  # about what a worker holds that renders at 640x360


def cluster_option(command: F) -> F:
    """For a command whose work does not depend on what machine began it."""
    return click.option(
        "--cluster",
        metavar="local|ADDRESS",
        help="Share the work out to a Dask cluster: this machine's cores, or tcp://HOST:PORT.",
        cls=HeadedOption,
        heading="Machine",
    )(command)


def cluster_options(command: F) -> F:
    """For a command that makes clips."""
    any_machine = click.option(
        "--any-machine",
        is_flag=True,
        help="Let the cluster go on with a clip on another kind of machine; bytes may differ from there on.",
        cls=HeadedOption,
        heading="Machine",
    )
    return cluster_option(any_machine(command))


@contextlib.contextmanager
def _client(where: str, tasks: int) -> Iterator[Client]:
    """A client of a cluster. Raises a RequestError where what speaks with one is not installed."""
    import os

    try:
        from dreamzoom.farm.cluster.connection import connected
    except ModuleNotFoundError as error:
        raise RequestError(
            f"--cluster needs {error.name}, which is not installed: pip install 'dreamzoom[cluster]'"
        ) from error
    from dreamzoom.workers import share_out

    with connected(where, share_out(os.cpu_count() or 1, tasks, _WORKER_BYTES)) as client:
        yield client


def on_cluster(where: str, any_machine: bool) -> FilmRun:
    """What makes a film's scenes on a cluster, and then its video here."""

    def run(film: FilmFolder, intended: Intention, told: str = "") -> None:
        from dreamzoom.cli.films import begin_film, make_rest
        from dreamzoom.farm.tasks import ChainTask, make_chain
        from dreamzoom.film.parts import chains

        plan, scenes = begin_film(film, intended, told)
        counts = {scene.name: scene.frames for scene in scenes}
        place = str(film.path.resolve())
        tasks = [ChainTask(place, names, not any_machine) for names in chains(plan)]
        totals = [(", ".join(task.scenes), sum(counts[name] for name in task.scenes)) for task in tasks]
        go_on = f"go on with: {resume_command(film.path)}"
        _run_all(where, film.path, make_chain, tasks, totals=totals, farewell=go_on)
        make_rest(film, plan, scenes)

    return run


def make_clips(where: str, folder: Path, clips: Mapping[Path, int], *, any_machine: bool) -> None:
    """Finish clips that have begun on a cluster.

    Args:
        folder: that holds them.
        clips: each clip's folder, and how many frames it has.
    """
    from dreamzoom.farm.tasks import ClipTask, make_clip

    tasks = [ClipTask(str(path.resolve()), not any_machine) for path in clips]
    totals = [(path.name, frames) for path, frames in clips.items()]
    _run_all(where, folder, make_clip, tasks, totals=totals, farewell="the same command again goes on")


def _run_all(
    where: str,
    folder: Path,
    work: Callable[[WorkerLink, T], None],
    tasks: Sequence[T],
    *,
    totals: Sequence[tuple[str, int]],
    farewell: str,
) -> None:
    """Do tasks that make frames, each with a bar of its own.

    Raises:
        DreamzoomError: the first that went wrong, once all others are done.
    """
    from dreamzoom.farm.cluster.running import ClusterReporter, run_on_cluster

    errors: list[DreamzoomError] = []
    names = {task: name for task, (name, _) in zip(tasks, totals, strict=True)}
    with (
        _client(where, len(tasks)) as client,
        stoppable(f"stopped; {farewell}") as check,
        _bars(totals) as show,
    ):

        def on_progress(number: int, told: Mapping[str, Any]) -> None:
            if "message" in told:
                say(str(told["message"]))
            else:
                show(number, int(told["done"]), free=bool(told.get("free")))

        reporter = ClusterReporter(say, on_progress, check)
        for outcome in run_on_cluster(client, folder, work, tasks, reporter):
            for note in outcome.notes:
                warn(note)
            if outcome.error is not None:
                errors.append(about(names[outcome.task], outcome.error))
                say(f"dreamzoom: {errors[-1]}")
    if errors:
        raise errors[0]


def outcomes_on(
    where: str,
    folder: Path,
    work: Callable[[WorkerLink, T], R],
    tasks: Sequence[T],
    check: Callable[[], None],
) -> Iterator[ClusterOutcome[T, R]]:
    """Do tasks on a cluster; each as it is done. What its worker warned of is told here.

    Args:
        folder: which every worker must see.
        check: called several times a second; what it raises ends the work.
    """
    with _client(where, len(tasks)) as client:
        from dreamzoom.farm.cluster.running import ClusterReporter, run_on_cluster

        reporter: ClusterReporter = ClusterReporter(on_message=say, check=check)
        for outcome in run_on_cluster(client, folder, work, tasks, reporter):
            for note in outcome.notes:
                warn(note)
            yield outcome


# ---- bars ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def _bars(totals: Sequence[tuple[str, int]]) -> Iterator[_Show]:
    """A bar for each task on a terminal, else lines that count the frames of all.

    Args:
        totals: each task's name, and how many frames it has.
    """
    import sys

    if sys.stderr.isatty():
        with _many_bars(totals) as show:
            yield show
        return
    done = [0] * len(totals)
    with progress(sum(total for _, total in totals), f"{len(totals)} on the cluster") as advance:

        def count(number: int, now: int, *, free: bool = False) -> None:
            more = min(now, totals[number][1]) - done[number]
            if more > 0:
                done[number] += more
                advance(more, free=free)

        yield count


@contextlib.contextmanager
def _many_bars(totals: Sequence[tuple[str, int]]) -> Iterator[_Show]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (plain_column("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks = [bars.add_task(printable(name), total=total) for name, total in totals]

        def show(number: int, now: int, *, free: bool = False) -> None:
            bars.update(tasks[number], completed=min(now, totals[number][1]))

        yield show


_Show = Callable[..., None]
"""Shows that so many frames of a task, by its number, are there."""
