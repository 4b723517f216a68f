"""`dreamzoom dream`: pictures, and the Unix filter."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from glob import glob, has_magic
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.console import progress, say, stoppable
from dreamzoom.cli.options import picture_options, recipe_from
from dreamzoom.cli.targets import require_named, require_writable
from dreamzoom.errors import printable

if TYPE_CHECKING:
    from PIL import Image

    from dreamzoom.batch import Task
    from dreamzoom.recipe.schema import Recipe
    from dreamzoom.recipe.units import Size


_STDIO = "-"


@click.command()
@click.argument("images", metavar="[IMAGE]...", nargs=-1)
@click.option(
    "-o",
    "--out",
    metavar="FILE|DIR|-",
    help="Where the dream goes; of several pictures, the folder.  "
    "[default: stdout in a pipe, else IMAGE.dream.png]",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["jpeg", "png"]),
    default="jpeg",
    show_default=True,
    help="Of what goes to stdout.",
)
@click.option("-y", "--force", is_flag=True, help="Overwrite FILE if it exists.")
@picture_options
def dream(
    images: tuple[str, ...],
    *,
    out: str | None,
    file_format: str,
    force: bool,
    preset: str | None,
    overrides: tuple[str, ...],
    **values: str | None,
) -> None:
    """Dream pictures: each IMAGE is a file or a URL; one alone may be - for stdin. 'noise', 'clouds' and
    'grey' are made for you.

    A Unix filter: cat a.jpg | dreamzoom dream > b.jpg

    Several are dreamed side by side on all cores: dreamzoom dream *.jpg -o dreams
    """
    if not images and sys.stdin.isatty():
        raise click.UsageError("name a picture, or pipe one in: cat a.jpg | dreamzoom dream > b.jpg")
    require_named(out, "-o")
    images = tuple(name for image in images for name in _matching(image))
    recipe = recipe_from(preset, overrides, values)
    size = recipe.clip.size if values["size"] is not None else None
    if len(images) > 1:
        click.get_current_context().exit(_dream_many(recipe, _tasks(images, out, force), size))
    source = images[0] if images else _STDIO
    target = _target(out, source, force)
    read = _read_stdin() if source == _STDIO else source
    _write(_dream(recipe, read, size), target, file_format.upper())


def _matching(image: str) -> list[str]:
    """The files that a pattern stands for, which cmd and PowerShell hand over as it is; else the name."""
    if "://" in image or not has_magic(image) or os.path.lexists(image):
        return [image]
    found = sorted(glob(image, recursive=True))  # noqa: PTH207 - the pattern may be absolute
    if not found:
        raise click.UsageError(
            f"no file is called like {printable(image)}, nor is there one of just that name"
        )
    return found


def _read_stdin() -> bytes:
    from dreamzoom.pictures.reading import read_all

    return read_all(sys.stdin.buffer)


def _target(out: str | None, source: str, force: bool) -> Path | None:
    """The file to write; None for stdout. Found out before the work."""
    if out == _STDIO or (out is None and not sys.stdout.isatty()):
        return None
    from dreamzoom.batch import FORMATS

    path = Path(out) if out else Path(_dream_name(source))
    if path.is_dir():
        path /= _dream_name(source)
    if path.suffix.lower() not in FORMATS:
        raise click.UsageError(f"{path}: name a file ending in {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise click.UsageError(f"{path.parent} is no folder")
    _require_writable(path, source, force, may_replace=not out)
    return path


def _require_writable(target: Path, source: str, force: bool, may_replace: bool) -> None:
    is_file = source != _STDIO and "://" not in source
    path = Path(source) if is_file else None
    require_writable(target, force=force, source=path, may_replace=may_replace)


def _dream_name(source: str) -> str:
    if "://" in source:  # of what is no address the reader will say so
        name = PurePosixPath(re.split("[?#]", source.partition("://")[2])[0]).name
    else:
        name = Path(source).name
    stem = Path(name).stem if source != _STDIO and name else "picture"
    return f"{stem}.dream.png"


def _dream(recipe: Recipe, source: str | bytes, size: Size | None) -> Image.Image:
    from dreamzoom.batch import dream_fitted, open_dreamer

    steps = recipe.dream.octaves * round(recipe.dream.iterations.at(0, recipe.clock))
    with stoppable("stopped: nothing was written") as check, progress(steps, "dream", "step") as advance:

        def on_step() -> None:
            check()
            advance()

        return dream_fitted(open_dreamer(recipe.model), recipe, source, size, on_step)


def _write(picture: Image.Image, target: Path | None, file_format: str) -> None:
    from dreamzoom.batch import FORMATS, encode
    from dreamzoom.io.files import write_atomically

    if target is None:
        sys.stdout.buffer.write(encode(picture, file_format))
        sys.stdout.buffer.flush()
    else:
        write_atomically(target, encode(picture, FORMATS[target.suffix.lower()]))
        say(str(target))


def _tasks(images: Sequence[str], out: str | None, force: bool) -> list[Task]:
    """What to dream and where to put it. Found out before the work."""
    from dreamzoom.batch import Task

    if _STDIO in images:
        raise click.UsageError("stdin holds one picture: pipe it in alone, without others")
    if out == _STDIO:
        raise click.UsageError("stdout takes one picture: name a folder with -o")
    folder = Path(out) if out else Path()
    tasks = [Task(source, folder / _dream_name(source)) for source in images]
    twice = [str(target) for target, count in Counter(task.target for task in tasks).items() if count > 1]
    if twice:
        raise click.UsageError(f"more than one picture would become {', '.join(twice)}: dream them apart")
    if folder.resolve().parent == folder.resolve():
        raise click.UsageError(f"-o {folder}: is a whole disk: name a folder in it")
    for task in tasks:
        _require_writable(task.target, task.source, force, may_replace=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"-o {folder}: of several pictures it names a folder: {error}") from error
    return tasks


def _dream_many(recipe: Recipe, tasks: Sequence[Task], size: Size | None) -> int:
    """The exit status: 0 if all are dreamed, 1 if some are or a run failed, else 2."""
    from dreamzoom.batch import dream_many

    farewell = "stopped; what was dreamed is there"
    with stoppable(farewell) as check, progress(len(tasks), "dream", "picture") as advance:
        errors = []
        for outcome in dream_many(recipe, tasks, size, check):
            advance()
            if outcome.error is None:
                say(str(outcome.task.target))
            else:
                errors.append(outcome.error)
                say(f"dreamzoom: {outcome.error}")
    return min((error.exit_status if len(errors) == len(tasks) else 1 for error in errors), default=0)
