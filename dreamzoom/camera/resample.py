"""A picture resampled under a similarity.

`warp` makes what a dream goes on from: positions are exact to the sub-pixel, and nothing is quantised to a
table, so slow motion does not tremble. On a CPU the compiled kernels do it. Where there are none, and on
other devices, torch's operations do: thirty times as slowly on a CPU, and not the same to the last bits.
`sample_views` is for pictures that are looked at and never dreamed on: torch's sampler, whose filter is a
little sharper (Keys' with a = -3/4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from dreamzoom.camera.similarity import Similarity
from dreamzoom.engines.torch.native.sampling import Place, sampler_for

Interpolation: TypeAlias = Literal["bilinear", "cubic", "lanczos"]
"""2 x 2 neighbours, 4 x 4 (Keys 1981, a = -1/2) or 6 x 6 (three lobes)."""


@dataclass(frozen=True)
class ResamplingFilter:
    """A filter's weight by distance in pixels, and how many pixels to each side it reaches."""

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
    return (torch.sinc(distance) * torch.sinc(distance / 3)).where(distance.abs() < 3, distance.new_zeros(()))


FILTERS: Final[Mapping[Interpolation, ResamplingFilter]] = MappingProxyType(
    {
        "bilinear": ResamplingFilter(_bilinear, 1),
        "cubic": ResamplingFilter(_cubic, 2),
        "lanczos": ResamplingFilter(_lanczos, 3),
    }
)


def warp(image: Tensor, motion: Similarity, interpolation: Interpolation = "cubic") -> Tensor:
    """Move what is in a picture; what lies outside is the picture mirrored at its edge.

    Args:
        image: (C, H, W), floating point or uint8.
        motion: where each point of the picture goes, in pixels.

    Returns:
        The moved picture, (C, H, W), of the same type, float32 for uint8. Values may overshoot the input's
        range with "cubic" and "lanczos".
    """
    source = motion.inverse()
    sampler, place = sampler_for(image, interpolation), Place(source.factor, source.offset)
    if sampler and place.is_near:
        return sampler.warp(image, place)
    return warp_with_torch(image if image.is_floating_point() else image.float(), source, interpolation)


def warp_with_torch(image: Tensor, source: Similarity, interpolation: Interpolation) -> Tensor:
    """What `warp` does where there are no kernels for it.

    Motion without rotation separates into rows and columns: two products with a matrix of weights. With
    rotation each output pixel gathers its neighbourhood.

    Args:
        image: (C, H, W), floating point.
        source: where in the picture each output pixel comes from.
    """
    resampler = FILTERS[interpolation]
    if source.factor.imag == 0.0:
        return _warp_separably(image, source, resampler)
    return _warp_by_gathering(image, source, resampler)


def _taps(position: Tensor, resampler: ResamplingFilter, side: int) -> tuple[Tensor, Tensor]:
    """The neighbours of each position (mirrored into 0..side-1) and their weights, (taps, ...) each."""
    neighbours, weights = resampler.taps(position)
    return _mirror(neighbours.long(), side), weights


def _mirror(index: Tensor, side: int) -> Tensor:
    """Reflect indices at the edges, the edge pixel itself repeated: ... 1 0 0 1 2 ..."""
    folded = index.remainder(2 * side)
    return folded.minimum(2 * side - 1 - folded)


def _warp_separably(image: Tensor, source: Similarity, resampler: ResamplingFilter) -> Tensor:
    height, width = image.shape[-2:]
    scale = source.factor.real
    rows = _resampling_matrix(height, scale, source.offset.imag, resampler).to(image)  # (H, H)
    columns = _resampling_matrix(width, scale, source.offset.real, resampler).to(image)  # (W, W)
    return rows @ (image @ columns.T)


def _resampling_matrix(side: int, scale: float, offset: float, resampler: ResamplingFilter) -> Tensor:
    """The (side, side) matrix that samples a line of pixels at scale * x + offset, float64."""
    position = torch.arange(side, dtype=torch.float64) * scale + offset
    index, weight = _taps(position, resampler, side)
    return torch.zeros(side, side, dtype=torch.float64).scatter_add_(1, index.T, weight.T)


def _warp_by_gathering(image: Tensor, source: Similarity, resampler: ResamplingFilter) -> Tensor:
    x, y = _positions(image, source)
    columns, column_weights = _taps(x, resampler, image.shape[-1])  # (taps, H, W)
    rows, row_weights = _taps(y, resampler, image.shape[-2])
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
    return torch.arange(side, device=like.device, dtype=like.dtype) - (side - 1) / 2


Padding: TypeAlias = Literal["reflection", "border"]
"""What lies outside a picture: itself mirrored at its edge, or the pixels at its edge for ever."""


def sample_views(
    image: Tensor, sources: Sequence[Similarity], size: tuple[int, int], padding: Padding = "reflection"
) -> Tensor:
    """Sample a picture once for each source.

    Args:
        image: (C, H, W), float32.
        sources: where in the picture each point of the view comes from, in pixels.
        size: width and height of the views, in pixels.

    Returns:
        The views, (len(sources), C, height, width). Values may overshoot the input's range.
    """
    count, (width, height) = len(sources), size
    picture = (image.shape[-1], image.shape[-2])
    maps = torch.tensor([_normalise(source, size, picture) for source in sources], dtype=image.dtype)
    places = affine_grid(maps, [count, image.shape[0], height, width], align_corners=False)
    pictures = image.expand(count, -1, -1, -1)
    return grid_sample(pictures, places, mode="bicubic", padding_mode=padding, align_corners=False)


def _normalise(source: Similarity, view: tuple[int, int], picture: tuple[int, int]) -> list[list[float]]:
    """A map of pixels as torch wants it: of places that run from -1 to 1, from border to border.

    Args:
        view, picture: their width and height.
    """
    (width, height), (across, down) = view, picture
    turn = source.factor
    middle = source(complex(width - 1, height - 1) / 2)
    return [
        [turn.real * width / across, -turn.imag * height / across, (2 * middle.real + 1) / across - 1],
        [turn.imag * width / down, turn.real * height / down, (2 * middle.imag + 1) / down - 1],
    ]
