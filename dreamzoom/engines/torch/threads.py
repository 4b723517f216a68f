"""What is the same for any number of threads: sums made row by row, and work that one thread does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import torch
from torch import Tensor
from torch.linalg import vector_norm

_TURN = RLock()
_PIECE = 1 << 14  # pixels that are multiplied at a time: they stay in a core's cache


def mean_size(gradient: Tensor) -> Tensor:
    """mean|g| of (C, H, W), the same for any number of threads: row by row, for of a row one thread makes the
    sum, then of the rows, which are too few to be shared out.
    """
    rows: Tensor = vector_norm(gradient, 1, dim=-1)
    return rows.sum() / gradient.numel()


def sum_of_all(values: Tensor) -> Tensor:
    """The sum of (C, ...), the same for any number of threads: channel by channel, then of the channels."""
    return values.reshape(len(values), -1).sum(1).sum()


def summed_products(values: Tensor) -> Tensor:
    """Of (C, N) the products of each two channels, summed: (C, C). More than one thread would cut N up."""
    with one_thread():
        total = values.new_zeros((len(values), len(values)))
        for start in range(0, values.shape[1], _PIECE):
            piece = values[:, start : start + _PIECE]
            total.addmm_(piece, piece.T)
    return total


def mix_channels(matrix: Tensor, image: Tensor, out: Tensor | None = None) -> Tensor:
    """The matrix (K, C) times each pixel of an image (C, H, W): (K, H, W). In one thread, since the pixels at
    the ends of a thread's share are rounded otherwise than those in its middle.

    Args:
        out: contiguous, where it is put, which may be the image itself; None for a tensor of its own.
    """
    mixed = image.new_empty((len(matrix), *image.shape[1:])) if out is None else out
    pixels, into = image.flatten(1), mixed.view(len(matrix), -1)
    with one_thread():
        for start in range(0, pixels.shape[1], _PIECE):
            piece = slice(start, start + _PIECE)
            into[:, piece] = matrix @ pixels[:, piece]
    return mixed


def power_of(values: Tensor, exponent: float) -> Tensor:
    """values ** exponent, the same for any number of threads; see `one_thread`."""
    with one_thread():
        return values.pow(exponent)


def sigmoid_of(values: Tensor) -> Tensor:
    """1 / (1 + exp(-values)), the same for any number of threads; see `one_thread`."""
    with one_thread():
        return values.sigmoid()


@contextmanager
def one_thread() -> Iterator[None]:
    """What torch shares out in pieces whose ends are rounded otherwise than their middles, done in one.

    So are powers, sigmoids, softmaxes and interpolations: what is left over at the end of a piece, too short
    for a vector, is computed by other code. Sums and products of all that there is are cut up otherwise.
    """
    with at_most(1):
        yield


@contextmanager
def at_most(most: int) -> Iterator[None]:
    """What torch would do otherwise for more threads, done by so many; fewer keep nobody waiting."""
    with _TURN:
        threads = torch.get_num_threads()
    if threads <= most:
        yield
        return
    with _TURN:
        torch.set_num_threads(most)
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
