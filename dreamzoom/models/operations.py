"""The rarer operations of networks: functions of each value, and what cuts, repeats and lays out blobs.

`network` has the common ones, and what holds for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class AbsVal:
    """|x|; its slope at zero is zero."""


@dataclass(frozen=True)
class BNLL:
    """log(1 + exp(x)): the binomial normal log likelihood, today called softplus."""


@dataclass(frozen=True)
class Exp:
    """outer * exp(inner * x)."""

    inner: float = 1.0
    outer: float = 1.0


@dataclass(frozen=True)
class Log:
    """outer * log(shift + scale * x)."""

    outer: float = 1.0
    scale: float = 1.0
    shift: float = 0.0


@dataclass(frozen=True)
class Clamp:
    """x, not below `low` and not above `high`; at both the gradient still passes."""

    low: float
    high: float


@dataclass(frozen=True)
class Swish:
    """x / (1 + exp(-beta * x))."""

    beta: float = 1.0


@dataclass(frozen=True)
class MeanVariance:
    """MVN: x less its mean, and then, where `divides`, over its standard deviation plus `eps`.

    Both are of each channel's plane, or of all planes together when `across_channels`.
    """

    divides: bool = True
    across_channels: bool = False
    eps: float = 1e-9


@dataclass(frozen=True, eq=False)
class OwnStatistics:
    """BatchNorm by the mean and variance of what it reads: (x - mean) / sqrt(variance + eps), channel by
    channel, and then times `scale`, plus `offset` (each (C,)), where it has them.

    One picture is a batch. Of a vector, each number is its own mean: nothing of it is left.
    """

    eps: float
    scale: NDArray[np.float32] | None = None
    offset: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Product:
    """Scale of two bottoms: the first times the second, whose sides are the first's from `axis` on.

    `bias` (of the second's shape, its batch included) is added.
    """

    axis: int
    bias: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Shift:
    """Bias of two bottoms: the first plus the second, whose sides are the first's from `axis` on."""

    axis: int


@dataclass(frozen=True)
class Axpy:
    """Squeeze and excitation (Hu et al. 2018): the second bottom times the first, which has a number for each
    channel, plus the third.
    """


@dataclass(frozen=True)
class Slice:
    """Part number `place` of the `parts` that its bottom is cut into along `axis`: at `points`, or evenly."""

    axis: int
    place: int
    parts: int
    points: tuple[int, ...] = ()


@dataclass(frozen=True)
class Crop:
    """A window of the first bottom, as large as the second from `axis` on, at `offsets` (one for each axis
    from there). The second has no gradient.
    """

    axis: int
    offsets: tuple[int, ...]


@dataclass(frozen=True)
class Repetition:
    """Tile: its bottom so many `times`, one after the other along `axis`."""

    axis: int
    times: int


@dataclass(frozen=True)
class Reduction:
    """One number for all values from `axis` on, times `coefficient`: their sum, the sum of their absolutes or
    squares, or their mean.
    """

    method: Literal["sum", "absolutes", "squares", "mean"]
    axis: int
    coefficient: float = 1.0


@dataclass(frozen=True)
class Pyramid:
    """SPP (He et al. 2014): the whole blob in 1, 4, 16 ... bins, each pooled, as one vector.

    One level alone stays (C, 1, 1).
    """

    method: Literal["max", "average"]
    levels: int


@dataclass(frozen=True)
class Patches:
    """Im2col: each place's window as its channels, (C * kh * kw, H, W)."""

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
