"""Kernels that a picture is resampled with.

Positions are exact to the sub-pixel: nothing is quantised to a table, so slow motion does not tremble.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

Interpolation: TypeAlias = Literal["bilinear", "cubic", "lanczos"]
"""2 x 2 neighbours, 4 x 4 (Keys 1981, a = -1/2) or 6 x 6 (three lobes)."""


@dataclass(frozen=True)
class Kernel:
    """A kernel's weight by distance in pixels, and how many pixels to each side it reaches."""

    weight: Callable[[Tensor], Tensor]
    reach: int

    def taps(self, position: Tensor) -> tuple[Tensor, Tensor]:
        """The neighbours of each position and their weights.

        Args:
            position: in pixels along one side, any shape (...).

        Returns:
            Whole numbers (2 * reach, ...), of the positions' type, which may lie beyond the picture, and
            weights of the same shape that sum to 1.
        """
        import torch

        first = position.floor() - (self.reach - 1)
        offsets = torch.arange(2 * self.reach, device=position.device, dtype=position.dtype)
        neighbours = first + offsets.view(-1, *[1] * position.ndim)
        weights = self.weight(position - neighbours)
        return neighbours, weights / weights.sum(0)


def _bilinear(distance: Tensor) -> Tensor:
    return (1 - distance.abs()).clamp_min(0)


def _cubic(distance: Tensor) -> Tensor:
    """Keys' cubic convolution kernel with a = -1/2 (Catmull-Rom), third-order accurate."""
    x = distance.abs()
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return near.where(x < 1, far.where(x < 2, x.new_zeros(())))


def _lanczos(distance: Tensor) -> Tensor:
    import torch

    return (torch.sinc(distance) * torch.sinc(distance / 3)).where(distance.abs() < 3, distance.new_zeros(()))


KERNELS: Final[Mapping[Interpolation, Kernel]] = MappingProxyType(
    {"bilinear": Kernel(_bilinear, 1), "cubic": Kernel(_cubic, 2), "lanczos": Kernel(_lanczos, 3)}
)
