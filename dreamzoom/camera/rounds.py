"""The camera's way round a loop, which ends where it began.

A loop's frames are one round. How deep it goes, and how often it turns meanwhile, the recipe's table [loop]
says; the camera's tracks say at what pace:

* `zoom`: a frame's share of the whole round is its share of all that the tracks would have magnified. Below 1
  the camera draws back.
* `rotate`: what varies of it swings about the steady turn, and its mean is left out.
* `target`: where on the screen the middle of the fall is; what it would have drifted by in a round is left
  out.

What leads from one frame to the next is the later one's, and from the last to the first it is the first's.
All is exact: the frame after the last has the first one's place to the bit.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from typing import Final, TypeVar

from dreamzoom.camera.aim import CENTRE, Point
from dreamzoom.camera.similarity import Similarity
from dreamzoom.errors import RecipeError
from dreamzoom.recipe.points import AUTO
from dreamzoom.recipe.schema import Recipe
from dreamzoom.tracks.base import Curve

_Number = TypeVar("_Number", int, float)

_ONE: Final = 2**60  # to which logarithms are counted, so that their sums are exact
_LEAST_WAY: Final = 0.05  # of all that a camera goes to and fro, that it has to come closer in a round
_FULL_TURN: Final = 360


@dataclass(frozen=True)
class CameraRound:
    """A round, frame by frame.

    Attributes:
        size: width and height of the frames, in pixels.
        growth: the logarithm of what the whole round magnifies and turns a frame by, `turns` aside.
        turns: whole turns in the round, clockwise.
        ways: of each frame, what was gone up to there; below 0 where it draws back.
        whole: what is gone in the round, below 0 likewise.
        swings: of each frame, by how much it has swung from the steady turn, in degrees clockwise.
        targets: of each frame, x and y in fractions of the frame; empty where the camera finds it by itself.
    """

    size: tuple[int, int]
    growth: complex
    turns: int
    ways: Sequence[int]
    whole: int
    swings: Sequence[float]
    targets: Sequence[Point]

    @property
    def frames(self) -> int:
        """How many frames the round has."""
        return len(self.ways)

    def deeper(self, frame: int) -> Fraction:
        """How far into the round it is at a frame, 0 to less than 1."""
        return Fraction(self.ways[frame % self.frames], abs(self.whole)) % 1

    def turned(self, frame: int) -> Fraction:
        """By what part of a turn the picture is turned clockwise at a frame, 0 to less than 1."""
        place = frame % self.frames
        return (Fraction(place * self.turns, self.frames) + Fraction(self.swings[place]) / _FULL_TURN) % 1

    def target(self, frame: int, found: Point | None = None) -> Point:
        """Where on the screen the middle of the fall is.

        Args:
            found: where the camera has found it, if it looks by itself.
        """
        return self.targets[frame % self.frames] if self.targets else found or CENTRE

    def motion_into(self, frame: int, found: Point | None = None) -> Similarity:
        """Where the camera moves the picture from the frame before to this one, in pixels.

        Args:
            frame: any, before the first and after the last too.
            found: as for `target`.
        """
        now, before = frame % self.frames, (frame - 1) % self.frames
        way = self.ways[now] - self.ways[before] + (0 if now else self.whole)
        turn = _FULL_TURN * self.turns / self.frames + self.swings[now] - self.swings[before]
        factor = cmath.exp(way / abs(self.whole) * self.growth + 1j * math.radians(turn))
        return Similarity(factor, self._middle(now, found) - factor * self._middle(before, found))

    def _middle(self, frame: int, found: Point | None) -> complex:
        (width, height), (x, y) = self.size, self.target(frame, found)
        return complex(x * width - 0.5, y * height - 0.5)


def round_of(recipe: Recipe) -> CameraRound:
    """The round of a recipe that has a loop.

    Raises:
        RecipeError: its camera comes no closer and draws back no further, or a track has no value.
    """
    return _round_of(recipe, id(recipe.heard))


@lru_cache(8)  # a motion is asked for frame by frame
def _round_of(recipe: Recipe, _heard: int) -> CameraRound:
    camera, clock, loop = recipe.camera, recipe.clock, recipe.loop
    frames, size = recipe.clip.frames, recipe.clip.size
    growths = [round(math.log(value) * _ONE) for value in map(camera.zoom.bind(clock), range(frames))]
    whole = sum(growths)
    if abs(whole) < max(1, _LEAST_WAY * sum(map(abs, growths))):
        raise RecipeError(
            "camera.zoom: comes no closer in a round, and draws back no further: a loop goes one way in all, "
            "above 1 it comes closer, below 1 it draws back"
        )
    rates = list(map(camera.rotate.bind(clock), range(frames)))
    whole_turn = math.fsum(rates)
    swings = _sums([rate - whole_turn / frames for rate in rates])
    targets: Sequence[Point] = ()
    if not isinstance(camera.target, str):
        across, down = (_without_drift(track.bind(clock), frames) for track in camera.target)
        targets = list(zip(across, down, strict=True))
    return CameraRound(
        size=(size.width, size.height),
        growth=_growth(recipe),
        turns=round(whole_turn / _FULL_TURN) if loop.turns == AUTO else int(loop.turns),
        ways=_sums(growths),
        whole=whole,
        swings=swings,
        targets=targets,
    )


def _growth(recipe: Recipe) -> complex:
    """The logarithm of what a round magnifies a frame by; a spiral turns it too, see `loop.torus`."""
    depth = math.log(recipe.loop.depth)
    return depth / (1 + recipe.loop.spiral * depth / (2j * math.pi))


def _sums(steps: Sequence[_Number]) -> list[_Number]:
    """Where each frame is that a step leads into; the first one's leads there from the last frame."""
    return [total - steps[0] for total in accumulate(steps)]


def _without_drift(curve: Curve, frames: int) -> list[float]:
    """A share over the frames, without what it drifts by from the first to the one after the last."""
    begin = curve(0)
    drift = (curve(frames) - begin) / frames
    return [min(max(curve(frame) - drift * frame, 0.0), 1.0) for frame in range(frames)]
