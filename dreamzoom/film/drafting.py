"""A film's draft: the same film, small and at few frames a second; see `dreamzoom.recipe.draft`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dreamzoom.errors import RecipeError, warn
from dreamzoom.film.plan import DREAM, FilmPlan, PlannedScene, Title, Transition
from dreamzoom.film.words.titles import title_faults
from dreamzoom.recipe.build import check_recipe
from dreamzoom.recipe.draft import draft_at, draft_ratios
from dreamzoom.recipe.schema import Recipe
from dreamzoom.recipe.units import Size

_STAND_IN = "grey"


def draft_film(plan: FilmPlan) -> FilmPlan:
    """The plan of a film's draft: all its scenes at one rate, the lowest at which each can be drafted.

    A scene or a title that lasts less than a frame of it is left out, and a title that is too small there.
    """
    *faster, last = draft_ratios(plan.fps)
    for ratio in faster:
        try:
            return _draft(plan, ratio)
        except RecipeError:
            continue
    return _draft(plan, last)


def _draft(plan: FilmPlan, ratio: int) -> FilmPlan:
    scenes = tuple(_scenes(plan, ratio))
    sizes = [scene.recipe.clip.size for scene in scenes]
    return replace(
        plan,
        size=sizes[0] if sizes else plan.size,
        fps=plan.fps / ratio,
        frames=max(1, _frame_at(plan.frames, ratio)),
        scenes=scenes,
        titles=_readable(_titles(plan, ratio), sizes[0] if sizes else plan.size),
        fade_in=_frame_at(plan.fade_in, ratio),
        fade_out=_frame_at(plan.fade_out, ratio),
    )


def _frame_at(frame: int, ratio: int) -> int:
    """The first of a draft's frames that is not before a frame of the final."""
    return -(-frame // ratio)


def _scenes(plan: FilmPlan, ratio: int) -> Iterator[PlannedScene]:
    for scene in plan.scenes:
        first, stop = (_frame_at(frame, ratio) for frame in (scene.first, scene.stop))
        if first < stop:
            over = _frame_at(scene.first + scene.transition.frames, ratio) - first
            transition = Transition(scene.transition.kind, over)
            recipe = _recipe(scene, ratio, stop - first)
            yield replace(scene, recipe=recipe, first=first, stop=stop, transition=transition)


def _recipe(scene: PlannedScene, ratio: int, frames: int) -> Recipe:
    goes_on = scene.transition.kind == DREAM
    recipe = _with_image(scene.recipe, _STAND_IN) if goes_on else scene.recipe
    drafted = draft_at(recipe, ratio)
    drafted = check_recipe(replace(drafted, clip=replace(drafted.clip, frames=frames)))
    return _with_image(drafted, "") if goes_on else drafted


def _with_image(recipe: Recipe, image: str) -> Recipe:
    return replace(recipe, clip=replace(recipe.clip, image=image))


def _readable(titles: Iterable[Title], size: Size) -> tuple[Title, ...]:
    """Those of some titles that can be drawn in pictures of a size; a person is warned of others."""
    every = tuple(titles)
    drawn = tuple(each for each in every if not list(title_faults([each], (size.width, size.height))))
    if len(drawn) < len(every):
        warn(f"{len(every) - len(drawn)} of {len(every)} titles are too small for a draft of {size}")
    return drawn


def _titles(plan: FilmPlan, ratio: int) -> Iterator[Title]:
    for title in plan.titles:
        first, stop = (_frame_at(frame, ratio) for frame in (title.first, title.stop))
        if first < stop:
            yield replace(title, first=first, stop=stop, fade=title.fade // ratio)
