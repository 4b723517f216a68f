"""What is the same for any number of threads: sums made row by row, and work that one thread does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import torch
from torch import Tensor
from torch.linalg import vector_norm

_TURN = RLock()


def mean_size(gradient: Tensor) -> Tensor:
    """mean|g| of (C, H, W), the same for any number of threads: row by row, for of a row one thread makes the
    sum, then of the rows, which are too few to be shared out.
    """
    rows: Tensor = vector_norm(gradient, 1, dim=-1)
    return rows.sum() / gradient.numel()


@contextmanager
def one_thread() -> Iterator[None]:
    """What torch shares out in pieces whose ends are rounded otherwise than their middles, done in one."""
    with _TURN:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)


def settle_threads() -> None:
    """For a thread of Python's that has not used torch yet: let torch choose how many it may share work with.

    It takes what the thread before set last, and keeps it: within `one_thread` that would be one for ever.
    """
    with _TURN:
        torch.get_num_threads()
