"""What a nudge does to a dream; each kind swells and fades with the nudge's strength.

    noise      smooth noise is laid over the picture before it is dreamed on; it glides
    channels   other channels of the layer wake while the rest sleep
    layer      another layer is cross-faded in
    guide      a guide picture is cross-faded in
    turn       the camera turns, and comes closer

Everything here is a pure function of the recipe, the nudge and the frame's number.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dreamzoom.dream import Instant, plan_dream
from dreamzoom.dream.noise import gliding_noise
from dreamzoom.dream.planning import cross_faded
from dreamzoom.motion.course import NO_TURN, Turn, rounded
from dreamzoom.tracks import Kind, parse_track, steady

if TYPE_CHECKING:
    from torch import Tensor

    from dreamzoom.dream import DreamPlan
    from dreamzoom.dream.planning import Features
    from dreamzoom.guard import Nudge
    from dreamzoom.recipe import DreamSettings, Recipe

_STREAM: Final = 0x6775617264  # sets the guard's draws apart from the dream's: "guard" in ASCII
_NOISES: Final = 5  # in a span, each gliding into the next


def layers(recipe: Recipe) -> tuple[str, ...]:
    """The layers that a nudge may climb and the dream itself does not."""
    other = recipe.guard.layer if recipe.guard.nudge == "layer" else ""
    return (other,) if other and other not in recipe.dream.layer.choices else ()


def planned(recipe: Recipe, features: Features, frame: int, nudge: Nudge | None) -> DreamPlan:
    """The plan of a frame's dream, pushed by the nudge if there is one.

    Args:
        recipe: with the layers' names resolved.
        features: of the guides, the guard's own among them.
    """
    if nudge is not None and recipe.guard.nudge == "channels":
        recipe = _with_other_channels(recipe, frame, nudge)
    instant = Instant(frame, recipe.clock, recipe.clip.seed)
    plan = plan_dream(recipe.dream, features, instant)
    other = _faded_in(recipe) if nudge else None
    if nudge is None or other is None:
        return plan
    return cross_faded(plan, plan_dream(other, features, instant), nudge.strength)


def noised(image: Tensor, recipe: Recipe, nudge: Nudge | None) -> Tensor:
    """The picture (3, H, W) with what the nudge lays over it."""
    if nudge is None or recipe.guard.nudge != "noise":
        return image
    time = _NOISES * nudge.index / recipe.guard.span  # a draft's span is shorter, and its noise the same
    noise = gliding_noise(image, recipe.clip.seed ^ _STREAM, time)
    return (image + recipe.guard.amount * nudge.strength * noise).clamp(0, 255)


def turned(recipe: Recipe, frame: int, nudge: Nudge | None) -> Turn:
    """How the camera turns and zooms at each frame since the last dream, beside what its recipe tells.

    It zooms in, and where it draws back as the nudge begins, out.
    """
    if nudge is None or recipe.guard.nudge != "turn":
        return NO_TURN
    share = nudge.share / recipe.camera.every
    away = recipe.camera.zoom.at(_begun(recipe, frame, nudge), recipe.clock) < 1
    return rounded((recipe.guard.turn * share, recipe.guard.closer ** (-share if away else share)))


def told(recipe: Recipe, nudge: Nudge) -> str:
    """What the guard found and does, in words, such as "fixed point: noise, 0.42"."""
    guard = recipe.guard
    words = {"channels": "other channels", "layer": f"layer {guard.layer}"}
    return f"{nudge.reason.value}: {words.get(guard.nudge, guard.nudge)}, {nudge.strength:.2f}"


def _begun(recipe: Recipe, frame: int, nudge: Nudge) -> int:
    """The number of the frame at which the nudge of a dreamed frame began."""
    return frame - (nudge.index - nudge.since) * recipe.camera.every


def _with_other_channels(recipe: Recipe, frame: int, nudge: Nudge) -> Recipe:
    clip = replace(recipe.clip, seed=recipe.clip.seed ^ nudge.since)
    awake = max(nudge.strength, recipe.dream.wander.at(_begun(recipe, frame, nudge), recipe.clock))
    return replace(recipe, clip=clip, dream=replace(recipe.dream, wander=parse_track(awake, Kind.LEVEL)))


def _faded_in(recipe: Recipe) -> DreamSettings | None:
    """The dream that a nudge fades in, if it does so."""
    dream, guard = recipe.dream, recipe.guard
    if guard.nudge == "layer":
        # What channels of one layer mean, those of another do not.
        return replace(dream, layer=steady(guard.layer), channel=steady(()))
    if guard.nudge == "guide":
        return replace(dream, objective="guide", guide=steady(guard.guide))
    return None
