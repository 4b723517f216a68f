"""What a nudge does to a dream; each kind swells and fades with the nudge's strength.

    noise      noise is laid over the picture before it is dreamed on: it glides, and is too smooth to be seen
               as grain or flicker
    channels   channels that are not the strongest are cross-faded in, a few awake at a time
    layer      another layer is cross-faded in
    guide      a guide picture is cross-faded in
    turn       the camera turns, and comes closer

Everything here is a pure function of the recipe, the nudge and the frame's number.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from dreamzoom.camera.aim import NO_TURN, Turn, round_pair
from dreamzoom.dream.ascent import DreamPlan, octave_sizes
from dreamzoom.dream.planning.frame import cross_fade, main_goal, plan_dream
from dreamzoom.dream.planning.goals import Features, Instant
from dreamzoom.engines.torch.threads import one_thread
from dreamzoom.errors import RecipeError
from dreamzoom.guard.detect import Nudge
from dreamzoom.models.network import Model
from dreamzoom.models.shapes import blob_shapes
from dreamzoom.randomness import guard_generator
from dreamzoom.recipe.channels import ALL_CHANNELS, Channels
from dreamzoom.recipe.climbed import goal_layers, goals_of
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.recipe.goals import LOOKS, Goal
from dreamzoom.recipe.schema import Recipe
from dreamzoom.tracks.base import Kind
from dreamzoom.tracks.blend import Blend, steady
from dreamzoom.tracks.parse import parse_track

FADED_IN: Final = ("channels", "layer", "guide")
"""The nudges that fade another dream in."""

_NOISES: Final = 5  # in a span, each gliding into the next
_ROWS: Final = 6  # how many lumps of noise fit into the shorter side


def nudge_goals(recipe: Recipe) -> tuple[Goal, ...]:
    """The goals that a nudge may climb and the dream itself does not."""
    others = (_other_dream(recipe, goal, ALL_CHANNELS) for goal in goals_of(recipe.dream))
    return tuple(goal for other in others if other for goal in goals_of(other))


def nudge_layers(recipe: Recipe) -> tuple[str, ...]:
    """The layers that a nudge may climb, once."""
    return tuple(dict.fromkeys(layer for goal in nudge_goals(recipe) for layer in goal.layer.choices))


def neighbouring_layer(settings: DreamSettings, model: Model, size: tuple[int, int]) -> str:
    """The layer that a nudge fades in where the recipe names none: the next of the same kind after the first
    that the settings name, else the nearest before it.

    Of a kind are layers that the same operation begins: joined branches, say, or convolutions. The neighbour
    is none of the settings' own, and still sees something at the smallest octave.

    Args:
        settings: with the layers' names resolved.
        size: width and height of the picture.

    Raises:
        RecipeError: there is no such layer.
    """
    alike = _layers_alike(settings, model, size)
    own = goal_layers(settings)
    here = alike.index(own[0])
    nearest = [*alike[here + 1 :], *reversed(alike[:here])]
    neighbour = next((blob for blob in nearest if blob not in own), None)
    if neighbour is None:
        raise RecipeError(
            f"guard.layer: at {size[0]}x{size[1]} no layer beside {own[0]!r} can be chosen: name one there"
        )
    return neighbour


def _layers_alike(settings: DreamSettings, model: Model, size: tuple[int, int]) -> list[str]:
    """The layers, in the network's order, that are of the first one's kind and see something at the smallest
    octave.
    """
    network = model.network
    smallest = octave_sizes(size, settings.octaves, settings.octave_scale)[0]
    shapes = blob_shapes(network, smallest)
    kinds, own = network.kinds, goal_layers(settings)[0]
    return [
        blob
        for blob in network.blobs[1:]
        if blob == own or (kinds[blob] is kinds[own] and len(shapes.get(blob, ())) == 3)
    ]


def plan_nudged_dream(recipe: Recipe, features: Features, frame: int, nudge: Nudge | None) -> DreamPlan:
    """The plan of a frame's dream, pushed by the nudge if there is one.

    Args:
        recipe: with the layers' names resolved.
        features: of the guides, the guard's own among them.
    """
    seed = recipe.clip.seed
    plan = plan_dream(recipe.dream, features, Instant(frame, recipe.clock, seed))
    other = _nudged_dream(recipe, frame, nudge) if nudge else None
    if nudge is None or other is None:
        return plan
    # Another seed, for another way to wander in each nudge.
    instant = Instant(frame, recipe.clock, seed ^ nudge.since)
    return cross_fade(plan, plan_dream(other, features, instant), nudge.strength)


def add_noise(image: Tensor, recipe: Recipe, nudge: Nudge | None) -> Tensor:
    """Lay noise over a picture (3, H, W), 0 to 255, where that is what the nudge does."""
    if nudge is None or recipe.guard.nudge != "noise":
        return image
    time = _NOISES * nudge.index / recipe.guard.span  # a draft's span is shorter, and its noise the same
    noise = gliding_noise(image, recipe.clip.seed, time)
    return (image + recipe.guard.amount * nudge.strength * noise).clamp(0, 255)


def gliding_noise(image: Tensor, seed: int, time: float) -> Tensor:
    """Smooth coloured noise that changes smoothly too: at each whole time another one.

    Its lumps are a sixth of the shorter side wide, whatever the picture's size: the same seed gives the same
    noise at every size.

    Args:
        image: (3, H, W), for the noise's size.
        time: 0 or above; between two whole times the one's noise gives way to the other's.

    Returns:
        Noise (3, H, W) of standard deviation 1, about.
    """
    before = math.floor(time)
    angle = math.pi / 2 * (time - before)  # sine and cosine: their squares, and so the variances, add up to 1
    lumps = math.cos(angle) * _lumps(image, seed, before) + math.sin(angle) * _lumps(image, seed, before + 1)
    size = (image.shape[1], image.shape[2])
    with one_thread():
        return torch.nn.functional.interpolate(lumps[None], size=size, mode="bicubic", align_corners=False)[0]


def _lumps(image: Tensor, seed: int, time: int) -> Tensor:
    """One value of each lump, (3, rows, columns)."""
    height, width = image.shape[1:]
    lump = min(height, width) / _ROWS
    shape = (3, max(2, round(height / lump)), max(2, round(width / lump)))
    return torch.from_numpy(guard_generator(seed, time).standard_normal(shape)).to(image)


def camera_turn(recipe: Recipe, frame: int, nudge: Nudge | None) -> Turn:
    """How the nudge turns and zooms the camera at each frame since the last dream, if it does.

    It zooms in, and where it draws back as the nudge begins, out.
    """
    if nudge is None or recipe.guard.nudge != "turn":
        return NO_TURN
    share = nudge.share / recipe.camera.every
    begun = frame - (nudge.index - nudge.since) * recipe.camera.every
    away = recipe.camera.zoom.at(begun, recipe.clock) < 1
    return round_pair((recipe.guard.turn * share, recipe.guard.closer ** (-share if away else share)))


def describe_nudge(recipe: Recipe, nudge: Nudge) -> str:
    """What the guard found and does, in words, such as "fixed point: noise, 0.42"."""
    guard = recipe.guard
    words = {"channels": "other channels", "layer": f"layer {guard.layer}"}
    return f"{nudge.reason.value}: {words.get(guard.nudge, guard.nudge)}, {nudge.strength:.2f}"


def _nudged_dream(recipe: Recipe, frame: int, nudge: Nudge) -> DreamSettings | None:
    """The dream that a nudge fades in, if it does so: another one in place of the goal of most weight."""
    goal = main_goal(recipe.dream, frame, recipe.clock)
    return _other_dream(recipe, goal, _other_channels(goal, nudge))


def _other_dream(recipe: Recipe, goal: Goal, others: Blend[Channels] | Channels) -> DreamSettings | None:
    """What a nudge fades in in place of a goal, if it does so.

    Args:
        others: the channels that it may wake.
    """
    dream, guard = recipe.dream, recipe.guard
    objective = "l2" if goal.objective == "guide" or goal.objective in LOOKS else goal.objective
    one = replace(
        dream,
        goal=(),
        layer=goal.layer,
        objective=goal.objective,
        channel=goal.channel,
        class_=steady(""),
        unit=None,
        guide=goal.guide,
    )
    if guard.nudge == "channels":
        awake = parse_track(1, Kind.LEVEL)  # a guide chooses its channels itself: none is followed then
        channel = steady(others) if isinstance(others, Channels) else others
        return replace(one, objective=objective, channel=channel, wander=awake)
    if guard.nudge == "layer":
        # What channels of one layer mean, those of another do not.
        return replace(one, layer=steady(guard.layer), channel=steady(ALL_CHANNELS))
    if guard.nudge == "guide":
        return replace(one, objective="guide", guide=steady(guard.guide))
    return None


def _other_channels(goal: Goal, nudge: Nudge) -> Blend[Channels] | Channels:
    """The channels that a nudge may wake: those that a goal lists, where it lists several, else all but the
    strongest; which these are is known of one layer.
    """
    if any(len(channels.numbers) > 1 for channels in goal.channel.choices):
        return goal.channel
    return Channels(tuple(nudge.others)) if len(goal.layer.choices) == 1 else ALL_CHANNELS
