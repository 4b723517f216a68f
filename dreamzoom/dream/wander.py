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

from dreamzoom.randomness import wander_generator


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


def make_wander(seed: int, channels: int, share: float, stay: float, strength: float = 1.0) -> Wander:
    """A wander with a `share` (0 to 1) of the channels awake at once, each for `stay` frames."""
    return Wander(seed, channels, min(channels, max(2, round(share * channels))), stay, strength)


def channel_weights(wander: Wander, frame: float) -> NDArray[np.float64]:
    """The weight of each channel at a frame: (channels,), none negative, their mean always 1.

    Smooth in `frame`. Within any stretch of `stay * channels / awake` frames that begins with a new order,
    every channel has its turn. The channels in the middle of the window weigh about
    `2 * channels / awake`.
    """
    if wander.channels == 1:
        return np.ones(1)
    place = frame * wander.awake / wander.stay  # where the window's middle is along the endless order
    first, last = math.floor(place - wander.awake / 2) + 1, math.ceil(place + wander.awake / 2) - 1
    weights = np.zeros(wander.channels)
    for lap in range(first // wander.channels, last // wander.channels + 1):
        # Places of this lap's channels along the endless order, and how far each is from the middle.
        distance = lap * wander.channels + np.arange(wander.channels) - place
        weights[_order(wander, lap)] += _window(distance / wander.awake)
    weights *= wander.channels / weights.sum()
    return 1 + wander.strength * (weights - 1)


def _window(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """A raised cosine: 1 at 0, 0 from a half on, both ways."""
    inside: NDArray[np.float64] = np.where(np.abs(x) < 0.5, 0.5 + 0.5 * np.cos(2 * np.pi * x), 0.0)
    return inside


def _order(wander: Wander, lap: int) -> NDArray[np.int64]:
    """The channels in the order of one lap."""
    return wander_generator(wander.seed, lap).permutation(wander.channels)
