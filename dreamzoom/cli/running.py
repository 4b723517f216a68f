"""What render, resume and extend share: running the loop with progress, and ending well."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.progress import progress
from dreamzoom.cli.signals import stoppable

if TYPE_CHECKING:
    from dreamzoom.clip import ClipFolder
    from dreamzoom.engines.base import Engine


def run_to_the_end(clip: ClipFolder, engine: Engine) -> None:
    """Render what the clip lacks, and say where the video is. The caller holds the clip's lock."""
    from dreamzoom.render import require_space
    from dreamzoom.render.loop import Reporter, render

    require_space(clip)
    total = clip.recipe.clip.frames
    farewell = f"stopped; go on with: {resume_command(clip.path)}"
    with stoppable(farewell) as check, progress(total, str(clip.path)) as advance:
        render(
            clip,
            engine,
            Reporter(
                on_kept=lambda frame: advance(free=True),
                on_stored=lambda entry: advance(),
                on_message=say,
                on_step=check,
            ),
        )
    say(f"{clip.video_path}: {total} frames")


def resume_command(folder: Path) -> str:
    """The command that goes on with a clip, ready to be pasted."""
    return f"dreamzoom resume {shlex.quote(str(folder))}"


def say(message: str) -> None:
    """Tell a person something, on stderr."""
    click.echo(message, err=True)
