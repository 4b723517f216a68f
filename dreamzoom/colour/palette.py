"""The colours that a clip holds at a frame: of one picture, or of two while they fade into one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from dreamzoom.colour.clusters import ColourClusters, find_clusters, mix_clusters
from dreamzoom.colour.grading import ColourStatistics, colour_statistics, hold_colours, mix_colours
from dreamzoom.colour.mixture import hold_clusters
from dreamzoom.tracks.blend import Weights


@dataclass(frozen=True, eq=False)
class HeldColours:
    """What is held of a picture's colours.

    Attributes:
        whole: of all its pixels together.
        clusters: several of them; None where the map is plain.
    """

    whole: ColourStatistics
    clusters: ColourClusters | None = None


def colours_to_hold(image: Tensor, colour_map: str, share: Tensor | None = None) -> HeldColours:
    """What is held of a picture (3, H, W), 0 to 255, by `colour.map`.

    Args:
        share: the part of it, (1, H, W), that counts, which is held by mean and spread alone; None for all.
    """
    if share is not None:
        return HeldColours(colour_statistics(image, share))
    return HeldColours(colour_statistics(image), find_clusters(image) if colour_map == "mixture" else None)


def hold_palette(
    image: Tensor,
    palettes: Mapping[str, HeldColours],
    weights: Weights[str],
    strength: float,
    share: Tensor | None = None,
) -> Tensor:
    """Move a picture's colours towards those of its palettes.

    Args:
        image: (3, H, W), RGB, 0 to 255.
        palettes: by what the recipe calls them.
        weights: which of them count, and how much.
        strength: 0 leaves the picture alone, 1 gives it their colours.
        share: the part of the picture, (1, H, W), that is to have them, by mean and spread; None for all.

    Returns:
        The picture (3, H, W); values may leave 0 to 255.
    """
    (first, _), *rest = weights
    colours = palettes[first]
    for second, weight in rest:
        colours = mix_held(colours, palettes[second], weight)
    if colours.clusters is None or share is not None:
        return hold_colours(image, colours.whole, strength, share)
    return hold_clusters(image, colours.clusters, strength)


def mix_held(first: HeldColours, second: HeldColours, share: float) -> HeldColours:
    """The colours on the way from one picture's to another's, 0 being the first's and 1 the second's."""
    if first.clusters is None or second.clusters is None:
        return HeldColours(mix_colours(first.whole, second.whole, share))
    clusters = mix_clusters(first.clusters, second.clusters, share)
    return HeldColours(clusters.whole, clusters)
