"""A film or a folder of clips as commands that any engine can run: each may be ended and begun again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dreamzoom.clip.folder import has_clip
from dreamzoom.errors import RequestError
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.parts import chains
from dreamzoom.film.plan import FilmPlan


@dataclass(frozen=True)
class FarmCommand:
    """A command to be run, as often as it takes.

    Attributes:
        name: what it makes.
        words: the command line after `dreamzoom`; its paths are whole.
    """

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class CommandPlan:
    """Commands that may run side by side, on any machine that sees the folder, and what follows them.

    Attributes:
        name: of all of it.
        commands: in the order in which they are best begun.
        last: once all of them are done; None where nothing is left then.
    """

    name: str
    commands: tuple[FarmCommand, ...]
    last: FarmCommand | None = None


def plan_film_commands(film: FilmFolder, plan: FilmPlan, *, any_machine: bool) -> CommandPlan:
    """A film that was begun: its scenes, those that go on with one another's dream in one command, and then
    its video.
    """
    place = str(film.path.resolve())
    commands = tuple(
        FarmCommand(
            " ".join(names),
            (
                "resume",
                place,
                *_same_machine(any_machine),
                *(word for name in names for word in ("--scene", name)),
            ),
        )
        for names in chains(plan)
    )
    return CommandPlan(film.path.resolve().name, commands, FarmCommand("video", ("resume", place)))


def plan_clip_commands(folder: Path, *, any_machine: bool) -> CommandPlan:
    """A clip, or all clips in a folder; each makes its own video. Raises a RequestError where there are
    none.
    """
    clips = [folder] if has_clip(folder) else _clips_in(folder)
    if not clips:
        raise RequestError(f"{folder} holds neither a film nor clips: begin them first")
    commands = tuple(
        FarmCommand(clip.resolve().name, ("resume", str(clip.resolve()), *_same_machine(any_machine)))
        for clip in clips
    )
    return CommandPlan(folder.resolve().name, commands)


def _clips_in(folder: Path) -> Sequence[Path]:
    if not folder.is_dir():
        raise RequestError(f"{folder}: no such folder")
    return sorted(path for path in folder.iterdir() if path.is_dir() and has_clip(path))


def _same_machine(any_machine: bool) -> tuple[str, ...]:
    return () if any_machine else ("--same-machine",)
