"""`dreamzoom resume` and `dreamzoom extend`."""

from __future__ import annotations

from pathlib import Path

import click

from dreamzoom.cli.films import is_film, refuse_given, resume_film, resume_scenes
from dreamzoom.cli.given import option_fragments
from dreamzoom.cli.loading import load_torch
from dreamzoom.cli.options import folder_argument, machine_options, place_option, redo_option


@click.command()
@folder_argument
@place_option
@machine_options
@redo_option
@click.option(
    "--scene", "scenes", metavar="NAME", multiple=True, help="Of a film only this scene, and no video."
)
@click.option(
    "--same-machine",
    is_flag=True,
    help="Refuse where this machine would give a begun clip's frames other bytes.",
)
@click.pass_context
def resume(
    ctx: click.Context,
    /,
    folder: Path,
    *,
    places: tuple[str, ...],
    redo: bool,
    scenes: tuple[str, ...],
    same_machine: bool,
    **values: str | None,
) -> None:
    """Go on with the clip or the film in DIR: render what is missing or damaged, then make the video.

    Another engine, device or precision than the clip began with is allowed; bytes may differ from there on.

    A film goes by its storyboard.toml as it is now. With --scene other processes, of other machines too, may
    make its other scenes meanwhile; `resume` without it then makes the video.

    A frame that you retouched is not the journal's: it is rendered again, and yours kept beside it with .bak
    after its name. `dreamzoom adopt` goes on from it instead.
    """
    if is_film(folder):
        one_clip = "is of one clip: give it to `dreamzoom resume` on a scene of the film"
        refuse_given(ctx, one_clip, ("scenes", "same_machine") if scenes else ())
        if scenes:
            resume_scenes(folder, scenes, on_same_machine=same_machine)
        else:
            resume_film(folder)
        return
    if scenes:
        raise click.UsageError(f"--scene is of a film, and {folder} is none")
    _go_on(folder, values, places, redo=redo, on_same_machine=same_machine)


@click.command()
@folder_argument
@click.option("--frames", metavar="M", type=int, required=True, help="How many frames it is to have.")
@place_option
@machine_options
@redo_option
def extend(folder: Path, *, frames: int, places: tuple[str, ...], redo: bool, **values: str | None) -> None:
    """Make the clip in DIR longer: M frames in all. The frames it has stay as they are."""
    _go_on(folder, values, places, frames, redo=redo)


def _go_on(
    folder: Path,
    values: dict[str, str | None],
    places: tuple[str, ...],
    frames: int | None = None,
    *,
    redo: bool,
    on_same_machine: bool = False,
) -> None:
    from dreamzoom.cli.console import run_to_the_end, say
    from dreamzoom.clip.extend import longer_recipe, plan_extension, write_extension
    from dreamzoom.clip.folder import open_clip, require_clip
    from dreamzoom.clip.lock import writing
    from dreamzoom.clip.relocate import keep_places, relocate_models
    from dreamzoom.clip.status import require_plain_frames
    from dreamzoom.recipe.build import change_recipe

    require_clip(folder)
    load_torch()
    from dreamzoom.render.makers import require_same_maker
    from dreamzoom.render.preparation import prepare_again
    from dreamzoom.render.song import other_map
    from dreamzoom.render.space import require_space

    with writing(folder):
        there = open_clip(folder)
        clip = relocate_models(there, places)
        if frames is not None:
            longer_recipe(clip, frames)  # what is wrong with it is told before a model is opened
        engine = prepare_again(clip, change_recipe(clip.recipe, *option_fragments(values)).model)
        if on_same_machine:
            require_same_maker(clip, engine)
        extension = None if frames is None else plan_extension(clip, frames)
        planned = clip if extension is None else extension.clip
        require_plain_frames(planned)
        require_space(folder, [planned])
        keep_places(there, clip)
        if (told := other_map(clip)) is not None:
            say(told)
        if extension is not None:
            clip = write_extension(extension)
        run_to_the_end(clip, engine, redo=redo)
