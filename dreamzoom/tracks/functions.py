"""The functions and constants of expressions. All take and give floats, and depend on their arguments alone.

Where a function has no value it raises what Python's own arithmetic does: ZeroDivisionError, OverflowError or
ValueError.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Function:
    """A function, how it is written, and how many arguments it takes (`most` None: any number)."""

    usage: str
    call: Callable[..., float]
    least: int = 1
    most: int | None = 1

    def takes(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        return self.least <= count and (self.most is None or count <= self.most)


def clamp(x: float, low: float, high: float) -> float:
    """`x`, but not below `low` nor above `high`."""
    return min(max(x, low), high)


def lerp(a: float, b: float, x: float) -> float:
    """From `a` at x = 0 to `b` at x = 1, in a straight line, and on beyond."""
    return a + (b - a) * x


def step(edge: float, x: float) -> float:
    """0 below `edge`, 1 from there on."""
    return 1.0 if x >= edge else 0.0


def pulse(start: float, end: float, x: float) -> float:
    """1 from `start` until just before `end`, else 0."""
    return 1.0 if start <= x < end else 0.0


def smoothstep(start: float, end: float, x: float) -> float:
    """0 until `start`, 1 from `end`, and a soft S between them."""
    u = clamp((x - start) / (end - start), 0.0, 1.0)
    return u * u * (3 - 2 * u)


def sign(x: float) -> float:
    """-1, 0 or 1."""
    return float((x > 0) - (x < 0))


def noise(x: float, seed: float = 0.0) -> float:
    """A smooth random path through -1 to 1: a random value at every whole x, a quintic S between neighbours.

    Another whole `seed` is another path. The values come from a counter, not from a generator's state,
    so the path is the same on every machine and in any order.
    """
    cell = math.floor(x)
    u = x - cell
    gone = u * u * u * (u * (u * 6 - 15) + 10)
    left, right = _random(cell, int(seed)), _random(cell + 1, int(seed))
    return left * (1 - gone) + right * gone


def _random(cell: int, seed: int) -> float:
    """-1 to 1 from a cell's number: the output function of SplitMix64 (Steele, Lea and Flood 2014)."""
    mask = (1 << 64) - 1
    z = (cell * 0x9E3779B97F4A7C15 + seed * 0xD1B54A32D192ED03 + 0x632BE59BD9B4E019) & mask  # 0 would stay 0
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return ((z ^ (z >> 31)) >> 11) / (1 << 52) - 1


FUNCTIONS: Final[Mapping[str, Function]] = {
    "sin": Function("sin(x)", math.sin),
    "cos": Function("cos(x)", math.cos),
    "tan": Function("tan(x)", math.tan),
    "exp": Function("exp(x)", math.exp),
    "log": Function("log(x)", math.log),
    "sqrt": Function("sqrt(x)", math.sqrt),
    "abs": Function("abs(x)", math.fabs),
    "floor": Function("floor(x)", lambda x: float(math.floor(x))),
    "ceil": Function("ceil(x)", lambda x: float(math.ceil(x))),
    "round": Function("round(x)", lambda x: float(round(x))),  # halves to the even neighbour
    "sign": Function("sign(x)", sign),
    "pow": Function("pow(x, y)", math.pow, 2, 2),
    "mod": Function("mod(x, y)", operator.mod, 2, 2),  # has the sign of y, so it loops below 0 too
    "min": Function("min(x, y, …)", min, 2, None),
    "max": Function("max(x, y, …)", max, 2, None),
    "clamp": Function("clamp(x, low, high)", clamp, 3, 3),
    "lerp": Function("lerp(a, b, x)", lerp, 3, 3),
    "step": Function("step(edge, x)", step, 2, 2),
    "pulse": Function("pulse(start, end, x)", pulse, 3, 3),
    "smoothstep": Function("smoothstep(start, end, x)", smoothstep, 3, 3),
    "noise": Function("noise(x) or noise(x, seed)", noise, 1, 2),
}

CONSTANTS: Final[Mapping[str, float]] = {"pi": math.pi, "tau": math.tau, "e": math.e}
