"""Regions: parts of a picture with dreams of their own, and how a step is made of them.

Where masks overlap they share by weight; where they leave something over, it is the background's. Each part's
gradient is brought to a mean size of 1 within its own share, so that a small region dreams as strongly as a
large one. The ascent rule sees the blend of them, and what it would do counts as much at each pixel as the
parts there are strong: where that is 0 the picture stays as it is, to the bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from torch.linalg import vector_norm
from torch.nn.functional import adaptive_avg_pool2d, interpolate

from dreamzoom.engines.base import Ascent, Objective
from dreamzoom.engines.torch.threads import one_thread, power_of

_NOTHING = 1e-30
_ALL = 1 - 1e-5  # what is more is rounding
_FIELDS = 9  # over which a gradient is made even, along the shorter side
_LEAST = 1e-3  # of the mean size: what is less is blown up no further


@dataclass(frozen=True, eq=False)
class Region:
    """A part of the picture with a dream of its own.

    Attributes:
        mask: how much each pixel belongs to it, times its weight, (1, H, W), from 0 up.
        strength: how long its steps are, in steps of the dream; 0 does not dream.
        evenness: how far all its places dream alike, 0 to 1; at 0 those most that show most of it already.
        objectives: what is climbed there, by blob; none for what the dream itself climbs.
        weights: as of a `DreamPlan`.
    """

    mask: Tensor
    strength: float = 1.0
    evenness: float = 0.0
    objectives: Mapping[str, Objective] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Division:
    """A picture shared out: the background first, then the regions.

    Attributes:
        shares: of each part, (1, h, w); together 1 everywhere.
        strengths: how long each part's steps are.
        dreaming: the parts that dream, by number.
        evenness: of each part.
    """

    shares: tuple[Tensor, ...]
    strengths: tuple[float, ...]
    dreaming: tuple[int, ...]
    evenness: tuple[float, ...]

    @property
    def strength(self) -> Tensor:
        """How long a step is at each pixel, (1, h, w), in steps of the dream."""
        return _summed([share * each for share, each in zip(self.shares, self.strengths, strict=True)])

    @property
    def coverage(self) -> Tensor:
        """How much of each pixel dreams at all, 0 to 1, (1, h, w)."""
        return _summed([share * (each > 0) for share, each in zip(self.shares, self.strengths, strict=True)])

    @property
    def dreaming_part(self) -> Tensor | None:
        """The same where some of the picture dreams and some does not; else None."""
        coverage = self.coverage
        return coverage if bool((coverage < _ALL).any()) and bool(coverage.any()) else None

    def rolled(self, shift: tuple[int, int]) -> Division:
        """The parts of the picture that was shifted by so many pixels down and right."""
        return replace(self, shares=tuple(share.roll(shift, (1, 2)) for share in self.shares))


def divide_picture(regions: Sequence[Region], elsewhere: float) -> Division:
    """Divide a picture among regions.

    Args:
        elsewhere: how long the background's steps are, in steps of the dream.
    """
    total = _summed([region.mask for region in regions])
    shares = ((1 - total).clamp_min(0), *(region.mask / total.clamp_min(1) for region in regions))
    strengths = (elsewhere, *(region.strength for region in regions))
    counts = enumerate(zip(shares, strengths, strict=True))
    dreaming = tuple(part for part, (share, strength) in counts if strength > 0 and bool(share.any()))
    return Division(shares, strengths, dreaming, (0.0, *(region.evenness for region in regions)))


def blend(image: Tensor, parts: Division, ascents: Mapping[int, Ascent]) -> Ascent:
    """One gradient (3, h, w) at an image, of those of the parts that dream, by number.

    Where several dream each has its share of it; where none does it is 1, which no step shows and no mean is
    disturbed by. The value is the parts' mean, by how much of the picture they have.
    """
    gradient, value = image.new_zeros(image.shape), image.new_zeros(())
    if not ascents:
        return Ascent(gradient, value)
    covered = _summed([parts.shares[part] for part in ascents])
    for part, ascent in ascents.items():
        share = parts.shares[part]
        own, amount = spread_evenly(ascent.gradient, share, parts.evenness[part]), _row_sum(share)
        size = _row_sum(own * share) / (amount * image.shape[0]).clamp_min(_NOTHING)
        gradient += own * (share / covered.clamp_min(_NOTHING)) / size.clamp_min(_NOTHING)
        value = value + ascent.value * (amount / share.numel())
    return Ascent(gradient.where(covered > 0, 1.0), value)


def spread_evenly(gradient: Tensor, share: Tensor, evenness: float) -> Tensor:
    """A gradient whose size is about the same all over a part of the picture.

    A dream climbs where it has begun: of a word one letter would dream and the others stay empty. So the
    gradient is divided by its own size round about, in fields a ninth of the shorter side wide.

    Args:
        gradient: (3, H, W).
        share: where the part is, (1, H, W).
        evenness: 0 leaves the gradient as it is, 1 brings it to one size all over.
    """
    if evenness == 0:
        return gradient
    height, width = share.shape[1:]
    field = max(1.0, min(height, width) / _FIELDS)
    fields = (max(1, round(height / field)), max(1, round(width / field)))
    sizes = torch.cat([gradient.abs().mean(0, keepdim=True) * share, share])
    pooled = adaptive_avg_pool2d(sizes, fields)  # (2, rows, columns)
    with one_thread():
        around = interpolate(pooled[None], size=(height, width), mode="bilinear", align_corners=False)[0]
    local = around[0] / around[1].clamp_min(_NOTHING)  # the mean size near each pixel of the part
    mean = _row_sum(gradient * share) / (_row_sum(share) * gradient.shape[0]).clamp_min(_NOTHING)
    return gradient * power_of((local / mean.clamp_min(_NOTHING)).clamp_min(_LEAST), -evenness)


def _row_sum(values: Tensor) -> Tensor:
    """The sum of sizes, the same for any number of threads: see `threads.mean_size`."""
    rows: Tensor = vector_norm(values, 1, dim=-1)
    return rows.sum()


def _summed(fields: Sequence[Tensor]) -> Tensor:
    total = torch.zeros_like(fields[0])
    for each in fields:
        total = total + each
    return total
