"""Which looks there are to try, and what keeps one from being tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dreamzoom.errors import RequestError
from dreamzoom.models.names import is_at_hand, model_names
from dreamzoom.recipe.build import Fragment, build_recipe, follows_music
from dreamzoom.recipe.presets import Preset, list_presets

FIRST = "bestiary"
"""The look that clips have where nobody chose one: it is tried first."""


@dataclass(frozen=True)
class TriedLook:
    """A look that is to be tried.

    Attributes:
        name: what its files are called.
        fragment: its part of a recipe.
    """

    name: str
    fragment: Fragment


def usual_looks(presets: Sequence[Preset] | None = None) -> list[Preset]:
    """The presets in the order in which they are worth waiting for: the usual one, then what is quick."""
    known = list_presets() if presets is None else presets
    return sorted(known, key=lambda preset: (preset.name != FIRST, preset.cost or 0.0, preset.name))


def missing_model(name: str) -> str | None:
    """What has to be typed before a model can be used; None where it is at hand, or in a folder.

    Nothing is read but what lies where models are kept.
    """
    if name not in model_names() or is_at_hand(name):
        return None
    return f"dreamzoom models get {name}"


def require_own_names(looks: Sequence[TriedLook]) -> None:
    """See that no two looks would have the same files. Raises a RequestError."""
    names = [look.name for look in looks]
    for name in names:
        if names.count(name) > 1:
            raise RequestError(f"two looks are called {name!r}: rename the file of one of them")


def is_for_a_song(look: TriedLook) -> bool:
    """Whether a look goes by a song, and so cannot be seen without one. Raises a RecipeError."""
    return follows_music(build_recipe(look.fragment, is_whole=False))
