"""Draws that a seed decides, the same on every machine and with every version of Python."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, TypeVar

from dreamzoom.io.files import sha256_of

T = TypeVar("T")

_WHOLE: Final = 1 << 64


class Chance:
    """A stream of draws. No two are alike by what was drawn before: each is hashed of seed and number.

    Args:
        seed: what decides all of them.
    """

    def __init__(self, seed: str) -> None:
        self._seed, self._count = seed, 0

    def share(self) -> float:
        """A number from 0 up to 1."""
        self._count += 1
        digest = sha256_of(f"{self._seed} {self._count}".encode())
        return int(digest[:16], 16) / _WHOLE

    def happens(self, share: float) -> bool:
        """True in so many cases of one."""
        return self.share() < share

    def between(self, low: float, high: float, digits: int = 3) -> float:
        """A number in that range, of so many decimals."""
        return round(low + (high - low) * self.share(), digits)

    def about(self, number: float, spread: float) -> float:
        """A number near one above 0: up to `spread` times as large or as small."""
        return number * math.exp((2 * self.share() - 1) * math.log(spread))

    def one_of(self, choices: Sequence[T]) -> T:
        """One of them, each as likely."""
        return choices[int(self.share() * len(choices))]

    def some_of(self, choices: Sequence[T], count: int) -> list[T]:
        """So many of them, none twice."""
        left, found = list(choices), list[T]()
        for _ in range(min(count, len(left))):
            found.append(left.pop(int(self.share() * len(left))))
        return found

    def sign(self) -> int:
        """1 or -1."""
        return 1 if self.happens(0.5) else -1
