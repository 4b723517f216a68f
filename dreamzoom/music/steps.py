"""Music's numbers go in steps of a ten-thousandth: what was heard and what is read back are the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

STEPS: Final = 10_000
"""Steps from 0 to 1, and to the second."""

_LEVELS = tuple(step / STEPS for step in range(STEPS + 1))


def levels(steps: Iterable[int]) -> tuple[float, ...]:
    """Values from 0 to 1 of which these are the steps, from 0 to `STEPS`; equal ones share an object."""
    return tuple(map(_LEVELS.__getitem__, steps))


def steps(values: Iterable[float]) -> list[int]:
    """The step nearest to each value."""
    return [round(value * STEPS) for value in values]
