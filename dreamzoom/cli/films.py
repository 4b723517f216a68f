"""Films, for the commands that take a clip's folder or a film's."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from dreamzoom.cli.console import (
    Advance,
    WorkName,
    align_columns,
    answer,
    duration,
    progress,
    resume_command,
    say,
    stoppable,
)
from dreamzoom.errors import printable

if TYPE_CHECKING:
    from dreamzoom.film.folder import FilmFolder
    from dreamzoom.film.keeping import Intention
    from dreamzoom.film.status import FilmStatus


def is_film(folder: Path) -> bool:
    """Whether a film has begun in a folder; nothing heavy is loaded to find that out."""
    kept = (folder / "storyboard.toml").is_file() and (folder / "scenes").is_dir()
    return kept or (folder / "film.json").is_file()


def refuse_given(context: click.Context, why: str, known: Collection[str] = ()) -> None:
    """Raise a UsageError where an option was given that a film has no use for.

    Args:
        why: what a person should do instead.
        known: the names of options that it has a use for.
    """
    given = [
        parameter.opts[-1]
        for parameter in context.command.params
        if isinstance(parameter, click.Option)
        and parameter.name not in known
        and context.get_parameter_source(str(parameter.name)) is ParameterSource.COMMANDLINE
    ]
    if given:
        raise click.UsageError(f"{', '.join(given)}: {why}")


def resume_film(folder: Path) -> None:
    """Go on with the film in a folder, by its storyboard."""
    from dreamzoom.film.folder import beginning_film, open_film
    from dreamzoom.film.keeping import intend_kept

    open_film(folder)
    with beginning_film(folder) as film:
        run_film(film, intend_kept(film, say))


def run_film(film: FilmFolder, intended: Intention, told: str = "") -> None:
    """Make what a film lacks, and say where its video is. The caller holds the film's lock.

    Args:
        told: what a person should know once the storyboard is written.
    """
    from dreamzoom.film.checking import check_scenes
    from dreamzoom.film.keeping import keep
    from dreamzoom.film.making import make_film, settle_film
    from dreamzoom.film.scenes import FilmReporter
    from dreamzoom.render.store import Reporter

    scenes = check_scenes(film, intended.plan)
    plan = keep(film, intended, say)
    if told:
        say(told)
    settle_film(film, plan, scenes, say)
    shown = {scene.name: scene.frames for scene in scenes}
    now, work = next(iter(shown)), WorkName("")
    farewell = f"stopped; go on with: {resume_command(film.path)}"
    with stoppable(farewell) as check, contextlib.ExitStack() as bars:
        advance = bars.enter_context(
            progress(sum(shown.values()), lambda: f"{film.path} scene {now}{work.describe()}")
        )
        of_video = _VideoBar(bars, film, plan.frames)

        def begin(name: str) -> None:
            nonlocal now
            now = name

        def count(frame: int, *, free: bool) -> None:
            if frame >= shown[now]:  # a clip may be longer than the film has of it
                return
            if free:
                advance(free=True)
            else:
                work.count(advance)

        def show_video() -> None:
            check()
            of_video.advance()

        of_scene = Reporter(
            on_kept=lambda frame: count(frame, free=True),
            on_stored=lambda entry: count(entry.frame, free=False),
            on_message=say,
            on_step=check,
            on_dream=work.teller(advance),
        )
        make_film(film, plan, scenes, FilmReporter(begin, say, of_scene), show_video)
    say(f"{film.video_path}: {plan.frames} frames, {duration(float(plan.frames / plan.fps))}")


class _VideoBar:
    """The progress of the video, in the place of that of the scenes, once there is any."""

    def __init__(self, bars: contextlib.ExitStack, film: FilmFolder, frames: int) -> None:
        self._bars, self._film, self._frames = bars, film, frames
        self._advance: Advance | None = None

    def advance(self) -> None:
        """Count a frame."""
        if self._advance is None:
            self._bars.close()
            self._advance = self._bars.enter_context(progress(self._frames, str(self._film.video_path)))
        self._advance()


def show_film_status(folder: Path, *, as_json: bool) -> None:
    """Print how far a film is."""
    from dreamzoom.film.folder import open_film
    from dreamzoom.film.status import film_status

    now = film_status(open_film(folder))
    answer(json.dumps(asdict(now)) if as_json else _words(folder, now))


def _words(folder: Path, now: FilmStatus) -> str:
    done = sum(scene.state == "done" for scene in now.scenes)
    words = f"{printable(str(folder))}: {now.state}, {done} of {len(now.scenes)} scenes"
    words += f", {now.frames_done} of {now.frames_total} frames"
    if now.state != "done" and now.eta_seconds:
        words += f", {duration(now.eta_seconds)} to go"
    rows = [
        (f"  {scene.name}", f"{scene.frames_done}/{scene.stop - scene.first}", scene.state)
        for scene in now.scenes
    ]
    lines = [words, *(align_columns(rows).splitlines() if rows else []), *map(printable, now.faults)]
    if now.is_edited:
        lines.append("storyboard.toml was edited by hand: the film is made by it as it is")
    if now.state == "interrupted":
        lines.append(f"go on with: {resume_command(folder)}")
    return "\n".join(lines)


def verify_film(folder: Path) -> bool:
    """Hash everything again that a film is made of, and print what is not as it was made.

    Returns:
        Whether all of it is.
    """
    from dreamzoom.film.folder import open_film
    from dreamzoom.film.note import require_edits
    from dreamzoom.film.status import scene_faults, video_fault_of

    film = open_film(folder)
    edits = require_edits(film)
    faults = []
    with progress(sum(shot.count for shot in edits.shots), "verify") as advance:
        for shot in edits.shots:
            faults += [f"scene {shot.name}: {fault}" for fault in scene_faults(film, shot, advance)]
    video = video_fault_of(film)
    faults += [] if video is None else [video]
    for fault in faults:
        answer(fault)
    if faults:
        say(f"mend what can be mended with: {resume_command(folder)}")
        return False
    frames = sum(shot.count for shot in edits.shots)
    answer(f"{len(edits.shots)} scenes of {frames} frames as they were made, and {film.video_path.name}")
    return True


def stitch_film(folder: Path) -> None:
    """Put a film together again from its finished scenes, as it was last planned."""
    from dreamzoom.film.assembly import assemble
    from dreamzoom.film.folder import beginning_film, open_film
    from dreamzoom.film.note import require_edits

    open_film(folder)
    with beginning_film(folder) as film:
        edits = require_edits(film)
        with progress(edits.frames, str(film.video_path)) as advance:
            assemble(film, edits, advance, say, again=True)
    say(f"{film.video_path}: {edits.frames} frames")
