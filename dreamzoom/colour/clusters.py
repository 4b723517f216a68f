"""A picture's colours as several clusters, and the way from one picture's clusters to another's.

Which cluster a colour is in is a matter of degree (a softmax of its distance from their centres), so that
nothing that follows has a seam in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import scipy
import torch
from numpy.typing import NDArray
from torch import Tensor

from dreamzoom.colour.grading import FLOOR, ColourStatistics, colour_statistics, mix_colours
from dreamzoom.engines.torch.threads import one_thread

Doubles = NDArray[np.float64]

MOST: Final = 8  # clusters; palettes that come along have up to 7 colours
_SAMPLES: Final = 1 << 13  # pixels that clusters are looked for in
_SOFTNESS: Final = 0.4  # of the distance from a centre to the next one; less makes posters of pictures
_HARDEST: Final = 8.0  # grey levels
_SOFTEST: Final = 48.0
_ROUNDS: Final = 12  # of Lloyd's algorithm: the centres hardly move after them
_NARROW: Final = 20.0  # grey levels: a cluster with less spread than that is not split
_LEAST: Final = 1e-9  # shares below are none


@dataclass(frozen=True, eq=False)
class ColourClusters:
    """A picture's colours, grey levels, float64.

    Attributes:
        whole: of all its pixels together.
        centres: (K, 3), what the distance of a colour is measured from.
        softness: the scale of the distances over which a colour goes from one cluster to the next.
        shares: (K,) of the pixels in each cluster, as far as they are in it; their sum is 1.
        means, covariances: (K, 3) and (K, 3, 3), of these pixels.
    """

    whole: ColourStatistics
    centres: Doubles
    softness: float
    shares: Doubles
    means: Doubles
    covariances: Doubles


def find_clusters(image: Tensor) -> ColourClusters:
    """The clusters of a picture (3, H, W), 0 to 255: 1 to 8 of them, fewer where its colours are few.

    The widest one is split along its longest axis, again and again (Orchard & Bouman 1991), then the centres
    settle (Lloyd 1982). The same picture gives the same clusters.
    """
    with one_thread():
        whole = colour_statistics(image)
        pixels = sample(image, _SAMPLES)
        centres = _settle(pixels, _split(pixels))
        softness = _softness(centres)
        shares, means, covariances = moments(pixels, members_of(kernels(pixels, centres, softness)))
    return ColourClusters(whole, centres, softness, shares, means, covariances)


def sample(image: Tensor, most: int) -> Doubles:
    """So many of a picture's pixels at most, evenly spread over it, (N, 3), float64; in memory channel by
    channel, which is quickest for all that follows.
    """
    step = math.ceil(math.sqrt(image[0].numel() / most))
    chosen = image[:, ::step, ::step].flatten(1)
    pixels: Doubles = chosen.cpu().double().contiguous().numpy().T
    return pixels


def kernels(pixels: Doubles, centres: Doubles, softness: float) -> Doubles:
    """exp(-d^2 / 2 s^2), (K, N), d being the distance of a pixel (N, 3) from a centre and s the softness;
    each pixel's by that of its nearest centre, for far away all of them would be 0.
    """
    kernel: Doubles = (centres / softness**2) @ pixels.T
    kernel -= (centres**2).sum(1, keepdims=True) / (2 * softness**2)
    kernel -= kernel.max(0)
    return np.exp(kernel, out=kernel)


def members_of(kernel: Doubles) -> Doubles:
    """How far each pixel is in each cluster, (K, N), summing to 1 over the clusters."""
    members: Doubles = kernel / kernel.sum(0)
    return members


def moments(pixels: Doubles, members: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Shares (K,), means (K, 3) and covariances (K, 3, 3) of clusters; 0 for a cluster without pixels.

    In one thread, which the caller sees to, the same to the bit.
    """
    middle = pixels.mean(0)
    figures = np.empty((10, len(pixels)))
    figures[0] = 1
    red, green, blue = np.subtract(pixels.T, middle[:, None], out=figures[1:4])
    pairs = ((red, red), (red, green), (red, blue), (green, green), (green, blue), (blue, blue))
    for pair, into in zip(pairs, figures[4:], strict=True):
        np.multiply(*pair, out=into)
    sums = (torch.from_numpy(members) @ torch.from_numpy(figures).T).numpy()
    shares = sums[:, 0] / len(pixels)
    sums /= np.maximum(sums[:, :1], 1e-30)
    means = sums[:, 1:4]
    second = sums[:, 4:][:, np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])]
    return shares, means + middle, second - means[:, :, None] * means[:, None, :]


def transports(sources: Doubles, targets: Doubles) -> Doubles:
    """The Monge-Kantorovich maps between covariances (..., 3, 3), many at once: as `grading.transport`.

    S^-1/2 (S^1/2 T S^1/2)^1/2 S^-1/2, which is the same map and has but symmetric roots in it.
    """
    floor = FLOOR * np.eye(3)
    values, axes = np.linalg.eigh(sources + floor)
    sizes = np.sqrt(np.maximum(values, FLOOR))
    root = _symmetric(axes, sizes)
    between_values, between_axes = np.linalg.eigh(root @ (targets + floor) @ root)
    between = _symmetric(between_axes, np.sqrt(np.maximum(between_values, 0)))
    back = _symmetric(axes, 1 / sizes)
    matrices: Doubles = back @ between @ back
    return matrices


def _symmetric(axes: Doubles, sizes: Doubles) -> Doubles:
    """The matrices (..., 3, 3) of these sizes (..., 3) along their axes."""
    matrices: Doubles = (axes * sizes[..., None, :]) @ np.swapaxes(axes, -1, -2)
    return matrices


def _split(pixels: Doubles) -> Doubles:
    """The centres of up to 8 clusters."""
    parts = [pixels]
    while len(parts) < MOST:
        spreads = [_widest(part) for part in parts]
        worst = int(np.argmax([len(part) * spread for part, (spread, _) in zip(parts, spreads, strict=True)]))
        spread, axis = spreads[worst]
        if spread < _NARROW**2:
            break
        part = parts.pop(worst)
        along = (part - part.mean(0)) @ axis
        parts += [part[along <= 0], part[along > 0]]
    return np.array([part.mean(0) for part in parts])


def _widest(part: Doubles) -> tuple[float, Doubles]:
    """The largest variance that pixels have along any axis, and that axis."""
    values, axes = np.linalg.eigh(np.cov(part.T, bias=True) if len(part) > 1 else np.zeros((3, 3)))
    return float(values[-1]), axes[:, -1]


def _settle(pixels: Doubles, centres: Doubles) -> Doubles:
    for _ in range(_ROUNDS):
        nearest = np.argmax(kernels(pixels, centres, _HARDEST), 0)
        centres = np.array(
            [
                pixels[nearest == number].mean(0) if np.any(nearest == number) else centre
                for number, centre in enumerate(centres)
            ]
        )
    return centres


def _softness(centres: Doubles) -> float:
    """In proportion to how far apart the centres are."""
    apart = np.sqrt(((centres[:, None] - centres[None]) ** 2).sum(2))
    if len(centres) == 1:
        return _SOFTEST
    nearest = np.sort(apart, axis=1)[:, 1]
    return float(np.clip(_SOFTNESS * nearest.mean(), _HARDEST, _SOFTEST))


def mix_clusters(first: ColourClusters, second: ColourClusters, share: float) -> ColourClusters:
    """The colours on the way from one picture's to another's, 0 being the first's and 1 the second's.

    Clusters travel to those that it takes the least motion to become, in parts where their shares differ:
    the shortest way between mixtures of Gaussians (Delon & Desolneux 2020). Each is on its own straight way
    as in `mix_colours`.
    """
    if share in (0, 1):
        return second if share else first
    plan = _plan(first, second)
    pairs = [(int(one), int(other)) for one, other in np.argwhere(plan > _LEAST)]
    shares = np.array([plan[pair] for pair in pairs])
    ones, others = (np.array(side) for side in zip(*pairs, strict=True))
    matrices = share * transports(first.covariances[ones], second.covariances[others])
    matrices += (1 - share) * np.eye(3)
    return ColourClusters(
        mix_colours(first.whole, second.whole, share),
        (1 - share) * first.centres[ones] + share * second.centres[others],
        (1 - share) * first.softness + share * second.softness,
        shares / shares.sum(),
        (1 - share) * first.means[ones] + share * second.means[others],
        matrices @ first.covariances[ones] @ np.swapaxes(matrices, 1, 2),
    )


@lru_cache(16)  # the same for all frames of a fade
def _plan(first: ColourClusters, second: ColourClusters) -> Doubles:
    """How much of each cluster of the one becomes each of the other, (K, L): the least motion squared."""
    rows, columns = len(first.shares), len(second.shares)
    cost = ((first.means[:, None] - second.means[None]) ** 2).sum(2)
    leaves = np.kron(np.eye(rows), np.ones(columns))
    arrives = np.kron(np.ones(rows), np.eye(columns))
    found = scipy.optimize.linprog(
        cost.ravel(),
        A_eq=np.vstack([leaves, arrives])[:-1],  # the last follows from the others
        b_eq=np.concatenate([first.shares, second.shares])[:-1],
        method="highs-ds",
    )
    plan: Doubles = found.x.reshape(rows, columns)
    return plan
