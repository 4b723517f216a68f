"""A scene that goes on with the dream before it takes its own colours without a jump."""

from __future__ import annotations

import pytest

from dreamzoom.film.checking import dream_through
from dreamzoom.film.plan import DREAM, PlannedScene, Transition
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.schema import Recipe

FRAMES, OVER = 80, 8
LAST_KEY = 64  # frames, 16 s: the colours before that are moss again
MOVING = {"0": "moss", "4s": "canyon", "8s": "peony", "12s": "glacier", "repeat": "16s"}


def begun(palette: object, picture: str = "b.png") -> tuple[Recipe, Recipe]:
    """A scene's recipe as a storyboard says it, and as it is dreamed."""
    clip = {"frames": FRAMES, "fps": 4}
    recipe = build_recipe({"clip": clip, "colour": {"hold": 1, "palette": palette}})
    scene = PlannedScene("02-b", recipe, 0, FRAMES, Transition(DREAM, OVER), picture)
    return recipe, dream_through(recipe, scene)


def weights(recipe: Recipe, frame: int) -> dict[str, float]:
    return dict(recipe.colour.palette.at(frame, recipe.clock))


@pytest.mark.parametrize("palette", [MOVING, "dusk", ""])
def test_it_begins_with_the_dreams_colours_and_comes_to_its_own(palette: object) -> None:
    own, dreamed = begun(palette)
    assert weights(dreamed, 0) == {"": 1.0}
    steps = [(weights(dreamed, frame), weights(dreamed, frame + 1)) for frame in range(FRAMES - 1)]
    largest = max(abs(now.get(n, 0) - then.get(n, 0)) for then, now in steps for n in {**then, **now})
    assert largest <= 1 / OVER + 1e-9
    for frame in range(2 * OVER, LAST_KEY + 1):
        expected = weights(own, frame) if palette else {"b.png": 1.0}
        assert weights(dreamed, frame) == pytest.approx(expected, abs=1e-6), frame


def test_a_generated_picture_leaves_the_colours_alone() -> None:
    own, dreamed = begun("", "clouds")
    assert dreamed.colour == own.colour
