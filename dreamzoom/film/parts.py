"""A film's scenes apart from one another: which of them wait for others, and some of them made alone."""

from __future__ import annotations

from collections.abc import Sequence

from dreamzoom.errors import ClipError, RequestError, quote_value, shell_word
from dreamzoom.film.checking import check_scenes
from dreamzoom.film.editing import edit_list
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.keeping import intend_kept
from dreamzoom.film.note import require_edits
from dreamzoom.film.plan import DREAM, FilmPlan
from dreamzoom.film.scenes import FilmReporter, make_scenes


def chains(plan: FilmPlan) -> tuple[tuple[str, ...], ...]:
    """The names of a film's scenes, those together that can only be made one after the other: a scene that
    goes on with the dream before it begins with that one's last frame.
    """
    found: list[list[str]] = []
    for scene in plan.scenes:
        if scene.transition.kind == DREAM and found:
            found[-1].append(scene.name)
        else:
            found.append([scene.name])
    return tuple(map(tuple, found))


def make_parts(
    film: FilmFolder,
    names: Sequence[str],
    reporter: FilmReporter,
    *,
    on_same_machine: bool = False,
) -> None:
    """Make some scenes of a film that was begun, whoever makes the others meanwhile; no video is made.

    Args:
        names: of the scenes.
        on_same_machine: go on with a scene only where it was begun on such a machine as this.

    Raises:
        RequestError: there is no such scene.
        ClipError: the storyboard was changed since its scenes were planned.
        OtherMachineError: a machine of another kind began one of them.
        Others: as `make_scenes`.
    """
    known = [shot.name for shot in require_edits(film).shots]
    for name in names:
        if name not in known:
            raise RequestError(
                f"{film.path} has no scene {quote_value(name)}; its scenes are {', '.join(known)}"
            )
    plan = intend_kept(film, reporter.on_message).plan
    if edit_list(plan).shots != require_edits(film).shots:
        raise ClipError(
            f"{film.storyboard_path} was changed since its scenes were planned: `dreamzoom film "
            f"{shell_word(str(film.path))} --begin` plans them anew"
        )
    make_scenes(film, check_scenes(film, plan), reporter, names, on_same_machine=on_same_machine)
