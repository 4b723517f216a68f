"""What is shared out, as a worker does it: some scenes, a clip, a plate, a picture.

Each may be done twice, on two machines, one after the other: what is finished stands.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dreamzoom.atlas.making import PlateFile, dream_plate_file
from dreamzoom.batch import Task, dream_to_file
from dreamzoom.clip.folder import open_clip
from dreamzoom.clip.journal import Entry
from dreamzoom.clip.lock import writing
from dreamzoom.clip.status import require_plain_frames
from dreamzoom.errors import ClipLockedError
from dreamzoom.film.folder import open_film
from dreamzoom.film.parts import make_parts
from dreamzoom.film.scenes import FilmReporter
from dreamzoom.render.loop import render
from dreamzoom.render.makers import require_same_maker
from dreamzoom.render.preparation import prepare_again
from dreamzoom.render.store import Reporter

if TYPE_CHECKING:
    from dreamzoom.atlas.folder import PlateRecord
    from dreamzoom.farm.link import WorkerLink
    from dreamzoom.pictures.writing import Finish
    from dreamzoom.recipe.schema import Recipe
    from dreamzoom.recipe.units import Size

_BETWEEN_TRIES = 1.0  # seconds; somebody who was cut off may still be at it


@dataclass(frozen=True)
class ChainTask:
    """Scenes of a film that was begun, which are made one after the other.

    Attributes:
        film: the film's folder, by its whole path.
        scenes: their names.
        on_same_machine: go on with a scene only on such a machine as began it.
    """

    film: str
    scenes: tuple[str, ...]
    on_same_machine: bool = True


@dataclass(frozen=True)
class ClipTask:
    """A clip that was begun.

    Attributes:
        folder: the clip's, by its whole path.
        on_same_machine: go on with it only on such a machine as began it.
    """

    folder: str
    on_same_machine: bool = True


@dataclass(frozen=True)
class PictureTask:
    """A picture to dream, and what it is dreamed by."""

    task: Task
    recipe: Recipe
    size: Size | None
    finish: Finish


@dataclass(frozen=True)
class PlateWork:
    """A plate of an atlas to dream, and what it is dreamed by."""

    plate: PlateFile
    recipe: Recipe
    start: Path


def make_chain(link: WorkerLink, task: ChainTask) -> None:
    """Make scenes. Raises as `make_parts`."""
    film, done = open_film(Path(task.film)), _Count(link)
    reporter = FilmReporter(of_scene=done.reporter())

    def make() -> None:
        done.restart()
        make_parts(film, task.scenes, reporter, on_same_machine=task.on_same_machine)

    _once_it_is_free(make, link)


def make_clip(link: WorkerLink, task: ClipTask) -> None:
    """Finish a clip, its video too. Raises as `render`, and an OtherMachineError."""
    folder, done = Path(task.folder), _Count(link)

    def make() -> None:
        done.restart()
        with writing(folder):
            clip = open_clip(folder)
            engine = prepare_again(clip, clip.recipe.model)
            require_plain_frames(clip)
            if task.on_same_machine:
                require_same_maker(clip, engine)
            render(clip, engine, done.reporter())

    _once_it_is_free(make, link)


def dream_picture(link: WorkerLink, task: PictureTask) -> None:
    """Dream a picture and write it. Raises as `dream_to_file`."""
    dream_to_file(task.recipe, task.size, task.finish, link.check, task.task)


def make_plate(link: WorkerLink, task: PlateWork) -> PlateRecord:
    """Dream a plate and write it; what is to be noted of it. Raises as `dream_plate_file`."""
    return dream_plate_file(task.recipe, task.start, link.check, task.plate)


class _Count:
    """Counts frames that are there, and tells of each."""

    def __init__(self, link: WorkerLink) -> None:
        self._link, self._done = link, 0

    def restart(self) -> None:
        """Begin again: all frames that there are come first."""
        self._done = 0

    def reporter(self) -> Reporter:
        """What tells of a render here."""
        return Reporter(
            on_kept=self._keep,
            on_stored=self._store,
            on_message=lambda line: self._link.tell({"message": line}),
            on_step=self._link.check,
        )

    def _keep(self, frame: int) -> None:
        self._done += 1
        self._link.tell({"done": self._done, "free": True})

    def _store(self, entry: Entry) -> None:
        self._done += 1
        line = json.dumps({key: value for key, value in asdict(entry).items() if value is not None})
        self._link.tell({"done": self._done, "line": line})


def _once_it_is_free(make: Callable[[], None], link: WorkerLink) -> None:
    """Do something as soon as nobody else writes there: who was cut off may still be at it."""
    told = False
    while True:
        link.check()
        try:
            make()
        except ClipLockedError as error:
            if not told:
                link.tell({"message": f"{error} (waiting)"})
            told = True
            time.sleep(_BETWEEN_TRIES)
        else:
            return
