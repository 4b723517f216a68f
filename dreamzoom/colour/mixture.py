"""Colours held to several clusters of a reference's instead of to one mean and covariance.

One linear map gives a picture the reference's spread, but not its colours: of a palette of black, white and
red it makes every colour on the way from red to green. Here a picture's pixels are shared out among the
reference's clusters, each cluster getting as many as it has there, those that are nearest (optimal transport
with an entropic term, which makes it soft and unique: Cuturi 2013). What is in a cluster is then moved to the
reference's cluster by the linear Monge-Kantorovich map; where clusters meet, the maps fade into one another.

A picture whose clusters are as the reference's is left as it is, so that a dream that is held each frame
neither hardens nor fades. Every number is a smooth function of the picture: nothing flips between frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from dreamzoom.colour.clusters import ColourClusters, Doubles, kernels, members_of, moments, sample
from dreamzoom.colour.grading import ColourStatistics, transport
from dreamzoom.dream.threads import one_thread

_SAMPLES: Final = 1 << 14  # pixels that a picture's figures are taken of
_SHARED_OUT: Final = 1 << 12  # and of these, those that are shared out
_ROUNDS: Final = 40  # always as many, so that the result is a smooth function of the picture
_FEWEST: Final = 1e-6  # the share of pixels below which nothing is known of a cluster
_PIECE: Final = 1 << 14  # pixels that are moved at a time: what is made on the way stays in a core's cache


def hold_clusters(image: Tensor, reference: ColourClusters, strength: float) -> Tensor:
    """Move the picture's colours towards the reference's clusters.

    Args:
        image: (3, H, W), RGB, 0 to 255.
        strength: 0 leaves the picture alone, 1 gives it the reference's clusters, mean and covariance.
    """
    if strength == 0:
        return image
    with one_thread():  # sums would depend on how many share them out, and so little is done soon
        held = _apply(_find_map(sample(image, _SAMPLES), reference), image)
    return held if strength == 1 else image.lerp(held, strength)


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
    near = pixels @ first[:3, :3].T + first[:3, 3]
    weights = _weights(near, reference)
    kernel = kernels(near, reference.centres, reference.softness)
    maps = _maps(near, members_of(weights[:, None] * kernel), reference)
    found = _ColourMap(_logits(reference, weights), maps)
    moved = _apply(found, torch.from_numpy(near.T).float()).double().numpy().T
    last = _linear(_statistics(moved), reference.whole)
    return _ColourMap(found.logits @ first, last[:3, :3] @ maps @ first + last[:3, 3:] * [0, 0, 0, 1])


def _statistics(pixels: Doubles) -> ColourStatistics:
    mean = pixels.mean(0)
    centred = (pixels - mean).T
    products = [[np.mean(one * other) for other in centred] for one in centred]
    return ColourStatistics(mean, np.array(products))


def _linear(now: ColourStatistics, wanted: ColourStatistics) -> Doubles:
    """The linear Monge-Kantorovich map as a matrix (4, 4) on [x, 1]."""
    matrix = np.eye(4)
    matrix[:3, :3] = transport(now.covariance, wanted.covariance)
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
    kernel = kernels(some, reference.centres, reference.softness)
    weights: Doubles = reference.shares.copy()  # two clusters in one place are from the first as one would be
    for _ in range(_ROUNDS):
        got = weights * np.einsum("kn,n->k", kernel, 1 / (weights @ kernel)) / len(some)
        weights *= reference.shares / np.maximum(got, _FEWEST)
        weights = np.maximum(weights / weights.max(), 1e-12)
    return weights


def _maps(pixels: Doubles, members: Doubles, reference: ColourClusters) -> Doubles:
    """From the picture's clusters to the reference's: matrices (K, 3, 4) on [x, 1]."""
    found = zip(*moments(pixels, members), strict=True)
    maps = []
    for (share, mean, covariance), wanted_mean, wanted in zip(
        found, reference.means, reference.covariances, strict=True
    ):
        # What has next to no pixels has no spread of its own to be mapped.
        matrix = transport(covariance, wanted) if share > _FEWEST else np.eye(3)
        maps.append(np.column_stack([matrix, wanted_mean - matrix @ mean]))
    return np.array(maps)


def _apply(colour_map: _ColourMap, image: Tensor) -> Tensor:
    """A picture, (3, H, W) or (3, N), with every colour moved."""
    pixels = image.flatten(1)
    moved = torch.empty_like(pixels)
    logits = torch.from_numpy(colour_map.logits).to(pixels)
    maps = torch.from_numpy(colour_map.maps.transpose(1, 0, 2).reshape(3, -1)).to(pixels)  # (3, 4 K)
    for start in range(0, pixels.shape[1], _PIECE):
        piece = pixels[:, start : start + _PIECE]
        points = torch.cat([piece, torch.ones_like(piece[:1])])
        members = (logits @ points).softmax(0)
        parts = (members[:, None] * points).flatten(0, 1)  # (4 K, pixels)
        moved[:, start : start + _PIECE] = maps @ parts
    return moved.view_as(image)
