"""A client of a running cluster, or of one on this machine."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import dask
from distributed import Client, LocalCluster
from distributed.comm.core import CommClosedError, connect

from dreamzoom.errors import RequestError, RunError, quote_value
from dreamzoom.workers import Workers

LOCAL: Final = "local"
"""What stands for this machine's own cores."""

_ADDRESS = re.compile(r"(?P<protocol>tcp|tls)://(?P<host>\[[^\]\s]+\]|[^\s:/\[\]]+):(?P<port>\d{1,5})/?")
_PATIENCE = 5.0  # seconds until a scheduler answers
_BETWEEN_LOOKS = 0.2  # seconds
_SETTINGS = {
    "distributed.scheduler.work-stealing": False,  # what is begun somewhere goes on there
    "distributed.scheduler.allowed-failures": 1000,  # a task is not at fault where its worker dies
    "distributed.comm.retry.count": 3,
    "distributed.worker.daemon": False,
}


def require_address(where: str) -> None:
    """See that a text names a cluster. Raises a RequestError."""
    match = _ADDRESS.fullmatch(where)
    if where != LOCAL and (match is None or not 0 < int(match["port"]) < 65536):
        raise RequestError(
            f"--cluster {quote_value(where)}: must be local, or a scheduler's address such as "
            "tcp://192.168.1.5:8786"
        )


@contextmanager
def connected(where: str, local: Workers) -> Iterator[Client]:
    """A client of a cluster.

    Args:
        where: "local", or the scheduler's address.
        local: the workers of one on this machine.

    Raises:
        RequestError: there is no such scheduler, or something else answers.
    """
    require_address(where)
    for name in ("distributed", "distributed.client", "tornado", "tornado.application"):  # as Dask sets them
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is told by what comes of tasks
    with dask.config.set(_SETTINGS), ExitStack() as stack:
        if where == LOCAL:
            stack.enter_context(_environment_kept())
            cluster = LocalCluster(
                n_workers=local.count,
                threads_per_worker=local.threads,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",  # it has a page in any case, else at a port that is known
                silence_logs=logging.CRITICAL,
            )
            stack.enter_context(cluster)
            yield stack.enter_context(Client(cluster, set_as_default=False))
            return
        _require_listener(where)
        asyncio.run(_require_scheduler(where))
        yield stack.enter_context(Client(where, timeout=_PATIENCE, set_as_default=False))


@contextmanager
def _environment_kept() -> Iterator[None]:
    """This process's environment, as it was: Dask leaves what it gave to its workers, one thread among it."""
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


async def _require_scheduler(where: str) -> None:
    """See that what listens at an address speaks Dask's language."""
    try:
        comm = await asyncio.wait_for(connect(where, timeout=_PATIENCE), _PATIENCE)
    except (OSError, CommClosedError, ValueError, TimeoutError, asyncio.TimeoutError) as error:
        raise RequestError(
            f"--cluster {where}: something answers there, and it is no Dask scheduler that this version of "
            "Dask can speak with"
        ) from error
    await comm.close()


def _require_listener(where: str) -> None:
    """See that something listens at an address: the plain case, told quickly and plainly."""
    match = _ADDRESS.fullmatch(where)
    assert match is not None  # noqa: S101 - as `require_address` has seen
    try:
        socket.create_connection((match["host"].strip("[]"), int(match["port"])), _PATIENCE).close()
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RequestError(
            f"--cluster {where}: no scheduler answers there ({reason}): start one with `dask scheduler`, or "
            "look at host and port"
        ) from error


def wait_for_workers(
    count: Callable[[], int], check: Callable[[], None], on_wait: Callable[[], object], patience: float = 3.0
) -> None:
    """Wait until a cluster has a worker.

    Args:
        count: how many there are.
        check: called several times a second; what it raises ends the wait.
        on_wait: called once, when none has come within `patience` seconds.
    """
    began, told = time.monotonic(), False
    while not count():
        check()
        if not told and time.monotonic() - began > patience:
            told = True
            on_wait()
        time.sleep(_BETWEEN_LOOKS)


class SchedulerGoneError(RunError):
    """The scheduler, or the way to it, was lost in the middle."""
