"""What a dream climbs. Each function takes a blob's activations (C, H, W) and gives the value and its
gradient there.

Values are means over the blob, so that they compare across picture sizes and can be added across layers.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dreamzoom.engines.base import Objective

_RARE = 0.1  # the share of the mean energy that a channel is taken to have at least
_NOTHING = 1e-12  # the energy of a layer that sees nothing


def l2(channels: Sequence[int] = ()) -> Objective:
    """Half the mean square of the activations: whatever the layer sees, more of it.

    The objective of google/deepdream's notebook, whose gradient is the activations themselves (times a
    constant that the normalised step cancels).

    Args:
        channels: the only channels that count; none given, all count.
    """

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        seen = _select(activations, channels)
        return seen.square().sum() / (2 * seen.numel()), _place(seen / seen.numel(), activations, channels)

    return objective


def mean(channels: Sequence[int] = ()) -> Objective:
    """The mean activation, as in TensorFlow's DeepDream tutorial (one channel of
    `mixed4d_3x3_bottleneck_pre_relu`).
    """

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        seen = _select(activations, channels)
        return seen.mean(), _place(torch.full_like(seen, 1 / seen.numel()), activations, channels)

    return objective


def guided(guide: Tensor) -> Objective:
    """Every place of the picture turns to the place of the guide that it resembles most.

    google/deepdream's "controlling dreams": each activation vector climbs towards the guide's vector with
    which it has the largest dot product.

    Args:
        guide: the guide picture's activations at the same blob (C, h, w), of any h and w.
    """
    vectors = guide.flatten(1)  # (C, h * w)

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        seen = activations.flatten(1)  # (C, H * W)
        best = (seen.T @ vectors).argmax(1)
        wanted = vectors[:, best].view_as(activations)
        count = activations.numel()
        return (wanted * activations).sum() / count, wanted / count

    return objective


def weighted_l2(weights: Tensor) -> Objective:
    """Half the weighted mean square of the activations: with all weights 1, `l2`.

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


def mix_objectives(parts: Sequence[tuple[Objective, float]]) -> Objective:
    """Several objectives at one blob, each with its share of the pull whatever its own strength.

    A single channel's gradient is far stronger than that of all channels together, and a guide's has another
    strength again: added as they are, the stronger would win long before its time. So each gradient is
    brought to a root mean square of 1 before it gets its weight, which asks nothing but the activations.

    Args:
        parts: objectives and their weights. One alone is given back as it is.
    """
    if len(parts) == 1:
        return parts[0][0]

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        total, gradient = activations.new_zeros(()), activations.new_zeros(activations.shape)
        for part, weight in parts:
            value, pull = part(activations)
            total = total + weight * value
            gradient += pull * (weight / pull.square().mean().sqrt().clamp_min(1e-30))
        return total, gradient

    return objective


def _select(activations: Tensor, channels: Sequence[int]) -> Tensor:
    return activations[list(channels)] if channels else activations


def _place(gradient: Tensor, activations: Tensor, channels: Sequence[int]) -> Tensor:
    """Put the gradient of the selected channels back among zeros."""
    if not channels:
        return gradient
    whole = activations.new_zeros(activations.shape)
    whole[list(channels)] = gradient
    return whole
