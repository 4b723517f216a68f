"""Whether a model can dream what a recipe's [dream] table asks for, at every octave's size."""

from __future__ import annotations

from dreamzoom.dream.ascent import octave_sizes
from dreamzoom.errors import ModelError, RecipeError
from dreamzoom.models.network import Model
from dreamzoom.models.reach import least_size, showing
from dreamzoom.models.shapes import blob_shape
from dreamzoom.recipe.channels import Channels
from dreamzoom.recipe.climbed import goals_of, own_dreams
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.recipe.goals import Goal, is_of_class
from dreamzoom.tracks.base import Clock
from dreamzoom.tracks.blend import meetings


def require_dreamable(settings: DreamSettings, model: Model, size: tuple[int, int], clock: Clock) -> None:
    """See that each layer exists, has the channels that meet it, and still sees something at the smallest
    octave.

    Args:
        size: width and height of the picture.
        clock: of the frames over which the settings' choices may meet.

    Raises:
        UnknownBlobError, RecipeError: saying what to change.
    """
    for name, own in own_dreams(settings):
        try:
            require_dreamable(own, model, size, clock)
        except RecipeError as error:
            raise RecipeError(f"{name}: {error}") from error
    for key, goal in _named_goals(settings):
        for layer in goal.layer.choices:
            require_layer(f"{key}layer", layer, settings, model, size)
        available = {layer: _channel_count(layer, model, size) for layer in goal.layer.choices}
        for layer, channels in meetings(goal.layer, goal.channel, clock):
            if not is_of_class(goal):
                _require_channels(f"{key}channel", channels, available[layer], layer)


def _named_goals(settings: DreamSettings) -> list[tuple[str, Goal]]:
    """The goals, each with what stands before its keys in a message."""
    if not settings.goal:
        return [("dream.", goals_of(settings)[0])]
    return [(f"dream.goal: goal {number}: ", goal) for number, goal in enumerate(settings.goal, 1)]


def _channel_count(layer: str, model: Model, size: tuple[int, int]) -> int:
    shown = showing(model.network, (model.network.require(layer),), size)
    return blob_shape(model.network, layer, shown.padded)[0]


def require_layer(key: str, layer: str, settings: DreamSettings, model: Model, size: tuple[int, int]) -> None:
    """See that a layer, named by a key of the recipe, still sees something at the smallest octave.

    Raises:
        UnknownBlobError, RecipeError: saying what to change.
    """
    blob = model.network.require(layer)
    own, *octaves = octave_sizes(size, settings.octaves, settings.octave_scale)[::-1]
    too_small = _too_small(model, blob, own)
    if too_small:
        raise RecipeError(
            f"{key}: a picture of {own[0]}x{own[1]} is too small for layer {blob!r}{too_small}: choose an "
            "earlier layer or a larger size"
        )
    for smaller in octaves:
        too_small = _too_small(model, blob, smaller)
        if too_small:
            raise RecipeError(
                f"dream.octaves: the smallest of {settings.octaves} octaves is {octaves[-1][0]}x"
                f"{octaves[-1][1]} pixels, too small for layer {blob!r}{too_small}: use fewer octaves or a "
                "larger size"
            )


def _too_small(model: Model, blob: str, size: tuple[int, int]) -> str:
    """What a blob wants at least, in words, where a picture of that size is too small; else nothing."""
    try:
        showing(model.network, (blob,), size)
    except ModelError:
        least = least_size(model.network, (blob,))
        return f", which wants {least[0]}x{least[1]} at least" if least else ", which no size reaches"
    return ""


def _require_channels(key: str, channels: Channels, available: int, blob: str) -> None:
    for channel in channels.numbers:
        if channel >= available:
            raise RecipeError(f"{key}: {blob!r} has channels 0 to {available - 1}, not {channel}")
    if channels.count > available:
        raise RecipeError(f"{key}: {blob!r} has {available} channels, not {channels.count}")
