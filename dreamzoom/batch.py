"""Many pictures at once, in processes that share out the machine's cores.

A dream on one thread wastes nothing, one on many threads waits at every small octave: so there are as many
processes as pictures, cores and memory allow, and each has its part of the threads. What loads torch is
imported where it is used: a worker has first to be told its part, and to leave Ctrl-C to its parent.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache, partial
from math import prod
from multiprocessing import Pipe, get_context
from pathlib import Path
from typing import TYPE_CHECKING

from dreamzoom.errors import (
    DreamzoomError,
    DreamzoomWarning,
    EngineError,
    Interrupted,
    MemoryShortageError,
    RequestError,
    warn,
)
from dreamzoom.io.files import write_atomically
from dreamzoom.io.memory import available_memory

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from PIL import Image

    from dreamzoom.dreamer import Dreamer
    from dreamzoom.recipe.schema import ModelSettings, Recipe
    from dreamzoom.recipe.units import Size


FORMATS: Mapping[str, str] = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
"""Picture files that can be written, by suffix, and Pillow's names for what is in them."""

_PATIENCE_S = 0.2  # between two looks at whether to stop
_UNSEEN = (4000, 3000)  # taken for the size of a picture that has yet to be downloaded
_VALUE_BYTES = 2 * 4  # of one activation in float32, with its gradient
_USUAL_MEMORY = 8 << 30  # bytes; where the system does not tell


@dataclass(frozen=True)
class Task:
    """A picture to dream (a path or a URL) and the file for its dream; its suffix is one of `FORMATS`."""

    source: str
    target: Path


@dataclass(frozen=True)
class Outcome:
    """How a task ended: its target is written where `error` is None."""

    task: Task
    error: DreamzoomError | None = None


@dataclass(frozen=True)
class Workers:
    """How many processes work, and the threads that each of them has."""

    count: int
    threads: int


def dream_many(
    recipe: Recipe,
    tasks: Sequence[Task],
    size: Size | None = None,
    check: Callable[[], None] = lambda: None,
    workers: Workers | None = None,
) -> Iterator[Outcome]:
    """Dream pictures as a recipe's [dream] table, mirrors and seed say, in whatever order they are done.

    What is wrong with one picture is its outcome's error, and the others are dreamed all the same.

    Args:
        size: what every picture is fitted to; None leaves each its own.
        check: called several times a second; what it raises ends the work at once. Pictures that are
            written stay.
        workers: who works; None for what `choose_workers` says.

    Raises:
        ModelError, EngineError, RequestError: the recipe's model, layer or engine cannot be had.
    """
    chosen = workers or choose_workers(open_dreamer(recipe.model), recipe, tasks, size)
    if chosen.count == 1:
        for task in tasks:
            yield _write_dream(task, partial(_dream_task, recipe, task, size, check))
        return
    open_dreamer.cache_clear()  # the workers open their own
    yield from _dream_side_by_side(recipe, tasks, size, chosen, check)


def dream_fitted(
    dreamer: Dreamer, recipe: Recipe, source: str | bytes, size: Size | None, on_step: Callable[[], None]
) -> Image.Image:
    """Dream the picture at `source`, fitted to `size` if there is one. Raises as `Dreamer.follow`."""
    from dreamzoom.pictures.frames import fit
    from dreamzoom.pictures.reading import open_picture

    picture = open_picture(source, None if size is None else (size.width, size.height))
    return dreamer.follow(recipe, picture if size is None else fit(picture, size), on_step=on_step)


def encode(picture: Image.Image, file_format: str) -> bytes:
    """A picture as a file of one of the `FORMATS`.

    Raises:
        RequestError: it is larger than the format allows.
    """
    buffer = io.BytesIO()
    try:
        picture.save(buffer, file_format, quality=95)
    except (OSError, ValueError) as error:  # sides beyond what the format can have
        size = f"{picture.width}x{picture.height}"
        raise RequestError(f"{size} pixels cannot be written as {file_format}: use .png") from error
    return buffer.getvalue()


@cache
def open_dreamer(model: ModelSettings) -> Dreamer:
    """The model, opened once in each process."""
    from dreamzoom.dreamer import Dreamer

    return Dreamer(model.name, model.engine, device=model.device, precision=model.precision)


# ---- who does what -------------------------------------------------------------------------------


def choose_workers(dreamer: Dreamer, recipe: Recipe, tasks: Sequence[Task], size: Size | None) -> Workers:
    """The workers that are quickest at these tasks on this machine, and fit in half the memory that is left.

    A GPU is one worker's: it is shared by none without loss.

    Raises:
        UnknownBlobError: the model has no such layer.
    """
    import torch

    from dreamzoom.dream.planning import resolve_layers
    from dreamzoom.engines.torch.engine import choose_device

    cores = torch.get_num_threads()
    layers = [blob for blob, _ in resolve_layers(recipe.dream, dreamer.model).layer.at(0, recipe.clock)]
    if recipe.model.engine != "caffe" and choose_device(recipe.model.device).type != "cpu":
        return Workers(1, cores)
    sides = [(size.width, size.height)] if size else [_read_sides(task.source) for task in tasks]
    largest = max(sides, key=prod)
    left = available_memory()
    room = (
        (machine_memory() if left is None else left) // 2 // max(1, working_bytes(dreamer, layers, largest))
    )
    return divide_cores(cores, len(tasks), room)


def divide_cores(cores: int, pictures: int, room: int) -> Workers:
    """As many workers as there are cores, pictures, and places in memory; the cores among them."""
    count = max(1, min(cores, pictures, room))
    return Workers(count, max(1, cores // count))


def working_bytes(dreamer: Dreamer, layers: Sequence[str], size: tuple[int, int]) -> int:
    """About what a step at this size (width, height) holds: all activations and their gradients."""
    from dreamzoom.models.shapes import blob_shapes

    shapes = blob_shapes(dreamer.model.network.until(layers), size)
    return _VALUE_BYTES * sum(prod(shape) for shape in shapes.values())


def machine_memory() -> int:
    """The machine's memory in bytes."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return _USUAL_MEMORY


def _read_sides(source: str) -> tuple[int, int]:
    """A picture's width and height by its header; (0, 0) where that cannot be read."""
    from dreamzoom.pictures.reading import picture_size

    if "://" in source:
        return _UNSEEN
    try:
        return picture_size(source)
    except DreamzoomError:
        return (0, 0)  # whoever opens it will say what is wrong


# ---- the work ------------------------------------------------------------------------------------


def _dream_task(recipe: Recipe, task: Task, size: Size | None, on_step: Callable[[], None]) -> bytes:
    """The dream of a task's picture, as a file."""
    picture = dream_fitted(open_dreamer(recipe.model), recipe, task.source, size, on_step)
    return encode(picture, FORMATS[task.target.suffix.lower()])


def _write_dream(task: Task, make: Callable[[], bytes]) -> Outcome:
    """Write what `make` gives to the task's target."""
    try:
        write_atomically(task.target, make())
    except Interrupted:
        raise
    except DreamzoomError as error:
        return Outcome(task, error)
    except MemoryError:
        reason = "memory ran out: try a smaller --size"
        return Outcome(task, MemoryShortageError(f"{task.source} was not dreamed: {reason}"))
    except BrokenProcessPool:
        reason = "its process was ended from outside, perhaps for lack of memory: try a smaller --size"
        return Outcome(task, EngineError(f"{task.source} was not dreamed: {reason}"))
    return Outcome(task)


def _dream_noting(recipe: Recipe, task: Task, size: Size | None) -> tuple[bytes, list[str]]:
    """The dream of a task's picture, as a file, and what is to be told of it. This runs in a worker."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", DreamzoomWarning)
        data = _dream_task(recipe, task, size, _go_on)
    return data, [str(each.message) for each in told if issubclass(each.category, DreamzoomWarning)]


def _dream_side_by_side(
    recipe: Recipe, tasks: Sequence[Task], size: Size | None, workers: Workers, check: Callable[[], None]
) -> Iterator[Outcome]:
    """Dream with several processes; when one is ended from outside, others take over.

    Nobody knows which picture it was at. Those that were begun are suspects: they are dreamed one by one at
    the end, and who ends a process again has failed.
    """
    work = partial(_dream_noting, recipe, size=size)
    rest, suspects = list(tasks), []
    while rest:
        pool = _Pool(work, rest, workers)
        yield from pool.outcomes(check)
        suspects += pool.begun_and_lost or pool.lost
        rest = [task for task in pool.lost if task not in suspects]
    alone = Workers(1, workers.count * workers.threads)
    for task in suspects:
        pool = _Pool(work, [task], alone)
        yield from pool.outcomes(check)
        for lost in pool.lost:
            yield _write_dream(lost, _report_broken)


class _Pool:
    """Processes that dream some tasks, until these are done or one of the processes is ended from outside.

    Attributes:
        lost: the tasks that have no outcome then.
        begun_and_lost: those of them that were begun, as far as is known.
    """

    def __init__(
        self, work: Callable[[Task], tuple[bytes, list[str]]], tasks: Sequence[Task], workers: Workers
    ) -> None:
        self._work, self._tasks, self._workers = work, tasks, workers
        self._begun: set[Task] = set()
        self.lost: list[Task] = []

    @property
    def begun_and_lost(self) -> list[Task]:
        return [task for task in self.lost if task in self._begun]

    def outcomes(self, check: Callable[[], None]) -> Iterator[Outcome]:
        """The outcomes of tasks that are not lost, as they come; what `check` raises ends the processes."""
        theirs, ours = Pipe(duplex=False)
        count, enlisting = min(self._workers.count, len(self._tasks)), (theirs, self._workers.threads)
        with ProcessPoolExecutor(count, get_context("spawn"), _enlist, enlisting) as pool:
            try:
                futures: dict[Future[tuple[bytes, list[str]]], Task] = {}
                for task in self._tasks:
                    try:
                        futures[pool.submit(self._work, task)] = task
                    except BrokenProcessPool:
                        self.lost.append(task)
                yield from self._await(futures, check)
            except BaseException:
                ours.close()  # which ends the workers, whatever they are at
                raise

    def _await(
        self, futures: dict[Future[tuple[bytes, list[str]]], Task], check: Callable[[], None]
    ) -> Iterator[Outcome]:
        while futures:
            check()
            done = wait(futures, _PATIENCE_S, FIRST_COMPLETED).done
            for future in done:
                task = futures.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    self.lost.append(task)
                else:
                    yield _write_dream(task, partial(_tell_and_take, future))
            self._begun |= {task for future, task in futures.items() if future.running()}


def _tell_and_take(future: Future[tuple[bytes, list[str]]]) -> bytes:
    data, notes = future.result()
    for note in notes:
        warn(note)
    return data


def _report_broken() -> bytes:
    raise BrokenProcessPool


def _enlist(lifeline: Connection, threads: int) -> None:
    """Make this process a worker: a part of the threads, no Ctrl-C of its own, no life after its parent's.

    Only the parent has the other end of `lifeline`: when that closes, it has stopped or is dead.
    """
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(threads)
    if "torch" in sys.modules:  # imported by the program whose worker this is: too late for it to read them
        sys.modules["torch"].set_num_threads(threads)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(lifeline,), name="lifeline", daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)  # nothing is lost: the parent alone writes files


def _go_on() -> None:
    """A worker does not ask whether to stop: it is ended."""
