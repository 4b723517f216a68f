"""Many pictures at once, in processes that share out the machine's cores: see `dreamzoom.workers`.

What loads torch is imported where it is used: a worker has first to be told its part of the cores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache, partial
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from dreamzoom.errors import DreamzoomError, EngineError, Interrupted, MemoryShortageError
from dreamzoom.io.files import write_atomically
from dreamzoom.workers import ENDED, R, T, Workers, go_on, share_out, work_side_by_side

if TYPE_CHECKING:
    from PIL import Image

    from dreamzoom.dreamer import Dreamer
    from dreamzoom.pictures.writing import Finish
    from dreamzoom.recipe.dream import DreamSettings
    from dreamzoom.recipe.schema import ModelSettings, Recipe
    from dreamzoom.recipe.units import Size


_UNSEEN = (4000, 3000)  # taken for the size of a picture that has yet to be downloaded


@dataclass(frozen=True)
class Task:
    """A picture to dream (a path or a URL) and the file for its dream; it ends as pictures are written."""

    source: str
    target: Path


@dataclass(frozen=True)
class Outcome:
    """How a task ended: its target is written where `error` is None."""

    task: Task
    error: DreamzoomError | None = None


def dream_many(
    recipe: Recipe,
    tasks: Sequence[Task],
    size: Size | None = None,
    check: Callable[[], None] = lambda: None,
    workers: Workers | None = None,
    *,
    finish: Finish | None = None,
) -> Iterator[Outcome]:
    """Dream pictures as a recipe's [dream] table, mirrors and seed say, in whatever order they are done.

    What is wrong with one picture is its outcome's error, and the others are dreamed all the same.

    Args:
        size: what every picture is fitted to; None leaves each its own.
        check: called several times a second; what it raises ends the work at once. Pictures that are
            written stay.
        workers: who works; None for what `choose_workers` says.
        finish: how the dreams are written; None for the usual way.

    Raises:
        ModelError, EngineError, RequestError: the recipe's model, layer or engine cannot be had.
    """
    chosen = workers or choose_workers(open_dreamer(recipe.model), recipe, tasks, size)
    for task, take in do_all(partial(_dream_task, recipe, size, finish), tasks, chosen, check):
        yield _write_dream(task, take)


def do_all(
    work: Callable[[Callable[[], None], T], R],
    tasks: Sequence[T],
    workers: Workers,
    check: Callable[[], None],
) -> Iterator[tuple[T, Callable[[], R]]]:
    """Do tasks with the model that is open: here, or in several processes, which open their own.

    Args:
        work: from what it calls before every step, and a task, to the task's result.
        check: as of `work_side_by_side`.

    Yields: as `work_side_by_side`.
    """
    if workers.count == 1:
        for task in tasks:
            yield task, partial(work, check, task)
        return
    open_dreamer.cache_clear()
    yield from work_side_by_side(partial(work, go_on), tasks, workers, check)


def dream_fitted(
    dreamer: Dreamer,
    recipe: Recipe,
    source: str | bytes,
    size: Size | None,
    on_step: Callable[[], None],
    *,
    file_format: str = "",
) -> Image.Image:
    """Dream the picture at `source`, a generator's name too, fitted to `size`, the recipe's, if there is one.

    Args:
        file_format: Pillow's name of the format it will be written in: what that cannot hold is refused
            before the work, with a RequestError.

    Raises: as `Dreamer.follow`.
    """
    from dreamzoom.pictures.writing import require_room_for

    if size is not None:
        require_room_for(_sides(size), file_format)
    elif isinstance(source, str) and "://" not in source:
        require_room_for(_read_sides(source, recipe.clip.size), file_format)
    return dreamer.follow(recipe, source, is_fitted=size is not None, on_step=on_step)


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
    from dreamzoom.dream.planning.names import resolve_layers
    from dreamzoom.recipe.climbed import climbed_layers

    layers = climbed_layers(resolve_layers(recipe.dream, dreamer.model))
    sides = [_read_sides(task.source, recipe.clip.size) for task in tasks] if size is None else [_sides(size)]
    return workers_for(dreamer, recipe, layers, max(sides, key=prod), len(tasks))


def workers_for(
    dreamer: Dreamer, recipe: Recipe, layers: Sequence[str], size: tuple[int, int], tasks: int
) -> Workers:
    """The workers for so many dreams of those layers, of pictures no larger than `size` (width, height).

    A GPU is one worker's: it is shared by none without loss.
    """
    import torch

    from dreamzoom.engines.torch.engine import choose_device

    cores = torch.get_num_threads()
    if recipe.model.engine != "caffe" and choose_device(recipe.model.device).type != "cpu":
        return Workers(1, cores)
    return share_out(cores, tasks, working_bytes(dreamer, layers, size, recipe.dream))


def working_bytes(
    dreamer: Dreamer, layers: Sequence[str], size: tuple[int, int], dream: DreamSettings | None = None
) -> int:
    """About the bytes of a dream of this size (width, height), in tiles where the settings have them."""
    from dreamzoom.dream.memory import Need
    from dreamzoom.recipe.dream import DreamSettings

    return Need(dreamer.model, "torch", tuple(layers), size).picture(dream or DreamSettings())


def _sides(size: Size) -> tuple[int, int]:
    return size.width, size.height


def _read_sides(source: str, generated: Size) -> tuple[int, int]:
    """A picture's width and height by its header, or a generated one's; (0, 0) where that cannot be read."""
    from dreamzoom.pictures.generate import GENERATORS
    from dreamzoom.pictures.reading import picture_size

    if source in GENERATORS:
        return _sides(generated)
    if "://" in source:
        return _UNSEEN
    try:
        return picture_size(source)
    except DreamzoomError:
        return (0, 0)  # whoever opens it will say what is wrong


# ---- the work ------------------------------------------------------------------------------------


def _dream_task(
    recipe: Recipe, size: Size | None, finish: Finish | None, on_step: Callable[[], None], task: Task
) -> bytes:
    """The dream of a task's picture, as a file."""
    from dreamzoom.pictures.writing import USUAL, encode, format_of
    from dreamzoom.recipe.inscription import inscribe_picture

    file_format, dreamer = format_of(task.target), open_dreamer(recipe.model)
    picture = dream_fitted(dreamer, recipe, task.source, size, on_step, file_format=file_format)
    return encode(picture, file_format, finish or USUAL, inscribe_picture(recipe, task.source))


def dream_to_file(
    recipe: Recipe, size: Size | None, finish: Finish | None, on_step: Callable[[], None], task: Task
) -> None:
    """Dream a task's picture, and write its target. Raises as `Dreamer.follow`, and a StorageError."""
    write_atomically(task.target, _dream_task(recipe, size, finish, on_step, task))


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
        return Outcome(task, EngineError(f"{task.source} was not dreamed: {ENDED}"))
    return Outcome(task)
