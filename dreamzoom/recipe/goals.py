"""What a dream climbs, as a recipe says it: goals, each a row of `[[dream.goal]]`."""

# ruff: noqa: RUF009 - `field()` makes a dataclass field, and its defaults cannot change
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dreamzoom.recipe.channels import ChannelChoice, Channels, ClassChoice, ClassName, LayerName
from dreamzoom.recipe.points import MovingPoint, TrackPair
from dreamzoom.recipe.settings import Choice, FileText, Moving, Real, Whole
from dreamzoom.tracks.base import Clock, Track
from dreamzoom.tracks.blend import Blend
from dreamzoom.tracks.parse import is_ever_set

OBJECTIVES: Final = ("l2", "balanced", "mean", "amplify", "guide", "look", "moments")
LOOKS: Final = ("look", "moments")
"""The objectives that climb a guide's look, of several layers."""

GUIDED: Final = ("guide", *LOOKS)
"""The objectives that need a guide."""

MOST_GOALS: Final = 16

LAYER: Final = LayerName(default="", help='the layer to dream from; "" is the model\'s own choice')
OBJECTIVE: Final = Choice(
    default="l2",
    choices=OBJECTIVES,
    help="make the layer's activations strong (balanced: what is rare as much as what is common; amplify: as "
    "cnn-vis does), high on average, like the guide's at each place, or like the guide's look as a whole "
    "(moments: by means and covariances instead of products)",
)
CHANNEL: Final = ChannelChoice(
    default=[],
    maximum=65_535,
    help="the layer's channels that count, negative weights for less of them; [] for all",
)
CLASS: Final = ClassChoice(
    default="",
    help="the class to dream of, by number or name, in place of a layer, its channels and an objective",
)
UNIT: Final = MovingPoint(
    default="",
    unit="of the frame's width and height",
    help='the one place of the layer that counts, [x, y] from the top left; "" for all places',
)
GUIDE: Final = FileText(
    default="",
    what="a picture's path or URL",
    help='the picture that the objectives "guide", "look" and "moments" follow',
    kind="guide",
)


@dataclass(frozen=True)
class Goal:
    """One of several things that a dream climbs at once."""

    layer: Blend[str] = LAYER.fading().field()
    objective: str = OBJECTIVE.field()
    channel: Blend[Channels] = CHANNEL.fading().field()
    class_: Blend[ClassName] = CLASS.fading().field()
    unit: TrackPair | None = UNIT.or_none().field()
    guide: Blend[str] = GUIDE.fading().field()
    weight: Track = Moving(
        default=1,
        minimum=-10,
        maximum=10,
        help="its share of a step beside the other goals' weights; below 0 for less and less of it",
    ).field()
    levels: int = Whole(
        default=4,
        minimum=1,
        maximum=16,
        unit="layers",
        help="with a guide's look: in how many layers, from the first of its kind up to this one",
    ).field()
    amplify_l1: float = Real(
        default=1.0, minimum=0.0, maximum=100.0, help="with amplify: the weight of the activations' sizes"
    ).field()
    amplify_l2: float = Real(
        default=1.0, minimum=0.0, maximum=100.0, help="with amplify: the weight of the activations themselves"
    ).field()
    amplify_clip: float = Real(
        default=5.0, minimum=0.001, maximum=1e6, help="with amplify: the activation that pulls most in l2"
    ).field()


def is_of_class(goal: Goal) -> bool:
    """Whether a goal is a class."""
    return any(each != "" for each in goal.class_.choices)


def row_faults(goals: Sequence[Goal]) -> Iterator[str]:
    """What is wrong with rows of goals."""
    for number, goal in enumerate(goals, 1):
        if goal == Goal(weight=goal.weight):
            yield f"goal {number} says nothing: give it a layer, a class or an objective"
        if is_of_class(goal) and any(goal.channel.choices):
            yield f"goal {number}: has a class and channels: leave one of them out"
        yield from (f"goal {number}: {key}: {fault}" for key, fault in faults_of(goal, ""))


def weights_fault(goals: Sequence[Goal], clock: Clock) -> str:
    """What is wrong with the weights of rows of goals over a clip; "" where nothing is.

    Raises:
        RecipeError: a weight leaves its range, or has no value at some frame.
    """
    if goals and not any(is_ever_set(goal.weight, clock) for goal in goals):
        return "all weights are 0 at every frame: nothing would be dreamed"
    return ""


def faults_of(goal: Goal, table: str) -> Iterator[tuple[str, str]]:
    """What is wrong with a goal, each with its key.

    Args:
        table: what stands before another key of the same goal.
    """
    if is_of_class(goal):
        if not all(each != "" for each in goal.class_.choices):
            yield "class", "needs a class at each of its keyframes"
        if any(goal.guide.choices):
            yield "guide", f"is not used where {table}class says what is dreamed of: leave one of them out"
        return
    yield from _guide_faults(goal, table)
    if goal.objective in LOOKS:
        for key, is_said in (("channel", any(goal.channel.choices)), ("unit", goal.unit is not None)):
            if is_said:
                yield key, f"is not used by {table}objective = {goal.objective!r}: leave one of them out"


def _guide_faults(goal: Goal, table: str) -> Iterator[tuple[str, str]]:
    guides = goal.guide.choices
    if goal.objective not in GUIDED:
        if any(guides):
            guided = " or ".join(repr(objective) for objective in GUIDED)
            yield "guide", f"is used by {table}objective = {guided} alone; set that too"
    elif not any(guides):
        yield "objective", f"{goal.objective!r} needs a picture; give one in {table}guide"
    elif not all(guides):
        yield "guide", "needs a picture at each of its keyframes"
