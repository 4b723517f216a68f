"""Wandering: the dream travels through a layer's channels by itself.

A layer's channels are put in a random order, and a window glides along it: the channels under the window are
what the dream climbs. Each wakes slowly, is strongest in the window's middle and fades again, while others
wake beside it. When all have had their turn another order follows without a seam. On a layer of class scores
the channels are the classes, and the dream travels through those.

The order is drawn from a counter-based generator keyed by the seed and the lap, so a frame's weights are a
function of (seed, frame) and of nothing that came before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dreamzoom.engines.base import Objective

_STREAM = 0x77616E646572  # sets these draws apart from those of the frames: "wander" in ASCII

_RARE = 0.1  # the share of the mean energy that a channel is taken to have at least
_NOTHING = 1e-12  # the energy of a layer that sees nothing


@dataclass(frozen=True)
class Wander:
    """How a dream travels through channels.

    Attributes:
        seed: chooses the order of the channels.
        channels: how many the layer has, at least 1.
        awake: how many are under the window at once, 2 to `channels` (1 where there is but one).
        stay: frames from a channel's waking to its sleep, above 0.
        strength: 0 lets all channels count alike, 1 those under the window alone.
    """

    seed: int
    channels: int
    awake: int
    stay: float
    strength: float = 1.0


def wander(seed: int, channels: int, share: float, stay: float, strength: float = 1.0) -> Wander:
    """A way through `channels` channels, `share` (0 to 1) of them awake at once, each for `stay` frames."""
    return Wander(seed, channels, min(channels, max(2, round(share * channels))), stay, strength)


def channel_weights(way: Wander, frame: float) -> NDArray[np.float64]:
    """The weight of each channel at a frame: (channels,), none negative, their mean always 1.

    Smooth in `frame`. Within any stretch of `stay * channels / awake` frames that begins with a new order,
    every channel has its turn. The channels in the middle of the window weigh about
    `2 * channels / awake`.
    """
    if way.channels == 1:
        return np.ones(1)
    place = frame * way.awake / way.stay  # where the window's middle is along the endless order
    first, last = math.floor(place - way.awake / 2) + 1, math.ceil(place + way.awake / 2) - 1
    weights = np.zeros(way.channels)
    for lap in range(first // way.channels, last // way.channels + 1):
        # Places of this lap's channels along the endless order, and how far each is from the middle.
        distance = lap * way.channels + np.arange(way.channels) - place
        weights[_order(way, lap)] += _window(distance / way.awake)
    weights *= way.channels / weights.sum()
    return 1 + way.strength * (weights - 1)


def weighted_l2(weights: Tensor) -> Objective:
    """Half the weighted mean square of the activations: with all weights 1, `objectives.l2`.

    Args:
        weights: (C,), one for each channel.
    """

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        scaled = weights.to(activations)[:, None, None] * activations
        count = activations.numel()
        return (scaled * activations).sum() / (2 * count), scaled / count

    return objective


def balanced_l2(weights: Tensor) -> Objective:
    """The weighted L2 with every channel's say divided by how much the picture shows of it already.

    Under plain L2 the strong grow stronger, and a long dream ends in the few things a layer answers to most
    (on ImageNet's networks: eyes and dogs). Here a channel that is rare in the picture pulls as hard as a
    common one. Each channel's energy is its mean square, plus a tenth of the mean over all channels so that
    what is not there at all is not forced; the gradient takes the energies as they stand.

    Args:
        weights: (C,), one for each channel.
    """

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        energy = activations.square().mean((1, 2))  # (C,)
        known = energy + _RARE * energy.mean()
        return weighted_l2(weights.to(activations) / known.clamp_min(_NOTHING))(activations)

    return objective


def _window(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """A raised cosine: 1 at 0, 0 from a half on, both ways."""
    inside: NDArray[np.float64] = np.where(np.abs(x) < 0.5, 0.5 + 0.5 * np.cos(2 * np.pi * x), 0.0)
    return inside


def _order(way: Wander, lap: int) -> NDArray[np.int64]:
    """The channels in the order of one lap."""
    key = np.array([way.seed, _STREAM], dtype=np.uint64)
    counter = np.array([0, 0, 0, lap % 2**64], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter)).permutation(way.channels)
