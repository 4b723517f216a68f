"""`dreamzoom status` and `dreamzoom verify`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.console import adopt_command, answer, counted, resume_command, say
from dreamzoom.cli.films import is_film, refuse_given, show_film_status, verify_film
from dreamzoom.cli.options import folder_argument, place_option
from dreamzoom.errors import printable

if TYPE_CHECKING:
    from dreamzoom.clip.status import Fault, Status


@click.command()
@folder_argument
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def status(folder: Path, as_json: bool) -> None:
    """Show how far the clip or the film in DIR is. Safe while it is being rendered."""
    if is_film(folder):
        show_film_status(folder, as_json=as_json)
        return
    from dreamzoom.clip.folder import open_clip
    from dreamzoom.clip.status import clip_status

    now = clip_status(open_clip(folder))
    answer(json.dumps(asdict(now)) if as_json else _words(folder, now))


def _words(folder: Path, now: Status) -> str:
    from dreamzoom.cli.console import duration

    words = f"{printable(str(folder))}: {now.state}, {now.frames_done} of {now.frames_total} frames"
    if now.dreams_total and now.dreams_done < now.dreams_total:
        words += f", its picture dreamed {now.dreams_done} of {now.dreams_total} times"
    if now.seconds_per_frame is not None:
        words += f", {now.seconds_per_frame:.2f} s a frame"
    if now.state != "done" and now.eta_seconds:
        words += f", {duration(now.eta_seconds)} to go"
    words += "".join(f"\n{printable(fault)}" for fault in now.faults)
    if now.state == "interrupted":
        words += f"\ngo on with: {resume_command(folder)}"
    return words


@click.command()
@folder_argument
@place_option
@click.pass_context
def verify(ctx: click.Context, folder: Path, places: tuple[str, ...]) -> None:
    """Hash everything that the clip in DIR holds again: its frames, its video, and all that it is made with;
    of a film, all its scenes and its video.

    Exit status 1 if something is not as it was made.
    """
    if is_film(folder):
        refuse_given(ctx, "is of one clip: give it to `dreamzoom verify` on a scene of the film")
    is_whole = verify_film(folder) if is_film(folder) else _verify_clip(folder, places)
    if not is_whole:
        ctx.exit(1)


def _verify_clip(folder: Path, places: tuple[str, ...]) -> bool:
    """Print what of a clip is not as it was made, and say what to do; whether all is."""
    from dreamzoom.cli.console import progress
    from dreamzoom.clip.folder import open_clip
    from dreamzoom.clip.lock import is_being_written
    from dreamzoom.clip.relocate import changed_models, relocate_models
    from dreamzoom.clip.status import count_unlisted_frames, find_faults, torus_faults_in_words
    from dreamzoom.clip.vouch import changed_since

    clip = relocate_models(open_clip(folder), places)
    journal = clip.journal()
    count = len(journal)
    changed = [*changed_since(clip), *changed_models(clip)]
    torus = torus_faults_in_words(clip)
    with progress(count, "verify") as advance:
        faults = find_faults(clip, journal, advance)
    is_whole = len(clip.finished_frames()) == clip.recipe.clip.frames
    video = clip.video_fault(hashed=True) if is_whole else None
    for line in torus:
        answer(line)
    for fault in faults:
        answer(f"frame {fault.frame}: {fault.reason}")
    if video:
        answer(f"{clip.video_path} {video}")
    for line in changed:
        answer(line)
    for take in clip.takes:
        if take.adopted is not None:
            answer(f"frame {take.stop - 1}: retouched by hand, and adopted")
    unlisted = 0 if is_being_written(clip.path) else count_unlisted_frames(clip)
    if unlisted:
        answer(f"frames that the journal says nothing of: {unlisted}")
    if not any((torus, faults, changed, video, unlisted)):
        answer(f"{counted(count, 'frame')} as the journal says")
        return True
    can_adopt = not clip.recipe.loop.is_endless  # no frame of which follows from another
    _say_what_to_do(folder, faults, can_resume=not changed, can_adopt=can_adopt)
    return False


def _say_what_to_do(folder: Path, faults: Sequence[Fault], *, can_resume: bool, can_adopt: bool) -> None:
    retouched = next((fault.frame for fault in faults if fault.kind == "retouched"), None)
    if retouched is not None and can_adopt:
        say(f"keep a frame you retouched with: {adopt_command(folder, retouched)}")
    if can_resume:
        say(f"mend them with: {resume_command(folder)}")
