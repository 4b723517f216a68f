"""A draft: the same journey, small and at few frames a second.

A draft has half the sides and a third of the frames a second. What moves in it moves as far in a second, and
each of its frames shows what the final shows at that moment:

* Motion per frame becomes motion per draft frame: three times as far, or to the third power for zoom. Motion
  per second, and all that is in fractions of the frame, is as it was.
* Times in frames become the same times in seconds; formulas reckon with the final's frames and rate.
* Octaves are anchored at the smallest one. It has the final's size in pixels, so that the network sees the
  same there; the largest ones, which add fine detail, are left out. Jitter, in pixels, is then as it was.
* A draft dreams less often, so each dream but the first is longer: it takes as many steps in a second. What
  is left of a colour that runs away is the same after a second. The guard looks as often, and its nudges
  last as long and push as far.
* A loop's picture is as much smaller as its frames are, and is dreamed as often.

How near a draft is, as the correlation of 32x24 luma thumbnails after two seconds (192x144 at 12 frames a
second, fire6, a cloudscape): 0.86 with colours running free, 0.89 held. The final itself with one other
number, its jitter, is as near: 0.87 and 0.91. With all four octaves instead of the two that are anchored
a draft comes to 0.79 and 0.85; with as many steps a dream as the final it has 12 % less contrast.

A draft frame moves three times as far as the middle one of the final's three: exact where motion is steady
or changes evenly, and at a jump no further off than one of the final's frames at the other speed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from dreamzoom.errors import RecipeError
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.dissolves import WrittenTime
from dreamzoom.recipe.rows import TableRows
from dreamzoom.recipe.schema import SETTINGS, TABLES, Recipe, value_of
from dreamzoom.recipe.settings import Ranged, Setting
from dreamzoom.recipe.units import SLOWEST_RATE, SMALLEST_SIDE, Size
from dreamzoom.tracks.base import Clock, Kind, Source, Track
from dreamzoom.tracks.blend import Blend
from dreamzoom.tracks.constant import Constant
from dreamzoom.tracks.expression import Expression
from dreamzoom.tracks.keyframes import Keyframe, Keyframes
from dreamzoom.tracks.timing import Unit, read_time

_TIME: Final = re.compile(r"\b(?:t|n|N|fps)\b")
_UNIT: Final = re.compile(r"/\s*(?:s|frame)\s*$")


@dataclass(frozen=True)
class Change:
    """What becomes of a value, as a number and as a formula with the old one in the place of `{}`."""

    number: Callable[[float], float]
    formula: str


def change_of(kind: Kind, ratio: int) -> Change:
    """What becomes of a value that was for one frame, where one frame stands for `ratio` of them."""
    if kind is Kind.FACTOR:
        return Change(lambda number: number**ratio, f"({{}})**{ratio}")
    if kind is Kind.RATE:
        return Change(lambda number: number * ratio, f"({{}})*{ratio}")
    return Change(lambda number: number, "{}")


def retime_track(
    track: Track, ratio: int, clock: Clock, change: Change, lag: Fraction = Fraction(0)
) -> Source:
    """The track as it is written for a clip whose every frame stands for `ratio` of this clip's.

    What is meant per second stays as it is.

    Args:
        clock: of the clip that the track was written for.
        change: what becomes of the values that are not.
        lag: by how many of that clip's frames the new track is to be later.
    """
    if isinstance(track, Constant):
        return track.source if track.quantity.per_second else change.number(track.quantity.number)
    if isinstance(track, Keyframes):
        return {retime_key(each.key, clock, lag): _keyframe(each, change) for each in track.keyframes}
    if isinstance(track, Expression):
        return _formula(track, ratio, change, lag)
    return track.source


def retime_key(key: str, clock: Clock, lag: Fraction = Fraction(0)) -> str:
    """A keyframe's time in frames of `clock` as one in seconds, so many of those frames later."""
    if key == "ease" or (read_time(key).unit is not Unit.FRAME and not lag):
        return key
    return f"{_decimal(max((read_time(key).position(clock) + lag) / clock.fps, Fraction(0)))}s"


def _decimal(seconds: Fraction) -> str:
    """To the nanosecond, which is as exact as a time can be written."""
    return f"{float(seconds):.9f}".rstrip("0").rstrip(".")


def _keyframe(keyframe: Keyframe, change: Change) -> object:
    quantity = keyframe.quantity
    value = f"{quantity.number!r}/s" if quantity.per_second else change.number(quantity.number)
    return value if keyframe.ease == "linear" else {"value": value, "ease": keyframe.ease}


def _formula(track: Expression, ratio: int, change: Change, lag: Fraction) -> str:
    """The formula with the other clip's time in the place of the new one's."""
    late = float(lag)
    there = {
        "t": f"max(t - {late}/(fps*{ratio}), 0)" if lag else "t",
        "n": f"max(n*{ratio} - {late}, 0)" if lag else f"(n*{ratio})",
        "N": f"(N*{ratio})",
        "fps": f"(fps*{ratio})",
    }
    text = _TIME.sub(lambda name: there[name[0]], track.source)
    return text if track.unit == "s" else change.formula.format(_UNIT.sub("", text))


_SIDES: Final = Fraction(1, 2)
_FRAMES: Final = 3  # of the final for one of the draft
_FEWEST_OF_A_ROUND: Final = 2  # frames


def make_draft(recipe: Recipe) -> Recipe:
    """The recipe of a draft.

    Where motion is so fast that no recipe allows that much of it in one of a draft's frames, the draft has
    more frames a second.
    """
    for ratio in draft_ratios(recipe.clip.fps)[:-1]:
        try:
            return draft_at(recipe, ratio)
        except RecipeError:
            continue
    return draft_at(recipe, 1)


def draft_ratios(fps: Fraction) -> range:
    """How many frames of a final may be one of its draft, the most first."""
    return range(max(1, min(_FRAMES, int(fps / SLOWEST_RATE))), 0, -1)


@dataclass(frozen=True)
class _Timing:
    """How a draft's time goes.

    Attributes:
        ratio: frames of the final for one of the draft.
        every: the draft's `camera.every`.
        dreams: dreams of the final for one of the draft.
        clock: the final's.
    """

    ratio: int
    every: int
    dreams: Fraction
    clock: Clock


def draft_at(recipe: Recipe, ratio: int, size: Size | None = None) -> Recipe:
    """The recipe of a draft whose every frame stands for `ratio` of the final's.

    Args:
        size: of its frames, of the final's shape; None for half the sides.

    Raises:
        RecipeError: motion is so fast that no recipe allows that much of it in one frame.
    """
    every = max(1, round(recipe.camera.every / ratio))
    dreams = Fraction(every * ratio, recipe.camera.every)
    if recipe.loop.is_endless:  # whose picture is dreamed as often
        every, dreams = 1, Fraction(1)
    timing = _Timing(ratio, every, dreams, recipe.clock)
    tables = {
        table: {name: _drafted_key(recipe, f"{table}.{name}", timing) for name in names}
        for table, names in TABLES.items()
    }
    size = draft_size(recipe.clip.size) if size is None else size
    octaves, scale = _anchored(recipe, size)
    tables["clip"] |= {
        "size": str(size),
        "fps": str(recipe.clip.fps / ratio),
        "frames": max(-(-recipe.clip.frames // ratio), _FEWEST_OF_A_ROUND if recipe.loop.is_endless else 1),
    }
    if recipe.clip.end:  # the last frame is up to two of the final's earlier
        whole = (-(-recipe.clip.frames // ratio) - 1) * ratio / recipe.clip.fps
        tables["clip"]["end_over"] = min(recipe.clip.end_over, float(whole))
    tables["dream"] |= {
        "octaves": octaves,
        "octave_scale": scale,
        "iterations": _iterations(recipe.dream.iterations, timing),
        "region": [
            {**raw, "hold": _held(region.hold, timing)}
            for raw, region in zip(_regions(recipe, timing), recipe.dream.region, strict=True)
        ],
    }
    tables["camera"] |= {"every": every}
    tables["loop"] |= {"columns": round(recipe.loop.columns * size.width / recipe.clip.size.width)}
    tables["guard"] |= {
        "span": round(_within("guard.span", recipe.guard.span / timing.dreams)),
        "amount": _within("guard.amount", recipe.guard.amount * timing.dreams),
    }
    tables["colour"] |= {
        "hold": _held(recipe.colour.hold, timing),
        "even": _held(recipe.colour.even, timing),
    }
    return build_recipe(tables, heard=recipe.heard)


def draft_size(size: Size) -> Size:
    """The size of a draft of a clip: half of its sides, as far as frames may be so small."""
    scale = min(Fraction(1), max(_SIDES, Fraction(SMALLEST_SIDE, min(size.width, size.height))))
    return Size(round(size.width * scale), round(size.height * scale))


def _anchored(recipe: Recipe, size: Size) -> tuple[int, float]:
    """How many octaves lead down to the smallest one of the final, and by what scale.

    Where all the final's octaves are larger than the draft, one is left.
    """
    scale = recipe.dream.octave_scale
    smaller = size.width / recipe.clip.size.width
    ways = smaller * scale ** (recipe.dream.octaves - 1)  # from the smallest to the draft's size
    steps = round(math.log(ways, scale)) if ways > 1 else 0
    if steps == 0:
        return 1, scale
    return steps + 1, _within("dream.octave_scale", ways ** (1 / steps))


def _regions(recipe: Recipe, timing: _Timing) -> list[dict[str, object]]:
    """The regions' raw values in the draft."""
    setting: Any = SETTINGS["dream.region"]
    rows: list[dict[str, object]] = setting.changed(
        recipe.dream.region, lambda _, each, held: _drafted(each, held, timing)
    )
    return rows


def _drafted_key(recipe: Recipe, key: str, timing: _Timing) -> object:
    return _drafted(SETTINGS[key], value_of(recipe, key), timing)


def _drafted(setting: Setting[Any], value: Any, timing: _Timing) -> object:
    """A key's raw value in the draft: all that moves is written for its time."""
    if isinstance(setting, TableRows):
        return setting.changed(value, lambda _, each, held: _drafted(each, held, timing))
    raw = setting.dump(value)
    if isinstance(value, WrittenTime):
        return retime_key(str(raw), timing.clock)
    if isinstance(value, Constant | Keyframes | Expression):
        return _retimed(value, timing)
    if isinstance(value, tuple) and setting.moves:  # a point
        return [_retimed(track, timing) for track in value]
    if isinstance(value, Blend) and isinstance(raw, Mapping):
        repeat = {"repeat": retime_key(str(raw["repeat"]), timing.clock)} if "repeat" in raw else {}
        times = {retime_key(str(time), timing.clock): each for time, each in raw.items() if time != "repeat"}
        return times | repeat
    return raw


def _retimed(track: Constant | Keyframes | Expression, timing: _Timing) -> Source:
    """A track in the draft's time; motion as it is in the middle of the frames that one stands for."""
    lag = Fraction(0) if track.kind is Kind.LEVEL else Fraction(timing.ratio - 1, 2)
    return retime_track(track, timing.ratio, timing.clock, change_of(track.kind, timing.ratio), lag)


def _iterations(track: Track, timing: _Timing) -> Source:
    """As many steps in a second; in the first dream, before which there was no time, as many as it had."""
    if timing.dreams == 1:
        return retime_track(track, timing.ratio, timing.clock, change_of(Kind.LEVEL, timing.ratio))
    limits, more = _range("dream.iterations"), timing.dreams
    change = Change(
        lambda steps: limits.limit(steps * float(more)),
        f"clamp(({{}})*({more}), {limits.minimum}, {limits.maximum})",
    )
    later = retime_track(track, timing.ratio, timing.clock, change)
    return _after_the_first(track.at(0, timing.clock), later, timing)


def _after_the_first(first: float, later: Source, timing: _Timing) -> Source:
    """A track with another value at frame 0 alone."""
    if isinstance(later, str):
        return f"{first!r} if n < 1 else {later}"
    path = later if isinstance(later, dict) else {"0": later}
    clock = replace(timing.clock, fps=timing.clock.fps / timing.ratio)
    places = {read_time(key).position(clock): value for key, value in path.items()}
    beginning: dict[str, object] = {"0": {"value": first, "ease": "step"}}
    if not any(0 < place <= 1 for place in places):
        beginning["1"] = places[min(places)]
    return beginning | {key: value for key, value in path.items() if read_time(key).position(clock) != 0}


def _range(key: str) -> Ranged[Any]:
    setting: Any = SETTINGS[key]
    return setting  # type: ignore[no-any-return]


def _within(key: str, value: float | Fraction) -> float:
    """The value, or the nearest one that a recipe allows."""
    return _range(key).limit(float(value))


def _held(track: Track, timing: _Timing) -> Source:
    """What is left of what a share is taken from at each dream, after as many dreams as one stands for."""
    more = timing.dreams
    change = Change(lambda share: 1 - (1 - share) ** float(more), f"1 - (1 - ({{}}))**({more})")
    return retime_track(track, timing.ratio, timing.clock, change)
