"""Processes side by side that share out the machine's cores and one list of tasks.

A dream on one thread wastes nothing, one on many threads waits at every small octave: so there are as many
processes as tasks, cores and memory allow, and each has its part of the threads. A worker has to be told its
part before it loads torch, which this module therefore leaves to the work itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pipe, get_context
from multiprocessing.resource_tracker import ensure_running
from typing import TYPE_CHECKING, Final, Generic, NoReturn, TypeAlias, TypeVar

from dreamzoom.errors import DreamzoomWarning, warn
from dreamzoom.io.memory import available_memory

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")
R = TypeVar("R")
_Noted: TypeAlias = "tuple[R, list[str]]"  # a result, and what is to be told of it

ENDED: Final = "its process was ended from outside, perhaps for lack of memory: try a smaller --size"
"""Why a task has no result where there is a BrokenProcessPool."""

_PATIENCE_S = 0.2  # between two looks at whether to stop
_USUAL_MEMORY = 8 << 30  # bytes; where the system does not tell


@dataclass(frozen=True)
class Workers:
    """How many processes work, and the threads that each of them has."""

    count: int
    threads: int


def share_out(cores: int, tasks: int, bytes_each: int) -> Workers:
    """The workers for so many tasks, which fit in half the memory that is left.

    Args:
        bytes_each: about what a worker holds.
    """
    left = available_memory()
    room = (machine_memory() if left is None else left) // 2 // max(1, bytes_each)
    return divide_cores(cores, tasks, room)


def divide_cores(cores: int, tasks: int, room: int) -> Workers:
    """As many workers as there are cores, tasks, and places in memory; the cores among them."""
    count = max(1, min(cores, tasks, room))
    return Workers(count, max(1, cores // count))


def machine_memory() -> int:
    """The machine's memory in bytes."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return _USUAL_MEMORY


def work_side_by_side(
    work: Callable[[T], R], tasks: Sequence[T], workers: Workers, check: Callable[[], None]
) -> Iterator[tuple[T, Callable[[], R]]]:
    """Do tasks in several processes; when one is ended from outside, others take over.

    Nobody knows which task it was at. Those that were begun are suspects: they are done one by one at the
    end, and who ends a process again has failed.

    Args:
        work: from a task to its result; it, the tasks and the results go from process to process.
        tasks: all different; they are begun in this order.
        check: called several times a second; what it raises ends the processes at once.

    Yields:
        Tasks as they are done, each with what gives its result: that tells here what was warned of there,
        and raises what the work raised, or BrokenProcessPool where the task's process was ended.
    """
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
            yield lost, _report_broken


def go_on() -> None:
    """What a worker does in place of asking whether to stop: it is ended."""


class _Pool(Generic[T, R]):
    """Processes that do some tasks, until these are done or one of the processes is ended from outside.

    Attributes:
        lost: the tasks that have no outcome then.
        begun_and_lost: those of them that were begun, as far as is known.
    """

    def __init__(self, work: Callable[[T], R], tasks: Sequence[T], workers: Workers) -> None:
        self._work, self._tasks, self._workers = work, tasks, workers
        self._begun: set[T] = set()
        self.lost: list[T] = []

    @property
    def begun_and_lost(self) -> list[T]:
        return [task for task in self.lost if task in self._begun]

    def outcomes(self, check: Callable[[], None]) -> Iterator[tuple[T, Callable[[], R]]]:
        """The outcomes of tasks that are not lost, as they come; what `check` raises ends the processes."""
        theirs, ours = Pipe(duplex=False)
        count, enlisting = min(self._workers.count, len(self._tasks)), (theirs, self._workers.threads)
        with ProcessPoolExecutor(count, get_context("spawn"), _enlist, enlisting) as pool:
            try:
                futures: dict[Future[_Noted[R]], T] = {}
                with _ctrl_c_kept_back():
                    for task in self._tasks:
                        try:
                            futures[pool.submit(_work_noting, self._work, task)] = task
                        except BrokenProcessPool:
                            self.lost.append(task)
                yield from self._await(futures, check)
            except BaseException:
                ours.close()  # which ends the workers, whatever they are at
                raise

    def _await(
        self, futures: dict[Future[_Noted[R]], T], check: Callable[[], None]
    ) -> Iterator[tuple[T, Callable[[], R]]]:
        while futures:
            check()
            done = wait(futures, _PATIENCE_S, FIRST_COMPLETED).done
            for future in done:
                task = futures.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    self.lost.append(task)
                else:
                    yield task, partial(_tell_and_take, future)
            self._begun |= {task for future, task in futures.items() if future.running()}


@contextlib.contextmanager
def _ctrl_c_kept_back() -> Iterator[None]:
    """Keep Ctrl-C from this process until the end of the context, and from one that begins in it until
    `_enlist`: a terminal sends it to both, and a worker would tell of it in a traceback.
    """
    if sys.platform == "win32":
        yield
        return
    ensure_running()  # when it starts its own process it lets SIGINT through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work_noting(work: Callable[[T], R], task: T) -> _Noted[R]:
    """A task's result, and what is to be told of it. This runs in a worker."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", DreamzoomWarning)
        result = work(task)
    return result, [str(each.message) for each in told if issubclass(each.category, DreamzoomWarning)]


def _tell_and_take(future: Future[_Noted[R]]) -> R:
    result, notes = future.result()
    for note in notes:
        warn(note)
    return result


def _report_broken() -> NoReturn:
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
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with, args=(lifeline,), name="lifeline", daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)  # nothing is lost: the parent alone writes files
