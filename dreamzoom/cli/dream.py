"""`dreamzoom dream`: pictures, and the Unix filter."""

from __future__ import annotations

import io
import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from dreamzoom.cli.options import picture_options, recipe_from
from dreamzoom.cli.progress import progress
from dreamzoom.cli.signals import stoppable

if TYPE_CHECKING:
    from PIL import Image

    from dreamzoom.recipe import Recipe

_STDIO = "-"
_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}


@click.command()
@click.argument("image", required=False)
@click.option(
    "-o",
    "--out",
    metavar="FILE|-",
    help="Where the dream goes.  [default: stdout in a pipe, else IMAGE.dream.png]",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["jpeg", "png"]),
    default="jpeg",
    show_default=True,
    help="Of what goes to stdout.",
)
@picture_options
def dream(
    image: str | None,
    out: str | None,
    file_format: str,
    preset: str | None,
    overrides: tuple[str, ...],
    **values: str | None,
) -> None:
    """Dream one picture: IMAGE is a file, a URL, or - for stdin.

    A Unix filter: cat a.jpg | dreamzoom dream > b.jpg
    """
    if image is None and sys.stdin.isatty():
        raise click.UsageError("name a picture, or pipe one in: cat a.jpg | dreamzoom dream > b.jpg")
    source = image or _STDIO
    recipe = recipe_from(preset, overrides, values)
    target = _target(out, source)
    dreamed = _dream(recipe, _read(source), fitted=values["size"] is not None)
    _write(dreamed, target, file_format.upper())


def _target(out: str | None, source: str) -> Path | None:
    """The file to write; None for stdout. Found out before the work."""
    if out == _STDIO or (out is None and not sys.stdout.isatty()):
        return None
    path = Path(out) if out else Path(f"{_stem(source)}.dream.png")
    if path.suffix.lower() not in _FORMATS:
        raise click.UsageError(f"{path}: name a file ending in {', '.join(_FORMATS)}")
    if not path.parent.is_dir():
        raise click.UsageError(f"{path.parent} is no folder")
    return path


def _stem(source: str) -> str:
    name = PurePosixPath(urlsplit(source).path).name if "://" in source else Path(source).name
    return Path(name).stem if source != _STDIO and name else "picture"


def _read(source: str) -> str | bytes:
    return sys.stdin.buffer.read() if source == _STDIO else source


def _dream(recipe: Recipe, source: str | bytes, *, fitted: bool) -> Image.Image:
    from dreamzoom.dreamer import Dreamer
    from dreamzoom.pictures import fit, open_picture

    picture = open_picture(source)
    if fitted:
        picture = fit(picture, recipe.clip.size)
    model = recipe.model
    dreamer = Dreamer(model.name, model.engine, device=model.device, precision=model.precision)
    steps = recipe.dream.octaves * round(recipe.dream.iterations.at(0, recipe.clock))
    with stoppable("stopped: nothing was written") as check, progress(steps, "dream", "step") as advance:

        def on_step() -> None:
            check()
            advance()

        return dreamer.follow(recipe, picture, on_step=on_step)


def _write(picture: Image.Image, target: Path | None, file_format: str) -> None:
    from dreamzoom.clip.atomic import write_atomically

    buffer = io.BytesIO()
    chosen = file_format if target is None else _FORMATS[target.suffix.lower()]
    picture.save(buffer, chosen, quality=95)
    if target is None:
        sys.stdout.buffer.write(buffer.getvalue())
        sys.stdout.buffer.flush()
    else:
        write_atomically(target, buffer.getvalue())
        click.echo(str(target), err=True)
