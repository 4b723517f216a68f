"""`dreamzoom report`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.console import say
from dreamzoom.cli.options import folder_argument
from dreamzoom.cli.targets import NamedPath, require_writable
from dreamzoom.errors import RequestError

if TYPE_CHECKING:
    from dreamzoom.clip.folder import ClipFolder


_SUFFIXES = (".html", ".htm")


@click.command()
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
    did, its recipe, and what is wrong with it.

    The page is one file that needs nothing else; only the video it shows stays where it is. It can be written
    while the clip is being rendered.
    """
    from dreamzoom.clip.folder import open_clip
    from dreamzoom.io.files import write_atomically

    clip = open_clip(folder)
    target = out or clip.path / "report.html"
    if target.suffix.lower() not in _SUFFIXES:
        raise RequestError(f"{target}: a report is an .html file")
    if out is not None:
        require_writable(target, force=force, may_join_clip=True)
    write_atomically(target, _page(clip, target).encode())
    say(f"wrote {target}")


def _page(clip: ClipFolder, target: Path) -> str:
    from dreamzoom.cli.console import progress
    from dreamzoom.report.gather import frames_to_measure, gather
    from dreamzoom.report.page import write_page

    with progress(len(frames_to_measure(clip)), "report") as advance:
        return write_page(gather(clip, target, datetime.now().astimezone(), advance))
