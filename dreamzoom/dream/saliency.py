"""Where in a picture the network sees most of what a dream climbs, and how a camera goes there.

Which channels win: how much of what a layer sees in a picture each of its channels has.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dreamzoom.camera.aim import Point
from dreamzoom.dream.ascent import DreamPlan
from dreamzoom.dream.octaves import octave_sizes, resize
from dreamzoom.engines.base import Engine, Objective

_LOOKED_AT = (
    224  # pixels of the longer side, about: what is looked for is as large in a draft as in the final
)
_FIELDS = 12  # a picture is looked at as so many fields across, and as many down
_NEAR = 0.25  # of the frame: how far from where it looks now a camera is drawn to something else
_DECIDED = 4  # how much a stronger field outweighs a weaker one; without end, the strongest alone counts
_MARGIN = 0.2  # of the frame: no camera comes nearer to the border
_PACE = 1.0  # per second: the share of the way that is gone in so short a time that nothing else changes


def most_seen(image: Tensor, engine: Engine, plan: DreamPlan, now: Point) -> Point:
    """The place of a picture where the network sees most of what the plan climbs.

    Each place counts as it counts in the objective at the layer that has the most weight; places near `now`
    and in the middle count more, and the border not at all.

    Args:
        image: (3, H, W), 0 to 255.
        now: where the camera looks.

    Returns:
        The place in fractions from the top left, a margin away from the border; `now` where nothing is seen.
    """
    blob = max(plan.objectives, key=lambda name: plan.weights.get(name, 1.0))
    small = resize(image, looked_at_size(image, plan.octaves, plan.octave_scale))
    counts = attention(engine.activations(small, [blob])[blob], plan.objectives[blob])
    return _heaviest(_fields(counts), now)


def attention(activations: Tensor, objective: Objective) -> Tensor:
    """How much each place of a blob (C, H, W) adds to an objective, (H, W), never below 0.

    The sum over channels of activation times gradient: under "l2" the squared activations of the channels
    that count, under "mean" their sum, under "guide" the likeness to what of the guide is most alike.
    """
    return (activations * objective(activations)[1]).sum(0).clamp_min(0)


def glide(now: Point, goal: Point, seconds: float) -> Point:
    """Where a camera is that has gone from `now` towards `goal` for so long, the slower the nearer it is."""
    share = -math.expm1(-_PACE * seconds)
    return now[0] + share * (goal[0] - now[0]), now[1] + share * (goal[1] - now[1])


def looked_at_size(image: Tensor, octaves: int, scale: float) -> tuple[int, int]:
    """The size of the smallest octave that is large enough, height and width: a layer sees something at each.

    Args:
        image: (3, H, W).
        octaves, scale: how many there are, and how much larger each is than the one before.
    """
    sizes = octave_sizes((image.shape[1], image.shape[2]), octaves, scale)
    return next((size for size in sizes if max(size) >= _LOOKED_AT), sizes[-1])


def _fields(counts: Tensor) -> NDArray[np.float64]:
    """The mean of each field and its neighbours, (_FIELDS, _FIELDS)."""
    fields = torch.nn.functional.adaptive_avg_pool2d(counts[None, None].cpu().double(), _FIELDS)
    padded = torch.nn.functional.pad(fields, (1, 1, 1, 1), mode="replicate")
    blurred: NDArray[np.float64] = torch.nn.functional.avg_pool2d(padded, 3, 1)[0, 0].numpy()
    return blurred


def _heaviest(fields: NDArray[np.float64], now: Point) -> Point:
    """The fields' mean place by weight: a maximum that does not jump as the fields change."""
    place = (np.arange(_FIELDS) + 0.5) / _FIELDS
    across, down = (np.sin(np.pi * place) ** 2 * np.exp(-(((place - here) / _NEAR) ** 2) / 2) for here in now)
    weights = fields * across * down[:, None]
    if not weights.max() > 0:
        return now
    weights = (weights / weights.max()) ** _DECIDED
    weights /= weights.sum()
    x, y = float((weights.sum(0) * place).sum()), float((weights.sum(1) * place).sum())
    return _inside(x), _inside(y)


def _inside(fraction: float) -> float:
    return min(max(fraction, _MARGIN), 1 - _MARGIN)


_NOTHING = 1e-30  # the energy of a layer that sees nothing


def channel_shares(
    image: Tensor, engine: Engine, blob: str, octaves: int, octave_scale: float
) -> NDArray[np.float64]:
    """Each channel's share of a blob's energy, the squares of its activations.

    A dream that climbs the strongest channels makes them stronger still. On SqueezeNet's fire8/concat the
    strongest 5 % of the channels have 30 to 50 % of the energy of a photograph (an empty sky is simple), 25
    to 45 % of a lively dream's, and 50 to 60 % of one that shows the same eyes for ever, minute after minute
    the same channels.

    Args:
        image: (3, H, W), 0 to 255; it is looked at as small as one of its octaves.
        octaves, octave_scale: of the dream that made it.

    Returns:
        Shares (C,), summing to 1; zeros where nothing is seen.
    """
    small = resize(image, looked_at_size(image, octaves, octave_scale))
    energy = engine.activations(small, [blob])[blob].square().mean((1, 2)).cpu().double()  # (C,)
    shares: NDArray[np.float64] = (energy / energy.sum().clamp_min(_NOTHING)).numpy()
    return shares
