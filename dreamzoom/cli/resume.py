"""`dreamzoom resume` and `dreamzoom extend`."""

from __future__ import annotations

from pathlib import Path

import click

from dreamzoom.cli.options import folder_argument, machine_options, option_fragments


@click.command()
@folder_argument
@machine_options
def resume(folder: Path, **values: str | None) -> None:
    """Go on with the clip in DIR: render what is missing or damaged, then make the video.

    Another engine, device or precision than the clip began with is allowed; bytes may differ from there on.
    """
    from dreamzoom.clip.folder import open_clip

    open_clip(folder)
    _go_on(folder, values)


@click.command()
@folder_argument
@click.option("--frames", metavar="M", type=int, required=True, help="How many frames it is to have.")
@machine_options
def extend(folder: Path, frames: int, **values: str | None) -> None:
    """Make the clip in DIR longer: M frames in all. The frames it has stay as they are."""
    from dreamzoom.clip.folder import open_clip

    open_clip(folder).longer_recipe(frames)
    _go_on(folder, values, frames)


def _go_on(folder: Path, values: dict[str, str | None], frames: int | None = None) -> None:
    from dreamzoom.cli.console import run_to_the_end
    from dreamzoom.clip.folder import open_clip
    from dreamzoom.clip.lock import writing
    from dreamzoom.io.files import remove_leftovers
    from dreamzoom.recipe.build import change_recipe
    from dreamzoom.render.preparation import prepare_again

    with writing(folder):
        remove_leftovers(folder)
        remove_leftovers(folder / "frames")
        clip = open_clip(folder)
        engine = prepare_again(clip, change_recipe(clip.recipe, *option_fragments(values)).model)
        if frames is not None:
            clip = clip.extend_to(frames)
        run_to_the_end(clip, engine)
