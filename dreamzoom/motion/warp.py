"""Resampling a picture under a similarity.

Positions are exact to the sub-pixel (nothing is quantised to a table, so slow motion does not tremble), and
what lies outside is the picture mirrored at its edge, so that a camera that pulls back finds something to
dream on.

Motion without rotation, which most of a zoom video is, separates into rows and columns: two products with a
    matrix of kernel
weights. With rotation each output pixel gathers its neighbourhood.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

    from dreamzoom.motion.similarity import Similarity

Interpolation: TypeAlias = Literal["bilinear", "cubic", "lanczos"]


def warp(image: Tensor, motion: Similarity, interpolation: Interpolation = "cubic") -> Tensor:
    """Move what is in a picture.

    Args:
        image: (C, H, W), floating point.
        motion: where each point of the picture goes, in pixels.
        interpolation: "bilinear" (2 x 2 neighbours), "cubic" (Keys 1981, a = -1/2, 4 x 4) or "lanczos"
            (three lobes, 6 x 6).

    Returns:
        The moved picture, (C, H, W), of the same type. Values may overshoot the input's range with "cubic"
        and "lanczos".
    """
    source = motion.inverse()
    kernel = _KERNELS[interpolation]
    if source.factor.imag == 0.0:
        return _warp_separably(image, source, kernel)
    return _warp_by_gathering(image, source, kernel)


@dataclass(frozen=True)
class _Kernel:
    """A kernel's weight by distance in pixels, and how many pixels to each side it reaches."""

    weight: Callable[[Tensor], Tensor]
    reach: int


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


_KERNELS = {"bilinear": _Kernel(_bilinear, 1), "cubic": _Kernel(_cubic, 2), "lanczos": _Kernel(_lanczos, 3)}


def _taps(position: Tensor, kernel: _Kernel, side: int) -> tuple[Tensor, Tensor]:
    """The neighbours of each position and their weights.

    Args:
        position: source positions in pixels, any shape (...).

    Returns:
        Indices (2 * kernel.reach, ...), mirrored into 0..side-1, and weights of the same shape that sum to 1.
    """
    import torch

    first = position.floor() - (kernel.reach - 1)
    offsets = torch.arange(2 * kernel.reach, device=position.device, dtype=position.dtype)
    neighbours = first + offsets.view(-1, *[1] * position.ndim)
    weights = kernel.weight(position - neighbours)
    return _mirror(neighbours.long(), side), weights / weights.sum(0)


def _mirror(index: Tensor, side: int) -> Tensor:
    """Reflect indices at the edges, the edge pixel itself repeated: ... 1 0 0 1 2 ..."""
    folded = index.remainder(2 * side)
    return folded.minimum(2 * side - 1 - folded)


def _warp_separably(image: Tensor, source: Similarity, kernel: _Kernel) -> Tensor:
    height, width = image.shape[-2:]
    scale = source.factor.real
    rows = _resampling_matrix(height, scale, source.offset.imag, kernel).to(image)  # (H, H)
    columns = _resampling_matrix(width, scale, source.offset.real, kernel).to(image)  # (W, W)
    return rows @ (image @ columns.T)


def _resampling_matrix(side: int, scale: float, offset: float, kernel: _Kernel) -> Tensor:
    """The (side, side) matrix that samples a line of pixels at scale * x + offset, float64."""
    import torch

    position = torch.arange(side, dtype=torch.float64) * scale + offset
    index, weight = _taps(position, kernel, side)
    return torch.zeros(side, side, dtype=torch.float64).scatter_add_(1, index.T, weight.T)


def _warp_by_gathering(image: Tensor, source: Similarity, kernel: _Kernel) -> Tensor:
    x, y = _positions(image, source)
    columns, column_weights = _taps(x, kernel, image.shape[-1])  # (taps, H, W)
    rows, row_weights = _taps(y, kernel, image.shape[-2])
    flat = image.flatten(-2)
    result = image.new_zeros(image.shape)
    for row, row_weight in zip(rows * image.shape[-1], row_weights, strict=True):
        for column, column_weight in zip(columns, column_weights, strict=True):
            taken = flat.index_select(1, (row + column).flatten()).view_as(image)
            result.addcmul_(taken, row_weight * column_weight)
    return result


def _positions(image: Tensor, source: Similarity) -> tuple[Tensor, Tensor]:
    """Where in the source each output pixel is sampled: x and y, each (H, W)."""
    height, width = image.shape[-2:]
    # About the middle, so that float32 keeps its precision for the fraction of a pixel.
    middle = complex((width - 1) / 2, (height - 1) / 2)
    origin = source(middle)
    across = _centred(image, width)  # (W,)
    down = _centred(image, height).unsqueeze(1)  # (H, 1)
    x = across * source.factor.real - down * source.factor.imag + origin.real
    y = across * source.factor.imag + down * source.factor.real + origin.imag
    return x, y


def _centred(like: Tensor, side: int) -> Tensor:
    import torch

    return torch.arange(side, device=like.device, dtype=like.dtype) - (side - 1) / 2
