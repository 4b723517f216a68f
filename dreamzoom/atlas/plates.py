"""What an atlas shows: its plates, in the network's order, and what is left out of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from dreamzoom.dream.planning.checks import require_layer
from dreamzoom.errors import ModelError, RecipeError, RequestError, nearest
from dreamzoom.models.classes import class_names
from dreamzoom.models.network import Model
from dreamzoom.models.overview import LayerRow, describe_layers
from dreamzoom.models.scores import find_scores
from dreamzoom.recipe.build import Fragment, change_recipe
from dreamzoom.recipe.schema import Recipe

ALL_CHANNELS = "all"
"""What is asked for in the place of channels' numbers."""

_LONGEST_NAME = 80  # letters of a layer's name in a file's
_OWN = {"layer": "", "channel": [], "class": "", "goal": [], "region": []}  # what plates decide of [dream]
_RANGE = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")


@dataclass(frozen=True)
class Selection:
    """What a person wants to see.

    Attributes:
        layers: patterns of layers' names, as in a shell: "inception_4*".
        channels: of the one layer that they name, as "0-31,40", or "all"; "" for whole layers.
        classes: patterns of classes' names, or numbers, in place of layers; () for layers.
    """

    layers: tuple[str, ...] = ("*",)
    channels: str = ""
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plate:
    """A picture of an atlas.

    Attributes:
        number: from 1 on, in the order of the atlas.
        layer: the blob that it climbs.
        channel: the only one that counts; None for all. Of a class its number.
        class_name: of a class its name, else "".
    """

    number: int
    layer: str
    channel: int | None = None
    class_name: str = ""

    @property
    def title(self) -> str:
        """What it shows, in words."""
        return (
            self.layer if self.channel is None else self.class_name or f"{self.layer}, channel {self.channel}"
        )

    @property
    def short_title(self) -> str:
        """The same where the layer is known."""
        return self.title if self.class_name or self.channel is None else f"channel {self.channel}"

    def recipe_of(self, recipe: Recipe) -> Recipe:
        """The recipe of this plate's dream."""
        if self.class_name:
            return with_dream(recipe, {"class": self.channel})
        return with_dream(
            recipe, {"layer": self.layer, "channel": [] if self.channel is None else [self.channel]}
        )

    def file_name(self, count: int) -> str:
        """The name of its file in an atlas of so many plates: they sort as they are numbered."""
        name = re.sub(r"[^A-Za-z0-9_.+-]+", "-", self.class_name or self.layer).strip("-.")[:_LONGEST_NAME]
        channel = "" if self.channel is None or self.class_name else f"-{self.channel:04d}"
        return f"{self.number:0{max(3, len(str(count)))}d}-{name}{channel}.png"


@dataclass(frozen=True)
class LeftOut:
    """A layer that an atlas does not show, and why."""

    layer: str
    reason: str


@dataclass(frozen=True)
class AtlasPlan:
    """What an atlas shows of a model, and what not.

    Attributes:
        rows: of each layer that is shown, its channels and sizes, by name.
    """

    plates: tuple[Plate, ...]
    left_out: tuple[LeftOut, ...]
    rows: dict[str, LayerRow]


def plan_plates(model: Model, recipe: Recipe, selection: Selection) -> AtlasPlan:
    """The plates of an atlas, whose pictures have the recipe's size.

    Layers that a picture of that size, or its smallest octave, does not reach are left out, as are those that
    the model's file has and no dream can climb.

    Raises:
        RequestError: a pattern fits no layer; or no layer can be shown; or there are no such channels.
    """
    size = recipe.clip.size
    chosen = [find_scores(model.network).blob] if selection.classes else _chosen(model, selection.layers)
    rows = {row.layer: row for row in describe_layers(model, size)}
    lost = {each.blob: each.reason for each in reversed(model.network.unsupported)}
    left_out = [
        LeftOut(layer, reason)
        for layer in chosen
        if (reason := lost.get(layer) or _fault(layer, recipe, model))
    ]
    unusable = {each.layer for each in left_out}
    layers = [layer for layer in chosen if layer not in unusable]
    if not layers:
        raise RequestError(f"no layer is left to dream: {left_out[0].layer}: {left_out[0].reason}")
    if selection.classes:
        plates = tuple(_class_plates(model, layers[0], selection.classes))
    elif selection.channels:
        plates = tuple(_channel_plates(layers, selection.channels, rows))
    else:
        plates = tuple(Plate(number, layer) for number, layer in enumerate(layers, 1))
    return AtlasPlan(plates, tuple(left_out), {layer: rows[layer] for layer in layers})


def with_dream(recipe: Recipe, own: Mapping[str, object]) -> Recipe:
    """A recipe whose plates decide what is climbed: a preset's layers, channels, goals and regions do not
    count, but those of `own`, keys of the [dream] table.
    """
    return change_recipe(recipe, Fragment("the atlas", {"dream": {**_OWN, **own}}))


def _chosen(model: Model, patterns: Sequence[str]) -> list[str]:
    """The blobs that one of the patterns fits, in the network's order, those that no dream can climb last."""
    network = model.network
    known = [*network.blobs[1:], *dict.fromkeys(each.blob for each in network.unsupported)]
    fitting: set[str] = set()
    for pattern in patterns:
        # A layer's name stands for what it writes, where no blob is called so.
        found = [blob for blob in known if _is_called(blob, pattern)] or [
            top for layer in network.layers if _is_called(layer.name, pattern) for top in layer.tops
        ]
        if not set(found) & set(known):
            raise RequestError(
                f"--layers: model {model.name!r} has no layer like {pattern!r}{nearest(pattern, known)}"
            )
        fitting.update(found)
    return [blob for blob in known if blob in fitting]


def _is_called(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name, pattern)


def _fault(layer: str, recipe: Recipe, model: Model) -> str:
    """Why a layer cannot be dreamed at the recipe's size; "" where it can."""
    size = (recipe.clip.size.width, recipe.clip.size.height)
    try:
        require_layer("dream.layer", layer, recipe.dream, model, size)
    except (ModelError, RecipeError) as error:
        return str(error)
    return ""


def _channel_plates(layers: Sequence[str], channels: str, rows: dict[str, LayerRow]) -> Iterator[Plate]:
    if len(layers) > 1:
        raise RequestError(
            f"--channels are of one layer, and --layers names {len(layers)}: {', '.join(layers[:3])}…"
        )
    (layer,) = layers
    for number, channel in enumerate(_numbers(channels, rows[layer]), 1):
        yield Plate(number, layer, channel)


def _class_plates(model: Model, layer: str, patterns: Sequence[str]) -> Iterator[Plate]:
    """A plate for each class whose number, or one of whose names, a pattern fits, capitals or not."""
    names = class_names(model) or [f"class {number}" for number in range(find_scores(model.network).count)]
    known = [[str(number), *re.split(r",\s*", name)] for number, name in enumerate(names)]
    for pattern in patterns:
        if not any(_fits(each, pattern) for each in known):
            hint = nearest(pattern.strip("*"), [name for each in known for name in each[1:]])
            raise RequestError(f"--classes: model {model.name!r} has no class like {pattern!r}{hint}")
    fitting = (place for place, each in enumerate(known) if any(_fits(each, pattern) for pattern in patterns))
    for number, place in enumerate(fitting, 1):
        yield Plate(number, layer, place, known[place][1])


def _fits(names: Sequence[str], pattern: str) -> bool:
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for name in names)


def _numbers(channels: str, row: LayerRow) -> Sequence[int]:
    """The channels that a text such as "0-31,40" stands for, each once, in its order."""
    available = row.shape[0]
    if channels.strip() == ALL_CHANNELS:
        return range(available)
    found: dict[int, None] = {}
    for part in channels.split(","):
        match = _RANGE.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last:
            raise RequestError(f"--channels: {part.strip()!r} is none: write all, 7, 0-31 or 0-31,40,41")
        if last >= available:
            raise RequestError(f"--channels: {row.layer!r} has channels 0 to {available - 1}, not {last}")
        found.update(dict.fromkeys(range(first, last + 1)))
    return tuple(found)
