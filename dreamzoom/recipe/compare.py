"""At which frame two recipes begin to make another picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from dreamzoom.recipe.arrivals import ARRIVING, progress_of
from dreamzoom.recipe.build import differing_keys
from dreamzoom.recipe.points import AUTO
from dreamzoom.recipe.regions import RegionSettings
from dreamzoom.recipe.schema import SETTINGS, Recipe, raw_value, value_of
from dreamzoom.tracks.constant import Constant

_Regions: TypeAlias = "tuple[RegionSettings, ...]"

COMPUTED_ON = frozenset({"model.engine", "model.precision", "model.device"})
"""Where a clip is computed: two runs of one clip may differ in it, and bytes may differ from there on."""

# What time means to a clip. It decides pixels through the tracks, and those are compared by value.
_TIME = frozenset({"clip.frames", "clip.fps"})

SOUNDING = frozenset({"music.sound", "music.fade_in", "music.fade_out"})
"""What decides how a clip's video sounds, and none of its pixels."""

# What decides where beats and bars are, and pixels through the tracks alone.
_HEARING = frozenset(
    f"music.{name}"
    for name in ("tempo", "beats_per_bar", "map", "shift", "start", "delay", "stems", "series")
)

# What decides how a loop closes, and nothing where there is none.
_OF_A_LOOP = frozenset(f"loop.{name}" for name in ("turns", "spiral", "dreams", "columns"))

# What decides where a loop's frames look into its picture, and nothing of that; the target does both.
_OF_THE_WAY = frozenset(
    {"loop.turns"}
    | {f"camera.{name}" for name in ("zoom", "rotate", "pan", "every", "interpolation", "mirrors")}
)

_MOVING = frozenset(key for key, setting in SETTINGS.items() if setting.moves)


def deciding_keys(one: Recipe, other: Recipe) -> list[str]:
    """The dotted keys in which two recipes differ, but for where they are computed."""
    return [key for key in differing_keys(one, other) if key not in COMPUTED_ON]


def first_difference(one: Recipe, other: Recipe, frames: range) -> int | None:
    """The first of `frames` that two recipes make otherwise from the same frame before; None if there is
    none.

    Tracks are compared by their values at each frame, bit for bit. Another value of a key that is no track
    counts from the first frame on, but that of a region from where it is there; of a loop, whose frames are
    one round, any other value counts from the first frame on.
    """
    if not (one.loop.is_endless or other.loop.is_endless) and (shared := _shared_regions(one, other)):
        return _with_other_regions(one, other, shared[0], frames)
    differing = set(deciding_keys(one, other))
    if one.loop.is_endless or other.loop.is_endless:
        return next(iter(frames), None) if differing - SOUNDING else None
    differing -= _OF_A_LOOP | ARRIVING
    still = {key for key in differing & _MOVING if _still(one, key) != _still(other, key)}
    keys = (differing - _MOVING - SOUNDING - _HEARING) | still
    if keys - _TIME or ("clip.fps" in keys and (_counts_seconds(one) or _counts_seconds(other))):
        return next(iter(frames), None)
    pairs = zip(frames, _values(one, frames), _values(other, frames), strict=True)
    return next((frame for frame, left, right in pairs if left != right), None)


def _shared_regions(one: Recipe, other: Recipe) -> tuple[_Regions] | None:
    """The regions that two recipes have alike, where all others come and go; None where they are the same, or
    others are always there.
    """
    rows, others = one.dream.region, other.dream.region
    kept = tuple(row for row in rows if row in others)
    own = [row for row in (*rows, *others) if row not in kept]
    in_order = kept == tuple(row for row in others if row in rows)
    comes_and_goes = not any(isinstance(row.there, Constant) for row in own)
    return (kept,) if own and in_order and comes_and_goes else None


def _with_other_regions(one: Recipe, other: Recipe, kept: _Regions, frames: range) -> int | None:
    """The first difference of recipes whose regions differ: before one is there that only one of them has,
    frames are made with the others alone.
    """
    shares = [
        row.there.bind(recipe.clock)
        for recipe in (one, other)
        for row in recipe.dream.region
        if row not in kept
    ]
    until = next((frame for frame in frames if any(share(frame) for share in shares)), None)
    before = frames if until is None else range(frames.start, until)
    alike, as_alike = (replace(each, dream=replace(each.dream, region=kept)) for each in (one, other))
    found = first_difference(alike, as_alike, before)
    return until if found is None else found


def _still(recipe: Recipe, key: str) -> object:
    """What of a moving key's value is the same at every frame."""
    return SETTINGS[key].still(value_of(recipe, key))


def _counts_seconds(recipe: Recipe) -> bool:
    """Whether what is no track goes by the clock: a wandering dream, a camera that finds its own target."""
    return recipe.camera.target == AUTO or raw_value(recipe, "dream.wander") != 0


def _values(recipe: Recipe, frames: range) -> Iterator[list[object]]:
    """All that moves in a recipe, at each of `frames`."""
    curves = [*_curves(recipe), progress_of(recipe)]
    return ([curve(frame) for curve in curves] for frame in frames)


def _curves(recipe: Recipe) -> Iterator[Callable[[int], object]]:
    # A camera that finds its own target has no track there: two recipes' lists then differ in length.
    for key in sorted(_MOVING - ARRIVING):
        for track in SETTINGS[key].tracks(value_of(recipe, key)):
            yield track.bind(recipe.clock)


def dream_alike(one: Recipe, other: Recipe) -> bool:
    """Whether two recipes of loops, whose pictures are of one size, dream the same picture: all that moves is
    as at frame 0 there.
    """
    differing = set(deciding_keys(one, other)) - _OF_THE_WAY - _TIME - SOUNDING - _HEARING
    if any(_still(one, key) != _still(other, key) for key in differing & _MOVING) or differing - _MOVING:
        return False
    moving = sorted(_MOVING - _OF_THE_WAY)
    return [_at_first(one, key) for key in moving] == [_at_first(other, key) for key in moving]


def _at_first(recipe: Recipe, key: str) -> list[object]:
    return [track.bind(recipe.clock)(0) for track in SETTINGS[key].tracks(value_of(recipe, key))]
