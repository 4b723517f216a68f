"""The look of a picture: what a network sees in it as a whole, wherever in it that is.

Gatys et al. 2016, "Image Style Transfer Using Convolutional Neural Networks" (arXiv:1508.06576): the products
of a layer's channels, averaged over all places (its Gram matrix), tell a picture's textures and colours, and
nothing of what stands where. Several layers together tell them from the finest to the broadest.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.linalg import vector_norm
from torch.nn.functional import pad

from dreamzoom.engines.base import Objective

_NOTHING = 1e-12  # the size of the statistics of a layer that sees nothing
_PIECE = 1024  # places that are summed together


@dataclass(frozen=True, eq=False)
class Look:
    """The statistics of a blob (C, H, W) over its places.

    Attributes:
        means: of each channel, (C,).
        gram: of the products of each two channels, (C, C).
    """

    means: Tensor
    gram: Tensor

    @property
    def covariance(self) -> Tensor:
        """Of each two channels, (C, C)."""
        return self.gram - torch.outer(self.means, self.means)


def look_of(activations: Tensor) -> Look:
    """The look of a picture at a blob, by its activations there (C, H, W)."""
    flat = activations.flatten(1)
    return Look(flat.mean(1), _mean_products(flat))


def gram_look(wanted: Look) -> Objective:
    """How near the blob's Gram matrix G is to the wanted one, A: -‖G - A‖² / 4‖A‖², at best 0.

    Gatys et al.'s loss of one layer, turned round to be climbed, and in the units of A: means over the places
    stand for their sums, so that pictures of different sizes can be compared.
    """
    scale = 1 / _size(wanted.gram)

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        flat = activations.flatten(1)
        away = _mean_products(flat) - wanted.gram.to(flat)
        gradient = away @ flat * (-scale / flat.shape[1])
        return away.square().sum(1).sum() * (-scale / 4), gradient.view_as(activations)

    return objective


def moments_look(wanted: Look) -> Objective:
    """How near the blob's channel means m and covariances S are to the wanted ones, M and T:
    -‖m - M‖² / 2‖M‖² - ‖S - T‖² / 4‖T‖², at best 0.

    As `gram_look`, but that what is always there, the means, does not drown what comes and goes together (the
    statistics of Li et al. 2017, "Universal Style Transfer via Feature Transforms", arXiv:1705.08086).
    """
    scale, scale_of_means = 1 / _size(wanted.covariance), 1 / _size(wanted.means)

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        flat = activations.flatten(1)
        means, places = flat.mean(1), flat.shape[1]
        centred, away_means = flat - means[:, None], means - wanted.means.to(flat)
        away = _mean_products(centred) - wanted.covariance.to(flat)
        value = away_means.square().sum() * (-scale_of_means / 2) + away.square().sum(1).sum() * (-scale / 4)
        gradient = away @ centred * (-scale / places) + away_means[:, None] * (-scale_of_means / places)
        return value, gradient.view_as(activations)

    return objective


def _mean_products(flat: Tensor) -> Tensor:
    """Of (C, places) the products of each two channels, averaged over the places: (C, C).

    In pieces of so many places, which are added in their order: one product of all would be cut up otherwise
    by another number of threads, and rounded otherwise.
    """
    channels, places = flat.shape
    pieces = -(-places // _PIECE)
    cut = pad(flat, (0, pieces * _PIECE - places)).view(channels, pieces, _PIECE).transpose(0, 1)
    return torch.bmm(cut, cut.transpose(1, 2)).sum(0) / places


def _size(statistics: Tensor) -> float:
    """The sum of all squares: row by row, for of a row one thread makes the sum."""
    return max(float(vector_norm(statistics.double(), dim=-1).square().sum()), _NOTHING)
