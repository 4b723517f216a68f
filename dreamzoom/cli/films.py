"""Films, for the commands that take a clip's folder or a film's."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import click
from click.core import ParameterSource

from dreamzoom.cli.console import (
    Advance,
    WorkName,
    align_columns,
    answer,
    counted,
    duration,
    progress,
    resume_command,
    say,
    stoppable,
)
from dreamzoom.errors import printable, shell_word

if TYPE_CHECKING:
    from dreamzoom.film.checking import CheckedScene
    from dreamzoom.film.folder import FilmFolder
    from dreamzoom.film.keeping import Intention
    from dreamzoom.film.plan import FilmPlan
    from dreamzoom.film.scenes import FilmReporter
    from dreamzoom.film.status import FilmStatus


STORYBOARD: Final = "storyboard.toml"
"""What a film's storyboard is called in its folder."""

FilmRun: TypeAlias = "Callable[[FilmFolder, Intention, str], None]"
"""What makes a film whose lock is held: of what it is to be, and what a person should know once its
storyboard is written.
"""


def is_film(folder: Path) -> bool:
    """Whether a film has begun in a folder; nothing heavy is loaded to find that out."""
    kept = (folder / STORYBOARD).is_file() and (folder / "scenes").is_dir()
    return kept or (folder / "film.json").is_file() or _is_left(folder)


def _is_left(folder: Path) -> bool:
    """Whether only the scenes of a film are left."""
    if (folder / "recipe.toml").exists():
        return False
    from dreamzoom.film.folder import has_scenes

    return has_scenes(folder)


@dataclass(frozen=True)
class NamedStoryboard:
    """A storyboard that a command was given.

    Attributes:
        path: its file.
        film: the folder of the film that it is, or becomes.
        is_kept: whether that film keeps it, and is gone on with.
    """

    path: Path
    film: Path
    is_kept: bool


def find_storyboard(source: Path, out: Path | None) -> NamedStoryboard:
    """The storyboard that a file is, or that a film in a folder keeps.

    Args:
        out: where its film is to be, where a person says.
    """
    path = source / STORYBOARD if is_film(source) else source
    home = path.parent if path.name == STORYBOARD and is_film(path.parent) else None
    film = out or home or Path("film" if path.stem == Path(STORYBOARD).stem else path.stem)
    return NamedStoryboard(path, film, film == home)


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


def resume_scenes(folder: Path, names: Sequence[str], *, on_same_machine: bool) -> None:
    """Go on with some scenes of a film that was begun, whoever makes the others."""
    from dreamzoom.film.folder import open_film
    from dreamzoom.film.note import require_edits
    from dreamzoom.film.parts import make_parts

    film = open_film(folder)
    shown = {shot.name: shot.count for shot in require_edits(film).shots if shot.name in names}
    scenes = " ".join(f"--scene {shell_word(name)}" for name in names)
    farewell = f"stopped; go on with: {resume_command(folder)} {scenes}"
    with stoppable(farewell) as check, contextlib.ExitStack() as bars:
        make_parts(film, names, _SceneBar(bars, film, shown).reporter(check), on_same_machine=on_same_machine)
    say(f"{folder}: {', '.join(names)} finished")


def resume_film(folder: Path, run: FilmRun | None = None) -> None:
    """Go on with the film in a folder, by its storyboard.

    Args:
        run: what makes it; None for `run_film`.
    """
    from dreamzoom.film.folder import beginning_film, open_film
    from dreamzoom.film.keeping import intend_kept

    open_film(folder)
    with beginning_film(folder) as film:
        (run or run_film)(film, intend_kept(film, say), "")


def run_film(film: FilmFolder, intended: Intention, told: str = "") -> None:
    """Make what a film lacks, and say where its video is. The caller holds the film's lock.

    Args:
        told: what a person should know once the storyboard is written.
    """
    plan, scenes = begin_film(film, intended, told)
    make_rest(film, plan, scenes)


def make_rest(film: FilmFolder, plan: FilmPlan, scenes: tuple[CheckedScene, ...]) -> None:
    """Make what a film that was begun lacks, and say where its video is. The caller holds its lock."""
    from dreamzoom.film.making import make_film

    farewell = f"stopped; go on with: {resume_command(film.path)}"
    with stoppable(farewell) as check, contextlib.ExitStack() as bars:
        of_scenes = _SceneBar(bars, film, {scene.name: scene.frames for scene in scenes})
        of_video = _VideoBar(bars, film, plan.frames)

        def show_video() -> None:
            check()
            of_video.advance()

        make_film(film, plan, scenes, of_scenes.reporter(check), show_video)
    say(f"{film.video_path}: {counted(plan.frames, 'frame')}, {duration(float(plan.frames / plan.fps))}")


def begin_only(film: FilmFolder, intended: Intention, told: str = "") -> None:
    """Write down all that decides a film, and say how it is made. The caller holds its lock."""
    plan, _ = begin_film(film, intended, told)
    what = f"{counted(len(plan.scenes), 'scene')}, {counted(plan.frames, 'frame')}"
    say(f"{film.path}: {what}; make it with: {resume_command(film.path)}")


def begin_film(
    film: FilmFolder, intended: Intention, told: str = ""
) -> tuple[FilmPlan, tuple[CheckedScene, ...]]:
    """Write down all that decides a film; nothing is dreamed. The caller holds its lock.

    Args:
        told: what a person should know once the storyboard is written.

    Returns:
        Its plan, and its scenes as they were checked.
    """
    from dreamzoom.film.checking import check_scenes
    from dreamzoom.film.keeping import keep
    from dreamzoom.film.making import settle_film

    scenes = check_scenes(film, intended.plan)
    plan = keep(film, intended, say)
    if told:
        say(told)
    settle_film(film, plan, scenes, say)
    return plan, scenes


class _SceneBar:
    """The progress of a film's scenes.

    Args:
        shown: how many frames the film has of each scene, in their order.
    """

    def __init__(self, bars: contextlib.ExitStack, film: FilmFolder, shown: Mapping[str, int]) -> None:
        self._shown, self._now, self._work = shown, next(iter(shown), ""), WorkName("")
        label = f"{film.path} scene "
        self._advance = bars.enter_context(
            progress(sum(shown.values()), lambda: f"{label}{self._now}{self._work.describe()}")
        )

    def reporter(self, check: Callable[[], None]) -> FilmReporter:
        """What tells of the film's making here.

        Args:
            check: called before every step.
        """
        from dreamzoom.film.scenes import FilmReporter
        from dreamzoom.render.store import Reporter

        of_scene = Reporter(
            on_kept=lambda frame: self._count(frame, free=True),
            on_stored=lambda entry: self._count(entry.frame, free=False),
            on_message=say,
            on_step=check,
            on_dream=self._work.teller(self._advance),
        )
        return FilmReporter(self._begin, say, of_scene)

    def _begin(self, name: str) -> None:
        self._now = name

    def _count(self, frame: int, *, free: bool) -> None:
        if frame >= self._shown[self._now]:  # a clip may be longer than the film has of it
            return
        if free:
            self._advance(free=True)
        else:
            self._work.count(self._advance)


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
    scenes = f"{counted(len(edits.shots), 'scene')} of {counted(frames, 'frame')}"
    answer(f"{scenes} as they were made, and {film.video_path.name}")
    return True


def stitch_film(folder: Path) -> None:
    """Put a film together again from its finished scenes, as it was last planned."""
    from dreamzoom.film.assembly import assemble
    from dreamzoom.film.folder import beginning_film, open_film
    from dreamzoom.film.note import require_edits
    from dreamzoom.film.programme import require_whole

    open_film(folder)
    with beginning_film(folder) as film:
        edits = require_edits(film)
        require_whole(film, edits)
        with progress(edits.frames, str(film.video_path)) as advance:
            assemble(film, edits, advance, say, again=True)
    say(f"{film.video_path}: {counted(edits.frames, 'frame')}")
