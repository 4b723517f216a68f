"""What a network sees in a picture: where most of what a dream climbs, and in which channels."""

from __future__ import annotations

import numpy as np
import scipy
import torch
from numpy.typing import NDArray
from torch import Tensor

from dreamzoom.camera.aim import Point
from dreamzoom.dream.ascent import DreamPlan, octave_sizes, resize
from dreamzoom.engines.base import Engine, Objective
from dreamzoom.engines.fitting import FittingEngine

_VIEW_PX = 224  # the longer side, about: what is looked for is as large in a draft as in the final
_FIELDS = 12  # a picture is looked at as so many fields across, and as many down
_NEAR = 0.25  # of the frame: how far from where it looks now a camera is drawn to something else
_DECIDED = 4  # how much a stronger field outweighs a weaker one; without end, the strongest alone counts
_MARGIN = 0.2  # of the frame: no camera comes nearer to the border
_PLACES = 3  # a blob of fewer rows or columns does not tell where
_NOTHING = 1e-30  # the energy of a layer that sees nothing


def most_salient_point(image: Tensor, engine: Engine, plan: DreamPlan, now: Point) -> Point:
    """The place of a picture where the network sees most of what the plan climbs.

    Each place counts as it counts in the objective at the layer that has the most weight; places near `now`
    and in the middle count more, and the border not at all.

    Args:
        image: (3, H, W), 0 to 255.
        now: where the camera looks.

    Returns:
        The place in fractions from the top left, a margin away from the border; `now` where nothing is seen.
    """
    blob = _heaviest(plan)
    activations = _view(image, engine, blob, plan.octaves, plan.octave_scale)
    return _weighted_centre(_fields(saliency(activations, plan.objectives[blob])), now)


def seen_map(image: Tensor, engine: Engine, plan: DreamPlan) -> Tensor:
    """How much each place of a picture adds to what a plan climbs, at the layer that has the most weight.

    Where that layer has no places left (scores after an inner product) it is how much the objective would
    change with each pixel: the size of its gradient (Simonyan et al. 2013, arXiv:1312.6034).

    Args:
        image: (3, H, W), 0 to 255.

    Returns:
        (h, w) of any size, never below 0.
    """
    blob = _heaviest(plan)
    activations = _view(image, engine, blob, plan.octaves, plan.octave_scale)
    if min(activations.shape[1:]) >= _PLACES:
        return saliency(activations, plan.objectives[blob])
    shown = _shrunk(image, plan.octaves, plan.octave_scale)
    return FittingEngine(engine).ascend(shown, {blob: plan.objectives[blob]}).gradient.abs().sum(0)


def _heaviest(plan: DreamPlan) -> str:
    """The blob that has the most weight in a plan."""
    return max(plan.objectives, key=lambda name: plan.weights.get(name, 1.0))


def saliency(activations: Tensor, objective: Objective) -> Tensor:
    """How much each place of a blob (C, H, W) adds to an objective, (H, W), never below 0.

    The sum over channels of activation times gradient: under "l2" the squared activations of the channels
    that count, under "mean" their sum, under "guide" the likeness to what of the guide is most alike.
    """
    return (activations * objective(activations)[1]).sum(0).clamp_min(0)


def channel_shares(
    image: Tensor, engine: Engine, blob: str, octaves: int, octave_scale: float
) -> NDArray[np.float64]:
    """Each channel's share of a blob's energy, the squares of its activations.

    A dream that climbs the strongest channels makes them stronger still. The strongest 5 % of the channels of
    SqueezeNet's fire8/concat have 30 to 50 % of the energy of a photograph (an empty sky is simple) and 25 to
    45 % of a lively dream's. In one that shows the same eyes for ever they are always the same channels, and
    have 50 to 60 %.

    Args:
        image: (3, H, W), 0 to 255; it is looked at as small as one of its octaves.
        octaves, octave_scale: of the dream that made it.

    Returns:
        Shares (C,), summing to 1; zeros where nothing is seen.
    """
    activations = _view(image, engine, blob, octaves, octave_scale)
    energy = activations.square().mean((1, 2)).cpu().double()  # (C,)
    shares: NDArray[np.float64] = (energy / energy.sum().clamp_min(_NOTHING)).numpy()
    return shares


def _view(image: Tensor, engine: Engine, blob: str, octaves: int, octave_scale: float) -> Tensor:
    """The blob's activations (C, h, w) for the picture at the smallest octave that is large enough."""
    return FittingEngine(engine).activations(_shrunk(image, octaves, octave_scale), [blob])[blob]


def _shrunk(image: Tensor, octaves: int, octave_scale: float) -> Tensor:
    """The picture at the smallest octave that is large enough."""
    sizes = octave_sizes((image.shape[1], image.shape[2]), octaves, octave_scale)
    return resize(image, next((size for size in sizes if max(size) >= _VIEW_PX), sizes[-1]))


def _fields(values: Tensor) -> NDArray[np.float64]:
    """The mean of each field of values (H, W) and its neighbours, (_FIELDS, _FIELDS)."""
    fields = torch.nn.functional.adaptive_avg_pool2d(values[None, None].cpu().double(), _FIELDS)
    padded = torch.nn.functional.pad(fields, (1, 1, 1, 1), mode="replicate")
    blurred: NDArray[np.float64] = torch.nn.functional.avg_pool2d(padded, 3, 1)[0, 0].numpy()
    return blurred


def _weighted_centre(fields: NDArray[np.float64], now: Point) -> Point:
    """The fields' mean place by weight: a maximum that does not jump as the fields change."""
    place = (np.arange(_FIELDS) + 0.5) / _FIELDS
    across, down = (np.sin(np.pi * place) ** 2 * np.exp(-(((place - here) / _NEAR) ** 2) / 2) for here in now)
    weights = fields * across * down[:, None]
    if not weights.max() > 0:
        return now
    row, column = scipy.ndimage.center_of_mass((weights / weights.max()) ** _DECIDED)
    x, y = np.clip([(column + 0.5) / _FIELDS, (row + 0.5) / _FIELDS], _MARGIN, 1 - _MARGIN).tolist()
    return x, y
