"""Where in a view a picture is that has moved before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dreamzoom.motion.sector import source_sector

if TYPE_CHECKING:
    from torch import Tensor

    from dreamzoom.motion.similarity import Similarity


def depth(view: Tensor, source: Similarity, size: tuple[int, int], mirrors: int) -> Tensor:
    """How deep inside a picture each pixel of a view lies, below 0 outside, in pixels of the picture.

    Args:
        view: (..., h, w), floating point; its values do not matter.
        source: where in the picture each pixel of the view comes from.
        size: width and height of the picture.
        mirrors: those that it was seen in: of such a picture the sector that is shown counts alone.

    Returns:
        The distance to the nearest border or mirror, (h, w), of the view's type.
    """
    import torch

    width, height = size
    x = torch.arange(view.shape[-1], device=view.device, dtype=view.dtype)
    y = torch.arange(view.shape[-2], device=view.device, dtype=view.dtype)[:, None]
    u = x * source.factor.real - y * source.factor.imag + source.offset.real
    v = x * source.factor.imag + y * source.factor.real + source.offset.imag
    inside = torch.minimum(torch.minimum(u, width - 1 - u), torch.minimum(v, height - 1 - v))
    if mirrors == 0:
        return inside
    sector = source_sector(size, mirrors)
    return inside.minimum(sector.inside(u - (width - 1) / 2, v - (height - 1) / 2))
