"""Tasks handed out, their progress heard, their results as they come."""

from __future__ import annotations

import queue
import secrets
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from distributed import Client, Future, Worker, get_worker
from distributed.worker import WORKER_ANY_RUNNING

from dreamzoom.errors import (
    DreamzoomError,
    DreamzoomWarning,
    Interrupted,
    OtherMachineError,
    RunError,
    about,
)
from dreamzoom.farm.cluster.admission import (
    Attendance,
    admit,
    machine_class,
    place_of,
    shared_token,
    use_threads,
)
from dreamzoom.farm.cluster.connection import SchedulerGoneError, wait_for_workers
from dreamzoom.farm.link import WorkerLink

T = TypeVar("T")
R = TypeVar("R")

_TOPIC = "dreamzoom"
_BETWEEN_LOOKS = 0.1  # seconds
_BETWEEN_CHECKS = 0.2  # seconds in which a worker looks whether its task is still wanted
_PATIENCE = 60.0  # seconds in which a machine of a clip's class may come, or come back
_TRIES = 20  # workers that may die under a task before it is held to be at fault


@dataclass(frozen=True)
class _Done(Generic[R]):
    """What came of a task on its worker: a result or an error, and what is to be told."""

    worker: str
    result: R | None
    error: DreamzoomError | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ClusterOutcome(Generic[T, R]):
    """How a task ended: with a result, or with an error.

    Attributes:
        notes: what was warned of.
    """

    task: T
    result: R | None = None
    error: DreamzoomError | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClusterReporter:
    """How a run tells of itself.

    Attributes:
        on_message: called with a line for a person.
        on_progress: called with a task's number, and what it told.
        check: called several times a second; what it raises ends the run.
    """

    on_message: Callable[[str], object] = lambda line: None
    on_progress: Callable[[int, Mapping[str, Any]], object] = lambda number, told: None
    check: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class _Flight(Generic[T]):
    """A task on its way: its number, how often it was handed out, and why only some machines may do it."""

    number: int
    task: T
    tries: int = 0
    refusal: OtherMachineError | None = None

    @property
    def resource(self) -> str:
        """The class of machines that alone may do it; "" where any may."""
        return "" if self.refusal is None else machine_class(self.refusal.maker)


def run_on_cluster(
    client: Client,
    folder: Path,
    work: Callable[[WorkerLink, T], R],
    tasks: Sequence[T],
    reporter: ClusterReporter,
    *,
    patience: float = _PATIENCE,
) -> Iterator[ClusterOutcome[T, R]]:
    """Do tasks on a cluster's workers, one at a time on each, in whatever order they are done.

    A task whose worker dies is done by another. One that raises an OtherMachineError waits for a worker of
    the class that began it, and ends with that error once there has been none for so long.

    Args:
        folder: which every worker must see; it is there.
        work: from a link and a task to the task's result; it is imported on the worker.
        patience: seconds without any worker of the class that a task needs.

    Raises:
        RequestError: a worker has another version, or does not see the folder.
        SchedulerGoneError: the scheduler is lost; what was done is there.
    """
    run = secrets.token_hex(6)
    with shared_token(folder) as token:
        workers = _workers_of(client)
        wait_for_workers(
            workers,
            reporter.check,
            lambda: reporter.on_message(
                "the cluster has no workers yet: waiting for one (`dask worker ADDRESS`)"
            ),
        )
        admit(client, run, token)
        yield from _Run(client, run, work, reporter, patience).outcomes(tasks)


def _workers_of(client: Client) -> Callable[[], int]:
    return lambda: len(client.scheduler_info(n_workers=-1)["workers"])


class _Run(Generic[T, R]):
    """One run of tasks; as many are on their way as workers take part."""

    def __init__(
        self,
        client: Client,
        run: str,
        work: Callable[[WorkerLink, T], R],
        reporter: ClusterReporter,
        patience: float,
    ) -> None:
        self._client, self._run, self._work, self._reporter = client, run, work, reporter
        self._told: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()
        self._patience, self._attendance = patience, Attendance(client, run)

    def outcomes(self, tasks: Sequence[T]) -> Iterator[ClusterOutcome[T, R]]:
        """The outcomes as they come."""
        topic = f"{_TOPIC}-{self._run}"
        self._client.subscribe_topic(topic, lambda event: self._told.put(event[1]))
        waiting = [_Flight(number, task) for number, task in enumerate(tasks)]
        flying: dict[Future[Any], _Flight[T]] = {}
        try:
            while waiting or flying:
                self._reporter.check()
                self._require_scheduler()
                while waiting and self._has_room(flying.values()):
                    flight = waiting.pop(0)
                    flying[self._submit(flight, topic)] = flight
                self._pass_on()
                done = [future for future in flying if future.done()]
                for future in done:
                    flight = flying.pop(future)
                    again = self._again(flight, future)
                    if again is not None:
                        waiting.append(again)
                    else:
                        yield self._outcome(flight, future)
                lost = [each for each in flying.items() if self._is_without_machine(each[1])]
                for future, flight in lost:
                    del flying[future]
                    self._client.cancel([future])
                    yield ClusterOutcome(flight.task, error=self._without_machine(flight))
                if not done:
                    time.sleep(_BETWEEN_LOOKS)
            self._pass_on()
        finally:
            if self._client.status == "running":
                self._client.cancel(list(flying))
                self._client.unsubscribe_topic(topic)

    def _has_room(self, flying: Iterable[_Flight[T]]) -> bool:
        """Whether a worker has nothing to do; what waits for its class of machine keeps none from work."""
        at_work = sum(not self._attendance.missing_for(flight.resource) for flight in flying)
        return at_work < max(1, len(self._attendance.look()))

    def _is_without_machine(self, flight: _Flight[T]) -> bool:
        return bool(flight.resource) and self._attendance.missing_for(flight.resource) > self._patience

    def _without_machine(self, flight: _Flight[T]) -> OtherMachineError:
        """Why a task has ended that no worker may do."""
        assert flight.refusal is not None  # noqa: S101 - as `_is_without_machine` has seen
        return OtherMachineError(
            f"{flight.refusal}; no machine of that kind was there for {self._patience:g} seconds: start a "
            "worker on one, or go on anywhere with --any-machine",
            flight.refusal.maker,
        )

    def _submit(self, flight: _Flight[T], topic: str) -> Future[Any]:
        resources = {place_of(self._run): 1.0}
        if flight.resource:
            resources[flight.resource] = 1.0
        return self._client.submit(
            _perform,
            self._work,
            flight.task,
            flight.number,
            topic,
            key=f"dreamzoom-{self._run}-{flight.number}-{flight.tries}",
            resources=resources,
            priority=-flight.number,
            pure=False,
        )

    def _again(self, flight: _Flight[T], future: Future[Any]) -> _Flight[T] | None:
        """The task as it is to be handed out again; None where it has ended."""
        if future.status == "finished":
            error = future.result().error
            if not isinstance(error, OtherMachineError) or flight.resource == machine_class(error.maker):
                return None
            self._reporter.on_message(f"{error}: it goes on on a machine like that, or with --any-machine")
            return replace(flight, tries=flight.tries + 1, refusal=error)
        self._require_scheduler()
        return replace(flight, tries=flight.tries + 1) if flight.tries < _TRIES else None

    def _outcome(self, flight: _Flight[T], future: Future[Any]) -> ClusterOutcome[T, R]:
        if future.status != "finished":
            reason = future.exception() if future.status == "error" else future.status
            return ClusterOutcome(
                flight.task, error=RunError(f"{_TRIES} workers died at it one after another: {reason}")
            )
        done: _Done[R] = future.result()
        return ClusterOutcome(flight.task, done.result, _named(done), done.notes)

    def _pass_on(self) -> None:
        while not self._told.empty():
            told = dict(self._told.get())
            self._reporter.on_progress(int(told.pop("task")), told)

    def _require_scheduler(self) -> None:
        if self._client.status != "running":
            raise SchedulerGoneError(
                "the cluster's scheduler is gone: what was made is kept, and the same command goes on with "
                "it once there is a scheduler again"
            )


def _named(done: _Done[Any]) -> DreamzoomError | None:
    """A task's error, which tells the worker: it may be that one's disk or model."""
    error = done.error
    if error is None or isinstance(error, OtherMachineError):
        return error
    return about(f"worker {done.worker}", error)


def _perform(work: Callable[[WorkerLink, T], R], task: T, number: int, topic: str) -> _Done[R]:
    """Do a task. This runs on a worker, in a thread of its process."""
    worker = get_worker()
    use_threads(worker.state.nthreads)
    link = WorkerLink(_checker(worker, str(worker.get_current_task())), _teller(worker, topic, number))
    result, error = None, None
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", DreamzoomWarning)
        try:
            result = work(link, task)
        except DreamzoomError as raised:
            error = raised
    notes = tuple(str(each.message) for each in told if issubclass(each.category, DreamzoomWarning))
    return _Done(worker.contact_address or worker.address, result, error, notes)


def _checker(worker: Worker, key: str) -> Callable[[], None]:
    """What ends a task that nobody waits for any more: its client has stopped or is dead, or its worker was
    cut off from the scheduler, which gives the task to another.
    """
    looked = time.monotonic()

    def check() -> None:
        nonlocal looked
        now = time.monotonic()
        if now - looked < _BETWEEN_CHECKS:
            return
        looked = now
        if worker.status not in WORKER_ANY_RUNNING:
            raise Interrupted("its worker has lost the scheduler")
        task = worker.state.tasks.get(key)
        if task is None or task.state in ("cancelled", "released", "forgotten"):
            raise Interrupted("nobody waits for it any more")

    return check


def _teller(worker: Worker, topic: str, number: int) -> Callable[[Mapping[str, Any]], None]:
    def tell(told: Mapping[str, Any]) -> None:
        worker.loop.add_callback(worker.log_event, topic, {**told, "task": number})

    return tell
