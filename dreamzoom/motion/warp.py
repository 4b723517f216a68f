"""Resampling a picture under a similarity.

What lies outside is the picture mirrored at its edge, so that a camera that pulls back finds something to
dream on.

Motion without rotation, which most of a zoom video is, separates into rows and columns: two products with a
matrix of kernel weights. With rotation each output pixel gathers its neighbourhood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dreamzoom.motion.kernels import KERNELS

if TYPE_CHECKING:
    from torch import Tensor

    from dreamzoom.motion.kernels import Interpolation, Kernel
    from dreamzoom.motion.similarity import Similarity


def warp(image: Tensor, motion: Similarity, interpolation: Interpolation = "cubic") -> Tensor:
    """Move what is in a picture.

    Args:
        image: (C, H, W), floating point.
        motion: where each point of the picture goes, in pixels.
    Returns:
        The moved picture, (C, H, W), of the same type. Values may overshoot the input's range with "cubic"
        and "lanczos".
    """
    source = motion.inverse()
    kernel = KERNELS[interpolation]
    if source.factor.imag == 0.0:
        return _warp_separably(image, source, kernel)
    return _warp_by_gathering(image, source, kernel)


def _taps(position: Tensor, kernel: Kernel, side: int) -> tuple[Tensor, Tensor]:
    """The neighbours of each position, mirrored into 0..side-1, and their weights; as `Kernel.taps`."""
    neighbours, weights = kernel.taps(position)
    return _mirror(neighbours.long(), side), weights


def _mirror(index: Tensor, side: int) -> Tensor:
    """Reflect indices at the edges, the edge pixel itself repeated: ... 1 0 0 1 2 ..."""
    folded = index.remainder(2 * side)
    return folded.minimum(2 * side - 1 - folded)


def _warp_separably(image: Tensor, source: Similarity, kernel: Kernel) -> Tensor:
    height, width = image.shape[-2:]
    scale = source.factor.real
    rows = _resampling_matrix(height, scale, source.offset.imag, kernel).to(image)  # (H, H)
    columns = _resampling_matrix(width, scale, source.offset.real, kernel).to(image)  # (W, W)
    return rows @ (image @ columns.T)


def _resampling_matrix(side: int, scale: float, offset: float, kernel: Kernel) -> Tensor:
    """The (side, side) matrix that samples a line of pixels at scale * x + offset, float64."""
    import torch

    position = torch.arange(side, dtype=torch.float64) * scale + offset
    index, weight = _taps(position, kernel, side)
    return torch.zeros(side, side, dtype=torch.float64).scatter_add_(1, index.T, weight.T)


def _warp_by_gathering(image: Tensor, source: Similarity, kernel: Kernel) -> Tensor:
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
