"""What is around each of many values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def mean_around(values: Values, width: int) -> Values:
    """The mean of the `width` values (an odd number) around each, of those there are."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(values.size)
    start, end = np.maximum(index - width // 2, 0), np.minimum(index + width // 2 + 1, values.size)
    means: Values = (sums[end] - sums[start]) / (end - start)
    return means


def highest_around(values: Values, width: int) -> Values:
    """The highest of the `width` values (an odd number) around each; none is taken to be below 0."""
    if not values.size:
        return values
    padded = np.pad(values, width // 2)
    highest: Values = np.lib.stride_tricks.sliding_window_view(padded, width).max(axis=1)
    return highest
