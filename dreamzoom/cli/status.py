"""`dreamzoom status` and `dreamzoom verify`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.console import answer, resume_command, say
from dreamzoom.cli.options import folder_argument
from dreamzoom.errors import printable

if TYPE_CHECKING:
    from dreamzoom.clip.status import Status


@click.command()
@folder_argument
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def status(folder: Path, as_json: bool) -> None:
    """Show how far the clip in DIR is. Safe while it is being rendered."""
    from dreamzoom.clip.folder import open_clip
    from dreamzoom.clip.status import clip_status

    now = clip_status(open_clip(folder))
    answer(json.dumps(asdict(now)) if as_json else _words(folder, now))


def _words(folder: Path, now: Status) -> str:
    from dreamzoom.cli.console import duration

    words = f"{printable(str(folder))}: {now.state}, {now.frames_done} of {now.frames_total} frames"
    if now.seconds_per_frame is not None:
        words += f", {now.seconds_per_frame:.2f} s a frame"
    if now.state != "done" and now.eta_seconds:
        words += f", {duration(now.eta_seconds)} to go"
    if now.state == "interrupted":
        words += f"\ngo on with: {resume_command(folder)}"
    return words


@click.command()
@folder_argument
@click.pass_context
def verify(ctx: click.Context, folder: Path) -> None:
    """Hash every finished frame of the clip in DIR again. Exit status 1 if one is not as the journal says."""
    from dreamzoom.cli.console import progress
    from dreamzoom.clip.folder import open_clip
    from dreamzoom.clip.status import find_faults

    clip = open_clip(folder)
    journal = clip.journal()
    count = len(journal)
    with progress(count, "verify") as advance:
        faults = find_faults(clip, journal, advance)
    for fault in faults:
        answer(f"frame {fault.frame}: {fault.reason}")
    if not faults:
        answer(f"{count} frames as the journal says")
        return
    say(f"mend them with: {resume_command(folder)}")
    ctx.exit(1)
