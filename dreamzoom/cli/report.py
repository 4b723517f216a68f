"""`dreamzoom report`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from dreamzoom.cli.console import say
from dreamzoom.cli.films import is_film
from dreamzoom.cli.options import folder_argument
from dreamzoom.cli.targets import NamedPath, WritingCommand, require_folder, require_writable
from dreamzoom.errors import RequestError

_SUFFIXES = (".html", ".htm")


@click.command(cls=WritingCommand)
@folder_argument
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    type=NamedPath(),
    help="An .html file.  [default: DIR/report.html]",
)
@click.option("-y", "--force", is_flag=True, help="Overwrite FILE if it exists.")
def report(folder: Path, *, out: Path | None, force: bool) -> None:
    """Write a page about the clip in DIR: its frames, how bright, sharp and steady they are, what the guard
    did, its recipe, and what is wrong with it. Of a film: its timeline, and a strip for each scene.

    The page is one file that needs nothing else; only the video it shows stays where it is. It can be written
    while the clip is being rendered.
    """
    from dreamzoom.io.files import write_atomically

    target = out or folder / "report.html"
    if target.suffix.lower() not in _SUFFIXES:
        raise RequestError(f"{target}: a report is an .html file")
    if out is not None:
        require_folder(target)
        require_writable(target, force=force, may_join_clip=True)
    page = _film_page(folder, target) if is_film(folder) else _page(folder, target)
    write_atomically(target, page.encode())
    say(f"wrote {target}")


def _film_page(folder: Path, target: Path) -> str:
    from dreamzoom.cli.console import progress
    from dreamzoom.film.folder import open_film
    from dreamzoom.film.page import count_tiles, write_film_page

    film = open_film(folder)
    with progress(count_tiles(film), "report", "picture") as advance:
        return write_film_page(film, target, datetime.now().astimezone(), advance)


def _page(folder: Path, target: Path) -> str:
    from dreamzoom.cli.console import progress
    from dreamzoom.clip.folder import open_clip
    from dreamzoom.report.gather import frames_to_measure, gather
    from dreamzoom.report.page import write_page

    clip = open_clip(folder)
    with progress(len(frames_to_measure(clip)), "report") as advance:
        return write_page(gather(clip, target, datetime.now().astimezone(), advance))
