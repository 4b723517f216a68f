"""What a task has of the worker that does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class WorkerLink:
    """The way from a task to who waits for it.

    Attributes:
        check: to be called often; raises an Interrupted once the task is not wanted any more.
        tell: tells how far it is, as JSON holds it: "done" frames, and the "line" of the journal.
    """

    check: Callable[[], None]
    tell: Callable[[Mapping[str, Any]], None]
