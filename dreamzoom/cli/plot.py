"""`dreamzoom plot`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.console import answer, say
from dreamzoom.cli.given import keeps_frames, option_fragments, preset_fragment
from dreamzoom.cli.targets import NamedPath, SourceName, WritingCommand, require_folder, require_writable
from dreamzoom.errors import RequestError

if TYPE_CHECKING:
    from dreamzoom.recipe.build import Fragment
    from dreamzoom.recipe.schema import Recipe
    from dreamzoom.tracks.base import Clock, Track


_FORMATS = (".png", ".svg")


@click.command(cls=WritingCommand)
@click.argument("recipe", metavar="RECIPE", type=SourceName())
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    type=NamedPath(),
    help="Draw a .png or .svg file instead of text in the terminal.",
)
@click.option("--frames", metavar="N", help="Draw a clip of so many frames.")
@click.option("--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Set any key of the recipe.")
@click.option("-y", "--force", is_flag=True, help="Overwrite FILE if it exists.")
def plot(
    recipe: str, *, out: Path | None, frames: str | None, overrides: tuple[str, ...], force: bool
) -> None:
    """Draw every track of RECIPE over time: a recipe's file, a preset, or a clip's folder."""
    from dreamzoom.plot.samples import tracks_of
    from dreamzoom.recipe.build import override_fragment

    if out is not None and out.suffix.lower() not in _FORMATS:
        raise RequestError(f"{out}: a plot is a {' or '.join(_FORMATS)} file")
    if out is not None:
        require_folder(out)
        require_writable(out, force=force)
    changes = [override_fragment(text) for text in overrides]
    whole = _read_recipe(recipe, *changes, *option_fragments({"frames": frames}))
    tracks = tracks_of(whole)
    if out is None:
        _print(tracks, whole.clock)
    else:
        _write(out, tracks, whole.clock, title=Path(recipe).resolve().name)


def _read_recipe(name: str, *changes: Fragment) -> Recipe:
    """The changed recipe, its song heard. A folder is a clip's; what else a recipe may be, presets know."""
    from dreamzoom.clip.folder import read_heard
    from dreamzoom.recipe.build import build_recipe
    from dreamzoom.recipe.presets import find_preset
    from dreamzoom.render.song import hear_more_of_clip, listen

    path = Path(name)
    if path.is_dir():
        fragment = find_preset(str(path / "recipe.toml")).fragment
        return hear_more_of_clip(path, build_recipe(fragment, *changes, heard=read_heard(path)))
    parts = [preset_fragment(name), *changes]
    return listen(build_recipe(*parts), keep_frames=keeps_frames(parts))


def _print(tracks: dict[str, Track], clock: Clock) -> None:
    from dreamzoom.plot.terminal import draw_text, to_ascii

    text = draw_text(tracks, clock, shutil.get_terminal_size().columns)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        text = to_ascii(text)
    answer(text)


def _write(out: Path, tracks: dict[str, Track], clock: Clock, title: str) -> None:
    from dreamzoom.io.files import write_atomically
    from dreamzoom.plot.charts import draw_chart, to_png, to_svg

    chart = draw_chart(tracks, clock, title)
    write_atomically(out, to_png(chart) if out.suffix.lower() == ".png" else to_svg(chart).encode())
    say(f"drew {out}")
