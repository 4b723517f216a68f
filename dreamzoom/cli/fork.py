"""`dreamzoom fork`."""

from __future__ import annotations

from pathlib import Path

import click

from dreamzoom.cli.given import given_fragments, warn_of_unused
from dreamzoom.cli.options import change_options, folder_argument
from dreamzoom.cli.targets import NamedFolder, WritingCommand


@click.command(cls=WritingCommand)
@folder_argument
@click.option(
    "--at",
    metavar="FRAME",
    type=int,
    help="The first frame that is to be different.  [default: the first one that the change changes]",
)
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=NamedFolder(),
    required=True,
    help="The new clip's folder.",
)
@change_options
def fork(
    folder: Path,
    *,
    at: int | None,
    out: Path,
    preset: str | None,
    overrides: tuple[str, ...],
    **values: str | None,
) -> None:
    """Make another take of the clip in DIR: a new clip with the same beginning.

    With --at, the frames before that one are shared whatever made them, and the change takes hold there.
    Without it, the new clip is what the changed recipe makes from frame 0 on, and the frames that come out
    the same are shared: of an edited track, all before the first frame at which it has another value.

    Shared frames are hard links where the disk can do that: they take no space. DIR stays as it is. The same
    command again goes on where the last one was stopped.
    """
    from dreamzoom.cli.console import counted, run_to_the_end, say
    from dreamzoom.clip.folder import has_clip, open_clip
    from dreamzoom.clip.fork import create_fork
    from dreamzoom.clip.lock import writing
    from dreamzoom.clip.place import require_free
    from dreamzoom.clip.relocate import is_made_with, relocate_models
    from dreamzoom.render.preparation import prepare_fork
    from dreamzoom.render.space import require_disk

    parent = open_clip(folder)
    place = values["model"]
    if place is not None and is_made_with(parent, place):  # the clip's own model, which may have moved
        parent, values["model"] = relocate_models(parent, (place,)), None
    require_free(out)
    parts = given_fragments(preset, overrides, values, is_change=True)
    prepared = prepare_fork(parent, parts, at, out, say)
    warn_of_unused(prepared.fork.recipe, parts, preset)
    if not has_clip(out):
        frames = prepared.fork.recipe.clip.frames - prepared.fork.shared
        require_disk(out, prepared.fork.recipe, frames)
    clip = create_fork(parent, out, prepared.fork)
    kept = f"{counted(prepared.fork.shared, 'frame')} {'is' if prepared.fork.shared == 1 else 'are'}"
    shared = "the dreamed picture is" if prepared.fork.has_torus else kept
    say(f"{out}: {shared} shared with {folder}")
    with writing(out):
        run_to_the_end(clip, prepared.engine)
