"""Stopping: the first Ctrl-C or SIGTERM ends a render cleanly, the second at once."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import click

from dreamzoom.errors import Interrupted


@contextlib.contextmanager
def stoppable(farewell: str) -> Iterator[Callable[[], None]]:
    """Yield a check that raises `Interrupted` with `farewell` once a signal to stop has come.

    A second signal ends the process where it stands; what is on disk is whole by construction.
    """
    requested = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if requested.is_set():
            os._exit(128 + number)
        requested.set()
        click.echo("\nstopping; once more to stop at once", err=True)

    def check() -> None:
        if requested.is_set():
            raise Interrupted(farewell)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
