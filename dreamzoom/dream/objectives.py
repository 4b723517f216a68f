"""What a dream climbs. Each function takes a blob's activations (C, H, W) and gives the value and its
gradient there.

Values are means over the blob, so that they compare across picture sizes and can be added across layers.
What a picture looks like as a whole is climbed by the objectives of `looks`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from dreamzoom.engines.base import LocalObjective, Objective
from dreamzoom.engines.torch.threads import sum_of_all

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
        value = sum_of_all(seen.square()) / (2 * seen.numel())
        return value, _place(seen / seen.numel(), activations, channels)

    return LocalObjective(objective)


def mean(channels: Sequence[int] = ()) -> Objective:
    """The mean activation, as in TensorFlow's DeepDream tutorial (one channel of
    `mixed4d_3x3_bottleneck_pre_relu`).
    """

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        seen = _select(activations, channels)
        value = sum_of_all(seen) / seen.numel()
        return value, _place(torch.full_like(seen, 1 / seen.numel()), activations, channels)

    return LocalObjective(objective)


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
        return sum_of_all(wanted * activations) / count, wanted / count

    return LocalObjective(objective)


def weighted_l2(weights: Tensor) -> Objective:
    """Half the weighted mean square of the activations: with all weights 1, `l2`.

    Args:
        weights: (C,), one for each channel; of a negative one the dream shows less and less.
    """

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        scaled = weights.to(activations)[:, None, None] * activations
        count = activations.numel()
        return sum_of_all(scaled * activations) / (2 * count), scaled / count

    return LocalObjective(objective)


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


def weighted_mean(weights: Tensor) -> Objective:
    """The weighted mean of the activations: with all weights 1, `mean`.

    A direction in the space of a layer's channels, as in Olah et al., "Feature Visualization" (Distill 2017).

    Args:
        weights: (C,), one for each channel, negative ones too.
    """

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        spread = weights.to(activations)[:, None, None] / activations.numel()
        return sum_of_all(spread * activations), spread.expand_as(activations).clone()

    return LocalObjective(objective)


def score(direction: Tensor, bias: float) -> Objective:
    """A class's score, averaged over all places, by the activations that it is reckoned from.

    Climbed where it is a number of either sign, which a ReLU after it would hide: the score of what is not in
    the picture yet has a gradient, too (Simonyan et al. 2014, arXiv:1312.6034, climb scores, not shares).

    Args:
        direction: (C,), how much each channel adds to the score.
        bias: what the score is where nothing is seen.
    """

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        spread = direction.to(activations)[:, None, None] / activations[0].numel()
        return sum_of_all(spread * activations) + bias, spread.expand_as(activations).clone()

    return LocalObjective(objective)


def amplified(
    l1: float = 1.0, l2: float = 1.0, clip: float = 5.0, weights: Tensor | None = None
) -> Objective:
    """What jcjohnson/cnn-vis amplifies: `amplify_layer`, with the L1 and L2 terms as it puts them on a layer.

    The gradient at an activation a is l1 * |a| + l2 * a, the latter a kept within ±`clip`: strong activations
    pull no stronger than those of `clip`. That is the slope of l1 * a|a| / 2 plus l2 times Huber's function
    (1964), a² / 2 within the clip and straight beyond it.

    Args:
        l1, l2: its `amplify_l1_weight` and `amplify_l2_weight`.
        clip: its `amplify_grad_clip`, above 0.
        weights: (C,), one for each channel; None for all alike.
    """

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        size, clipped = activations.abs(), activations.clamp(-clip, clip)
        gradient = (l1 * size + l2 * clipped) / activations.numel()
        # Within the clip a² / 2; beyond it c|a| - c² / 2. Both are c(|a| - c / 2) with c the clipped size.
        huber = clipped.abs() * (size - clipped.abs() / 2)
        worth = l1 * activations * size / 2 + l2 * huber
        if weights is not None:
            along = weights.to(activations)[:, None, None]
            gradient, worth = gradient * along, worth * along
        return sum_of_all(worth) / activations.numel(), gradient

    return LocalObjective(objective)


def ranked(count: int, *, strongest: bool, climb: Callable[[Sequence[int]], Objective] = l2) -> Objective:
    """What climbs the channels that see most, or least, in the picture as it stands at each step.

    As the channel modes "strong" and "weak" of ProGamerGov/neural-dream: the strongest make a dream of few
    things, the weakest one of what is hardly there yet. A channel that sees nothing at all has no gradient:
    among the weakest are those that see something.

    Args:
        count: how many channels, at least 1.
        climb: from the channels to what climbs them.
    """

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        energy = activations.square().mean((1, 2))  # (C,)
        order = energy.argsort(descending=strongest, stable=True)
        seen = order[energy[order] > _NOTHING]
        return climb((seen if len(seen) else order)[:count].tolist())(activations)

    return objective


@dataclass(frozen=True)
class AtPlace:
    """An objective that counts one place of a blob alone: with one channel, a unit of its feature map.

    Attributes:
        inner: what is climbed there.
        x, y: the place in fractions from the top left, so that it is the same in every octave.
    """

    inner: Objective
    x: float
    y: float

    def __call__(self, activations: Tensor) -> tuple[Tensor, Tensor]:
        rows, columns = activations.shape[1:]
        row, column = min(rows - 1, int(self.y * rows)), min(columns - 1, int(self.x * columns))
        value, gradient = self.inner(activations[:, row : row + 1, column : column + 1])
        whole = activations.new_zeros(activations.shape)
        whole[:, row : row + 1, column : column + 1] = gradient
        return value, whole

    def moved(self, right: float, down: float) -> AtPlace:
        """The same where the picture was shifted by so much of its sides, round its borders."""
        return replace(self, x=(self.x + right) % 1, y=(self.y + down) % 1)


@dataclass(frozen=True)
class Mixed:
    """Several objectives at one blob, each with its share of the pull; see `mix_objectives`."""

    parts: tuple[tuple[Objective, float], ...]

    def __call__(self, activations: Tensor) -> tuple[Tensor, Tensor]:
        total, gradient = activations.new_zeros(()), activations.new_zeros(activations.shape)
        for part, weight in self.parts:
            value, pull = part(activations)
            total = total + weight * value
            size = sum_of_all(pull.square()) / pull.numel()
            gradient += pull * (weight / size.sqrt().clamp_min(1e-30))
        return total, gradient

    def moved(self, right: float, down: float) -> Mixed:
        """The same where the picture was shifted."""
        return Mixed(tuple((shift_objective(part, right, down), weight) for part, weight in self.parts))


def is_placed(objective: Objective) -> bool:
    """Whether an objective depends on where in the picture something is."""
    if isinstance(objective, Mixed):
        return any(is_placed(part) for part, _ in objective.parts)
    return isinstance(objective, AtPlace)


def shift_objective(objective: Objective, right: float, down: float) -> Objective:
    """An objective for a picture that was shifted by so much of its width and height, round its borders."""
    return objective.moved(right, down) if isinstance(objective, AtPlace | Mixed) else objective


def mix_objectives(parts: Sequence[tuple[Objective, float]]) -> Objective:
    """Several objectives at one blob, each with its share of the pull whatever its own strength.

    A single channel's gradient is far stronger than that of all channels together, and a guide's has another
    strength again: added as they are, the stronger would win long before its time. So each gradient is
    brought to a root mean square of 1 before it gets its weight, which asks nothing but the activations.

    Args:
        parts: objectives and their weights, a negative one for what is climbed down. One alone with a weight
            above 0 is given back as it is.
    """
    return parts[0][0] if len(parts) == 1 and parts[0][1] > 0 else Mixed(tuple(parts))


def _select(activations: Tensor, channels: Sequence[int]) -> Tensor:
    return activations[list(channels)] if channels else activations


def _place(gradient: Tensor, activations: Tensor, channels: Sequence[int]) -> Tensor:
    """Put the gradient of the selected channels back among zeros."""
    if not channels:
        return gradient
    whole = activations.new_zeros(activations.shape)
    whole[list(channels)] = gradient
    return whole
