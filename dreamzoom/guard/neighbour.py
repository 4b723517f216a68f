"""The layer next to the one that is dreamed from."""

from __future__ import annotations

from dreamzoom.dream.octaves import octave_sizes
from dreamzoom.errors import RecipeError
from dreamzoom.models.network import Model
from dreamzoom.models.shapes import blob_shapes
from dreamzoom.recipe.schema import DreamSettings


def neighbouring_layer(settings: DreamSettings, model: Model, size: tuple[int, int]) -> str:
    """The next layer of the same kind behind the first that the settings name, else the nearest before it.

    Of a kind are layers that the same operation begins: joined branches, say, or convolutions. The neighbour
    is none of the settings' own, and still sees something at the smallest octave.

    Args:
        settings: with the layers' names resolved.
        size: width and height of the picture.

    Raises:
        RecipeError: there is no such layer.
    """
    alike = _alike(settings, model, size)
    own = settings.layer.choices
    here = alike.index(own[0])
    nearest = [*alike[here + 1 :], *reversed(alike[:here])]
    neighbour = next((blob for blob in nearest if blob not in own), None)
    if neighbour is None:
        raise RecipeError(
            f"guard.layer: at {size[0]}x{size[1]} no layer beside {own[0]!r} can be chosen: name one there"
        )
    return neighbour


def _alike(settings: DreamSettings, model: Model, size: tuple[int, int]) -> list[str]:
    """The layers, in the network's order, that are of the first one's kind and see something at the smallest
    octave.
    """
    network = model.network
    smallest = octave_sizes(size, settings.octaves, settings.octave_scale)[0]
    shapes = blob_shapes(network, smallest)
    # The first layer that writes a blob, not one that changes it in place.
    kinds = {top: type(layer.operation) for layer in reversed(network.layers) for top in layer.tops}
    own = settings.layer.choices[0]
    return [
        blob
        for blob in network.blobs[1:]
        if blob == own or (kinds[blob] is kinds[own] and len(shapes.get(blob, ())) == 3)
    ]
