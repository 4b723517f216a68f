"""What a recipe says of its dreams."""

# ruff: noqa: RUF009 - `field()` makes a dataclass field, and its defaults cannot change
from __future__ import annotations

from dataclasses import dataclass

from dreamzoom.recipe.channels import Channels, ClassName
from dreamzoom.recipe.goals import CHANNEL, CLASS, GUIDE, LAYER, MOST_GOALS, OBJECTIVE, UNIT, Goal
from dreamzoom.recipe.points import TrackPair
from dreamzoom.recipe.regions import MOST_REGIONS, RegionSettings
from dreamzoom.recipe.rows import TableRows
from dreamzoom.recipe.settings import Choice, Moving, Real, Whole
from dreamzoom.tracks.base import Track
from dreamzoom.tracks.blend import Blend


@dataclass(frozen=True)
class DreamSettings:
    """What a dream climbs, and how."""

    layer: Blend[str] = LAYER.fading().field()
    objective: str = OBJECTIVE.field()
    channel: Blend[Channels] = CHANNEL.fading().field()
    class_: Blend[ClassName] = CLASS.fading().field()
    unit: TrackPair | None = UNIT.or_none().field()
    guide: Blend[str] = GUIDE.fading().field()
    goal: tuple[Goal, ...] = TableRows(
        of=Goal,
        what="goal",
        most=MOST_GOALS,
        help="several things to climb at once, in place of layer, objective, channel, class, unit and guide",
    ).field()
    octaves: int = Whole(
        default=4, minimum=1, maximum=20, usual=(1, 8), help="scales to dream at, coarse to fine"
    ).field()
    octave_scale: float = Real(
        default=1.4,
        minimum=1.01,
        maximum=4.0,
        usual=(1.1, 2),
        help="how much larger each octave is than the one before",
    ).field()
    iterations: Track = Moving(
        default=10, minimum=1, maximum=500, usual=(1, 30), step=1, unit="steps", help="steps in each octave"
    ).field()
    step_size: Track = Moving(
        default=1.5,
        minimum=0.001,
        maximum=100,
        usual=(0.1, 6),
        step=0.1,
        unit="grey levels",
        help="how far a step moves the pixels on average",
    ).field()
    last_step: Track = Moving(
        default=1,
        minimum=0.01,
        maximum=10,
        unit="times dream.step_size",
        help="how long an octave's last step is; the steps before it come there by equal factors",
    ).field()
    jitter: int = Whole(
        default=32,
        minimum=0,
        maximum=512,
        usual=(0, 64),
        unit="pixels",
        help="how far the picture is shifted at random",
    ).field()
    wander: Track = Moving(
        default=0,
        help="0 lets all channels count alike; at 1 the dream travels, a few channels awake at a time "
        "(with the objectives l2 and balanced)",
    ).field()
    wander_share: float = Real(
        default=0.06, minimum=0.001, maximum=1.0, help="the share of channels awake at a time"
    ).field()
    wander_seconds: float = Real(
        default=2.0,
        minimum=0.1,
        maximum=600.0,
        usual=(0.1, 20),
        help="how long a channel stays awake, in seconds",
    ).field()
    turn: Track = Moving(
        default=0,
        maximum=45,
        unit="degrees",
        help="how far each step sees the picture turned at random, each way",
    ).field()
    scale: Track = Moving(
        default=0,
        maximum=0.5,
        help="by which share each step sees it larger or smaller at random",
    ).field()
    rule: Blend[str] = (
        Choice(
            default="normalised",
            choices=("normalised", "rmsprop", "adam"),
            help="how the picture moves along the gradient: steps of one length; each value at its own "
            "rate; at its own rate, and with momentum",
        )
        .fading()
        .field()
    )
    rule_memory: float = Real(
        default=0.0,
        maximum=0.9999,
        help="how much of each value's mean square a rule keeps from step to step; 0 is its own: 0.95 of "
        "rmsprop, 0.999 of adam",
    ).field()
    spectrum: Track = Moving(
        default=0,
        maximum=2,
        help="a wave twice as long counts 2 to this power times as much in the gradient: shapes in place of "
        "grain",
    ).field()
    decorrelate: Track = Moving(
        default=0, help="how far the gradient's colours are those of photographs: no red and green specks"
    ).field()
    smooth: Track = Moving(
        default=0,
        maximum=32,
        unit="pixels",
        help="the standard deviation of the Gaussian that smooths the gradient of each octave",
    ).field()
    laplacian: Track = Moving(
        default=0, help="how far coarse and fine count alike in the gradient, by its Laplacian pyramid"
    ).field()
    laplacian_levels: int = Whole(
        default=4, minimum=1, maximum=10, unit="levels", help="fine levels of that pyramid"
    ).field()
    variation: Track = Moving(
        default=0,
        maximum=100,
        help="how strongly the picture's total variation is held down, as a share of the gradient's mean: "
        "grain goes",
    ).field()
    variation_power: float = Real(
        default=1.0,
        minimum=1.0,
        maximum=4.0,
        help="the power of the slopes that are held down: at 1 edges stay, at 2 the steepest go first",
    ).field()
    pull: Track = Moving(
        default=0,
        maximum=100,
        help="how strongly a value that is 64 grey levels away is pulled back, as a share of the gradient's "
        "mean",
    ).field()
    pull_to: str = Choice(
        default="before",
        choices=("before", "grey"),
        help="where it is pulled: to the picture before the dream, or to the middle grey",
    ).field()
    pull_power: float = Real(
        default=2.0,
        minimum=1.0,
        maximum=12.0,
        help="the power of the distance that the pull makes small: 2 is a spring, 6 a wall",
    ).field()
    elsewhere: Track = Moving(
        default=1,
        maximum=10,
        unit="times dream.step_size",
        help="how far a step moves the pixels that belong to no region; at 0 nothing dreams there",
    ).field()
    region: tuple[RegionSettings, ...] = TableRows(
        default=[],
        of=RegionSettings,
        what="region",
        most=MOST_REGIONS,
        help="parts of the picture that dream otherwise, an array of tables [[dream.region]]",
    ).field()
    tiles: str = Choice(
        default="auto",
        choices=("auto", "off", "exact", "shifted"),
        help="large pictures in tiles: where memory would not hold them; never; with the gradient of the "
        "whole; or each by itself, at other places every step",
    ).field()
    tile: int = Whole(
        default=0,
        minimum=0,
        maximum=65_535,
        unit="pixels",
        help="a tile's side, were it square; 0 goes by the memory that is free",
    ).field()
