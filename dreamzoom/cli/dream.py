"""`dreamzoom dream`: pictures, and the Unix filter."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.batches import (
    STDIO,
    Batch,
    dream_batch,
    dream_name,
    expand,
    is_folder,
    make_folder,
    plan_tasks,
    require_target,
)
from dreamzoom.cli.cluster import cluster_option
from dreamzoom.cli.console import progress, say, stoppable
from dreamzoom.cli.given import recipe_from
from dreamzoom.cli.help import HeadedCommand
from dreamzoom.cli.loading import load_torch
from dreamzoom.cli.options import picture_options
from dreamzoom.cli.targets import SourceName, fault_of_folder, require_named, require_no_target

if TYPE_CHECKING:
    from PIL import Image

    from dreamzoom.pictures.writing import Finish


_FORMATS = {
    "jpeg": ("JPEG", ".jpg"),
    "png": ("PNG", ".png"),
    "webp": ("WEBP", ".webp"),
    "tiff": ("TIFF", ".tif"),
    "avif": ("AVIF", ".avif"),
}
"""By what `--format` calls them: Pillow's name, and the ending of a file's."""


@click.command(cls=HeadedCommand)
@click.argument("images", metavar="[IMAGE|DIR]...", nargs=-1, type=SourceName())
@click.option(
    "-o",
    "--out",
    metavar="FILE|DIR|-",
    type=SourceName(),
    help="Where the dream goes; of several pictures, the folder.  "
    "[default: stdout in a pipe, else IMAGE.dream.png]",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(list(_FORMATS)),
    help="Of what has no name of yours.  [default: jpeg on stdout, else png]",
)
@click.option(
    "--quality",
    metavar="N",
    type=click.IntRange(1, 100),
    help="Of JPEG and WebP, 1 to 100, and of AVIF.  [default: 95, of AVIF 90]",
)
@click.option("--lossless", is_flag=True, help="Lose nothing in WebP; PNG and TIFF never do.")
@click.option("--no-recipe", is_flag=True, help="Do not tell in the file how it was made.")
@click.option("-y", "--force", is_flag=True, help="Overwrite FILE if it exists; dream again what is in DIR.")
@picture_options
@cluster_option
def dream(
    images: tuple[str, ...],
    *,
    out: str | None,
    file_format: str | None,
    quality: int | None,
    lossless: bool,
    no_recipe: bool,
    force: bool,
    cluster: str | None,
    preset: str | None,
    overrides: tuple[str, ...],
    **values: str | None,
) -> None:
    """Dream pictures: each IMAGE is a file or a URL, each DIR a folder of pictures; - alone is stdin.
    'noise', 'clouds' and 'grey' are made for you.

    A Unix filter: cat a.jpg | dreamzoom dream > b.jpg

    Several are dreamed side by side on all cores: dreamzoom dream photos -o dreams

    The same command again goes on where it was stopped: dreams that are in DIR already are passed over.
    """
    if not images and sys.stdin.isatty():
        raise click.UsageError("name a picture, or pipe one in: cat a.jpg | dreamzoom dream > b.jpg")
    require_named(out, "-o")
    sources = tuple(name for image in images for name in expand(image)) or (STDIO,)
    if out is None:
        require_no_target("dream", sources)
    recipe = recipe_from(preset, overrides, values, has_image=True)
    size = recipe.clip.size if values["size"] is not None else None

    from dreamzoom.pictures.writing import Finish

    finish = Finish(quality, lossless, tells=not no_recipe)
    if len(sources) > 1 or is_folder(images[0] if images else STDIO):
        folder, kind = _folder(sources, out), file_format or "png"
        _require_fitting(finish, _FORMATS[kind][0])
        tasks = plan_tasks(sources, folder, _FORMATS[kind][1], force=force)
        status = dream_batch(Batch(recipe, tasks, size, finish), force=force, cluster=cluster)
        click.get_current_context().exit(status)
    if cluster is not None:
        raise click.UsageError("--cluster is for many pictures: one is dreamed here as quickly")
    target = _target(out, sources[0], file_format, force)
    written_as = _FORMATS[file_format or "jpeg"][0] if target is None else _format_of(target, file_format)
    _require_fitting(finish, written_as)
    if target is not None:
        make_folder(target.parent)
    _dream_one(Batch(recipe, (), size, finish), sources[0], target, written_as)


def _folder(sources: Sequence[str], out: str | None) -> Path:
    """Where several dreams go."""
    if STDIO in sources:
        raise click.UsageError("stdin holds one picture: pipe it in alone, without others")
    if out == STDIO:
        raise click.UsageError("stdout takes one picture: name a folder with -o")
    if out and (fault := fault_of_folder(Path(out))):
        raise click.UsageError(f"-o {fault}")
    return Path(out) if out else Path()


def _target(out: str | None, source: str, file_format: str | None, force: bool) -> Path | None:
    """The file to write; None for stdout. Found out before the work."""
    if out == STDIO or (out is None and not sys.stdout.isatty()):
        return None
    name = dream_name(source, _FORMATS[file_format or "png"][1])
    path = Path(out) if out else Path(name)
    is_new_folder = bool(out) and str(out).endswith(("/", os.sep)) and not path.exists()
    if path.is_dir() or is_new_folder:
        path /= name
    if not path.parent.is_dir() and not is_new_folder:
        raise click.UsageError(f"{path.parent} is no folder")
    require_target(path, source, force=force, may_replace=not out)
    return path


def _format_of(target: Path, file_format: str | None) -> str:
    """Pillow's name for the format of a file, which `--format` may name too."""
    from dreamzoom.pictures.writing import format_of

    found = format_of(target)
    if file_format is not None and found != _FORMATS[file_format][0]:
        raise click.UsageError(f"{target} is no {file_format}: leave --format out, or name another file")
    return found


def _require_fitting(finish: Finish, file_format: str) -> None:
    from dreamzoom.pictures.writing import require_fitting

    require_fitting(finish, file_format)


def _dream_one(batch: Batch, source: str, target: Path | None, file_format: str) -> None:
    """Dream one picture, and write it to its target or to stdout."""
    from dreamzoom.io.files import write_atomically
    from dreamzoom.pictures.writing import encode
    from dreamzoom.recipe.inscription import inscribe_picture

    read = _read_stdin() if source == STDIO else source
    picture = _dream(batch, read, file_format)
    inscription = inscribe_picture(batch.recipe, None if source == STDIO else source)
    data = encode(picture, file_format, batch.finish, inscription)
    if target is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_atomically(target, data)
        say(str(target))


def _read_stdin() -> bytes:
    from dreamzoom.pictures.reading import read_all

    return read_all(sys.stdin.buffer)


def _dream(batch: Batch, source: str | bytes, file_format: str) -> Image.Image:
    load_torch()
    from dreamzoom.batch import dream_fitted, open_dreamer

    recipe = batch.recipe
    steps = recipe.dream.octaves * round(recipe.dream.iterations.at(0, recipe.clock))
    with stoppable("stopped: nothing was written") as check, progress(steps, "dream", "step") as advance:

        def on_step() -> None:
            check()
            advance()

        dreamer = open_dreamer(recipe.model)
        return dream_fitted(dreamer, recipe, source, batch.size, on_step, file_format=file_format)
