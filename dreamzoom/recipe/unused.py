"""What a person has set that has no say in a loop, or that only a loop would use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from dreamzoom.recipe.build import Fragment
from dreamzoom.recipe.points import AUTO
from dreamzoom.recipe.schema import SETTINGS, TABLES, Recipe, value_of
from dreamzoom.tracks.base import Track
from dreamzoom.tracks.blend import Blend
from dreamzoom.tracks.constant import Constant

_AT_ONCE: Final = ("dream", "colour")  # what a picture that is dreamed as a whole takes from these is still
_FULL_TURN: Final = 360
_OFF: Final = 0.02  # of a turn, by which a round may miss a whole number of them in silence
_FOR_NOTHING: Final = {
    "camera.pan": "not used in a loop, which falls into one point",
    "camera.interpolation": "not used in a loop, whose frames are looked up cubically",
    "guard.nudge": "not used in a loop, whose picture is dreamed as a whole: it cannot get stuck on the way",
}


def unused_by_loop(recipe: Recipe, parts: Sequence[Fragment]) -> list[str]:
    """What of the parts of a recipe has no say, for it is a loop, or for it is none; a line each.

    Args:
        recipe: what they come to.
        parts: what a person has set; a preset may say what it likes.
    """
    given = {
        f"{table}.{name}": part for part in parts for table, each in part.values.items() for name in each
    }
    find = _in_a_loop if recipe.loop.is_endless else _without_one
    return [f"{given[key].origin}: {key}: {why}" for key, why in find(recipe) if key in given]


def _without_one(recipe: Recipe) -> Iterator[tuple[str, str]]:
    for name in ("turns", "spiral", "dreams", "columns"):
        if not SETTINGS[f"loop.{name}"].is_default(value_of(recipe, f"loop.{name}")):
            yield f"loop.{name}", "is used in a loop alone: say how deep it is with --loop or loop.depth"


def _in_a_loop(recipe: Recipe) -> Iterator[tuple[str, str]]:
    for key, why in _FOR_NOTHING.items():
        if not SETTINGS[key].is_default(value_of(recipe, key)):
            yield key, why
    for key in (f"{table}.{name}" for table in _AT_ONCE for name in TABLES[table]):
        if any(map(_moves, SETTINGS[key].tracks(value_of(recipe, key)))):
            yield key, "a loop is dreamed as one picture, so it is the same all along: as at frame 0"
    rotate = recipe.camera.rotate
    if recipe.loop.turns == AUTO and isinstance(rotate, Constant):
        turns = rotate.at(0, recipe.clock) * recipe.clip.frames / _FULL_TURN
        if abs(turns - round(turns)) > _OFF:
            yield (
                "camera.rotate",
                f"comes to {turns:.2f} turns in a round, which ends where it began: it makes {round(turns)}; "
                "--set loop.turns=N makes others",
            )


def _moves(track: Track | Blend[object]) -> bool:
    return len(track.choices) > 1 if isinstance(track, Blend) else not isinstance(track, Constant)
