"""Many pictures for `dreamzoom dream`: which are meant, where each dream goes, and which are there."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from glob import glob, has_magic
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.console import progress, say, stoppable
from dreamzoom.cli.targets import require_writable
from dreamzoom.errors import DreamzoomError, PictureError, RequestError, printable

if TYPE_CHECKING:
    from dreamzoom.batch import Task
    from dreamzoom.pictures.writing import Finish
    from dreamzoom.recipe.schema import Recipe
    from dreamzoom.recipe.units import Size

STDIO = "-"

_SHOWN = 3  # names of files that are passed over


@dataclass(frozen=True)
class Batch:
    """Pictures to dream, and how.

    Attributes:
        size: what every picture is fitted to; None leaves each its own.
        finish: how the dreams are written.
    """

    recipe: Recipe
    tasks: Sequence[Task]
    size: Size | None
    finish: Finish


def expand(image: str) -> list[str]:
    """The files that a word on the command line stands for: a folder's pictures, or those that a pattern
    matches, which cmd and PowerShell hand over as it is; else the name itself.

    Raises:
        UsageError, RequestError: there are none.
    """
    if "://" in image or image == STDIO:
        return [image]
    if is_folder(image):
        return _in_folder(Path(image))
    if not has_magic(image) or os.path.lexists(image):
        return [image]
    found = sorted(glob(image, recursive=True))  # noqa: PTH207 - the pattern may be absolute
    if not found:
        raise click.UsageError(
            f"no file is called like {printable(image)}, nor is there one of just that name"
        )
    return [name for name in found if not is_folder(name)] or found


def is_folder(image: str) -> bool:
    """Whether a word on the command line is a folder's name, and not a generated picture's."""
    if not os.path.isdir(image):  # noqa: PTH112 - a name with a NUL is for the reader to refuse
        return False
    from dreamzoom.pictures.generate import GENERATORS

    return image not in GENERATORS


def _in_folder(folder: Path) -> list[str]:
    from dreamzoom.pictures.folders import read_folder

    inside = read_folder(folder)
    others = ", ".join(path.name for path in inside.others[:_SHOWN])
    others += f" and {len(inside.others) - _SHOWN} more" if len(inside.others) > _SHOWN else ""
    if not inside.pictures:
        what = f", only {others}" if others else ""
        raise PictureError(f"{folder}: holds no picture{what}: name a folder of pictures, or a picture")
    if others:
        say(f"{folder}: passed over, for they are no pictures: {others}")
    return [str(path) for path in inside.pictures]


def dream_name(source: str, suffix: str) -> str:
    """What the dream of a picture is called where nobody says: `sky.dream.png`."""
    if "://" in source:  # of what is no address the reader will say so
        name = PurePosixPath(re.split("[?#]", source.partition("://")[2])[0]).name
    else:
        name = Path(source).name
    stem = Path(name).stem if source != STDIO and name else "picture"
    return f"{stem}.dream{suffix}"


def require_target(target: Path, source: str, *, force: bool, may_replace: bool) -> None:
    """See that nothing is lost when a picture's dream is written. Raises as `targets.require_writable`."""
    is_file = source != STDIO and "://" not in source
    path = Path(source) if is_file else None
    require_writable(target, force=force, source=path, may_replace=may_replace)


def plan_tasks(images: Sequence[str], folder: Path, suffix: str, *, force: bool) -> list[Task]:
    """What to dream and where to put it; the folder is made. Found out before the work.

    Raises:
        UsageError: two pictures would become one file, or the folder cannot be one.
        RequestError: a file would be lost.
    """
    from dreamzoom.batch import Task

    tasks = [Task(source, folder / dream_name(source, suffix)) for source in images]
    # Dreams that lie beside their pictures since the last time are none to be dreamed.
    dreams = {task.target.absolute() for task in tasks}
    tasks = [task for task in tasks if "://" in task.source or Path(task.source).absolute() not in dreams]
    _require_a_file_each(tasks)
    if folder.resolve().parent == folder.resolve():
        raise click.UsageError(f"-o {folder}: is a whole disk: name a folder in it")
    for task in tasks:
        require_target(task.target, task.source, force=force, may_replace=True)
    make_folder(folder)
    return tasks


def make_folder(folder: Path) -> None:
    """Make the folder that `-o` names, if it is not there. Raises a UsageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"of several pictures it names a folder: {error.strerror}"
        raise click.UsageError(f"-o {folder}: {why}") from error


def _require_a_file_each(tasks: Sequence[Task]) -> None:
    sources = defaultdict(list)
    for task in tasks:
        sources[task.target].append(task.source)
    twice = [
        f"{' and '.join(names)} would {'all' if names[2:] else 'both'} become {target}"
        for target, names in sources.items()
        if names[1:]
    ]
    if twice:
        more = f", and {len(twice) - 1} more" if twice[1:] else ""
        raise click.UsageError(f"{twice[0]}{more}: dream them apart, into folders of their own")


def dream_batch(batch: Batch, *, force: bool, cluster: str | None = None) -> int:
    """Dream what is not there yet, and tell of each.

    Args:
        cluster: where it is dreamed; None for here.

    Returns:
        The exit status: 0 if all are dreamed, 1 if some are or a run failed, else 2.
    """
    rest = batch.tasks if force else [task for task in batch.tasks if not _is_there(task, batch)]
    if there := len(batch.tasks) - len(rest):
        folder = batch.tasks[0].target.parent
        say(f"{there} of {len(batch.tasks)} dreams are in {folder} already; --force dreams them again")
    if not rest:
        return 0
    farewell = "stopped; what was dreamed is there: the same command again goes on"
    with stoppable(farewell) as check, progress(len(rest), "dream", "picture") as advance:
        errors = []
        for task, error in _ends(replace(batch, tasks=rest), check, cluster):
            advance()
            if error is None:
                say(str(task.target))
            else:
                errors.append(error)
                say(f"dreamzoom: {error}")
    return min((error.exit_status if len(errors) == len(batch.tasks) else 1 for error in errors), default=0)


def _ends(
    batch: Batch, check: Callable[[], None], cluster: str | None
) -> Iterator[tuple[Task, DreamzoomError | None]]:
    """A batch's tasks as they are done, each with what went wrong."""
    if cluster is not None:
        yield from _ends_on(cluster, batch, check)
        return
    from dreamzoom.batch import dream_many

    for outcome in dream_many(batch.recipe, batch.tasks, batch.size, check, finish=batch.finish):
        yield outcome.task, outcome.error


def _ends_on(
    cluster: str, batch: Batch, check: Callable[[], None]
) -> Iterator[tuple[Task, DreamzoomError | None]]:
    """The same on a cluster, whose workers run in other folders: with whole paths."""
    from dreamzoom.cli.cluster import outcomes_on
    from dreamzoom.farm.tasks import PictureTask, dream_picture
    from dreamzoom.models.store import lasting_name
    from dreamzoom.recipe.sources import with_whole_paths

    recipe = with_whole_paths(batch.recipe)
    recipe = replace(recipe, model=replace(recipe.model, name=lasting_name(recipe.model.name)))
    tasks = [PictureTask(_with_whole_paths(task), recipe, batch.size, batch.finish) for task in batch.tasks]
    folder = batch.tasks[0].target.parent
    for outcome in outcomes_on(cluster, folder, dream_picture, tasks, check):
        yield outcome.task.task, outcome.error


def _with_whole_paths(task: Task) -> Task:
    from dreamzoom.pictures.generate import GENERATORS

    is_named = "://" in task.source or task.source in GENERATORS
    source = task.source if is_named else str(Path(task.source).resolve())
    return replace(task, source=source, target=task.target.resolve())


def _is_there(task: Task, batch: Batch) -> bool:
    """Whether a task's dream was written before: by the same recipe, as far as its file tells, and telling no
    more than it may.
    """
    from dreamzoom.pictures.metadata import picture_inscription
    from dreamzoom.recipe.inscription import inscribe_picture, say_the_same

    if not task.target.exists():
        return False
    try:
        told = picture_inscription(task.target, is_own=True)
    except RequestError:
        return False
    if told is None:
        return True
    return batch.finish.tells and say_the_same(told, inscribe_picture(batch.recipe, task.source))
