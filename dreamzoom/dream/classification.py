"""What a network takes a picture for: the classes that it was trained to tell apart."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from dreamzoom.engines.base import Engine
from dreamzoom.engines.fitting import FittingEngine
from dreamzoom.errors import ModelError
from dreamzoom.models.classes import class_names
from dreamzoom.models.network import Network, Softmax
from dreamzoom.models.scores import find_scores


@dataclass(frozen=True)
class Prediction:
    """How much of a class a network sees in a picture.

    Attributes:
        number: of the class, which `dream.class` takes.
        name: "" where the classes' names are not known.
        share: of all classes, 0 to 1.
    """

    number: int
    name: str
    share: float

    def __str__(self) -> str:
        return f"{self.share:.1%} {self.name or f'class {self.number}'}"


def classify(engine: Engine, image: Tensor, count: int) -> list[Prediction]:
    """The classes that an engine's network sees most of in an image (3, H, W), most first.

    Raises:
        ModelError: the network does not end in classes.
    """
    network = engine.model.network
    names = class_names(engine.model)
    shares = FittingEngine(engine).activations(image, [_shares_blob(network)])[_shares_blob(network)]
    seen = shares.mean((1, 2))
    order = seen.argsort(descending=True, stable=True)[:count].tolist()
    return [Prediction(each, names[each] if names else "", float(seen[each])) for each in order]


def _shares_blob(network: Network) -> str:
    """The blob of the classes' shares, which add up to 1."""
    find_scores(network)
    softmaxes = [layer.tops[0] for layer in network.layers if isinstance(layer.operation, Softmax)]
    if not softmaxes:
        raise ModelError(f"model {network.name!r} has scores, and no softmax that makes shares of them")
    return softmaxes[-1]
