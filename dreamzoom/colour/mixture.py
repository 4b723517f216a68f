"""Colours held to several clusters of a reference's instead of to one mean and covariance.

One linear map gives a picture the reference's spread, but not its colours: of a palette of black, white and
red it makes every colour on the way from red to green. Here a picture's pixels are shared out among the
reference's clusters, each cluster getting as many as it has there, those that are nearest (optimal transport
with an entropic term, which makes it soft and unique: Cuturi 2013). What is in a cluster is then moved to the
reference's cluster by the linear Monge-Kantorovich map; where clusters meet, the maps fade into one another.

A picture whose clusters are as the reference's is left as it is, so that a dream that is held each frame
neither hardens nor fades. Every number is a smooth function of the picture: nothing flips between frames.

The maps are found from some of the pixels, in float64; then every pixel is moved, on a CPU by a compiled
kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from dreamzoom.colour.clusters import (
    ColourClusters,
    Doubles,
    kernels,
    members_of,
    moments,
    sample,
    transports,
)
from dreamzoom.colour.grading import ColourStatistics
from dreamzoom.engines.torch.native.colours import mover_for
from dreamzoom.engines.torch.threads import one_thread

_SAMPLES: Final = 1 << 14  # pixels that a picture's figures are taken of
_SHARED_OUT: Final = 1 << 12  # and of these, those that are shared out
_ROUNDS: Final = 40  # always as many, so that the result is a smooth function of the picture
_FEWEST: Final = 1e-6  # the share of pixels below which nothing is known of a cluster
_PIECE: Final = 1 << 14  # pixels that torch moves at a time: what is made on the way stays in a core's cache


def hold_clusters(image: Tensor, reference: ColourClusters, strength: float) -> Tensor:
    """Move the picture's colours towards the reference's clusters.

    Args:
        image: (3, H, W), RGB, 0 to 255.
        strength: 0 leaves the picture alone, 1 gives it the reference's clusters, mean and covariance.
    """
    if strength == 0:
        return image
    with one_thread():  # sums would depend on how many share them out, and so little is done soon
        found = _find_map(sample(image, _SAMPLES), reference)
    stays = (1 - strength) * np.eye(3, 4)
    return _apply(_ColourMap(found.logits, stays + strength * found.maps), image)


@dataclass(frozen=True, eq=False)
class _ColourMap:
    """A colour's way: sum over clusters k of softmax_k(logits [x, 1]) * maps_k [x, 1].

    Attributes:
        logits: (K, 4).
        maps: (K, 3, 4).
    """

    logits: Doubles
    maps: Doubles


def _find_map(pixels: Doubles, reference: ColourClusters) -> _ColourMap:
    """The way from the colours of a picture, of which there are some pixels (N, 3), to the reference's."""
    first = _linear(_statistics(pixels), reference.whole)
    near = (first[:3, :3] @ pixels.T + first[:3, 3:]).T
    weights = _weights(near, reference)
    kernel = kernels(near, reference.centres, reference.softness)
    kernel *= weights[:, None]
    maps = _maps(near, members_of(kernel), reference)
    found = _ColourMap(_logits(reference, weights), maps)
    moved = _apply(found, torch.from_numpy(near.T).float()).double().numpy().T
    last = _linear(_statistics(moved), reference.whole)
    return _ColourMap(found.logits @ first, last[:3, :3] @ maps @ first + last[:3, 3:] * [0, 0, 0, 1])


def _statistics(pixels: Doubles) -> ColourStatistics:
    """In one thread, which the caller sees to, the same to the bit."""
    mean = pixels.mean(0)
    centred = torch.from_numpy(pixels.T - mean[:, None])
    return ColourStatistics(mean, (centred @ centred.T).numpy() / len(pixels))


def _linear(now: ColourStatistics, wanted: ColourStatistics) -> Doubles:
    """The linear Monge-Kantorovich map as a matrix (4, 4) on [x, 1]."""
    matrix = np.eye(4)
    matrix[:3, :3] = transports(now.covariance, wanted.covariance)
    matrix[:3, 3] = wanted.mean - matrix[:3, :3] @ now.mean
    return matrix


def _logits(reference: ColourClusters, weights: Doubles) -> Doubles:
    """The logarithms of the weighed kernels, but for what all have in common: matrices (K, 4) on [x, 1]."""
    slopes = reference.centres / reference.softness**2
    levels = np.log(weights) - (reference.centres**2).sum(1) / (2 * reference.softness**2)
    return np.column_stack([slopes, levels])


def _weights(pixels: Doubles, reference: ColourClusters) -> Doubles:
    """What the clusters' kernels are weighed with so that each gets its share of the pixels (N, 3).

    Sinkhorn's iteration; a pixel's side of it is a division.
    """
    some = pixels[:: -(-len(pixels) // _SHARED_OUT)]
    kernel = torch.from_numpy(kernels(some, reference.centres, reference.softness))
    weights: Doubles = reference.shares.copy()  # two clusters in one place are from the first as one would be
    for _ in range(_ROUNDS):
        of_pixels = (torch.from_numpy(weights) @ kernel).reciprocal_()
        got = weights * (kernel @ of_pixels).numpy() / len(some)
        weights = weights * reference.shares / np.maximum(got, _FEWEST)
        weights = np.maximum(weights / weights.max(), 1e-12)
    return weights


def _maps(pixels: Doubles, members: Doubles, reference: ColourClusters) -> Doubles:
    """From the picture's clusters to the reference's: matrices (K, 3, 4) on [x, 1]."""
    shares, means, covariances = moments(pixels, members)
    # What has next to no pixels has no spread of its own to be mapped.
    known = (shares > _FEWEST)[:, None, None]
    matrices = np.where(known, transports(covariances, reference.covariances), np.eye(3))
    shifts = reference.means[:, :, None] - matrices @ means[:, :, None]
    return np.concatenate([matrices, shifts], 2)


def _apply(colour_map: _ColourMap, image: Tensor) -> Tensor:
    """A picture, (3, H, W) or (3, N), with every colour moved; each by itself, in any number of threads."""
    logits, maps = torch.from_numpy(colour_map.logits), torch.from_numpy(colour_map.maps)
    mover = mover_for(image, len(logits))
    return mover.move(image, logits, maps) if mover else _apply_by_torch(logits, maps, image)


def _apply_by_torch(logits: Tensor, maps: Tensor, image: Tensor) -> Tensor:
    pixels = image.flatten(1)
    moved = torch.empty_like(pixels)
    logits, wide = logits.to(pixels), maps.transpose(0, 1).flatten(1).to(pixels)  # (K, 4), (3, 4 K)
    with one_thread():
        for start in range(0, pixels.shape[1], _PIECE):
            piece = pixels[:, start : start + _PIECE]
            points = torch.cat([piece, torch.ones_like(piece[:1])])
            members = (logits @ points).softmax(0)
            parts = (members[:, None] * points).flatten(0, 1)  # (4 K, pixels)
            torch.mm(wide, parts, out=moved[:, start : start + _PIECE])
    return moved.view_as(image)
