"""From a recipe's [dream] table to a plan, checked against the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dreamzoom.dream.ascent import DreamPlan
from dreamzoom.dream.objectives import guided, l2, mean
from dreamzoom.dream.octaves import octave_sizes
from dreamzoom.errors import ModelError, RecipeError

if TYPE_CHECKING:
    from torch import Tensor

    from dreamzoom.engines.base import Engine, Objective
    from dreamzoom.models.model import Model
    from dreamzoom.recipe import DreamSettings
    from dreamzoom.tracks import Clock


def choose_objectives(settings: DreamSettings, engine: Engine, guide: Tensor | None) -> dict[str, Objective]:
    """What the settings' dreams climb, by blob.

    Args:
        settings: with the layer's name resolved.
        guide: the guide picture (3, h, w), 0 to 255, where the objective follows one.
    """
    blob = settings.layer
    if settings.objective == "guide" and guide is not None:
        return {blob: guided(engine.activations(guide, [blob])[blob])}
    return {blob: mean(settings.channel) if settings.objective == "mean" else l2(settings.channel)}


def plan_dream(
    settings: DreamSettings, objectives: Mapping[str, Objective], frame: int, clock: Clock
) -> DreamPlan:
    """The plan of one frame's dream: every track at that frame."""
    return DreamPlan(
        objectives=objectives,
        octaves=settings.octaves,
        octave_scale=settings.octave_scale,
        iterations=round(settings.iterations.at(frame, clock)),
        step_size=settings.step_size.at(frame, clock),
        jitter=settings.jitter,
    )


def require_dreamable(settings: DreamSettings, model: Model, size: tuple[int, int]) -> None:
    """See that the layer exists, has the channels, and still sees something at the smallest octave.

    Args:
        size: width and height of the picture.

    Raises:
        UnknownBlobError, RecipeError: saying what to change.
    """
    blob = model.network.require(settings.layer)
    shape = _shape(model, blob, size)
    if shape is None or len(shape) != 3:
        raise RecipeError(
            f"dream.layer: {blob!r} gives no picture of activations at {size[0]}x{size[1]}: "
            "choose an earlier layer or a larger size"
        )
    _require_channels(settings.channel, shape[0], blob)
    smallest = octave_sizes(size, settings.octaves, settings.octave_scale)[0]
    if _shape(model, blob, smallest) is None:
        raise RecipeError(
            f"dream.octaves: the smallest of {settings.octaves} octaves is {smallest[0]}x{smallest[1]} "
            f"pixels, too small for layer {blob!r}: use fewer octaves or a larger size"
        )


def _shape(model: Model, blob: str, size: tuple[int, int]) -> tuple[int, ...] | None:
    from dreamzoom.models.shapes import blob_shape

    try:
        return blob_shape(model.network, blob, size)
    except ModelError:
        return None


def _require_channels(channels: Sequence[int], available: int, blob: str) -> None:
    for channel in channels:
        if channel >= available:
            raise RecipeError(f"dream.channel: {blob!r} has channels 0 to {available - 1}, not {channel}")
