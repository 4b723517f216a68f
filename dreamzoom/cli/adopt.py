"""`dreamzoom adopt`."""

from __future__ import annotations

from pathlib import Path

import click

from dreamzoom.cli.given import option_fragments
from dreamzoom.cli.options import folder_argument, machine_options


@click.command()
@folder_argument
@click.option("--frame", metavar="N", type=int, required=True, help="The frame that you retouched.")
@machine_options
def adopt(folder: Path, frame: int, **values: str | None) -> None:
    """Make a frame that you retouched a part of the clip in DIR: the later frames follow from it.

    Open DIR/frames/000137.png in any program, change it, save it in its place, and adopt it. The later frames
    there are go to DIR/replaced-000138 and are rendered again. The frames before it stay as they are. To keep
    the clip as it is beside the new one, make a fork first.
    """
    from dreamzoom.cli.console import run_to_the_end, say
    from dreamzoom.clip.adopt import adopt as adopt_frame
    from dreamzoom.clip.adopt import plan_adoption
    from dreamzoom.clip.folder import open_clip, require_clip
    from dreamzoom.clip.lock import writing
    from dreamzoom.recipe.build import change_recipe
    from dreamzoom.render.preparation import prepare_again
    from dreamzoom.render.space import require_disk

    require_clip(folder)
    with writing(folder):
        clip = open_clip(folder)
        adoption = plan_adoption(clip, frame)
        engine = prepare_again(clip, change_recipe(clip.recipe, *option_fragments(values)).model)
        require_disk(folder, clip.recipe, clip.recipe.clip.frames - frame)
        clip, replaced = adopt_frame(clip, adoption)
        if replaced is not None:
            say(f"the frames after {frame} are rendered again; {replaced} keeps those there were")
        run_to_the_end(clip, engine)
