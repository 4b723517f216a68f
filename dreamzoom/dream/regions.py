"""Regions: parts of a picture with dreams of their own, and how a step is made of them.

Where masks overlap they share by weight; where they leave something over, it is the background's. Each part's
gradient is brought to a mean size of 1 within its own share, so that a small region dreams as strongly as a
large one. The ascent rule sees the blend of them, and what it would do counts as much at each pixel as the
parts there are strong: where that is 0 the picture stays as it is, to the bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.linalg import vector_norm

from dreamzoom.engines.base import Ascent, Objective

_NOTHING = 1e-30


@dataclass(frozen=True, eq=False)
class Region:
    """A part of the picture with a dream of its own.

    Attributes:
        mask: how much each pixel belongs to it, times its weight, (1, H, W), from 0 up.
        strength: how long its steps are, in steps of the dream; 0 does not dream.
        objectives: what is climbed there, by blob; none for what the dream itself climbs.
        weights: as of a `DreamPlan`.
    """

    mask: Tensor
    strength: float = 1.0
    objectives: Mapping[str, Objective] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Parts:
    """A picture shared out: the background first, then the regions.

    Attributes:
        shares: of each part, (1, h, w); together 1 everywhere.
        strengths: how long each part's steps are.
    """

    shares: tuple[Tensor, ...]
    strengths: tuple[float, ...]

    @property
    def strength(self) -> Tensor:
        """How long a step is at each pixel, (1, h, w), in steps of the dream."""
        return _summed([share * each for share, each in zip(self.shares, self.strengths, strict=True)])

    @property
    def coverage(self) -> Tensor:
        """How much of each pixel dreams at all, 0 to 1, (1, h, w)."""
        return _summed([share * (each > 0) for share, each in zip(self.shares, self.strengths, strict=True)])

    @property
    def dreaming(self) -> tuple[int, ...]:
        """The parts that dream, by number."""
        counts = zip(self.shares, self.strengths, strict=True)
        return tuple(part for part, (share, each) in enumerate(counts) if each > 0 and bool(share.any()))

    def rolled(self, shift: tuple[int, int]) -> Parts:
        """The parts of the picture that was shifted by so many pixels down and right."""
        return Parts(tuple(share.roll(shift, (1, 2)) for share in self.shares), self.strengths)


def share_out(regions: Sequence[Region], elsewhere: float) -> Parts:
    """Share a picture out among regions.

    Args:
        elsewhere: how long the background's steps are, in steps of the dream.
    """
    total = _summed([region.mask for region in regions])
    shares = [region.mask / total.clamp_min(1) for region in regions]
    background = (1 - total).clamp_min(0)
    return Parts((background, *shares), (elsewhere, *(region.strength for region in regions)))


def blend(parts: Parts, ascents: Mapping[int, Ascent]) -> Ascent:
    """One gradient of those of the parts that dream, by number, each (3, h, w).

    Where several dream each has its share of it; where none does it is 1, which no step shows and no mean is
    disturbed by. The value is the parts' mean, by how much of the picture they have.
    """
    covered = _summed([parts.shares[part] for part in ascents])
    first = next(iter(ascents.values()))
    gradient, value = torch.zeros_like(first.gradient), torch.zeros_like(first.value)
    for part, ascent in ascents.items():
        share = parts.shares[part]
        amount = _row_sum(share)
        size = _row_sum(ascent.gradient * share) / (amount * ascent.gradient.shape[0])
        gradient += ascent.gradient * (share / (covered.clamp_min(_NOTHING) * size.clamp_min(_NOTHING)))
        value = value + ascent.value * (amount / share.numel())
    return Ascent(gradient.where(covered > 0, 1.0), value)


def _row_sum(values: Tensor) -> Tensor:
    """The sum of sizes, the same for any number of threads: see `threads.mean_size`."""
    rows: Tensor = vector_norm(values, 1, dim=-1)
    return rows.sum()


def _summed(fields: Sequence[Tensor]) -> Tensor:
    total = torch.zeros_like(fields[0])
    for each in fields:
        total = total + each
    return total
