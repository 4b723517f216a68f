"""Pictures that a clip comes to, as its recipe says it: through which frames.

A picture has a share of each frame on the way, which rises smoothly from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from dreamzoom.errors import RecipeError
from dreamzoom.recipe.dissolves import dissolve_span
from dreamzoom.recipe.schema import SETTINGS, Recipe, value_of

ARRIVING: Final = frozenset({"clip.dissolve", "clip.end", "clip.end_over", "loop.close"})
"""The keys that decide what a clip comes to."""

MOTION: Final = ("camera.zoom", "camera.rotate", "camera.pan", "camera.target")
"""The keys that decide on which way."""

DISSOLVE: Final = "dissolve"
END: Final = "end"
ARRIVING_KINDS: Final = (DISSOLVE, END)
"""The kinds of pictures that come, as a clip's files of them are called."""

FRAME_ZERO: Final = "frame 0"
"""The kind of a closing clip's own first frame, which is no file beside the frames."""

_REST: Final = 1 / 32  # of the old picture at last, where one is dreamed over: else no dream would be left


@dataclass(frozen=True)
class Arrival:
    """The frames through which a clip comes to a picture.

    Attributes:
        kind: of the picture, as a clip's file of it is called.
        picture: what the recipe calls it.
        first: the last frame without any of it.
        last: the frame that it fills.
    """

    kind: str
    picture: str
    first: int
    last: int

    def is_within(self, before: int, frame: int) -> bool:
        """Whether the picture comes nearer from a frame to a later one."""
        return self.first < frame and before < self.last

    @property
    def is_final(self) -> bool:
        """Whether the clip ends in the picture as it is; else that is dreamed over."""
        return self.kind != DISSOLVE

    def share(self, frame: int) -> float:
        """The picture's share of what a frame shows, 0 to 1, where it is."""
        return (1 if self.is_final else 1 - _REST) * _smooth(self._way(frame))

    def strength(self, frame: int) -> float:
        """How long a dream's steps are at a frame, as a share of what they are without the picture."""
        return 1 - _smooth(self._way(frame)) ** 2 if self.is_final else 1.0

    def _way(self, frame: int) -> float:
        return min(max((frame - self.first) / (self.last - self.first), 0.0), 1.0)


def arrivals_of(recipe: Recipe) -> tuple[Arrival, ...]:
    """The arrivals of a recipe, in the order of their ends.

    Raises:
        RecipeError: there is no music that the times go by.
    """
    clock = recipe.clock
    spans = [(row, dissolve_span(row, clock)) for row in recipe.clip.dissolve]
    found = [Arrival(DISSOLVE, row.image, first, last) for row, (first, last) in spans]
    return (*sorted(found, key=lambda arrival: arrival.last), *_final_arrivals(recipe))


def stop_of_dreams(recipe: Recipe) -> int | None:
    """The frame at which a clip has come to its last picture, and nothing is dreamed any more; that of a clip
    that closes is the one after its last, which would be frame 0 again.
    """
    return next((arrival.last for arrival in _final_arrivals(recipe)), None)


def _final_arrivals(recipe: Recipe) -> Iterator[Arrival]:
    clip, fps = recipe.clip, recipe.clip.fps
    if clip.end:
        last = clip.frames - 1
        yield Arrival(END, clip.end, last - round(clip.end_over * fps), last)
    if recipe.loop.close:
        yield Arrival(FRAME_ZERO, "", clip.frames - round(recipe.loop.close * fps), clip.frames)


def require_arrivals(recipe: Recipe) -> None:
    """See that a clip, whose length and song are known, can come to its pictures. Raises a RecipeError."""
    if faults := [f"{key}: {fault}" for key, fault in arrival_faults(recipe)]:
        raise RecipeError("; ".join(faults))


def arrival_faults(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """What is wrong with the arrivals, each with its key. Raises as `arrivals_of`."""
    if recipe.loop.is_endless:
        if given := [key for key in sorted(ARRIVING) if key != "clip.end_over" and value_of(recipe, key)]:
            other = f"leave out loop.depth, or {' and '.join(given)}"
            yield "loop.depth", f"a loop comes to where it began by itself, and to no other picture: {other}"
        return
    frames, clock = recipe.clip.frames, recipe.clock
    yield from _final_faults(recipe)
    for number, row in enumerate(recipe.clip.dissolve, 1):
        where = f"dissolve {number}"
        if not row.image:
            yield "clip.dissolve", f"{where}: image: needs a picture; give one"
            continue
        first, last = dissolve_span(row, clock)
        at, over = row.at.source, row.over.source
        if not 0 <= first < frames - 1:
            yield "clip.dissolve", f"{where}: at: {at} is frame {first}: must be one of the clip's {frames}"
        elif last <= first:
            yield "clip.dissolve", f"{where}: over: {over} is no frame long: must be one at least"
        elif last > frames:
            late = f"{over} ends at frame {last}, after the clip's {frames}: choose less, or more frames"
            yield "clip.dissolve", f"{where}: over: {late}"
        elif (fault := _motion_fault(recipe, last)) is not None:
            yield fault


def _final_faults(recipe: Recipe) -> Iterator[tuple[str, str]]:
    clip, loop = recipe.clip, recipe.loop
    if clip.end and loop.close:
        yield "loop.close", "is not used beside clip.end, which is not frame 0: leave one of them out"
    for arrival in _final_arrivals(recipe):
        key, seconds = ("clip.end_over", clip.end_over) if clip.end else ("loop.close", loop.close)
        if arrival.last <= arrival.first:
            yield key, f"{seconds:g} s are no frame long: must be one at least"
        elif arrival.first < 0:
            there = arrival.last / float(clip.fps)
            yield key, f"{seconds:g} s are more than the clip's {there:.3g}: choose less, or more frames"
        elif (fault := _motion_fault(recipe, arrival.last)) is not None:
            yield fault


def _motion_fault(recipe: Recipe, frame: int) -> tuple[str, str] | None:
    """What is wrong with the camera at a frame right after the clip's last, which a way leads to."""
    if frame < recipe.clip.frames:
        return None  # which is checked as every frame is
    longer = replace(recipe.clock, frames=frame + 1)
    for key in MOTION:
        try:
            SETTINGS[key].check(value_of(recipe, key), longer)
        except RecipeError as error:
            return key, f"{error}, which the way to the picture leads to"
    return None


def progress_of(recipe: Recipe) -> Callable[[int], object]:
    """From a frame to all that the arrivals decide of it from the frame before, to be compared.

    On its way a picture is seen as the whole motion up to its arrival has it.
    """
    arrivals = arrivals_of(recipe)

    @cache
    def motion(arrival: Arrival) -> object:
        tracks = [track for key in MOTION for track in SETTINGS[key].tracks(value_of(recipe, key))]
        curves = [track.bind(recipe.clock) for track in tracks]
        frames = range(arrival.first + 1, arrival.last + 1)
        return arrival, [[curve(frame) for curve in curves] for frame in frames]

    def progress(frame: int) -> object:
        return [
            motion(arrival) if arrival.is_within(frame - 1, frame) else (arrival.kind, arrival.picture)
            for arrival in arrivals
            if arrival.first < frame
        ]

    return progress


def _smooth(way: float) -> float:
    return way * way * (3 - 2 * way)
