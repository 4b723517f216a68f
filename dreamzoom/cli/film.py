"""`dreamzoom film`."""

from __future__ import annotations

from pathlib import Path

import click

from dreamzoom.cli.films import is_film, resume_film, run_film
from dreamzoom.cli.options import allow_local
from dreamzoom.cli.targets import NamedPath

_STORYBOARD = "storyboard"


@click.command()
@click.argument("storyboard", metavar="STORYBOARD", type=NamedPath())
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=NamedPath(),
    help="The film's folder.  [default: the storyboard's name]",
)
@click.option(
    "--draft",
    is_flag=True,
    help="The same film small and at a third of the frames a second, in DIR-draft.",
)
@allow_local
def film(storyboard: Path, *, out: Path | None, draft: bool) -> None:
    """Make the film that STORYBOARD tells: its scenes, each a clip, its transitions, titles and song.

    The storyboard, the song, the scenes and the video lie in one folder, and any of them may be looked at,
    rendered on or edited. The same command again goes on where the last one was stopped; of what was changed
    only the scenes that it touches are made again. What stood before is kept in DIR/aside.
    """
    path = storyboard / f"{_STORYBOARD}.toml" if is_film(storyboard) else storyboard
    home = path.parent if path.name == f"{_STORYBOARD}.toml" and is_film(path.parent) else None
    if home is not None and out in (None, home) and not draft:
        resume_film(home)
        return
    named = out or home or Path(path.stem if path.stem != _STORYBOARD else "film")
    _begin(path, Path(f"{named}-draft") if draft else named, is_draft=draft)


def _begin(path: Path, out: Path, *, is_draft: bool) -> None:
    """Begin the film of a storyboard that lies elsewhere, or go on with it."""
    from dreamzoom.cli.console import say
    from dreamzoom.errors import StoryboardError
    from dreamzoom.film.folder import beginning_film, require_place
    from dreamzoom.film.keeping import intend, lies_beside
    from dreamzoom.film.reading import LARGEST
    from dreamzoom.io.toml import read_text

    text = read_text(path, StoryboardError, "storyboard", LARGEST)
    require_place(out)
    with beginning_film(out) as kept:
        run_film(kept, intend(kept, text, path, lies_beside(path), say, is_draft=is_draft))
