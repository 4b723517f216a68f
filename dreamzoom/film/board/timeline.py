"""When each scene of a storyboard begins and ends, to the frame.

Every moment is reckoned exactly, and brought to the nearest frame by itself: nothing adds up over a film.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Final, cast

from dreamzoom.errors import RecipeError, RequestError
from dreamzoom.film.board.reading import noting
from dreamzoom.film.board.storyboard import OVER, Storyboard, StoryScene
from dreamzoom.film.board.times import end_of, frame_at, in_words, start_of
from dreamzoom.film.plan import CUT, DREAM, Transition
from dreamzoom.film.transitions import require_transitions
from dreamzoom.recipe.schema import SETTINGS
from dreamzoom.recipe.settings import Whole
from dreamzoom.tracks.base import Clock
from dreamzoom.video.sound import frames_for


@dataclass(frozen=True)
class SceneSpan:
    """Where a scene is in its film.

    Attributes:
        first, stop: its first frame, and the one after its last, which a transition from it goes on to.
        transition: from the scene before, or from black.
    """

    first: int
    stop: int
    transition: Transition


@dataclass(frozen=True)
class Timeline:
    """A film's frames.

    Attributes:
        frames: how many there are.
        spans: of the scenes; None for one that could not be placed.
    """

    frames: int
    spans: tuple[SceneSpan | None, ...]


@dataclass(frozen=True)
class _Placed:
    """A scene's own time in seconds, before transitions; `ends` is whether it says so itself."""

    scene: StoryScene
    start: Fraction
    end: Fraction
    ends: bool
    over: Fraction


_COUNT: Final = cast(Whole, SETTINGS["clip.frames"])


def place_scenes(board: Storyboard, clock: Clock, song_end: Fraction | None, faults: list[str]) -> Timeline:
    """Place a storyboard's scenes; what is wrong with them is added to `faults`.

    Args:
        clock: of the film, with what it hears.
        song_end: when in the film its song has ended, in seconds.
    """
    times = _own_times(board, clock, faults)
    end = _film_end(board, clock, song_end, [stop for _, stop in times], faults)
    if end is None:
        return Timeline(1, (None,) * len(board.scenes))
    is_songs = song_end is not None and board.film.length is None
    frames = frames_for(end, clock.fps) if is_songs else frame_at(end, clock.fps)
    if not frames and board.film.length is None:  # each of its scenes is told of
        frames = 1
    if not _COUNT.holds(frames):
        faults.append(f"film.length: comes to {frames} frames: must be {_COUNT.span()}")
        return Timeline(1, (None,) * len(board.scenes))
    placed = _with_ends(board, times, end, clock, faults)
    for each in placed:
        if each is not None:
            faults += _faults_of_one(each, end, frames, clock, "its song" if is_songs else "")
    for before, after in pairwise(placed):
        if before is not None and after is not None:
            faults += _faults_of_two(before, after, clock)
    return Timeline(frames, _spans(placed, end, frames, clock))


def _own_times(
    board: Storyboard, clock: Clock, faults: list[str]
) -> list[tuple[Fraction | None, Fraction | None]]:
    """When each scene begins and ends as far as it says so itself, or by the one before it."""
    times: list[tuple[Fraction | None, Fraction | None]] = []
    is_told = True  # whether a scene that says nothing is the fault of the one before it
    before: Fraction | None = Fraction(0)
    for number, scene in enumerate(board.scenes):
        start = before
        if scene.settings.start is not None:
            start = None
            with noting(faults, f"{scene.place}: start"):
                start = start_of(scene.settings.start, clock)
        elif start is None and is_told and number:
            faults.append(
                f"{scene.place}: start: nobody knows when it begins: say so, or how long "
                f"{board.scenes[number - 1].place} is"
            )
        length, end = scene.settings.length, None
        if length is not None and start is not None:
            with noting(faults, f"{scene.place}: length"):
                end = end_of(start, length, clock)
        is_told = length is None and start is not None
        times.append((start, end))
        before = end
    return times


def _film_end(
    board: Storyboard,
    clock: Clock,
    song_end: Fraction | None,
    ends: Sequence[Fraction | None],
    faults: list[str],
) -> Fraction | None:
    """When the film ends, in seconds."""
    if board.film.length is not None:
        with noting(faults, "film.length"):
            return end_of(Fraction(0), board.film.length, clock)
        return None
    if song_end is not None or board.soundtrack.song:
        return song_end
    if ends and ends[-1] is not None:
        return max(end for end in ends if end is not None)
    if ends and board.scenes[-1].settings.length is None:
        faults.append(
            f"{board.scenes[-1].place}: length: nobody knows when the film ends: give one, or film.length, "
            "or a song"
        )
    return None


def _with_ends(
    board: Storyboard,
    times: Sequence[tuple[Fraction | None, Fraction | None]],
    film_end: Fraction,
    clock: Clock,
    faults: list[str],
) -> list[_Placed | None]:
    """The scenes that begin at a known time, each up to its end, the next scene's start or the film's end."""
    placed: list[_Placed | None] = []
    for number, (scene, (start, end)) in enumerate(zip(board.scenes, times, strict=True)):
        until = end
        if until is None:
            until = film_end if number + 1 == len(times) else times[number + 1][0]
        over: Fraction | None = Fraction(0)
        if start is not None and kind_of(scene, number) != CUT:
            over = None
            with noting(faults, f"{scene.place}: over"):
                over = end_of(start, scene.settings.over or OVER, clock) - start
            if over is not None and until is not None and _may_be_shorter(scene, number):
                over = min(over, max(until - start, Fraction(0)))
        is_lost = start is None or until is None or over is None
        if is_lost or (end is None and scene.settings.length is not None):
            placed.append(None)
            continue
        assert start is not None and until is not None and over is not None  # noqa: S101, PT018 - just seen
        placed.append(_Placed(scene, start, until, end is not None, over))
    return placed


def kind_of(scene: StoryScene, number: int) -> str:
    """How a scene begins that may not say so: without a picture the film goes on.

    Args:
        number: which it is, from 0.
    """
    said = scene.settings.transition
    return said or (CUT if scene.settings.image or not number else DREAM)


def _may_be_shorter(scene: StoryScene, number: int) -> bool:
    """Whether nobody said how long a scene takes to go on with the one before it."""
    return bool(number) and not scene.settings.image and scene.settings.over is None


def _faults_of_one(each: _Placed, end: Fraction, frames: int, clock: Clock, whose: str) -> list[str]:
    """What is wrong with a scene's own time."""
    place, fps = each.scene.place, clock.fps
    first, stop = frame_at(each.start, fps), frame_at(each.end, fps)
    ends = f"the film ends at {in_words(end)}" + (f" with {whose}" if whose else "")
    if each.start < 0:
        return [f"{place}: start: is {in_words(-each.start)} before the film begins"]
    if first >= frames:
        return [f"{place}: start: is at {in_words(each.start)}, and {ends}"]
    if each.ends and stop > frames:
        return [f"{place}: length: lasts until {in_words(each.end)}, and {ends}: leave it out, or shorten it"]
    if stop <= first:
        begins, lasts = in_words(each.start), in_words(each.end)
        return [f"{place}: lasts no frame: it begins at {begins} and ends at {lasts}"]
    over = frame_at(each.start + each.over, fps) - first
    if over > stop - first:
        return [
            f"{place}: over: its transition takes {float(each.over):.2f} s, and it lasts "
            f"{float(each.end - each.start):.2f} s"
        ]
    return []


def _faults_of_two(before: _Placed, after: _Placed, clock: Clock) -> list[str]:
    """What is wrong with two scenes of which one follows the other."""
    place = after.scene.place
    if after.start < before.start:
        return [
            f"{place}: start: is at {in_words(after.start)}, before {before.scene.place}, at "
            f"{in_words(before.start)}: scenes stand in the order of their starts"
        ]
    first = frame_at(after.start, clock.fps)
    if frame_at(before.end, clock.fps) > max(first, frame_at(after.start + after.over, clock.fps)):
        return [
            f"{place}: start: is at {in_words(after.start)}, and {before.scene.place} lasts until "
            f"{in_words(before.end)}: they overlap by more than a transition takes"
        ]
    if frame_at(before.end, clock.fps) < first and kind_of(after.scene, 1) == DREAM:
        return [
            f"{place}: goes on with the dream of {before.scene.place}, which ends at {in_words(before.end)}, "
            f"before it begins at {in_words(after.start)}"
        ]
    goes_on = kind_of(after.scene, 1) == DREAM  # which the scene before has no part in
    if not goes_on and after.over > before.end - before.start > 0 and before.end >= after.start:
        return [
            f"{place}: over: its transition takes {float(after.over):.2f} s, and {before.scene.place} lasts "
            f"{float(before.end - before.start):.2f} s"
        ]
    return []


def _spans(
    placed: Sequence[_Placed | None], end: Fraction, frames: int, clock: Clock
) -> tuple[SceneSpan | None, ...]:
    spans: list[SceneSpan | None] = []
    for number, each in enumerate(placed):
        if each is None:
            spans.append(None)
            continue
        first = frame_at(each.start, clock.fps)
        stop = frames if each.end == end else min(frame_at(each.end, clock.fps), frames)
        over = min(frame_at(each.start + each.over, clock.fps), frames) - first
        span = SceneSpan(first, stop, Transition(kind_of(each.scene, number), max(over, 0)))
        before = spans[-1] if spans else None
        if before is not None and before.stop >= first:
            lasts = 0 if span.transition.kind == DREAM else span.transition.frames
            spans[-1] = replace(before, stop=first + lasts)
        spans.append(span)
    return tuple(span if span is not None and span.stop > span.first else None for span in spans)


def require_kind(scene: StoryScene, number: int) -> None:
    """See that a scene can begin as it says.

    Raises:
        RecipeError: it cannot; the key is named.
        VideoError: there is no ffmpeg.
    """
    said, settings = scene.settings.transition, scene.settings
    try:
        require_transitions([said] if said else [])
    except RequestError as error:
        raise RecipeError(f"transition: {error}") from error
    if not number and said == DREAM:
        raise RecipeError("transition: 'dream' goes on with the scene before, and this is the first one")
    if number and not settings.image and said not in ("", DREAM):
        raise RecipeError(
            f"transition: {said!r} needs an image; without one the film goes on with the scene before"
        )
    if settings.over is not None and kind_of(scene, number) == CUT:
        raise RecipeError("over: is not used: a cut takes no time")
